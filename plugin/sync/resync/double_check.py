"""Where a resync's search contradicts what we wrote lately, or is older than what we know, it is not believed: a read by id decides.

So whatever somebody else did to our fields meanwhile comes home with the resync, where the brake looks at all of it together.
An issue that a read by id, too, shows as it was before has gone back: Jira was restored from a backup.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connectors.store.mirror import mirror
from mappings.facts.gap import Gap
from mappings.facts.issue import Issue
from plugin.sync.context import Context
from plugin.sync.refresh.omissions import in_scope
from plugin.sync.refresh.own_writes import overtaken
from plugin.sync.refresh.reread import read_again, with_readings

BACK = timedelta(minutes=1)
"""An issue that is so much older than we know it is no matter of clocks, of rounding, or of the instant we add to it with a write."""


@dataclass(frozen=True, slots=True)
class Looked:
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


def look_again(context: Context, issues: list[Issue], gaps: tuple[Gap, ...] = ()) -> Looked:
    """Read by id what our own writes may have overtaken, and what seems to have gone back. `gaps` are those of the page.

    What such a read does not show, or not in the scope, stays in doubt.
    """
    read_at = context.clock()
    with context.store.read() as conn:
        before = mirror.get(conn, context.site, [issue.id for issue in issues])
        doubted = overtaken(context, conn, before, issues, None) | gone_back(before, issues)
    read = read_again(context, doubted)
    inside = in_scope(context, read.issues)
    back = gone_back(before, inside)
    believed = [replace(one, updated=before[one.id].updated) if one.id in back else one for one in inside]
    anew = with_readings(context, believed, {})
    settled = {issue.id for issue in anew}
    shown = [issue for issue in issues if issue.id not in settled]
    return Looked(shown, anew, read_at, (*gaps, *read.gaps))


def gone_back(before: Mapping[str, Issue], issues: Iterable[Issue]) -> frozenset[str]:
    """Which of these issues are much older than they were known. To be believed they need the time that was known: older never undoes newer."""
    return frozenset(
        one.id for one in issues if one.id in before and one.updated < before[one.id].updated - BACK
    )
