"""What a webhook body hints at: which issues to read again, and why. Pure, and it never raises: a body is a stranger's.

The hints are where to look, never the data: an event may be old, repeated, or out of order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

import msgspec

from connectors.jira.webhooks.forge_events import as_webhook
from mappings.fields.thing_states import (
    ACTIVE,
    CLOSED,
    FUTURE,
    RELEASED,
    SPRINT,
    UNRELEASED,
    VERSION,
    StateChange,
)
from mappings.write_back.echo import EventValue
from mappings.write_back.targets import WRITE_TARGETS

LARGEST_BODY = 32 << 20
"""Jira sends at most 25 MB."""
MOST_ITEMS = 10_000
MOST_NAMED = 100
"""Issues that one request of a rule may name."""
RULE = "request of an automation rule"
POST_FUNCTION = "workflow post function"
EPOCH_LIMIT_MS = 32_503_680_000_000
"""The year 3000; what is later is no time."""

KEY = re.compile(r"[A-Z][A-Z0-9_]{0,99}-[1-9][0-9]{0,17}")
ISSUE_IN_PATH = re.compile(r"/issue/([1-9][0-9]{0,17})(?:/|$)")
PARENT_ITEMS = frozenset({"parent", "issueparentassociation", "epic link", "parent link", "parent issue"})
CHILD_ITEMS = frozenset({"epic child"})
LINK_ITEMS = frozenset({"link"})
FIELD_IDS = {
    "fix version": "fixVersions",
    "version": "versions",
    "component": "components",
    "link": "issuelinks",
    "key": "issuekey",
    "parent": "parent",
    "issueparentassociation": "parent",
}
"""Ids of system fields whose changelog items carry a name alone (all items of Data Center, some of Cloud)."""

Body: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Hints:
    """What an event touches. Ids are issue ids as text; `keys` gives the keys known for them.

    `issue_keys`, `parent_keys`, `link_keys` and `former_keys` are issues named by key alone. `status` is the status id in the body's
    snapshot. `changed_fields` holds field ids, and names where the event has no ids. `beside` are ids of
    what changed beside the fields: entity properties. `told` gives what the event says that they hold now, as raw values or in the words of the changelog: enough to know our
    own write by, never to be believed.
    """

    event: str
    issue_ids: frozenset[str] = frozenset()
    issue_keys: frozenset[str] = frozenset()
    parent_ids: frozenset[str] = frozenset()
    link_issue_ids: frozenset[str] = frozenset()
    deleted_ids: frozenset[str] = frozenset()
    keys: Mapping[str, str] = field(default_factory=dict)
    parent_keys: frozenset[str] = frozenset()
    link_keys: frozenset[str] = frozenset()
    former_keys: frozenset[str] = frozenset()
    status: str | None = None
    changed_fields: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()
    sprint_ids: frozenset[str] = frozenset()
    version_ids: frozenset[str] = frozenset()
    state_change: StateChange | None = None
    moved: bool = False
    timestamp: datetime | None = None
    updated: datetime | None = None
    told: Mapping[str, EventValue] = field(default_factory=dict)
    commented: bool | None = None
    """Whether it tells of a comment that may be a check-in; None where it tells of no comment."""

    @property
    def touched(self) -> frozenset[str]:
        """Every issue id to be read again, deleted ones too: a read by id is what proves that they are gone."""
        return self.issue_ids | self.parent_ids | self.link_issue_ids | self.deleted_ids


@dataclass(frozen=True, slots=True)
class IgnoredBody:
    """The body says nothing that could change a number; `reason` says why, for the inbox."""

    reason: str


def read_hints(body: bytes) -> Hints | IgnoredBody:
    """The hints of a webhook body, or why there are none. Never raises."""
    if len(body) > LARGEST_BODY:
        return IgnoredBody(f"the body is larger than {LARGEST_BODY >> 20} MiB")
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return IgnoredBody("the body is not JSON")
    except RecursionError:
        return IgnoredBody("the body is nested too deeply")
    if not isinstance(said, dict):
        return IgnoredBody("the body is JSON but no webhook: it is not an object")
    said = as_webhook(said)
    event = said.get("webhookEvent")
    if event is None:
        return _request(said)
    if not isinstance(event, str) or not event:
        return IgnoredBody("the body is JSON but no webhook: its webhookEvent is no event")
    return _of_event(event[:100], said)


def _of_event(event: str, said: Body) -> Hints | IgnoredBody:
    name = event.removeprefix("jira:")
    if any(name in target.events for target in WRITE_TARGETS):
        return _target_event(name, said)
    for prefix, read in READERS:
        if name.startswith(prefix):
            return read(event, said)
    return IgnoredBody(f"{event} is not an event that can change a number")


def _request(said: Body) -> Hints | IgnoredBody:
    """What rules of Jira Automation and post functions of workflows send: no event, but issues by id or by key, in one of several places."""
    event = POST_FUNCTION if "transition" in said else RULE
    if _id(_part(said, "issue").get("id")) is not None:
        return _issue_event(event, said)
    if _id(said.get("id")) is not None and isinstance(said.get("fields"), dict):
        return _issue_event(event, {**said, "issue": said})
    several = said.get("issues")
    given = [
        said,
        *(said.get(name) for name in ("issue", "issueKey", "issueId")),
        *(several[:MOST_NAMED] if isinstance(several, list) else ()),
    ]
    named = {found for one in given if (found := _named(one)) is not None}
    if not named:
        return IgnoredBody("the body is JSON but no webhook: it has no webhookEvent, and names no issue")
    return Hints(
        event=event,
        issue_ids=frozenset(_ids(named)),
        issue_keys=frozenset(one for one in named if KEY.fullmatch(one)),
        timestamp=_epoch(said.get("timestamp")),
    )


def _named(given: object) -> str | None:
    """An issue by id, else by key, on its own or in an object."""
    if isinstance(given, dict):
        return _named(given.get("id")) or _named(given.get("key"))
    if (issue_id := _id(given)) is not None:
        return issue_id
    key = given.strip() if isinstance(given, str) and len(given) < 200 else ""
    return key if KEY.fullmatch(key) else None


def _issue_event(event: str, said: Body) -> Hints | IgnoredBody:
    issue = _part(said, "issue")
    issue_id = _id(issue.get("id"))
    if issue_id is None:
        return IgnoredBody(f"{event} names no issue")
    fields = _part(issue, "fields")
    items = tuple(_items(said))
    deleted = event.endswith("issue_deleted")
    appears_or_goes = deleted or event.endswith("issue_created")
    parent = _part(fields, "parent")
    parents = {found for item in items if _name(item) in PARENT_ITEMS for found in _sides(item)}
    links = {found for item in items if _name(item) in LINK_ITEMS | CHILD_ITEMS for found in _sides(item)}
    linked = frozenset(_linked(fields)) if appears_or_goes else frozenset()
    return Hints(
        event=event,
        issue_ids=frozenset() if deleted else frozenset({issue_id}),
        deleted_ids=frozenset({issue_id}) if deleted else frozenset(),
        parent_ids=frozenset(_ids(parents)) | frozenset(_ids({_id(parent.get("id")) or ""})),
        parent_keys=frozenset(found for found in parents if KEY.fullmatch(found)),
        link_issue_ids=frozenset(_ids(links)) | linked,
        link_keys=frozenset(found for found in links if KEY.fullmatch(found)),
        former_keys=frozenset(_former_keys(items)),
        keys=_keys(issue, parent),
        status=_id(_part(fields, "status").get("id")),
        changed_fields=frozenset(_field_id(item) for item in items),
        moved=said.get("issue_event_type_name") == "issue_moved"
        or any(_name(item) == "key" for item in items),
        timestamp=_epoch(said.get("timestamp")),
        updated=_instant(fields.get("updated")),
        told={_field_id(item): _told(item, fields) for item in items},
        commented=_may_check_in(_part(said, "comment").get("body")) if _tells_comment(event, said) else None,
    )


def _tells_comment(event: str, said: Body) -> bool:
    """Data Center tells of comments by events of issues, too, and Forge by these alone."""
    kind = said.get("issue_event_type_name")
    by_kind = isinstance(kind, str) and kind.startswith("issue_comment")
    return by_kind or event.endswith("issue_commented") or bool(_part(said, "comment"))


def _link_event(event: str, said: Body) -> Hints | IgnoredBody:
    link = _part(said, "issueLink")
    ends = frozenset(_ids({_id(link.get("sourceIssueId")) or "", _id(link.get("destinationIssueId")) or ""}))
    if not ends:
        return IgnoredBody(f"{event} names no issue")
    return Hints(
        event=event,
        link_issue_ids=ends,
        changed_fields=frozenset({"issuelinks"}),
        timestamp=_epoch(said.get("timestamp")),
    )


def _remark_event(event: str, said: Body) -> Hints | IgnoredBody:
    """Comments and worklogs name their issue in one of three places, or nowhere."""
    remark = _part(said, "comment") or _part(said, "worklog")
    issue = _part(said, "issue")
    issue_id = _id(issue.get("id")) or _id(remark.get("issueId")) or _id_in_path(remark.get("self"))
    if issue_id is None:
        return IgnoredBody(f"{event} names no issue")
    return Hints(
        event=event,
        issue_ids=frozenset({issue_id}),
        keys=_keys(issue),
        status=_id(_part(_part(issue, "fields"), "status").get("id")),
        timestamp=_epoch(said.get("timestamp")),
        commented=_may_check_in(remark.get("body")) if "comment" in event else None,
    )


def _may_check_in(body: object) -> bool:
    """Whether the comments are worth a look: the body has the marker somewhere, or is not told."""
    return not isinstance(body, str) or "okr" in body.casefold()


def _target_event(event: str, said: Body) -> Hints | IgnoredBody:
    """An event that a write target wants besides: what it says of its places the target knows."""
    issue = _part(said, "issue")
    issue_id = _id(issue.get("id")) or _id(said.get("issueId"))
    if issue_id is None:
        return IgnoredBody(f"{event} names no issue")
    told: dict[str, EventValue | None] = {}
    for target in WRITE_TARGETS:
        if event in target.events:
            told |= target.told(event, said)
    return Hints(
        event=event,
        issue_ids=frozenset({issue_id}),
        keys=_keys(issue),
        beside=frozenset(told),
        timestamp=_epoch(said.get("timestamp")),
        told={id_: value for id_, value in told.items() if value is not None},
    )


def _sprint_event(event: str, said: Body) -> Hints | IgnoredBody:
    sprint = _id(_part(said, "sprint").get("id"))
    if sprint is None:
        return IgnoredBody(f"{event} names no sprint")
    return Hints(
        event=event,
        sprint_ids=frozenset({sprint}),
        state_change=_state_change(event, SPRINT, _part(said, "sprint")),
        timestamp=_epoch(said.get("timestamp")),
    )


TOLD_STATES = {
    "sprint_started": (FUTURE, ACTIVE),
    "sprint_closed": (ACTIVE, CLOSED),
    "version_released": (UNRELEASED, RELEASED),
    "version_unreleased": (RELEASED, UNRELEASED),
}
"""From which state a sprint or a version went into which, by the event about it."""


def _state_change(event: str, kind: str, thing: Body) -> StateChange | None:
    told, id_, name = TOLD_STATES.get(event.removeprefix("jira:")), _id(thing.get("id")), thing.get("name")
    if told is None or id_ is None:
        return None
    return StateChange(kind, id_, name[:200] if isinstance(name, str) else "", *told)


def _version_event(event: str, said: Body) -> Hints | IgnoredBody:
    named = (_part(said, name).get("id") for name in ("version", "mergedTo", "mergedVersion", "mergeTo"))
    versions = frozenset(_ids({_id(value) or "" for value in named}))
    if not versions:
        return IgnoredBody(f"{event} names no version")
    return Hints(
        event=event,
        version_ids=versions,
        state_change=_state_change(event, VERSION, _part(said, "version")),
        timestamp=_epoch(said.get("timestamp")),
    )


READERS: tuple[tuple[str, Callable[[str, Body], Hints | IgnoredBody]], ...] = (
    ("issue_", _issue_event),
    ("issuelink_", _link_event),
    ("comment_", _remark_event),
    ("worklog_", _remark_event),
    ("sprint_", _sprint_event),
    ("version_", _version_event),
)
"""By the start of the event's name, first match wins; `jira:` before it is left off."""


def _part(said: Body, name: str) -> Body:
    part = said.get(name)
    return part if isinstance(part, dict) else {}


def _id(value: object) -> str | None:
    """An id as text, whether Jira sent a number or text; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str) and len(value) <= 18 and value.isascii() and value.isdigit():
        return value
    return None


def _ids(values: set[str]) -> Iterator[str]:
    return (value for value in values if _id(value))


def _id_in_path(url: object) -> str | None:
    """The issue id in a comment's own address; the address itself is not used."""
    match = ISSUE_IN_PATH.search(url) if isinstance(url, str) and len(url) < 2000 else None
    return match[1] if match else None


def _items(said: Body) -> Iterator[Body]:
    items = _part(said, "changelog").get("items")
    return (
        item for item in (items if isinstance(items, list) else [])[:MOST_ITEMS] if isinstance(item, dict)
    )


def _name(item: Body) -> str:
    """The item's field name in lower case."""
    name = item.get("field")
    return name.lower() if isinstance(name, str) else ""


def _field_id(item: Body) -> str:
    given = item.get("fieldId")
    if isinstance(given, str) and given:
        return given
    name = item.get("field")
    said = name if isinstance(name, str) else ""
    return said if item.get("fieldtype") == "custom" else FIELD_IDS.get(_name(item), said)


def _told(item: Body, fields: Body) -> EventValue:
    """The snapshot of the issue has the value by the id of the field; Data Center names the field alone."""
    id_ = item.get("fieldId")
    if isinstance(id_, str) and id_ in fields:
        return EventValue(True, fields[id_])
    to, text = item.get("to"), item.get("toString")
    return EventValue(
        False, None, to if isinstance(to, str) else None, text if isinstance(text, str) else None
    )


def _sides(item: Body) -> Iterator[str]:
    """Before and after: ids where the item has them, else keys (Epic Link and Link may carry either)."""
    for side in ("from", "to"):
        value = item.get(side)
        text = item.get(f"{side}String")
        if (issue_id := _id(value)) is not None:
            yield issue_id
        elif isinstance(value, str) and KEY.fullmatch(value):
            yield value
        elif isinstance(text, str) and KEY.fullmatch(text):
            yield text


def _former_keys(items: tuple[Body, ...]) -> Iterator[str]:
    for item in items:
        text = item.get("fromString")
        if _name(item) == "key" and isinstance(text, str) and KEY.fullmatch(text):
            yield text


def _linked(fields: Body) -> Iterator[str]:
    links = fields.get("issuelinks")
    for link in (links if isinstance(links, list) else [])[:MOST_ITEMS]:
        if isinstance(link, dict):
            other = _part(link, "outwardIssue") or _part(link, "inwardIssue")
            if (issue_id := _id(other.get("id"))) is not None:
                yield issue_id


def _keys(*issues: Body) -> dict[str, str]:
    pairs = ((_id(issue.get("id")), issue.get("key")) for issue in issues)
    return {found: key for found, key in pairs if found and isinstance(key, str) and KEY.fullmatch(key)}


def _epoch(value: object) -> datetime | None:
    """Milliseconds since the epoch, as a number or (from Forge) as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < EPOCH_LIMIT_MS:
        return None
    return datetime.fromtimestamp(value / 1000, UTC)


def _instant(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment is not None and moment.tzinfo is not None else None
