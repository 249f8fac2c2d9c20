"""What carrying an objective forward does in Jira: fields that are set, issues that are copied, and rows that move below a copy. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mappings.facts.issue import IssueType, Project

Stood = Mapping[str, Mapping[str, str]]
"""By issue what stands in it as a person reads it, by field."""


@dataclass(frozen=True, slots=True)
class FieldWrite:
    """One field of one issue that is set once, or to which something is added. `value` is JSON, as Jira takes it; so is `former`, what it held before, None where that cannot be said again."""

    issue_id: str
    issue_key: str
    field_id: str
    name: str
    before: str
    after: str
    value: str
    adds: bool = False
    former: str | None = None


@dataclass(frozen=True, slots=True)
class CopiedLink:
    """A link of a copy to another issue: the copy says the outward phrase of its type, or the inward one. An `issue_id` that is copied itself means its copy."""

    type_id: str
    outward: bool
    issue_id: str


@dataclass(frozen=True, slots=True)
class IssueCopy:
    """An issue that is made anew for the next cycle. `label` finds it again; `sets` are its fields, `mark` those that make the next cycle count and are set last.

    `left_out` names the fields that stay behind because what they hold cannot be said again. It stands below the copy of its objective (`below`), else below `parent_id`.
    """

    source_id: str
    source_key: str
    title: str
    project: Project
    type: IssueType
    label: str
    sets: tuple[FieldWrite, ...] = ()
    mark: tuple[FieldWrite, ...] = ()
    below: bool = False
    parent_id: str | None = None
    left_out: tuple[str, ...] = ()
    links: tuple[CopiedLink, ...] = ()


@dataclass(frozen=True, slots=True)
class RowMove:
    """An issue whose work goes on, and that belongs to the copy of its objective from then on: as its child, or by a link that the copy says of it."""

    issue_id: str
    issue_key: str
    title: str
    type: IssueType
    link: CopiedLink | None = None
