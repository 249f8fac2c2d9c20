"""Held writes: changes that wait for a person instead of being written, because of the brake or because something writes against us."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connectors.store.mirror.names import ObjectiveName, names
from connectors.store.people.audit import note
from connectors.store.work import due
from connectors.store.writes import writes
from plugin.access.authorization.actor import Actor
from plugin.next_steps import HELD_WRITES
from plugin.runtime.connector import Connector, Refusal
from plugin.sync.write_back import hold
from plugin.sync.write_back.hold import Ending
from plugin.use_cases.objectives.objective_lookup import computed_id
from plugin.use_cases.permission import EDITOR, VIEWER, act, question
from plugin.use_cases.visibility.dated_numbers import LEFT_IN_FIELD


class UnknownHeldWrite(Refusal):
    """Nothing is held, or any more, of what was named; `names` says what."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        super().__init__(f"Nothing is held of {', '.join(names)}.", step=HELD_WRITES)


Decision = Callable[[Connector, Actor, str, Iterable[str] | None], int]


@dataclass(frozen=True, slots=True)
class HeldWrite:
    """A field of an issue that is not written: what `stands` in Jira, what is `wanted` and for which `reason`, and `why` it waits.

    `name` is how people call the objective; it is decided for all that is held of it at once.
    """

    objective_id: str
    name: str
    issue_id: str
    issue_key: str
    field_id: str
    field_name: str
    stands: object
    wanted: object
    reason: str
    why: str
    since: datetime

    def numbers_of(self, now: datetime) -> tuple[datetime, datetime]:
        """The time that its numbers are of: what stands may have been written long before."""
        return self.since - LEFT_IN_FIELD, now


@question(VIEWER)
def list_held(connector: Connector, _actor: Actor, site: str) -> tuple[HeldWrite, ...]:
    """All of a site, the latest first."""
    with connector.store.read() as conn:
        return held_writes(conn, site)


def held_writes(conn: Connection, site: str, objective_id: str | None = None) -> tuple[HeldWrite, ...]:
    """The same within a transaction of the caller; of one objective where it is named."""
    found = writes.load_held(conn, site, objective_id)
    called = names(conn, site, {one.objective_id for one in found})
    own = {one.objective_id: one.issue_key for one in found if one.issue_id == one.objective_id}
    return tuple(
        HeldWrite(
            objective_id=one.objective_id,
            name=called.get(one.objective_id, ObjectiveName()).key
            or own.get(one.objective_id, one.objective_id),
            issue_id=one.issue_id,
            issue_key=one.issue_key,
            field_id=one.field_id,
            field_name=one.field_name,
            stands=one.before,
            wanted=one.after,
            reason=one.reason,
            why=one.note,
            since=one.at,
        )
        for one in found
    )


@act(EDITOR)
def release(connector: Connector, actor: Actor, site: str, names: Iterable[str] | None = None) -> int:
    """Write what is held, of the named objectives (key or id) or of all; how many changes. Raises UnknownHeldWrite."""
    return _end(connector, actor, site, names, writes.release, "held writes released")


@act(EDITOR)
def drop(connector: Connector, actor: Actor, site: str, names: Iterable[str] | None = None) -> int:
    """Leave in Jira what stands there until another value is wanted, of the named objectives or of all; how many changes."""
    return _end(connector, actor, site, names, writes.drop, "held writes dropped")


def _end(
    connector: Connector, actor: Actor, site: str, names: Iterable[str] | None, how: Ending, what: str
) -> int:
    held = list_held(connector, actor, site)
    waiting, named = {one.objective_id for one in held}, None if names is None else tuple(names)
    chosen = waiting if named is None else waiting & _ids(connector, site, named, held)
    if named is not None and not chosen:
        raise UnknownHeldWrite(named)
    now = connector.clock()
    with connector.store.write() as conn:
        count = hold.end(conn, site, how, now, None if named is None else chosen)
        if named is not None and not count:
            raise UnknownHeldWrite(named)
        if count:
            detail: dict[str, object] = {"objectives": sorted(chosen)[:100], "count": count}
            note(conn, actor.label, what, now, detail, site)
            due.mark(conn, site, chosen, now, what)
            connector.announcer.marked(conn, site, chosen, now)
    connector.announce()
    return count


def _ids(connector: Connector, site: str, names: Sequence[str], held: Iterable[HeldWrite]) -> set[str]:
    """As they are listed, by id or name, also if they are no objectives any more; else as any objective is found."""
    listed = {called: one.objective_id for one in held for called in (one.name.upper(), one.objective_id)}
    wanted = {name: listed.get(name) or listed.get(name.upper()) for name in names}
    found = {name: id_ or computed_id(connector, site, name) for name, id_ in wanted.items()}
    unknown = [name for name, id_ in found.items() if id_ is None]
    if unknown:
        raise UnknownHeldWrite(unknown)
    return {id_ for id_ in found.values() if id_ is not None}


def count_changes(count: int) -> str:
    """`1 change`, `2 changes`."""
    return "1 change" if count == 1 else f"{count} changes"
