"""The facts of one Jira issue, as the mirror keeps them. Holds no rules: what they mean is decided elsewhere.

Identity is the issue *id*: a move changes the key and keeps the id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from fractions import Fraction

from mappings.facts.moment import day_in


@dataclass(frozen=True, slots=True)
class JiraValue:
    """Anything of Jira that has an id and a (translatable) name: resolution, priority, version, component, option."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Project:
    """A project; the key may change, the id does not."""

    id: str
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class IssueType:
    """An issue type; `level` is Jira's hierarchyLevel: -1 sub-task, 0 base, 1 epic, 2 and more above."""

    id: str
    name: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """A status; `category` is the category *key* (`new`, `indeterminate`, `done`), None where Jira says `undefined`."""

    id: str
    name: str
    category: str | None


@dataclass(frozen=True, slots=True)
class User:
    """A person; `id` is the accountId on Cloud and the user name on Data Center."""

    id: str
    name: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One issue link as read from this issue: "this issue <phrase> the other issue"."""

    type_id: str
    type_name: str
    phrase: str
    issue_id: str
    outward: bool | None = None
    """Whether it is read outward; None where that was not kept when the issue was read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One value a field had from `at` on; None is a field that was cleared."""

    at: datetime
    value: Fraction | None


WHOLE = ""
"""Among the unknowns of an issue: it cannot be read at all, and a person accepted that."""
DUE = "duedate"
"""Jira's own due date. What `fields` holds of it is of the last reading, also where the issue is looked at as it was."""
PARENT = "parent"
"""Among what is absent: the fields that name the parent on Data Center."""
STATUS_CATEGORY = "statusCategory"
"""Among what is absent: the category of the status."""
HISTORY = "changelog"
"""Among the unknowns of an issue: its history cannot be had."""


@dataclass(frozen=True, slots=True)
class Issue:
    """The mirrored facts of one issue. All datetimes are aware; `fields` holds raw JSON values by field id.

    `unknowns` names the fields of which Jira holds something that cannot be used, with the reason: they are empty here. HISTORY
    and WHOLE may be among them. `absent` are fields that the answer left out altogether, which is not the same as empty: it is a
    fact of the reading, not of the issue, and is not kept. An `archived` issue is gone from searches and can only be read.
    `history_at` is the `updated` up to which `readings` are whole, None where nobody knows, and `history_names` up to which former name
    of fields they were read by; both are no facts of the issue either.
    """

    id: str
    key: str
    project: Project
    type: IssueType
    status: Status
    created: datetime
    updated: datetime
    summary: str = ""
    resolution: JiraValue | None = None
    priority: JiraValue | None = None
    parent_id: str | None = None
    labels: tuple[str, ...] = ()
    components: tuple[JiraValue, ...] = ()
    fix_versions: tuple[JiraValue, ...] = ()
    affects_versions: tuple[JiraValue, ...] = ()
    assignee: User | None = None
    reporter: User | None = None
    creator: User | None = None
    due: date | None = None
    resolved: datetime | None = None
    status_changed: datetime | None = None
    links: tuple[Link, ...] = ()
    fields: Mapping[str, object] = field(default_factory=dict)
    readings: Mapping[str, tuple[Reading, ...]] = field(default_factory=dict)
    unknowns: Mapping[str, str] = field(default_factory=dict)
    absent: frozenset[str] = field(default=frozenset(), compare=False)
    archived: bool = False
    history_at: datetime | None = field(default=None, compare=False)
    history_names: int = field(default=0, compare=False)

    @property
    def unusable(self) -> str:
        """What Jira holds of it that cannot be used, with the reasons; empty where everything can be. A history is told where it is missed."""
        if not self.unknowns:
            return ""
        return "; ".join(
            said.removesuffix(".") for name, said in self.unknowns.items() if name not in (WHOLE, HISTORY)
        )

    def day(self, field_id: str, zone: tzinfo) -> date | None:
        """The calendar day that a date field of it means in a zone, or None."""
        return self.due if field_id == DUE else day_in(self.fields.get(field_id), zone)

    @property
    def gap(self) -> str:
        """Why the issue cannot be read; empty where it can. What it holds is as it was read last."""
        return self.unknowns.get(WHOLE, "")
