"""A JQL clause by clause: what each says of one issue, and what the issue holds there. For people who ask why it matches, or why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.jql.compilation import Compilation, Verdict, nobody
from mappings.jql.fields import field_names
from mappings.jql.fields.fields import JqlField
from mappings.jql.fields.issues import IssueId
from mappings.jql.negation import Join, PlainClause, SignedCondition, without_not
from mappings.jql.predicate import condition_verdict
from mappings.jql.text.parser import parse

LONGEST_TEXT = 80
NOTHING_HELD = "empty"
UNLIKE = ("!=", "not in", "!~")
SKIPS_EMPTY = (
    "JQL never finds an empty field by !=, not in and !~: add OR … is EMPTY where those are meant, too"
)


@dataclass(frozen=True, slots=True)
class ClauseTrial:
    """One condition, or several joined.

    One that `skips_empty` says that a value is another one, which nothing is not.
    """

    text: str
    join: Join | Literal[""] = ""
    verdict: Verdict | None = None
    field: JqlField | None = None
    skips_empty: bool = False
    parts: tuple[ClauseTrial, ...] = ()


@dataclass(frozen=True, slots=True)
class ClauseAnswer:
    """What one clause says of an issue: whether it holds, and for a condition what the issue holds in its field (empty: no single thing).

    `note` says what surprises people about JQL, where it decided here.
    """

    text: str
    holds: bool
    held: str = ""
    join: Join | Literal[""] = ""
    parts: tuple[ClauseAnswer, ...] = ()
    note: str = ""

    @property
    def broken(self) -> tuple[ClauseAnswer, ...]:
        """The conditions that keep it from holding; none where it holds."""
        if self.holds:
            return ()
        return (self,) if not self.join else tuple(one for part in self.parts for one in part.broken)


def clauses(
    text: str, catalogue: Catalogue, issue_id_of: Callable[[str], str | None] = nobody
) -> ClauseTrial | None:
    """The clauses of a JQL that can be compiled (`compile_selector`); None where it has no condition. Raises JqlError for its syntax."""
    query = parse(text)
    if query.where is None:
        return None
    return _trial(Compilation(catalogue, issue_id_of), text, without_not(query.where))


def _trial(compilation: Compilation, text: str, clause: PlainClause) -> ClauseTrial:
    if isinstance(clause, SignedCondition):
        return ClauseTrial(
            text=_as_read(text, clause),
            verdict=condition_verdict(compilation, clause),
            field=field_names.find(compilation, clause.condition.field),
            skips_empty=clause.sign in UNLIKE,
        )
    return ClauseTrial("", clause.join, parts=tuple(_trial(compilation, text, part) for part in clause.parts))


def _as_read(text: str, asked: SignedCondition) -> str:
    """As it is written, with the operator that NOT makes of it."""
    condition, operator = asked.condition, asked.condition.operator
    if asked.sign == operator.name:
        return " ".join(text[condition.start : condition.end].split())
    field, operand = text[condition.start : operator.start], text[operator.end : condition.end]
    return " ".join(f"{field} {asked.sign} {operand}".split())


def answer(clause: ClauseTrial, issue: Issue, moment: Moment, key_of: Callable[[str], str]) -> ClauseAnswer:
    """What a clause and all below it say of an issue; `key_of` gives the key of an issue's id."""
    if clause.verdict is not None:
        shown = clause.field.shown if clause.field is not None else None
        held = "" if shown is None else _words(shown(issue), moment, key_of)
        holds = clause.verdict(issue, moment)
        surprising = clause.skips_empty and held == NOTHING_HELD and not holds
        return ClauseAnswer(clause.text, holds, held, note=SKIPS_EMPTY if surprising else "")
    parts = tuple(answer(part, issue, moment, key_of) for part in clause.parts)
    holds = all(one.holds for one in parts) if clause.join == "AND" else any(one.holds for one in parts)
    return ClauseAnswer("", holds, join=clause.join, parts=parts)


def _words(value: object, moment: Moment, key_of: Callable[[str], str]) -> str:
    """A value as a person reads it."""
    if value is None or value == () or value == "":
        return NOTHING_HELD
    if isinstance(value, datetime):
        return f"{value.astimezone(moment.zone):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, IssueId):
        return key_of(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_words(one, moment, key_of) for one in value)
    said = str(getattr(value, "name", value))
    return said if len(said) <= LONGEST_TEXT else f"{said[:LONGEST_TEXT]}…"
