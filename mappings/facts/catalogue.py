"""What one Jira site knows by name and id: fields, statuses, types, projects, options. A plain value; reading it is not done here."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mappings.facts.goal import GoalBoard
from mappings.facts.issue import IssueType, JiraValue, Project, Status, User
from mappings.facts.moment import Weekday


@dataclass(frozen=True, slots=True)
class OptionContext:
    """The ids of the options that issues of one type in one project can hold in a select field; empty where none can be written there."""

    project_id: str
    type_id: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `type` is Jira's schema.type (`number`, `string`, `option`, `array`, …), `custom` its schema.custom key.

    `project_ids` is empty for a global field; else the projects whose (team-managed) scope holds it.
    `options` are the values of a select field where they are known, those of all its contexts: several may have one name. `contexts`
    say which of them belong where, as far as that is known, what was learnt first before the rest.
    """

    id: str
    name: str
    type: str = ""
    items: str = ""
    custom: str = ""
    clause_names: tuple[str, ...] = ()
    project_ids: tuple[str, ...] = ()
    options: tuple[JiraValue, ...] = ()
    contexts: tuple[OptionContext, ...] = ()

    def context_of(self, project_id: str, type_id: str) -> OptionContext | None:
        """What issues of this type in this project can hold; None where that is not known."""
        place = (project_id, type_id)
        return next((one for one in self.contexts if (one.project_id, one.type_id) == place), None)

    def within(self, project_id: str, type_id: str) -> Field:
        """The field as issues of this type in this project have it: with the options of their context, with all where that is not known."""
        own = self.context_of(project_id, type_id)
        if own is None or not own.options:
            return self
        return replace(self, options=tuple(one for one in self.options if one.id in own.options))


@dataclass(frozen=True, slots=True)
class LinkType:
    """An issue link type with its two phrases."""

    id: str
    name: str
    inward: str
    outward: str


@dataclass(frozen=True, slots=True)
class Version:
    """A version as its project lists it; `released` and `archived` None where Jira did not say it."""

    id: str
    name: str
    released: bool | None = None
    archived: bool | None = None


@dataclass(frozen=True, slots=True)
class ProjectVersions:
    """The versions of a project in its own order, the first before the second."""

    project_id: str
    versions: tuple[Version, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything a name in a mapping can be resolved against. Names may repeat; ids do not.

    Jira lists no components, versions, people and issues of a whole site: those that a mapping names are looked up one by one.
    An issue's name is its key. `week_starts` is the first day of the week for JQL. `goals` are asked for where a mapping writes to them, and None elsewhere.
    So is the order of versions, where JQL compares them: `version_orders` holds it of each project that was asked for.
    """

    fields: tuple[Field, ...] = ()
    statuses: tuple[Status, ...] = ()
    issue_types: tuple[IssueType, ...] = ()
    projects: tuple[Project, ...] = ()
    resolutions: tuple[JiraValue, ...] = ()
    priorities: tuple[JiraValue, ...] = ()
    link_types: tuple[LinkType, ...] = ()
    components: tuple[JiraValue, ...] = ()
    versions: tuple[JiraValue, ...] = ()
    people: tuple[User, ...] = ()
    issues: tuple[JiraValue, ...] = ()
    time_zone: str = "UTC"
    account_id: str | None = None
    goals: GoalBoard | None = None
    week_starts: Weekday = "sun"
    version_orders: tuple[ProjectVersions, ...] = ()

    def field(self, field_id: str) -> Field | None:
        """The field with this id, or None."""
        return next((field for field in self.fields if field.id == field_id), None)
