"""What a history marks beside the line itself: targets that changed, check-ins, and scope that came or went. From kept states alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from mappings.check_in import CheckIn
from mappings.ledger import Disposition
from mappings.numbers import plain

NAMED = 3
"""How many rows are named before the others are only counted."""
IN_SCOPE = frozenset({Disposition.COUNTED, Disposition.NOT_ACHIEVED, Disposition.UNKNOWN, Disposition.GAP})


class Kind(StrEnum):
    """What is marked."""

    TARGET = "target"
    CHECK_IN = "check-in"
    SCOPE = "scope"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a moment, in words."""

    at: datetime
    kind: Kind
    text: str


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
    """Where a key result goes from and to, and its rows."""

    start: Fraction | None = None
    target: Fraction | None = None
    ledger: LedgerOutline = field(default_factory=LedgerOutline)


@dataclass(frozen=True, slots=True)
class RulingOutline:
    """The check-in that stood."""

    check_in: CheckIn


@dataclass(frozen=True, slots=True)
class KeyResultOutline:
    """As much of a key result as marks are made from."""

    id: str
    title: str
    measurement: MeasurementOutline
    key: str = ""
    check_in: RulingOutline | None = None

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
class Step:
    """An objective from a moment on, and the mapping revision; `backfilled` was worked out from Jira's history."""

    at: datetime
    revision: str
    outline: Outline
    backfilled: bool = False


def marks(steps: Sequence[Step]) -> tuple[Mark, ...]:
    """Everything that happened between steps in the order of time. A change of the mapping is marked elsewhere, whatever it did."""
    return tuple(mark for before, after in pairwise(steps) for mark in between(before, after))


def between(before: Step, after: Step) -> Iterator[Mark]:
    """What happened between two steps. Across a change of the mapping, or of how it is known, only check-ins can be told."""
    old, new = _by_id(before.outline), _by_id(after.outline)
    texts = [(Kind.CHECK_IN, text) for text in _said(old, new)]
    if before.revision == after.revision and before.backfilled == after.backfilled:
        texts += [(Kind.TARGET, text) for text in _retargeted(old, new)]
        texts += [(Kind.SCOPE, text) for text in _rescoped(before.outline, after.outline)]
    yield from (Mark(after.at, kind, text) for kind, text in texts)


KeyResults = Mapping[str, KeyResultOutline]


def _by_id(outline: Outline) -> KeyResults:
    return {one.id: one for one in outline.key_results}


def _said(old: KeyResults, new: KeyResults) -> Iterator[str]:
    for id_, one in new.items():
        former = old[id_].check_in if id_ in old else None
        if one.check_in is not None and (former is None or former.check_in.id != one.check_in.check_in.id):
            yield f"{one.check_in.check_in.by} checked in {one.check_in.check_in.said} for {one.name}"
        elif one.check_in is None and former is not None:
            yield f"{former.check_in.by}’s check-in of {former.check_in.said} for {one.name} withdrawn"


def _retargeted(old: KeyResults, new: KeyResults) -> Iterator[str]:
    for id_, one in new.items():
        if id_ not in old:
            continue
        before, after = old[id_].measurement, one.measurement
        for what, was, is_now in (
            ("target", before.target, after.target),
            ("start", before.start, after.start),
        ):
            if was != is_now:
                yield f"{what} of {one.name}: {_figure(was)} → {_figure(is_now)}"


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
