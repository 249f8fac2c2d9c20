"""The order in which objectives are listed: every objective under the one it is aligned to, siblings sorted alike."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from plugin.pages.sources import Head, SavedHead
from plugin.pages.views.health import SEVERITY

Order = Callable[[SavedHead], tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Placed:
    """One objective at its depth in the tree; `beside` are the ids of the further objectives it is aligned to."""

    saved: SavedHead
    depth: int
    beside: tuple[str, ...] = ()


def natural(key: str) -> tuple[tuple[int, str], ...]:
    """PLAT-9 before PLAT-10."""
    return tuple(
        (int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", key) if part
    )


def by_key(saved: SavedHead) -> tuple[object, ...]:
    return (natural(name(saved.state)),)


def by_health(saved: SavedHead) -> tuple[object, ...]:
    return (SEVERITY[saved.state.health.level], natural(name(saved.state)))


def by_progress(saved: SavedHead) -> tuple[object, ...]:
    progress = saved.state.progress
    return (progress is None, progress or Fraction(0), natural(name(saved.state)))


def by_change(saved: SavedHead) -> tuple[object, ...]:
    return (-saved.changed_at.timestamp(), natural(name(saved.state)))


ORDERS: dict[str, tuple[str, Order]] = {
    "health": ("Worst health first", by_health),
    "key": ("Key", by_key),
    "progress": ("Least progress first", by_progress),
    "changed": ("Last changed first", by_change),
}


def name(head: Head) -> str:
    """What an objective is called in addresses: its key, or its id where it has none."""
    return head.key or head.id


def placed(objectives: Sequence[SavedHead], order: Order) -> list[Placed]:
    """All objectives, parents before children. Each stands once, under the first it is aligned to that is in the list.

    Those aligned in a circle stand at the top, in order, so that nothing is ever lost.
    """
    by_id = {saved.state.id: saved for saved in sorted(objectives, key=order)}
    children: dict[str | None, list[SavedHead]] = defaultdict(list)
    for saved in by_id.values():
        children[_parent(saved.state, by_id)].append(saved)
    found: dict[str, Placed] = {}
    for root in [*children[None], *by_id.values()]:
        for one in _walk(root, children, found):
            found[one.saved.state.id] = one
    return list(found.values())


def _parent(head: Head, known: dict[str, SavedHead]) -> str | None:
    return next((id_ for id_ in head.aligned_to if id_ in known and id_ != head.id), None)


def _walk(
    root: SavedHead, children: dict[str | None, list[SavedHead]], found: dict[str, Placed]
) -> Iterator[Placed]:
    """Depth first without recursion; what is placed already is not walked again."""
    waiting = [(root, 0)]
    while waiting:
        saved, depth = waiting.pop()
        if saved.state.id in found:
            continue
        yield Placed(saved, depth, tuple(id_ for id_ in saved.state.aligned_to[1:] if id_ != saved.state.id))
        waiting += [(child, depth + 1) for child in reversed(children[saved.state.id])]
