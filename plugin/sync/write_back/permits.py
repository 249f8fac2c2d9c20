"""Whether the account may write again where Jira refused it: asked while refusals stand, so that nobody has to tell us."""

from __future__ import annotations

import structlog
from sqlalchemy import Connection

from connectors.jira.http.errors import JiraError
from connectors.store.work import due
from connectors.store.writes import permits, refusals, writes
from mappings.write_back.targets import target_of
from plugin.sync.context import Context

MOST_PROJECTS = 20
TRIED = "a field that Jira refused is tried again"

log = structlog.get_logger("jira_okr.refusals")


def try_again(conn: Connection, site: str) -> frozenset[str]:
    """Jira may think otherwise by now: one of each kind that it refused is tried, and what was interrupted looked up; the objectives that have to be reconciled for it."""
    return refusals.probe(conn, site) | writes.reopen(conn, writes.load_parked(conn, site))


def look(context: Context) -> None:
    """Ask, for each project in which something is refused, or was interrupted and cannot be looked up, and try again where a permission came back since the last time.

    One call a project; none where nothing is. What cannot be asked is asked the next time.
    """
    with context.store.read() as conn:
        standing = refusals.load_all(conn, context.site) if refusals.count(conn, context.site) else []
        parked = writes.load_parked(conn, context.site)
        known = permits.load_all(conn, context.site) if standing or parked else {}
    taken: dict[str, set[str]] = {}
    places = [(one.issue_key, one.field_id) for one in standing] + [
        (one.issue_key, one.field_id) for one in parked
    ]
    for issue_key, field_id in places:
        taken.setdefault(issue_key.rpartition("-")[0], set()).add(target_of(field_id).permission)
    found: dict[permits.Place, bool] = {}
    try:
        for project in sorted(taken)[:MOST_PROJECTS]:
            granted = context.jira.permissions(project, sorted(taken[project]))
            found |= {(project, name): granted.get(name, False) for name in taken[project]}
    except JiraError as error:
        log.info("permissions could not be asked", site=context.site, why=str(error))
    changed = {place for place, may in found.items() if known.get(place) is not may}
    if not changed:
        return
    regained = {place for place in changed if found[place]}
    with context.store.write() as conn:
        permits.put(conn, context.site, found)
        if regained:
            due.mark(conn, context.site, try_again(conn, context.site), context.clock(), TRIED)
