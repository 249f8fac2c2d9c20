"""Cycle review and KPI board."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from mappings.document.schema import BandPart, KpiPart
from mappings.facts.issue import Reading
from mappings.kpi.sources import JqlCountOptions
from plugin.pages.sources import WatchedKpi
from plugin.pages.views.kpi import band_text, kpi_row, standing
from plugin.pages.views.review import reading, review


@pytest.mark.parametrize(
    ("progress", "commitment", "said"),
    [
        (None, "committed", "cannot be scored: nothing was measured"),
        (Fraction(1), "committed", "commitment kept"),
        (Fraction(3, 4), "committed", "0.25 short of the commitment"),
        (Fraction(7, 10), "aspirational", "aspiration met"),
        (Fraction(69, 100), "aspirational", "short of the aspired 0.70"),
        (Fraction(998, 1000), "committed", "0.002 short of the commitment"),
    ],
)
def test_what_a_score_means(progress: Fraction | None, commitment: str, said: str) -> None:
    assert reading(progress, commitment) == said


def test_a_review_shows_the_latest_cycle_that_has_begun_with_every_objective(company: Any) -> None:
    found = review(company.objectives(), company.cycles(), "", date(2026, 11, 21))

    assert found is not None
    assert found.cycle == "2026-Q4"
    assert not found.over
    assert len(found.rows) == sum(one.state.cycle_id == "2026-Q4" for one in company.objectives())


def test_without_any_cycle_there_is_nothing_to_review() -> None:
    assert review([], {}, "", date(2026, 11, 21)) is None


@pytest.mark.parametrize(
    ("low", "high", "text", "value", "level"),
    [
        (None, 5, "at most 5", 5, "on_track"),
        (None, 5, "at most 5", 6, "off_track"),
        (70, 80, "70 to 80", 70, "on_track"),
        (70, 80, "70 to 80", 69, "off_track"),
        (99, None, "at least 99", None, "pending"),
    ],
)
def test_bands_are_inclusive_and_no_reading_is_pending(
    low: int | None, high: int | None, text: str, value: int | None, level: str
) -> None:
    band = BandPart(
        at_least=None if low is None else Decimal(low), at_most=None if high is None else Decimal(high)
    )

    assert band_text(band) == text
    assert standing(None if value is None else Fraction(value), band)[0] == level


def test_a_kpi_row_names_its_reading() -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    part = KpiPart(
        id="bugs",
        name="Bugs",
        source=JqlCountOptions(kind="jql_count", jql="type = Bug"),
        healthy=BandPart(at_most=Decimal(5)),
    )

    read = kpi_row(WatchedKpi(part, Reading(now, Fraction(9))), now, UTC)
    unread = kpi_row(WatchedKpi(part), now, UTC)

    assert (read.latest, read.word) == ("9", "Above its band")
    assert (unread.latest, unread.word) == ("no reading yet", "Not read yet")


@pytest.mark.parametrize("path", ["/kpis", "/review", "/review?cycle=2026-Q4", "/review?cycle=nonsense"])
def test_the_pages_show(client: Any, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 200
    assert b"style=" not in answer.data
