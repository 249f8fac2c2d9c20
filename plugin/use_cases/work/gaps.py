"""Gaps: what could not be read of Jira. Listed with what hangs on them, accepted by a person, or taken up again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connectors.store.absence import gaps
from connectors.store.absence.gaps import KeptGap
from connectors.store.mirror import names
from connectors.store.people import audit
from connectors.store.work import due
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.sync.refresh.gaps import accept_in_mirror, objectives_needing, reopen_in_mirror
from plugin.use_cases.permission import EDITOR, VIEWER, act, question


class UnknownGap(Refusal):
    """What was named is no gap, or none any more."""

    def __init__(self, issue: str, known: Iterable[str]) -> None:
        super().__init__(f"No gap is called {issue!r}. Gaps: {', '.join(known) or 'none'}.")


@dataclass(frozen=True, slots=True)
class GapRow:
    """One gap for those who look: `issue` names it at every door, `name` to people, `objectives` are those whose numbers stand as they were because of it.

    `doubted`: it was met once and may be none; the numbers do without it meanwhile, and nobody is asked yet.
    """

    site: str
    issue: str
    name: str
    issue_id: str
    key: str
    field: str
    reason: str
    remedy: str
    since: datetime
    accepted_at: datetime | None
    accepted_by: str
    objectives: tuple[str, ...]
    doubted: bool

    @property
    def accepted(self) -> bool:
        """Whether a person said that the numbers may do without it."""
        return self.accepted_at is not None

    @property
    def waits(self) -> bool:
        """Whether a person is asked to do something about it."""
        return not self.accepted and not self.doubted


@question(VIEWER)
def list_gaps(connector: Connector, _actor: Actor, site: str) -> tuple[GapRow, ...]:
    """Every gap of a site, those that wait for a person first."""
    with connector.store.read() as conn:
        return gap_rows(conn, site)


def gap_rows(conn: Connection, site: str) -> tuple[GapRow, ...]:
    """The same within a transaction of the caller."""
    return tuple(gap_row(conn, one) for one in gaps.load_all(conn, site))


@act(EDITOR)
def accept_gaps(connector: Connector, actor: Actor, site: str, issues: Iterable[str]) -> tuple[GapRow, ...]:
    """The numbers may do without these issues (by key or id): each is left out as unknown, with the reason, until it is read."""

    def done(conn: Connection, one: KeptGap) -> None:
        gaps.accept(conn, site, one.issue, actor.label, connector.clock())
        sentence = f"it could not be read, and {actor.label} accepted that: {one.gap.reason}"
        accept_in_mirror(conn, site, one, sentence)

    return _each(connector, actor, site, issues, "gap accepted", done)


@act(EDITOR)
def reopen_gaps(connector: Connector, actor: Actor, site: str, issues: Iterable[str]) -> tuple[GapRow, ...]:
    """Take an acceptance back: the numbers stand as they are until the issue can be read."""

    def done(conn: Connection, one: KeptGap) -> None:
        gaps.reopen(conn, site, one.issue)
        reopen_in_mirror(conn, site, one)

    return _each(connector, actor, site, issues, "gap taken up again", done)


def _each(
    connector: Connector,
    actor: Actor,
    site: str,
    issues: Iterable[str],
    what: str,
    done: Callable[[Connection, KeptGap], None],
) -> tuple[GapRow, ...]:
    now = connector.clock()
    with connector.store.write() as conn:
        known = gaps.load_all(conn, site)
        chosen = [_named(known, issue) for issue in dict.fromkeys(issues)]
        for one in chosen:
            done(conn, one)
            detail = {"issue": one.gap.issue_key or one.issue, "field": one.gap.field}
            audit.note(conn, actor.label, what, now, detail, site)
        marked = objectives_needing(conn, site, chosen)
        due.mark(conn, site, marked, now, what)
        connector.announcer.marked(conn, site, marked, now)
        names_of = {one.issue for one in chosen}
        found = tuple(gap_row(conn, one) for one in gaps.load_all(conn, site) if one.issue in names_of)
    connector.announce()
    return found


def _named(known: list[KeptGap], issue: str) -> KeptGap:
    for one in known:
        if issue.casefold() in (one.issue.casefold(), one.gap.issue_key.casefold()):
            return one
    raise UnknownGap(issue, [one.gap.issue_key or one.issue for one in known])


def gap_row(conn: Connection, one: KeptGap) -> GapRow:
    """One gap with what hangs on it, within a transaction of the caller."""
    gap, held = one.gap, sorted(objectives_needing(conn, one.site, [one]))
    called = names.names(conn, one.site, held)
    return GapRow(
        site=one.site,
        issue=one.issue,
        name=gap.name,
        issue_id=gap.issue_id,
        key=gap.issue_key,
        field=gap.field,
        reason=gap.reason,
        remedy=gap.remedy,
        since=one.since,
        accepted_at=one.accepted_at,
        accepted_by=one.accepted_by,
        objectives=tuple(called[id_].key or id_ if id_ in called else id_ for id_ in held),
        doubted=one.doubted,
    )
