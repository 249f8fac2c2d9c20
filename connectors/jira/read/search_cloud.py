"""Search on Jira Cloud: `POST /rest/api/3/search/jql`, paged by token, with no total to check against.

Jira returns 100 issues a page as soon as one field is asked for, and 5000 when ids alone are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.jira.http.errors import IncompleteRead
from connectors.jira.http.transport import JiraReply, Transport
from connectors.jira.read.page import SearchPage
from connectors.jira.read.page_order import stable
from connectors.jira.read.seen_ids import SeenIds
from connectors.jira.wire.issue_decoder import IssueDecoder
from connectors.jira.wire.shapes import ID_PAGES, IssuePage
from mappings.numbers import count_of

SEARCH = "/rest/api/3/search/jql"
COUNT = "/rest/api/3/search/approximate-count"
PARSE = "/rest/api/3/jql/parse"
ID_PAGE = 5000
MOST_PAGES = 100_000
MOST_RECONCILED = 50


def search(
    transport: Transport,
    jql: str,
    decoder: IssueDecoder,
    page_size: int = 100,
    reconcile: Sequence[str] = (),
    after: str | None = None,
) -> Iterator[SearchPage]:
    """Pages of issues, each issue once. `reconcile` are up to 50 issue ids that must be read as they are now.

    `after` is the token of the page to begin with; Jira forgets tokens after seven days and refuses them with 400 then.
    Raises IncompleteRead where a token repeats, a page warns of truncation, an answer is torn, or what an answer says of
    the end contradicts itself: `isLast` beside a token, or a `total` that was not reached.
    """
    body: dict[str, object] = {"jql": stable(jql), **decoder.wanted, "maxResults": page_size}
    if reconcile:
        body["reconcileIssues"] = [int(issue_id) for issue_id in reconcile[:MOST_RECONCILED]]
    seen = SeenIds()
    for reply, walk in _walk(transport, body, after):
        batch = decoder.decode(reply)
        last = walk.next(batch.answer)
        fresh = tuple([issue for issue in batch.issues if seen.add(issue.id)])
        if last and after is None:
            _hold_to_total(batch.answer, len(seen) + len(batch.gaps))
        yield SearchPage(fresh, last, None if last else walk.token, batch.gaps)


def search_ids(transport: Transport, jql: str) -> Iterator[str]:
    """Ids of all matching issues, each once, in pages of 5000."""
    body: dict[str, object] = {"jql": stable(jql), "fields": ["id"], "maxResults": ID_PAGE}
    seen = SeenIds()
    for reply, walk in _walk(transport, body):
        answer = reply.read(ID_PAGES)
        last = walk.next(answer)
        for wire in answer.issues:
            if seen.add(wire.id):
                yield wire.id
        if last:
            _hold_to_total(answer, len(seen))


def count(transport: Transport, jql: str) -> int:
    """Roughly how many issues match; the index lags behind."""
    answer = transport.post(COUNT, {"jql": jql}, reads=True).json()
    found = answer.get("count") if isinstance(answer, dict) else None
    if not isinstance(found, int):
        raise IncompleteRead("Jira's answer to a count holds no count.")
    return found


def jql_errors(transport: Transport, jql: str) -> tuple[str, ...]:
    """What Jira finds wrong with a query. A search with an unknown name may answer 200 with no issues instead."""
    answer = transport.post(PARSE, {"queries": [jql]}, {"validation": "strict"}, reads=True).json()
    parsed = answer.get("queries") if isinstance(answer, dict) else None
    if not isinstance(parsed, list) or not parsed:
        raise IncompleteRead("Jira's answer to a query check holds no result.")
    return tuple(str(error) for error in parsed[0].get("errors") or ())


def _hold_to_total(answer: IssuePage, seen: int) -> None:
    """This search has no total. An answer that names one all the same (an old Jira, something in between) is held to it."""
    if answer.total is not None and seen < answer.total:
        raise IncompleteRead(f"Jira speaks of {count_of(answer.total, 'issue')} and showed {seen}.")


class _Walk:
    """Where a paged read stands: follows tokens, and refuses the ones that lead in a circle."""

    def __init__(self, token: str | None = None) -> None:
        self.token = token
        self.last = False
        self._tokens: set[str] = {token} if token else set()

    def next(self, answer: IssuePage) -> bool:
        """Take in an answer; whether it was the last one."""
        if answer.warnings:
            raise IncompleteRead(f"Jira warns that the result is truncated: {str(answer.warnings)[:200]}.")
        token = answer.next_page_token
        if answer.is_last is False and not token:
            raise IncompleteRead("Jira says that more issues follow and gives no token for them.")
        if answer.is_last is True and token:
            raise IncompleteRead("Jira says that this page is the last one and gives a token for another.")
        self.last = answer.is_last is True or not token
        if not self.last and token in self._tokens:
            raise IncompleteRead("Jira repeated a page token: the pages lead in a circle.")
        self._tokens.add(token or "")
        self.token = token
        return self.last


def _walk(
    transport: Transport, body: dict[str, object], after: str | None = None
) -> Iterator[tuple[JiraReply, _Walk]]:
    walk = _Walk(after)
    for _ in range(MOST_PAGES):
        asked = body if walk.token is None else {**body, "nextPageToken": walk.token}
        yield transport.post(SEARCH, asked, reads=True), walk
        if walk.last:
            return
    raise IncompleteRead(
        f"The search did not end after {MOST_PAGES} pages.", "Narrow the scope of the mapping."
    )
