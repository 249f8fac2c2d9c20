"""An unchanged resync, against reading the same: the pages from Jira, and issues and states from the store. In seconds of the processor.

It is the way that the product takes: everything read over HTTP from a sandbox in a process of its own, landed, looked at, and what is
due worked off, which is nothing. At 10 and at 50 issues an objective.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.first_sync import connected, sandbox
from benchmarks.ratio import Ratio
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from plugin.sync.drain import drain
from plugin.sync.resync.full_read import resync

ISSUES, QUICK_ISSUES = 10_000, 2_000
SHAPES = (10, 50)
AT_MOST = 3.0


def main(quick: bool = False) -> list[Ratio]:
    """The processor time of a resync that finds nothing, beside that of reading."""
    return [_shape(QUICK_ISSUES if quick else ISSUES, per_epic, 2 if quick else 3) for per_epic in SHAPES]


def _shape(issues: int, per_epic: int, rounds: int) -> Ratio:
    with tempfile.TemporaryDirectory() as folder, sandbox(issues, per_epic, late=0.0) as url:
        connector = connected(url, folder)
        _synced(connector)
        _synced(connector)
        ours = min(_spent(partial(_synced, connector)) for _ in range(rounds))
        theirs = min(_spent(partial(_read, connector)) for _ in range(rounds))
        connector.store.close()
    name = f"unchanged resync of {issues:,} issues, {per_epic} an objective"
    return Ratio(name, ours, theirs, "s", at_most=AT_MOST, theirs_name="reading them")


def _synced(connector: Any) -> None:
    resync(connector.context("main"))
    drain(lambda: connector.context("main"))


def _read(connector: Any) -> None:
    context = connector.context("main")
    for page in context.jira.search(context.mapping.scope_by_id, context.fields):
        len(page.issues)
    with connector.store.read() as conn:
        list(mirror.every(conn, "main"))
        objectives.load_all(conn, "main")


def _spent(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
