"""What keeps the number of one objective out of Jira, or as it was: who looks at the objective need not look at the whole site for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connectors.store.absence import gaps
from connectors.store.work import due
from connectors.store.writes import refusals, writes
from mappings.rollup.state import ObjectiveState
from plugin.access.authorization.actor import Actor
from plugin.next_steps import ACCEPT_GAP, HELD_WRITES, Door, NextStep
from plugin.runtime.connector import Connector
from plugin.sync.refresh.gaps import needed_by
from plugin.use_cases.health.missing import MissingKind
from plugin.use_cases.permission import VIEWER, question

HEADS = {
    MissingKind.HELD: "is not written",
    MissingKind.REFUSED: "is refused by Jira",
    MissingKind.UNREAD: "cannot be read, so the number stands as it was",
    MissingKind.DEAD_LETTER: "could not be computed anew, so the number stands as it was",
}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One of them: `why` in a sentence, and what to do: the same words, then the `step` of a door. Of a field, what `stands` in Jira and what is `wanted`.

    `name` is how people call the issue that is meant, or the objective itself; `issue_key` is empty where no key is known.
    """

    kind: MissingKind
    name: str
    issue_key: str
    field_name: str
    why: str
    remedy: str
    since: datetime
    stands: object = None
    wanted: object = None
    step: NextStep | None = None

    @property
    def head(self) -> str:
        """What is the matter, behind the key of the issue: `OKR progress is not written`."""
        return f"{self.field_name} {HEADS[self.kind]}".strip()

    def remedy_at(self, door: Door) -> str:
        """What to do, as this door says it; may be empty."""
        return f"{self.remedy} {self.step.at(door) if self.step else ''}".strip()

    @property
    def is_of_field(self) -> bool:
        """Whether Jira has another value than ours in a field."""
        return self.kind in (MissingKind.HELD, MissingKind.REFUSED)


@question(VIEWER)
def obstacles(connector: Connector, _actor: Actor, site: str, state: ObjectiveState) -> tuple[Obstacle, ...]:
    """All of an objective: first why its number is old, then which fields Jira does not have; empty where nothing stands in its way."""
    with connector.store.read() as conn:
        return (
            *_failed(conn, site, state),
            *_unread(conn, site, state.id),
            *_refused(conn, site, state.id),
            *_held(conn, site, state.id),
        )


def _failed(conn: Connection, site: str, state: ObjectiveState) -> Iterator[Obstacle]:
    for one in due.dead(conn, site):
        if one.objective_id == state.id:
            yield Obstacle(
                kind=MissingKind.DEAD_LETTER,
                name=state.key or state.title,
                issue_key=state.key,
                field_name="",
                why=one.error,
                remedy=one.remedy,
                since=one.buried_at,
            )


def _unread(conn: Connection, site: str, objective_id: str) -> Iterator[Obstacle]:
    for one in needed_by(conn, site, gaps.open_gaps(conn, site), objective_id):
        gap = one.gap
        yield Obstacle(
            kind=MissingKind.UNREAD,
            name=gap.name,
            issue_key=gap.issue_key,
            field_name=gap.field,
            why=gap.reason,
            remedy=gap.remedy,
            step=ACCEPT_GAP,
            since=one.since,
        )


def _refused(conn: Connection, site: str, objective_id: str) -> Iterator[Obstacle]:
    for one in refusals.all(conn, site, objective_id):
        yield Obstacle(
            kind=MissingKind.REFUSED,
            name=one.issue_key,
            issue_key=one.issue_key,
            field_name=one.field_name,
            why=one.message,
            remedy=one.remedy,
            since=one.at,
            stands=one.before,
            wanted=one.after,
        )


def _held(conn: Connection, site: str, objective_id: str) -> Iterator[Obstacle]:
    for one in writes.held(conn, site, objective_id):
        yield Obstacle(
            kind=MissingKind.HELD,
            name=one.issue_key,
            issue_key=one.issue_key,
            field_name=one.field_name,
            why=one.note,
            remedy="",
            step=HELD_WRITES,
            since=one.at,
            stands=one.before,
            wanted=one.after,
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
