"""Which of the selected issues are rows, and what each stands at before it is weighed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from mappings.facts.issue import Issue
from mappings.rollup.rows.ledger import Disposition
from mappings.rollup.rows.statuses import StatusReading

if TYPE_CHECKING:
    from mappings.progress.rule import MeasuredSubject
    from mappings.rollup.assessment import Assessment

SUBTASK = -1
ZERO = Fraction(0)
BY_CHILDREN = "measured by the selected issues below it"
THROUGH_PARENT = "stands in the mean of its parent"


class DeliveryRow(NamedTuple):
    """One issue of a delivery key result: what became of it, why, and its fraction where it has one, by its own status or not."""

    issue: Issue
    disposition: Disposition
    reason: str
    fraction: Fraction | None
    by_status: bool = True


def rows_of(subject: MeasuredSubject) -> list[DeliveryRow]:
    """A row for every selected issue, in stable order; with `through_parent` the sub-tasks follow their parent."""
    if subject.subtasks != "through_parent":
        return _rows(subject, subject.selected)
    return _with_subtasks(subject)


def _rows(subject: MeasuredSubject, issues: Sequence[Issue]) -> list[DeliveryRow]:
    read, elsewhere = subject.assessment.statuses.read, subject.elsewhere
    readings = [read(issue) for issue in issues]
    above = parents_above(subject, zip(issues, readings, strict=True))
    rows = []
    for issue, reading in zip(issues, readings, strict=True):
        if issue.id in elsewhere or issue.id in above:
            rows.append(_set_aside(issue, reading, elsewhere))
        else:
            rows.append(DeliveryRow(issue, reading.disposition, reading.reason, reading.fraction))
    return rows


def parents_above(subject: MeasuredSubject, read: Iterable[tuple[Issue, StatusReading]]) -> set[str]:
    """Ids of all issues that have a selected issue below them; an excluded one counts as not there."""
    by_id = subject.assessment.forest.by_id
    above = {subject.top_id} if subject.top_id is not None else set()
    for issue, reading in read:
        parent_id = issue.parent_id
        if parent_id in above or reading.disposition is Disposition.EXCLUDED:
            continue
        while parent_id is not None and parent_id not in above and parent_id != issue.id:
            above.add(parent_id)
            parent = by_id.get(parent_id)
            parent_id = parent.parent_id if parent is not None else None
    return above


def _set_aside(issue: Issue, reading: StatusReading, elsewhere: Mapping[str, str]) -> DeliveryRow:
    if issue.id in elsewhere:
        return DeliveryRow(issue, Disposition.ELSEWHERE, elsewhere[issue.id], None)
    if reading.disposition is Disposition.EXCLUDED:
        reason = f"{reading.reason} itself, but the issues below it still count"
        return DeliveryRow(issue, Disposition.BY_CHILDREN, reason, None)
    return DeliveryRow(issue, Disposition.BY_CHILDREN, BY_CHILDREN, None)


def _with_subtasks(subject: MeasuredSubject) -> list[DeliveryRow]:
    parents = {issue.id for issue in subject.selected if issue.type.level != SUBTASK}
    own = [
        issue for issue in subject.selected if issue.type.level != SUBTASK or issue.parent_id not in parents
    ]
    rows = []
    for row in _rows(subject, own):
        subtasks = subtasks_of(subject.assessment, row.issue)
        standing = _through(subject, row, subtasks)
        rows.append(standing)
        rows += [_subtask_row(subject, standing, subtask) for subtask in subtasks]
    return rows


def subtasks_of(assessment: Assessment, issue: Issue) -> list[Issue]:
    """The sub-tasks of an issue that are in scope."""
    children = assessment.forest.children(issue.id)
    return [child for child in children if child.type.level == SUBTASK and assessment.inside(child)]


def _through(subject: MeasuredSubject, row: DeliveryRow, subtasks: Sequence[Issue]) -> DeliveryRow:
    """The parent's row with the mean of its sub-tasks; its own status where none of them can be measured."""
    if row.disposition not in (Disposition.COUNTED, Disposition.UNKNOWN):
        return row
    readings = [
        subject.assessment.statuses.read(issue) for issue in subtasks if issue.id not in subject.elsewhere
    ]
    known = [reading.fraction for reading in readings if reading.fraction is not None]
    if not known:
        return row
    reason = f"the mean of {len(known)} of its {len(subtasks)} sub-tasks"
    return DeliveryRow(row.issue, Disposition.COUNTED, reason, sum(known, ZERO) / len(known), by_status=False)


def _subtask_row(subject: MeasuredSubject, parent: DeliveryRow, issue: Issue) -> DeliveryRow:
    if issue.id in subject.elsewhere:
        return DeliveryRow(issue, Disposition.ELSEWHERE, subject.elsewhere[issue.id], None)
    if parent.disposition is Disposition.EXCLUDED:
        return DeliveryRow(issue, Disposition.EXCLUDED, "left out with its parent", None)
    reading = subject.assessment.statuses.read(issue)
    if reading.fraction is None:
        return DeliveryRow(issue, reading.disposition, reading.reason, None)
    # Where the parent was closed as not achieved, or counts elsewhere, no mean stands for it.
    place = f"its parent: {parent.reason}" if parent.by_status else THROUGH_PARENT
    return DeliveryRow(issue, Disposition.BESIDE, f"{place}; {reading.reason}", reading.fraction)
