"""What fields held, and since when, from the issues' history. Changes of one millisecond keep the order in which Jira numbers them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from connectors import typed_json
from connectors.jira.http.errors import IncompleteRead, JiraRefusal
from connectors.jira.http.transport import JiraReply, Transport
from connectors.jira.read.bulk import REFUSED, chunks, clean_ids
from connectors.jira.read.search_datacenter import SEARCH
from connectors.jira.wire.changed_field import LINKS, PARENT, ChangedFields
from connectors.jira.wire.damage import parse_leniently
from connectors.jira.wire.instant import instant
from mappings.explain.past import FieldChange
from mappings.facts.issue import Reading
from mappings.numbers import exact

BULK = "/rest/api/3/changelog/bulkfetch"
MOST_ISSUES = 1000
MOST_FIELDS = 10
MOST_SEARCHED = 50
"""Whole histories in one answer of Data Center: every change of every field, so fewer than issues of a search."""
MOST_PAGES = 10_000
LISTING = "issueChangeLogs"
UNNAMED = frozenset({PARENT, LINKS})
"""What entries tell of without the id of a field."""
Readings = dict[str, dict[str, tuple[Reading, ...]]]
Entry = tuple[datetime, int, int]
"""When a change was made, the number of its entry in the history, and its place in that."""


ITEM_NAMES = {
    "field_id": "fieldId",
    "kind": "fieldtype",
    "before": "fromString",
    "after": "toString",
    "before_id": "from",
    "after_id": "to",
}


class WireItem(msgspec.Struct, frozen=True, gc=False, rename=ITEM_NAMES):
    field: str = ""
    field_id: str | None = None
    kind: str | None = None
    before: str | None = None
    after: str | None = None
    before_id: str | None = None
    after_id: str | None = None


class WireHistory(msgspec.Struct, frozen=True, gc=False):
    created: str | int
    id: str | int = ""
    items: list[WireItem] = []


class WireIssueLog(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    issue_id: str
    change_histories: list[WireHistory] = []


class WireLogPage(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    issue_change_logs: list[WireIssueLog]
    next_page_token: str | None = None


class WireChangelog(msgspec.Struct, frozen=True, gc=False):
    total: int
    histories: list[WireHistory] = []


class WireLoggedIssue(msgspec.Struct, frozen=True, gc=False):
    id: str
    changelog: WireChangelog


class WireInstant(msgspec.Struct, frozen=True, gc=False):
    updated: str


class WireFoundIssue(msgspec.Struct, frozen=True, gc=False):
    id: str
    fields: WireInstant
    changelog: WireChangelog


LOG_PAGES = typed_json.decoder(WireLogPage)
LOGGED_ISSUE = typed_json.decoder(WireLoggedIssue)


class ChangeHistory:
    """Collects changes per issue and field in whatever order they come, and puts them in the order of time."""

    def __init__(
        self, field_ids: Iterable[str], fields: ChangedFields, created: Mapping[str, datetime] | None = None
    ) -> None:
        self._wanted = frozenset(field_ids)
        self._fields = fields
        self._created = created or {}
        self._changes: dict[tuple[str, str], dict[Entry, WireItem]] = {}
        self._lost: dict[str, None] = {}

    def add(self, issue_id: str, histories: Iterable[WireHistory]) -> None:
        """Take in some entries of an issue's history; the same entry twice counts once.

        An entry that may tell of a field that is asked for, and as well of another one, costs the issue's history: it proves nothing.
        """
        for history in histories:
            at, number = _at(history.created), _number(history.id)
            for position, item in enumerate(history.items):
                told = self._fields.ids(item.field, item.field_id, item.kind)
                for field_id in told & self._wanted:
                    if len(told) > 1:
                        self.lose(issue_id)
                    changes = self._changes.setdefault((issue_id, field_id), {})
                    # One new parent may be told twice, by two names.
                    entry = (at, 0, 0) if field_id == PARENT else (at, number, position)
                    changes[entry] = _fuller(changes.get(entry), item)

    def lose(self, issue_id: str) -> None:
        """The history of this issue cannot be had, or not whole: what is known of it proves nothing."""
        self._lost[issue_id] = None

    def _known(self, ids: Iterable[str]) -> Iterator[str]:
        return (issue_id for issue_id in ids if issue_id not in self._lost)

    def readings(self, ids: Iterable[str]) -> Readings:
        """Readings by issue id and field id, oldest first; no entry for an issue whose history could not be had."""
        found: Readings = {issue_id: {} for issue_id in self._known(ids)}
        for (issue_id, field_id), changes in self._changes.items():
            ordered = sorted(changes.items())
            values = tuple(Reading(at, exact(item.after)) for (at, _, _), item in ordered)
            if issue_id in found:
                found[issue_id][field_id] = (*self._first(issue_id, ordered[0][1]), *values)
        return found

    def steps(self, ids: Iterable[str]) -> dict[str, tuple[FieldChange, ...]]:
        """Every change by issue id, oldest first; no entry for an issue whose history could not be had."""
        found: dict[str, list[tuple[Entry, FieldChange]]] = {issue_id: [] for issue_id in self._known(ids)}
        for (issue_id, field_id), changes in self._changes.items():
            steps = ((entry, _step(entry[0], field_id, item)) for entry, item in changes.items())
            found.get(issue_id, []).extend(steps)
        return {
            issue_id: tuple(step for _, step in sorted(steps, key=lambda one: one[0]))
            for issue_id, steps in found.items()
        }

    def _first(self, issue_id: str, item: WireItem) -> Iterator[Reading]:
        """What the field held from the issue's creation on, which no entry of the history tells."""
        if issue_id in self._created and item.before:
            yield Reading(self._created[issue_id], exact(item.before))


def _step(at: datetime, field_id: str, item: WireItem) -> FieldChange:
    before_id, after_id, text = item.before_id, item.after_id, item.before
    if field_id == LINKS:
        before_id, after_id, text = _link(before_id, text), _link(after_id, item.after), None
    return FieldChange(at=at, field_id=field_id, before_id=before_id, before_text=text, after_id=after_id)


def _link(key: str | None, text: str | None) -> str | None:
    """What is said of a link, with the key of the other issue at its end, wherever the language of the site puts it; None of no link."""
    if not key:
        return text or None
    said = text or ""
    return said if said.endswith(f" {key}") else f"{said} {key}"


def _fuller(one: WireItem | None, other: WireItem) -> WireItem:
    """Of two entries of one instant the one that says more of what was there before: a new parent may be told twice."""
    return one if one is not None and one.before and not other.before else other


def calls_for(issues: int, fields: int, *, cloud: bool) -> int:
    """How many calls reading a history takes at least; Cloud may page what is long. Of no fields named, all are read at once."""
    if not cloud:
        return -(-issues // MOST_SEARCHED)
    return -(-issues // MOST_ISSUES) * max(1, -(-fields // MOST_FIELDS))


def collect_cloud(
    transport: Transport, ids: Iterable[str], field_ids: Iterable[str], history: ChangeHistory
) -> None:
    """From `POST changelog/bulkfetch`, 1000 issues and 10 fields at once, paged by token: every change of these fields.

    Where no field is named every change is read: a filter by field loses the entries that name their field by no id.
    """
    wanted, fields = clean_ids(ids), sorted(set(field_ids))
    filters = [fields[at : at + MOST_FIELDS] for at in range(0, len(fields), MOST_FIELDS)] or [[]]
    for at in range(0, len(wanted), MOST_ISSUES):
        for names in filters:
            _collect(transport, wanted[at : at + MOST_ISSUES], names, history)


def collect_datacenter(
    transport: Transport, ids: Iterable[str], history: ChangeHistory, edited: Mapping[str, datetime]
) -> None:
    """From searches that show issues with their changelog: Data Center has no bulk read of history by id.

    An index may lag, so an issue is believed where it is shown no older than `edited` says, and its history is there to the end;
    each of the others is read by itself. One that is out of sight, cut short or garbage is that issue's loss alone.
    """
    wanted = clean_ids(ids)
    named = [issue_id for issue_id in wanted if issue_id in edited]
    found: set[str] = set()
    for chunk in chunks(named, MOST_SEARCHED) if len(named) > 1 else ():
        found |= _search_datacenter(transport, chunk, history, edited)
    _collect_singly(transport, (issue_id for issue_id in wanted if issue_id not in found), history)


def _search_datacenter(
    transport: Transport, chunk: list[str], history: ChangeHistory, edited: Mapping[str, datetime]
) -> set[str]:
    """Take in what a search shows of these issues; those of them that can be believed."""
    jql = f"id in ({', '.join(chunk)}) ORDER BY id ASC"
    found: set[str] = set()
    shown = 0
    while shown < len(chunk):
        body = {"jql": jql, "fields": ["updated"], "expand": ["changelog"], "maxResults": len(chunk)}
        try:
            reply = transport.post(SEARCH, {**body, "startAt": shown, "validateQuery": False}, reads=True)
            page = parse_leniently(reply.body)["issues"]
        except (JiraRefusal, IncompleteRead) as error:
            if isinstance(error, JiraRefusal) and error.status != REFUSED:
                raise
            return found
        if not page:
            return found
        shown += len(page)
        found |= {id_ for raw in page if (id_ := _believed(raw, edited, history)) is not None}
    return found


def _believed(raw: object, edited: Mapping[str, datetime], history: ChangeHistory) -> str | None:
    try:
        issue = typed_json.convert(raw, WireFoundIssue)
        whole = len(issue.changelog.histories) >= issue.changelog.total
        if not whole or issue.id not in edited or instant(issue.fields.updated) < edited[issue.id]:
            return None
        history.add(issue.id, issue.changelog.histories)
    except (ValueError, OverflowError, IncompleteRead):
        return None
    return issue.id


def _collect_singly(transport: Transport, ids: Iterable[str], history: ChangeHistory) -> None:
    for issue_id in ids:
        try:
            asked = {"fields": "created", "expand": "changelog"}
            reply = transport.get(f"/rest/api/2/issue/{issue_id}", asked)
        except JiraRefusal as error:
            if not (error.gone or error.forbidden):
                raise
            history.lose(issue_id)
            continue
        _add_datacenter(reply, issue_id, history)


def _add_datacenter(reply: JiraReply, issue_id: str, history: ChangeHistory) -> None:
    try:
        log = LOGGED_ISSUE.decode(reply.body).changelog
        if len(log.histories) >= log.total:
            history.add(issue_id, log.histories)
            return
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, IncompleteRead):
        pass
    history.lose(issue_id)


def _collect(transport: Transport, ids: list[str], fields: list[str], history: ChangeHistory) -> None:
    body: dict[str, object] = {"issueIdsOrKeys": ids, "maxResults": 1000}
    if fields:
        body["fieldIds"] = fields
    tokens: set[str] = set()
    for _ in range(MOST_PAGES):
        token = _add_cloud(transport.post(BULK, body, reads=True), ids, history)
        if not token:
            return
        if token in tokens:
            raise IncompleteRead("Jira repeated a page token: the history leads in a circle.")
        tokens.add(token)
        body["nextPageToken"] = token
    raise IncompleteRead("The history did not end.")


def _add_cloud(reply: JiraReply, asked: list[str], history: ChangeHistory) -> str | None:
    """Take in a page; the token of the next one. What cannot be read costs the history of its issue."""
    try:
        page = LOG_PAGES.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _add_damaged(reply, asked, history)
    for log in page.issue_change_logs:
        _add_log(log, history)
    return page.next_page_token


def _add_damaged(reply: JiraReply, asked: list[str], history: ChangeHistory) -> str | None:
    found = parse_leniently(reply.body, LISTING)
    for raw in found[LISTING]:
        try:
            _add_log(typed_json.convert(raw, WireIssueLog), history)
        except msgspec.ValidationError:
            issue_id = raw.get("issueId") if isinstance(raw, dict) else None
            for lost in [issue_id] if isinstance(issue_id, str) else asked:
                history.lose(lost)
    token = found.get("nextPageToken")
    if token is not None and not isinstance(token, str):
        raise IncompleteRead("Jira's answer to a history names no token that can be used.")
    return token


def _add_log(log: WireIssueLog, history: ChangeHistory) -> None:
    try:
        history.add(log.issue_id, log.change_histories)
    except IncompleteRead:
        history.lose(log.issue_id)


def _number(id_: str | int) -> int:
    """The number of an entry; those without one are told apart by their time alone."""
    text = str(id_)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0


def _at(created: str | int) -> datetime:
    """Jira documents text and has been seen to send milliseconds since the epoch."""
    try:
        return instant(created) if isinstance(created, str) else datetime.fromtimestamp(created / 1000, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise IncompleteRead(f"A time in the history cannot be read: {typed_json.reason(error)}.") from None
