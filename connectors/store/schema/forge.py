"""The tables of the Forge app: who is paired with which site, and the codes by which that is done."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text

from connectors.store.schema import columns

forge_installation = Table(
    "forge_installation",
    columns.metadata,
    columns.part("app_id"),
    columns.part("environment_id"),
    columns.part("cloud_id"),
    columns.text("environment"),
    columns.text("installation_id"),
    columns.text("site"),
    columns.number("paired_at"),
    Column("heard_at", BigInteger),
    Column("heartbeat_at", BigInteger),
    Column("uninstalled_at", BigInteger),
    Column("token", LargeBinary),
    Column("token_expires", BigInteger),
    Column("url", Text),
)

forge_code = Table(
    "forge_code",
    columns.metadata,
    columns.site(),
    Column("hash", Text, nullable=False),
    columns.number("until"),
)
