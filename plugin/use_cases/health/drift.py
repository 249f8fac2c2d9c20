"""What resyncs found wrong in the mirror, for everybody who shows it: pages, API, status, metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connectors.store.mirror.names import ObjectiveName, names
from connectors.store.reads import full_reads, recent_reads
from connectors.store.work import drift

MOST_NAMED = 50


@dataclass(frozen=True, slots=True)
class DriftedObjective:
    """An objective under which issues were wrong; key and title are empty where it is none any more."""

    id: str
    key: str
    title: str
    issues: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Drift:
    """`full` issues the last full resync found wrong among `read`, `recent` those that looks at recent changes found since.

    `objectives` counts all objectives concerned; `worst` names those with the most such issues.
    """

    full: int
    read: int
    at: datetime | None
    recent: int = 0
    objectives: int = 0
    worst: tuple[DriftedObjective, ...] = ()

    @property
    def issues(self) -> int:
        """All of them."""
        return self.full + self.recent


def drift_of(conn: Connection, site: str, most: int = MOST_NAMED) -> Drift | None:
    """The drift of a site, None before its first resync."""
    full = full_reads.load_latest(conn, site)
    if full is None or full.wrong is None:
        return None
    worst = drift.worst(conn, site, most) if most else []
    called = names(conn, site, [one.objective_id for one in worst])
    return Drift(
        full=full.wrong,
        read=full.issues or 0,
        at=full.at,
        recent=recent_reads.load_reads(conn, site).wrong,
        objectives=drift.count(conn, site),
        worst=tuple(_named(one, called.get(one.objective_id, ObjectiveName())) for one in worst),
    )


def last_recent(conn: Connection, site: str) -> datetime | None:
    """When what changed of late was read last."""
    return recent_reads.load_reads(conn, site).at


def _named(one: drift.ObjectiveDrift, called: ObjectiveName) -> DriftedObjective:
    return DriftedObjective(
        id=one.objective_id, key=called.key, title=called.title, issues=one.issues, at=one.at
    )
