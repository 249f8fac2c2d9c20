"""Contradictions in the sources of KPIs: clocks without their hours, points that are said twice."""

from __future__ import annotations

from mappings.document.checks.codes import Code
from mappings.document.checks.report import Report
from mappings.document.schema import KpiPart
from mappings.document.text.places import Path
from mappings.kpi.sources import EndPart, StartPart, WorkingPart

WORKING = 'working: {days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00"}'


def check_source(kpi: KpiPart, path: Path, report: Report) -> None:
    """Adds every finding about the source of a KPI."""
    where = (*path, "source")
    for name in ("start", "end"):
        point = getattr(kpi.source, name, None)
        if isinstance(point, StartPart | EndPart) and point.status and "category" in point.model_fields_set:
            report.warn(
                Code.OPTION_WITHOUT_EFFECT,
                "the statuses decide; the category beside them has no effect",
                (*where, name, "category"),
                value=point.category,
                remedy="write one of them",
            )
    _check_hours(kpi, where, report)


def _check_hours(kpi: KpiPart, where: Path, report: Report) -> None:
    clock, working = getattr(kpi.source, "clock", None), getattr(kpi.source, "working", None)
    if clock == "working_hours" and working is None:
        report.add(
            Code.MISSING_KEY,
            "`working` is missing here: nothing says when people work",
            where,
            value="working",
            remedy=f"add `{WORKING}`",
        )
    if not isinstance(working, WorkingPart):
        return
    if clock != "working_hours":
        report.warn(
            Code.OPTION_WITHOUT_EFFECT,
            f"with the clock {clock} working hours have no effect",
            (*where, "working"),
            value="working",
            remedy="write `clock: working_hours`, or remove it",
            key=True,
        )
    if working.to <= working.from_:
        report.add(
            Code.EMPTY_BAND,
            f"no time of the day lies between {working.from_} and {working.to}",
            (*where, "working", "to"),
            value=working.to,
            remedy="write a later time; hours across midnight are not counted",
        )
