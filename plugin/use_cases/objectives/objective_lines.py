"""Objectives one a line, as every door gives them: with where people see the issue, and what the week did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from connectors.store.lists import list_rows
from connectors.store.numbers import objectives
from connectors.store.numbers.objectives import SavedObjective, ServedCount
from mappings.explain.week import WeekMove
from mappings.rollup.state import ObjectiveState
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.objectives.movement import weeks
from plugin.use_cases.permission import VIEWER, question

__all__ = ["ObjectiveLine", "ServedCount", "every_line", "line", "lines"]

UNSERVED = ServedCount()
AT_ONCE = 100
"""How many whole states are held at a time."""


@dataclass(frozen=True, slots=True)
class ObjectiveLine:
    """One objective of a site, as programs are told of it; `url` is where people see its issue in Jira.

    `week` is what a week did to it, None where its history is shorter, or it stands as its cycle was over. `served` is by how many
    objectives: those of other cycles count in it, too, and stand in no list of its own cycle.
    """

    site: str
    saved: SavedObjective
    url: str | None = None
    week: WeekMove | None = None
    served: ServedCount = UNSERVED

    @property
    def state(self) -> ObjectiveState:
        """Where it stands."""
        return self.saved.state


@question(VIEWER)
def lines(
    connector: Connector, _actor: Actor, site: str, found: Iterable[SavedObjective]
) -> Iterator[ObjectiveLine]:
    """Each of what was found as a line, a few at a time."""
    return _lines(connector, site, found)


@question(VIEWER)
def every_line(connector: Connector, _actor: Actor, site: str) -> tuple[ObjectiveLine, ...]:
    """All of a site as lines, with their ledgers."""
    with connector.store.read() as conn:
        found = tuple(objectives.load_objectives(conn, site))
    return tuple(_lines(connector, site, found))


@question(VIEWER)
def line(connector: Connector, _actor: Actor, site: str, saved: SavedObjective) -> ObjectiveLine:
    """One as a line."""
    return next(_lines(connector, site, [saved]))


def _lines(connector: Connector, site: str, found: Iterable[SavedObjective]) -> Iterator[ObjectiveLine]:
    rest = iter(found)
    known = connector.sites.get(site)
    while some := list(islice(rest, AT_ONCE)):
        with connector.store.read() as conn:
            running = [one.state for one in some if one.served_then is None]
            moved = weeks(connector, conn, site, {state.id: state.progress for state in running})
            below = list_rows.count_served(conn, site, [state.id for state in running])
        for one in some:
            state = one.state
            url = known.issue_url(state.key) if known and state.issue_id and state.key else None
            week, served = moved.get(state.id), below.get(state.id, UNSERVED)
            if one.served_then is not None:
                week, served = None, one.served_then
            yield ObjectiveLine(site, one, url=url, week=week, served=served)
