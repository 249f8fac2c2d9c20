"""What a resync's search shows of issues that we wrote to lately is not believed: these are read by id at once.

So whatever somebody else did to our fields meanwhile comes home with the resync, where the brake looks at all of it together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connectors.store import mirror
from mappings.issue import Issue
from plugin.sync.context import Context
from plugin.sync.overtaken import overtaken
from plugin.sync.refresh import read_again, with_readings


@dataclass(frozen=True, slots=True)
class Looked:
    """A page of a search, in two parts: what it shows, and what a read by id that began at `read_at` showed in its place."""

    shown: list[Issue]
    anew: list[Issue]
    read_at: datetime

    @property
    def issues(self) -> list[Issue]:
        """Both together."""
        return [*self.shown, *self.anew]


def look_again(context: Context, issues: list[Issue]) -> Looked:
    """Read by id what our own writes may have overtaken; what such a read does not show, or not in the scope, stays in doubt."""
    read_at = context.clock()
    with context.store.read() as conn:
        before = mirror.get(conn, context.site, [issue.id for issue in issues])
        doubted = overtaken(context, conn, before, issues, None)
    found, _ = read_again(context, doubted, guarded=False)
    inside = [issue for issue in found if context.mapping.scope.matches(issue, context.moment())]
    anew = with_readings(context, inside, {})
    settled = {issue.id for issue in anew}
    return Looked([issue for issue in issues if issue.id not in settled], anew, read_at)
