"""What one changed story costs, from the delivery to the written field, by the size of its objective. In seconds of the processor.

    python -m benchmarks objective_size [--quick]

The sandbox is a process of its own, so that only the connector is counted: it reads the issue again, measures, writes and keeps.
"""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any

from benchmarks.first_sync import connected, sandbox
from benchmarks.ratio import Ratio
from connectors.sandbox.site_state import scheme
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.work import inbox
from plugin.sync.drain import drain
from plugin.sync.resync.full_read import resync
from plugin.sync.work import turn

SMALL = 100
SIZES, QUICK_SIZES = (1_000, 20_000), (1_000,)
ROUNDS = 4
AT_MOST = 3.0


def main(quick: bool = False) -> list[Ratio]:
    """The processor time of an event on an objective of so many rows, beside one on a small objective."""
    small = _event(SMALL)
    return [
        Ratio(
            f"one changed story of an objective of {size:,} rows",
            _event(size),
            small,
            "s",
            at_most=AT_MOST,
            theirs_name=f"of {SMALL} rows",
        )
        for size in (QUICK_SIZES if quick else SIZES)
    ]


def _event(rows: int) -> float:
    with tempfile.TemporaryDirectory() as folder, sandbox(rows, rows, late=0.0) as url:
        connector = connected(url, folder)
        resync(connector.context("main"))
        drain(lambda: connector.context("main"))
        with connector.store.read() as conn:
            own = set(objectives.ids(conn, "main"))
            stories = list(islice((id_ for id_, _ in mirror.ids(conn, "main") if id_ not in own), ROUNDS))
        spent = min(_served(connector, id_, 5 + rows * (3 + at) / 10) for at, id_ in enumerate(stories))
        connector.store.close()
    return spent


def _served(connector: Any, story_id: str, points: float) -> float:
    """The story weighs so much now, and its delivery is worked off: its objective shows another number."""
    connector.context("main").jira.edit(story_id, {scheme.POINTS: points})
    body = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": story_id}}).encode()
    with connector.store.write() as conn:
        inbox.store(conn, "main", f"story-{story_id}", body, connector.clock(), "jira:issue_updated")
    began = time.process_time()
    done = turn(replace(connector.context("main"), quiet=timedelta(0)), "bench")
    spent = time.process_time() - began
    assert done.reconciled == 1, "the objective was reconciled"
    return spent
