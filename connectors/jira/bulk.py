"""Reading issues by id: the truth as it is now, where a search may lag by minutes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from connectors.jira import search_datacenter
from connectors.jira.decode import IssueDecoder
from connectors.jira.errors import IncompleteRead, Permanent
from connectors.jira.page import ReadResult
from connectors.jira.parents import with_parents
from connectors.jira.transport import Reply, Transport
from mappings.issue import Issue

BULK = "/rest/api/3/issue/bulkfetch"
CHUNK = 100
LARGE_CHUNK = 1000
MOST_FIELDS = 100
"""More ids than 100 at once are allowed while 1 to 100 fields are named."""


class BulkReader:
    """Reads by id on Cloud. Sites that take 1000 ids at once are found by trying once; the others keep to 100."""

    def __init__(self, transport: Transport, large: bool = True) -> None:
        self._transport = transport
        self._large = large

    def read(self, ids: Iterable[str], decoder: IssueDecoder) -> ReadResult:
        """The issues with these ids, and which of them Jira does not show."""
        wanted = clean_ids(ids)
        issues: list[Issue] = []
        at = 0
        while at < len(wanted):
            size = LARGE_CHUNK if self._large and len(decoder.asked) <= MOST_FIELDS else CHUNK
            chunk = wanted[at : at + size]
            try:
                issues += self._fetch(chunk, decoder)
            except Permanent as error:
                if error.status != 400 or len(chunk) <= CHUNK:
                    raise
                self._large = False
                continue
            at += len(chunk)
        return _result(wanted, issues)

    def _fetch(self, chunk: list[str], decoder: IssueDecoder) -> tuple[Issue, ...]:
        body = {"issueIdsOrKeys": chunk, **decoder.wanted}
        batch = decoder.decode(self._transport.post(BULK, body, reads=True))
        if batch.answer.issue_errors:
            raise IncompleteRead(f"Jira could not read some issues: {str(batch.answer.issue_errors)[:200]}.")
        return batch.issues


def read_datacenter(
    transport: Transport, ids: Iterable[str], decoder: IssueDecoder, edited: Mapping[str, datetime]
) -> ReadResult:
    """The same on Data Center, which has no bulk read. `edited` says when an issue was last edited at least.

    A search by id serves many at once, but is answered from an index that lags, on a cluster by seconds. So it is asked for
    what `edited` names alone, and believed where it shows an edit no earlier than that; all else is read one by one.
    """
    wanted = clean_ids(ids)
    named = [issue_id for issue_id in wanted if issue_id in edited]
    found: dict[str, Issue] = {}
    for chunk in _chunks(named, CHUNK) if len(named) > 1 else ():
        shown = _read_chunk(transport, chunk, decoder)
        found |= {one.id: one for one in shown if one.id in edited and one.updated >= edited[one.id]}
    for issue_id in wanted:
        if issue_id not in found:
            found |= {one.id: one for one in _read_one(transport, issue_id, decoder)}
    return _result(wanted, list(found.values()))


def _read_one(transport: Transport, issue_id: str, decoder: IssueDecoder) -> tuple[Issue, ...]:
    """The issue as it is now, nothing where Jira does not show it."""
    path, fields = f"/rest/api/2/issue/{issue_id}", ",".join(decoder.asked)
    try:
        reply = transport.get(path, {"fields": fields})
    except Permanent as error:
        if error.gone:
            return ()
        raise
    batch = decoder.decode(Reply(reply.status, b'{"issues":[' + reply.body + b"]}", reply.headers))
    return with_parents(transport, batch.issues, batch)


def _read_chunk(transport: Transport, chunk: list[str], decoder: IssueDecoder) -> list[Issue]:
    """In as many pages as the site's own page limit makes of it."""
    jql = f"id in ({', '.join(chunk)}) ORDER BY id ASC"
    issues: list[Issue] = []
    while True:
        batch = search_datacenter.fetch(transport, jql, decoder, len(chunk), len(issues), strict=False)
        issues += with_parents(transport, batch.issues, batch)
        if len(issues) >= (batch.answer.total or 0):
            return issues
        if not batch.issues:
            raise IncompleteRead(
                f"Jira returned {len(issues)} of {batch.answer.total} issues asked for by id."
            )


def clean_ids(ids: Iterable[str]) -> list[str]:
    """The ids once each, in ascending order; raises ValueError for what is no issue id."""
    found = set(ids)
    for issue_id in found:
        if not (issue_id.isascii() and issue_id.isdigit()):
            raise ValueError(f"{issue_id!r} is not an issue id; ids are digits, keys are not accepted here")
    return sorted(found, key=int)


def _chunks(ids: list[str], size: int) -> Iterator[list[str]]:
    for at in range(0, len(ids), size):
        yield ids[at : at + size]


def _result(wanted: list[str], issues: list[Issue]) -> ReadResult:
    """Each issue once, and only those asked for."""
    by_id = {issue.id: issue for issue in issues}
    found = tuple(by_id[issue_id] for issue_id in wanted if issue_id in by_id)
    return ReadResult(found, frozenset(wanted) - by_id.keys())
