"""Days that pages name are those of the zone, not of UTC: what happened late in the evening there is of that evening."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.store.cycles.closings import ClosingAct
from mappings.rollup.cycles.closing_record import LinkKind
from plugin.pages.views.cycles.cycle_versions import versions_view
from plugin.pages.views.kpis.departure import DepartureRow, departure_row
from plugin.use_cases.cycles.versions import VersionDifference
from plugin.use_cases.kpis.departures import Departure

PAGES = Path(__file__).parents[3] / "plugin" / "pages"
NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")
END = datetime(2026, 11, 19, 4, 59, 59, 999000, tzinfo=UTC)
"""The last millisecond of 18 November in New York."""


def test_no_page_takes_the_day_of_an_instant_without_a_zone() -> None:
    """An instant is kept in UTC: the `date()` of one that was not brought into a zone is a day of UTC."""
    zoned = re.compile(r"(astimezone\([\w.]+\)|\blocal)\.date\(\)")
    assert not [
        f"{path.relative_to(PAGES)}: {line.strip()}"
        for path in sorted(PAGES.rglob("*.py"))
        for line in path.read_text().splitlines()
        if ".date()" in zoned.sub("", line)
    ]


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        (NEW_YORK, ("18 Nov 2026", "16 Feb 2027", "7 at the end of 18 Nov 2026")),
        (BERLIN, ("19 Nov 2026", "17 Feb 2027", "7 at the end of 19 Nov 2026")),
    ],
)
def test_a_kpi_that_left_is_kept_for_90_days_from_the_day_it_left(
    zone: ZoneInfo, days: tuple[str, str, str]
) -> None:
    row = departure_row(Departure("main", "bugs", END, Fraction(7), END, "PLAT-42"), zone)
    assert row == DepartureRow("bugs", *days, "PLAT-42")


def test_a_kpi_that_left_uncounted_says_no_more_than_that() -> None:
    row = departure_row(Departure("main", "bugs", END, None, None, None), BERLIN)
    assert (row.value, row.issue) == ("no data", "")


def test_a_closing_is_of_the_day_on_which_it_was_closed() -> None:
    """Half past midnight in Berlin is the evening before in UTC."""

    def act(version: int, at: datetime, note: str = "") -> ClosingAct:
        return ClosingAct("2026-Q4", version, LinkKind.CLOSED, at, "Ada", note, "")

    found = VersionDifference(
        "main",
        "2026-Q4",
        act(1, datetime(2026, 12, 31, 23, 30, tzinfo=UTC)),
        act(2, datetime(2027, 1, 9, 9, tzinfo=UTC), "a late bill"),
        (),
    )
    view = versions_view(found, BERLIN)
    assert view.heads == ("Version 1", "Version 2")
    assert view.told == ("closed on 1 Jan 2027 by Ada", "closed on 9 Jan 2027 by Ada: a late bill")
    assert versions_view(found, NEW_YORK).told[0] == "closed on 31 Dec 2026 by Ada"
    assert view.rows == ()
