"""Operands of metric rules: what a field alias or a written number is worth on one key-result issue, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from mappings.diagnostic import raw_text
from mappings.facts.issue import HISTORY
from mappings.numbers import exact
from mappings.progress.options import KpiCurrent, Operand
from mappings.progress.rule import MeasuredSubject


@dataclass(frozen=True, slots=True)
class OperandValue:
    """The number an operand stands for, or why there is none. `empty` is a field with nothing in it."""

    number: Fraction | None
    problem: str = ""
    empty: bool = False


def literal(operand: Operand | None) -> Fraction | None:
    """The number an operand is as it stands in the document; None for a field alias."""
    return exact(operand)


def operand_name(operand: Operand | KpiCurrent, subject: MeasuredSubject | None = None) -> str:
    """An operand in a sentence: a field of a subject by the name that Jira shows."""
    if isinstance(operand, KpiCurrent):
        return f'the KPI "{operand.kpi}"'
    field = None if subject is None else subject.assessment.mapping.fields.get(str(operand))
    return f'field "{field.name if field is not None and field.name else operand}"'


def source_of(subject: MeasuredSubject, current: str | KpiCurrent) -> str:
    """Which reading of which KPI a current value is, to be said behind it; empty for a field."""
    if not isinstance(current, KpiCurrent):
        return ""
    at = read_at(subject, current)
    if at is None or all(one.at != at for one in subject.assessment.kpis.get(current.kpi, ())):
        return ""  # somebody said another value
    day = at.astimezone(subject.assessment.moment.zone)
    return f"; of {operand_name(current)}, settled for {day:%Y-%m-%d %H:%M}"


def field_id(subject: MeasuredSubject, alias: str | KpiCurrent) -> str | None:
    """The id behind an alias of the mapping, or None; for a KPI what stands for it."""
    if isinstance(alias, KpiCurrent):
        return alias.field_id
    field = subject.assessment.mapping.fields.get(alias)
    return field.id if field is not None else None


def value_of(subject: MeasuredSubject, operand: Operand | KpiCurrent, role: str) -> OperandValue:
    """What an operand is worth for this key result; the problem names the role it plays (`start`, `target`)."""
    if isinstance(operand, Decimal | Fraction):
        return OperandValue(exact(operand))
    id_ = field_id(subject, operand)
    if isinstance(operand, KpiCurrent):
        held = subject.issue.fields.get(id_ or "") if subject.issue is not None else None
        missing = f"{role} is missing: {operand_name(operand)} has no settled value yet"
        return OperandValue(exact(held), missing, empty=True) if held is None else OperandValue(exact(held))
    if id_ is None:
        number = exact(operand)
        return OperandValue(
            number, "" if number is not None else f'{role}: the mapping has no field "{operand}"'
        )
    raw = subject.issue.fields.get(id_) if subject.issue is not None else None
    if raw is None or raw == "":
        return OperandValue(None, f"{role} is missing: {operand_name(operand, subject)} is empty", empty=True)
    number = subject.assessment.numbers.read(raw)
    problem = (
        ""
        if number is not None
        else f"{role}: {operand_name(operand, subject)} holds {raw_text(raw)}, not a number"
    )
    return OperandValue(number, problem)


def read_at(subject: MeasuredSubject, alias: str | KpiCurrent) -> datetime | None:
    """When a field got its value: its last changelog entry, else the creation of the issue; None where its history cannot be had."""
    if subject.issue is None:
        return None
    readings = subject.issue.readings.get(field_id(subject, alias) or "")
    if readings is None and HISTORY in subject.issue.unknowns:
        return None
    return readings[-1].at if readings else subject.issue.created
