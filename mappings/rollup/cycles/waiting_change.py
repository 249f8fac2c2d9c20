"""What has changed about the objectives of a locked cycle and waits for its unlocking: the same issues measured under the lock, and without it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from mappings.numbers import plain
from mappings.rollup.state import KeyResultState, ObjectiveState

States = Mapping[str, ObjectiveState]
JOINS = "would join the cycle"


@dataclass(frozen=True, slots=True)
class WaitingChange:
    """One change: of an objective, or of one of its key results. `locked` is what stands, `now` what would; empty where there is none."""

    objective_id: str
    objective: str
    title: str
    key_result: str
    what: str
    locked: str
    now: str

    @property
    def sentence(self) -> str:
        """The change in words."""
        where = f"{self.objective}, {self.key_result}" if self.key_result else self.objective
        if not self.locked:
            return f"{where}: {self.what}"
        return f"{where}: {self.what} {self.locked}, would be {self.now or 'none'}"


def waiting_changes(cycle_id: str, locked: States, free: States) -> tuple[WaitingChange, ...]:
    """What unlocking a cycle would change, by objective."""
    standing = {id_: one for id_, one in locked.items() if one.cycle_id == cycle_id}
    found: list[WaitingChange] = []
    for id_, one in standing.items():
        now = free.get(id_)
        if now is None or now.cycle_id != cycle_id:
            found.append(_change(one, "would leave the cycle"))
        else:
            found += _between(one, now)
    joining = (one for id_, one in free.items() if one.cycle_id == cycle_id and id_ not in standing)
    found += [_change(one, JOINS) for one in joining if not one.plain]
    return tuple(found)


def _between(locked: ObjectiveState, free: ObjectiveState) -> Iterator[WaitingChange]:
    if locked.commitment != free.commitment:
        yield _change(locked, "commitment", locked=locked.commitment, now=free.commitment)
    before = {one.id: one for one in locked.key_results}
    after = {one.id: one for one in free.key_results}
    for id_, one in before.items():
        now = after.get(id_)
        if now is None:
            yield _change(locked, "would be no key result any more", one.key or one.title)
            continue
        for what, stands, would in _terms(one, now):
            if stands != would:
                yield _change(
                    locked, what, one.key or one.title, locked=_text(stands) or "none", now=_text(would)
                )
    for id_, one in after.items():
        if id_ not in before:
            yield _change(locked, "would become a key result", one.key or one.title)


Term = Fraction | date | str | None


def _terms(locked: KeyResultState, free: KeyResultState) -> Iterator[tuple[str, Term, Term]]:
    one, other = locked.measurement, free.measurement
    yield "kind", locked.kind, free.kind
    yield "start", one.start, other.start
    yield "target", one.target, other.target
    yield "at least", one.at_least, other.at_least
    yield "at most", one.at_most, other.at_most
    yield "tolerance", one.tolerance, other.tolerance
    yield "date", one.due, other.due
    yield "weight", locked.weight, free.weight
    yield "commitment", locked.commitment, free.commitment


def _text(value: Term) -> str:
    if isinstance(value, Fraction):
        return plain(value)
    return "" if value is None else str(value)


def _change(
    state: ObjectiveState, what: str, key_result: str = "", *, locked: str = "", now: str = ""
) -> WaitingChange:
    return WaitingChange(
        objective_id=state.id,
        objective=state.key or state.id,
        title=state.title,
        key_result=key_result,
        what=what,
        locked=locked,
        now=now,
    )
