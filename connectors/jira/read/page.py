"""What reading returns: a page of a search, and the result of a read by id."""

from __future__ import annotations

from dataclasses import dataclass

from mappings.facts.gap import Gap
from mappings.facts.issue import Issue


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Some issues of a search, none of them seen on an earlier page; `last` is the only proof that a search is complete.

    `after` is where the next page begins, for a search that goes on in another process; None on the last page. `gaps` are issues
    that the search found and that cannot be read.
    """

    issues: tuple[Issue, ...]
    last: bool
    after: str | None = None
    gaps: tuple[Gap, ...] = ()

    @property
    def size(self) -> int:
        """How many issues it shows, those that cannot be read as well."""
        return len(self.issues) + len(self.gaps)


@dataclass(frozen=True, slots=True)
class ReadResult:
    """Issues read by id; `missing` are ids Jira does not show: deleted, or moved out of sight. `gaps` are there and cannot be read."""

    issues: tuple[Issue, ...]
    missing: frozenset[str]
    gaps: tuple[Gap, ...] = ()
