"""The fields JQL may ask for here, what each can be asked, and how its name is found. A new field is a line in SYSTEM."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from mappings.document.names import NameKind
from mappings.facts.issue import Issue, JiraValue
from mappings.jql.compilation import Compilation, Verdict, always
from mappings.jql.fields import (
    amounts,
    instants,
    issues,
    named_values,
    people,
    texts,
    unlisted_values,
    versions,
)
from mappings.jql.text.tree import FunctionCall, JqlValue

Among = Callable[[Compilation, Sequence[JqlValue | FunctionCall]], Verdict]
Compare = Callable[[Compilation, str, JqlValue | FunctionCall], Verdict]
Matches = Callable[[Compilation, JqlValue | FunctionCall], Verdict]
Rank = Callable[[Issue], object]
Shown = Callable[[Issue], object]

EQUALITY = ("=", "!=", "in", "not in")
EMPTINESS = ("is", "is not")
ORDER = ("<", "<=", ">", ">=")
TEXT = ("~", "!~")


@dataclass(frozen=True, slots=True)
class JqlField:
    """One field: its names (the first is how it is called), and how it is asked.

    `present` says whether an issue has a value at all; `among`, `compare` and `matches` are None where Jira has no
    such operators for the field. `rank` is what ORDER BY sorts by; None sorts as EMPTY. `reads` are raw field ids.
    `empty_words` are values that stand for EMPTY. `may_be_empty` is false where Jira refuses to ask for EMPTY. `one_way` says that it has no `!~`, `linked` that it is asked of the links of an issue. `shown` is what an issue holds, for a person who asks
    why a condition holds or not; None where that is no single thing.
    """

    names: tuple[str, ...]
    present: Verdict
    among: Among | None = None
    compare: Compare | None = None
    matches: Matches | None = None
    rank: Rank | None = None
    shown: Shown | None = None
    reads: tuple[str, ...] = ()
    empty_words: tuple[str, ...] = ()
    may_be_empty: bool = True
    one_way: bool = False
    linked: bool = False

    @property
    def name(self) -> str:
        """How the field is called."""
        return self.names[0]

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators that the field may be asked with."""
        equality = EQUALITY if self.among else ()
        order = ORDER if self.compare else ()
        text = (TEXT[:1] if self.one_way else TEXT) if self.matches else ()
        return (*equality, *order, *text, *(EMPTINESS if self.may_be_empty else ()))


def _person(name: str) -> JqlField:
    return JqlField(
        (name,),
        named_values.attribute_presence(name),
        people.person_among(name),
        rank=_name_of(name),
        shown=attrgetter(name),
    )


def _datetime(names: tuple[str, ...], attribute: str) -> JqlField:
    read = attrgetter(attribute)
    among, compare = instants.datetimes_among(read), instants.datetimes_compare(read)
    return JqlField(names, named_values.attribute_presence(attribute), among, compare, rank=read, shown=read)


def _work(names: tuple[str, ...], field_id: str) -> JqlField:
    read = amounts.work(field_id)
    return JqlField(
        names,
        lambda issue, _: read(issue) is not None,
        amounts.amounts_among(read, amounts.work_said),
        amounts.amounts_compare(read, amounts.work_said),
        rank=read,
        shown=lambda issue: amounts.work_text(read(issue)),
        reads=(field_id,),
    )


def _several(
    names: tuple[str, ...],
    what: NameKind,
    attribute: str,
    known: Callable[[Compilation], Sequence[JiraValue]],
) -> JqlField:
    among = named_values.several_among(what, attribute, known)
    rank, shown = _first_name(attribute), attrgetter(attribute)
    return JqlField(names, named_values.attribute_presence(attribute), among, rank=rank, shown=shown)


def _versions(names: tuple[str, ...], attribute: str, field_id: str) -> JqlField:
    return JqlField(
        names,
        named_values.attribute_presence(attribute),
        among=versions.versions_among(attribute, field_id),
        compare=versions.versions_compare(attribute),
        matches=versions.version_matches(attribute),
        rank=_first_name(attribute),
        shown=attrgetter(attribute),
    )


def _raw_text(name: str) -> JqlField:
    read = _raw_reader(name)
    return JqlField(
        (name,),
        lambda i, _: bool(read(i)),
        matches=texts.text_matches(read),
        rank=lambda issue: read(issue) or None,
        shown=read,
        reads=(name,),
    )


def _raw_reader(field_id: str) -> Callable[[Issue], str]:
    return lambda issue: texts.plain_text(issue.fields.get(field_id))


def _name_of(attribute: str) -> Rank:
    read = attrgetter(attribute)
    return lambda issue: value.name.casefold() if (value := read(issue)) is not None else None


def _first_name(attribute: str) -> Rank:
    read = attrgetter(attribute)
    return lambda issue: min((one.name.casefold() for one in read(issue)), default=None)


def _key_rank(issue: Issue) -> object:
    key, _, number = issue.key.rpartition("-")
    return key, int(number) if number.isdecimal() else 0


_DUE = attrgetter("due")

SYSTEM = (
    JqlField(
        ("project", "space"),
        always,
        named_values.project_among,
        rank=attrgetter("project.key"),
        shown=attrgetter("project.key"),
    ),
    JqlField(
        ("category",),
        unlisted_values.has_category,
        unlisted_values.category_among,
        rank=lambda issue: (unlisted_values.category_name(issue) or "").casefold() or None,
        shown=unlisted_values.category_name,
        reads=(unlisted_values.PROJECT,),
    ),
    JqlField(
        ("issuekey", "key", "issue", "id", "workItem", "workItemKey"),
        always,
        issues.issue_among,
        issues.issue_compare,
        rank=_key_rank,
        shown=attrgetter("key"),
    ),
    JqlField(
        ("issuetype", "type", "workType"),
        always,
        named_values.type_among,
        rank=_name_of("type"),
        shown=attrgetter("type"),
    ),
    JqlField(
        ("hierarchyLevel",),
        always,
        amounts.amounts_among(amounts.level, amounts.level_said),
        amounts.amounts_compare(amounts.level, amounts.level_said),
        rank=amounts.level,
        shown=amounts.level,
    ),
    JqlField(
        ("status",), always, named_values.status_among, rank=_name_of("status"), shown=attrgetter("status")
    ),
    JqlField(
        ("statusCategory",),
        always,
        named_values.category_among,
        rank=attrgetter("status.category"),
        shown=named_values.category_shown,
    ),
    JqlField(
        ("resolution",),
        named_values.attribute_presence("resolution"),
        named_values.single_among(
            NameKind.RESOLUTION, "resolution", lambda compilation: compilation.catalogue.resolutions
        ),
        rank=_name_of("resolution"),
        shown=attrgetter("resolution"),
        empty_words=("unresolved",),
    ),
    JqlField(
        ("level",),
        unlisted_values.has_level,
        unlisted_values.level_among,
        rank=lambda issue: (unlisted_values.level_name(issue) or "").casefold() or None,
        shown=unlisted_values.level_name,
        reads=(unlisted_values.SECURITY,),
    ),
    JqlField(
        ("priority",),
        named_values.attribute_presence("priority"),
        named_values.single_among(
            NameKind.PRIORITY, "priority", lambda compilation: compilation.catalogue.priorities
        ),
        named_values.priority_compare,
        rank=_name_of("priority"),
        shown=attrgetter("priority"),
    ),
    JqlField(
        ("parent",),
        named_values.attribute_presence("parent_id"),
        issues.parent_among,
        rank=attrgetter("parent_id"),
        shown=issues.parent_shown,
    ),
    JqlField(
        ("labels",),
        named_values.attribute_presence("labels"),
        named_values.labels_among,
        rank=lambda issue: min((label.casefold() for label in issue.labels), default=None),
        shown=attrgetter("labels"),
    ),
    _several(
        ("component",), NameKind.COMPONENT, "components", lambda compilation: compilation.catalogue.components
    ),
    _versions(("fixVersion",), "fix_versions", "fixVersions"),
    _versions(("affectedVersion",), "affects_versions", "versions"),
    JqlField(
        ("issueLinkType",),
        named_values.attribute_presence("links"),
        named_values.links_among,
        linked=True,
        shown=lambda issue: tuple(link.phrase for link in issue.links),
    ),
    _person("assignee"),
    _person("reporter"),
    _person("creator"),
    _datetime(("created", "createdDate"), "created"),
    _datetime(("updated", "updatedDate"), "updated"),
    JqlField(
        ("due", "dueDate"),
        named_values.attribute_presence("due"),
        instants.days_among(_DUE),
        instants.days_compare(_DUE),
        rank=_DUE,
        shown=_DUE,
    ),
    _datetime(("resolved", "resolutionDate"), "resolved"),
    _datetime(("statusCategoryChangedDate",), "status_changed"),
    _work(("originalEstimate", "timeOriginalEstimate"), "timeoriginalestimate"),
    _work(("remainingEstimate", "timeEstimate"), "timeestimate"),
    _work(("timeSpent",), "timespent"),
    JqlField(
        ("summary",),
        named_values.attribute_presence("summary"),
        matches=texts.text_matches(attrgetter("summary")),
        rank=attrgetter("summary"),
        shown=attrgetter("summary"),
    ),
    _raw_text("description"),
    _raw_text("environment"),
    JqlField(
        ("text",),
        always,
        matches=texts.matches_everywhere,
        may_be_empty=False,
        one_way=True,
    ),
)
BY_NAME = {name.lower(): field for field in SYSTEM for name in field.names}

UNSUPPORTED = {
    "approvals": "approvals are not kept here",
    "attachments": "attachments are not kept here",
    "comment": "comments are not kept here",
    "development": "development data is not kept here",
    "filter": "write the JQL of the filter itself",
    "issue.property": "issue properties are not kept here; use a field",
    "linkedIssue": "use a relation by link in the mapping",
    "linkedWorkItem": "use a relation by link in the mapping",
    "lastViewed": "what a person has looked at is not kept here",
    "request-channel-type": "service requests are not kept here",
    "voter": "votes are not kept here",
    "votes": "votes are not kept here",
    "watcher": "watchers are not kept here",
    "watchers": "watchers are not kept here",
    "workRatio": "work logs are not kept here",
    "worklogAuthor": "work logs are not kept here",
    "worklogComment": "work logs are not kept here",
    "worklogDate": "work logs are not kept here",
}
UNSUPPORTED_BY_NAME = {name.lower(): (name, remedy) for name, remedy in UNSUPPORTED.items()}
