"""Which webhooks of OAuth 2.0 apps somebody asked for: they are kept alive until somebody deletes them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from connectors.store.database.sql import insert_into
from connectors.store.schema import app_webhook as table


@dataclass(frozen=True, slots=True)
class AppWebhookRequest:
    """`address` is where Jira has to deliver. `fault` says why it could not be made so when it was tried last; empty where it is."""

    address: str
    fault: str = ""
    remedy: str = ""


def get(conn: Connection, site: str) -> AppWebhookRequest | None:
    """None where nobody asked for one."""
    row = conn.execute(select(table).where(table.c.site == site)).one_or_none()
    return None if row is None else AppWebhookRequest(row.address, row.fault, row.remedy)


def put(conn: Connection, site: str, address: str) -> None:
    """Somebody asks for it, or for it to be elsewhere."""
    values = {"address": address, "fault": "", "remedy": ""}
    statement = insert_into(conn, table).values(site=site, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=[table.c.site], set_=values))


def note(conn: Connection, site: str, fault: str = "", remedy: str = "") -> None:
    """What became of it; a fault is kept until it is mended."""
    conn.execute(update(table).where(table.c.site == site).values(fault=fault, remedy=remedy))


def forget(conn: Connection, site: str) -> None:
    """Nobody wants it any more."""
    conn.execute(delete(table).where(table.c.site == site))
