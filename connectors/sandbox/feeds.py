"""What the board shows of the numbers that its cards feed, as a port: whoever computes them says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Feed:
    """A number that a card feeds: of which objective (its key), its name, and where it stands as people read it.

    `precise` is the same to a tenth, so that a small step is seen. `left_out` says why the card does not count in it, empty where it does. `page` is where the number is explained.
    """

    objective: str
    title: str
    number: str
    value: str
    precise: str
    left_out: str
    page: str


Feeds = Callable[[], Mapping[str, tuple[Feed, ...]]]
"""Asks for the numbers that each issue feeds, by its id."""


@dataclass(frozen=True, slots=True)
class Move:
    """The last move on the board: which card, from where to where, and what its numbers stood at before."""

    issue: str
    key: str
    before: str
    after: str
    fed: tuple[Feed, ...]

    def effects(self, now: tuple[Feed, ...]) -> tuple[tuple[Feed, str], ...]:
        """Each number the card fed or feeds, with where it stood before; what it fed before comes first."""
        stood = {(one.objective, one.number): one for one in self.fed}
        stands = {(one.objective, one.number): one for one in now}
        found = {**stood, **stands}
        return tuple((one, stood.get(name, one).precise) for name, one in found.items())
