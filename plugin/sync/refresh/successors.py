"""People and issues that were made anew: whom, or what, a word of the mapping stood for Jira has no more, and one other bears the word.

Of these a word means one, so another of the same name is not taken in as long as the one that is meant may be there: a namesake is
somebody else. That it is gone Jira has to say itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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


def look_for_successors(context: Context, people: Sequence[User]) -> None:
    """After everything was read: take them in. `people` are those whom issues show under words of the mapping.

    Asks Jira only where something else bears such a word; what it does not answer is asked again then.
    """
    words = [one for one in context.mapping.names if one.ids and not one.written_as_id]
    issues = [one for one in words if one.kind is NameKind.ISSUE]
    bearers: dict[MappingName, User | JiraValue] = {
        name: other
        for name in words
        if name.kind is NameKind.PERSON and (other := _other_bearer(name, people)) is not None
    }
    if issues:
        with context.store.read() as conn:
            bearers.update(_bearing_issues(context, conn, issues))
    try:
        found = {name: one for name, one in bearers.items() if _succeeds(context, name, one)}
    except JiraError as error:
        log.warning("successors cannot be looked for", site=context.site, error=error.message)
        return
    if found:
        _take_in(context, found)


def _other_bearer(name: MappingName, people: Sequence[User]) -> User | None:
    """Who of these bears the word beside those that are meant, where it is one."""
    called = [one for one in people if name.word.casefold() in names_of_entry(one)]
    others = [one for one in called if one.id not in name.ids]
    return others[0] if len(others) == 1 else None


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
