"""Everything computed anew from the mirror, beside reading the mirror's rows: issues read, indexed, and every objective assessed.

    python -m benchmarks recompute [--quick]

With ledgers means with every row that a page shows; without is what finds the objectives that differ.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.ratio import Ratio
from benchmarks.rollup import DOCUMENT, NOW, issues, timed
from connectors.store import Store, open_store, upgrade
from connectors.store.mirror import mirror
from mappings.document.binder import bind
from mappings.document.mapping import Mapping
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue
from mappings.rollup.measurement import assess
from plugin.runtime.processes.garbage_collector import collector_resting

SITE = "main"
MANY, FEW = 1_000_000, 100_000
AT_MOST = 2.0


@contextmanager
def mirrored(count: int) -> Iterator[tuple[Store, Mapping]]:
    """A new SQLite file with so many issues in its mirror, and the mapping that measures them."""
    mapping = bind(Document.model_validate(DOCUMENT), Catalogue())
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'okr.sqlite3'}")
        upgrade(store)
        with store.write() as conn:
            mirror.put(conn, SITE, issues(count))
        yield store, mapping
        store.close()


def read(store: Store) -> list[Issue]:
    """Every mirrored issue."""
    with store.read() as conn:
        return list(mirror.every(conn, SITE))


def recompute(store: Store, mapping: Mapping, *, ledgers: bool) -> int:
    """Assess every objective from the rows of the mirror; how many there are."""
    with collector_resting():
        with store.read() as conn:
            forest = Forest.of(mirror.every(conn, SITE))
        return len(assess(mapping, forest, NOW, ledgers=ledgers))


def main(quick: bool) -> list[Ratio]:
    """The time of a full recomputation beside that of reading its rows."""
    count = FEW if quick else MANY
    rounds = 2 if quick else 1
    with mirrored(count) as (store, mapping):
        reading, _ = timed(lambda: read(store), rounds)
        bare, found = timed(lambda: recompute(store, mapping, ledgers=False), rounds)
        whole, _ = timed(lambda: recompute(store, mapping, ledgers=True), rounds)
    name = f"recompute {found:,} objectives over {count:,} issues"
    theirs = "reading the rows"
    return [
        Ratio(name, bare, reading, "s", at_most=AT_MOST, theirs_name=theirs),
        Ratio(f"{name}, with ledgers", whole, reading, "s", theirs_name=theirs),
    ]
