"""Why it moved between two moments: the parts sum exactly, and the mapping's part is only what the mapping did."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.store import Store
from mappings.issue import Issue
from mappings.mapping import Mapping
from mappings.moved import Part
from plugin.history import between, instant_of

START = datetime(2026, 10, 5, 9, tzinfo=UTC)
DAY = timedelta(days=1)
Build = Callable[..., Issue]
Lived = Callable[..., dict[datetime, Any]]
Bound = Callable[[dict[str, Any]], Mapping]


@pytest.fixture
def mapping(bound: Bound, document: dict[str, Any]) -> Mapping:
    return bound(document)


@pytest.fixture
def other_mapping(bound: Bound, document: dict[str, Any]) -> Mapping:
    changed = copy.deepcopy(document)
    changed["statuses"] = {"by_category": {"new": 0, "indeterminate": 0.8, "done": 1}}
    return bound(changed)


def days(count: int) -> datetime:
    return START + count * DAY


def test_every_part_is_there_and_they_sum_exactly(
    sqlite_store: Store, lived: Lived, an_issue: Build, mapping: Mapping
) -> None:
    before = [an_issue(1), an_issue(2), an_issue(3, "doing", 3), an_issue(4, "new", 2), an_issue(5)]
    after = [
        an_issue(1),
        an_issue(2, "done"),
        an_issue(3, "doing", 5),
        an_issue(4, "dropped", 2),
        an_issue(5),
        an_issue(6, "done", 7),
    ]
    states = lived((days(0), mapping, before), (days(3), mapping, after))
    with sqlite_store.read() as conn:
        found = between(conn, "main", "1", days(1), days(9))
    assert found.movement is not None
    assert found.movement.before == states[days(0)].progress
    assert found.movement.after == states[days(3)].progress
    parts = found.movement.parts
    assert sum(parts.values(), Fraction(0)) == found.movement.total
    assert {part for part, effect in parts.items() if effect} == set(Part) - {Part.REMAPPED}
    assert {row.part: row.key for row in found.movement.rows} == {
        Part.REMOVED: "PLAT-4",
        Part.RE_ESTIMATED: "PLAT-3",
        Part.COMPLETED: "PLAT-2",
        Part.ADDED: "PLAT-6",
    }
    assert not found.reconstructed


def test_work_done_under_two_mappings_is_told_apart_from_the_mapping(
    sqlite_store: Store, lived: Lived, an_issue: Build, mapping: Mapping, other_mapping: Mapping
) -> None:
    first = [an_issue(1), an_issue(2), an_issue(3, "doing")]
    second = [an_issue(1), an_issue(2, "done"), an_issue(3, "doing")]
    third = [an_issue(1), an_issue(2, "done"), an_issue(3, "done")]
    lived(
        (days(0), mapping, first),
        (days(1), mapping, second),
        (days(2), other_mapping, second),
        (days(3), other_mapping, third),
    )
    with sqlite_store.read() as conn:
        found = between(conn, "main", "1", days(0), days(4))
    assert found.movement is not None
    assert found.movement.parts == {
        Part.REMAPPED: Fraction(3, 20),
        Part.REMOVED: 0,
        Part.RE_ESTIMATED: 0,
        Part.COMPLETED: Fraction(1, 2) + Fraction(1, 10),
        Part.ADDED: 0,
    }
    assert found.revisions == (mapping.revision, other_mapping.revision)


def test_before_history_begins_nothing_is_made_up(
    sqlite_store: Store, lived: Lived, an_issue: Build, mapping: Mapping
) -> None:
    lived((days(2), mapping, [an_issue(1), an_issue(2)]))
    with sqlite_store.read() as conn:
        early = between(conn, "main", "1", days(1), days(9))
        stranger = between(conn, "main", "7", days(1), days(9))
        still = between(conn, "main", "1", days(2), days(9))
    assert (early.movement, early.begins) == (None, days(2))
    assert (stranger.movement, stranger.begins) == (None, None)
    assert still.movement is not None
    assert still.movement.total == 0
    assert still.movement.rows == ()


def test_an_unknown_end_has_rows_but_no_parts(
    sqlite_store: Store, lived: Lived, an_issue: Build, mapping: Mapping
) -> None:
    lived((days(0), mapping, [an_issue(1)]), (days(1), mapping, [an_issue(1), an_issue(2, "done")]))
    with sqlite_store.read() as conn:
        found = between(conn, "main", "1", days(0), days(2))
    assert found.movement is not None
    assert found.movement.before is None
    assert found.movement.parts == {}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("yesterday", START - DAY),
        ("week", START - 7 * DAY),
        ("first", START - 3 * DAY),
        ("2026-10-01", datetime(2026, 9, 30, 22, tzinfo=UTC)),
        ("cycle", None),
        ("last summer", None),
    ],
)
def test_moments_as_people_write_them(choice: str, expected: datetime | None) -> None:
    assert instant_of(choice, START, ZoneInfo("Europe/Berlin"), None, START - 3 * DAY) == expected
