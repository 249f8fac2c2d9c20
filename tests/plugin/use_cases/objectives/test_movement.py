"""Why it moved between two moments: the parts sum exactly, and the mapping's part is only what the mapping did."""

from __future__ import annotations

import copy
import json
import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from connectors.store import Store
from connectors.store.numbers.snapshot_text import with_shares
from connectors.store.schema import snapshot
from mappings.document.mapping import Mapping
from mappings.explain.movement import MovementPart
from mappings.facts.issue import Issue
from plugin.use_cases.objectives.moments import MovementQuestion, UnknownMoment, instant_of, span_asked
from plugin.use_cases.objectives.movement import movement_between

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
        found = movement_between(conn, "main", "1", days(1), days(9))
    assert found.movement is not None
    assert found.movement.before == states[days(0)].progress
    assert found.movement.after == states[days(3)].progress
    parts = found.movement.parts
    assert sum(parts.values(), Fraction(0)) == found.movement.total
    assert {part for part, effect in parts.items() if effect} == {
        MovementPart.REMOVED,
        MovementPart.RE_ESTIMATED,
        MovementPart.PROGRESSED,
        MovementPart.ADDED,
    }
    assert {row.part: row.key for row in found.movement.rows} == {
        MovementPart.REMOVED: "PLAT-4",
        MovementPart.RE_ESTIMATED: "PLAT-3",
        MovementPart.PROGRESSED: "PLAT-2",
        MovementPart.ADDED: "PLAT-6",
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
        found = movement_between(conn, "main", "1", days(0), days(4))
    assert found.movement is not None
    told = {part: effect for part, effect in found.movement.parts.items() if effect}
    assert told == {
        MovementPart.REMAPPED: Fraction(3, 20),
        MovementPart.PROGRESSED: Fraction(1, 2) + Fraction(1, 10),
    }
    assert list(found.movement.parts) == list(MovementPart)
    assert found.revisions == (mapping.revision, other_mapping.revision)


def test_before_history_begins_nothing_is_made_up(
    sqlite_store: Store, lived: Lived, an_issue: Build, mapping: Mapping
) -> None:
    lived((days(2), mapping, [an_issue(1), an_issue(2)]))
    with sqlite_store.read() as conn:
        early = movement_between(conn, "main", "1", days(1), days(9))
        stranger = movement_between(conn, "main", "7", days(1), days(9))
        still = movement_between(conn, "main", "1", days(2), days(9))
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
        found = movement_between(conn, "main", "1", days(0), days(2))
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
        ("2026-10-01T08:30:00+02:00", datetime(2026, 10, 1, 6, 30, tzinfo=UTC)),
        ("2026-10-01T08:30:00", None),
        ("cycle", None),
        ("last summer", None),
    ],
)
def test_moments_as_people_write_them(choice: str, expected: datetime | None) -> None:
    assert instant_of(choice, START, ZoneInfo("Europe/Berlin"), None, START - 3 * DAY) == expected


@pytest.mark.parametrize(
    ("begins", "expected"),
    [
        (None, datetime(2026, 9, 30, 22, tzinfo=UTC)),
        (datetime(2026, 9, 20, tzinfo=UTC), datetime(2026, 9, 30, 22, tzinfo=UTC)),
        (datetime(2026, 10, 1, 21, 59, tzinfo=UTC), datetime(2026, 10, 1, 21, 59, tzinfo=UTC)),
        (datetime(2026, 11, 3, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)),
    ],
)
def test_the_start_of_the_cycle_is_its_first_instant_or_the_first_that_is_known(
    begins: datetime | None, expected: datetime
) -> None:
    cycle = SimpleNamespace(start=date(2026, 10, 1))
    assert instant_of("cycle", START, ZoneInfo("Europe/Berlin"), cycle, begins) == expected


BERLIN, WEEK_AGO = ZoneInfo("Europe/Berlin"), START - 7 * DAY


@pytest.mark.parametrize(
    ("asked", "begins", "expected"),
    [
        ((None, None), None, (WEEK_AGO, START, "week")),
        ((None, None), WEEK_AGO, (WEEK_AGO, START, "week")),
        ((None, None), START - DAY, (START - DAY, START, "first")),
        (("", ""), START - DAY, (START - DAY, START, "first")),
        (("week", None), START - DAY, (WEEK_AGO, START, "week")),
        (("first", None), None, (START, START, "first")),
        (("2026-10-01", None), None, (datetime(2026, 9, 30, 22, tzinfo=UTC), START, "")),
        ((None, "2999-01-01"), None, (WEEK_AGO, START, "week")),
        ((None, f"{START.date()}"), None, (WEEK_AGO, START, "week")),
        ((None, "2026-10-01"), None, (WEEK_AGO, datetime(2026, 10, 1, 21, 59, 59, 999000, UTC), "week")),
        ((None, "2026-10-01T08:00:00+02:00"), None, (WEEK_AGO, datetime(2026, 10, 1, 6, tzinfo=UTC), "week")),
    ],
)
def test_a_question_means_two_instants(
    asked: tuple[str | None, str | None], begins: datetime | None, expected: tuple[datetime, datetime, str]
) -> None:
    span = span_asked(MovementQuestion(*asked), START, BERLIN, None, begins)
    assert (span.since, span.until, span.choice) == expected


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        (("someday", None), "since"),
        (("cycle", None), "since"),
        (("2026-10-01T08:30:00", None), "since"),
        (("0001-01-01", None), "since"),
        ((None, "week"), "until"),
        ((None, "9999-12-31"), "until"),
    ],
)
def test_what_is_no_moment_is_refused_by_its_place(asked: tuple[str | None, str | None], place: str) -> None:
    with pytest.raises(UnknownMoment) as refused:
        span_asked(MovementQuestion(*asked), START, BERLIN)
    assert refused.value.place == place
    assert ("one of: yesterday, week, cycle, first" in refused.value.remedy) == (place == "since")


NEW_SINCE = ("stand_in", "divisor", "by_status", "aim", "at_least", "at_most", "tolerance", "clocked")
"""What rows and measurements did not say when older history was kept."""


def test_what_was_kept_of_older_history_is_told_as_before(
    sqlite_store: Store, lived: Lived, an_issue: Build, mapping: Mapping
) -> None:
    """One story without an estimate: the mean stood in, and is still nobody's estimate."""
    first = [an_issue(1), an_issue(2, "done", None), an_issue(3, points=4), an_issue(4, points=10)]
    second = [an_issue(1), an_issue(2, "done", None), an_issue(3, points=4)]
    lived((days(0), mapping, first), (days(1), mapping, second))
    with sqlite_store.write() as conn:
        for id_, content in conn.execute(select(snapshot.c.id, snapshot.c.content)).all():
            older = zlib.compress(
                json.dumps(without(json.loads(with_shares(zlib.decompress(content).decode())))).encode()
            )
            if id_ == 1:
                conn.execute(update(snapshot).where(snapshot.c.id == id_).values(content=older))
        found = movement_between(conn, "main", "1", days(0), days(2))
    assert found.movement is not None
    assert [(row.key, row.part, row.effect) for row in found.movement.rows] == [
        ("PLAT-4", MovementPart.REMOVED, Fraction(1, 2) - Fraction(1, 3))
    ]


def without(value: Any) -> Any:
    """The same without what was new since."""
    if isinstance(value, dict):
        return {name: without(one) for name, one in value.items() if name not in NEW_SINCE}
    return [without(one) for one in value] if isinstance(value, list) else value
