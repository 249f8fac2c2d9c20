"""The balanced scorecard: objectives and KPIs by the perspective from which they look. It groups; no number follows from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from mappings.rollup.perspective import PERSPECTIVES, perspective_name

O_co = TypeVar("O_co", covariant=True)
K_co = TypeVar("K_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Perspective(Generic[O_co, K_co]):
    """One perspective with what looks from it; None is for what looks from none."""

    name: str | None
    objectives: tuple[O_co, ...]
    kpis: tuple[K_co, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing looks from here."""
        return not self.objectives and not self.kpis


O = TypeVar("O")  # noqa: E741
K = TypeVar("K")


def scorecard(
    objectives: Iterable[O],
    kpis: Iterable[K],
    of_objective: Callable[[O], str | None],
    of_kpi: Callable[[K], str | None],
) -> tuple[Perspective[O, K], ...]:
    """The perspectives in their order: the four of the scorecard, one's own by name, then what has none.

    The four stand there, empty ones too, unless only words of one's own are used.
    """
    aims, watched = _grouped(objectives, of_objective), _grouped(kpis, of_kpi)
    used = {name for name in (*aims, *watched) if name is not None}
    own = sorted(used - set(PERSPECTIVES), key=str.casefold)
    names: list[str | None] = [*own] if own and not used & set(PERSPECTIVES) else [*PERSPECTIVES, *own]
    if None in aims or None in watched:
        names.append(None)
    return tuple(Perspective(name, tuple(aims.get(name, ())), tuple(watched.get(name, ()))) for name in names)


T = TypeVar("T")


def _grouped(found: Iterable[T], of: Callable[[T], str | None]) -> dict[str | None, Sequence[T]]:
    groups: dict[str | None, list[T]] = {}
    for one in found:
        word = of(one)
        groups.setdefault(perspective_name(word) if word else None, []).append(one)
    return {name: tuple(members) for name, members in groups.items()}
