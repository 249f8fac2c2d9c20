"""A changed mapping previewed over the mirror, beside reading the same rows: the real preview, states before and after, plans, hash.

python -m benchmarks preview [--quick]
"""

from __future__ import annotations

import cProfile
import json
import pstats
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.ratio import Ratio
from benchmarks.rollup import DOCUMENT, NOW, PROJECTS, STATUSES, TYPES, issues, timed
from connectors.store import Store, open_store, upgrade
from connectors.store.mappings import revisions
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.sites import api_versions, catalogues
from mappings.document.binder import bind
from mappings.document.mapping import Mapping
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue
from mappings.rollup.measurement import assess
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.runtime.connector import Connector
from plugin.runtime.settings import Settings
from plugin.use_cases.mappings.mapping_life import PreviewedMapping, preview_text

SITE = "main"
ISSUES = 30_000
AT_MOST = 3.0
WRITTEN = Field("customfield_10060", "OKR progress", "number")
READ = [Field(given["id"], alias, "number") for alias, given in DOCUMENT["fields"].items()]
CATALOGUE = Catalogue((WRITTEN, *READ), tuple(STATUSES), tuple(TYPES.values()), tuple(PROJECTS))
WRITE_BACK = [{"target": "objective", "set": {"okr_progress": {"value": "progress_percent"}}}]


@dataclass(frozen=True, slots=True)
class World:
    """A mirrored site whose objectives stand in the store, and the text of a mapping that changes many of them."""

    connector: Connector
    changed: str

    @property
    def store(self) -> Store:
        """Where everything is kept."""
        return self.connector.store

    def read(self) -> list[Issue]:
        """Every mirrored issue."""
        with self.store.read() as conn:
            return list(mirror.every(conn, SITE))

    def preview(self) -> PreviewedMapping:
        """What activating the changed mapping would do."""
        return preview_text(self.connector, COMMAND_LINE, SITE, self.changed)


def document(**changes: Any) -> dict[str, Any]:
    """The mapping of the measurements, which writes progress."""
    fields = {**DOCUMENT["fields"], "okr_progress": {"id": WRITTEN.id}}
    return {**DOCUMENT, "fields": fields, "write_back": WRITE_BACK, **changes}


@contextmanager
def world(count: int) -> Iterator[World]:
    """A store with this many issues and the states of their objectives."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'okr.sqlite3'}")
        upgrade(store)
        mapping = bind(Document.model_validate(document()), CATALOGUE)
        with store.write() as conn:
            catalogues.put(conn, SITE, CATALOGUE, NOW.now)
            api_versions.put(conn, SITE, 3)
            mirror.put(conn, SITE, issues(count))
            revisions.add(conn, SITE, json.dumps(document()), mapping.revision, "me", NOW.now)
            revisions.activate(conn, SITE, mapping.revision, "me", NOW.now)
            _keep_states(conn, mapping)
        settings = Settings(_env_file=None)  # type: ignore[call-arg]
        connector = Connector(settings, store, {}, lambda: datetime(2026, 11, 15, 12, tzinfo=UTC))
        changed = {"by_category": {"new": 0, "indeterminate": 0.3, "done": 1}}
        yield World(connector, json.dumps(document(statuses=changed)))
        store.close()


def _keep_states(conn: Any, mapping: Mapping) -> None:
    for state in assess(mapping, Forest.of(mirror.every(conn, SITE)), NOW).values():
        objectives.save(conn, SITE, state, mapping.revision, NOW.now)


def main(quick: bool) -> list[Ratio]:
    """The time of a preview beside that of reading its rows."""
    rounds = 3 if quick else 5
    with world(ISSUES) as found:
        reading, _ = timed(found.read, rounds)
        previewing, made = timed(found.preview, rounds)
    changed = len(made.preview.changed)
    name = f"preview a mapping that changes {changed} objectives over {ISSUES:,} issues"
    return [Ratio(name, previewing, reading, "s", at_most=AT_MOST, theirs_name="reading the rows")]


def profiled(count: int) -> None:
    """Where the time of a preview goes."""
    with world(count) as found, cProfile.Profile() as profile:
        found.preview()
    pstats.Stats(profile, stream=sys.stdout).sort_stats("cumtime").print_stats(45)
