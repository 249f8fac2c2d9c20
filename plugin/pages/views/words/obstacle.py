"""What stands in the way of an objective's number, as its page says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from plugin.pages.views.accounts.record import show_value
from plugin.pages.views.objectives.ledger import Browse
from plugin.pages.views.words.moments import MomentText, when
from plugin.use_cases.work.obstacles import Obstacle


@dataclass(frozen=True, slots=True)
class ObstacleLine:
    """One of them: the issue, what is the matter with it or a field of it, why, what to do, and since when."""

    name: str
    url: str | None
    head: str
    why: str
    values: str
    remedy: str
    since: MomentText


def obstacle_line(one: Obstacle, browse: Browse, now: datetime, zone: tzinfo) -> ObstacleLine:
    """The obstacle as a line."""
    values = (
        f"Jira has {show_value(one.stands)}; wanted is {show_value(one.wanted)}." if one.is_of_field else ""
    )
    return ObstacleLine(
        name=one.name,
        url=browse(one.issue_key) if one.issue_key else None,
        head=one.head,
        why=one.sentence,
        values=values,
        remedy=f"{one.remedy} {one.step.do + '.' if one.step else ''}".strip(),  # the link stands behind it
        since=when(one.since, now, zone),
    )
