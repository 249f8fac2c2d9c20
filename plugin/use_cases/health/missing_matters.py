"""What is missing of a site, each with what to do about it: numbers that are unknown, what could not be read or written, what asks for a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mappings.json_value import PlainValues
from mappings.rollup.state import ObjectiveState
from plugin.access.authorization.actor import Actor
from plugin.next_steps import Door, NextStep
from plugin.runtime.connector import Connector
from plugin.use_cases.health.status import SiteStatus, status
from plugin.use_cases.objectives.objectives import RowSelection, every_objective
from plugin.use_cases.permission import VIEWER, question
from plugin.use_cases.work.obstacles import MissingKind, Obstacle, among, obstacles_of


@dataclass(frozen=True, slots=True)
class MissingMatter:
    """One thing: of which objectives (as people call them), key result or issue, and what to do: the same words, then the `step` of a door."""

    kind: MissingKind
    objectives: tuple[str, ...]
    what: str
    remedy: str = ""
    issue: str | None = None
    key_result: str | None = None
    step: NextStep | None = None

    def remedy_at(self, door: Door) -> str:
        """What to do, as this door says it."""
        return f"{self.remedy} {self.step.at(door) if self.step else ''}".strip()


@question(VIEWER)
def list_matters(connector: Connector, actor: Actor, site: str) -> Iterator[MissingMatter]:
    """All of a site: what waits for a person first, then objective by objective."""
    return _missing(connector, actor, site)


@question(VIEWER)
def matters_of(
    connector: Connector, _actor: Actor, site: str, state: ObjectiveState
) -> tuple[MissingMatter, ...]:
    """What concerns one objective, without looking at the rest of the site."""
    with connector.store.read() as conn:
        found = [*obstacles_of(conn, site, state)]
    return (*map(_matter, found), *_of_objective(state))


def waiting_obstacles(found: SiteStatus) -> tuple[Obstacle, ...]:
    """What stands in the way of a site's numbers as it stands: that of which somebody was told that it waits, and what was accepted."""
    return tuple(
        among(dead=found.dead, gaps=found.gaps, losses=found.losses, refused=found.refused, held=found.held)
    )


def waiting_matters(found: SiteStatus) -> tuple[MissingMatter, ...]:
    """The same as one list with what else is missing."""
    return tuple(map(_matter, waiting_obstacles(found)))


def _missing(connector: Connector, actor: Actor, site: str) -> Iterator[MissingMatter]:
    yield from waiting_matters(status(connector, actor, site))
    for saved in every_objective(connector, actor, RowSelection(sites=(site,))):
        yield from _of_objective(saved.state)


def _matter(one: Obstacle) -> MissingMatter:
    accepted = f" Accepted by {one.accepted_by}: left out as unknown." if one.accepted_by else ""
    return MissingMatter(
        kind=one.kind,
        objectives=one.objectives,
        what=f"{one.head}: {one.why}" if one.is_of_field else f"{one.why}{accepted}",
        remedy=one.remedy,
        issue=(one.name if one.kind is MissingKind.UNREAD else one.issue_key) or None,
        step=one.step,
    )


def _of_objective(state: ObjectiveState) -> Iterator[MissingMatter]:
    names = (state.key or state.id,)
    if state.progress is None:
        yield MissingMatter(MissingKind.UNKNOWN, names, state.health.sentence, "Look at its key results.")
    for one in state.key_results:
        called, issue = one.key or one.id, one.key or None
        if one.measurement.progress is None:
            yield MissingMatter(
                kind=MissingKind.UNKNOWN,
                objectives=names,
                what=one.measurement.reason,
                remedy="Fill in Jira what the reason names, or check in.",
                issue=issue,
                key_result=called,
            )
        if one.check_in is not None and one.check_in.asks:
            yield MissingMatter(
                kind=MissingKind.ASKS,
                objectives=names,
                what=one.check_in.sentence,
                remedy="Check in anew, or withdraw the check-in.",
                issue=issue,
                key_result=called,
            )


def missing_values(one: MissingMatter, door: Door) -> PlainValues:
    """One thing for programs."""
    return {
        "kind": one.kind.value,
        "objectives": list(one.objectives),
        "key_result": one.key_result,
        "issue": one.issue,
        "what": one.what,
        "remedy": one.remedy_at(door),
    }
