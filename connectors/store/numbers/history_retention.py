"""Old history with fewer points: of what is older than one moment the last of each day stays, of what is older than another the last of each week.

Whatever is told from what stays is told as before: a point keeps the ledgers that it was made from, instants that are asked for again
(where a cycle begins and ends) keep what held then, and where another mapping began to rule, what held before and after stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, func, or_, select

from connectors.store.database.deletion import delete_where
from connectors.store.database.engine import Store
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.schema import history, snapshot, snapshot_base

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
TO_MONDAY = 3 * DAY_MS
"""So much after the beginning of a week did the count of milliseconds begin: on a Thursday."""
MOST_HELD = 200
"""Instants that keep what held at them, the latest; a quarter needs two."""
NEWEST_BASES = 2
"""So many bases of an objective stay, read or not."""


@dataclass(frozen=True, slots=True)
class Thinning:
    """Of each span of `length`, which begins `shift` before a multiple of it, the last of an objective and mapping revision stays, before `before`."""

    length: int
    shift: int
    before: int

    def followed(self, table: Table, held: Iterable[int]) -> ColumnElement[bool]:
        """Whether a later row of the same span stands for this one, and nothing that stays is told from this one."""
        later = table.alias("later")
        newer = or_(later.c.at > table.c.at, and_(later.c.at == table.c.at, later.c.id > table.c.id))
        same = (
            later.c.site == table.c.site,
            later.c.objective_id == table.c.objective_id,
            later.c.mapping_revision == table.c.mapping_revision,
            # The range lets the index be used; the division alone says what a day, or a week, is.
            later.c.at.between(table.c.at, table.c.at + self.length),
            (later.c.at + self.shift) // self.length == (table.c.at + self.shift) // self.length,
        )
        free = [or_(table.c.at > moment, later.c.at <= moment) for moment in held]
        if table is snapshot:
            told = select(history.c.id).where(
                history.c.site == table.c.site,
                history.c.objective_id == table.c.objective_id,
                history.c.mapping_revision == table.c.mapping_revision,
                history.c.at >= table.c.at,
                history.c.at < later.c.at,
            )
            free.append(~told.correlate(table, later).exists())
            free += [_beside(table, before=True), _beside(table, before=False)]
        return select(later.c.id).where(*same, newer, *free).correlate(table).exists()

    def old(self, table: Table, site: str) -> ColumnElement[bool]:
        """What it is asked of."""
        return and_(table.c.site == site, table.c.at < self.before)


def _beside(table: Table, *, before: bool) -> ColumnElement[bool]:
    """Whether the snapshot just before this one, or just after it, is none or of the same revision: what a mapping changed is told from those on both sides of its turn."""
    other = table.alias()
    mine = (other.c.site == table.c.site, other.c.objective_id == table.c.objective_id)
    if before:
        apart = or_(other.c.at < table.c.at, and_(other.c.at == table.c.at, other.c.id < table.c.id))
        order = [other.c.at.desc(), other.c.id.desc()]
    else:
        apart = or_(other.c.at > table.c.at, and_(other.c.at == table.c.at, other.c.id > table.c.id))
        order = [other.c.at.asc(), other.c.id.asc()]
    # The range lets the index be entered beside this one: by `apart` alone every row from the end on is looked at.
    near = other.c.at <= table.c.at if before else other.c.at >= table.c.at
    found = (
        select(other.c.mapping_revision).where(*mine, near, apart).correlate(table).order_by(*order).limit(1)
    )
    return func.coalesce(found.scalar_subquery(), table.c.mapping_revision) == table.c.mapping_revision


def thin(
    store: Store,
    site: str,
    before: datetime,
    weekly: datetime | None = None,
    held: Iterable[datetime] = (),
    going_on: Callable[[], None] = lambda: None,
) -> int:
    """Of what is older than `before` keep the last of each objective, day (UTC) and mapping revision, and of what is older than `weekly` the last
    of each week, which begins on Monday; how many points and snapshots went.

    What held at the instants `held` stays. `going_on`: see `delete_where`.
    """
    moments = sorted({to_ms(moment) for moment in held})[-MOST_HELD:]
    spans = [Thinning(DAY_MS, 0, to_ms(before))]
    if weekly is not None:
        spans.append(Thinning(WEEK_MS, TO_MONDAY, to_ms(weekly)))
    went = 0
    for table in (history, snapshot):  # in this order: a point that goes holds no ledgers
        for span in spans:
            went += delete_where(
                store, table, and_(span.old(table, site), span.followed(table, moments)), going_on
            )
    delete_where(store, snapshot_base, _unused(site), going_on)
    return went


def last_of_many(conn: Connection, site: str, before: datetime, most: int) -> datetime | None:
    """The end of the day (UTC) of which, with all later days before `before`, the points are more than `most`; None where they never are."""
    day = history.c.at // DAY_MS
    found = (
        select(day.label("day"), func.count().label("number"))
        .where(history.c.site == site, history.c.at < to_ms(before))
        .group_by(day)
        .order_by(day.desc())
    )
    points = 0
    for row in conn.execute(found):
        points += row.number
        if points > most:
            return min(from_ms((int(row.day) + 1) * DAY_MS), before)
    return None


def _unused(site: str) -> ColumnElement[bool]:
    """Whether neither a snapshot nor another base is read by this base any more. The two newest of an objective stay: one may just be made by the newest that its
    transaction sees, while another adds a newer one.
    """
    later, told = snapshot_base.alias("later"), snapshot_base.alias("told")
    readers = [
        select(table.c.id)
        .where(
            table.c.site == snapshot_base.c.site,
            table.c.objective_id == snapshot_base.c.objective_id,
            table.c.base_id == snapshot_base.c.id,
        )
        .correlate(snapshot_base)
        .exists()
        for table in (snapshot, told)
    ]
    newer = select(func.count()).where(
        later.c.site == snapshot_base.c.site,
        later.c.objective_id == snapshot_base.c.objective_id,
        later.c.id > snapshot_base.c.id,
    )
    return and_(
        snapshot_base.c.site == site,
        newer.correlate(snapshot_base).scalar_subquery() >= NEWEST_BASES,
        *(~reader for reader in readers),
    )
