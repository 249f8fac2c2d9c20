"""Whether the account may edit again where Jira refused it: asked while refusals stand, so that nobody has to tell us."""

from __future__ import annotations

import structlog

from connectors.jira.http.errors import JiraError
from connectors.jira.metadata.permissions import EDIT
from connectors.store.work import due
from connectors.store.writes import edit_permits, refusals
from plugin.sync.context import Context

MOST_PROJECTS = 20
TRIED = "a field that Jira refused is tried again"

log = structlog.get_logger("jira_okr.refusals")


def look(context: Context) -> None:
    """Ask, for each project in which something is refused, and try again where a permission came back since the last time.

    One call a project; none where nothing is refused. What cannot be asked is asked the next time.
    """
    with context.store.read() as conn:
        standing = refusals.all(conn, context.site) if refusals.count(conn, context.site) else []
        known = edit_permits.all(conn, context.site)
    projects = sorted({one.issue_key.rpartition("-")[0] for one in standing})[:MOST_PROJECTS]
    found: dict[str, bool] = {}
    try:
        for project in projects:
            found[project] = context.jira.permissions(project, (EDIT,)).get(EDIT, False)
    except JiraError as error:
        log.info("permissions could not be asked", site=context.site, why=str(error))
    changed = {project for project, may in found.items() if known.get(project) is not may}
    if not changed:
        return
    regained = {project for project in changed if found[project]}
    with context.store.write() as conn:
        edit_permits.put(conn, context.site, found)
        if regained:
            due.mark(conn, context.site, refusals.probe(conn, context.site), context.clock(), TRIED)
