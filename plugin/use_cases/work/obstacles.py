"""What keeps the number of one objective out of Jira, or as it was: who looks at the objective need not look at the whole site for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from connectors.store.absence import gaps
from connectors.store.work import due
from connectors.store.writes import refusals, writes
from mappings.rollup.state import ObjectiveState
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.sync.refresh.gaps import needed_by
from plugin.use_cases.permission import VIEWER, question


class ObstacleKind(StrEnum):
    """What stands in the way."""

    HELD = "held"
    """A change waits for a person instead of being written."""
    REFUSED = "refused"
    """Jira declines a field."""
    UNREAD = "unread"
    """An issue that the number needs cannot be read: it stands as it was."""
    FAILED = "failed"
    """It could not be computed anew for good: it stands as it was."""


HEADS = {
    ObstacleKind.HELD: "is not written",
    ObstacleKind.REFUSED: "is refused by Jira",
    ObstacleKind.UNREAD: "cannot be read, so the number stands as it was",
    ObstacleKind.FAILED: "could not be computed anew, so the number stands as it was",
}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One of them: `why` in a sentence, and a `remedy` that may be empty. Of a field, what `stands` in Jira and what is `wanted`.

    `name` is how people call the issue that is meant, or the objective itself; `issue_key` is empty where no key is known.
    """

    kind: ObstacleKind
    name: str
    issue_key: str
    field_name: str
    why: str
    remedy: str
    since: datetime
    stands: object = None
    wanted: object = None

    @property
    def head(self) -> str:
        """What is the matter, behind the key of the issue: `OKR progress is not written`."""
        return f"{self.field_name} {HEADS[self.kind]}".strip()

    @property
    def is_of_field(self) -> bool:
        """Whether Jira has another value than ours in a field."""
        return self.kind in (ObstacleKind.HELD, ObstacleKind.REFUSED)


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
                kind=ObstacleKind.FAILED,
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
            kind=ObstacleKind.UNREAD,
            name=gap.name,
            issue_key=gap.issue_key,
            field_name=gap.field,
            why=gap.reason,
            remedy=gap.remedy,
            since=one.since,
        )


def _refused(conn: Connection, site: str, objective_id: str) -> Iterator[Obstacle]:
    for one in refusals.all(conn, site, objective_id):
        yield Obstacle(
            kind=ObstacleKind.REFUSED,
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
            kind=ObstacleKind.HELD,
            name=one.issue_key,
            issue_key=one.issue_key,
            field_name=one.field_name,
            why=one.note,
            remedy="An editor releases it, and it is written, or drops it, and Jira keeps what it has.",
            since=one.at,
            stands=one.before,
            wanted=one.after,
        )


def obstacle_values(one: Obstacle) -> dict[str, object]:
    """An obstacle as programs have it."""
    return {
        "kind": one.kind.value,
        "name": one.name,
        "issue_key": one.issue_key,
        "field": one.field_name,
        "why": one.why,
        "remedy": one.remedy,
        "since": one.since.isoformat(),
        "stands": one.stands,
        "wanted": one.wanted,
    }
