"""Reading a whole site because a person asked for it: as a sync by the active mapping, or ahead of a preview by a draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connectors.jira import core_fields
from connectors.jira.errors import IncompleteRead
from connectors.store import due, facts, mirror, objectives
from plugin import errands
from plugin.bindings import bound_text
from plugin.connector import Connector, NotReady
from plugin.errands import Report
from plugin.sync import candidates, outage
from plugin.sync.context import Context
from plugin.sync.landing import Resynced
from plugin.sync.omissions import spared
from plugin.sync.paging import in_order, pages
from plugin.sync.recent import resync_recent
from plugin.sync.refresh import with_readings
from plugin.sync.resync import resync

SYNC = "sync"
READING = "reading"
_READ = "read_ahead"


@dataclass(frozen=True, slots=True)
class ReadAhead:
    """What was read for a preview. It holds until the next resync, which reads by the active mapping alone."""

    scope: str
    fields: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class WideContext(Context):
    """A context that also reads the fields of another mapping: a mirror that serves two must lose nothing of either."""

    also: frozenset[str] = frozenset()

    @property
    def fields(self) -> tuple[str, ...]:
        return (*core_fields(), *sorted(self.mapping.field_ids() | self.also))


def read(
    context: Context,
    report: Report,
    *,
    recent: bool = False,
    accept_loss: bool = False,
    total: int | None = None,
    anew: bool = False,
) -> Resynced:
    """One resync: of what changed of late where that is asked for and a full read of the same came before, else of everything."""
    found = resync_recent(context, report) if recent else None
    found = found or resync(context, report, accept_loss=accept_loss, total=total, anew=anew)
    outage.answered(context)
    return found


def begin_reading(connector: Connector, site: str, text: str, by: str) -> bool:
    """Read what a draft needs into the mirror, so that its preview is of real values; nothing is dropped or written by it."""

    def work(report: Report) -> str:
        return f"Read {read_ahead(connector, site, text, report)} issues."

    return errands.begin(connector, site, READING, by, work)


def read_ahead(connector: Connector, site: str, text: str, report: Report) -> int:
    """Read the scope of a draft with its fields and those of the active mapping; how many issues. Raises MappingError."""
    context, active = context_of(connector, site, text), _active(connector, site)
    scope = context.mapping.scope_by_id
    total, read, complete = context.jira.count(scope), 0, False
    for page in pages(context, in_order(scope)):
        issues = with_readings(context, list(page.issues), {})
        with connector.store.write() as conn:
            known = mirror.hold(conn, site, [issue.id for issue in issues])
            issues, _ = spared(known, issues, frozenset(), context.field_names)
            changed = mirror.put(conn, site, issues)
            if active is not None:
                candidates.land(active, conn, (issue for issue in issues if issue.id in changed), ())
        read, complete = read + len(issues), page.last
        report(read, max(total, read))
    if not complete:
        raise IncompleteRead("The search ended without its last page.", "Read again.")
    with connector.store.write() as conn:
        now = connector.clock()
        facts.put(conn, site, _READ, ReadAhead(scope, context.fields, now))
        # What was news to the mirror has been taken in without a word to the objectives.
        due.mark(conn, site, objectives.ids(conn, site), now, "read for a preview")
    connector.announce()
    return read


def held_ahead(conn: Connection, site: str) -> ReadAhead | None:
    """What the mirror holds beyond the active mapping; None where a resync came after it."""
    found: ReadAhead | None = facts.get(conn, site, _READ, ReadAhead | None)
    resynced = facts.get(conn, site, "last_resync")
    if found is None or (resynced is not None and datetime.fromisoformat(resynced) > found.at):
        return None
    return found


def context_of(connector: Connector, site: str, text: str) -> WideContext:
    """A context under a draft, which reads the fields of the active mapping too."""
    catalogue = connector.catalogue(site, fresh=True)
    with connector.store.read() as conn:
        mapping, _ = bound_text(conn, site, text, catalogue)
    active = _active(connector, site)
    also = active.mapping.field_ids() if active is not None else frozenset[str]()
    jira = connector.site(site).jira
    return WideContext(site, jira, connector.store, mapping, catalogue, connector.clock, also=also)


def _active(connector: Connector, site: str) -> Context | None:
    """The context under the mapping that is active, None where none can work yet."""
    try:
        return connector.context(site)
    except NotReady:
        return None


def summary(found: Resynced, *, right: bool = True) -> str:
    """What a sync found, in a sentence. Not `right`: Jira does not have every number, whatever the mirror had."""
    what = "recently changed issues" if found.kind == "recent" else "issues"
    if found.first:
        return f"Read {found.read} {what}."
    if not found.changed and not found.removed:
        known = "everything was right already" if right else "nothing had changed in Jira"
        return f"Read {found.read} {what}; {known}."
    gone = "" if found.kind == "recent" else f", {found.removed} are gone"
    return f"Read {found.read} {what}: {found.changed} had changed{gone}."
