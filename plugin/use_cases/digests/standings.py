"""What is told of: where the objectives stand that run now."""

from __future__ import annotations

from mappings.digest.digest import ObjectiveStanding
from mappings.facts.moment import Moment
from mappings.write_back.targets.remote_link import WHY
from plugin.runtime.connector import Connector
from plugin.use_cases.objectives.objective_list import headlines


def standings(connector: Connector, site: str) -> list[ObjectiveStanding]:
    """What runs now, or runs in no cycle, the same for every recipient: of what has ended nothing is told."""
    mapping = connector.context(site).mapping
    today = Moment(connector.clock(), mapping.zone).today
    with connector.store.read() as conn:
        saved_now = list(headlines(conn, site))
    found = []
    for saved in saved_now:
        one = saved.state
        cycle = mapping.cycles.get(one.cycle_id)
        if cycle is not None and cycle.end < today:
            continue
        found.append(
            ObjectiveStanding(
                id=one.id,
                key=one.key,
                title=one.title,
                progress=one.progress,
                expected=one.expected,
                health=one.health.level,
                sentence=one.health.sentence,
                commitment=one.commitment,
                cycle_id=one.cycle_id or "",
                cycle_end=cycle.end if cycle is not None else None,
                asks=tuple(one.flags),
                link=f"{connector.pages}{WHY}{one.id}"
                if connector.pages and not one.id.startswith("@")
                else "",
            )
        )
    return found
