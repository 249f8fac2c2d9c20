"""Search on Jira Data Center: `POST /rest/api/2/search`, paged by offset, with a total that must come out in the end."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.jira.http.errors import IncompleteRead, JiraRefusal
from connectors.jira.http.transport import Transport
from connectors.jira.read.page import SearchPage
from connectors.jira.read.page_order import stable
from connectors.jira.read.parent_memory import ParentMemory
from connectors.jira.read.parents import SeenKeys, with_parents
from connectors.jira.read.seen_ids import SeenIds
from connectors.jira.wire.issue_decoder import DecodedIssues, IssueDecoder
from connectors.jira.wire.shapes import ID_PAGES, IssuePage
from mappings.numbers import count_of

SEARCH = "/rest/api/2/search"
ID_PAGE = 1000
REWIND = 100
"""So far a walk goes back where issues moved between its pages."""
MOST_REWINDS = 50


def search(
    transport: Transport,
    jql: str,
    decoder: IssueDecoder,
    sight: ParentMemory,
    page_size: int = 100,
    after: str | None = None,
) -> Iterator[SearchPage]:
    """Pages of issues, each issue once, with parents from Epic Link and Parent Link resolved to ids.

    `after` is where an earlier search stopped. Raises IncompleteRead where the pages do not add up to the total, or issues move
    between them faster than they are read.
    """
    walk, seen = _Walk(after), SeenKeys()
    while not walk.last:
        begin = walk.start - walk.overlap
        batch = fetch(transport, stable(jql), decoder, page_size + walk.overlap, begin)
        new = walk.next(batch.answer, list(batch.names))
        fresh = {issue.id: issue for issue in batch.issues if issue.id in new}
        read = with_parents(transport, tuple(fresh.values()), batch, sight, seen)
        yield SearchPage(read, walk.last, walk.place, batch.gaps)


def search_ids(transport: Transport, jql: str) -> Iterator[str]:
    """Ids of all matching issues, each once."""
    walk = _Walk()
    while not walk.last:
        begin = walk.start - walk.overlap
        body = {"jql": stable(jql), "fields": ["id"], "maxResults": ID_PAGE, "startAt": begin}
        answer = transport.post(SEARCH, body, reads=True).read(ID_PAGES)
        yield from walk.next(answer, [wire.id for wire in answer.issues])


def fetch(
    transport: Transport, jql: str, decoder: IssueDecoder, size: int, start: int = 0, *, strict: bool = True
) -> DecodedIssues:
    """One page. `strict` refuses queries that name what does not exist, instead of finding less."""
    body = {
        "jql": jql,
        "fields": list(decoder.asked),
        "maxResults": size,
        "startAt": start,
        "validateQuery": strict,
    }
    return decoder.decode(transport.post(SEARCH, body, reads=True))


def count(transport: Transport, jql: str) -> int:
    """How many issues match."""
    answer = transport.post(SEARCH, {"jql": jql, "maxResults": 0, "fields": ["id"]}, reads=True).read(
        ID_PAGES
    )
    if answer.total is None:
        raise IncompleteRead("Jira's answer to a count holds no total.")
    return int(answer.total)


def jql_errors(transport: Transport, jql: str) -> tuple[str, ...]:
    """What Jira finds wrong with a query."""
    try:
        count(transport, jql)
    except JiraRefusal as error:
        if error.status == 400:
            return error.messages or ("Jira refused the query.",)
        raise
    return ()


class _Walk:
    """Where a paged read stands. Jira may return fewer issues than asked, so the offset follows what came.

    An issue that is deleted moves all behind it forward by one, and an offset would step over one of them unseen. So every
    page but the first begins with the last issue of the page before it; where it does not, the walk goes back by a page
    until it stands on ground that it has seen. The total alone would not tell: an issue that came meanwhile hides the one
    that went. Its place is the offset and how many different issues came before it, as in `1200/1198`.
    """

    def __init__(self, place: str | None = None) -> None:
        start, _, before = (place or "0/0").partition("/")
        self.start = int(start)
        self.before = int(before)
        self.last = False
        self._seen = SeenIds()
        self._rewound = 0

    @property
    def overlap(self) -> int:
        """How many issues of the next page have been on a page of this walk."""
        return min(self.start, 1) if len(self._seen) else 0

    @property
    def place(self) -> str | None:
        """Where the next page begins; None after the last one."""
        return None if self.last else f"{self.start}/{self.before + len(self._seen)}"

    def next(self, answer: IssuePage, ids: list[str]) -> list[str]:
        """Take in an answer, which began `overlap` before the start, and the ids on it; those that no page has shown before."""
        if answer.total is None:
            raise IncompleteRead("Jira's answer to a search holds no total.")
        if answer.warning_messages:
            raise IncompleteRead(f"Jira warns about the search: {str(answer.warning_messages)[:200]}.")
        overlap = self.overlap
        if overlap and self._moved(answer.total, ids):
            return []
        new = [issue_id for issue_id in ids if self._seen.add(issue_id)]
        self.start += len(ids) - overlap
        self.last = self.start >= answer.total
        if not self.last and len(ids) <= overlap:
            raise IncompleteRead(
                f"Jira returned {self.start} of {count_of(answer.total, 'issue')} and then none."
            )
        different = self.before + len(self._seen)
        if self.last and different < answer.total:
            raise IncompleteRead(f"Jira returned {different} different issues of {answer.total}.")
        return new

    def _moved(self, total: int, ids: list[str]) -> bool:
        """Whether the seam does not hold: then the walk stands further back now."""
        if ids and ids[0] in self._seen:
            return False
        self._rewound += 1
        if self._rewound > MOST_REWINDS:
            raise IncompleteRead("Issues moved between the pages of a search faster than it could be read.")
        self.start = max(min(self.start, total) - REWIND, 0)
        return True
