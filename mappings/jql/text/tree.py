"""What a JQL says, as a tree with exact places (0-based offsets, end exclusive). Says nothing of what fields mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JqlValue:
    """A word, number or quoted text; `number` is true for digits that stand without quotes."""

    text: str
    start: int
    end: int
    number: bool = False
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Empty:
    """EMPTY or NULL."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function with its arguments, such as `startOfMonth("-1")`."""

    name: str
    arguments: tuple[JqlValue, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ValueGroup:
    """A list in parentheses; Jira's grammar lets lists nest."""

    items: tuple[Operand, ...]
    start: int
    end: int


Operand = JqlValue | Empty | FunctionCall | ValueGroup


@dataclass(frozen=True, slots=True)
class FieldName:
    """A field as written; `number` is set for `cf[number]`, `properties` for `issue.property[key].path`."""

    name: str
    start: int
    end: int
    number: str | None = None
    properties: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"cf[{self.number}]" if self.number is not None else self.name


@dataclass(frozen=True, slots=True)
class HistoryPart:
    """One part of a history search, such as `BEFORE "2026-10-01"`."""

    word: str
    operand: Operand
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator in canonical lower case: `=`, `not in`, `is not`, `was in`, `changed`…"""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison; `operand` is None for `changed` alone."""

    field: FieldName
    operator: Operator
    operand: Operand | None
    start: int
    end: int
    history: tuple[HistoryPart, ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """A clause that must not hold."""

    clause: Clause
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class And:
    """Clauses that must all hold; at least two."""

    clauses: tuple[Clause, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Or:
    """Clauses of which one must hold; at least two."""

    clauses: tuple[Clause, ...]
    start: int
    end: int


Clause = Condition | Not | And | Or


@dataclass(frozen=True, slots=True)
class OrderBy:
    """One field of ORDER BY."""

    field: FieldName
    descending: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class JqlQuery:
    """A whole JQL; without `where` every issue matches."""

    text: str
    where: Clause | None = None
    order_by: tuple[OrderBy, ...] = ()


def conditions(clause: Clause | None) -> Iterator[Condition]:
    """Every condition below a clause, in the order of the text."""
    if isinstance(clause, Condition):
        yield clause
    elif isinstance(clause, Not):
        yield from conditions(clause.clause)
    elif isinstance(clause, And | Or):
        for part in clause.clauses:
            yield from conditions(part)


def operands(operand: Operand | None) -> Iterator[JqlValue | Empty | FunctionCall]:
    """The single operands of an operand, lists flattened."""
    if isinstance(operand, ValueGroup):
        for item in operand.items:
            yield from operands(item)
    elif operand is not None:
        yield operand
