"""What was seen together for the objectives of a turn is good for a moment, and for what was asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from plugin.sync.write_back.clearing_look import GOOD_FOR, ClearingLook, ShownIssues

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ids", "fields", "later", "good"),
    [
        ({"1"}, {"progress"}, GOOD_FOR, True),
        ({"1"}, {"progress"}, GOOD_FOR + timedelta(milliseconds=1), False),
        ({"1", "2"}, {"progress"}, timedelta(0), False),
        ({"1"}, {"progress", "health"}, timedelta(0), False),
    ],
)
def test_what_it_is_good_for(ids: set[str], fields: set[str], later: timedelta, good: bool) -> None:
    look = ClearingLook(["1", "2"])
    assert look.good(ids, fields, NOW) is None
    look.keep(ShownIssues({}, frozenset({"1"}), frozenset({"progress"}), NOW))
    assert (look.good(ids, fields, NOW + later) is not None) is good


def test_whose_turn_it_was_is_looked_for_no_more() -> None:
    look = ClearingLook(["1", "2"])
    look.begin("1")
    look.begin("3")
    assert look.waiting == {"2"}
