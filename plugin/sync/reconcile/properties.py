"""Entity properties of issues, which Jira handles unlike fields: how they are written, read on Data Center, and kept from old reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connectors.jira.http.errors import Permanent
from connectors.store.numbers import mirror
from connectors.store.work import writes
from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.walk import is_issue_each
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.fields import property_key
from mappings.rollup.measurement import objective_rule
from mappings.write_back.plan import Change
from plugin.sync.context import Context

ON_ITS_WAY = timedelta(seconds=5)
"""How long a page of a search may take from Jira into the mirror; what it says of a property may be as old as that."""


def set_property(context: Context, change: Change, key: str) -> None:
    """Write or remove one property. Raises a JiraError."""
    if change.after is None:
        context.jira.delete_property(change.issue_id, key)
    else:
        context.jira.put_property(change.issue_id, key, change.after)


def remedy_for(change: Change, key: str, error: Permanent) -> str:
    """What an admin can do about a refused property."""
    if error.status in (403, 404):
        return (
            f"Check that {change.issue_key} still exists, and give the connector's account Browse projects and Edit issues "
            "in its project; a scoped token needs write:jira-work or write:issue.property:jira."
        )
    if error.status == 413:
        return f"Write fewer values to the property {key}."
    return f"Use another key than {key} in write_back, or see what Jira says against it, then retry."


def with_properties(context: Context, issues: list[Issue], *, first: bool = False) -> list[Issue]:
    """The issues with their properties where reading did not show them, as on Data Center: asked for issue by issue.

    Only of issues that the mapping may write to, or that are known to have one. `first`: the mirror knows none of them.
    """
    ours = _wanted(context)
    if not ours or not issues or context.jira.shows_properties:
        return issues
    known: Mapping[str, Issue] = {}
    if not first:
        with context.store.read() as conn:
            known = mirror.get(conn, context.site, [issue.id for issue in issues])
    moment = context.moment()
    return [
        _asked(context, issue, ours)
        if _has_some(known.get(issue.id), ours) or may_be_target(context.mapping, issue, moment)
        else issue
        for issue in issues
    ]


def asked_singly(context: Context) -> int:
    """How many calls `with_properties` will need for the issues that the mirror holds now."""
    if context.jira.shows_properties or not context.written_properties:
        return 0
    moment = context.moment()
    with context.store.read() as conn:
        issues = mirror.every(conn, context.site)
        return sum(may_be_target(context.mapping, issue, moment) for issue in issues)


def _wanted(context: Context) -> frozenset[str]:
    """What is to be read: what the mapping writes, and what another one writes that is read for besides."""
    return frozenset(name for name in context.fields if property_key(name) is not None)


def _asked(context: Context, issue: Issue, wanted: frozenset[str]) -> Issue:
    keys = [key for name in sorted(wanted) if (key := property_key(name)) is not None]
    return replace(issue, fields={**issue.fields, **context.jira.properties_of(issue.id, keys)})


def _has_some(known: Issue | None, ours: frozenset[str]) -> bool:
    return known is not None and not ours.isdisjoint(known.fields)


def may_be_target(mapping: BoundMapping, issue: Issue, moment: Moment) -> bool:
    """Whether a rule that selects by itself makes this issue an objective or a key result that gets a property."""
    targets = {rule.target for rule in mapping.document.write_back if rule.property is not None}
    if "objective" in targets and objective_rule(mapping, issue, moment) is not None:
        return True
    rules = (rule for objective in mapping.objectives for rule in objective.key_results)
    return "key_result" in targets and any(
        is_issue_each(rule.part) and rule.select is not None and rule.select.matches(issue, moment)
        for rule in rules
    )


def spare_own(
    context: Context,
    conn: Connection,
    before: Mapping[str, Issue],
    issues: Iterable[Issue],
    read_at: datetime | None,
) -> list[Issue]:
    """The issues without what an older read says of a property that we wrote meanwhile.

    A field that is written makes its issue newer (`updated`), and what is older is dropped; a property does not.
    """
    ours = context.written_properties
    if not ours:
        return list(issues)
    since = read_at if read_at is not None else context.clock() - ON_ITS_WAY
    return [_spared(context, conn, before.get(issue.id), issue, ours, since) for issue in issues]


def _spared(
    context: Context,
    conn: Connection,
    known: Issue | None,
    issue: Issue,
    ours: frozenset[str],
    since: datetime,
) -> Issue:
    if known is None:
        return issue
    differing = (name for name in ours if known.fields.get(name) != issue.fields.get(name))
    spared = {
        name: known.fields.get(name)
        for name in differing
        if _written_since(context, conn, issue.id, name, since)
    }
    if not spared:
        return issue
    fields = {name: value for name, value in {**issue.fields, **spared}.items() if value is not None}
    return replace(issue, fields=fields)


def _written_since(context: Context, conn: Connection, issue_id: str, name: str, since: datetime) -> bool:
    last = writes.last_write(conn, context.site, issue_id, name)
    return last is not None and last.settled_at is not None and last.settled_at > since
