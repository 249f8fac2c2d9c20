"""One KPI as a row: its band in words, its latest reading, and whether that is inside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from fractions import Fraction

from mappings.document.schema import BandPart
from plugin.pages.sources import WatchedKpi
from plugin.pages.views.figures import number_text
from plugin.pages.views.moments import When, when


@dataclass(frozen=True, slots=True)
class KpiRow:
    """One KPI; `level` is a health level for colour and shape, `word` says it."""

    id: str
    name: str
    band: str
    source: str
    cadence: str
    latest: str
    read: When | None
    level: str
    word: str


def kpi_row(kpi: WatchedKpi, now: datetime, zone: tzinfo) -> KpiRow:
    """The row of one KPI; a KPI without a reading is pending, never healthy."""
    level, word = standing(kpi.latest.value if kpi.latest else None, kpi.part.healthy)
    return KpiRow(
        id=kpi.part.id,
        name=kpi.part.name,
        band=band_text(kpi.part.healthy),
        source=kpi.part.source.kind.replace("_", " ").replace("jql", "JQL"),
        cadence=kpi.part.cadence,
        latest=number_text(kpi.latest.value) if kpi.latest else "no reading yet",
        read=when(kpi.latest.at, now, zone) if kpi.latest else None,
        level=level,
        word=word,
    )


def standing(value: Fraction | None, band: BandPart) -> tuple[str, str]:
    """Health level and word of a value; bounds are inclusive."""
    if value is None:
        return "pending", "Not read yet"
    if band.at_least is not None and value < Fraction(band.at_least):
        return "off_track", "Below its band"
    if band.at_most is not None and value > Fraction(band.at_most):
        return "off_track", "Above its band"
    return "on_track", "Healthy"


def band_text(band: BandPart) -> str:
    """`70 to 80`, `at most 5`, `at least 99.5`."""
    low = None if band.at_least is None else number_text(Fraction(band.at_least))
    high = None if band.at_most is None else number_text(Fraction(band.at_most))
    if low and high:
        return f"{low} to {high}"
    return f"at least {low}" if low else f"at most {high}"
