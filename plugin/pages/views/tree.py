"""The order in which objectives are listed: every objective under the one it is aligned to, siblings sorted alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from mappings.health import SEVERITY
from plugin.pages.sources import Head, SavedHead

Order = Callable[[SavedHead], tuple[object, ...]]


def natural(key: str) -> tuple[str, int]:
    """PLAT-9 before PLAT-10."""
    prefix, _, number = key.rpartition("-")
    return (prefix, int(number)) if number.isdecimal() and number.isascii() else (key, 0)


def by_key(saved: SavedHead) -> tuple[object, ...]:
    return natural(name(saved.state))


def by_health(saved: SavedHead) -> tuple[object, ...]:
    return (SEVERITY[saved.state.health.level], *natural(name(saved.state)))


def by_progress(saved: SavedHead) -> tuple[object, ...]:
    progress = saved.state.progress
    return (progress is None, progress or Fraction(0), *natural(name(saved.state)))


def by_change(saved: SavedHead) -> tuple[object, ...]:
    return (-saved.changed_at.timestamp(), *natural(name(saved.state)))


ORDERS: dict[str, tuple[str, Order]] = {
    "health": ("Worst health first", by_health),
    "key": ("Key", by_key),
    "progress": ("Least progress first", by_progress),
    "changed": ("Last changed first", by_change),
}


def name(head: Head) -> str:
    """What an objective is called in addresses: its key, or its id where it has none."""
    return head.key or head.id


def depths(objectives: Sequence[SavedHead], order: Order) -> dict[str, int]:
    """The ids of all objectives in the order of the list, parents before children, each with its depth.

    Each stands once, under the first it is aligned to that is in the list. Those aligned in a circle stand at the
    top, in order, so that nothing is ever lost. Plain ids and numbers, for there may be thousands.
    """
    by_id = {saved.state.id: saved for saved in sorted(objectives, key=order)}
    children: dict[str | None, list[str]] = {}
    for id_, saved in by_id.items():
        children.setdefault(_parent(saved.state, by_id), []).append(id_)
    found: dict[str, int] = {}
    for root in [*children.get(None, ()), *by_id]:
        _place(root, children, found)
    return found


def _parent(head: Head, known: dict[str, SavedHead]) -> str | None:
    return next((id_ for id_ in head.aligned_to if id_ in known and id_ != head.id), None)


def _place(root: str, children: dict[str | None, list[str]], found: dict[str, int]) -> None:
    """Depth first without recursion; what is placed already is not walked again."""
    waiting = [(root, 0)]
    while waiting:
        id_, depth = waiting.pop()
        if id_ not in found:
            found[id_] = depth
            waiting += [(child, depth + 1) for child in reversed(children.get(id_, ()))]
