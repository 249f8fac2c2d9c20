"""Pages of the long tables, each row with the number that a cursor goes on from. Decides nothing about what is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import Connection, func, select

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.json_text import fraction_of
from connectors.store.database.sql import Statement, StoredRow, among
from connectors.store.numbers import objectives
from connectors.store.numbers.objectives import HistoryPoint, SavedObjective
from connectors.store.schema import delivery, history, objective
from connectors.store.work import inbox
from connectors.store.work.inbox import Delivery

BODY_HIDDEN = b""


@dataclass(frozen=True, slots=True)
class NumberedPoint:
    """A point of history with its number, whose it is, and where its objective stood before."""

    id: int
    site: str
    objective_id: str
    point: HistoryPoint
    progress_before: Fraction | None
    health_before: str | None


def deliveries_before(
    conn: Connection, site: str, limit: int, before: int | None, status: str | None
) -> list[tuple[Delivery, int]]:
    """Deliveries, newest first, without their bodies; beside each, how many bytes its body has."""
    columns = [column for column in delivery.c if column.name not in ("body", "size")]
    size = func.coalesce(delivery.c.size, func.length(delivery.c.body)).label("size")
    statement: Statement = select(*columns, size).where(delivery.c.site == site)
    statement = statement.order_by(delivery.c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(delivery.c.id < before)
    if status is not None:
        statement = statement.where(delivery.c.status == status)
    return [(_delivery(row), row.size) for row in conn.execute(statement)]


def delivery_of(conn: Connection, delivery_id: int) -> Delivery | None:
    """One delivery without its body."""
    columns = [column for column in delivery.c if column.name != "body"]
    row = conn.execute(select(*columns).where(delivery.c.id == delivery_id)).one_or_none()
    return None if row is None else _delivery(row)


def history_after(
    conn: Connection,
    site: str,
    limit: int,
    after: int,
    objective_id: str | None = None,
    not_after: datetime | None = None,
    *,
    backfilled: bool = False,
) -> list[NumberedPoint]:
    """Points of history in the order in which they were noted, each with where its objective stood before it.

    What was reconstructed of earlier times is no news, so it is left out unless it is asked for.
    """
    statement = _with_former().where(history.c.site == site, history.c.id > after)
    if objective_id is not None:
        statement = statement.where(history.c.objective_id == objective_id)
    if not backfilled:
        statement = statement.where(history.c.backfilled == 0)
    if not_after is not None:
        statement = statement.where(history.c.at <= to_ms(not_after))
    return [_numbered(row) for row in conn.execute(statement.order_by(history.c.id).limit(limit))]


def objectives_of(conn: Connection, site: str, ids: Iterable[str]) -> dict[str, SavedObjective]:
    """The saved objectives of these ids; what has only sums by now is none."""
    rows = conn.execute(select(objective).where(objective.c.site == site, among(conn, objective.c.id, ids)))
    found = {row.id: objectives.saved_of_row(row) for row in rows}
    return {id_: saved for id_, saved in found.items() if not saved.state.plain}


def _with_former() -> Statement:
    """Each point with the one before it of the same objective, found along the index."""
    former = history.alias("former")
    its = (former.c.site == history.c.site, former.c.objective_id == history.c.objective_id)
    latest = (
        select(former.c.id)
        .where(*its, former.c.at <= history.c.at, former.c.id < history.c.id)
        .order_by(former.c.at.desc(), former.c.id.desc())
        .limit(1)
        .scalar_subquery()
        .correlate(history)
    )
    last = history.alias("last")
    columns = (history, last.c.progress.label("was_progress"), last.c.health.label("was_health"))
    return select(*columns).select_from(history.outerjoin(last, last.c.id == latest))


def _numbered(row: StoredRow) -> NumberedPoint:
    point = objectives.point_of_row(row)
    return NumberedPoint(
        id=row.id,
        site=row.site,
        objective_id=row.objective_id,
        point=point,
        progress_before=fraction_of(row.was_progress),
        health_before=row.was_health,
    )


def _delivery(row: StoredRow) -> Delivery:
    status = inbox.DeliveryStatus(row.status)
    received = from_ms(row.received_at)
    return Delivery(
        id=row.id,
        site=row.site,
        identifier=row.identifier,
        received_at=received,
        event=row.event,
        body=BODY_HIDDEN,
        status=status,
        note=row.note,
        attempts=row.attempts,
    )
