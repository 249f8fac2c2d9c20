"""The heads of the list's columns, in their order: what each is called there, and the address that sorts by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from plugin.pages.views.objectives.names import ORDERS
from plugin.use_cases.objectives.objective_columns import Column


@dataclass(frozen=True, slots=True)
class ColumnPlace:
    """Where a column stands and how: its style classes, what it is called where its own label is too long, what is told beside it.

    `order` is the way to sort the list that its head asks for; what that does is told where nothing else is.
    """

    key: str
    css: str
    label: str = ""
    hint: str = ""
    order: str = ""
    descending: bool = False


PLACES = (
    ColumnPlace("title", "w-title", hint="Sorted by key", order="key"),
    ColumnPlace("progress", "w-progress", label="Now", order="progress"),
    ColumnPlace("week", "w-week num", hint="Points since a week ago"),
    ColumnPlace("health", "w-health", order="health"),
    ColumnPlace("delivery", "w-sides num", hint="What was delivered"),
    ColumnPlace("outcome", "w-sides w-outcome num", hint="What it brought about"),
    ColumnPlace("confidence", "w-confidence num", hint="How sure people said last that they are"),
    ColumnPlace("forecast", "w-forecast num", hint="How likely it is to be reached by the end of its cycle"),
    ColumnPlace("trend", "w-trend", hint="From its first measurement to now"),
    ColumnPlace("owner", "w-owner"),
    ColumnPlace("changed_at", "w-changed num", order="changed", descending=True),
)
"""A column of the page that has no place stands behind these, as it is."""


@dataclass(frozen=True, slots=True)
class ColumnHead:
    """The head of a column: the address that sorts by it, empty where nothing does, and how it is sorted by it now, if it is."""

    key: str
    label: str
    css: str = ""
    hint: str = ""
    query: str = ""
    sorted: str = ""


def column_heads(
    columns: Sequence[Column], order: str, address: Callable[[str], str]
) -> tuple[ColumnHead, ...]:
    """The heads of these columns, where the list has this order and `address` gives that of another."""
    labels = {column.key: column.label for column in columns}
    placed = [place for place in PLACES if place.key in labels]
    others = labels.keys() - {place.key for place in placed}
    return (
        *(_head(place, labels[place.key], order, address) for place in placed),
        *(ColumnHead(key, label) for key, label in labels.items() if key in others),
    )


def _head(place: ColumnPlace, label: str, order: str, address: Callable[[str], str]) -> ColumnHead:
    way = "descending" if place.descending else "ascending"
    return ColumnHead(
        key=place.key,
        label=place.label or label,
        css=place.css,
        hint=place.hint or ORDERS.get(place.order, ""),
        query=address(place.order) if place.order else "",
        sorted=way if place.order and place.order == order else "",
    )
