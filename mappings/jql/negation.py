"""A clause without NOT: carried down to the conditions, it turns their operators round, as Jira does. So NOT skips EMPTY, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mappings.jql.text.tree import And, Clause, Condition, Not

OPPOSITE = {
    "=": "!=",
    "!=": "=",
    "~": "!~",
    "!~": "~",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "in": "not in",
    "not in": "in",
    "is": "is not",
    "is not": "is",
}
Join = Literal["AND", "OR"]


@dataclass(frozen=True, slots=True)
class SignedCondition:
    """One condition, and the operator that it is asked with: its own, or its opposite."""

    condition: Condition
    sign: str


@dataclass(frozen=True, slots=True)
class JoinedClause:
    """Several of which all must hold, or one; none of them is joined by the same word."""

    join: Join
    parts: tuple[PlainClause, ...]


PlainClause = SignedCondition | JoinedClause


def without_not(clause: Clause, *, negated: bool = False) -> PlainClause:
    """The same clause, or its opposite where it is `negated`."""
    if isinstance(clause, Condition):
        name = clause.operator.name
        return SignedCondition(clause, OPPOSITE.get(name, name) if negated else name)
    if isinstance(clause, Not):
        return without_not(clause.clause, negated=not negated)
    join: Join = "AND" if isinstance(clause, And) is not negated else "OR"
    parts = (without_not(part, negated=negated) for part in clause.clauses)
    return JoinedClause(join, tuple(one for part in parts for one in _flat(part, join)))


def _flat(part: PlainClause, join: Join) -> tuple[PlainClause, ...]:
    """A part, or what it joins by the same word."""
    return part.parts if isinstance(part, JoinedClause) and part.join == join else (part,)
