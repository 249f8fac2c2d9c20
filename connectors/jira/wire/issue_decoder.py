"""Page bytes to mirrored issues: typed, exactly the fields asked for, and parts that repeat are built once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, TypeVar

import msgspec

from connectors import typed_json
from connectors.jira.http.errors import IncompleteRead
from connectors.jira.http.transport import JiraReply
from connectors.jira.wire.damage import DamagedIssue, UnreadableIssue, parse_leniently, remains
from connectors.jira.wire.instant import instant
from connectors.jira.wire.shapes import (
    CORE_SHAPES,
    OMISSIBLE,
    IssuePage,
    WireIssueType,
    WireLink,
    WireProject,
    WireStatus,
    WireUser,
    WireValue,
    core_fields,
    fields_shape,
    page_shape,
)
from mappings.facts.app_field import app_field_id
from mappings.facts.entity_property import property_id, property_key
from mappings.facts.gap import Gap
from mappings.facts.issue import (
    PARENT,
    STATUS_CATEGORY,
    Issue,
    IssueType,
    JiraValue,
    Link,
    Project,
    Status,
    User,
)
from mappings.fields.field_type import ShapeError
from mappings.fields.parent_link import parent_key

W = TypeVar("W", bound=Hashable)
D = TypeVar("D")

MOST_INTERNED = 50_000
MOST_PROPERTIES = 5
"""Entity properties that Cloud gives with an issue of a search or a bulk read."""
NONE: frozenset[str] = frozenset()
CATEGORIES = frozenset({"new", "indeterminate", "done"})


class InternTable(dict[W, D]):
    """Builds what repeats on every issue once; forgets everything when it has grown too large."""

    def __init__(self, build: Callable[[W], D]) -> None:
        super().__init__()
        self._build = build

    def __missing__(self, wire: W) -> D:
        if len(self) >= MOST_INTERNED:
            self.clear()
        built = self[wire] = self._build(wire)
        return built


@dataclass(frozen=True, slots=True)
class DecodedIssues:
    """Decoded issues, and what the answer said beside them. `parent_keys` are parents known by key only (issue id → key).

    `gaps` are issues that the answer lists and that cannot be read; `names` tells apart all that it lists, in their order: ids, or
    what is known instead.
    """

    issues: tuple[Issue, ...]
    parent_keys: dict[str, str]
    answer: IssuePage
    gaps: tuple[Gap, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def keys(self) -> dict[str, str]:
        """Ids by key, among which parents may be; none where no parent is known by its key only."""
        return {issue.key: issue.id for issue in self.issues} if self.parent_keys else {}


class IssueDecoder:
    """Decodes every answer that lists issues, for one set of fields. Thread-safe; kept per set by `decoder_for`."""

    def __init__(self, own: tuple[str, ...], parent_fields: tuple[str, ...], keyed: bool = False) -> None:
        self.properties = tuple(key for name in own if (key := property_key(name)) is not None)
        if len(self.properties) > MOST_PROPERTIES:
            raise ValueError(f"Jira shows at most {MOST_PROPERTIES} entity properties: {self.properties}")
        by_app = {id_: name for name in own if (id_ := app_field_id(name)) is not None}
        own = tuple(name for name in own if ":" not in name)  # what else is known of an issue is no field
        self._plain = frozenset(own) & frozenset(core_fields())
        held = tuple(
            name for name in dict.fromkeys((*own, *by_app, *parent_fields)) if name not in self._plain
        )
        self.asked = (*core_fields(), *held)
        self._held_fields = held
        self._keyed = keyed or bool(parent_fields)
        self._told_by_key = frozenset(() if keyed else map(property_id, self.properties))
        """Ids of the properties that an answer has to say something of, be it that there are none."""
        self._own = tuple((name if name in self._plain else f"x{held.index(name)}", name) for name in own)
        self._own += tuple((f"x{held.index(id_)}", name) for id_, name in by_app.items())
        own_names = tuple((at, name) for at, name in self._own if at != name)
        self._omissible = (*((name, name) for name in OMISSIBLE), *own_names)
        self._parent_fields = parent_fields
        self._parents = tuple(f"x{held.index(name)}" for name in parent_fields)
        self._page = page_shape(fields_shape(held, self._plain), bool(self.properties))
        self._pages: msgspec.json.Decoder[Any] = typed_json.decoder(self._page)
        self._projects: InternTable[WireProject, Project] = InternTable(
            lambda wire: Project(wire.id, wire.key, wire.name)
        )
        self._types: InternTable[WireIssueType, IssueType] = InternTable(_issue_type)
        self._statuses: InternTable[WireStatus, Status] = InternTable(_status)
        self._named: InternTable[WireValue, JiraValue] = InternTable(
            lambda wire: JiraValue(wire.id, wire.name)
        )
        self._users: InternTable[WireUser, User | None] = InternTable(_user)
        self._texts: InternTable[tuple[str, ...], tuple[str, ...]] = InternTable(lambda texts: texts)
        self._absences: InternTable[tuple[str, ...], frozenset[str]] = InternTable(frozenset)

    @property
    def wanted(self) -> dict[str, list[str]]:
        """What a request on Cloud has to name: `fields`, and `properties` where there are any."""
        properties = {"properties": list(self.properties)} if self.properties else {}
        return {"fields": list(self.asked), **properties}

    def decode(self, reply: JiraReply) -> DecodedIssues:
        """The issues of an answer, and those of them that cannot be read; raises IncompleteRead where the answer itself is torn."""
        parent_keys: dict[str, str] = {}
        try:
            answer = self._pages.decode(reply.body)
            issues = tuple([self._sound(wire, parent_keys) for wire in answer.issues])
        except (msgspec.DecodeError, ValueError, OverflowError, RecursionError):
            return self._one_by_one(reply.body)
        answer.issues = []
        return DecodedIssues(issues, parent_keys, answer, names=tuple([issue.id for issue in issues]))

    def _one_by_one(self, body: bytes) -> DecodedIssues:
        """The same where something in the answer is damaged: each issue by itself."""
        found = parse_leniently(body)
        try:
            answer = typed_json.convert({**found, "issues": []}, self._page)
        except msgspec.ValidationError as error:
            raise IncompleteRead(f"Jira's answer cannot be read: {typed_json.reason(error)}.") from None
        parent_keys: dict[str, str] = {}
        issues: list[Issue] = []
        gaps: list[Gap] = []
        names: list[str] = []
        for raw in found["issues"]:
            try:
                left = remains(raw, self._parent_fields)
                issues.append(self._damaged(left, parent_keys))
                names.append(left.id)
            except UnreadableIssue as error:
                gaps.append(error.gap)
                names.append(error.gap.issue_id or error.gap.issue_key or f"nameless {str(raw)[:200]}")
        return DecodedIssues(
            issues=tuple(issues),
            parent_keys=parent_keys,
            answer=answer,
            gaps=tuple(gaps),
            names=tuple(names),
        )

    def _sound(self, wire: Any, parent_keys: dict[str, str]) -> Issue:
        fields = self._typed(wire.fields)
        properties = wire.properties if self.properties else None
        issue = self._issue(wire.id, wire.key, fields, self._held(wire.fields, properties), parent_keys)
        return self._unsaid(issue, properties)

    def _damaged(self, left: DamagedIssue, parent_keys: dict[str, str]) -> Issue:
        plain = {f"x{at}": left.plain.get(name, msgspec.UNSET) for at, name in enumerate(self._held_fields)}
        core = {name: left.plain.get(name, msgspec.UNSET) for name in self._plain}
        as_it_came = SimpleNamespace(**plain, **core)
        typed = SimpleNamespace(**plain, **left.core)
        properties = left.properties if isinstance(left.properties, dict) else None
        try:
            issue = self._issue(left.id, left.key, typed, self._held(as_it_came, properties), parent_keys)
        except ShapeError as error:
            raise UnreadableIssue(
                Gap(left.id, left.key, f"Its parent cannot be read: {error}.", field="parent")
            ) from None
        issue = self._unsaid(issue, properties)
        return replace(issue, unknowns=left.unknowns) if left.unknowns else issue

    def _unsaid(self, issue: Issue, properties: Mapping[str, object] | None) -> Issue:
        """The issue with the entity properties of which the answer says nothing at all among what is absent."""
        if properties is not None or not self._told_by_key:
            return issue
        return replace(issue, absent=issue.absent | self._told_by_key)

    def _absent(self, fields: Any) -> frozenset[str]:
        """Which of the fields asked for are not in the answer at all."""
        absent = [name for at, name in self._omissible if getattr(fields, at) is msgspec.UNSET]
        if self._lacks_parent(fields):
            absent.append(PARENT)
        if fields.status.status_category is None:
            absent.append(STATUS_CATEGORY)
        return self._absences[tuple(absent)] if absent else NONE

    def _lacks_parent(self, fields: Any) -> bool:
        """Whether an answer says nothing of a parent where it would have to: a sub-task has one always, and Epic Link is there if empty.

        Of every other issue Jira leaves the key `parent` out where there is none.
        """
        if fields.parent is not None:
            return False
        if self._types[fields.issuetype].level < 0:
            return True
        return self._keyed and all(getattr(fields, at) is msgspec.UNSET for at in self._parents)

    def _issue(
        self, id_: str, key: str, f: Any, held: dict[str, object], parent_keys: dict[str, str]
    ) -> Issue:
        parent_id = f.parent.id if f.parent is not None else None
        if parent_id is None and self._parents:
            self._note_parent(id_, f, parent_keys)
        return Issue(
            id_,
            key,
            self._projects[f.project],
            self._types[f.issuetype],
            self._statuses[f.status],
            instant(f.created),
            instant(f.updated),
            f.summary or "",
            self._named[f.resolution] if f.resolution else None,
            self._named[f.priority] if f.priority else None,
            parent_id,
            self._texts[tuple(f.labels)] if f.labels else (),
            self._names(f.components),
            self._names(f.fixVersions),
            self._names(f.versions),
            self._users[f.assignee] if f.assignee else None,
            self._users[f.reporter] if f.reporter else None,
            self._users[f.creator] if f.creator else None,
            date.fromisoformat(f.duedate) if f.duedate else None,
            instant(f.resolutiondate) if f.resolutiondate else None,
            instant(f.statuscategorychangedate) if f.statuscategorychangedate else None,
            _links(f.issuelinks) if f.issuelinks else (),
            held,
            absent=self._absent(f),
            archived=bool(f.archiveddate) or f.project.archived,
        )

    def _held(self, fields: Any, properties: Mapping[str, Any] | None) -> dict[str, object]:
        """The values of the mapped fields, and of the properties asked for."""
        held = {
            name: value
            for at, name in self._own
            if (value := getattr(fields, at)) is not None and value is not msgspec.UNSET
        }
        if self.properties:
            held |= held_properties(self.properties, properties)
        return held

    def _typed(self, fields: Any) -> Any:
        """The fields with those core ones typed that were left as plain JSON because the mapping names them."""
        if not self._plain:
            return fields
        raw = {name: getattr(fields, name) for name in self._plain}
        typed = {
            name: value if value is msgspec.UNSET else typed_json.convert(value, CORE_SHAPES[name])
            for name, value in raw.items()
        }
        return msgspec.structs.replace(fields, **typed)

    def _names(self, wires: Sequence[WireValue] | None) -> tuple[JiraValue, ...]:
        return tuple([self._named[wire] for wire in wires]) if wires else ()

    def _note_parent(self, issue_id: str, fields: Any, parent_keys: dict[str, str]) -> None:
        """Epic Link and Parent Link hold the parent's key, or an object with it; raises ShapeError for what nobody knows there."""
        for attribute in self._parents:
            raw = getattr(fields, attribute)
            key = None if raw is msgspec.UNSET else parent_key(raw)
            if key is not None and "-" in key:
                parent_keys[issue_id] = key
                return


def held_properties(keys: Iterable[str], found: Mapping[str, Any] | None) -> dict[str, object]:
    """The values of these properties as the mirror keeps them, among the fields; what is not there is left out."""
    there = found or {}
    return {property_id(key): there[key] for key in keys if there.get(key) is not None}


def decoder_for(
    field_ids: Iterable[str], parent_fields: Iterable[str] = (), *, keyed: bool = False
) -> IssueDecoder:
    """The decoder for these fields beside the core ones, kept for the next call with the same set.

    The core ones may be listed once without effect; one that is named besides is kept in `Issue.fields` as well. An id
    `property:<key>` asks for an entity property; a search on Data Center shows none. `keyed`: parents are named by fields of their
    own here, as on Data Center, even where none of these fields can be found any more.
    """
    named = Counter(field_ids)
    core = core_fields()
    own = named - Counter(core) if all(name in named for name in core) else named
    return _decoder(tuple(sorted(own)), tuple(sorted(set(parent_fields))), keyed)


@lru_cache(maxsize=32)
def _decoder(own: tuple[str, ...], parent_fields: tuple[str, ...], keyed: bool) -> IssueDecoder:
    return IssueDecoder(own, parent_fields, keyed)


def status_category(key: str | None) -> str | None:
    """The category key, None for `undefined` and for whatever Jira may invent."""
    return key if key in CATEGORIES else None


def user_of(account_id: str | None, name: str | None, display: str | None, email: str | None) -> User | None:
    """A person; None where Jira names neither accountId nor user name (anonymous, erased)."""
    known = account_id or name
    return User(known, display or known, email) if known else None


def _user(wire: WireUser) -> User | None:
    return user_of(wire.account_id, wire.name or wire.key, wire.display_name, wire.email_address)


def _status(wire: WireStatus) -> Status:
    return Status(
        wire.id, wire.name, status_category(wire.status_category.key if wire.status_category else None)
    )


def _issue_type(wire: WireIssueType) -> IssueType:
    level = wire.hierarchy_level
    return IssueType(wire.id, wire.name, level if level is not None else -1 if wire.subtask else 0)


def _links(wires: Iterable[WireLink]) -> tuple[Link, ...]:
    links = []
    for wire in wires:
        if wire.outward_issue is not None:
            links.append(
                Link(wire.type.id, wire.type.name, wire.type.outward, wire.outward_issue.id, outward=True)
            )
        elif wire.inward_issue is not None:
            links.append(
                Link(wire.type.id, wire.type.name, wire.type.inward, wire.inward_issue.id, outward=False)
            )
    return tuple(links)
