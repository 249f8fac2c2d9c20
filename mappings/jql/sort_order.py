"""Sorts issues as ORDER BY says. EMPTY comes last when ascending and first when descending, as the greatest value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import Issue
from mappings.jql.compilation import Compilation
from mappings.jql.fields import field_names
from mappings.jql.fields.fields import Rank
from mappings.jql.fields.named_values import NamedItem
from mappings.jql.text.tree import FieldName, JqlQuery


@dataclass(frozen=True, slots=True)
class SortValue:
    """Where an issue stands by one field; compares the other way round when descending."""

    value: Any
    descending: bool

    def __lt__(self, other: SortValue) -> bool:
        first, second = (other, self) if self.descending else (self, other)
        if first.value is None or second.value is None:
            return first.value is not None and second.value is None
        return bool(first.value < second.value)


def sort_key(query: JqlQuery, catalogue: Catalogue) -> Callable[[Issue], tuple[SortValue, ...]]:
    """The key for `sorted`: places by each field of ORDER BY; fields that cannot be ranked here are passed over."""
    ranks = [(rank, order.descending) for order in query.order_by if (rank := _rank(catalogue, order.field))]
    return lambda issue: tuple(SortValue(rank(issue), descending) for rank, descending in ranks)


def _rank(catalogue: Catalogue, name: FieldName) -> Rank | None:
    field = field_names.find(Compilation(catalogue), name)
    if field is None:
        return None
    ordered: dict[str, tuple[NamedItem, ...]] = {
        "status": catalogue.statuses,
        "priority": catalogue.priorities,
    }
    known = ordered.get(field.name)
    return _by_catalogue(field.name, {one.id: at for at, one in enumerate(known)}) if known else field.rank


def _by_catalogue(attribute: str, places: dict[str, int]) -> Rank:
    """By the site's order; the highest priority is the greatest, as in Jira."""
    sign = -1 if attribute == "priority" else 1

    def rank(issue: Issue) -> object:
        value = getattr(issue, attribute)
        place = None if value is None else places.get(value.id)
        return None if place is None else sign * place

    return rank
