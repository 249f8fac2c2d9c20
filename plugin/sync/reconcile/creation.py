"""Issues that the connector makes in Jira: each once, found again by its label after a crash at any instruction, hung and linked where they belong.

Whoever makes one keeps that Jira is asked, before it is. Whoever finds that without an answer looks for the issue by its label, and never makes another
before a person says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from connectors.jira import CreatedIssue, CreateField, JiraRefusal
from connectors.jira.wire.changed_field import EPIC_LINK, PARENT_LINK
from mappings.facts.issue import Issue, IssueType
from mappings.rollup.cycles.carry_steps import CopiedLink
from mappings.write_back.target import Request
from plugin.sync.context import Context
from plugin.sync.resync.double_check import confirm_end

LOOKED_FOR_AFTER = timedelta(seconds=60)
"""What was asked for without an answer is given this time to be found."""
PATIENCE = timedelta(hours=1)
"""So long it is looked for before a person is asked."""
MOST_LABELS = 50
"""So many are asked for in one search."""


FILLED_BY_JIRA = ("project", "issuetype", "reporter")


def issues_of_label(context: Context, label: str, known: Iterable[Issue] = ()) -> list[Issue]:
    """The issues with a label, the oldest first, those that are `known` to have it too; none where Jira is sure that there is none."""
    jql = f'labels = "{label}"'
    found = {one.id: one for one in known}
    found.update((one.id, one) for page in context.jira.search(jql) for one in page.issues)
    if not found:
        confirm_end(context, jql, 0, f"with the label {label}")
    return sorted(found.values(), key=_age)


def found_by_label(context: Context, label: str) -> CreatedIssue | None:
    """The issue with a label, the oldest where there are several; None where Jira is sure that there is none."""
    return next((CreatedIssue(one.id, one.key) for one in issues_of_label(context, label)), None)


def found_among(context: Context, labels: Sequence[str]) -> dict[str, CreatedIssue]:
    """By label the issue that carries it, the oldest where there are several, of those of these labels that Jira is sure of."""
    found: dict[str, CreatedIssue] = {}
    for first in range(0, len(labels), MOST_LABELS):
        some = labels[first : first + MOST_LABELS]
        jql = "labels in ({})".format(", ".join(f'"{one}"' for one in some))
        issues = [one for page in context.jira.search(jql) for one in page.issues]
        confirm_end(context, jql, len(issues), "with the labels of what is to be made")
        for issue in sorted(issues, key=_age):
            for label in set(issue.labels) & set(some):
                found.setdefault(label, CreatedIssue(issue.id, issue.key))
    return found


def _age(one: Issue) -> tuple[datetime, int]:
    return one.created, int(one.id)


def unfilled_fields(screen: Mapping[str, CreateField], given: Collection[str]) -> list[CreateField]:
    """The fields that a create screen requires, and that neither these nor Jira fill."""
    return [
        one
        for one in screen.values()
        if one.required and not one.fills and one.id not in given and one.id not in FILLED_BY_JIRA
    ]


def make_issue(
    context: Context,
    fields: Mapping[str, object],
    places: Sequence[tuple[str, object]],
    properties: Mapping[str, object] | None = None,
) -> CreatedIssue:
    """The one call. A field of the parent that Jira declines gives way to the next: what is declined is not made."""
    held = properties or {}
    for place, value in places[:-1]:
        try:
            return context.jira.create({**fields, place: value}, held)
        except JiraRefusal as error:
            if set(error.fields) != {place}:
                raise
    return context.jira.create({**fields, **dict(places[-1:])}, held)


def fields_by_kind(screen: Mapping[str, CreateField]) -> dict[str, str]:
    """The ids of the fields of a screen by their kind."""
    return {one.custom: one.id for one in screen.values()}


def parent_places(
    context: Context, kind: IssueType, parent_id: str, parent_key: str, by_kind: Mapping[str, str]
) -> list[tuple[str, object]]:
    """Cloud has one field for every parent; Data Center has Epic Link and Parent Link beside it, which hold keys."""
    if context.api == 3 or kind.level < 0:
        return [("parent", {"id": parent_id})]
    return [(by_kind[custom], parent_key) for custom in (EPIC_LINK, PARENT_LINK) if custom in by_kind]


def place_issue(
    context: Context, issue: CreatedIssue, kind: IssueType, parent_id: str, parent_key: str
) -> None:
    """Hang an issue below another, by the first field that Jira takes it in."""
    by_kind = {one.custom: one.id for one in context.catalogue.fields}
    places = parent_places(context, kind, parent_id, parent_key, by_kind)
    for number, (place, value) in enumerate(places):
        body = {"fields": {place: value}}
        request = Request("PUT", f"/issue/{issue.id}", body, notifies=True, answer="edit")
        try:
            context.tell(request, issue.key)
        except JiraRefusal as error:
            if set(error.fields) != {place} or number == len(places) - 1:
                raise
        else:
            return


def link_issue(context: Context, issue: CreatedIssue, link: CopiedLink) -> None:
    """Jira's POST names the ends the wrong way round: the outward phrase is that of its `inwardIssue`. An equal link is not made twice."""
    own, other = {"id": issue.id}, {"id": link.issue_id}
    ends = (own, other) if link.outward else (other, own)
    body = {"type": {"id": link.type_id}, "inwardIssue": ends[0], "outwardIssue": ends[1]}
    context.tell(Request("POST", "/issueLink", body, answer="made"), issue.key)
