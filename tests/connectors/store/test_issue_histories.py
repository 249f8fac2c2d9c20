"""Histories as they are kept: they come back as they were read, short or long, and small."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from connectors.store import Store
from connectors.store.database import json_text
from connectors.store.mirror import issue_histories
from connectors.store.schema import issue_history as table
from mappings.explain.past import FieldChange


def life(now: datetime, changes: int) -> tuple[FieldChange, ...]:
    """An issue that goes to and fro, told in words of every script."""
    words = [("10000", "Zu erledigen"), ("10001", "進行中"), ("10002", "Done")]
    return tuple(
        FieldChange(now + timedelta(hours=place), "status", *words[place % 3], words[(place + 1) % 3][0])
        for place in range(changes)
    )


@pytest.mark.parametrize("changes", [0, 1, 3, 4, 5, 24, 500])
def test_a_history_comes_back_as_it_was_read(store: Store, now: datetime, changes: int) -> None:
    told = life(now, changes)
    with store.write() as conn:
        for _ in range(2):  # kept twice is kept once
            issue_histories.put(conn, "main", {"10": told}, {"10": now}, ("status",))
        assert issue_histories.load_known(conn, "main", {"10": now}, ("status",)) == {"10": told}
        assert issue_histories.load_known(conn, "main", {"10": now + timedelta(seconds=1)}, ("status",)) == {}
        assert issue_histories.load_known(conn, "main", {"10": now}, ("status", "labels")) == {}
        size = conn.execute(select(func.length(table.c.content))).scalar_one()
    assert size < 350 + 25 * changes


def test_what_was_kept_before_is_read_as_it_is(store: Store, now: datetime) -> None:
    told = life(now, 24)
    with store.write() as conn:
        issue_histories.put(conn, "main", {"10": told}, {"10": now}, ())
        plain = json_text.encode([issue_histories._entry(step) for step in told])
        conn.execute(update(table).values(content=plain))
        assert issue_histories.load_known(conn, "main", {"10": now}, ()) == {"10": told}


def test_what_was_read_in_the_second_of_a_change_is_read_once_more(store: Store, now: datetime) -> None:
    later = now + timedelta(milliseconds=1)
    with store.write() as conn:
        issue_histories.put(conn, "main", {"10": (), "11": ()}, {"10": now, "11": now}, ("status",), {"10"})

        def known(at: datetime, *, near: bool) -> set[str]:
            wanted = {"10": at, "11": at}
            return set(issue_histories.load_known(conn, "main", wanted, ("status",), lambda _: near))

        assert known(now, near=True) == {"10", "11"}
        assert known(now, near=False) == {"11"}
        assert known(later, near=True) == {"11"}
        assert known(later, near=False) == set()
