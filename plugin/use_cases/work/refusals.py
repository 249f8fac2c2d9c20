"""Refusals: fields of issues that Jira declined to take, in its own words, until they are tried again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connectors.store.people.audit import note
from connectors.store.work import due
from connectors.store.writes import refusals
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.objectives.objective_lookup import name_objectives
from plugin.use_cases.permission import EDITOR, VIEWER, act, question
from plugin.use_cases.visibility.dated_numbers import LEFT_IN_FIELD


@dataclass(frozen=True, slots=True)
class RefusedWrite:
    """A field of an issue that Jira does not take: what `stands` there, what is `wanted`, what Jira said, and what to do about it.

    `name` is how people call the objective; `probing`: it is tried with the next reconcile.
    """

    objective_id: str
    name: str
    issue_id: str
    issue_key: str
    field_id: str
    field_name: str
    stands: object
    wanted: object
    message: str
    remedy: str
    mapping_revision: str
    since: datetime
    probing: bool

    def numbers_of(self, now: datetime) -> tuple[datetime, datetime]:
        """The time that its numbers are of: what stands may have been written long before."""
        return self.since - LEFT_IN_FIELD, now


@question(VIEWER)
def list_refusals(connector: Connector, _actor: Actor, site: str) -> tuple[RefusedWrite, ...]:
    """All that stand on a site, the latest first."""
    with connector.store.read() as conn:
        return refused_writes(conn, site)


def refused_writes(conn: Connection, site: str, objective_id: str | None = None) -> tuple[RefusedWrite, ...]:
    """The same within a transaction of the caller; of one objective where it is named."""
    found = refusals.load_all(conn, site, objective_id)
    names = name_objectives(conn, site, {one.objective_id for one in found})
    return tuple(
        RefusedWrite(
            objective_id=one.objective_id,
            name=names[one.objective_id],
            issue_id=one.issue_id,
            issue_key=one.issue_key,
            field_id=one.field_id,
            field_name=one.field_name,
            stands=one.before,
            wanted=one.after,
            message=one.message,
            remedy=one.remedy,
            mapping_revision=one.mapping_revision,
            since=one.at,
            probing=one.probing,
        )
        for one in found
    )


@act(EDITOR)
def retry(
    connector: Connector,
    actor: Actor,
    site: str,
    objective: str,
    issue: str | None = None,
    field: str | None = None,
) -> int:
    """Write those of an objective (of one issue, of one field) again now; how many there are. Each is named by key, name or id, and stands
    until Jira takes it: then all that are refused alike are written too.
    """
    now = connector.clock()
    with connector.store.write() as conn:
        found = _named(conn, site, objective, issue, field)
        count = _each(conn, site, found, refusals.try_again)
        if count:
            objective_id = found[0].objective_id
            note(conn, actor.label, "refusals retried", now, _detail(found[0], issue, field, count), site)
            due.mark(conn, site, [objective_id], now, "refused fields are tried again")
            connector.announcer.marked(conn, site, [objective_id], now)
    connector.announce()
    return count


@act(EDITOR)
def discard(
    connector: Connector,
    actor: Actor,
    site: str,
    objective: str,
    issue: str | None = None,
    field: str | None = None,
) -> int:
    """Forget them until Jira refuses again; how many there were."""
    with connector.store.write() as conn:
        found = _named(conn, site, objective, issue, field)
        count = _each(conn, site, found, refusals.clear)
        if count:
            detail = _detail(found[0], issue, field, count)
            note(conn, actor.label, "refusals discarded", connector.clock(), detail, site)
    return count


def _named(
    conn: Connection, site: str, objective: str, issue: str | None, field: str | None
) -> tuple[RefusedWrite, ...]:
    """Those that are meant, all of one objective."""

    def meant(name: str | None, *names: str) -> bool:
        return name is None or name.casefold() in [one.casefold() for one in names if one]

    return tuple(
        one
        for one in refused_writes(conn, site)
        if objective
        and meant(objective, one.objective_id, one.name)
        and meant(issue, one.issue_id, one.issue_key)
        and meant(field, one.field_id, one.field_name)
    )


def _each(
    conn: Connection,
    site: str,
    found: Sequence[RefusedWrite],
    done: Callable[[Connection, str, str, str, str], int],
) -> int:
    return sum(done(conn, site, one.objective_id, one.issue_id, one.field_id) for one in found)


def _detail(first: RefusedWrite, issue: str | None, field: str | None, count: int) -> dict[str, object]:
    """What the audit log keeps: by ids, which stay."""
    return {
        "objective": first.objective_id,
        "issue": first.issue_id if issue else None,
        "field": first.field_id if field else None,
        "count": count,
    }
