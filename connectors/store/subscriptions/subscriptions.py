"""Subscriptions to events: where they are posted, and up to which row of each table of facts they were made.

The facts themselves (history, check-ins, judged periods, closings) are written in the transaction of what happened, and are the outbox's source: what was
kept is told, whatever dies in between. A row of the outbox is one event for one subscription, by its key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from sqlalchemy import Connection, delete, func, insert, select, update

from connectors.store.database.instant import from_ms, maybe_from_ms, maybe_ms, to_ms
from connectors.store.database.sql import StoredRow, insert_into
from connectors.store.numbers.check_ins import IMPORTED
from connectors.store.schema import check_in, history, outbox
from connectors.store.schema import subscription as table
from connectors.store.work.outbox import ACTIVE_SUBSCRIPTION, SUBSCRIPTION, OutboxState

OVERLAP = 200
LATE = timedelta(hours=1)
"""PostgreSQL may show a later row before an earlier one that is still being written: so many rows, of so long ago, are looked at once more."""


class SubscriptionState(StrEnum):
    """`active`: events are posted. `dead`: its address took none for days, or said that it is gone. `paused`: somebody wants it to wait.

    Of both nothing is posted until somebody resumes them; what happens meanwhile waits.
    """

    ACTIVE = ACTIVE_SUBSCRIPTION
    DEAD = "dead"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One of them. `url` is a secret as a whole, `events` are the types it gets, `secret` signs and is sealed; `failing_since` is when its address stopped to take events, `note` why."""

    id: str
    url: str = field(repr=False)
    events: tuple[str, ...]
    secret: bytes = field(repr=False)
    by: str
    at: datetime
    state: SubscriptionState = SubscriptionState.ACTIVE
    failing_since: datetime | None = None
    note: str = ""
    history_after: int = 0
    check_in_after: int = 0

    @property
    def host(self) -> str:
        """All that is told of its address."""
        return urlsplit(self.url).netloc

    @property
    def recipient(self) -> str:
        """What the outbox calls it."""
        return f"{SUBSCRIPTION}{self.id}"


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """One event for one subscription, and how far it is; `body` is the JSON that is posted."""

    key: str
    recipient: str
    body: str
    state: OutboxState
    made_at: datetime
    next_at: datetime
    attempts: int = 0
    note: str = ""


def add(conn: Connection, site: str, one: Subscription) -> Subscription:
    """Keep a new one, which gets what happens from now on."""
    newest = [
        conn.execute(select(func.coalesce(func.max(each.c.id), 0)).where(each.c.site == site)).scalar_one()
        for each in (history, check_in)
    ]
    values = {
        "site": site,
        "id": one.id,
        "url": one.url,
        "events": " ".join(one.events),
        "secret": one.secret,
        "by": one.by,
        "at": to_ms(one.at),
        "state": one.state.value,
        "failing_since": maybe_ms(one.failing_since),
        "note": one.note,
        "history_after": newest[0],
        "check_in_after": newest[1],
    }
    conn.execute(insert(table).values(values))
    return _subscription(conn.execute(select(table).where(table.c.site == site, table.c.id == one.id)).one())


def of_site(conn: Connection, site: str) -> list[Subscription]:
    """All of a site, the oldest first."""
    found = select(table).where(table.c.site == site).order_by(table.c.at, table.c.id)
    return [_subscription(row) for row in conn.execute(found)]


def is_active(conn: Connection, site: str, id_: str) -> bool:
    """Whether it is posted to at this moment: it may have been paused or removed meanwhile."""
    mine = (table.c.site == site, table.c.id == id_, table.c.state == SubscriptionState.ACTIVE.value)
    return conn.execute(select(table.c.id).where(*mine)).first() is not None


def remove(conn: Connection, site: str, id_: str) -> bool:
    """Post nothing to it any more, what waits neither; whether there was one."""
    conn.execute(delete(outbox).where(outbox.c.site == site, outbox.c.recipient == f"{SUBSCRIPTION}{id_}"))
    return conn.execute(delete(table).where(table.c.site == site, table.c.id == id_)).rowcount > 0


def change(conn: Connection, site: str, id_: str, **news: object) -> None:
    """Keep what is new of one: state, failing_since (as an instant), note or secret."""
    values = {
        name: to_ms(value)
        if isinstance(value, datetime)
        else value.value
        if isinstance(value, SubscriptionState)
        else value
        for name, value in news.items()
    }
    conn.execute(update(table).where(table.c.site == site, table.c.id == id_).values(values))


def reseal(conn: Connection, renew: Callable[[bytes], bytes | None]) -> None:
    """Seal every secret with the present key; what no key opens stays as it is."""
    for row in conn.execute(select(table.c.site, table.c.id, table.c.secret)).all():
        fresh = renew(row.secret)
        if fresh is not None:
            change(conn, row.site, row.id, secret=fresh)


def go_on(conn: Connection, site: str, one: Subscription, history_after: int, check_in_after: int) -> bool:
    """Its events are made up to there; False where another process was quicker."""
    mine = (
        table.c.site == site,
        table.c.id == one.id,
        table.c.history_after == one.history_after,
        table.c.check_in_after == one.check_in_after,
    )
    news = {"history_after": history_after, "check_in_after": check_in_after}
    return conn.execute(update(table).where(*mine).values(news)).rowcount > 0


def check_in_ids(conn: Connection, site: str, after: int, now: datetime, limit: int) -> list[int]:
    """Check-ins that were kept after this one, and of late a little before it; what was imported happened elsewhere."""
    fresh = (check_in.c.id > after) | (check_in.c.at >= to_ms(now - LATE))
    own = check_in.c.ended_how.is_(None) | (check_in.c.ended_how != IMPORTED)
    found = select(check_in.c.id).where(check_in.c.site == site, check_in.c.id > after - OVERLAP, fresh, own)
    return list(conn.execute(found.order_by(check_in.c.id).limit(limit)).scalars())


def put(conn: Connection, site: str, events: Iterable[OutgoingEvent]) -> None:
    """Let events be posted; one whose key is there already is the same event."""
    rows = [
        {
            "site": site,
            "key": one.key,
            "digest": SUBSCRIPTION,
            "recipient": one.recipient,
            "state": one.state.value,
            "made_at": to_ms(one.made_at),
            "next_at": to_ms(one.next_at),
            "attempts": one.attempts,
            "note": one.note,
            "content": one.body,
        }
        for one in events
    ]
    if rows:
        key = [outbox.c.site, outbox.c.key]
        conn.execute(insert_into(conn, outbox).on_conflict_do_nothing(index_elements=key), rows)


def load_due(conn: Connection, site: str, recipient: str, now: datetime, limit: int) -> list[OutgoingEvent]:
    """What is to be posted to one now, the oldest first."""
    mine = (
        outbox.c.site == site,
        outbox.c.recipient == recipient,
        outbox.c.state == OutboxState.DUE.value,
        outbox.c.next_at <= to_ms(now),
    )
    found = select(outbox).where(*mine).order_by(outbox.c.made_at, outbox.c.key).limit(limit)
    return [_event(row) for row in conn.execute(found)]


def counts(conn: Connection, site: str) -> dict[tuple[str, str], int]:
    """By recipient and state how many events there are."""
    mine = (outbox.c.site == site, outbox.c.digest == SUBSCRIPTION)
    found = select(outbox.c.recipient, outbox.c.state, func.count()).where(*mine)
    rows = conn.execute(found.group_by(outbox.c.recipient, outbox.c.state))
    return {(recipient, state): number for recipient, state, number in rows}


def replay(conn: Connection, site: str, recipient: str, since: datetime, now: datetime) -> int:
    """Let everything be posted once more that was made since then; how many events."""
    mine = (outbox.c.site == site, outbox.c.recipient == recipient, outbox.c.made_at >= to_ms(since))
    return conn.execute(update(outbox).where(*mine).values(_anew(now))).rowcount


def post_anew(conn: Connection, site: str, recipient: str, now: datetime) -> None:
    """Let everything that was not acknowledged be posted now, from the first attempt on."""
    mine = (outbox.c.site == site, outbox.c.recipient == recipient, outbox.c.state != OutboxState.SENT.value)
    conn.execute(update(outbox).where(*mine).values(_anew(now)))


def _anew(now: datetime) -> dict[str, object]:
    return {"state": OutboxState.DUE.value, "next_at": to_ms(now), "attempts": 0, "note": ""}


def _subscription(row: StoredRow) -> Subscription:
    return Subscription(
        id=row.id,
        url=row.url,
        events=tuple(row.events.split()),
        secret=row.secret,
        by=row.by,
        at=from_ms(row.at),
        state=SubscriptionState(row.state),
        failing_since=maybe_from_ms(row.failing_since),
        note=row.note,
        history_after=row.history_after,
        check_in_after=row.check_in_after,
    )


def _event(row: StoredRow) -> OutgoingEvent:
    return OutgoingEvent(
        key=row.key,
        recipient=row.recipient,
        body=row.content,
        state=OutboxState(row.state),
        made_at=from_ms(row.made_at),
        next_at=from_ms(row.next_at),
        attempts=row.attempts,
        note=row.note,
    )
