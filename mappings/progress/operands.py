"""Operands of metric rules: what a field alias or a written number is worth on one key-result issue, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from mappings.facts.issue import HISTORY
from mappings.numbers import exact
from mappings.progress.options import Operand
from mappings.progress.rule import Subject


@dataclass(frozen=True, slots=True)
class Value:
    """The number an operand stands for, or why there is none. `empty` is a field with nothing in it."""

    number: Fraction | None
    problem: str = ""
    empty: bool = False


def literal(operand: Operand | None) -> Fraction | None:
    """The number an operand is as it stands in the document; None for a field alias."""
    return exact(operand)


def field_id(subject: Subject, alias: str) -> str | None:
    """The id behind an alias of the mapping, or None."""
    field = subject.assessment.mapping.fields.get(alias)
    return field.id if field is not None else None


def value_of(subject: Subject, operand: Operand, role: str) -> Value:
    """What an operand is worth for this key result; the problem names the role it plays (`start`, `target`)."""
    if isinstance(operand, Decimal):
        return Value(exact(operand))
    id_ = field_id(subject, operand)
    if id_ is None:
        number = exact(operand)
        return Value(number, "" if number is not None else f'{role}: the mapping has no field "{operand}"')
    raw = subject.issue.fields.get(id_) if subject.issue is not None else None
    if raw is None or raw == "":
        return Value(None, f'{role} is missing: field "{operand}" is empty', empty=True)
    number = subject.assessment.numbers.read(raw)
    problem = "" if number is not None else f'{role}: field "{operand}" holds {str(raw)[:40]!r}, not a number'
    return Value(number, problem)


def read_at(subject: Subject, alias: str) -> datetime | None:
    """When a field got its value: its last changelog entry, else the creation of the issue; None where its history cannot be had."""
    if subject.issue is None:
        return None
    readings = subject.issue.readings.get(field_id(subject, alias) or "")
    if readings is None and HISTORY in subject.issue.unknowns:
        return None
    return readings[-1].at if readings else subject.issue.created
