"""What a full read leaves behind besides the issues: what it counts, and when the next one is due."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.store.jobs import schedules
from connectors.store.reads import full_reads
from connectors.store.reads.full_reads import FullRead
from plugin.sync.resync.full_read import resync
from plugin.sync.resync.mirror_update import ResyncResult


@pytest.mark.parametrize(
    ("report", "drift"),
    [
        (ResyncResult(changed=5, on_their_way=2, removed=1), 4),
        (ResyncResult(changed=5, removed=1, first=True), 0),
        (ResyncResult(changed=5, removed=1, asked_otherwise=True), 0),
    ],
)
def test_drift_is_what_a_webhook_should_have_brought(report: ResyncResult, drift: int) -> None:
    assert report.drift == drift


def test_a_read_by_hand_puts_off_the_scheduled_ones(firm: Any) -> None:
    firm.clock.pass_by(hours=3)
    resync(firm.context)
    with firm.connector.store.read() as conn:
        last = [schedules.last(conn, "main", name) for name in ("resync", "recent")]
        noted = full_reads.load_latest(conn, "main")
    assert last == [firm.clock()] * 2
    assert noted == FullRead(firm.clock(), firm.context.mapping.revision, 60, 0)
