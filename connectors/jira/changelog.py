"""What number fields held, and since when, from the issues' history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from connectors.jira.bulk import clean_ids
from connectors.jira.decode import instant
from connectors.jira.errors import IncompleteRead, Permanent
from connectors.jira.transport import Transport
from mappings.issue import Reading
from mappings.numbers import exact
from mappings.past import Step

BULK = "/rest/api/3/changelog/bulkfetch"
MOST_ISSUES = 1000
MOST_FIELDS = 10
MOST_PAGES = 10_000
PARENT_NAMES = ("IssueParentAssociation", "Parent", "Epic Link", "Parent Link")
"""What histories call the parent; Data Center may translate the last two, so those are looked up as well."""

Readings = dict[str, dict[str, tuple[Reading, ...]]]


ITEM_NAMES = {"field_id": "fieldId", "before": "fromString", "after": "toString", "before_id": "from"}


class WireItem(msgspec.Struct, frozen=True, gc=False, rename=ITEM_NAMES):
    field: str = ""
    field_id: str | None = None
    before: str | None = None
    after: str | None = None
    before_id: str | None = None


class WireHistory(msgspec.Struct, frozen=True, gc=False):
    created: str | int
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


LOG_PAGES = msgspec.json.Decoder(WireLogPage)
LOGGED_ISSUE = msgspec.json.Decoder(WireLoggedIssue)


class History:
    """Collects changes per issue and field in whatever order they come, and puts them in the order of time."""

    def __init__(
        self,
        field_ids: Iterable[str],
        names: Mapping[str, str],
        created: Mapping[str, datetime],
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        self._wanted = frozenset(field_ids)
        self._ids = {name.casefold(): field_id for field_id, name in names.items()}
        self._ids |= {name.casefold(): field_id for name, field_id in (aliases or {}).items()}
        self._created = created
        self._changes: dict[tuple[str, str], dict[datetime, WireItem]] = {}

    def add(self, issue_id: str, histories: Iterable[WireHistory]) -> None:
        """Take in some entries of an issue's history; the same entry twice counts once."""
        for history in histories:
            at = _at(history.created)
            for item in history.items:
                field_id = item.field_id or self._ids.get(item.field.casefold(), item.field)
                if field_id in self._wanted:
                    self._changes.setdefault((issue_id, field_id), {})[at] = item

    def readings(self) -> Readings:
        """Readings by issue id and field id, oldest first."""
        found: Readings = {}
        for (issue_id, field_id), changes in self._changes.items():
            ordered = sorted(changes.items())
            values = tuple(Reading(at, exact(item.after)) for at, item in ordered)
            found.setdefault(issue_id, {})[field_id] = (*self._first(issue_id, ordered[0][1]), *values)
        return found

    def steps(self) -> dict[str, tuple[Step, ...]]:
        """Every change by issue id, oldest first."""
        found: dict[str, list[Step]] = {}
        for (issue_id, field_id), changes in self._changes.items():
            steps = (Step(at, field_id, item.before_id, item.before) for at, item in changes.items())
            found.setdefault(issue_id, []).extend(steps)
        return {issue_id: tuple(sorted(steps, key=lambda step: step.at)) for issue_id, steps in found.items()}

    def _first(self, issue_id: str, item: WireItem) -> Iterator[Reading]:
        """What the field held from the issue's creation on, which no entry of the history tells."""
        if issue_id in self._created and item.before:
            yield Reading(self._created[issue_id], exact(item.before))


def readings_cloud(
    transport: Transport, ids: Iterable[str], field_ids: Iterable[str], history: History
) -> Readings:
    """From `POST changelog/bulkfetch`: 1000 issues and 10 fields at once, paged by token."""
    collect_cloud(transport, ids, field_ids, history)
    return history.readings()


def calls_for(issues: int, fields: int, *, cloud: bool) -> int:
    """How many calls reading a history takes at least; Cloud may page what is long."""
    return -(-issues // MOST_ISSUES) * -(-fields // MOST_FIELDS) if cloud else issues


def collect_cloud(
    transport: Transport, ids: Iterable[str], field_ids: Iterable[str], history: History
) -> None:
    """Every change of these fields into `history`."""
    wanted, fields = clean_ids(ids), sorted(set(field_ids))
    for at in range(0, len(wanted), MOST_ISSUES):
        for start in range(0, len(fields), MOST_FIELDS):
            _collect(transport, wanted[at : at + MOST_ISSUES], fields[start : start + MOST_FIELDS], history)


def readings_datacenter(transport: Transport, ids: Iterable[str], history: History) -> Readings:
    """From each issue with its changelog: Data Center has no bulk read of history. Issues out of sight have none."""
    collect_datacenter(transport, ids, history)
    return history.readings()


def collect_datacenter(transport: Transport, ids: Iterable[str], history: History) -> None:
    """Every change of the wanted fields into `history`."""
    for issue_id in clean_ids(ids):
        try:
            reply = transport.get(
                f"/rest/api/2/issue/{issue_id}", {"fields": "created", "expand": "changelog"}
            )
        except Permanent as error:
            if error.gone:
                continue
            raise
        log = reply.read(LOGGED_ISSUE).changelog
        if len(log.histories) < log.total:
            raise IncompleteRead(f"Jira returned {len(log.histories)} of {log.total} entries of a history.")
        history.add(issue_id, log.histories)


def _collect(transport: Transport, ids: list[str], fields: list[str], history: History) -> None:
    body: dict[str, object] = {"issueIdsOrKeys": ids, "fieldIds": fields, "maxResults": 1000}
    tokens: set[str] = set()
    for _ in range(MOST_PAGES):
        page = transport.post(BULK, body, reads=True).read(LOG_PAGES)
        for log in page.issue_change_logs:
            history.add(log.issue_id, log.change_histories)
        if not page.next_page_token:
            return
        if page.next_page_token in tokens:
            raise IncompleteRead("Jira repeated a page token: the history leads in a circle.")
        tokens.add(page.next_page_token)
        body["nextPageToken"] = page.next_page_token
    raise IncompleteRead("The history did not end.")


def _at(created: str | int) -> datetime:
    """Jira documents text and has been seen to send milliseconds since the epoch."""
    try:
        return instant(created) if isinstance(created, str) else datetime.fromtimestamp(created / 1000, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise IncompleteRead(f"A time in the history cannot be read: {str(error)[:100]}.") from None
