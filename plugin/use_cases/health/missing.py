"""What is missing of a site, each with what to do about it: numbers that are unknown, what could not be read or written, what asks for a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from mappings.json_value import PlainValues
from mappings.rollup.state import ObjectiveState
from plugin.access.authorization.actor import Actor
from plugin.next_steps import ACCEPT_GAP, HELD_WRITES, LOSSES, Door, NextStep
from plugin.runtime.connector import Connector
from plugin.use_cases.health.status import SiteStatus, status
from plugin.use_cases.objectives.objectives import RowSelection, every_objective, names_of
from plugin.use_cases.permission import VIEWER, question


class MissingKind(StrEnum):
    """A number that is unknown, a check-in that asks, an issue or value that could not be read or is not shown, a write that waits
    or was refused, an objective that failed for good.
    """

    UNKNOWN = "unknown"
    ASKS = "asks"
    UNREAD = "unread"
    LOST = "lost"
    HELD = "held"
    REFUSED = "refused"
    DEAD_LETTER = "dead_letter"


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
def missing(connector: Connector, actor: Actor, site: str) -> Iterator[MissingMatter]:
    """All of a site: what waits for a person first, then objective by objective."""
    return _missing(connector, actor, site)


@question(VIEWER)
def missing_of(
    connector: Connector, actor: Actor, site: str, state: ObjectiveState
) -> tuple[MissingMatter, ...]:
    """What concerns one objective."""
    mine = {state.key, state.id}
    found = waiting(connector, actor, status(connector, actor, site))
    return (*(one for one in found if mine & set(one.objectives)), *_of_objective(state))


@question(VIEWER)
def waiting(connector: Connector, actor: Actor, found: SiteStatus) -> tuple[MissingMatter, ...]:
    """What waits for a person as a site stands, without looking at its objectives."""
    return tuple(_waiting(connector, actor, found))


def _missing(connector: Connector, actor: Actor, site: str) -> Iterator[MissingMatter]:
    yield from waiting(connector, actor, status(connector, actor, site))
    for saved in every_objective(connector, actor, RowSelection(sites=(site,))):
        yield from _of_objective(saved.state)


def _waiting(connector: Connector, actor: Actor, found: SiteStatus) -> Iterator[MissingMatter]:
    for letter in found.dead:
        yield MissingMatter(
            kind=MissingKind.DEAD_LETTER,
            objectives=(letter.name,),
            what=letter.error,
            remedy=letter.remedy,
            issue=letter.issue_key or None,
        )
    called = names_of(connector, actor, found.site, (one.objective_id for one in found.refused))
    for refused in found.refused:
        what = f"Jira refuses {refused.field_name}: {refused.message}"
        objective = called[refused.objective_id]
        yield MissingMatter(
            kind=MissingKind.REFUSED,
            objectives=(objective,),
            what=what,
            remedy=refused.remedy,
            issue=refused.issue_key,
        )
    for held in found.held:
        what = f"{held.field_name} is not written: {held.why}"
        yield MissingMatter(
            kind=MissingKind.HELD,
            objectives=(held.name,),
            what=what,
            issue=held.issue_key,
            step=HELD_WRITES,
        )
    for unread in found.gaps:
        accepted = f" Accepted by {unread.accepted_by}: left out as unknown." if unread.accepted else ""
        yield MissingMatter(
            kind=MissingKind.UNREAD,
            objectives=unread.objectives,
            what=f"{unread.reason}{accepted}",
            remedy=unread.remedy,
            issue=unread.name,
            step=None if unread.accepted else ACCEPT_GAP,
        )
    for loss in found.losses:
        yield MissingMatter(
            kind=MissingKind.LOST,
            objectives=loss.objectives,
            what=loss.reason,
            issue=loss.issue_key,
            step=LOSSES,
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
