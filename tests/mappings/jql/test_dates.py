"""Instants that literals and functions stand for: in the caller's zone, across months, years and clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mappings.facts.catalogue import Catalogue
from mappings.facts.moment import Moment
from mappings.jql import compile_selector
from mappings.jql.compilation import Compilation
from mappings.jql.dates import literal_instant
from mappings.jql.text.tree import JqlValue

ROME = ZoneInfo("Europe/Rome")
MILLISECOND = timedelta(milliseconds=1)
# A Thursday; Rome is one hour ahead of UTC, and two since the last Sunday of March.
NOW = datetime(2028, 3, 30, 23, 15, 10, tzinfo=UTC)  # 2028-03-31 01:15:10 in Rome

TABLE = [
    ("2026-10-01", datetime(2026, 10, 1, tzinfo=ROME)),
    ("'2026/1/5 7:05'", datetime(2026, 1, 5, 7, 5, tzinfo=ROME)),
    ("1790000000123", datetime(2026, 9, 21, 14, 13, 20, 123_000, tzinfo=UTC)),
    ("-2w", NOW - timedelta(days=14)),
    ("5d", NOW + timedelta(days=5)),
    ("'+1h'", NOW + timedelta(hours=1)),
    ("'-4h 30m'", NOW - timedelta(hours=4, minutes=30)),
    ("now()", NOW),
    ("startOfDay()", datetime(2028, 3, 31, tzinfo=ROME)),
    ("startOfDay(-1)", datetime(2028, 3, 30, tzinfo=ROME)),
    ("startOfDay('+8h')", datetime(2028, 3, 31, 8, tzinfo=ROME)),
    ("endOfDay()", datetime(2028, 4, 1, tzinfo=ROME) - MILLISECOND),
    ("startOfWeek()", datetime(2028, 3, 26, tzinfo=ROME)),
    ("startOfWeek(-1)", datetime(2028, 3, 19, tzinfo=ROME)),
    ("startOfWeek('+1d')", datetime(2028, 3, 27, tzinfo=ROME)),
    ("endOfWeek('1w')", datetime(2028, 4, 9, tzinfo=ROME) - MILLISECOND),
    ("startOfMonth()", datetime(2028, 3, 1, tzinfo=ROME)),
    ("startOfMonth('+14d')", datetime(2028, 3, 15, tzinfo=ROME)),
    ("startOfMonth(-1)", datetime(2028, 2, 1, tzinfo=ROME)),
    ("startOfMonth('-1y')", datetime(2027, 3, 1, tzinfo=ROME)),
    ("endOfMonth()", datetime(2028, 4, 1, tzinfo=ROME) - MILLISECOND),
    ("endOfMonth('-1M')", datetime(2028, 3, 1, tzinfo=ROME) - MILLISECOND),
    ("endOfMonth('+1')", datetime(2028, 5, 1, tzinfo=ROME) - MILLISECOND),
    ("endOfMonth('+15d')", datetime(2028, 4, 16, tzinfo=ROME) - MILLISECOND),
    ("startOfYear()", datetime(2028, 1, 1, tzinfo=ROME)),
    ("startOfYear('+1M')", datetime(2028, 2, 1, tzinfo=ROME)),
    ("endOfYear('+3M')", datetime(2029, 4, 1, tzinfo=ROME) - MILLISECOND),
    ("endOfYear(-1)", datetime(2028, 1, 1, tzinfo=ROME) - MILLISECOND),
]


@pytest.mark.parametrize(("operand", "expected"), TABLE)
def test_instants(operand: str, expected: datetime, an_issue: object) -> None:
    moment = Moment(NOW, ROME)
    instant = expected.astimezone(UTC)
    at = an_issue(created=instant)  # type: ignore[operator]
    before = an_issue(created=instant - MILLISECOND)  # type: ignore[operator]
    reached = compile_selector(f"created >= {operand}", Catalogue()).matches
    assert reached(at, moment)
    assert not reached(before, moment)


def test_a_selector_follows_the_moment_it_is_asked_at(an_issue: object) -> None:
    selector = compile_selector("created >= -1d", Catalogue())
    issue = an_issue(created=NOW)  # type: ignore[operator]
    assert selector.matches(issue, Moment(NOW, ROME))
    assert not selector.matches(issue, Moment(NOW + timedelta(days=2), ROME))
    assert selector.matches(issue, Moment(NOW, ROME))


def test_a_day_is_the_day_of_the_zone(an_issue: object) -> None:
    issue = an_issue(due=datetime(2028, 3, 31, tzinfo=ROME).date())  # type: ignore[operator]
    today = compile_selector("due = startOfDay()", Catalogue()).matches
    assert today(issue, Moment(NOW, ROME))
    assert not today(issue, Moment(NOW, UTC))


FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("operand", "expected"),
    [
        ("10000000000", datetime(1970, 4, 26, 17, 46, 40, tzinfo=UTC)),
        ("99999999999999", datetime(5138, 11, 16, 9, 46, 39, 999_000, tzinfo=UTC)),
        ("1000-01-01", datetime(1000, 1, 1, tzinfo=UTC)),
        ("9998-12-31", datetime(9998, 12, 31, tzinfo=UTC)),
        ("-36525d", FIRST - timedelta(days=36_525)),
        ("'36524d 24h'", FIRST + timedelta(days=36_525)),
        ("'1w1d1h1m'", FIRST + timedelta(days=8, hours=1, minutes=1)),
        ("999999m", FIRST + timedelta(minutes=999_999)),
        ("1000000000", None),
        ("100000000000000", None),
        ("0999-12-31", None),
        ("9999-01-01", None),
        ("-36526d", None),
        ("'36525d 1m'", None),
        ("1000000m", None),
        ("2026-13-01", None),
        ("'2026-10/01'", None),
    ],
)
def test_how_far_dates_reach(operand: str, expected: datetime | None) -> None:
    compilation = Compilation(Catalogue())
    value = JqlValue(operand.strip("'"), 0, 0, number=operand.isdigit())
    found = literal_instant(compilation, value)
    assert (None if found is None else found(Moment(FIRST, UTC))) == expected
    assert [one.code for one in compilation.findings] == ([] if expected else ["not-a-date"])
    assert compilation.timed is (expected is not None and operand.strip("'")[-1] in "dhm")


@pytest.mark.parametrize(
    ("starts", "begin", "end"),
    [
        ("sun", datetime(2028, 3, 26, tzinfo=ROME), datetime(2028, 4, 2, tzinfo=ROME)),
        ("mon", datetime(2028, 3, 27, tzinfo=ROME), datetime(2028, 4, 3, tzinfo=ROME)),
        ("sat", datetime(2028, 3, 25, tzinfo=ROME), datetime(2028, 4, 1, tzinfo=ROME)),
    ],
)
def test_a_week_begins_on_the_day_that_the_mapping_says(
    an_issue: object, starts: str, begin: datetime, end: datetime
) -> None:
    catalogue = Catalogue(week_starts=starts)  # type: ignore[arg-type]
    within = compile_selector("created >= startOfWeek() AND created <= endOfWeek()", catalogue).matches
    moment = Moment(NOW, ROME)
    instants = (begin - timedelta(minutes=1), begin, end - timedelta(minutes=1), end)
    found = [within(an_issue(created=at), moment) for at in instants]  # type: ignore[operator]
    assert found == [False, True, True, False]
