"""What happens by the clock: when each task of a site ran last, and which process is at it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Connection, Select, or_, select, update

from connectors.store.database.instant import maybe_from_ms, maybe_ms, to_ms
from connectors.store.database.sql import among, insert_into
from connectors.store.schema import read_request
from connectors.store.schema import schedule as table

RESTING = "nobody"
FARTHEST = timedelta(hours=2)
"""No hold reaches as far, and nothing ran later than that: what says so was written while a clock was wrong, and would stop its task for as long."""


def last(conn: Connection, site: str, name: str) -> datetime | None:
    """When the task ran last; None before the first time."""
    mine = (table.c.site == site, table.c.name == name)
    return maybe_from_ms(conn.execute(select(table.c.last_at).where(*mine)).scalar())


def ran(conn: Connection, site: str, name: str, now: datetime) -> None:
    """What the task is for was done just now, by whomever."""
    statement = insert_into(conn, table).values(site=site, name=name, last_at=to_ms(now))
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=[table.c.site, table.c.name], set_={"last_at": to_ms(now)}
        )
    )


@dataclass(frozen=True, slots=True)
class Appointment:
    """When a task of a site ran last, who is at it, and until when that holds without another word."""

    last_at: datetime | None = None
    holder: str | None = None
    until: datetime | None = None

    def is_due(self, holder: str, now: datetime, every: timedelta) -> bool:
        """Whether this holder may take it now, as far as one look shows."""
        free = self.holder in (None, holder) or (
            self.until is not None and not now < self.until <= now + FARTHEST
        )
        return free and (self.last_at is None or not now - every < self.last_at <= now + FARTHEST)


NEVER = Appointment()
"""Of a task that nobody has begun yet."""


def load_appointments(conn: Connection) -> tuple[dict[tuple[str, str], Appointment], frozenset[str]]:
    """Every task by site and name, and the sites of which everything is to be read again: one statement for all."""
    found: dict[tuple[str, str], Appointment] = {}
    wished: set[str] = set()
    for site, name, last_at, holder, until, asked, served in conn.execute(_standing()).all():
        found[site, name] = Appointment(maybe_from_ms(last_at), holder, maybe_from_ms(until))
        if (asked or 0) > (served or 0):
            wished.add(site)
    return found, frozenset(wished)


@cache
def _standing() -> Select[str, str, int | None, str | None, int | None, int | None, int | None]:
    columns = (table.c.site, table.c.name, table.c.last_at, table.c.holder, table.c.until)
    wish = read_request.c.site == table.c.site
    both = table.outerjoin(read_request, wish)
    return select(*columns, read_request.c.asked, read_request.c.served).select_from(both)


def take(
    conn: Connection, site: str, name: str, holder: str, now: datetime, until: datetime, every: timedelta
) -> bool:
    """Be at the task, if it is due and nobody else is at it, or who was has fallen silent; of those who try, one is."""
    mine = {"holder": holder, "until": to_ms(until)}
    statement = insert_into(conn, table).values(site=site, name=name, **mine)
    far = to_ms(now + FARTHEST)
    free = or_(
        table.c.holder.is_(None), table.c.holder == holder, table.c.until <= to_ms(now), table.c.until > far
    )
    due = or_(table.c.last_at.is_(None), table.c.last_at <= to_ms(now - every), table.c.last_at > far)
    taken = conn.execute(
        statement.on_conflict_do_update(
            index_elements=[table.c.site, table.c.name], set_=mine, where=free & due
        ).returning(table.c.name)
    )
    return taken.first() is not None


def renew(conn: Connection, site: str, name: str, holder: str, until: datetime) -> bool:
    """Stay at the task; False where another process is at it by now."""
    return _changed(conn, site, name, holder, until=to_ms(until))


def end(conn: Connection, site: str, name: str, holder: str) -> None:
    """Be at it no more."""
    _changed(conn, site, name, holder, holder=None, until=None)


def rest(conn: Connection, site: str, name: str, holder: str, until: datetime | None) -> None:
    """Leave the task to any process, at once or after this instant."""
    _changed(conn, site, name, holder, holder=RESTING if until else None, until=maybe_ms(until))


def holders(conn: Connection) -> frozenset[str]:
    """Who is at any task."""
    held = conn.execute(select(table.c.holder).where(table.c.holder.is_not(None)).distinct())
    return frozenset(held.scalars())


def release(conn: Connection, holders: Iterable[str]) -> None:
    """Give back whatever these are at."""
    conn.execute(update(table).where(among(conn, table.c.holder, holders)).values(holder=None, until=None))


def _changed(conn: Connection, site: str, name: str, by: str, **values: object) -> bool:
    mine = (table.c.site == site, table.c.name == name, table.c.holder == by)
    return conn.execute(update(table).where(*mine).values(values)).rowcount > 0
