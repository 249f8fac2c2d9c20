"""Installations of the Forge app: each is of one app, environment and cloud, and belongs to one site. Tokens are ciphertext here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, or_, select, update

from connectors.store.database.instant import from_ms, maybe_from_ms, to_ms
from connectors.store.database.sql import StoredRow, insert_into
from connectors.store.schema import forge_installation as table


@dataclass(frozen=True, slots=True)
class InstallationKey:
    """What stays the same as long as the app is installed there; Forge may change the installation's own id meanwhile."""

    app_id: str
    environment_id: str
    cloud_id: str


@dataclass(frozen=True, slots=True)
class AppInstallation:
    """One installation; `uninstalled_at` None where it is at work. A token that is there may have run out."""

    key: InstallationKey
    environment: str
    installation_id: str
    site: str
    paired_at: datetime
    heard_at: datetime | None = None
    heartbeat_at: datetime | None = None
    uninstalled_at: datetime | None = None
    token: bytes | None = field(default=None, repr=False)
    token_expires: datetime | None = None


def pair(
    conn: Connection,
    key: InstallationKey,
    environment: str,
    installation_id: str,
    site: str,
    now: datetime,
    *,
    url: str,
) -> None:
    """From now on it belongs to this site at this address, whatever it belonged to; what was kept of it before is forgotten."""
    values = {
        "environment": environment,
        "installation_id": installation_id,
        "site": site,
        "paired_at": to_ms(now),
        "heard_at": to_ms(now),
        "heartbeat_at": None,
        "uninstalled_at": None,
        "token": None,
        "token_expires": None,
        "url": _plain(url),
    }
    named = {"app_id": key.app_id, "environment_id": key.environment_id, "cloud_id": key.cloud_id}
    statement = insert_into(conn, table).values(**named, **values)
    unique = [table.c.app_id, table.c.environment_id, table.c.cloud_id]
    conn.execute(statement.on_conflict_do_update(index_elements=unique, set_=values))


def get(conn: Connection, key: InstallationKey) -> AppInstallation | None:
    """The installation that is at work; None where none is paired, or it was taken out of Jira."""
    row = conn.execute(select(table).where(*_is(key), table.c.uninstalled_at.is_(None))).one_or_none()
    return None if row is None else _installation(row)


def of_site(conn: Connection, site: str) -> tuple[AppInstallation, ...]:
    """All that ever belonged to a site and still do, those taken out of Jira too."""
    order = (table.c.paired_at, table.c.environment_id)
    found = conn.execute(select(table).where(table.c.site == site).order_by(*order))
    return tuple(_installation(row) for row in found)


def heard(
    conn: Connection, key: InstallationKey, installation_id: str, now: datetime, *, heartbeat: bool
) -> None:
    """It called, under this id."""
    values: dict[str, object] = {"installation_id": installation_id, "heard_at": to_ms(now)}
    if heartbeat:
        values["heartbeat_at"] = to_ms(now)
    conn.execute(update(table).where(*_is(key)).values(values))


def keep_token(conn: Connection, key: InstallationKey, token: bytes, expires: datetime) -> None:
    """The newest token of the app; none where it was taken out of Jira meanwhile."""
    at_work = (*_is(key), table.c.uninstalled_at.is_(None))
    conn.execute(update(table).where(*at_work).values(token=token, token_expires=to_ms(expires)))


def uninstall(conn: Connection, key: InstallationKey, now: datetime) -> None:
    """It is no longer in Jira: its token goes at once, the row says since when."""
    values = {"uninstalled_at": to_ms(now), "token": None, "token_expires": None}
    conn.execute(update(table).where(*_is(key)).values(values))


def forget(conn: Connection, site: str) -> int:
    """Unpair all installations of a site; how many there were."""
    return conn.execute(delete(table).where(table.c.site == site)).rowcount


def hold_to(conn: Connection, site: str, url: str, former: str | None = None) -> int:
    """Unpair what was paired when the site was another Jira than the one at this address; how many there were.

    Of those that were paired before the address was kept, `former` is what it was: None where nobody knows better than that it is the same.
    """
    ours = table.c.site == site
    conn.execute(update(table).where(ours, table.c.url.is_(None)).values(url=_plain(former or url)))
    return conn.execute(delete(table).where(ours, table.c.url != _plain(url))).rowcount


def holds(conn: Connection, site: str, url: str) -> bool:
    """Whether `hold_to` this address would find nothing to write."""
    other = or_(table.c.url.is_(None), table.c.url != _plain(url))
    return conn.execute(select(table.c.site).where(table.c.site == site, other).limit(1)).first() is None


def _plain(url: str) -> str:
    return url.strip().rstrip("/")


def _is(key: InstallationKey) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.app_id == key.app_id,
        table.c.environment_id == key.environment_id,
        table.c.cloud_id == key.cloud_id,
    )


def _installation(row: StoredRow) -> AppInstallation:
    return AppInstallation(
        key=InstallationKey(row.app_id, row.environment_id, row.cloud_id),
        environment=row.environment,
        installation_id=row.installation_id,
        site=row.site,
        paired_at=from_ms(row.paired_at),
        heard_at=maybe_from_ms(row.heard_at),
        heartbeat_at=maybe_from_ms(row.heartbeat_at),
        uninstalled_at=maybe_from_ms(row.uninstalled_at),
        token=row.token,
        token_expires=maybe_from_ms(row.token_expires),
    )
