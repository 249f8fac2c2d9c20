"""What keeps numbers out of Jira, or as they were: of one objective, or of a whole site. Every door renders these values; none asks the store itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from connectors.store.absence import gaps, losses
from connectors.store.absence.losses import Loss
from mappings.rollup.state import ObjectiveState
from plugin.access.authorization.actor import Actor
from plugin.next_steps import ACCEPT_GAP, HELD_WRITES, LOSSES, Door, NextStep
from plugin.runtime.connector import Connector
from plugin.sync.refresh.gaps import needed_by
from plugin.use_cases.permission import VIEWER, question
from plugin.use_cases.visibility.dated_numbers import LEFT_IN_FIELD
from plugin.use_cases.work.dead_letters import DeadLetter, letters
from plugin.use_cases.work.gaps import GapRow, gap_row
from plugin.use_cases.work.held_writes import HeldWrite, held_writes
from plugin.use_cases.work.refusals import RefusedWrite, refused_writes


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


HEADS = {
    MissingKind.HELD: "is not written",
    MissingKind.REFUSED: "is refused by Jira",
    MissingKind.UNREAD: "cannot be read, so the number stands as it was",
    MissingKind.LOST: "is no longer shown by Jira, and counts as it was read last",
    MissingKind.DEAD_LETTER: "could not be computed anew, so the number stands as it was",
}


@dataclass(frozen=True, slots=True)
class ObstaclePlace:
    """What an act on an obstacle is given: the objective, the issue (as the act names it), the field, the project; empty where it needs none.

    `known`: the objective has been computed once, so that it can be looked at.
    """

    objective_id: str = ""
    issue: str = ""
    field_id: str = ""
    project: str = ""
    known: bool = True


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One of them: `why` it is so, and what to do: the same words, then the `step` of a door. Of a field, what `stands` in Jira and what is `wanted`.

    `name` is how people call the issue that is meant, or the objective itself; `issue_key` is empty where no key is known. `objectives`
    are those whose numbers it concerns, as people call them. `doubted`: it may be none, and nobody is asked yet.
    """

    kind: MissingKind
    objectives: tuple[str, ...]
    name: str
    issue_key: str
    field_name: str
    why: str
    remedy: str
    since: datetime
    place: ObstaclePlace
    title: str = ""
    stands: object = None
    wanted: object = None
    step: NextStep | None = None
    accepted_by: str = ""
    doubted: bool = False

    def numbers_of(self, now: datetime) -> tuple[datetime, datetime]:
        """The time that its numbers are of: what stands may have been written long before."""
        return self.since - LEFT_IN_FIELD, now

    @property
    def head(self) -> str:
        """What is the matter, behind the key of the issue: `OKR progress is not written`."""
        return f"{self.field_name} {HEADS[self.kind]}".strip()

    @property
    def sentence(self) -> str:
        """Why, with a stop behind it: what Jira says and what a large change is held for may have none."""
        return self.why if not self.why or self.why.endswith((".", "!", "?")) else f"{self.why}."

    def remedy_at(self, door: Door) -> str:
        """What to do, as this door says it; may be empty."""
        return f"{self.remedy} {self.step.at(door) if self.step else ''}".strip()

    @property
    def is_of_field(self) -> bool:
        """Whether Jira has another value than ours in a field."""
        return self.kind in (MissingKind.HELD, MissingKind.REFUSED)

    @property
    def waits(self) -> bool:
        """Whether a person is asked to do something about it."""
        return not self.accepted_by and not self.doubted


@question(VIEWER)
def obstacles(connector: Connector, _actor: Actor, site: str, state: ObjectiveState) -> tuple[Obstacle, ...]:
    """All of an objective that wait: first why its number is old, then which fields Jira does not have; empty where nothing stands in its way."""
    with connector.store.read() as conn:
        return tuple(one for one in obstacles_of(conn, site, state) if one.waits)


def obstacles_of(conn: Connection, site: str, state: ObjectiveState) -> Iterator[Obstacle]:
    """The same within a transaction of the caller, with what a person accepted. Looks at nothing of other objectives."""
    names = {state.id, state.key} - {""}
    needed = needed_by(conn, site, gaps.load_all(conn, site), state.id)
    yield from among(
        dead=[one for one in letters(conn, site) if one.objective_id == state.id],
        gaps=[gap_row(conn, one) for one in needed],
        losses=[one for one in losses.load_all(conn, site, "held") if names & set(one.objectives)],
        refused=refused_writes(conn, site, state.id),
        held=held_writes(conn, site, state.id),
    )


def among(
    *,
    dead: Sequence[DeadLetter],
    gaps: Sequence[GapRow],
    losses: Sequence[Loss],
    refused: Sequence[RefusedWrite],
    held: Sequence[HeldWrite],
) -> Iterator[Obstacle]:
    """What stands in the way, of what there is: numbers that are old first, then fields that Jira does not have."""
    yield from map(_dead, dead)
    yield from map(_unread, gaps)
    yield from map(_lost, losses)
    yield from map(_refused, refused)
    yield from map(_held, held)


def _dead(one: DeadLetter) -> Obstacle:
    return Obstacle(
        kind=MissingKind.DEAD_LETTER,
        objectives=(one.name,),
        name=one.name,
        issue_key=one.key or one.issue_key,
        field_name="",
        why=one.error,
        remedy=one.remedy,
        since=one.buried_at,
        place=ObstaclePlace(one.objective_id, known=one.known),
        title=one.title,
    )


def _unread(one: GapRow) -> Obstacle:
    return Obstacle(
        kind=MissingKind.UNREAD,
        objectives=one.objectives,
        name=one.name,
        issue_key=one.key,
        field_name=one.field,
        why=one.reason,
        remedy="" if one.accepted else one.remedy,
        since=one.since,
        place=ObstaclePlace(issue=one.issue),
        step=None if one.accepted else ACCEPT_GAP,
        accepted_by=one.accepted_by,
        doubted=one.doubted,
    )


def _lost(one: Loss) -> Obstacle:
    return Obstacle(
        kind=MissingKind.LOST,
        objectives=one.objectives,
        name=one.issue_key,
        issue_key=one.issue_key,
        field_name="",
        why=one.reason,
        remedy="",
        since=one.at,
        place=ObstaclePlace(issue=one.issue_key, project=one.project_key),
        title=one.title,
        step=LOSSES,
    )


def _refused(one: RefusedWrite) -> Obstacle:
    return Obstacle(
        kind=MissingKind.REFUSED,
        objectives=(one.name,),
        name=one.issue_key,
        issue_key=one.issue_key,
        field_name=one.field_name,
        why=one.message,
        remedy=one.remedy,
        since=one.since,
        place=ObstaclePlace(one.objective_id, one.issue_id, one.field_id),
        stands=one.stands,
        wanted=one.wanted,
    )


def _held(one: HeldWrite) -> Obstacle:
    return Obstacle(
        kind=MissingKind.HELD,
        objectives=(one.name,),
        name=one.issue_key,
        issue_key=one.issue_key,
        field_name=one.field_name,
        why=one.why,
        remedy="",
        since=one.since,
        place=ObstaclePlace(one.objective_id, one.issue_id, one.field_id),
        stands=one.stands,
        wanted=one.wanted,
        step=HELD_WRITES,
    )


def obstacle_values(one: Obstacle, door: Door) -> dict[str, object]:
    """An obstacle as programs have it."""
    return {
        "kind": one.kind.value,
        "name": one.name,
        "issue_key": one.issue_key,
        "field": one.field_name,
        "why": one.why,
        "remedy": one.remedy_at(door),
        "since": one.since.isoformat(),
        "stands": one.stands,
        "wanted": one.wanted,
    }
