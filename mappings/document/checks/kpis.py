"""Contradictions in the KPIs of a document: bands, targets, formulas, and where a key result would hang."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from mappings.document.checks.codes import Code
from mappings.document.checks.kpi_sources import check_source
from mappings.document.checks.progress import check_band
from mappings.document.checks.report import Report, show_value
from mappings.document.checks.walk import key_results
from mappings.document.schema import BandPart, CreatePart, Document, KpiPart
from mappings.document.text.places import Path
from mappings.kpi.cadence import Cadence
from mappings.kpi.formula import ALLOWED, FUNCTIONS, faults, used_names
from mappings.kpi.sources import SOURCE_OPTIONS, FormulaOptions
from mappings.progress.options import current_kpi

ISSUE_KEY = re.compile(r"[A-Z][A-Z0-9_]+-[0-9]+")
KPI_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""An id stands in addresses and file columns."""


def check_kpis(document: Document, report: Report) -> None:
    """Adds every finding about the KPIs of a document."""
    known = {kpi.id: kpi for kpi in document.kpis}
    for index, kpi in enumerate(document.kpis):
        path: Path = ("kpis", index)
        _check_id(kpi, path, report)
        _check_bands(kpi, path, report)
        _check_targets(kpi, path, report)
        _check_cadence(kpi, path, report)
        check_source(kpi, path, report)
        if isinstance(kpi.source, FormulaOptions):
            _check_formula(kpi, kpi.source, known, path, report)
        _check_promotion(document, kpi, path, report)
    _check_circles(document, known, report)
    for path, _, part in key_results(document):
        current = current_kpi(part.progress)
        if current is not None and current.kpi not in known:
            where = (*path, "progress", "current", "kpi")
            remedy = "name a KPI of this document by its id"
            report.unknown(Code.UNKNOWN_KPI, "the KPI", current.kpi, known, where, remedy)


def _check_id(kpi: KpiPart, path: Path, report: Report) -> None:
    if not KPI_ID.fullmatch(kpi.id):
        message = f"{show_value(kpi.id)} cannot be the id of a KPI: it stands in addresses"
        remedy = "write letters, digits, `.`, `-` and `_`, at most 100 of them, a letter or digit first"
        report.add(Code.BAD_FORM, message, (*path, "id"), value=kpi.id, remedy=remedy)


def _check_bands(kpi: KpiPart, path: Path, report: Report) -> None:
    healthy, watch = kpi.healthy, kpi.watch
    for code, message, remedy in check_band(healthy.at_least, healthy.at_most):
        report.add(code, message, (*path, "healthy"), remedy=remedy)
    _check_direction(kpi, path, report)
    if watch is None:
        return
    wrong = list(check_band(watch.at_least, watch.at_most))
    for code, message, remedy in wrong:
        report.add(code, message, (*path, "watch"), remedy=remedy)
    if not wrong:
        _check_wider(healthy, watch, path, report)


def _check_wider(healthy: BandPart, watch: BandPart, path: Path, report: Report) -> None:
    for side, inner, outer, sign in (
        ("at_least", healthy.at_least, watch.at_least, -1),
        ("at_most", healthy.at_most, watch.at_most, 1),
    ):
        if outer is None:
            continue
        if inner is None and not (healthy.at_least is None and healthy.at_most is None):
            message = f"`watch` bounds a side that is always healthy: `healthy` has no {side}"
            remedy = f"remove `{side}` from `watch`, or write it in `healthy`, too"
            report.add(Code.NARROW_WATCH, message, (*path, "watch", side), value=outer, remedy=remedy)
        elif inner is not None and (outer - inner) * sign < 0:
            message = f"`watch` is narrower than `healthy`: {side} {outer} lies inside {inner}"
            remedy = "`watch` is the wider band: write a bound at or beyond that of `healthy`"
            report.add(Code.NARROW_WATCH, message, (*path, "watch", side), value=outer, remedy=remedy)


def _check_direction(kpi: KpiPart, path: Path, report: Report) -> None:
    low, high = kpi.healthy.at_least is not None, kpi.healthy.at_most is not None
    against = (low and not high and kpi.direction == "down") or (high and not low and kpi.direction == "up")
    if against:
        bound, right = ("at_least", "up") if low else ("at_most", "down")
        message = f"the direction {kpi.direction} goes against the only bound, {bound}"
        report.add(
            Code.WRONG_DIRECTION,
            message,
            (*path, "direction"),
            value=kpi.direction,
            valid=(right, "keep"),
            remedy="write one of them, or leave it out",
        )


def _check_targets(kpi: KpiPart, path: Path, report: Report) -> None:
    before: date | None = None
    for index, point in enumerate(kpi.targets.points if kpi.targets else ()):
        here = (*path, "targets", "points", index)
        for code, message, remedy in check_band(point.at_least, point.at_most):
            report.add(code, message, here, remedy=remedy)
        if before is not None and point.from_ <= before:
            message = f"the point of {point.from_} stands behind that of {before}"
            remedy = "write the points in the order of their days, one a day"
            report.add(Code.POINTS_OUT_OF_ORDER, message, (*here, "from"), value=point.from_, remedy=remedy)
        before = point.from_


def _check_cadence(kpi: KpiPart, path: Path, report: Report) -> None:
    if Cadence(kpi.cadence) is not Cadence.EACH:
        return
    if isinstance(kpi.source, SOURCE_OPTIONS):
        message = "a source is asked when a period has ended, and with `each` none ends"
        valid = tuple(cadence for cadence in Cadence if cadence is not Cadence.EACH)
        report.add(
            Code.NO_PERIOD, message, (*path, "cadence"), value="each", valid=valid, remedy="write one of them"
        )
    if kpi.min_readings > 1:
        message = "with `cadence: each` a period is one reading, so it never has more than one"
        report.add(
            Code.OUT_OF_RANGE,
            message,
            (*path, "min_readings"),
            value=kpi.min_readings,
            remedy="leave it out, or take a calendar cadence",
        )
    if kpi.grace is not None:
        message = "with `cadence: each` a reading is settled at once; `grace` has no effect"
        report.warn(
            Code.OPTION_WITHOUT_EFFECT, message, (*path, "grace"), value=kpi.grace, remedy="remove it"
        )


def _check_formula(
    kpi: KpiPart, source: FormulaOptions, known: Mapping[str, KpiPart], path: Path, report: Report
) -> None:
    where = (*path, "source")
    if Cadence(kpi.cadence) is Cadence.EACH:
        message = "a formula is worked out for calendar periods, and `each` has none"
        valid = tuple(cadence for cadence in Cadence if cadence is not Cadence.EACH)
        report.add(
            Code.NO_PERIOD, message, (*path, "cadence"), value="each", valid=valid, remedy="write one of them"
        )
    wrong = faults(source.expr, source.of)
    for fault in wrong:
        report.add(
            Code.BAD_FORMULA,
            fault.message,
            (*where, "expr"),
            value=source.expr,
            valid=ALLOWED,
            remedy="correct the formula at this character",
            offset=fault.offset,
        )
    used = frozenset() if wrong else used_names(source.expr)
    for name, operand in source.of.items():
        inner = (*where, "of", name)
        if name in FUNCTIONS:
            message = f"“{name}” is a function of formulas, so no KPI can be called so"
            report.add(Code.BAD_FORMULA, message, inner, value=name, remedy="take another name", key=True)
        if not wrong and name not in used:
            message = f"the formula does not use {show_value(name)}"
            report.warn(Code.OPTION_WITHOUT_EFFECT, message, inner, value=operand, remedy="remove it")
        _check_operand(kpi, operand, known, inner, report)
    if kpi.grace is not None:
        message = "a formula is settled when its latest operand is; `grace` has no effect"
        report.warn(
            Code.OPTION_WITHOUT_EFFECT, message, (*path, "grace"), value=kpi.grace, remedy="remove it"
        )


def _check_operand(
    kpi: KpiPart, operand: str, known: Mapping[str, KpiPart], path: Path, report: Report
) -> None:
    other = known.get(operand)
    if other is None:
        remedy = "name a KPI of this document by its id"
        report.unknown(Code.UNKNOWN_KPI, "the KPI", operand, known, path, remedy)
    elif Cadence(other.cadence).fineness > Cadence(kpi.cadence).fineness:
        message = f"{show_value(operand)} is {other.cadence}, too coarse for a formula that is {kpi.cadence}"
        remedy = f"make the formula {other.cadence} or coarser, or {show_value(operand)} finer"
        report.add(Code.COARSE_OPERAND, message, path, value=operand, remedy=remedy)


def _check_circles(document: Document, known: Mapping[str, KpiPart], report: Report) -> None:
    """A circle is told once, at the KPI in it that stands first."""
    told: set[frozenset[str]] = set()
    for index, kpi in enumerate(document.kpis):
        way = next(_ways_back(kpi.id, (kpi.id,), known), None)
        if way is None or frozenset(way) in told:
            continue
        told.add(frozenset(way))
        message = f"the KPIs are worked out from each other in a circle: {' → '.join(way)}"
        where = ("kpis", index, "source", "of")
        report.add(Code.KPIS_IN_A_CIRCLE, message, where, value=way[1], remedy="break it at one of them")


def _ways_back(start: str, way: tuple[str, ...], known: Mapping[str, KpiPart]) -> Iterator[tuple[str, ...]]:
    """The ways along which a KPI is worked out from itself."""
    seen: set[str] = set()
    open_ = [way]
    while open_:
        here = open_.pop()
        kpi = known.get(here[-1])
        source = kpi.source if kpi is not None else None
        for operand in source.of.values() if isinstance(source, FormulaOptions) else ():
            if operand == start:
                yield (*here, operand)
            elif operand not in seen:
                seen.add(operand)
                open_.append((*here, operand))


def _check_promotion(document: Document, kpi: KpiPart, path: Path, report: Report) -> None:
    promote = kpi.promote
    if promote is None:
        return
    written = {part.id for part in document.objectives}
    target = promote.objective
    if target is not None and target not in written and not ISSUE_KEY.fullmatch(target):
        remedy = "write the key of an issue like CORE-12, or the id of an objective of this document"
        report.unknown(
            Code.UNKNOWN_OBJECTIVE,
            "the objective",
            target,
            sorted(written),
            (*path, "promote", "objective"),
            remedy,
        )
    if promote.create is not None:
        _check_creation(promote.create, target in written, (*path, "promote", "create"), report)


def _check_creation(create: CreatePart, written: bool, path: Path, report: Report) -> None:
    """An objective for which no issue stands has no children and no project."""
    if not written:
        return
    if create.relation == "child":
        message = "no issue stands for this objective, so nothing can be made below it"
        remedy = "write `relation: {label: …}` with the label by which its key-result rule finds what is made"
        report.add(Code.NOTHING_TO_RELATE, message, path, remedy=remedy)
    if create.project is None:
        message = "no issue stands for this objective, so it has no project in which to make one"
        report.add(Code.MISSING_KEY, message, path, remedy="write `project:` with the key of a project")
