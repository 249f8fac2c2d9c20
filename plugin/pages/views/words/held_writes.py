"""What is held, by objective: what stands in Jira, what is wanted, why it waits, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from plugin.pages.views.accounts.record import show_value
from plugin.pages.views.objectives.ledger import Browse
from plugin.pages.views.words.moments import MomentText, when
from plugin.use_cases.work.obstacles import Obstacle

MOST_HELD = 50
"""So many objectives with held changes are listed; the others are counted, and go with all."""


@dataclass(frozen=True, slots=True)
class HeldChange:
    """One field that is not written: what stands in Jira, what is wanted, why it waits, and since when."""

    key: str
    url: str | None
    field: str
    stands: str
    wanted: str
    why: str
    since: MomentText


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """What is held of one objective; it is released or dropped together."""

    objective_id: str
    name: str
    changes: tuple[HeldChange, ...]


def held_groups(
    found: Sequence[Obstacle], browse: Browse, now: datetime, zone: tzinfo
) -> tuple[HeldGroup, ...]:
    """All that is held of a site, the latest first."""
    groups: dict[tuple[str, str], list[HeldChange]] = {}
    for one in found:
        change = HeldChange(
            key=one.issue_key,
            url=browse(one.issue_key),
            field=one.field_name,
            stands=show_value(one.stands),
            wanted=show_value(one.wanted),
            why=one.why,
            since=when(one.since, now, zone),
        )
        groups.setdefault((one.place.objective_id, one.objectives[0]), []).append(change)
    return tuple(HeldGroup(id_, name, tuple(changes)) for (id_, name), changes in groups.items())
