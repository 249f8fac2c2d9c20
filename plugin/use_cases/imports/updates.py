"""Issues of an earlier import that are changed: planned beside what Jira holds, and written once, each only where nobody else changed it since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

from connectors.jira import JiraRefusal
from mappings.diagnostic import Severity
from mappings.document.schema import BrakePart
from mappings.facts.issue import Issue
from mappings.imports.issue import ASSIGNEE, DUE, LABELS, VERSIONS, ImportBasis, ImportTarget
from mappings.imports.plan import (
    ImportPlan,
    IssueChange,
    KnownRow,
    LeftRow,
    LeftValue,
    PlannedRow,
    PlannedUpdate,
    said_of,
)
from mappings.imports.update import SUMMARY, divide_changes, edit_of, row_news, weigh_update
from mappings.numbers import count_of
from mappings.write_back.target import Request
from plugin.sync.context import Context, field_of

READ_ANYWAY = frozenset({SUMMARY, ASSIGNEE, DUE, LABELS, VERSIONS})
UNSHOWN = "Jira does not show this issue any more"
NOT_IMPORTED = "it was not made by an import here: nobody knows what it was made from"


@dataclass(frozen=True, slots=True)
class UpdateOutcome:
    """What became of an update: what was left, and why, as words; empty where all of it was written."""

    left: tuple[LeftValue, ...] = ()

    @property
    def note(self) -> str:
        """For people."""
        return "; ".join(f"{one.word} is left: {one.why}" for one in self.left)


def with_updates(
    context: Context,
    basis: ImportBasis,
    target: ImportTarget,
    plan: ImportPlan,
    known: Mapping[str, KnownRow],
) -> ImportPlan:
    """The plan with what is changed of the issues of earlier imports, and what of it is left as it is in Jira."""
    if not plan.changed:
        return plan
    news = {
        row.identity: row_news(basis, target, row, known[row.identity].row)
        for row, _, _ in plan.changed
        if known[row.identity].imported
    }
    asked = [known[name].issue_id for name, one in news.items() if one.changes]
    issues = read_issues(context, asked, [each for one in news.values() for each in one.changes])
    update: list[PlannedUpdate] = []
    left: list[LeftRow] = []
    unchanged, problems, blocked = list(plan.known), list(plan.problems), set(plan.blocked)
    for row, key, names in plan.changed:
        former = known[row.identity]
        one = news.get(row.identity)
        if one is None:
            values = tuple(
                LeftValue(
                    word=name,
                    was=_said(former.row, name),
                    file=_said(row, name),
                    jira=None,
                    why=NOT_IMPORTED,
                )
                for name in names
            )
            left.append(LeftRow(row, key, values))
            continue
        problems += [each for each in one.problems if each not in problems]
        if any(each.severity is Severity.ERROR for each in one.problems):
            blocked.add(row.row)
            continue
        issue = issues.get(former.issue_id)
        if issue is None and one.changes:
            left.append(LeftRow(row, key, _left(one.changes, UNSHOWN).left))
            continue
        planned, values = (
            (
                PlannedUpdate(row=row, issue_id=former.issue_id, issue_key=key, check_ins=one.check_ins),
                one.unsaid,
            )
            if issue is None
            else weigh_update(one, issue, partial(field_of, context.mapping, context.catalogue))
        )
        if planned.changes or planned.check_ins:
            update.append(planned)
        elif not values:
            unchanged.append((row, key))
        if values:
            left.append(LeftRow(row, key, values))
    return replace(
        plan,
        known=tuple(unchanged),
        changed=(),
        update=tuple(update),
        left=tuple(left),
        blocked=tuple(sorted(blocked)),
        problems=tuple(sorted(problems, key=lambda each: (each.row, each.code))),
        braked=brake_reason(
            len([one for one in update if one.changes]), len(known), context.mapping.document.brake
        ),
    )


def brake_reason(changed: int, known: int, part: BrakePart) -> str:
    """Why a person looks first, by the brake of the mapping; empty where nothing speaks against it."""
    if changed <= part.floor or Fraction(changed, max(known, 1)) <= Fraction(part.share):
        return ""
    return f"{changed} of {count_of(known, 'imported issue')} would change, more than the large-change stop of the mapping lets pass."


def read_issues(context: Context, ids: Iterable[str], changes: Iterable[IssueChange]) -> dict[str, Issue]:
    """By id the issues as Jira has them now, with the fields of these changes."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    fields = sorted({one.field_id for one in changes} - READ_ANYWAY)
    return {one.id: one for one in context.jira.read(wanted, fields).issues}


def write_update(context: Context, one: PlannedUpdate) -> UpdateOutcome:
    """Change an issue where it still holds what was imported. What holds the new values already, as after a call whose answer got lost, is written."""
    if not one.changes:
        return UpdateOutcome()
    issue = read_issues(context, [one.issue_id], one.changes).get(one.issue_id)
    if issue is None:
        return _left(one.changes, UNSHOWN)
    due, left = divide_changes(one.changes, issue, partial(field_of, context.mapping, context.catalogue))
    if not due:
        return UpdateOutcome(left)
    request = Request("PUT", f"/issue/{one.issue_id}", edit_of(due), notifies=True, answer="edit")
    try:
        context.tell(request, one.issue_key)
    except JiraRefusal as error:
        return UpdateOutcome((*left, *_left(due, f"Jira declined it: {error.message}").left))
    return UpdateOutcome(left)


def _left(changes: Iterable[IssueChange], why: str) -> UpdateOutcome:
    return UpdateOutcome(
        tuple(LeftValue(word=one.word, was=one.old, file=one.new, jira=None, why=why) for one in changes)
    )


def _said(row: PlannedRow, name: str) -> str | None:
    if name in ("metric", "check_ins", "co_owner_names"):
        return None
    return said_of(row, name)
