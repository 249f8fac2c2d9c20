"""A page of rows that are all known: a thousand at once are too heavy to read, to send and to lay out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

ROWS = 50
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RowPage(Generic[T]):
    """Some of the rows: the page of this `number`, from 1 on, of so many; `first` is the place of its first row, from 1 on."""

    rows: tuple[T, ...]
    number: int
    pages: int
    total: int

    @property
    def first(self) -> int:
        return (self.number - 1) * ROWS + 1

    @property
    def last(self) -> int:
        """The place of its last row."""
        return self.first + len(self.rows) - 1


def pages_of(rows: Sequence[T]) -> int:
    """How many pages they make."""
    return max(1, -(-len(rows) // ROWS))


def page_of(rows: Sequence[T], number: int | None) -> RowPage[T]:
    """The page of this number; the nearest where there is none of it, the first where none is asked for."""
    pages = pages_of(rows)
    at = min(max(number or 1, 1), pages)
    return RowPage(tuple(rows[(at - 1) * ROWS : at * ROWS]), at, pages, len(rows))
