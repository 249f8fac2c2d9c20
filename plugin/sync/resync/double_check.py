"""Where a resync's search contradicts what we wrote lately, or is older than what we know, it is not believed: a read by id decides.

So whatever somebody else did to our fields meanwhile comes home with the resync, where the brake looks at all of it together.
An issue that a read by id, too, shows as it was before has gone back: Jira was restored from a backup.
An answer that is empty, or a list of ids that lacks what was shown or counted, proves nothing about what it does not name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connectors.jira.http.errors import IncompleteRead
from connectors.store.mirror import mirror
from connectors.store.mirror.issue_text import IssueMemory
from mappings.facts.gap import Gap
from mappings.facts.issue import Issue
from mappings.numbers import count_of
from plugin.sync.context import Context
from plugin.sync.refresh.omissions import in_scope
from plugin.sync.refresh.own_writes import overtaken
from plugin.sync.refresh.reread import read_again, with_readings
from plugin.sync.resync.search_pages import in_order

SLACK = 2
"""So many issues may come or go between a count and a read, or be late in the index, without a word."""
SHARE = 10
"""Beyond the slack, where one of read and count lacks more than a tenth of the other, neither is believed."""
BACK = timedelta(minutes=1)
"""An issue that is so much older than we know it is no matter of clocks, of rounding, or of the instant we add to it with a write."""


@dataclass(frozen=True, slots=True)
class DoubleCheckedPage:
    """A page of a search, in two parts: what it shows, and what a read by id that began at `read_at` showed in its place.

    `gaps` are what neither could read.
    """

    shown: list[Issue]
    anew: list[Issue]
    read_at: datetime
    gaps: tuple[Gap, ...] = ()

    @property
    def issues(self) -> list[Issue]:
        """Both together."""
        return [*self.shown, *self.anew]


def look_again(
    context: Context, issues: list[Issue], gaps: tuple[Gap, ...] = (), memory: IssueMemory | None = None
) -> DoubleCheckedPage:
    """Read by id what our own writes may have overtaken, and what seems to have gone back. `gaps` are those of the page.

    What such a read does not show, or not in the scope, stays in doubt.
    """
    read_at = context.clock()
    with context.store.read() as conn:
        before = mirror.get(conn, context.site, [issue.id for issue in issues], memory)
        doubted = overtaken(context, conn, before, issues, None) | gone_back(before, issues)
    read = read_again(context, doubted)
    inside = in_scope(context, read.issues)
    back = gone_back(before, inside)
    believed = [replace(one, updated=before[one.id].updated) if one.id in back else one for one in inside]
    anew = with_readings(context, believed, {})
    settled = {issue.id for issue in anew}
    shown = [issue for issue in issues if issue.id not in settled]
    return DoubleCheckedPage(shown, anew, read_at, (*gaps, *read.gaps))


def gone_back(before: Mapping[str, Issue], issues: Iterable[Issue]) -> frozenset[str]:
    """Which of these issues are much older than they were known. To be believed they need the time that was known: older never undoes newer."""
    return frozenset(
        one.id for one in issues if one.id in before and one.updated < before[one.id].updated - BACK
    )


def falls_short(less: int, more: int) -> bool:
    """Whether one of read and count is too far below the other to be believed; nothing is, wherever there is anything."""
    lacks = more - less
    return lacks > 0 and (less == 0 or (lacks > SLACK and lacks * SHARE > more))


def list_scope(context: Context, shown: Set[str], counted: int | None = None) -> frozenset[str]:
    """The ids of everything in the scope, beside those that were `shown` and the number that was `counted`, if it was.

    Raises IncompleteRead where the list itself shows too few, or lacks an issue that is in the scope all the same: nothing is
    proven by what such a list does not name.
    """
    there = frozenset(context.jira.search_ids(in_order(context.mapping.scope_by_id)))
    lacking = shown - there
    fewer = counted is not None and falls_short(len(there), counted)
    if fewer or falls_short(len(shown & there), len(shown)):
        counts = "as many" if counted is None else counted
        raise _short(
            f"Jira listed {count_of(len(there), 'issue')} in the scope, showed {len(shown)} and counts {counts}."
        )
    inside = in_scope(context, read_again(context, lacking).issues)
    if inside:
        keys = ", ".join(sorted(issue.key for issue in inside)[:SLACK])
        raise _short(
            f"Jira listed {count_of(len(there), 'issue')} in the scope without {keys}, which is in it."
        )
    return there


def confirm_end(context: Context, jql: str, shown: int, what: str = "that changed of late") -> None:
    """A search whose last page was empty: an answer that was torn looks the same, so the count has to say so too. Raises IncompleteRead."""
    counted = context.jira.count(jql)
    if counted > shown:
        raise _short(f"Jira counts {count_of(counted, 'issue')} {what} and showed {shown or 'none'} of them.")


def _short(message: str) -> IncompleteRead:
    return IncompleteRead(
        message, "It is tried again by itself; if it lasts, look what stands between the connector and Jira."
    )
