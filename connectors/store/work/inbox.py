"""Deliveries as they came, body and all. What they mean is decided elsewhere; nothing here looks into a body.

Once settled a body is only asked for where somebody replays it: some hours later it is compressed.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, or_, select, update

from connectors.store.database.engine import Store
from connectors.store.database.instant import from_ms, maybe_from_ms, to_ms
from connectors.store.database.sql import Statement, insert_into, plain, scan_column
from connectors.store.schema import delivery, delivery_base, delivery_count

LONGEST_IDENTIFIER = 500
LONGEST_EVENT = 200
LONGEST_NOTE = 2_000
COMPRESSED_AT_ONCE = 200
"""Bodies that are compressed in one transaction; whoever writes waits no longer than that takes."""
WORTH_COMPRESSING = 500
"""Shorter bodies, in bytes, are left as they came."""


class DeliveryStatus(StrEnum):
    """What became of a delivery."""

    PENDING = "pending"
    DONE = "done"
    IGNORED = "ignored"
    FAILED = "failed"


# The statuses are named so that the index over them serves.
_OF_ANY_STATUS = delivery.c.status.in_([status.value for status in DeliveryStatus])


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook call; `identifier` is unique within its site, `note` says why it was ignored or failed."""

    id: int
    site: str
    identifier: str
    received_at: datetime
    event: str
    body: bytes
    status: DeliveryStatus
    note: str
    attempts: int


def store(
    conn: Connection, site: str, identifier: str, body: bytes, received_at: datetime, event: str = ""
) -> int | None:
    """Keep a delivery; its id, or None where it is here already. One statement: this is what Jira waits for."""
    row = {
        "site": site,
        "identifier": plain(identifier, LONGEST_IDENTIFIER),
        "received_at": to_ms(received_at),
        "event": plain(event, LONGEST_EVENT),
        "status": "pending",
        "note": "",
        "attempts": 0,
        "body": body,
    }
    statement = insert_into(conn, delivery).on_conflict_do_nothing().returning(delivery.c.id)
    return conn.execute(statement, row).scalar_one_or_none()


def load_pending(conn: Connection, limit: int, site: str | None = None) -> list[Delivery]:
    """What waits, oldest first. On PostgreSQL rows that another transaction is settling are left out."""
    return _read(conn, _pending(limit, site))


def claim(
    conn: Connection, site: str, worker: str, now: datetime, lease: timedelta, limit: int
) -> list[Delivery]:
    """Take waiting deliveries that nobody holds, oldest first; call it within `write`. A lease that ran out is free again."""
    free = or_(delivery.c.lease_until.is_(None), delivery.c.lease_until <= to_ms(now))
    taken = _read(conn, _pending(limit, site).where(free))
    if taken:
        held = {"worker": worker, "lease_until": to_ms(now + lease)}
        conn.execute(update(delivery).where(delivery.c.id.in_([one.id for one in taken])).values(held))
    return taken


def oldest_free(conn: Connection, site: str, now: datetime) -> datetime | None:
    """When the oldest waiting delivery came that nobody holds; None where there is none."""
    free = or_(delivery.c.lease_until.is_(None), delivery.c.lease_until <= to_ms(now))
    waiting = (delivery.c.site == site, delivery.c.status == DeliveryStatus.PENDING.value, free)
    came = conn.execute(select(func.min(delivery.c.received_at)).where(*waiting)).scalar()
    return maybe_from_ms(came)


def release(conn: Connection, worker: str) -> int:
    """Give back what this worker holds and did not settle; how many."""
    held = (delivery.c.worker == worker, delivery.c.status == DeliveryStatus.PENDING.value)
    return conn.execute(update(delivery).where(*held).values(worker=None, lease_until=None)).rowcount


def holders(conn: Connection) -> set[str]:
    """The names of all workers that hold waiting deliveries."""
    held = (delivery.c.status == DeliveryStatus.PENDING.value, delivery.c.worker.is_not(None))
    return set(conn.execute(select(delivery.c.worker).where(*held).distinct()).scalars())


def settle(conn: Connection, delivery_id: int, status: str, note: str, now: datetime) -> None:
    """Say what became of a delivery that waits: `done`, `ignored` or `failed`, with the reason for people. An end is an end."""
    site = conn.execute(select(delivery.c.site).where(delivery.c.id == delivery_id)).scalar()
    settle_all(conn, site or "", {delivery_id: (status, note)}, now)


def settle_all(conn: Connection, site: str, verdicts: Mapping[int, tuple[str, str]], now: datetime) -> None:
    """As `settle`, of many of one site: by the id of a delivery its status and note."""
    for status in sorted({DeliveryStatus(status) for status, _ in verdicts.values()}):
        found = [
            {"of_id": delivery_id, "new_note": plain(note, LONGEST_NOTE)}
            for delivery_id, (new, note) in sorted(verdicts.items())
            if new == status
        ]
        end = {"of_site": site, "new_status": status.value, "now": to_ms(now)}
        settled = conn.execute(_SETTLING, [{**one, **end} for one in found]).rowcount
        _count(conn, [(site, status.value, settled)])


_SETTLING = (
    update(delivery)
    .where(
        delivery.c.id == bindparam("of_id"),
        delivery.c.site == bindparam("of_site"),
        delivery.c.status == DeliveryStatus.PENDING.value,
    )
    .values(
        status=bindparam("new_status"),
        note=bindparam("new_note"),
        attempts=delivery.c.attempts + 1,
        settled_at=bindparam("now"),
        worker=None,
        lease_until=None,
    )
)


def replay(conn: Connection, delivery_id: int) -> bool:
    """Let a settled delivery wait again; False where it is no longer here."""
    mine = delivery.c.id == delivery_id
    former = conn.execute(select(delivery.c.site, delivery.c.status).where(mine).with_for_update()).all()
    again = {"status": DeliveryStatus.PENDING.value, "note": "", "settled_at": None}
    conn.execute(update(delivery).where(mine).values(again))
    _count(conn, ((site, status, -1) for site, status in former if status != DeliveryStatus.PENDING))
    return bool(former)


def counts(conn: Connection, site: str) -> dict[str, int]:
    """How many deliveries there are by status; every status is named. What is settled is counted as it happens, for there may be very many."""
    waiting = conn.execute(_WAITING, {"site": site}).scalar_one()
    settled = {row.status: int(row.number) for row in conn.execute(_SUMS, {"site": site})}
    none = {status.value: 0 for status in DeliveryStatus}
    return none | settled | {DeliveryStatus.PENDING.value: waiting}


def fold(conn: Connection, site: str) -> None:
    """Sum up what was counted: one row a status stays. What others add meanwhile stands beside it."""
    of_it = (delivery_count.c.site, delivery_count.c.status, delivery_count.c.number)
    gone = conn.execute(delete(delivery_count).where(delivery_count.c.site == site).returning(*of_it)).all()
    _count(conn, ((row.site, row.status, row.number) for row in gone))


def _count(conn: Connection, news: Iterable[tuple[str, str, int]]) -> None:
    """By site and status, how many more are settled so. Rows are added and none is changed, so no writer waits for another."""
    sums: Counter[tuple[str, str]] = Counter()
    for site, status, number in news:
        sums[site, status] += number
    rows = [
        {"site": site, "status": status, "number": number}
        for (site, status), number in sorted(sums.items())
        if number
    ]
    if rows:
        conn.execute(_COUNTING, rows)


_COUNTING = insert(delivery_count)
_SUMS = (
    select(delivery_count.c.status, func.sum(delivery_count.c.number).label("number"))
    .where(delivery_count.c.site == bindparam("site"))
    .group_by(delivery_count.c.status)
)
_WAITING = (
    select(func.count())
    .select_from(delivery)
    .where(delivery.c.status == DeliveryStatus.PENDING.value, delivery.c.site == bindparam("site"))
)


def list_arrivals(conn: Connection, site: str, since: datetime) -> list[datetime]:
    """When the deliveries of a site came, from an instant on, the earliest first."""
    mine = (_OF_ANY_STATUS, delivery.c.received_at >= to_ms(since), delivery.c.site == site)
    found = conn.execute(select(delivery.c.received_at).where(*mine)).scalars()
    return [from_ms(at) for at in sorted(found)]


def load_since(conn: Connection, site: str, instant: datetime, limit: int) -> list[Delivery]:
    """What came from an instant on, whatever became of it."""
    mine = (_OF_ANY_STATUS, delivery.c.received_at >= to_ms(instant), delivery.c.site == site)
    return _read(conn, _deliveries().where(*mine).limit(limit))


def recent(conn: Connection, site: str, limit: int) -> list[Delivery]:
    """The latest deliveries, newest first."""
    return _read(
        conn,
        _deliveries()
        .where(scan_column(conn, delivery.c.site) == site)
        .order_by(delivery.c.id.desc())
        .limit(limit),
    )


def prune(conn: Connection, before: datetime) -> int:
    """Forget settled deliveries received before this instant; how many. What still waits stays, and so does the newest dictionary of each
    site: a compression of that site may be between two of its transactions.
    """
    settled = [status.value for status in DeliveryStatus if status is not DeliveryStatus.PENDING]
    old = (delivery.c.status.in_(settled), delivery.c.received_at < to_ms(before))
    rows = conn.execute(delete(delivery).where(*old).returning(delivery.c.site, delivery.c.status)).all()
    _count(conn, ((site, status, -1) for site, status in rows))
    newest = select(func.max(delivery_base.c.id)).group_by(delivery_base.c.site)
    conn.execute(delete(delivery_base).where(_unread(), delivery_base.c.id.not_in(newest)))
    return len(rows)


def bodies(conn: Connection) -> Iterator[Delivery]:
    """Every delivery that is kept, part by part."""
    last = 0
    while found := _read(
        conn, _deliveries().where(delivery.c.id > last).order_by(delivery.c.id).limit(COMPRESSED_AT_ONCE)
    ):
        yield from found
        last = found[-1].id


def reword(conn: Connection, rewording: Callable[[str], str]) -> int:
    """Put other words into the bodies, and unpack all that are told from a base that holds the former ones; how many changed."""
    packed_with = {row.id: row.base_id for row in conn.execute(select(delivery.c.id, delivery.c.base_id))}
    bases = conn.execute(select(delivery_base.c.id, delivery_base.c.body)).all()
    stale = {row.id for row in bases if _other(zlib.decompress(row.body), rewording) is not None}
    changed = [one.id for one in bodies(conn) if _other(one.body, rewording) is not None]
    stale |= {base_id for id_ in changed if (base_id := packed_with[id_]) is not None}
    for one in bodies(conn):
        made = _other(one.body, rewording)
        if made is not None or packed_with[one.id] in stale:
            values = {"body": one.body if made is None else made, "size": None, "base_id": None}
            conn.execute(update(delivery).where(delivery.c.id == one.id).values(values))
    conn.execute(delete(delivery_base).where(delivery_base.c.id.in_(stale)))
    return len(changed)


def _other(body: bytes, rewording: Callable[[str], str]) -> bytes | None:
    text = body.decode(errors="surrogateescape")
    made = rewording(text)
    return None if made == text else made.encode(errors="surrogateescape")


def _unread() -> ColumnElement[bool]:
    return delivery_base.c.id.not_in(select(delivery.c.base_id).where(delivery.c.base_id.is_not(None)))


def compress(store: Store, site: str, before: datetime, going_on: Callable[[], None] = lambda: None) -> int:
    """Compress the bodies of deliveries that were settled and came before this instant; how many. What still waits is left as it is.

    The first body is kept beside as the dictionary of the compression, for bodies of a site are much alike: a fifth of what each takes by
    itself. Before each `COMPRESSED_AT_ONCE` `going_on` is called, which may raise to stop.
    """
    with store.write() as conn:
        conn.execute(delete(delivery_base).where(delivery_base.c.site == site, _unread()))
    done, last, base_id, base = 0, 0, 0, b""
    while True:
        going_on()
        with store.write() as conn:
            asked = {"of_site": site, "after": last, "before": to_ms(before)}
            rows = conn.execute(_uncompressed(conn), asked).all()
            if not rows:
                return done
            if not base_id:
                base = rows[0].body[:DICTIONARY]
                base_id = conn.execute(_BASE, {"site": site, "body": zlib.compress(base)}).scalar_one()
            packed = {row.id: _packed(base, row.body) for row in rows}
            news = [
                {"of_id": row.id, "packed": packed[row.id], "as_it_came": len(row.body), "of_base": base_id}
                for row in rows
                if len(packed[row.id]) < len(row.body)
            ]
            if news:
                conn.execute(_PACKING, news)
        done, last = done + len(news), rows[-1].id


DICTIONARY = 32_768
"""So far zlib looks back, in bytes."""
_BASE = insert(delivery_base).returning(delivery_base.c.id)
_PACKING = (
    update(delivery)
    .where(delivery.c.id == bindparam("of_id"))
    .values(body=bindparam("packed"), size=bindparam("as_it_came"), base_id=bindparam("of_base"))
)


def _uncompressed(conn: Connection) -> Statement:
    """The next bodies, by id: through an index of the site SQLite would read and sort all that are left, for each of the parts."""
    return (
        select(delivery.c.id, delivery.c.body)
        .where(
            scan_column(conn, delivery.c.site) == bindparam("of_site"),
            delivery.c.status != DeliveryStatus.PENDING.value,
            delivery.c.base_id.is_(None),
            func.length(delivery.c.body) >= WORTH_COMPRESSING,
            delivery.c.received_at < bindparam("before"),
            delivery.c.id > bindparam("after"),
        )
        .order_by(delivery.c.id)
        .limit(COMPRESSED_AT_ONCE)
    )


def _packed(base: bytes, body: bytes) -> bytes:
    packing = zlib.compressobj(zdict=base)
    return packing.compress(body) + packing.flush()


def _unpacked(base: bytes, body: bytes) -> bytes:
    return zlib.decompressobj(zdict=base).decompress(body)


def _pending(limit: int, site: str | None) -> Statement:
    statement = (
        _deliveries()
        .where(delivery.c.status == DeliveryStatus.PENDING)
        .order_by(delivery.c.received_at, delivery.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return statement if site is None else statement.where(delivery.c.site == site)


_HIDDEN = frozenset({"settled_at", "worker", "lease_until"})


def _deliveries() -> Statement:
    shown = [column for column in delivery.c if column.name not in _HIDDEN]
    return select(*shown)


def _read(conn: Connection, statement: Statement) -> list[Delivery]:
    rows = conn.execute(statement).all()
    wanted = {row.base_id for row in rows if row.base_id is not None}
    bases: dict[int, bytes] = {}
    if wanted:
        found = select(delivery_base.c.id, delivery_base.c.body).where(delivery_base.c.id.in_(wanted))
        bases = {row.id: zlib.decompress(row.body) for row in conn.execute(found)}
    return [
        Delivery(
            id=row.id,
            site=row.site,
            identifier=row.identifier,
            received_at=from_ms(row.received_at),
            event=row.event,
            body=row.body if row.base_id is None else _unpacked(bases[row.base_id], row.body),
            status=DeliveryStatus(row.status),
            note=row.note,
            attempts=row.attempts,
        )
        for row in rows
    ]
