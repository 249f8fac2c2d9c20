"""Mapping revisions of a site, immutable, and which of them was active when. Knows nothing of what a mapping says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, Connection, ScalarSelect, bindparam, func, insert, select

from connectors.store.database import sql
from connectors.store.database.instant import from_ms, maybe_from_ms, to_ms
from connectors.store.database.sql import Statement, StoredRow, insert_into
from connectors.store.schema import activation
from connectors.store.schema import revision as table


@dataclass(frozen=True, slots=True)
class Revision:
    """One text of a mapping, as written; `revision` is the hash of its canonical form. Never activated: `activated_at` is None."""

    revision: str
    text: str
    author: str
    created_at: datetime
    activated_at: datetime | None = None
    active: bool = False


@dataclass(frozen=True, slots=True)
class Activation:
    """Who made a revision the active one, when, and which preview had been seen."""

    revision: str
    by: str
    at: datetime
    preview_hash: str


def add(conn: Connection, site: str, text: str, revision: str, author: str, now: datetime) -> None:
    """Keep a revision; one that is here already stays as it is."""
    row = {"site": site, "revision": revision, "text": text, "author": author, "created_at": to_ms(now)}
    conn.execute(insert_into(conn, table).on_conflict_do_nothing(), row)


def get(conn: Connection, site: str, revision: str) -> Revision | None:
    """The revision, or None."""
    row = conn.execute(_revisions(site).where(table.c.revision == revision)).one_or_none()
    return None if row is None else _revision(row)


def active(conn: Connection, site: str) -> Revision | None:
    """The revision that rules now, or None."""
    row = conn.execute(_ACTIVE, {"of_site": site}).one_or_none()
    return None if row is None else _revision(row)


def active_name(conn: Connection, site: str) -> str | None:
    """The id of the revision that rules now, without its text; None where none does."""
    return conn.execute(select(_current(site))).scalar()


def load_all(conn: Connection, site: str) -> list[Revision]:
    """Every revision of the site, newest first."""
    newest_first = (table.c.created_at.desc(), table.c.revision)
    return [_revision(row) for row in conn.execute(_revisions(site).order_by(*newest_first))]


def activate(
    conn: Connection, site: str, revision: str, by: str, now: datetime, preview_hash: str = ""
) -> None:
    """Make a revision the active one, a former one too (a rollback). LookupError where it was never added."""
    if get(conn, site, revision) is None:
        raise LookupError(f"site {site} has no mapping revision {revision}; add it first")
    row = {"site": site, "revision": revision, "by": by, "at": to_ms(now), "preview_hash": preview_hash}
    conn.execute(insert(activation), row)


def hold(conn: Connection, site: str) -> None:
    """Others who want to make a revision the active one wait here until the transaction ends: what rules stays so until then."""
    sql.hold(conn, f"{site}:activation")


def load_latest(conn: Connection, site: str) -> Activation | None:
    """The activation by which the revision rules that does; None where none was ever activated."""
    mine = select(activation).where(activation.c.site == site)
    row = conn.execute(mine.order_by(activation.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else Activation(row.revision, row.by, from_ms(row.at), row.preview_hash)


def activations(conn: Connection, site: str) -> list[Activation]:
    """Every activation of the site, newest first: a rollback goes to the one before."""
    rows = conn.execute(select(activation).where(activation.c.site == site).order_by(activation.c.id.desc()))
    return [Activation(row.revision, row.by, from_ms(row.at), row.preview_hash) for row in rows]


def activated_at(conn: Connection, site: str) -> datetime | None:
    """When the revision that rules now was made the active one; None where none is."""
    return maybe_from_ms(
        conn.execute(select(func.max(activation.c.at)).where(activation.c.site == site)).scalar()
    )


def load_rules(conn: Connection, site: str) -> Iterator[tuple[datetime, str | None]]:
    """Since when each text ruled, newest first: of every activation. None where the text is not here any more."""
    its = (activation.c.site == table.c.site) & (activation.c.revision == table.c.revision)
    found = select(activation.c.at, table.c.text).select_from(activation.outerjoin(table, its))
    rows = conn.execute(found.where(activation.c.site == site).order_by(activation.c.id.desc()))
    return ((from_ms(row.at), row.text) for row in rows)


def _current(site: str | BindParameter[str]) -> ScalarSelect[str]:
    mine = select(activation.c.revision).where(activation.c.site == site)
    return mine.order_by(activation.c.id.desc()).limit(1).scalar_subquery()


def _revisions(site: str | BindParameter[str]) -> Statement:
    its = (activation.c.site == site, activation.c.revision == table.c.revision)
    activated_at = select(func.max(activation.c.at)).where(*its).correlate(table).scalar_subquery()
    is_active = (table.c.revision == _current(site)).label("is_active")
    return select(table, activated_at.label("activated_at"), is_active).where(table.c.site == site)


_SITE: BindParameter[str] = bindparam("of_site")
_ACTIVE = _revisions(_SITE).where(table.c.revision == _current(_SITE))
"""Asked before every step of work, so it is built once."""


def _revision(row: StoredRow) -> Revision:
    return Revision(
        revision=row.revision,
        text=row.text,
        author=row.author,
        created_at=from_ms(row.created_at),
        activated_at=maybe_from_ms(row.activated_at),
        active=bool(row.is_active),
    )
