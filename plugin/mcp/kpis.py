"""`okr_kpis`: where KPIs stand; `okr_departed_kpis`: those that have left the mapping."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from mappings.kpi.state import PeriodStanding
from plugin.mcp.protocol.lookup import site_of
from plugin.mcp.protocol.provenance import provenance
from plugin.mcp.protocol.quotation import Quoted
from plugin.mcp.protocol.shapes import Answer, Name, Number, PageArguments, RowCount, Shape, exactly, page_of
from plugin.mcp.protocol.tool import Tool, ToolAsker, UnanswerableQuestion
from plugin.use_cases.kpis.board import ShownKpi, list_kpis
from plugin.use_cases.kpis.departures import departed_kpis


class KpiPeriod(Shape):
    """One period; `reason` says why it has no value, where it has none."""

    start: datetime
    end: datetime
    value: Number
    level: str
    readings: int
    reason: Quoted | None


class Kpi(Shape):
    """One KPI. `value` is that of the last settled period; null: no data, which is not 0. `so_far` decides nothing."""

    id: str
    name: Quoted
    owner: Quoted | None
    unit: str | None
    direction: str
    cadence: str
    source: str
    level: str
    value: Number
    trend: str | None
    settled: KpiPeriod | None
    last_known: KpiPeriod | None
    so_far: KpiPeriod | None
    status: str


class Kpis(Answer):
    """KPIs in the order of the mapping."""

    counted: RowCount
    kpis: list[Kpi]


class DepartedKpi(Shape):
    """One KPI that the mapping has no more. `value` is what was counted last; `key_result` the issue that is open still."""

    id: str
    left: datetime
    kept_until: datetime
    value: Number
    counted_until: datetime | None
    key_result: str | None


class DepartedKpis(Answer):
    """KPIs by id."""

    counted: RowCount
    kpis: list[DepartedKpi]


class KpiArguments(PageArguments):
    """Which KPIs."""

    kpi: Name | None = Field(None, description="The id of one; all where left out.")


def okr_kpis(asking: ToolAsker, arguments: KpiArguments) -> Kpis:
    """A page of them."""
    site = site_of(asking, arguments)
    every = list_kpis(asking.connector, asking.actor, site)
    found = [one for one in every if arguments.kpi in (None, one.part.id)]
    if arguments.kpi is not None and not found:
        known = ", ".join(one.part.id for one in every) or "none"
        raise UnanswerableQuestion(f"There is no KPI {arguments.kpi!r} on the site {site!r}. KPIs: {known}.")
    shown, counted = page_of(f"okr_kpis:{site}", arguments, found, (one.part.id for one in found))
    return Kpis(
        provenance=provenance(asking, site, Kpis, "/kpis"),
        counted=counted,
        kpis=[_kpi(one) for one in shown],
    )


def _kpi(one: ShownKpi) -> Kpi:
    part, stands = one.part, one.standing
    return Kpi(
        id=part.id,
        name=part.name,
        owner=part.owner,
        unit=part.unit,
        direction=one.direction,
        cadence=part.cadence,
        source=part.source.kind,
        level=stands.level.value,
        value=exactly(one.latest_value),
        trend=one.trend or None,
        settled=_period(stands.settled),
        last_known=_period(stands.last_known),
        so_far=_period(stands.so_far),
        status=one.state.status.value,
    )


def _period(one: PeriodStanding | None) -> KpiPeriod | None:
    if one is None:
        return None
    return KpiPeriod(
        start=one.period.start,
        end=one.period.end,
        value=exactly(one.value),
        level=one.level.value,
        readings=one.worth.readings,
        reason=one.worth.reason or None,
    )


def okr_departed_kpis(asking: ToolAsker, arguments: PageArguments) -> DepartedKpis:
    """A page of them."""
    site = site_of(asking, arguments)
    found = departed_kpis(asking.connector, asking.actor, site)
    names = (f"{one.id} {one.left}" for one in found)
    shown, counted = page_of(f"okr_departed_kpis:{site}", arguments, found, names)
    return DepartedKpis(
        provenance=provenance(asking, site, DepartedKpis, "/kpis"),
        counted=counted,
        kpis=[
            DepartedKpi(
                id=one.id,
                left=one.left,
                kept_until=one.kept_until,
                value=exactly(one.value),
                counted_until=one.counted_until,
                key_result=one.key_result,
            )
            for one in shown
        ],
    )


KPIS = Tool(
    name="okr_kpis",
    title="KPIs",
    description="Where KPIs stand: the value and level of the last settled period, and what is so far of the running one.",
    takes=KpiArguments,
    gives=Kpis,
    function=okr_kpis,
)

DEPARTED_KPIS = Tool(
    name="okr_departed_kpis",
    title="KPIs that left the mapping",
    description="KPIs that the mapping has no more: since when, what was counted last, and until when that is kept.",
    takes=PageArguments,
    gives=DepartedKpis,
    function=okr_departed_kpis,
)
