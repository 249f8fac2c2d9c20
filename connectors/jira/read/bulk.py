"""Reading issues by id: the truth as it is now, where a search may lag by minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from connectors.jira.http.errors import IncompleteRead, JiraRefusal
from connectors.jira.http.transport import JiraReply, Transport
from connectors.jira.read import search_datacenter
from connectors.jira.read.page import ReadResult
from connectors.jira.read.parent_memory import ParentMemory
from connectors.jira.read.parents import SeenKeys, with_parents
from connectors.jira.wire.issue_decoder import DecodedIssues, IssueDecoder
from connectors.jira.wire.shapes import IssuePage
from mappings.facts.gap import ALLOW, Gap
from mappings.facts.issue import Issue
from mappings.numbers import count_of

BULK = "/rest/api/3/issue/bulkfetch"
CHUNK = 100
LARGE_CHUNK = 1000
AGAIN = "It is asked for again with every sync and every event on it; look at it in Jira, or accept the gap."
REFUSED = 400
MOST_IN_VAIN = 16
"""So many ids refused one by one while none passes: then it is not for the ids that Jira refuses."""
NOTHING = DecodedIssues((), {}, IssuePage())
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
        gaps: list[Gap] = []
        at = 0
        while at < len(wanted):
            size = LARGE_CHUNK if self._large and len(decoder.asked) <= MOST_FIELDS else CHUNK
            chunk = wanted[at : at + size]
            try:
                found, unread = self._fetch(chunk, decoder)
            except JiraRefusal as error:
                if error.status != REFUSED:
                    raise
                if len(chunk) > CHUNK:
                    self._large = False
                    continue
                found, unread = self._apart(chunk, decoder, error)
            issues += found
            gaps += unread
            at += len(chunk)
        return _result(wanted, issues, gaps)

    def _fetch(self, chunk: list[str], decoder: IssueDecoder) -> tuple[tuple[Issue, ...], tuple[Gap, ...]]:
        """One batch. What Jira could not return of it, for a reason that may pass, is asked for once more."""
        batch = self._batch(chunk, decoder)
        failed = _failed(batch.answer.issue_errors, chunk)
        if not failed:
            return batch.issues, batch.gaps
        if len(failed) == len(chunk) and len(chunk) > 1:
            raise IncompleteRead(f"Jira could not read some issues: {next(iter(failed.values()))}")
        again = self._batch(list(failed), decoder)
        still = _failed(again.answer.issue_errors, list(failed))
        lost = tuple(Gap(id_, "", f"Jira could not return it: {said}", AGAIN) for id_, said in still.items())
        return (*batch.issues, *again.issues), (*batch.gaps, *again.gaps, *lost)

    def _apart(
        self, chunk: list[str], decoder: IssueDecoder, error: JiraRefusal
    ) -> tuple[tuple[Issue, ...], tuple[Gap, ...]]:
        """A batch that Jira refuses, in halves, until what is to blame stands alone: that is a gap. Raises the error where nothing passes."""
        issues: list[Issue] = []
        gaps: list[Gap] = []
        refused: list[Gap] = []
        passed = False
        waiting = [chunk] if len(chunk) == 1 else list(halves(chunk))
        while waiting:
            part = waiting.pop(0)
            try:
                found, unread = self._fetch(part, decoder)
            except JiraRefusal as again:
                if again.status != REFUSED or (len(refused) >= MOST_IN_VAIN and not passed):
                    raise
                if len(part) > 1:
                    waiting[:0] = halves(part)
                else:
                    said = " ".join(again.messages) or str(again.status)
                    refused.append(Gap(part[0], "", f"Jira refuses to return it: {said}", AGAIN))
                continue
            passed = True
            issues += found
            gaps += unread
        if not passed and len(chunk) > 1:
            raise error
        return tuple(issues), (*gaps, *refused)

    def _batch(self, chunk: list[str], decoder: IssueDecoder) -> DecodedIssues:
        body = {"issueIdsOrKeys": chunk, **decoder.wanted}
        return decoder.decode(self._transport.post(BULK, body, reads=True))


def _failed(errors: object, chunk: list[str]) -> dict[str, str]:
    """What Jira says of those of these ids that it could not return. Raises IncompleteRead where it does not say which."""
    found: dict[str, str] = {}
    for one in errors if isinstance(errors, list) else ():
        said = one if isinstance(one, dict) else {}
        id_ = str(said.get("id"))
        if id_ not in chunk:
            raise IncompleteRead(f"Jira could not read some issues: {str(errors)[:200]}.")
        found[id_] = str(said.get("errorMessage") or "no reason given")[:200]
    return found


def no_doubt(_issue: Issue) -> bool:
    """Nothing more is known that an index might not show yet."""
    return False


def read_datacenter(
    transport: Transport,
    ids: Iterable[str],
    decoder: IssueDecoder,
    edited: Mapping[str, datetime],
    sight: ParentMemory,
    lags: Callable[[Issue], bool] = no_doubt,
) -> ReadResult:
    """The same on Data Center, which has no bulk read. `edited` says when an issue was last edited at least.

    A search by id serves many at once, but is answered from an index that lags, on a cluster by seconds. So it is asked for
    what `edited` names alone, and believed where it shows an edit no earlier than that and not what `lags` knows to be
    older; all else is read one by one.
    """
    wanted = clean_ids(ids)
    named = [issue_id for issue_id in wanted if issue_id in edited]
    found: dict[str, Issue] = {}
    seen = SeenKeys()
    for chunk in chunks(named, CHUNK) if len(named) > 1 else ():
        shown = _read_chunk(transport, chunk, decoder, sight, seen)
        late = [one for one in shown if one.id in edited and one.updated >= edited[one.id]]
        found |= {one.id: one for one in late if not lags(one)}
    singly = [_read_one(transport, issue_id, decoder) for issue_id in wanted if issue_id not in found]
    found |= {one.id: one for one in _together(transport, singly, sight, seen)}
    return _result(wanted, list(found.values()), [gap for batch in singly for gap in batch.gaps])


def _together(
    transport: Transport, batches: Iterable[DecodedIssues], sight: ParentMemory, seen: SeenKeys
) -> tuple[Issue, ...]:
    """The issues of many answers, with their parents looked up for all of them at once."""
    read = [batch for batch in batches if batch.issues]
    whole = DecodedIssues(
        tuple(issue for batch in read for issue in batch.issues),
        {id_: key for batch in read for id_, key in batch.parent_keys.items()},
        IssuePage(),
    )
    return with_parents(transport, whole.issues, whole, sight, seen)


def _read_one(transport: Transport, issue_id: str, decoder: IssueDecoder) -> DecodedIssues:
    """The issue as it is now, nothing where Jira says that there is none; a gap where Jira forbids it or it cannot be read.

    Raises IncompleteRead where the answer is good and no such issue is in it, as one that something before Jira emptied: that says nothing of the issue.
    """
    path, fields = f"/rest/api/2/issue/{issue_id}", ",".join(decoder.asked)
    try:
        reply = transport.get(path, {"fields": fields})
    except JiraRefusal as error:
        if error.gone:
            return NOTHING
        if error.forbidden:
            said = f"Jira forbids to read it: {' '.join(error.messages)}"
            return replace(NOTHING, gaps=(Gap(issue_id, "", said, ALLOW),))
        raise
    batch = decoder.decode(JiraReply(reply.status, b'{"issues":[' + reply.body + b"]}", reply.headers))
    if issue_id not in batch.names and not batch.gaps:
        raise IncompleteRead(
            f"Jira's answer ({count_of(len(reply.body), 'byte')}) does not hold the issue {issue_id} that was asked for."
        )
    return replace(batch, gaps=tuple(replace(gap, issue_id=issue_id) for gap in batch.gaps))


def _read_chunk(
    transport: Transport, chunk: list[str], decoder: IssueDecoder, sight: ParentMemory, seen: SeenKeys
) -> list[Issue]:
    """Many at once, in halves where Jira refuses them all for one. What cannot be read of it is read one by one afterwards."""
    try:
        return _search_chunk(transport, chunk, decoder, sight, seen)
    except JiraRefusal as error:
        if error.status != REFUSED:
            raise
    if len(chunk) == 1:
        return []
    return [issue for part in halves(chunk) for issue in _read_chunk(transport, part, decoder, sight, seen)]


def _search_chunk(
    transport: Transport, chunk: list[str], decoder: IssueDecoder, sight: ParentMemory, seen: SeenKeys
) -> list[Issue]:
    """In as many pages as the site's own page limit makes of it."""
    jql = f"id in ({', '.join(chunk)}) ORDER BY id ASC"
    issues: list[Issue] = []
    shown = 0
    while True:
        batch = search_datacenter.fetch(transport, jql, decoder, len(chunk), shown, strict=False)
        issues += with_parents(transport, batch.issues, batch, sight, seen)
        shown += len(batch.names)
        if shown >= (batch.answer.total or 0):
            return issues
        if not batch.names:
            raise IncompleteRead(
                f"Jira returned {shown} of {count_of(batch.answer.total or 0, 'issue')} asked for by id."
            )


def halves(chunk: list[str]) -> tuple[list[str], list[str]]:
    """The first half and the other."""
    middle = len(chunk) // 2
    return chunk[:middle], chunk[middle:]


def clean_ids(ids: Iterable[str]) -> list[str]:
    """The ids once each, in ascending order; raises ValueError for what is no issue id."""
    found = set(ids)
    for issue_id in found:
        if not (issue_id.isascii() and issue_id.isdigit()):
            raise ValueError(f"{issue_id!r} is not an issue id; ids are digits, keys are not accepted here")
    return sorted(found, key=int)


def chunks(ids: list[str], size: int) -> Iterator[list[str]]:
    """So many at once, in their order."""
    for at in range(0, len(ids), size):
        yield ids[at : at + size]


def _result(wanted: list[str], issues: list[Issue], gaps: Iterable[Gap] = ()) -> ReadResult:
    """Each issue once, and only those asked for."""
    by_id = {issue.id: issue for issue in issues}
    found = tuple(by_id[issue_id] for issue_id in wanted if issue_id in by_id)
    left = frozenset(wanted) - by_id.keys()
    unread = {gap.issue_id: gap for gap in gaps if gap.issue_id in left}
    return ReadResult(found, left - unread.keys(), tuple(unread.values()))
