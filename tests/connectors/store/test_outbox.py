"""From which moment on a digest tells, and that what was acknowledged stays so."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from connectors.store import Store
from connectors.store.work import outbox
from connectors.store.work.outbox import OutboxState, Outgoing
from mappings.digest.digest import Message


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [
        ([], None),
        (["begun"], 0),
        (["begun", "empty", "empty"], 0),
        (["begun", "sent", "empty", "dead"], 1),
        (["empty", "empty"], 0),
        (["dead", "due"], None),
    ],
)
def test_it_tells_since_the_last_that_arrived(
    store: Store, now: datetime, weeks: list[str], expected: int | None
) -> None:
    with store.write() as conn:
        for week, state in enumerate(weeks):
            at = now + timedelta(weeks=week)
            message = Message(f"week {week}", "s", "l", ())
            outbox.add(
                conn,
                "main",
                Outgoing(message.key, "weekly", "mail:a@b.example", message, OutboxState(state), at, at),
            )
        found = outbox.last(conn, "main", "weekly", "mail:a@b.example")
    assert found == (None if expected is None else now + timedelta(weeks=expected))


def test_who_failed_late_takes_nothing_back_that_another_sent(store: Store, now: datetime) -> None:
    message = Message("k", "s", "l", ())
    one = Outgoing("k", "weekly", "mail:a@b.example", message, OutboxState.DUE, now, now)
    with store.write() as conn:
        outbox.add(conn, "main", one)
        outbox.sent(conn, "main", "k")
        outbox.failed(conn, "main", one, now, "no answer came", for_good=True)
        assert outbox.state_of(conn, "main", "k") is OutboxState.SENT
