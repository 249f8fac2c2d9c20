"""How far the full read of a site has come: one row for the read, and one for each page with what was on it.

A read belongs to the process that began it or took it over last. Another one that still works on it finds that its pages are
no longer kept, and goes on without.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.sql.dml import ReturningUpdate

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import upsert
from connectors.store.schema import resync_page, resync_run


@dataclass(frozen=True, slots=True)
class UnfinishedRead:
    """A read that did not come to its end: its id, what was kept of it, and when that was."""

    read: str
    content: str
    saved_at: datetime


def begin(conn: Connection, site: str, read: str, holder: str, content: str, now: datetime) -> None:
    """A new read; what was kept of another one goes."""
    discard(conn, site)
    conn.execute(
        insert(resync_run).values(site=site, read=read, holder=holder, content=content, saved_at=to_ms(now))
    )


def load_unfinished(conn: Connection, site: str) -> UnfinishedRead | None:
    """The read that did not come to its end, if there is one."""
    row = conn.execute(select(resync_run).where(resync_run.c.site == site)).first()
    return None if row is None else UnfinishedRead(row.read, row.content, from_ms(row.saved_at))


def take_over(conn: Connection, site: str, read: str, holder: str) -> None:
    """From now on this process keeps the pages of the read."""
    mine = (resync_run.c.site == site, resync_run.c.read == read)
    conn.execute(update(resync_run).where(*mine).values(holder=holder))


def keep(
    conn: Connection, site: str, holder: str, content: str, now: datetime, page: tuple[int, str]
) -> bool:
    """How far the read is and what was on its latest page, by number; False, and nothing kept, where another process has it."""
    reached = {"of_site": site, "of_holder": holder, "content": content, "saved_at": to_ms(now)}
    read = conn.execute(_reaching(), reached).scalar()
    if read is None:
        return False
    number, text = page
    row = {"site": site, "read": read, "number": number, "content": text}
    conn.execute(_keeping(conn.dialect.name), row)
    return True


# Built once: building one takes SQLAlchemy longer than the database takes to answer it, and there is one of each for a page.


@cache
def _reaching() -> ReturningUpdate[str]:
    mine = (resync_run.c.site == bindparam("of_site"), resync_run.c.holder == bindparam("of_holder"))
    values: dict[str, BindParameter[object]] = {name: bindparam(name) for name in ("content", "saved_at")}
    return update(resync_run).where(*mine).values(values).returning(resync_run.c.read)


@cache
def _keeping(dialect: str) -> Insert:
    statement = upsert(dialect, resync_page)
    return statement.on_conflict_do_update(
        index_elements=[resync_page.c.site, resync_page.c.read, resync_page.c.number],
        set_={"content": statement.excluded.content},
    )


def pages(conn: Connection, site: str, read: str) -> Iterator[str]:
    """What was kept of each page, in order."""
    mine = (resync_page.c.site == site, resync_page.c.read == read)
    statement = select(resync_page.c.content).where(*mine).order_by(resync_page.c.number)
    options = {"stream_results": True, "yield_per": 100}
    with conn.execute(
        statement, execution_options=options
    ) as result:  # closed too where nobody reads to the end
        for (content,) in result:
            yield content


def end(conn: Connection, site: str, holder: str) -> None:
    """The read is over: nothing is kept of it, unless another process has it."""
    mine = (resync_run.c.site == site, resync_run.c.holder == holder)
    read = conn.execute(delete(resync_run).where(*mine).returning(resync_run.c.read)).scalar()
    if read is not None:
        conn.execute(delete(resync_page).where(resync_page.c.site == site, resync_page.c.read == read))


def discard(conn: Connection, site: str) -> None:
    """Forget whatever was kept."""
    for table in (resync_run, resync_page):
        conn.execute(delete(table).where(table.c.site == site))
