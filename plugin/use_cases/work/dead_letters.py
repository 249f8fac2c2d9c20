"""Dead letters: objectives whose reconcile failed for good and that wait for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connectors.store.mirror import mirror
from connectors.store.mirror.names import ObjectiveName, names
from connectors.store.people.audit import note
from connectors.store.work import due
from connectors.store.writes import refusals
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.permission import EDITOR, VIEWER, act, question


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An objective that could not be reconciled: the last error, what to do about it, and since when.

    `known` says whether the objective has ever been computed, so that it can be looked at; `issue_key` is that of its issue where it has not.
    """

    objective_id: str
    key: str
    error: str
    remedy: str
    buried_at: datetime
    title: str = ""
    known: bool = True
    issue_key: str = ""
    reason: str = ""
    since: datetime | None = None
    attempts: int = 0

    @property
    def name(self) -> str:
        """How people call the objective."""
        return self.key or self.issue_key or self.objective_id


@question(VIEWER)
def list_letters(connector: Connector, _actor: Actor, site: str) -> tuple[DeadLetter, ...]:
    """All of a site, the latest first."""
    with connector.store.read() as conn:
        return letters(conn, site)


@question(VIEWER)
def find_letter(connector: Connector, _actor: Actor, site: str, name: str) -> DeadLetter | None:
    """The one that people call so (the key of the objective or its issue, or its id); None where it is none, or none any more."""
    with connector.store.read() as conn:
        return _named(conn, site, name)


@act(EDITOR)
def retry(connector: Connector, actor: Actor, site: str, name: str) -> bool:
    """Make it due now, and try again what Jira refused of it: that has perhaps been mended since. False where it waits no more."""
    now = connector.clock()
    with connector.store.write() as conn:
        found = _named(conn, site, name)
        if found is None or not due.retry(conn, site, found.objective_id, now):
            return False
        objective_id = found.objective_id
        refusals.try_again(conn, site, objective_id)
        note(conn, actor.label, "dead letter retried", now, {"objective": objective_id}, site)
        connector.announcer.marked(conn, site, [objective_id], now)
    connector.announce()
    return True


@act(EDITOR)
def discard(connector: Connector, actor: Actor, site: str, name: str) -> bool:
    """Forget it; the next event or sync makes it due again. False where it waits no more."""
    with connector.store.write() as conn:
        found = _named(conn, site, name)
        if found is None or not due.discard(conn, site, found.objective_id):
            return False
        objective_id, now = found.objective_id, connector.clock()
        note(conn, actor.label, "dead letter discarded", now, {"objective": objective_id}, site)
    return True


def _named(conn: Connection, site: str, name: str) -> DeadLetter | None:
    wanted = name.casefold()
    names_of = ((one, (one.objective_id, one.key, one.issue_key)) for one in letters(conn, site))
    return next(
        (one for one, called in names_of if wanted and wanted in [text.casefold() for text in called]), None
    )


def letters(conn: Connection, site: str) -> tuple[DeadLetter, ...]:
    """The same within a transaction of the caller."""
    found = due.dead(conn, site)
    called = names(conn, site, [one.objective_id for one in found])
    nameless = [one.objective_id for one in found if not called.get(one.objective_id, ObjectiveName()).key]
    issues = mirror.get(conn, site, nameless) if nameless else {}
    return tuple(
        DeadLetter(
            objective_id=one.objective_id,
            key=called.get(one.objective_id, ObjectiveName()).key,
            error=one.error,
            remedy=one.remedy,
            buried_at=one.buried_at,
            title=called.get(one.objective_id, ObjectiveName()).title,
            known=one.objective_id in called,
            issue_key=issues[one.objective_id].key if one.objective_id in issues else "",
            reason=one.reason,
            since=one.since,
            attempts=one.attempts,
        )
        for one in found
    )
