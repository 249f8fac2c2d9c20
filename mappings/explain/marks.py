"""What a history marks beside the line itself: targets that changed, check-ins, and scope that came or went.

Targets and scope are told from kept states alone, check-ins as they were said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from mappings.explain.check_in import CheckIn
from mappings.numbers import plain
from mappings.rollup.rows.ledger import Disposition

NAMED = 3
"""How many rows are named before the others are only counted."""
IN_SCOPE = frozenset({Disposition.COUNTED, Disposition.NOT_ACHIEVED, Disposition.UNKNOWN, Disposition.GAP})


class MarkKind(StrEnum):
    """What is marked."""

    TARGET = "target"
    CHECK_IN = "check-in"
    SCOPE = "scope"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a moment, in words. `since` is the moment of the state that it is told against, where it is told by comparing two."""

    at: datetime
    kind: MarkKind
    text: str
    since: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class RowOutline:
    """As much of a row as says what it is, and whether it is in scope."""

    id: str
    disposition: Disposition
    key: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class LedgerOutline:
    """The rows of a ledger."""

    rows: tuple[RowOutline, ...] = ()


@dataclass(frozen=True, slots=True)
class MeasurementOutline:
    """Where a key result goes from and to, or the band it is kept in, and its rows."""

    start: Fraction | None = None
    target: Fraction | None = None
    at_least: Fraction | None = None
    at_most: Fraction | None = None
    ledger: LedgerOutline = field(default_factory=LedgerOutline)


@dataclass(frozen=True, slots=True)
class KeyResultOutline:
    """As much of a key result as marks are made from."""

    id: str
    title: str
    measurement: MeasurementOutline
    key: str = ""

    @property
    def name(self) -> str:
        """How it is called in a sentence."""
        return self.key or self.title


@dataclass(frozen=True, slots=True)
class Outline:
    """As much of an objective's state as marks are made from: a kept `ObjectiveState`, read without its numbers."""

    ledger: LedgerOutline
    key_results: tuple[KeyResultOutline, ...] = ()


@dataclass(frozen=True, slots=True)
class DatedOutline:
    """An objective from a moment on, and the mapping revision; `backfilled` was worked out from Jira's history."""

    at: datetime
    revision: str
    outline: Outline
    backfilled: bool = False


def marks(steps: Sequence[DatedOutline]) -> tuple[Mark, ...]:
    """Everything that happened between steps in the order of time. A change of the mapping is marked elsewhere, whatever it did."""
    return tuple(mark for before, after in pairwise(steps) for mark in marks_between(before, after))


def marks_between(before: DatedOutline, after: DatedOutline) -> Iterator[Mark]:
    """What happened between two steps; across a change of the mapping, or of how it is known, nothing can be told."""
    if (before.revision, before.backfilled) != (after.revision, after.backfilled):
        return
    found = [(MarkKind.TARGET, text) for text in _retargeted(before.outline, after.outline)]
    found += [(MarkKind.SCOPE, text) for text in _rescoped(before.outline, after.outline)]
    yield from (Mark(after.at, kind, text, since=before.at) for kind, text in found)


def checked_in(check_in: CheckIn, name: str) -> Mark:
    """Somebody said what the key result of this name stands at."""
    did = "took the derived value" if check_in.clears else f"checked in {check_in.said}"
    return Mark(check_in.at, MarkKind.CHECK_IN, f"{check_in.by} {did} for {name}")


def withdrawn(check_in: CheckIn, at: datetime, by: str, name: str) -> Mark:
    """Somebody took a check-in back."""
    whose = "the check-in" if by == check_in.by else f"{check_in.by}’s check-in"
    return Mark(at, MarkKind.CHECK_IN, f"{by} withdrew {whose} of {check_in.said} for {name}")


def _retargeted(old: Outline, new: Outline) -> Iterator[str]:
    former = {one.id: one.measurement for one in old.key_results}
    for one in new.key_results:
        before, after = former.get(one.id, one.measurement), one.measurement
        if before.target != after.target:
            yield f"target of {one.name}: {_figure(before.target)} → {_figure(after.target)}"
        if before.start != after.start:
            yield f"start of {one.name}: {_figure(before.start)} → {_figure(after.start)}"
        if before.at_least is None and before.at_most is None:
            continue  # it had none, or was kept before bands were
        if before.at_least != after.at_least:
            yield f"lower bound of {one.name}: {_figure(before.at_least)} → {_figure(after.at_least)}"
        if before.at_most != after.at_most:
            yield f"upper bound of {one.name}: {_figure(before.at_most)} → {_figure(after.at_most)}"


def _figure(value: Fraction | None) -> str:
    return "none" if value is None else plain(value)


def _rescoped(before: Outline, after: Outline) -> Iterator[str]:
    old, new = _in_scope(before), _in_scope(after)
    told = [
        _counted([new[id_] for id_ in new if id_ not in old], "added"),
        _counted([old[id_] for id_ in old if id_ not in new], "removed"),
    ]
    text = "; ".join(part for part in told if part)
    if text:
        yield text


def _in_scope(outline: Outline) -> dict[str, str]:
    """Names by id of all that counts or should: key results, their rows, aligned objectives that contribute."""
    found = {one.id: one.name for one in outline.key_results}
    ledgers = (outline.ledger, *(one.measurement.ledger for one in outline.key_results))
    for row in (row for ledger in ledgers for row in ledger.rows):
        # A row without a key is a key result of many issues (named above), or a derived value: no issue of its own.
        if row.key and row.disposition in IN_SCOPE:
            found.setdefault(row.id, row.key)
    return found


def _counted(names: Iterable[str], what: str) -> str:
    """`PLAT-7, PLAT-8, PLAT-9 and 4 more added`; empty where there is none."""
    names = list(names)
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more} {what}" if names else ""
