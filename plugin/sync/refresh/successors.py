"""People and issues that were made anew: whom, or what, a word of the mapping stood for Jira has no more, and one other bears the word.

Of these a word means one, so another of the same name is not taken in as long as the one that is meant may be there: a namesake is
somebody else. That it is gone Jira has to say itself.
"""

from __future__ import annotations

from collections.abc import Iterator

import structlog
from sqlalchemy import Connection

from connectors.jira.http.errors import JiraError
from connectors.store.mappings import name_comparisons
from connectors.store.mirror import mirror
from mappings.document.names import Arrival, MappingName, NameKind, names_of_entry
from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import JiraValue, User
from plugin.sync.context import Context
from plugin.sync.refresh.names import bound, keep_arrivals

log = structlog.get_logger("jira_okr.names")


def look_for_successors(context: Context) -> None:
    """After everything was read: take them in. Asks Jira only where something else bears such a word; what it does not answer is asked again then."""
    words = [one for one in context.mapping.names if one.ids and not one.written_as_id]
    people = [one for one in words if one.kind is NameKind.PERSON]
    issues = [one for one in words if one.kind is NameKind.ISSUE]
    if not people and not issues:
        return
    with context.store.read() as conn:
        bearers: dict[MappingName, User | JiraValue] = dict(_bearing_issues(context, conn, issues))
        bearers.update(_bearing_people(context, conn, people))
    try:
        found = {name: one for name, one in bearers.items() if _succeeds(context, name, one)}
    except JiraError as error:
        log.warning("successors cannot be looked for", site=context.site, error=error.message)
        return
    if found:
        _take_in(context, found)


def _bearing_people(context: Context, conn: Connection, names: list[MappingName]) -> dict[MappingName, User]:
    """Whom issues show under these words beside those that are meant, where it is one."""
    if not names:
        return {}
    shown = {
        one.id: one
        for issue in mirror.every(conn, context.site)
        for one in (issue.assignee, issue.reporter, issue.creator)
        if one is not None
    }
    found: dict[MappingName, User] = {}
    for name in names:
        others = [one for one in shown.values() if name.word.casefold() in names_of_entry(one)]
        others = [one for one in others if one.id not in name.ids]
        if len(others) == 1:
            found[name] = others[0]
    return found


def _bearing_issues(
    context: Context, conn: Connection, names: list[MappingName]
) -> Iterator[tuple[MappingName, JiraValue]]:
    """The issues that have these keys today, where these are others than are meant."""
    for name in names:
        id_ = mirror.id_of_key(conn, context.site, name.word)
        issue = None if id_ is None or id_ in name.ids else mirror.get(conn, context.site, [id_]).get(id_)
        if issue is not None and issue.key.casefold() == name.word.casefold():
            yield name, JiraValue(issue.id, issue.key)


def _succeeds(context: Context, name: MappingName, one: User | JiraValue) -> bool:
    """Whether nothing that the word meant is in Jira any more. Of people that counts only where Jira lets us look for them, and finds this one alone."""
    jira = context.jira
    if name.kind is NameKind.ISSUE:
        return all(jira.lacks_issue(id_) for id_ in name.ids)
    listed = {user.id for user in jira.people(name.word) if name.word.casefold() in names_of_entry(user)}
    return listed == {one.id} and all(jira.lacks_person(id_) for id_ in name.ids)


def _take_in(context: Context, found: dict[MappingName, User | JiraValue]) -> None:
    site, mapping = context.site, context.mapping
    shown = Catalogue(
        people=tuple(one for one in found.values() if isinstance(one, User)),
        issues=tuple(one for one in found.values() if isinstance(one, JiraValue)),
    )
    arrivals = [Arrival(name, one.id) for name, one in sorted(found.items())]
    with context.store.write() as conn:
        name_comparisons.hold(conn, site)
        form = bound(conn, site, mapping.revision)
        if form is not None:
            keep_arrivals(conn, site, mapping, form, shown, arrivals, context.clock())
