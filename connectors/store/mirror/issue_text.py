"""The JSON text of a mirrored issue and back. Reading is the hot path of a full recomputation: what repeats is made once.

A hundred thousand issues share a few projects, types, statuses and people; sharing the objects halves the time of reading and
the memory of whoever keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Generic, TypeVar

import msgspec

from connectors.store.database import json_text
from mappings.facts.issue import Issue, IssueType, JiraValue, Link, Project, Reading, Status, User

T = TypeVar("T")
_NULL = msgspec.Raw(b"null")
_NONE = msgspec.Raw(b"[]")


class _Row(msgspec.Struct, gc=False):
    """An issue whose shared parts are still text. Parts added later need a default: older rows lack them."""

    id: str
    key: str
    project: msgspec.Raw
    type: msgspec.Raw
    status: msgspec.Raw
    created: datetime
    updated: datetime
    summary: str = ""
    resolution: msgspec.Raw = _NULL
    priority: msgspec.Raw = _NULL
    parent_id: str | None = None
    labels: tuple[str, ...] = ()
    components: msgspec.Raw = _NONE
    fix_versions: msgspec.Raw = _NONE
    affects_versions: msgspec.Raw = _NONE
    assignee: msgspec.Raw = _NULL
    reporter: msgspec.Raw = _NULL
    creator: msgspec.Raw = _NULL
    due: date | None = None
    resolved: datetime | None = None
    status_changed: datetime | None = None
    links: tuple[Link, ...] = ()
    fields: dict[str, object] = {}
    readings: dict[str, tuple[Reading, ...]] = {}
    unknowns: dict[str, str] = {}
    archived: bool = False
    history_at: datetime | None = None
    history_names: int = 0


class _SharedValues(dict[bytes, T], Generic[T]):
    """Values by their JSON text, each decoded once."""

    def __init__(self, shape: Any) -> None:
        super().__init__()
        self._decoder = json_text.decoder(shape)

    def __missing__(self, text: bytes) -> T:
        value: T = self._decoder.decode(text)
        self[text] = value
        return value


class IssueReader:
    """Reads issues and shares their parts. Made anew for each stream, so that it forgets people who left."""

    def __init__(self) -> None:
        self._row = json_text.decoder(_Row)
        self._projects = _SharedValues[Project](Project)
        self._types = _SharedValues[IssueType](IssueType)
        self._statuses = _SharedValues[Status](Status)
        self._named = _SharedValues[JiraValue | None](JiraValue | None)
        self._lists = _SharedValues[tuple[JiraValue, ...]](tuple[JiraValue, ...])
        self._users = _SharedValues[User | None](User | None)

    def read(self, text: str) -> Issue:
        """The issue of one row."""
        row: _Row = self._row.decode(text)
        named, lists, users = self._named, self._lists, self._users
        return Issue(
            row.id,
            row.key,
            self._projects[bytes(row.project)],
            self._types[bytes(row.type)],
            self._statuses[bytes(row.status)],
            row.created,
            row.updated,
            row.summary,
            named[bytes(row.resolution)],
            named[bytes(row.priority)],
            row.parent_id,
            row.labels,
            lists[bytes(row.components)],
            lists[bytes(row.fix_versions)],
            lists[bytes(row.affects_versions)],
            users[bytes(row.assignee)],
            users[bytes(row.reporter)],
            users[bytes(row.creator)],
            row.due,
            row.resolved,
            row.status_changed,
            row.links,
            row.fields,
            row.readings,
            row.unknowns,
            archived=row.archived,
            history_at=row.history_at,
            history_names=row.history_names,
        )


class IssueMemory(IssueReader):
    """Reads issues, and each text once: for a page that is compared with the mirror step by step. Made anew for each page.

    What Jira shows of the page is known before: a row that says the same is not read at all.
    """

    def __init__(self, shown: Iterable[Issue] = ()) -> None:
        super().__init__()
        self._texts = {issue.id: (issue, text_of(issue)) for issue in shown}
        self._issues = {
            text: replace(issue, absent=frozenset()) if issue.absent else issue
            for issue, text in self._texts.values()
        }

    def read(self, text: str) -> Issue:
        """The issue of one row."""
        issue = self._issues.get(text)
        if issue is None:
            issue = self._issues[text] = super().read(text)
        return issue

    def text_of(self, issue: Issue) -> str:
        """Its text, which is made once where it is what Jira showed."""
        shown = self._texts.get(issue.id)
        return shown[1] if shown is not None and shown[0] is issue else text_of(issue)


_NO_NAMES = ',"history_names":0}'
_NO_HISTORY = ',"history_at":null}'
_NO_MORE = ',"absent":[],"archived":false}'
_NO_UNKNOWNS = ',"unknowns":{}}'


def text_of(issue: Issue) -> str:
    """The JSON text of an issue; the same facts give the same text, also as rows have it that were kept before there were unknowns."""
    text = json_text.encode(replace(issue, absent=frozenset()) if issue.absent else issue)
    if issue.history_names:
        return text
    text = f"{text.removesuffix(_NO_NAMES)}}}"
    if issue.history_at is not None:
        return text
    text = f"{text.removesuffix(_NO_HISTORY)}}}"
    if issue.archived:
        return text
    text = f"{text.removesuffix(_NO_MORE)}}}"
    return text if issue.unknowns else f"{text.removesuffix(_NO_UNKNOWNS)}}}"
