"""Long work that a person asked for: one row for each kind of a site, with how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, or_, select, update

from connectors.store.database.instant import from_ms, maybe_from_ms, maybe_ms, to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import background_job as table

SILENT_FOR = timedelta(minutes=2)
"""Work that said nothing for so long ended with its process; another one may begin."""


@dataclass(frozen=True, slots=True)
class BackgroundJob:
    """One piece of work: `said` is its result or what went wrong, `todo` what to do about it; `total` None is not known yet.

    `counting` is when the first number came, and `at_first` that number: work that is gone on with does not begin at 0.
    """

    name: str
    by: str
    began: datetime
    seen: datetime
    state: Literal["running", "done", "failed"] = "running"
    done: int = 0
    total: int | None = None
    said: str = ""
    todo: str = ""
    at_first: int = 0
    counting: datetime | None = None

    @property
    def per_second(self) -> float | None:
        """How fast it goes; None while that cannot be said."""
        if self.counting is None or self.seen <= self.counting or self.done <= self.at_first:
            return None
        return (self.done - self.at_first) / (self.seen - self.counting).total_seconds()

    @property
    def seconds_left(self) -> int | None:
        """How long it will take at that pace; None while that cannot be said."""
        pace = self.per_second
        if self.state != "running" or not pace or self.total is None:
            return None
        return round(max(self.total - self.done, 0) / pace)

    def is_running(self, now: datetime) -> bool:
        """Whether it still goes on."""
        return self.state == "running" and now - self.seen < SILENT_FOR


def load_latest(conn: Connection, site: str, name: str) -> BackgroundJob | None:
    """The latest of this kind; None where there was none."""
    mine = (table.c.site == site, table.c.name == name)
    row = conn.execute(select(table).where(*mine)).first()
    if row is None:
        return None
    return BackgroundJob(
        name=row.name,
        by=row.by,
        began=from_ms(row.began),
        seen=from_ms(row.seen),
        state=row.state,
        done=row.done,
        total=row.total,
        said=row.said,
        todo=row.todo,
        at_first=row.at_first,
        counting=maybe_from_ms(row.counting),
    )


def begin(conn: Connection, site: str, job: BackgroundJob) -> bool:
    """It runs from now on; False where one of its kind does already: of those that begin together, one runs."""
    values = {"by": job.by, "began": to_ms(job.began), **_news(job)}
    statement = insert_into(conn, table).values(site=site, name=job.name, **values)
    ended = or_(table.c.state != "running", table.c.seen <= to_ms(job.seen - SILENT_FOR))
    begun = conn.execute(
        statement.on_conflict_do_update(
            index_elements=[table.c.site, table.c.name], set_=values, where=ended
        ).returning(table.c.name)
    )
    return begun.first() is not None


def tell(conn: Connection, site: str, job: BackgroundJob) -> None:
    """How far it is now; nothing where another one of its kind began since."""
    mine = (table.c.site == site, table.c.name == job.name, table.c.began == to_ms(job.began))
    conn.execute(update(table).where(*mine).values(_news(job)))


def _news(job: BackgroundJob) -> dict[str, object]:
    return {
        "seen": to_ms(job.seen),
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "said": job.said,
        "todo": job.todo,
        "at_first": job.at_first,
        "counting": maybe_ms(job.counting),
    }
