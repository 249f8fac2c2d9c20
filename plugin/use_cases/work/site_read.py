"""Reading a whole site because a person asked for it: as a sync by the active mapping, or ahead of a preview by a draft."""

from __future__ import annotations

from dataclasses import replace

from connectors.jira.http.errors import IncompleteRead
from connectors.store.mappings import coming_mappings
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.sites import former_names
from connectors.store.work import due
from mappings.facts.gap import Gap
from mappings.facts.issue import Issue
from mappings.numbers import count_of
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.sync import outage
from plugin.sync.bindings import bound_text
from plugin.sync.context import Context, metrics_of
from plugin.sync.reconcile import candidates
from plugin.sync.refresh import gaps
from plugin.sync.refresh.omissions import in_scope, spare_fields
from plugin.sync.refresh.reread import read_again, with_readings
from plugin.sync.resync import activation_read, watermark
from plugin.sync.resync.checkpoint import SKEW
from plugin.sync.resync.double_check import list_scope
from plugin.sync.resync.full_read import resync
from plugin.sync.resync.mirror_update import ResyncResult
from plugin.sync.resync.missing_issues import listed_gaps
from plugin.sync.resync.recent_read import resync_recent
from plugin.sync.resync.search_pages import in_order, pages
from plugin.sync.write_back.places import recall_fields
from plugin.use_cases.permission import ADMIN, act
from plugin.use_cases.work import background_jobs
from plugin.use_cases.work.background_jobs import Report

SYNC = "sync"
READING = "reading"
MOST_READINGS = 3
"""A draft whose words mean more after each of so many readings is read again later."""


def read(
    context: Context,
    report: Report,
    *,
    recent: bool = False,
    accept_loss: bool = False,
    total: int | None = None,
    anew: bool = False,
) -> ResyncResult:
    """One resync: of what changed of late where that is asked for and a full read of the same came before, else of everything."""
    found = resync_recent(context, report) if recent else None
    found = found or resync(context, report, accept_loss=accept_loss, total=total, anew=anew)
    outage.note_answer(context)
    return found


@act(ADMIN)
def begin_reading(connector: Connector, actor: Actor, site: str, text: str) -> bool:
    """Read what a draft needs into the mirror, so that its preview is of real values; nothing is dropped or written by it."""

    def work(report: Report) -> str:
        return f"Read {count_of(read_ahead(connector, site, text, report), 'issue')}."

    return background_jobs.begin(connector, site, READING, actor.label, work)


@act(ADMIN)
def read_now(connector: Connector, _actor: Actor, site: str, text: str, report: Report) -> int:
    """The same while somebody waits for it; how many issues. Raises MappingError."""
    return read_ahead(connector, site, text, report)


def read_ahead(connector: Connector, site: str, text: str, report: Report) -> int:
    """Read the scope of a draft with its fields and those of the active mapping; how many issues. Raises MappingError.

    What is read from now on, by whomever, is read for both. What was read may tell what words of the draft mean besides (an option
    of another context, say): then its scope is another one, and is read again.
    """
    for _ in range(MOST_READINGS):
        context = context_of(connector, site, text)
        read = _read_for(connector, context, text, report)
        with connector.store.read() as conn:
            ahead = coming_mappings.get(conn, site)
        if activation_read.holds(ahead, context_of(connector, site, text).mapping):
            break
    return read


def _read_for(connector: Connector, context: Context, text: str, report: Report) -> int:
    site, active = context.site, _active(connector, context.site)
    scope, began = context.mapping.scope_by_id, context.jira.time() or connector.clock() - SKEW
    with connector.store.write() as conn:
        ahead = activation_read.begin(conn, site, text, context.mapping, connector.clock())
    metrics = metrics_of(context.mapping) - (metrics_of(active.mapping) if active else frozenset())
    total, complete, shown = context.jira.count(scope), False, set[str]()
    for page in pages(context, in_order(scope)):
        _land(context, active, list(page.issues), metrics, page.gaps)
        shown.update(issue.id for issue in page.issues)
        shown.update(gap.issue_id for gap in page.gaps)
        complete = page.last
        report(len(shown), max(total, len(shown)))
    if not complete:
        raise IncompleteRead("The search ended without its last page.", "Read again.")
    if len(shown) < total:
        slipped = list_scope(context, shown, total) - shown
        read = read_again(context, slipped)
        _land(context, active, in_scope(context, read.issues), metrics, listed_gaps(context, read))
        shown |= slipped
    with connector.store.write() as conn:
        if not coming_mappings.complete(conn, site, ahead):
            raise IncompleteRead("Something else was read for meanwhile.", "Read again.")
        watermark.keep_ahead(conn, context, began)
        # What was news to the mirror has been taken in without a word to the objectives.
        due.mark(conn, site, objectives.ids(conn, site), connector.clock(), "read for a preview", bulk=True)
    connector.announce()
    return len(shown)


def _land(
    context: Context,
    active: Context | None,
    issues: list[Issue],
    metrics: frozenset[str],
    unread: tuple[Gap, ...],
) -> None:
    """One page. What the search shows older than it is known is read by id: it must not stay half read. What is `unread` is a gap,
    or the coming mapping would count without it.
    """
    with context.store.read() as conn:
        before = mirror.get(conn, context.site, [issue.id for issue in issues])
    late = {one.id for one in issues if one.id in before and one.updated < before[one.id].updated}
    again = read_again(context, late)
    anew, unread = again.issues, (*unread, *again.gaps)
    found = [one for one in issues if one.id not in late]
    found += [replace(one, updated=max(one.updated, before[one.id].updated)) for one in anew]
    measured = {one.id: metrics for one in found if any(one.fields.get(name) is not None for name in metrics)}
    found = with_readings(context, found, measured, anew=True)
    with context.store.write() as conn:
        known = mirror.hold(conn, context.site, [issue.id for issue in found])
        found, _ = spare_fields(known, found, frozenset(), context.field_names)
        found = recall_fields(context, conn, known, found)
        changed = mirror.put(conn, context.site, found)
        gaps.land(context, conn, (), (), unread)
        if active is not None:
            candidates.land(active, conn, (issue for issue in found if issue.id in changed), ())


def context_of(connector: Connector, site: str, text: str) -> Context:
    """A context under a draft, which reads for the active mapping too: a mirror that serves two must lose nothing of either."""
    catalogue = connector.catalogue(site, fresh=True)
    with connector.store.read() as conn:
        mapping, _ = bound_text(conn, site, text, catalogue)
        former = former_names.every(conn, site)
    active = _active(connector, site)
    ruling = active.mapping if active is not None else None
    jira = connector.site(site).jira
    return Context(
        site=site,
        jira=jira,
        store=connector.store,
        mapping=mapping,
        catalogue=catalogue,
        clock=connector.clock,
        coming=ruling,
        former_names=former,
    )


def _active(connector: Connector, site: str) -> Context | None:
    """The context under the mapping that is active, None where none can work yet."""
    try:
        return connector.context(site)
    except Refusal:
        return None


def summary(found: ResyncResult, *, right: bool = True, written: int = 0) -> str:
    """What a sync found, in a sentence. Not `right`: Jira does not have every number, whatever the mirror had; nor was it where fields were `written`."""
    what = "recently changed issues" if found.kind == "recent" else "issues"
    if found.first or (written and not found.changed and not found.removed):
        return f"Read {found.read} {what}."
    if not found.changed and not found.removed:
        known = "everything was right already" if right else "nothing had changed in Jira"
        return f"Read {found.read} {what}; {known}."
    gone = "" if found.kind == "recent" else f", {found.removed} are gone"
    return f"Read {found.read} {what}: {found.changed} had changed{gone}."
