"""Whether anything at all waits for a worker, of whatever site: one statement for whoever is idle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Boolean, Connection, Select, bindparam, exists, or_, select

from connectors.store.database.instant import maybe_from_ms, to_ms
from connectors.store.schema import delivery, outage
from connectors.store.work import due
from connectors.store.work.inbox import DeliveryStatus


@dataclass(frozen=True, slots=True)
class NextWork:
    """`at_once`: a delivery that nobody holds, or a Jira that does not answer and may be tried again. `next_run`: from when on an
    objective can be claimed; None where none is due."""

    at_once: bool
    next_run: datetime | None

    def by(self, now: datetime) -> bool:
        """Whether there may be something to do at this instant."""
        return self.at_once or (self.next_run is not None and self.next_run <= now)


def look(conn: Connection, now: datetime) -> NextWork:
    """What waits, as one statement shows it. Whoever takes it up looks again."""
    deliveries, outages, next_run = conn.execute(_look(), {"now": to_ms(now)}).one()
    return NextWork(bool(deliveries) or bool(outages), maybe_from_ms(next_run))


@cache
def _look() -> Select[bool, bool, int | None]:
    free = or_(delivery.c.lease_until.is_(None), delivery.c.lease_until <= bindparam("now"))
    pending = delivery.c.status == DeliveryStatus.PENDING.value
    to_try = (outage.c.kind.is_not(None), outage.c.next_try <= bindparam("now"))
    return select(
        exists().where(pending, free).cast(Boolean),
        exists().where(*to_try).cast(Boolean),
        due.soonest_run().scalar_subquery(),
    )
