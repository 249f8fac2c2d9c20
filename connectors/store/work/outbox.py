"""Messages on their way to people. A row is one message by its key: it is written once, and sent until somebody acknowledges it, then never again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from sqlalchemy import Connection, and_, func, or_, select, union, update
from sqlalchemy import delete as delete_from

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import StoredRow, among, insert_into
from connectors.store.schema import opt_out, subscription
from connectors.store.schema import outbox as table
from mappings.digest.digest import DigestMessage

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360))
"""When a message that did not arrive is tried again; after the last it waits for a person."""
SUBSCRIPTION = "subscription:"
"""How the recipients of events begin: programs that subscribed (`connectors.store.subscriptions`). Their rows are no messages to people."""
ACTIVE_SUBSCRIPTION = "active"
"""The state of one that nothing is posted to until somebody resumes it."""
UNDER_WAY = "being sent"
"""The note of a message that somebody sends just now."""


class OutboxState(StrEnum):
    """`due` is still to be sent, `sent` was acknowledged, `dead` was given up, `dropped` was overtaken by its successor, `begun` marks
    a digest that somebody began to get, `empty` a week in which nothing happened.
    """

    DUE = "due"
    SENT = "sent"
    DEAD = "dead"
    DROPPED = "dropped"
    BEGUN = "begun"
    EMPTY = "empty"


class OutboxRow(Protocol):
    """A row that is being sent: its key, and as what it was looked at."""

    @property
    def key(self) -> str: ...
    @property
    def next_at(self) -> datetime: ...
    @property
    def attempts(self) -> int: ...


ON_ITS_WAY = (OutboxState.DUE, OutboxState.SENT)


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message to one recipient, and how far it is."""

    key: str
    digest: str
    recipient: str
    message: DigestMessage
    state: OutboxState
    made_at: datetime
    next_at: datetime
    attempts: int = 0
    note: str = ""


_OF_PEOPLE = table.c.recipient.not_like(f"{SUBSCRIPTION}%")


def add(
    conn: Connection, site: str, one: OutgoingMessage, *, again: bool = False, overtakes: bool = True
) -> bool:
    """Keep a message to be sent; False where one of this key is there already. Those before it that are still due are dropped where it overtakes them.

    With `again` it takes the place of one that is neither sent nor on its way.
    """
    row = {
        "site": site,
        "key": one.key,
        "digest": one.digest,
        "recipient": one.recipient,
        "state": one.state.value,
        "made_at": to_ms(one.made_at),
        "next_at": to_ms(one.next_at),
        "attempts": 0,
        "note": one.note,
        "content": json_text.encode(one.message),
    }
    statement = insert_into(conn, table)
    key = [table.c.site, table.c.key]
    if again:
        on_its_way = [one.value for one in ON_ITS_WAY]
        news = {name: statement.excluded[name] for name in row if name not in ("site", "key")}
        rests = table.c.state.not_in(on_its_way)
        statement = statement.on_conflict_do_update(index_elements=key, set_=news, where=rests)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=key)
    if conn.execute(statement.returning(table.c.key), row).scalar() is None:
        return False
    if not overtakes:
        return True
    before = (
        table.c.site == site,
        table.c.digest == one.digest,
        table.c.recipient == one.recipient,
        table.c.state == OutboxState.DUE.value,
        table.c.key != one.key,
    )
    dropped = {"state": OutboxState.DROPPED.value, "note": "the next one was due"}
    conn.execute(update(table).where(*before).values(dropped))
    return True


def last(conn: Connection, site: str, digest: str, recipient: str) -> datetime | None:
    """When the last digest of this recipient was made that arrived, or began; None where there is none.

    A week in which nothing was told is no such one: what moved a little in each is told once it has moved enough. Where that is all
    that is still known, the first of them.
    """
    mine = (table.c.site == site, table.c.digest == digest, table.c.recipient == recipient)
    told = table.c.state.in_([OutboxState.SENT.value, OutboxState.BEGUN.value])
    empty = table.c.state == OutboxState.EMPTY.value
    for found in (
        select(func.max(table.c.made_at)).where(*mine, told),
        select(func.min(table.c.made_at)).where(*mine, empty),
    ):
        at = conn.execute(found).scalar_one()
        if at is not None:
            return from_ms(at)
    return None


def state_of(conn: Connection, site: str, key: str) -> OutboxState | None:
    """How far the message of this key is; None where there is none."""
    mine = (table.c.site == site, table.c.key == key)
    found = conn.execute(select(table.c.state).where(*mine)).scalar()
    return None if found is None else OutboxState(found)


def known_keys(conn: Connection, site: str, keys: Iterable[str]) -> frozenset[str]:
    """Those of the keys of which there is a message, however far it is."""
    mine = (table.c.site == site, among(conn, table.c.key, keys))
    return frozenset(conn.execute(select(table.c.key).where(*mine)).scalars())


def has_any(conn: Connection, site: str, begins: str) -> bool:
    """Whether there is a message whose key begins so, however far it is."""
    mine = (table.c.site == site, table.c.key.startswith(begins, autoescape=True))
    return conn.execute(select(table.c.key).where(*mine).limit(1)).scalar() is not None


def load_due(conn: Connection, site: str, now: datetime) -> list[OutgoingMessage]:
    """What is to be sent now, the oldest first."""
    mine = (
        table.c.site == site,
        table.c.state == OutboxState.DUE.value,
        table.c.next_at <= to_ms(now),
        _OF_PEOPLE,
    )
    return [
        _outgoing(row)
        for row in conn.execute(select(table).where(*mine).order_by(table.c.made_at, table.c.key))
    ]


def take(conn: Connection, site: str, one: OutboxRow, until: datetime) -> bool:
    """Be the one who sends it, until that moment; False where it is somebody else's by now, or sent."""
    mine = (
        table.c.site == site,
        table.c.key == one.key,
        table.c.state == OutboxState.DUE.value,
        table.c.next_at == to_ms(one.next_at),
    )
    news = {"next_at": to_ms(until), "note": UNDER_WAY}
    return conn.execute(update(table).where(*mine).values(news)).rowcount > 0


def note_sent(conn: Connection, site: str, key: str) -> None:
    """It was acknowledged."""
    mine = (table.c.site == site, table.c.key == key)
    conn.execute(update(table).where(*mine).values(state=OutboxState.SENT.value, note=""))


def note_failed(
    conn: Connection,
    site: str,
    one: OutboxRow,
    now: datetime,
    note: str,
    *,
    for_good: bool = False,
    wait: timedelta | None = None,
    pauses: Sequence[timedelta] = PAUSES,
) -> None:
    """It did not arrive: it is tried again after a while, or given up; unless another sent it meanwhile, or its successor came."""
    attempts = one.attempts + 1
    values: dict[str, object] = {"attempts": attempts, "note": note}
    if for_good or attempts > len(pauses):
        values["state"] = OutboxState.DEAD.value
    else:
        values["next_at"] = to_ms(now + max(pauses[attempts - 1], wait or timedelta(0)))
    mine = (table.c.site == site, table.c.key == one.key, table.c.state == OutboxState.DUE.value)
    conn.execute(update(table).where(*mine).values(values))


def find(conn: Connection, site: str, key: str) -> OutgoingMessage | None:
    """The message of this key; None where there is none."""
    mine = (table.c.site == site, table.c.key == key, _OF_PEOPLE)
    row = conn.execute(select(table).where(*mine)).one_or_none()
    return None if row is None else _outgoing(row)


def load_latest(conn: Connection, site: str) -> dict[tuple[str, str], OutgoingMessage]:
    """By digest and recipient the message that was made last; a week in which nothing happened has one too."""
    mine = and_(table.c.site == site, _OF_PEOPLE)
    last_made = func.max(table.c.made_at).label("made_at")
    newest = (
        select(table.c.digest, table.c.recipient, last_made)
        .where(mine)
        .group_by(table.c.digest, table.c.recipient)
        .subquery()
    )
    same = (
        table.c.digest == newest.c.digest,
        table.c.recipient == newest.c.recipient,
        table.c.made_at == newest.c.made_at,
    )
    rows = conn.execute(select(table).join(newest, and_(*same)).where(mine).order_by(table.c.key))
    return {(row.digest, row.recipient): _outgoing(row) for row in rows}


def send_anew(conn: Connection, site: str, one: OutgoingMessage, now: datetime) -> bool:
    """Try one again now, from the first attempt on; False where it is another than it was when it was looked at."""
    mine = (
        table.c.site == site,
        table.c.key == one.key,
        table.c.state == one.state.value,
        table.c.next_at == to_ms(one.next_at),
    )
    news = {"state": OutboxState.DUE.value, "next_at": to_ms(now), "attempts": 0, "note": ""}
    return conn.execute(update(table).where(*mine).values(news)).rowcount > 0


def recent(conn: Connection, site: str, most: int) -> list[OutgoingMessage]:
    """What was told last, the latest first."""
    found = (
        select(table)
        .where(table.c.site == site, _OF_PEOPLE)
        .order_by(table.c.made_at.desc(), table.c.key)
        .limit(most)
    )
    return [_outgoing(row) for row in conn.execute(found)]


def prune(conn: Connection, site: str, before: datetime) -> None:
    """Forget what was made before, and is on its way no more: what waits for a subscription that is dead or paused is not, and would grow for ever."""
    idle = select(SUBSCRIPTION + subscription.c.id).where(
        subscription.c.site == site, subscription.c.state != ACTIVE_SUBSCRIPTION
    )
    over = or_(table.c.state != OutboxState.DUE.value, table.c.recipient.in_(idle))
    old = (table.c.site == site, table.c.made_at < to_ms(before), over)
    conn.execute(delete_from(table).where(*old))


def stop(conn: Connection, site: str, digest: str, recipient: str, now: datetime) -> None:
    """Somebody wants no more of a digest."""
    row = {"site": site, "digest": digest, "recipient": recipient, "at": to_ms(now)}
    key = [opt_out.c.site, opt_out.c.digest, opt_out.c.recipient]
    conn.execute(insert_into(conn, opt_out).on_conflict_do_nothing(index_elements=key), row)


def resume(conn: Connection, site: str, digest: str, recipient: str) -> None:
    """Somebody wants it again."""
    mine = (opt_out.c.site == site, opt_out.c.digest == digest, opt_out.c.recipient == recipient)
    conn.execute(delete_from(opt_out).where(*mine))


def load_opt_outs(conn: Connection, site: str) -> dict[tuple[str, str], datetime]:
    """Who wants no more of which digest, and since when: by digest and recipient."""
    rows = conn.execute(select(opt_out).where(opt_out.c.site == site))
    return {(row.digest, row.recipient): from_ms(row.at) for row in rows}


def list_mailed(conn: Connection) -> list[tuple[str, str, str]]:
    """Site, digest and recipient of every mail that was made of late, and of every one that somebody stopped."""
    both = (
        select(one.c.site, one.c.digest, one.c.recipient).where(one.c.recipient.like("mail:%"))
        for one in (table, opt_out)
    )
    return [(row.site, row.digest, row.recipient) for row in conn.execute(union(*both))]


def _outgoing(row: StoredRow) -> OutgoingMessage:
    return OutgoingMessage(
        key=row.key,
        digest=row.digest,
        recipient=row.recipient,
        message=json_text.decode(row.content, DigestMessage),
        state=OutboxState(row.state),
        made_at=from_ms(row.made_at),
        next_at=from_ms(row.next_at),
        attempts=row.attempts,
        note=row.note,
    )
