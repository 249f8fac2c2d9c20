"""What resyncs found wrong in the mirror, for everybody who shows it: pages, API, status, metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connectors.store.numbers.names import Name, names
from connectors.store.sites import facts
from connectors.store.work import drift
from plugin.sync.resync import watermark

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
    found = facts.get(conn, site, "drift")
    if found is None:
        return None
    since = watermark.drift_since(conn, site)
    worst = drift.worst(conn, site, most) if most else []
    called = names(conn, site, [one.objective_id for one in worst])
    return Drift(
        found["issues"],
        found["read"],
        datetime.fromisoformat(found["at"]) if "at" in found else None,
        since.issues if since else 0,
        drift.count(conn, site),
        tuple(_named(one, called.get(one.objective_id, Name())) for one in worst),
    )


def last_recent(conn: Connection, site: str) -> datetime | None:
    """When what changed of late was read last."""
    text = facts.get(conn, site, watermark.LAST)
    return None if text is None else datetime.fromisoformat(text)


def _named(one: drift.Drifted, called: Name) -> DriftedObjective:
    return DriftedObjective(one.objective_id, called.key, called.title, one.issues, one.at)
