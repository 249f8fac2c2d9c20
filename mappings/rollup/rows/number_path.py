"""What changes one after the other between two moments of a number, by parts: each turn changes one row, and leaves the rest as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from typing import NamedTuple

from mappings.facts.forest import issue_order
from mappings.numbers import plain
from mappings.progress import RULE_OF_KIND
from mappings.rollup.health import ACHIEVED_AT
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.rows.stages import (
    MovementPart,
    aim_words,
    derived_ledger,
    is_retargeted,
    reading_words,
    said_words,
    shown_check_in,
    stages,
)
from mappings.rollup.rows.sums import Key, LedgerPair, Method, SharedRows, SumRow, shared_method
from mappings.rollup.state import KeyResultState

ORDER = {part: place for place, part in enumerate(MovementPart)}
"""The place of each part in the order in which they are computed."""


@dataclass(frozen=True, slots=True)
class Standpoint:
    """A number at one moment: the ledger that makes it, the one beside it, and the key results behind its rows by their id."""

    ledger: Ledger
    beside: Ledger = field(default_factory=Ledger)
    key_results: Mapping[str, KeyResultState] = field(default_factory=dict)


class RowTurn(NamedTuple):
    """One change of one row: how it stood before and after, the change, and what is to be said of it.

    A turn that is not `certain` follows from others: it is told only where it moves the number.
    """

    part: MovementPart
    id: str
    before: Contribution | None
    after: Contribution | None
    change: Callable[[], None]
    why: str = ""
    certain: bool = True


class NumberPath:
    """A number on its way from one moment to another."""

    def __init__(self, before: Standpoint, after: Standpoint) -> None:
        self.before, self.after = before, after
        made = SharedRows()
        was = LedgerPair(before.ledger, before.beside, made)
        is_ = LedgerPair(after.ledger, after.beside, made)
        self.method: Method
        self.method, self.old, self.new = shared_method(was, is_)
        self.rows: dict[Key, SumRow] = dict(self.old)
        self.tally = self.method.tally(self.old)
        self._was, self._is = was, is_

    def number(self) -> Fraction | None:
        """What the rows come to as they are now."""
        return self.tally.number()

    def turns(self) -> list[RowTurn]:
        """All turns in the order of the parts and, within a part, of the ids."""
        old, new = self.old, self.new
        inside = self.before.key_results.keys() & self.after.key_results.keys()
        keys = dict.fromkeys([*old, *new])
        # Of very many rows few stand otherwise than before, and those that stand as before are one object.
        differing = [key for key in keys if old.get(key) is not new.get(key) or key[0] in inside]
        found = [turn for key in differing for turn in self._of(key)]
        return sorted(found, key=lambda turn: (ORDER[turn.part], issue_order(turn.id)))

    def put(self, key: Key, row: SumRow | None) -> None:
        """Put a row in the place of the one that was there."""
        if row is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = row
        self.tally.change(key, row)

    def amend(self, key: Key, **changed: object) -> None:
        """Change something of a row."""
        self.put(key, replace(self.rows[key], **changed))  # type: ignore[arg-type]

    def _of(self, key: Key) -> Iterator[RowTurn]:
        old, new = self.old.get(key), self.new.get(key)
        if old == new and self._pair(key) is None:
            return
        if old is None or new is None:
            part, why = self._come_or_gone(key)
            yield self._turn(part, key, partial(self.put, key, new), why)
            return
        if old.divisor != new.divisor:
            part = MovementPart.REMOVED if new.divisor > old.divisor else MovementPart.ADDED
            yield self._turn(part, key, partial(self.amend, key, divisor=new.divisor), split_words(new))
        if (old.own, old.stand_in) != (new.own, new.stand_in):
            change = partial(self.amend, key, own=new.own, stand_in=new.stand_in)
            yield self._turn(
                MovementPart.RE_ESTIMATED, key, change, weight_words(old, new), certain=old.own != new.own
            )
        if old.beside != new.beside:
            part = MovementPart.REMOVED if new.beside else MovementPart.ADDED
            yield self._turn(part, key, partial(self.put, key, new), BESIDE if new.beside else "")
        elif not new.beside:
            yield from self._inside(key, old, new)

    def _turn(
        self, part: MovementPart, key: Key, change: Callable[[], None], why: str = "", *, certain: bool = True
    ) -> RowTurn:
        row = self.new.get(key) or self.old[key]
        return RowTurn(
            part=part,
            id=key[0],
            before=self._was.at(key),
            after=self._is.at(key),
            change=change,
            why=why,
            certain=certain and not row.beside,
        )

    def _pair(self, key: Key) -> tuple[KeyResultState, KeyResultState] | None:
        """The key result behind a row, at both moments."""
        old, new = self.before.key_results.get(key[0]), self.after.key_results.get(key[0])
        return None if old is None or new is None or key[1] else (old, new)

    def _come_or_gone(self, key: Key) -> tuple[MovementPart, str]:
        """The part, and the cause, of a row that counts at one of the moments alone."""
        gone = key not in self.new
        part, pair = MovementPart.REMOVED if gone else MovementPart.ADDED, self._pair(key)
        if pair is None:
            return part, ""
        old, new = pair
        known, lacking = (old.measurement, new.measurement) if gone else (new.measurement, old.measurement)
        if known.progress is None or lacking.progress is not None:
            return part, BESIDE if gone and key[0] in {row.id for row in self.after.beside.rows} else ""
        if shown_check_in(old) != shown_check_in(new):
            return MovementPart.SAID, said_words(old, new)
        if lacking.current is not None and is_retargeted(old.measurement, new.measurement):
            return MovementPart.RETARGETED, aim_words(old.measurement, new.measurement)
        return part, "" if gone else reading_words(old, new)

    def _inside(self, key: Key, old: SumRow, new: SumRow) -> Iterator[RowTurn]:
        """The turns of what a row that counts at both moments has reached."""
        pair, as_read = self._pair(key), self.method.reached
        one, other = self._was.at(key), self._is.at(key)
        if pair is None or as_read is None or one is None or other is None:
            if old.reached != new.reached:
                yield self._turn(MovementPart.PROGRESSED, key, partial(self.amend, key, reached=new.reached))
            return
        achieved_at = ACHIEVED_AT[pair[1].commitment]

        def reach(progress: Fraction) -> None:
            self.amend(key, reached=as_read(progress, achieved_at))

        inner = _inner(*pair, one, other)
        if inner is not None:
            yield from _through(inner, reach)
        was = one.progress if inner is None else inner.after.ledger.total
        for stage in stages(*pair, one, other, by_rows=inner is not None):
            if stage.progress != was or stage.part is MovementPart.RETARGETED:
                yield self._turn(stage.part, key, partial(reach, stage.progress), stage.why)
            was = stage.progress
        # What is left is the clock's: some count as achieved only once their cycle has ended.
        rest = partial(self.amend, key, reached=new.reached)
        yield self._turn(MovementPart.TIME, key, rest, "its cycle has ended", certain=False)


BESIDE = "stands beside the number now"


def _inner(
    old: KeyResultState, new: KeyResultState, before: Contribution, after: Contribution
) -> NumberPath | None:
    """The way of a key result through its rows; None where it is not made of rows, or something stood in their place."""
    rule = RULE_OF_KIND.get(new.kind)
    closed = Disposition.NOT_ACHIEVED in (before.disposition, after.disposition)
    if closed or rule is None or not rule.by_rows or shown_check_in(old) is not None:
        return None
    ledgers = derived_ledger(old), derived_ledger(new)
    if any(ledger.total is None for ledger in ledgers):
        return None
    return NumberPath(Standpoint(ledgers[0]), Standpoint(ledgers[1]))


def _through(inner: NumberPath, reach: Callable[[Fraction], None]) -> Iterator[RowTurn]:
    """The turns of the rows inside, each with what it does to the number outside."""

    def change(turn: RowTurn) -> None:
        turn.change()
        number = inner.number()
        if number is not None:
            reach(number)

    for turn in inner.turns():
        yield turn._replace(change=partial(change, turn))


def split_words(row: SumRow) -> str:
    """Among how many key results a row counts now."""
    return f"split among {row.divisor} key results now" if row.divisor > 1 else "no longer split"


def weight_words(old: SumRow, new: SumRow) -> str:
    """How an estimate changed: `weight 3 → 5`."""
    before, after = ("none" if row.own is None else plain(row.own, 2) for row in (old, new))
    return f"weight {before} → {after}"
