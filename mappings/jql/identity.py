"""A JQL with ids in the place of names, as Jira's own search is asked: it finds the same after any renaming."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mappings.jql.text.tree import Condition, JqlQuery, JqlValue, ValueGroup, conditions, operands
from mappings.jql.text.words import in_quotes

Places = Mapping[tuple[int, int], tuple[str, ...]]
LISTS = {"=": "in", "!=": "not in"}


def by_id(query: JqlQuery, places: Places) -> str:
    """The text of the query with every place that is known by id written so."""
    text = query.text
    edits = [edit for one in conditions(query.where) for edit in _edits(one, places)]
    edits += [edit for order in query.order_by for edit in _field(order.field.start, order.field.end, places)]
    for start, end, instead in sorted(edits, reverse=True):
        text = text[:start] + instead + text[end:]
    return text


Edit = tuple[int, int, str]


def _edits(condition: Condition, places: Places) -> Iterator[Edit]:
    yield from _field(condition.field.start, condition.field.end, places)
    operator, operand = condition.operator, condition.operand
    for one in operands(operand):
        ids = places.get((one.start, one.end), ())
        if not isinstance(one, JqlValue) or not ids:
            continue
        listed = ", ".join(map(_written, ids))
        if len(ids) == 1 or isinstance(operand, ValueGroup):
            yield one.start, one.end, listed
        elif operator.name in LISTS:
            yield operator.start, operator.end, f" {LISTS[operator.name]} "
            yield one.start, one.end, f"({listed})"


def _field(start: int, end: int, places: Places) -> Iterator[Edit]:
    """A field's name stands in one place, written as JQL wants it."""
    for clause in places.get((start, end), ()):
        yield start, end, clause


def _written(id_: str) -> str:
    return id_ if id_.isascii() and id_.isdigit() else in_quotes(id_)
