"""Closing a cycle: its numbers are frozen with all ledgers and scored, once, and never before its end. An admin may open it again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

from sqlalchemy import Connection

from connectors.store.cycles import closings, cycle_ends
from connectors.store.cycles.closings import ClosingAct
from connectors.store.people import audit
from connectors.store.work import due
from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.schema import CyclePart
from mappings.facts.moment import duration
from mappings.numbers import count_of, exact
from mappings.rollup.cycles.closing_preview import ObjectiveScore, describe_change
from mappings.rollup.cycles.closing_record import ClosingRecord, LinkKind
from mappings.rollup.cycles.cycle_end import has_ended
from plugin.access.authorization.actor import CALENDAR, Actor
from plugin.next_steps import SYNC
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.cycles.cycles import (
    CycleRefusal,
    cycle_named,
    is_closed,
    last_version,
    mapping_and_moment,
    scored_at_end,
)
from plugin.use_cases.cycles.overlaps import overlaps
from plugin.use_cases.cycles.replay import scored_under
from plugin.use_cases.objectives.as_of import rules_at
from plugin.use_cases.permission import ADMIN, EDITOR, act

LONGEST_NOTE = 2_000
NEVER = "never"


@dataclass(frozen=True, slots=True)
class ScoreStatement:
    """What a person says of an objective at closing: a score of their own (0 to 1), and why."""

    score: Fraction | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CycleClosure:
    """What was closed: how many objectives, as which version, and the hash of the last record."""

    cycle_id: str
    version: int
    objectives: int
    hash: str


class _UnseenEnd(CycleRefusal):
    """Nobody has looked at these objectives since the end of their cycle."""

    def __init__(self, cycle_id: str, waiting: list[str]) -> None:
        self.waiting = waiting
        super().__init__(
            f"{count_of(len(waiting), f'objective of {cycle_id} has', f'objectives of {cycle_id} have')} not been looked at since its end. "
            "They are looked at by the workers, or by a sync; close it then.",
            step=SYNC,
        )


@contextmanager
def _closing(connector: Connector, site: str) -> Iterator[Connection]:
    """A transaction to close a cycle in. What nobody has looked at is made due in one of its own: the refusal undoes this one."""
    try:
        with connector.store.write() as conn:
            yield conn
    except _UnseenEnd as refusal:
        with connector.store.write() as conn:
            _follow(connector, conn, site, refusal.waiting, "its cycle is to be closed")
        connector.announce()
        raise


@act(EDITOR)
def close_cycle(
    connector: Connector,
    actor: Actor,
    site: str,
    cycle_id: str,
    said: Mapping[str, ScoreStatement] | None = None,
    note: str = "",
    reason: str = "",
    revision: str = "",
    agreed: str = "",
) -> CycleClosure:
    """Freeze a cycle. `said` is by key or id of objectives; `reason` stands where an objective wants one and none of its own was given.

    `revision` (its id, or its beginning) is another mapping than that of the end to close it under; it wants a reason, which is kept.
    `agreed` is the mark of the numbers a person saw (`preview` of the cycle, or of its replay under that mapping): it is closed with
    these, or not at all. Raises CycleRefusal, Refusal.
    """
    mapping, moment = mapping_and_moment(connector, site)
    cycle = cycle_named(mapping, cycle_id)
    if not has_ended(cycle, moment):
        following = cycle.end + timedelta(days=1)
        raise CycleRefusal(f"{cycle_id} runs until {cycle.end}: it can be closed from {following} on.")
    other = _under(connector, site, cycle_id, revision, reason) if revision else None
    now, context = connector.clock(), connector.context(site)
    with _closing(connector, site) as conn:
        closings.lock_site(conn, site)
        acts = closings.acts(conn, site, cycle_id)
        if is_closed(acts):
            raise CycleRefusal(f"{cycle_id} is closed already, as version {last_version(acts)}.")
        _refuse_open_inside(conn, site, mapping, cycle)
        waiting = cycle_ends.list_unnoted(conn, site, cycle_id)
        if waiting:
            raise _UnseenEnd(cycle_id, waiting)
        ends = cycle_ends.of_cycle(conn, site, cycle_id)
        revisions = {end.state.id: end.mapping_revision for end in ends}
        marked = "" if other is None else other.mapping.revision
        if other is not None and {*revisions.values()} == {other.mapping.revision}:
            other = None  # it is the one of the end
        derived = scored_at_end(conn, site, mapping, cycle_id) if other is None else other.scored
        moved = describe_change(agreed, marked, derived) if agreed else ""
        if moved:
            raise CycleRefusal(
                f"{cycle_id} is no longer what was looked at: {moved}. Look again, and close it then."
            )
        scored = _scored(derived, said or {}, reason.strip())
        version = last_version(acts) + 1
        told = note.strip()[:LONGEST_NOTE]
        if other is not None:
            cycle = cycle_named(other.mapping, cycle_id)
            revisions = dict.fromkeys((one.state.id for one in scored), other.mapping.revision)
            told = (
                f"under mapping {other.mapping.revision[:8]}, {reason.strip()}{'. ' + told if told else ''}"
            )
        done = ClosingAct(
            cycle_id=cycle_id,
            version=version,
            kind=LinkKind.CLOSED,
            at=now,
            by=actor.label,
            note=told[:LONGEST_NOTE],
            hash="",
            overlaps=overlaps(conn, context, cycle),
        )
        records = [_record(one, cycle, version, revisions[one.state.id]) for one in scored]
        hash_ = closings.add(conn, site, done, records)
        ids = {one.state.id for one in scored} | {end.state.id for end in ends}
        detail = {
            "cycle": cycle_id,
            "version": version,
            "objectives": len(records),
            "hash": hash_,
            "note": note,
        }
        if other is not None:
            detail |= {"mapping": other.mapping.revision, "reason": reason.strip()}
        audit.note(conn, actor.label, "cycle closed", now, detail, site)
        _follow(connector, conn, site, ids, f"{cycle_id} was closed")
    connector.announce()
    return CycleClosure(cycle_id, version, len(records), hash_)


@act(ADMIN)
def reopen_cycle(connector: Connector, actor: Actor, site: str, cycle_id: str, reason: str) -> int:
    """Open a closed cycle again: it is ended, and measured as of its end with what is known now; the version that was closed. Raises CycleRefusal."""
    now = connector.clock()
    if not reason.strip():
        raise CycleRefusal("Say why the cycle is opened again: the reason is kept with its records.")
    with connector.store.write() as conn:
        closings.lock_site(conn, site)
        acts = closings.acts(conn, site, cycle_id)
        if not is_closed(acts):
            raise CycleRefusal(f"{cycle_id} is not closed.")
        version = last_version(acts)
        done = ClosingAct(
            cycle_id=cycle_id,
            version=version,
            kind=LinkKind.REOPENED,
            at=now,
            by=actor.label,
            note=reason.strip()[:LONGEST_NOTE],
            hash="",
        )
        ids = {one.state.id for one in closings.records(conn, site, cycle_id, version)}
        hash_ = closings.add(conn, site, done)
        detail = {"cycle": cycle_id, "version": version, "reason": reason, "hash": hash_}
        audit.note(conn, actor.label, "cycle opened again", now, detail, site)
        _follow(connector, conn, site, ids, f"{cycle_id} was opened again")
    connector.announce()
    return version


def close_due(connector: Connector, site: str) -> tuple[str, ...]:
    """Close the cycles whose `close_after` has passed; which. One that cannot be closed yet waits."""
    mapping, moment = mapping_and_moment(connector, site)
    with connector.store.read() as conn:
        closed = closings.acts(conn, site)
        waiting = [
            mapping.cycles.get(id_)
            for id_ in cycle_ends.cycles(conn, site)
            if not any(one.cycle_id == id_ for one in closed)  # one that was opened again is closed by hand
        ]
    ready = [one for one in waiting if one is not None and _is_due(one, moment.today)]
    done = []
    for cycle in sorted(ready, key=lambda one: (one.end, -one.start.toordinal())):
        reason = f"closed by itself, {cycle.close_after} after its end"
        try:
            close_cycle(connector, CALENDAR, site, cycle.id, reason=reason)
        except Refusal:
            continue
        done.append(cycle.id)
    return tuple(done)


def typed_score(text: str) -> Fraction | None:
    """A score as a person types it: 0 to 1, with a point or a comma; None where nothing was typed. Raises CycleRefusal."""
    if not text.strip():
        return None
    number = exact(text.strip().replace(",", ".", 1))  # from 0 to 1 nothing stands between thousands
    if number is None or not 0 <= number <= 1:
        raise CycleRefusal(f"“{text}” is no score: write a number from 0 to 1, such as 0.7.")
    return number


@dataclass(frozen=True, slots=True)
class _OtherMapping:
    """Another mapping than that of the end, and what the objectives of the cycle come to under it."""

    mapping: BoundMapping
    scored: tuple[ObjectiveScore, ...]


def _under(connector: Connector, site: str, cycle_id: str, revision: str, reason: str) -> _OtherMapping:
    """What a cycle would be closed with under another mapping; worked out before anybody waits for it."""
    if not reason.strip():
        raise CycleRefusal(
            "Closing a cycle under another mapping than that of its end wants a reason: it is kept with the records."
        )
    context = connector.context(site)
    rules = rules_at(connector, context, context.clock(), revision)
    return _OtherMapping(rules.mapping, scored_under(context, rules, cycle_id))


def _is_due(cycle: CyclePart, today: date) -> bool:
    return cycle.close_after != NEVER and today > cycle.end + duration(cycle.close_after)


def _refuse_open_inside(conn: Connection, site: str, mapping: BoundMapping, cycle: CyclePart) -> None:
    """A year whose last quarter is open has not come to its numbers yet."""
    closed = closings.load_closed(conn, site)
    names = {*cycle_ends.cycles(conn, site), *cycle_ends.list_running(conn, site)} - {cycle.id, *closed}
    others = [one for one in (mapping.cycles.get(name) for name in sorted(names)) if one is not None]
    inside = [
        one.id
        for one in others
        if cycle.start <= one.start
        and one.end <= cycle.end
        and (one.start, one.end) != (cycle.start, cycle.end)
    ]
    if inside:
        raise CycleRefusal(f"{', '.join(inside)} lies in {cycle.id} and is not closed: close it first.")


def _scored(
    found: Iterable[ObjectiveScore], said: Mapping[str, ScoreStatement], reason: str
) -> list[ObjectiveScore]:
    """With what was said. Refuses what fits no objective, and what wants a reason and has none."""
    objectives = list(found)
    wanted = {name.strip().casefold(): (name.strip(), one) for name, one in said.items()}
    scored, lacking = [], []
    for one in objectives:
        names = {one.state.id.casefold(), one.state.key.casefold()} - {""}
        _, mine = next((wanted.pop(name) for name in sorted(names) if name in wanted), ("", ScoreStatement()))
        score = replace(one.score, said=mine.score, reason=mine.reason.strip()[:LONGEST_NOTE])
        if score.wants_reason and not score.reason:
            score = replace(score, reason=reason)
            if not reason:
                lacking.append(f"{one.state.key or one.state.id} ({score.shown})")
        scored.append(replace(one, score=score))
    if wanted:
        known = ", ".join(one.state.key or one.state.id for one in objectives)
        unknown = ", ".join(sorted(name for name, _ in wanted.values()))
        raise CycleRefusal(f"{unknown}: no objective of this cycle. Those are: {known}.")
    if lacking:
        raise CycleRefusal(
            f"A commitment below 1, and a score of one's own, want a reason: {', '.join(lacking)}."
        )
    return scored


def _record(one: ObjectiveScore, cycle: CyclePart, version: int, revision: str) -> ClosingRecord:
    return ClosingRecord(
        cycle_id=cycle.id,
        version=version,
        start=cycle.start,
        end=cycle.end,
        state=one.state,
        score=one.score,
        mapping_revision=revision,
        doubts=one.doubts,
    )


def _follow(connector: Connector, conn: Connection, site: str, ids: Iterable[str], why: str) -> None:
    """The last write to Jira, or the number as it is now."""
    now, ids = connector.clock(), frozenset(ids)
    due.mark(conn, site, ids, now, why)
    connector.announcer.marked(conn, site, ids, now)
