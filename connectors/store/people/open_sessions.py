"""Sessions that are open: of whom, since when, from where. One that is not here has ended, wherever a copy of its cookie may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import StoredRow, plain
from connectors.store.schema import open_session as table

LONGEST_BROWSER = 200


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One session; `seen` is known to the minute, `browser` is what the browser calls itself."""

    id: str
    account_id: int
    begun: datetime
    seen: datetime
    address: str
    browser: str

    def __repr__(self) -> str:
        return f"OpenSession(account_id={self.account_id}, begun={self.begun})"


def begin(conn: Connection, session: OpenSession, outlived: datetime) -> None:
    """Remember it; those that were begun before `outlived` have ended by themselves and are forgotten."""
    conn.execute(delete(table).where(table.c.begun < to_ms(outlived)))
    row = {
        "id": session.id,
        "account_id": session.account_id,
        "begun": to_ms(session.begun),
        "seen": to_ms(session.seen),
        "address": plain(session.address, LONGEST_BROWSER),
        "browser": plain(session.browser, LONGEST_BROWSER),
    }
    conn.execute(insert(table), row)


def get(conn: Connection, session_id: str) -> OpenSession | None:
    """The session of this id; None where it has ended."""
    row = conn.execute(select(table).where(table.c.id == session_id)).one_or_none()
    return None if row is None else _session(row)


def load_sessions(conn: Connection, account_id: int) -> list[OpenSession]:
    """Those of an account, the one that was used last first."""
    mine = select(table).where(table.c.account_id == account_id).order_by(table.c.seen.desc(), table.c.id)
    return [_session(row) for row in conn.execute(mine)]


def note_use(conn: Connection, session_id: str, now: datetime) -> None:
    """Remember when it was used last."""
    conn.execute(update(table).where(table.c.id == session_id).values(seen=to_ms(now)))


def carry(conn: Connection, session_id: str, passed: timedelta) -> None:
    """Make it as young as it was before the clock of the demo was moved."""
    by = passed // timedelta(milliseconds=1)
    later = {"begun": table.c.begun + by, "seen": table.c.seen + by}
    conn.execute(update(table).where(table.c.id == session_id).values(later))


def end(conn: Connection, session_id: str) -> None:
    """This one is over."""
    conn.execute(delete(table).where(table.c.id == session_id))


def end_of(conn: Connection, account_id: int) -> None:
    """All of an account are over."""
    conn.execute(delete(table).where(table.c.account_id == account_id))


def end_all(conn: Connection) -> int:
    """All of everybody are over; how many there were."""
    return conn.execute(delete(table)).rowcount


def _session(row: StoredRow) -> OpenSession:
    return OpenSession(
        id=row.id,
        account_id=row.account_id,
        begun=from_ms(row.begun),
        seen=from_ms(row.seen),
        address=row.address,
        browser=row.browser,
    )
