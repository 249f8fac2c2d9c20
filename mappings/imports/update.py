"""Rows that were imported before and say something else now: which fields of their issue that changes, and which of them a person has changed since.

Three values stand beside each other: what was imported (`was`), what the file says now (`now`), and what Jira holds. Only where Jira still holds what was
imported is it changed; everything else is left and listed. What a file does not say is unknown, and empties nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from mappings.facts.catalogue import Field
from mappings.facts.issue import Issue
from mappings.fields import field_type
from mappings.fields.paragraph import Paragraph, is_plain
from mappings.imports.issue import (
    ASSIGNEE,
    DESCRIPTION,
    DUE,
    LABELS,
    VERSIONS,
    ImportBasis,
    ImportTarget,
    planned_issue,
)
from mappings.imports.plan import (
    METRIC_WORDS,
    IssueChange,
    LeftValue,
    PlannedRow,
    PlannedUpdate,
    said_of,
)
from mappings.imports.row import ImportedCheckIn, ImportMetric, ImportProblem
from mappings.write_back.target import FieldLookup

SUMMARY = "summary"
LISTS = (LABELS, VERSIONS)
"""Of these only what was imported is taken off and put on: what people added stays."""
WRITTEN = ("title", "owner", "cycle", "start_date", "end_date", "description", "weight", *METRIC_WORDS)
"""What is written to Jira where it changes, in the order in which it is told."""
PLACED = {"above": "parent", "kind": "kind"}
"""What a change of is told and made by nobody: the issue would have to move, or become another."""


class Standing(StrEnum):
    """What Jira holds in a field: what was imported, what the file says now, or what somebody made of it since."""

    WAS = "was"
    NOW = "now"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class RowNews:
    """What a row says otherwise than when it was imported, as changes of fields; `unsaid` are words of it that are written nowhere, with why.

    `row` is what it says, with what of its description it says no more as it was.
    """

    row: PlannedRow
    changes: tuple[IssueChange, ...]
    unsaid: tuple[LeftValue, ...]
    check_ins: tuple[ImportedCheckIn, ...]
    problems: tuple[ImportProblem, ...] = ()


def row_news(basis: ImportBasis, target: ImportTarget, now: PlannedRow, former: PlannedRow) -> RowNews:
    """What is new in a row, by the fields of the mapping that is active now."""
    unsaid = [
        LeftValue(
            word=word,
            was=said_of(former, name),
            file=said_of(now, name),
            jira=None,
            why="it is moved by a person, in Jira",
        )
        for name, word in PLACED.items()
        if getattr(now, name) != getattr(former, name)
    ]
    base, _ = planned_issue(basis, target, former, "", None)
    _, problems = planned_issue(basis, target, now, "", None)
    changes: dict[str, IssueChange] = {}
    spoken = _unemptied(now, former)
    row, held = former, {SUMMARY: json.dumps(former.title), **base.fields}
    for word in WRITTEN:
        was, said = said_of(former, word), said_of(now, word)
        more = word == "description" and _more_words(spoken, former)
        if said == was and not more:
            continue
        if said is None and not more:
            unsaid.append(
                LeftValue(word=word, was=was, file=None, jira=None, why="the file does not say it any more")
            )
            continue
        row = with_word(row, spoken, word)
        made, _ = planned_issue(basis, target, row, "", None)
        fields = {SUMMARY: json.dumps(row.title), **made.fields}
        if word == "description":
            was, said = _words_of(held), _words_of(fields)
        touched = [one for one in (held | fields) if held.get(one) != fields.get(one)]
        for id_ in touched:
            first = changes.get(id_)
            before = held.get(id_) if first is None else first.was
            changes[id_] = IssueChange(
                word=word if first is None else first.word,
                old=was if first is None else first.old,
                new=said if first is None else first.new,
                field_id=id_,
                was=before or "null",
                now=fields.get(id_, "null"),
            )
        held = fields
    return RowNews(
        row=spoken,
        changes=tuple(one for one in changes.values() if one.was != one.now),
        unsaid=tuple(unsaid),
        check_ins=tuple(one for one in now.check_ins if one not in former.check_ins),
        problems=problems,
    )


def weigh_update(
    news: RowNews, issue: Issue, field_of: FieldLookup
) -> tuple[PlannedUpdate, tuple[LeftValue, ...]]:
    """What of it is changed in an issue as Jira has it now, and what is left."""
    changes, left = divide_changes(news.changes, issue, field_of)
    update = PlannedUpdate(
        row=news.row, issue_id=issue.id, issue_key=issue.key, changes=changes, check_ins=news.check_ins
    )
    return update, (*left, *news.unsaid)


def divide_changes(
    changes: Collection[IssueChange], issue: Issue, field_of: FieldLookup
) -> tuple[tuple[IssueChange, ...], tuple[LeftValue, ...]]:
    """Those whose field still holds what was imported, and those that somebody changed since; what holds the new value already is neither."""
    due, left = [], []
    for one in changes:
        found = standing_of_field(one, issue, field_of)
        if found is Standing.WAS:
            due.append(one)
        elif found is Standing.OTHER:
            held = text_of(one.field_id, raw_of(issue, one.field_id), field_of)
            left.append(
                LeftValue(
                    word=one.word, was=one.old, file=one.new, jira=held, why="it was changed in Jira since"
                )
            )
    return tuple(due), tuple(left)


def standing_of_field(one: IssueChange, issue: Issue, field_of: FieldLookup) -> Standing:
    """What a field of an issue holds, beside what was imported and what the file says now."""
    was, now = json.loads(one.was), json.loads(one.now)
    raw = raw_of(issue, one.field_id)
    if one.field_id in LISTS:
        held, before, after = (_names(each) for each in (raw, was, now))
        gone, new = before - after, after - before
        if new <= held and not gone & held:
            return Standing.NOW
        return Standing.WAS if gone <= held and not new & held else Standing.OTHER
    if _same(one.field_id, raw, now, field_of):
        return Standing.NOW
    if one.field_id == DESCRIPTION and not is_plain(raw):
        return Standing.OTHER  # what was imported is plain: a person gave it pictures, links or lists
    return Standing.WAS if _same(one.field_id, raw, was, field_of) else Standing.OTHER


def edit_of(changes: Collection[IssueChange]) -> dict[str, object]:
    """The body of the one call that makes these changes."""
    fields: dict[str, object] = {}
    steps: dict[str, object] = {}
    for one in changes:
        was, now = json.loads(one.was), json.loads(one.now)
        if one.field_id not in LISTS:
            fields[one.field_id] = now
            continue
        before, after = was or [], now or []
        taken = [{"remove": each} for each in before if each not in after]
        steps[one.field_id] = [*taken, *({"add": each} for each in after if each not in before)]
    body: dict[str, object] = {"fields": fields} if fields else {}
    return {**body, "update": steps} if steps else body


def merge_row(row: PlannedRow, former: PlannedRow, left: Collection[str]) -> PlannedRow:
    """What counts as imported of a row from now on: what it says, but for the words that were left."""
    for word in (*WRITTEN, *PLACED.values()):
        if word in left:
            row = with_word(row, former, word)
    return row


def with_word(row: PlannedRow, other: PlannedRow, word: str) -> PlannedRow:
    """A row that says one thing as another row does."""
    if word == "parent":
        return replace(row, above=other.above, parent_row=other.parent_row)
    if word in METRIC_WORDS:
        if row.metric is None and other.metric is None:
            return row
        name = METRIC_WORDS[word]
        own, theirs = row.metric or ImportMetric(), other.metric or ImportMetric()
        return replace(row, metric=replace(own, **{name: getattr(theirs, name)}))
    if word == "description":
        row = replace(row, co_owners=other.co_owners, co_owner_names=other.co_owner_names)
        if row.metric is not None and other.metric is not None:
            row = replace(row, metric=replace(row.metric, unit=other.metric.unit))
    return replace(row, **{word: getattr(other, word)})


def raw_of(issue: Issue, field_id: str) -> object:
    """What an issue holds in a field, as Jira says it."""
    if field_id == SUMMARY:
        return issue.summary
    if field_id == ASSIGNEE:
        return None if issue.assignee is None else {"name": issue.assignee.id}
    if field_id == DUE:
        return None if issue.due is None else issue.due.isoformat()
    if field_id == LABELS:
        return list(issue.labels)
    if field_id == VERSIONS:
        return [{"name": one.name} for one in issue.fix_versions]
    return issue.fields.get(field_id)


def text_of(field_id: str, raw: object, field_of: FieldLookup) -> str | None:
    """The same for people; None where it is empty."""
    if field_id in LISTS:
        return ", ".join(sorted(_names(raw))) or None
    if field_id == ASSIGNEE:
        return _account(raw)
    if field_id == DESCRIPTION:
        return Paragraph().decode(raw)
    field: Field | None = field_of(field_id)
    kind = field_type(field) if field is not None else None
    if raw is None or kind is None or field_id in (SUMMARY, DUE):
        return None if raw is None else str(raw)
    return kind.text(raw)


def _same(field_id: str, left: object, right: object, field_of: FieldLookup) -> bool:
    if field_id == ASSIGNEE:
        return _account(left) == _account(right)
    if field_id == DESCRIPTION:
        paragraph = Paragraph()
        return paragraph.decode(left) == paragraph.decode(right)
    if field_id == SUMMARY:
        return " ".join(str(left).split()) == " ".join(str(right).split())
    field: Field | None = field_of(field_id)
    kind = field_type(field) if field is not None else None
    return left == right if kind is None else kind.equal(left, right)


def _account(raw: object) -> str | None:
    said: Mapping[str, object] = raw if isinstance(raw, dict) else {}
    found = said.get("accountId") or said.get("name")
    return str(found) if found else None


def _names(raw: object) -> set[str]:
    """The words of a list of labels, or of versions by their names."""
    found = raw if isinstance(raw, list) else []
    return {str(one.get("name")) if isinstance(one, dict) else str(one) for one in found}


def _words_of(fields: Mapping[str, str]) -> str | None:
    """The whole description that would be written: the file's own, further owners, and the unit."""
    return Paragraph().decode(json.loads(fields.get(DESCRIPTION, "null")))


def _unit(row: PlannedRow) -> str | None:
    return row.metric.unit if row.metric is not None else None


def _more_words(now: PlannedRow, former: PlannedRow) -> bool:
    """Whether the description says other further owners, or another unit, than the file's own words."""
    unit = _unit(now)
    return now.co_owner_names != former.co_owner_names or (unit is not None and unit != _unit(former))


def _unemptied(now: PlannedRow, former: PlannedRow) -> PlannedRow:
    """A row with those parts of its description that it says no more as they were: what is not said empties nothing."""
    if now.metric is not None and not now.metric.unit:
        now = replace(now, metric=replace(now.metric, unit=_unit(former)))
    if not now.co_owner_names:
        now = replace(now, co_owners=former.co_owners, co_owner_names=former.co_owner_names)
    return now if now.description else replace(now, description=former.description)
