"""How the sandbox site is configured: fields, statuses, issue types, projects, link types, accounts. Plain values, no state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mappings.facts.issue import IssueType, JiraValue, Project, Status

CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes:"
POINTS, SPRINT = "customfield_10016", "customfield_10020"
EPIC_LINK, PARENT_LINK, STORY_POINTS = "customfield_10014", "customfield_10013", "customfield_10026"
KR_START, KR_CURRENT, KR_TARGET = "customfield_10051", "customfield_10052", "customfield_10053"
KR_WEIGHT, KR_QUERY = "customfield_10054", "customfield_10055"
OKR_PROGRESS, OKR_HEALTH, OKR_SUMMARY, OKR_NOTES = (
    "customfield_10060",
    "customfield_10061",
    "customfield_10062",
    "customfield_10063",
)
POINTS_DONE, POINTS_TOTAL = "customfield_10064", "customfield_10065"
GOALS = "customfield_10030"


DEFAULT_SCREEN, OWN_SCREEN = "1", "10010"
"""Jira's default screen, and that of a project which has one of its own."""


@dataclass(frozen=True, slots=True)
class ContextDef:
    """One context of a select field: the options of the issues of these types in these projects, each of all where none are named."""

    options: tuple[JiraValue, ...]
    projects: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()

    def holds(self, project_key: str, type_name: str) -> bool:
        """Whether issues of this type in this project are of it."""
        return (not self.projects or project_key in self.projects) and (
            not self.types or type_name in self.types
        )


@dataclass(frozen=True, slots=True)
class FieldDef:
    """One field of the site. `projects` are those that have it: empty for every project; `writable` says whether an edit screen can hold it.

    `options` are those of its default context; `contexts` have options of their own for some projects and types.
    """

    id: str
    name: str
    type: str
    items: str = ""
    custom: str = ""
    clauses: tuple[str, ...] = ()
    options: tuple[JiraValue, ...] = ()
    projects: frozenset[str] = frozenset()
    writable: bool = True
    contexts: tuple[ContextDef, ...] = ()
    description: str = ""

    @property
    def is_custom(self) -> bool:
        return bool(self.custom)

    @property
    def every_option(self) -> tuple[JiraValue, ...]:
        """The options of all contexts: what JQL finds by name."""
        return (*self.options, *(option for one in self.contexts for option in one.options))

    def options_of(self, project_key: str, type_name: str) -> tuple[JiraValue, ...]:
        """What issues of this type in this project can hold."""
        own = (one.options for one in self.contexts if one.holds(project_key, type_name))
        return next(own, self.options)

    def covers(self, project_key: str) -> bool:
        """Whether the field's context holds this project."""
        return not self.projects or project_key in self.projects


@dataclass(frozen=True, slots=True)
class ProjectDef:
    """One project: the statuses of its workflow in board order, and per issue type name ("*" for all) what its screens leave out.

    `required` are fields that have to be filled where an issue of a type is made; `without` are types that the project does not have.
    `screen` is the one by which its issues are edited, empty where its team manages the project.
    `category` is that of the project, of which Jira says nothing where there is none.
    """

    project: Project
    statuses: tuple[Status, ...]
    off_screen: Mapping[str, frozenset[str]] = field(default_factory=dict)
    required: Mapping[str, frozenset[str]] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    screen: str = DEFAULT_SCREEN
    category: JiraValue | None = None

    def hides(self, field_id: str, type_name: str) -> bool:
        """Whether the field is missing on the screens of this issue type."""
        hidden = self.off_screen.get("*", frozenset()) | self.off_screen.get(type_name, frozenset())
        return field_id in hidden


@dataclass(frozen=True, slots=True)
class LinkTypeDef:
    """An issue link type; the source of a link is the issue that "<outward>" the destination."""

    id: str
    name: str
    inward: str
    outward: str


@dataclass(frozen=True, slots=True)
class PersonalToken:
    """A personal access token as Data Center lists it to its owner; `expires` is milliseconds or text as Jira writes it, None for never."""

    name: str
    expires: str | int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A person or service. `grants` maps a project key ("*" for all) to project permissions; an administrator may do everything.

    `token` is an unscoped one, or on Data Center a personal access token; `scoped` holds the scopes of scoped ones by the token.
    """

    id: str
    name: str
    email: str
    token: str = field(default="", repr=False)
    administrator: bool = False
    grants: Mapping[str, frozenset[str]] = field(default_factory=dict)
    time_zone: str = "UTC"
    user_key: str = ""
    scoped: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)
    service: bool = False
    personal_tokens: tuple[PersonalToken, ...] = (PersonalToken("connector"),)

    def may(self, permission: str, project_key: str | None) -> bool:
        """Whether the account holds a permission, in a project or (None) in any project."""
        if self.administrator:
            return True
        if project_key is None:
            return any(permission in granted for granted in self.grants.values())
        both = self.grants.get("*", frozenset()) | self.grants.get(project_key, frozenset())
        return permission in both


TO_DO = Status("10000", "To Do", "new")
IN_PROGRESS = Status("3", "In Progress", "indeterminate")
IN_REVIEW = Status("10012", "In Review", "indeterminate")
DONE = Status("10001", "Done", "done")
STATUSES = (TO_DO, IN_PROGRESS, IN_REVIEW, DONE)

CATEGORIES: Mapping[str, tuple[int, str, str]] = {
    "undefined": (1, "No Category", "medium-gray"),
    "new": (2, "To Do", "blue-gray"),
    "indeterminate": (4, "In Progress", "yellow"),
    "done": (3, "Done", "green"),
}

EPIC = IssueType("10000", "Epic", 1)
STORY = IssueType("10001", "Story", 0)
TASK = IssueType("10002", "Task", 0)
SUBTASK = IssueType("10003", "Sub-task", -1)
BUG = IssueType("10004", "Bug", 0)
INITIATIVE = IssueType("10005", "Initiative", 2)
OBJECTIVE = IssueType("10006", "Objective", 1)
KEY_RESULT = IssueType("10007", "Key Result", 0)
ISSUE_TYPES = (EPIC, STORY, TASK, SUBTASK, BUG, INITIATIVE, OBJECTIVE, KEY_RESULT)

RESOLUTIONS = tuple(
    JiraValue(str(10000 + number), name)
    for number, name in enumerate(
        (
            "Done",
            "Won't Do",
            "Won't Fix",
            "Duplicate",
            "Cannot Reproduce",
            "Incomplete",
            "Declined",
            "Not Achieved",
        )
    )
)
PRIORITIES = tuple(
    JiraValue(str(number), name)
    for number, name in enumerate(("Highest", "High", "Medium", "Low", "Lowest"), start=1)
)
LINK_TYPES = (
    LinkTypeDef("10000", "Blocks", "is blocked by", "blocks"),
    LinkTypeDef("10001", "Relates", "relates to", "relates to"),
    LinkTypeDef("10010", "Contributes", "is contributed to by", "contributes to"),
    LinkTypeDef("10011", "Measures", "is measured by", "measures"),
)
HEALTH_OPTIONS = tuple(
    JiraValue(str(10100 + number), name)
    for number, name in enumerate(("Achieved", "On track", "At risk", "Off track", "Pending", "Unknown"))
)

PLAT = Project("10000", "PLAT", "Platform")
CORE = Project("10001", "CORE", "Core Robotics")
GROW = Project("10002", "GROW", "Growth")
PROJECTS = (
    ProjectDef(PLAT, (TO_DO, IN_PROGRESS, DONE), {"Key Result": frozenset({OKR_SUMMARY})}),
    ProjectDef(CORE, STATUSES, {"Key Result": frozenset({OKR_SUMMARY})}),
    ProjectDef(GROW, (TO_DO, IN_PROGRESS, DONE), {"*": frozenset({OKR_SUMMARY})}, screen=OWN_SCREEN),
)


def _system(
    field_id: str, name: str, kind: str, items: str = "", *clauses: str, writable: bool = True
) -> FieldDef:
    return FieldDef(
        id=field_id,
        name=name,
        type=kind,
        items=items,
        custom="",
        clauses=clauses or (field_id,),
        options=(),
        projects=frozenset(),
        writable=writable,
    )


SYSTEM_FIELDS = (
    _system("summary", "Summary", "string"),
    _system("issuetype", "Issue Type", "issuetype", "", "issuetype", "type"),
    _system("project", "Project", "project", writable=False),
    _system("parent", "Parent", "issuelink", "", "parent"),
    _system("status", "Status", "status", writable=False),
    _system("statusCategory", "Status Category", "statusCategory", "", "statusCategory", writable=False),
    _system(
        "statuscategorychangedate",
        "Status Category Changed",
        "datetime",
        "",
        "statusCategoryChangedDate",
        writable=False,
    ),
    _system("resolution", "Resolution", "resolution", writable=False),
    _system("resolutiondate", "Resolved", "datetime", "", "resolutiondate", "resolved", writable=False),
    _system("priority", "Priority", "priority"),
    _system("labels", "Labels", "array", "string"),
    _system("components", "Components", "array", "component", "component"),
    _system("fixVersions", "Fix versions", "array", "version", "fixVersion"),
    _system("versions", "Affects versions", "array", "version", "affectedVersion"),
    _system("assignee", "Assignee", "user"),
    _system("reporter", "Reporter", "user"),
    _system("creator", "Creator", "user", writable=False),
    _system("created", "Created", "datetime", "", "created", "createdDate", writable=False),
    _system("updated", "Updated", "datetime", "", "updated", "updatedDate", writable=False),
    _system("duedate", "Due date", "date", "", "due", "duedate"),
    _system("security", "Security Level", "securitylevel", "", "level", writable=False),
    _system("archiveddate", "Archived", "datetime", "", writable=False),
    _system("description", "Description", "string"),
    _system("issuelinks", "Linked Issues", "array", "issuelinks", "issueLink"),
    _system("subtasks", "Sub-tasks", "array", "issuelinks", "subtasks", writable=False),
    _system("comment", "Comment", "comments-page", "", "comment", writable=False),
    _system("timeoriginalestimate", "Original estimate", "number", writable=False),
)


def _custom(
    field_id: str, name: str, kind: str, widget: str, options: tuple[JiraValue, ...] = (), *projects: str
) -> FieldDef:
    number = field_id.removeprefix("customfield_")
    custom = widget if ":" in widget else CUSTOM + widget
    return FieldDef(
        id=field_id,
        name=name,
        type=kind,
        items="",
        custom=custom,
        clauses=(f"cf[{number}]", name),
        options=options,
        projects=frozenset(projects),
    )


CUSTOM_FIELDS = (
    _custom(POINTS, "Story point estimate", "number", "com.pyxis.greenhopper.jira:jsw-story-points"),
    _custom(STORY_POINTS, "Story Points", "number", "float", (), "CORE"),
    _custom(KR_START, "KR start", "number", "float"),
    _custom(KR_CURRENT, "KR current", "number", "float"),
    _custom(KR_TARGET, "KR target", "number", "float"),
    _custom(KR_WEIGHT, "KR weight", "number", "float"),
    _custom(KR_QUERY, "KR query", "string", "textfield"),
    _custom(OKR_PROGRESS, "OKR progress", "number", "float"),
    _custom(OKR_HEALTH, "OKR health", "option", "select", HEALTH_OPTIONS),
    _custom(OKR_SUMMARY, "OKR summary", "string", "textfield"),
    _custom(OKR_NOTES, "OKR notes", "string", "textarea"),
    _custom(POINTS_DONE, "Points done", "number", "float"),
    _custom(POINTS_TOTAL, "Points total", "number", "float"),
)
SPRINT_FIELD = FieldDef(
    id=SPRINT,
    name="Sprint",
    type="array",
    items="json",
    custom="com.pyxis.greenhopper.jira:gh-sprint",
    clauses=("cf[10020]", "Sprint"),
    writable=False,
)
GOALS_FIELD = FieldDef(
    id=GOALS,
    name="Goals",
    type="array",
    items="goal",
    custom=f"{CUSTOM}goals",
    clauses=("cf[10030]", "Goals"),
)
EPIC_LINK_FIELD = FieldDef(
    id=EPIC_LINK,
    name="Epic Link",
    type="any",
    items="",
    custom="com.pyxis.greenhopper.jira:gh-epic-link",
    clauses=("cf[10014]", "Epic Link"),
)
PARENT_LINK_FIELD = FieldDef(
    id=PARENT_LINK,
    name="Parent Link",
    type="any",
    items="",
    custom="com.atlassian.jpo:jpo-custom-field-parent",
    clauses=("cf[10013]", "Parent Link"),
)

_EVERYDAY = frozenset(
    {"BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "TRANSITION_ISSUES", "LINK_ISSUES", "ADD_COMMENTS"}
)
PERMISSIONS = (
    "ADMINISTER",
    "ADMINISTER_PROJECTS",
    "BULK_CHANGE",
    "DELETE_ISSUES",
    *sorted(_EVERYDAY),
)
_CLASSIC = frozenset({"read:jira-work", "write:jira-work", "read:jira-user"})
CONNECTOR = Account(
    "5f0a000000000000000000c0",
    "OKR Connector",
    "okr-connector@northwind.example",
    "sandbox-connector-token",
    administrator=True,
    user_key="JIRAUSER10000",
    scoped={"sandbox-scoped-token": _CLASSIC},
)
SERVICE = Account(
    "5f0a000000000000000000c1",
    "OKR Service Account",
    "okr-service@serviceaccount.northwind.example",
    grants={"*": _EVERYDAY | {"ADMINISTER_PROJECTS"}},
    user_key="JIRAUSER10001",
    scoped={"sandbox-service-token": _CLASSIC},
    service=True,
)
PEOPLE = tuple(
    Account(
        f"5f0a00000000000000000{number:03d}",
        name,
        f"{name.split()[0].lower()}@northwind.example",
        f"sandbox-{name.split()[0].lower()}-token",
        grants={"*": _EVERYDAY},
        user_key=f"JIRAUSER10{number}",
    )
    for number, name in enumerate(
        (
            "Ada Brandt",
            "Bruno Okafor",
            "Chiara Lindqvist",
            "Devi Raman",
            "Emil Novak",
            "Farah Haddad",
            "Goran Petrov",
            "Hana Sato",
        ),
        start=101,
    )
)
VIEWER = Account(
    "5f0a00000000000000000201",
    "Vera Reader",
    "vera@northwind.example",
    "sandbox-vera-token",
    grants={"PLAT": frozenset({"BROWSE_PROJECTS"}), "CORE": frozenset({"BROWSE_PROJECTS"})},
    user_key="JIRAUSER10201",
)
ACCOUNTS = (CONNECTOR, SERVICE, *PEOPLE, VIEWER)
ANONYMOUS = Account("", "Anonymous", "")
