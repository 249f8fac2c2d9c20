"""The state of the sandbox site: issues with their histories, links and properties, and what the search index knows of them.

An issue is an immutable `Record`, replaced on every edit. The search index holds the records it has seen, so that it can lag.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.sandbox.goals.goal import GoalBook
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.scheme import Account, FieldDef, ProjectDef
from mappings.facts.issue import Issue, IssueType, JiraValue, Link, Project, Status, User

if TYPE_CHECKING:
    from connectors.sandbox.site_state.forge_apps import InstalledApp

Clock = Callable[[], datetime]
Json = dict[str, Any]
MILLISECOND = timedelta(milliseconds=1)
FIRST_LEVEL = 10_200
"""The id of the security level that was made first."""


@dataclass(frozen=True, slots=True)
class Record:
    """One version of one issue. `customs` holds values by field id: numbers, strings, ADF documents, `JiraValue` options."""

    id: str
    key: str
    project: Project
    type: IssueType
    status: Status
    summary: str
    created: datetime
    updated: datetime
    status_changed: datetime
    creator: User
    reporter: User | None = None
    assignee: User | None = None
    parent_id: str | None = None
    resolution: JiraValue | None = None
    resolved: datetime | None = None
    priority: JiraValue = scheme.PRIORITIES[2]
    labels: tuple[str, ...] = ()
    components: tuple[JiraValue, ...] = ()
    fix_versions: tuple[JiraValue, ...] = ()
    affects_versions: tuple[JiraValue, ...] = ()
    due: date | None = None
    description: Json | None = None
    customs: Mapping[str, Any] = field(default_factory=dict)
    cache: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ChangeItem:
    """One line of a changelog entry; `field_id` is None where Jira gives none (`Key`, `Workflow`)."""

    field: str
    field_id: str | None
    old: str | None
    old_text: str | None
    new: str | None
    new_text: str | None
    custom: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """One changelog entry."""

    id: str
    author: User
    created: datetime
    items: tuple[ChangeItem, ...]


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One issue link; `source` is the issue that "<outward phrase>" `destination`."""

    id: str
    type: scheme.LinkTypeDef
    source: str
    destination: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something a webhook may be told of. `record` is the issue as it was at that moment."""

    name: str
    at: datetime
    actor: User
    record: Record | None = None
    kind: str | None = None
    history: History | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


def person(account: Account) -> User:
    """The account as an issue's user."""
    return User(account.id, account.name, account.email)


class Sandbox:
    """The site. Every change goes through `commit`, under `lock`; listeners hear of each event in order.

    `garbage` is what an issue shows in place of some of its fields, by issue id; `forbidden` are issues behind a security level
    that no account has, `closed` projects (by id) that nobody may browse, `archived` issues that no search shows; a bulk read that
    names one of `unfetchable` is refused as a whole.
    """

    def __init__(self, clock: Clock, deployment: str = "cloud") -> None:
        self.clock = clock
        self.deployment = deployment
        self.lock = threading.RLock()
        self.projects: dict[str, ProjectDef] = {one.project.key: one for one in scheme.PROJECTS}
        self.fields: dict[str, FieldDef] = {one.id: one for one in self._field_list()}
        self.statuses: tuple[Status, ...] = scheme.STATUSES
        self.types: tuple[IssueType, ...] = scheme.ISSUE_TYPES
        self.resolutions: tuple[JiraValue, ...] = scheme.RESOLUTIONS
        self.closed: set[str] = set()
        self.archived: set[str] = set()
        self.accounts: dict[str, Account] = {one.id: one for one in scheme.ACCOUNTS}
        self.versions: dict[str, list[JiraValue]] = defaultdict(list)
        self.released: set[str] = set()
        self.components: dict[str, list[JiraValue]] = defaultdict(list)
        self.records: dict[str, Record] = {}
        self.ids_by_key: dict[str, str] = {}
        self.histories: dict[str, list[History]] = defaultdict(list)
        self.children: dict[str, set[str]] = defaultdict(set)
        self.links: dict[str, LinkRow] = {}
        self.links_of: dict[str, list[str]] = defaultdict(list)
        self.properties: dict[str, dict[str, Any]] = defaultdict(dict)
        self.comments: dict[str, list[Json]] = defaultdict(list)
        self.garbage: dict[str, Json] = {}
        self.forbidden: set[str] = set()
        self.groups: dict[str, frozenset[str]] = {}
        """By name, the ids of the accounts that are in it."""
        self.levels: dict[str, str] = {}
        """By issue, the group whose members its security level lets see it; nobody else does, administrators included."""
        self.level_ids: dict[str, str] = {}
        """Under which id the level that lets a group in is shown."""
        self.unfetchable: set[str] = set()
        self.remote_links: dict[str, dict[str, Json]] = defaultdict(dict)
        self.installed: list[InstalledApp] = []
        self.goals = GoalBook(clock, self.show_goals)
        self.listeners: list[Callable[[Event], None]] = []
        self.index: dict[str, Record] = {}
        self.index_version = 0
        self.search_lag = timedelta(0)
        self._waiting: deque[tuple[datetime, str]] = deque()
        self._counters: dict[str, int] = defaultdict(lambda: 10_000)
        self._key_numbers: dict[str, int] = defaultdict(int)

    def _field_list(self) -> Iterable[FieldDef]:
        yield from scheme.SYSTEM_FIELDS
        yield from scheme.CUSTOM_FIELDS
        cloud = self.deployment == "cloud"
        yield scheme.SPRINT_FIELD if cloud else replace(scheme.SPRINT_FIELD, items="string")
        if cloud:
            yield scheme.GOALS_FIELD
        if self.deployment == "datacenter":
            yield scheme.EPIC_LINK_FIELD
            yield scheme.PARENT_LINK_FIELD

    def adopt(self, other: Sandbox) -> None:
        """Take over the issues of another sandbox as they are now, which stays as it is: quicker than seeding again."""
        self.records = {one.id: replace(one, cache={}) for one in other.records.values()}
        self.index = dict(self.records)
        self.ids_by_key = dict(other.ids_by_key)
        self.links = dict(other.links)
        for name in ("histories", "versions", "components", "links_of"):
            getattr(self, name).update({key: list(found) for key, found in getattr(other, name).items()})
        self.children.update({key: set(found) for key, found in other.children.items()})
        self.goals.adopt(other.goals)
        self._counters.update(other._counters)
        self._key_numbers.update(other._key_numbers)

    # -- identity ---------------------------------------------------------------------------------------------

    def next_id(self, kind: str) -> str:
        """A fresh numeric id, as text, in one sequence per kind of thing."""
        self._counters[kind] += 1
        return str(self._counters[kind])

    def next_key(self, project_key: str) -> str:
        """The next issue key of a project."""
        self._key_numbers[project_key] += 1
        return f"{project_key}-{self._key_numbers[project_key]}"

    def find(self, id_or_key: str) -> Record | None:
        """An issue by id, by key, or by a key it had before a move."""
        found = self.records.get(id_or_key)
        if found is None:
            found = self.records.get(self.ids_by_key.get(id_or_key.upper(), ""))
        return found

    def may_browse(self, account: Account, project: Project) -> bool:
        """Whether the account sees a project; one that is closed is seen by nobody."""
        return project.id not in self.closed and account.may("BROWSE_PROJECTS", project.key)

    def shows(self, account: Account, record: Record) -> bool:
        """Whether the account sees an issue: its project, and no security level before it."""
        return self.is_let_in(account, record.id) and self.may_browse(account, record.project)

    def is_let_in(self, account: Account, issue_id: str) -> bool:
        """Whether no security level keeps the account from an issue."""
        if issue_id in self.forbidden:
            return False
        group = self.levels.get(issue_id)
        return group is None or account.id in self.groups.get(group, frozenset())

    def level_of(self, issue_id: str) -> JiraValue | None:
        """The security level of an issue, called as the group that it lets in; None where it has none."""
        group = self.levels.get(issue_id)
        if group is None:
            return None
        return JiraValue(self.level_ids[group], group)

    def account_of(self, user: User) -> Account | None:
        return self.accounts.get(user.id)

    def links_on(self, issue_id: str) -> list[LinkRow]:
        """The links of an issue, in the order of their making."""
        return [self.links[link_id] for link_id in self.links_of.get(issue_id, ())]

    # -- names ------------------------------------------------------------------------------------------------

    def named(self, record: Record) -> Record:
        """The record with the names that its status, type and resolution have now; their ids decide."""
        status = next(one for one in self.statuses if one.id == record.status.id)
        kind = next(one for one in self.types if one.id == record.type.id)
        solved = record.resolution and next(
            (one for one in self.resolutions if one.id == record.resolution.id), record.resolution
        )
        if (status, kind, solved) == (record.status, record.type, record.resolution):
            return record
        return replace(record, status=status, type=kind, resolution=solved, cache={})

    def name_anew(self) -> None:
        """After an administrator changed names or permissions: what was rendered or found before is forgotten."""
        for kept in (self.records, self.index):
            for issue_id, record in kept.items():
                kept[issue_id] = self.named(record)
                kept[issue_id].cache.clear()
        self.index_version += 1

    def rename_key(self, record: Record, project: Project, key: str) -> None:
        """An issue takes another key with its project; the old one goes on finding it, and `updated` stays."""
        for kept in (self.records, self.index):
            if record.id in kept:
                kept[record.id] = replace(kept[record.id], project=project, key=key, cache={})
        self.ids_by_key[key] = record.id

    def move_counters(self, key: str, new_key: str) -> None:
        """What is kept by project key is kept by another."""
        self._key_numbers[new_key] = self._key_numbers.pop(key, 0)
        self.versions[new_key] = self.versions.pop(key, [])
        self.components[new_key] = self.components.pop(key, [])

    # -- change -----------------------------------------------------------------------------------------------

    def add(self, record: Record, actor: User, *, announce: bool = True) -> Record:
        """Put a new issue into the site."""
        record = self.named(record)
        self.records[record.id] = record
        self.ids_by_key[record.key] = record.id
        if record.parent_id:
            self.children[record.parent_id].add(record.id)
            self._forget(record.parent_id)
        self._to_index(record.id)
        if announce:
            self.announce(
                Event(
                    name="jira:issue_created",
                    at=record.created,
                    actor=actor,
                    record=record,
                    kind="issue_created",
                )
            )
        return record

    def commit(
        self,
        record: Record,
        items: Iterable[ChangeItem],
        actor: User,
        kind: str = "issue_generic",
        *,
        at: datetime | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> Record:
        """Replace an issue by its next version, with one changelog entry and one event. Without a changed item nothing happens."""
        changed = tuple(items)
        old = self.records[record.id]
        if not changed:
            return old
        moment = max(at or self.clock(), old.updated + MILLISECOND)
        fresh = self.named(replace(record, updated=moment, cache={}))
        self._replace(old, fresh)
        history = History(self.next_id("history"), actor, moment, changed)
        self.histories[record.id].append(history)
        self.announce(
            Event(
                name="jira:issue_updated",
                at=moment,
                actor=actor,
                record=fresh,
                kind=kind,
                history=history,
                extra=extra or {},
            )
        )
        return fresh

    def show_goals(self, issue_id: str) -> None:
        """Let an issue show the goals that it is linked to by now: nobody is told, and it is no newer."""
        record = self.records.get(issue_id)
        if record is None or scheme.GOALS not in self.fields:
            return
        linked = tuple(JiraValue(one.ari, one.key) for one in self.goals.of_issue(issue_id))
        others = {name: value for name, value in record.customs.items() if name != scheme.GOALS}
        self.hold(replace(record, customs={**others, **({scheme.GOALS: linked} if linked else {})}))

    def hold(self, record: Record) -> None:
        """Replace an issue without a changelog entry: nobody is told, and it is no newer."""
        self._replace(self.records[record.id], self.named(replace(record, cache={})))

    def _replace(self, old: Record, fresh: Record) -> None:
        self.records[fresh.id] = fresh
        self.ids_by_key[fresh.key] = fresh.id
        if old.parent_id != fresh.parent_id:
            self._reparent(old.parent_id, fresh)
        for neighbour in self._neighbours(fresh):
            self._forget(neighbour)
        self._to_index(fresh.id)

    def _reparent(self, old_parent: str | None, fresh: Record) -> None:
        if old_parent:
            self.children[old_parent].discard(fresh.id)
            self._forget(old_parent)
        if fresh.parent_id:
            self.children[fresh.parent_id].add(fresh.id)

    def _neighbours(self, record: Record) -> Iterable[str]:
        yield from self.children.get(record.id, ())
        if record.parent_id:
            yield record.parent_id
        for row in self.links_on(record.id):
            yield row.source
            yield row.destination

    def _forget(self, issue_id: str) -> None:
        record = self.records.get(issue_id)
        if record is not None:
            record.cache.clear()

    def forbid(self, issue_id: str) -> None:
        """From now on no account sees the issue."""
        self.forbidden.add(issue_id)
        self.touch(issue_id)

    def pardon(self, issue_id: str) -> None:
        """Everybody sees the issue again."""
        self.forbidden.discard(issue_id)
        self.touch(issue_id)

    def secure(self, issue_id: str, group: str | None) -> None:
        """A security level lets members of one group see the issue; None takes the level away."""
        if group is None:
            self.levels.pop(issue_id, None)
        else:
            self.levels[issue_id] = group
            self.level_ids.setdefault(group, str(FIRST_LEVEL + len(self.level_ids)))
        self.touch(issue_id)

    def spoil(self, issue_id: str, **fields: Any) -> None:
        """From now on the issue shows these values, whatever is true; without any it shows the truth again."""
        self.garbage[issue_id] = fields
        self.touch(issue_id)

    def touch(self, issue_id: str) -> None:
        """Mark an issue as updated now, without a changelog entry of its own, and drop what was rendered of it."""
        old = self.records[issue_id]
        self._replace(old, replace(old, updated=max(self.clock(), old.updated + MILLISECOND), cache={}))

    def remove(self, issue_id: str, actor: User) -> None:
        """Delete an issue, then (as a second wave of events) its links; its sub-tasks must be gone before."""
        record = self.records[issue_id]
        self.announce(Event("jira:issue_deleted", self.clock(), actor, record))
        for neighbour in self._neighbours(record):
            self._forget(neighbour)
        for child in self.children.pop(issue_id, set()):
            orphan = self.records[child]
            self._replace(orphan, replace(orphan, parent_id=None, cache={}))
        if record.parent_id:
            self.children[record.parent_id].discard(issue_id)
        rows = self.links_on(issue_id)
        del self.records[issue_id]
        for row in rows:
            self.unlink(row.id, actor, secondary=True)
        self.ids_by_key = {key: one for key, one in self.ids_by_key.items() if one != issue_id}
        self._to_index(issue_id)

    def link(
        self, kind: scheme.LinkTypeDef, source: str, destination: str, actor: User, *, announce: bool = True
    ) -> LinkRow:
        """Join two issues: `source` "<outward>" `destination`. An equal link is not made twice."""
        for row in self.links_on(source):
            if (row.type.id, row.source, row.destination) == (kind.id, source, destination):
                return row
        row = LinkRow(self.next_id("link"), kind, source, destination)
        self.links[row.id] = row
        self.links_of[source].append(row.id)
        self.links_of[destination].append(row.id)
        self._link_changed(row, actor if announce else None, made=True)
        if announce:
            self.announce(Event("issuelink_created", self.clock(), actor, extra={"link": row}))
        return row

    def unlink(self, link_id: str, actor: User, *, secondary: bool = False) -> None:
        """Take a link away."""
        row = self.links.pop(link_id)
        self.links_of[row.source].remove(link_id)
        self.links_of[row.destination].remove(link_id)
        self._link_changed(row, None if secondary else actor, made=False)
        extra = {"link": row, "secondary": secondary}
        self.announce(Event("issuelink_deleted", self.clock(), actor, extra=extra))

    def _link_changed(self, row: LinkRow, actor: User | None, *, made: bool) -> None:
        """Both issues are newer, and their histories tell of it; not where a link goes with the issue at its other end, or came with it."""
        ends = (
            (row.source, row.type.outward, row.destination),
            (row.destination, row.type.inward, row.source),
        )
        for issue_id, phrase, other in ends:
            if issue_id not in self.records:
                continue
            self.touch(issue_id)
            if actor is not None:
                key = self.records[other].key
                gone, come = (None, key) if made else (key, None)
                text = f"This issue {phrase} {key}"
                item = ChangeItem(
                    field="Link",
                    field_id=None,
                    old=gone,
                    old_text=gone and text,
                    new=come,
                    new_text=come and text,
                )
                at = self.records[issue_id].updated
                self.histories[issue_id].append(History(self.next_id("history"), actor, at, (item,)))

    def announce(self, event: Event) -> None:
        """Tell the listeners."""
        for listener in self.listeners:
            listener(event)

    # -- the search index -------------------------------------------------------------------------------------

    def _to_index(self, issue_id: str) -> None:
        if self.search_lag:
            self._waiting.append((self.clock() + self.search_lag, issue_id))
        else:
            self._index_now(issue_id)

    def _index_now(self, issue_id: str) -> None:
        record = self.records.get(issue_id)
        if record is None:
            self.index.pop(issue_id, None)
        else:
            self.index[issue_id] = record
        self.index_version += 1

    def catch_up(self, *, everything: bool = False) -> None:
        """Let the index see what it is due to see by now; `everything` ends the lag at once."""
        now = self.clock()
        while self._waiting and (everything or self._waiting[0][0] <= now):
            self._index_now(self._waiting.popleft()[1])

    # -- conversion -------------------------------------------------------------------------------------------

    def issue(self, record: Record) -> Issue:
        """The record as the domain knows an issue; kept with the record."""
        found: Issue | None = record.cache.get("issue")
        if found is None:
            found = record.cache["issue"] = self._issue(record)
        return found

    def _issue(self, record: Record) -> Issue:
        return Issue(
            id=record.id,
            key=record.key,
            project=record.project,
            type=record.type,
            status=record.status,
            created=record.created,
            updated=record.updated,
            summary=record.summary,
            resolution=record.resolution,
            priority=record.priority,
            parent_id=record.parent_id if self.deployment == "cloud" or record.type.level < 0 else None,
            labels=record.labels,
            components=record.components,
            fix_versions=record.fix_versions,
            affects_versions=record.affects_versions,
            assignee=record.assignee,
            reporter=record.reporter,
            creator=record.creator,
            due=record.due,
            resolved=record.resolved,
            status_changed=record.status_changed,
            links=tuple(self._links(record)),
            fields={name: _plain(value) for name, value in record.customs.items()}
            | self._hierarchy(record)
            | self._project(record)
            | self._security(record)
            | self._versions(record),
        )

    def category_of(self, project: Project) -> JiraValue | None:
        """The category of a project; None where it has none."""
        known = self.projects.get(project.key)
        return known.category if known is not None else None

    def categorise(self, project_key: str, category: JiraValue | None) -> None:
        """Put a project into a category, or into none; no event tells of it, and no issue counts as updated."""
        self.projects[project_key] = replace(self.projects[project_key], category=category)
        for record in self.records.values():
            if record.project.key == project_key:
                record.cache.clear()

    def _project(self, record: Record) -> Json:
        """What JQL has to know of the project beside its names."""
        category = self.category_of(record.project)
        if category is None:
            return {}
        said = {"id": category.id, "name": category.name}
        return {"project": {"id": record.project.id, "projectCategory": said}}

    def _versions(self, record: Record) -> Json:
        """What JQL has to know of versions beside their names."""
        of_field = {"fixVersions": record.fix_versions, "versions": record.affects_versions}
        return {
            name: [{"id": one.id, "name": one.name, "released": one.id in self.released} for one in versions]
            for name, versions in of_field.items()
            if versions
        }

    def _security(self, record: Record) -> Json:
        level = self.level_of(record.id)
        return {} if level is None else {"security": {"id": level.id, "name": level.name}}

    def _hierarchy(self, record: Record) -> Json:
        """On Data Center the epic and what is above it stand in fields of their own, as keys."""
        parent = self.records.get(record.parent_id or "")
        if self.deployment == "cloud" or parent is None or record.type.level not in (0, 1):
            return {}
        return {scheme.EPIC_LINK if record.type.level == 0 else scheme.PARENT_LINK: parent.key}

    def _links(self, record: Record) -> Iterable[Link]:
        for row in self.links_on(record.id):
            outward = row.source == record.id
            phrase = row.type.outward if outward else row.type.inward
            yield Link(row.type.id, row.type.name, phrase, row.destination if outward else row.source)


def _plain(value: object) -> object:
    return {"id": value.id, "value": value.name} if isinstance(value, JiraValue) else value
