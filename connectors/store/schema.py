"""The tables. Instants are BIGINT epoch milliseconds, documents are JSON as TEXT; how they came to be is in `migrations`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _site() -> Column[str]:
    return Column("site", Text, primary_key=True)


def _part(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _serial() -> Column[int]:
    """SQLite makes only INTEGER keys by itself."""
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


issue = Table(
    "issue",
    metadata,
    _site(),
    _part("id"),
    _text("key"),
    _text("project_id"),
    _text("type_id"),
    _text("status_id"),
    Column("parent_id", Text),
    _number("updated"),
    _text("content"),
    Index(None, "site", "parent_id", "id"),
    Index(None, "site", "key"),
    Index(None, "site", "updated", "id"),
)

link = Table(
    "link",
    metadata,
    _site(),
    _part("issue_id"),
    _part("phrase"),
    _part("other_id"),
    Index(None, "site", "other_id"),
    sqlite_with_rowid=False,
)

alias = Table(
    "alias",
    metadata,
    _site(),
    _part("key"),
    _text("issue_id"),
    Index(None, "site", "issue_id"),
    sqlite_with_rowid=False,
)

delivery = Table(
    "delivery",
    metadata,
    _serial(),
    _text("site"),
    _text("identifier"),
    _number("received_at"),
    _text("event"),
    _text("status"),
    _text("note"),
    _number("attempts"),
    Column("settled_at", BigInteger),
    Column("worker", Text),
    Column("lease_until", BigInteger),
    Column("body", LargeBinary, nullable=False),
    Index("uq_delivery_site_identifier", "site", "identifier", unique=True),
    Index(None, "status", "received_at", "id", "site"),
)

due = Table(
    "due",
    metadata,
    _site(),
    _part("objective_id"),
    _number("generation"),
    _text("reason"),
    _number("since"),
    _number("run_after"),
    _number("attempts"),
    Column("worker", Text),
    Column("lease_until", BigInteger),
    Column("claimed", BigInteger),
    Column("error", Text),
    Column("remedy", Text),
    Column("buried_at", BigInteger),
    Index(None, "run_after"),
    sqlite_with_rowid=False,
)

objective = Table(
    "objective",
    metadata,
    _site(),
    _part("id"),
    _text("mapping_revision"),
    _number("computed_at"),
    _number("changed_at"),
    _text("headline"),
    _text("content"),
)

listing = Table(
    "listing",
    metadata,
    _site(),
    _part("id"),
    _text("cycle"),
    _text("project"),
    _text("owner"),
    _text("health"),
    _text("place"),
    _text("progress"),
    _text("changed"),
    _text("words"),
    _text("owner_words"),
    _number("number"),
    Index(None, "site", "cycle", "project", "owner", "health"),
    Index(None, "site", "number", "id"),
    sqlite_with_rowid=False,
)

dependency = Table(
    "dependency",
    metadata,
    _site(),
    _part("issue_id"),
    _part("objective_id"),
    Index(None, "site", "objective_id"),
    sqlite_with_rowid=False,
)

history = Table(
    "history",
    metadata,
    _serial(),
    _text("site"),
    _text("objective_id"),
    _number("at"),
    Column("progress", Text),
    Column("delivery", Text),
    Column("outcome", Text),
    Column("expected", Text),
    _text("health"),
    _text("mapping_revision"),
    Column("backfilled", BigInteger, nullable=False, server_default="0"),
    Index(None, "site", "objective_id", "at"),
)

snapshot = Table(
    "snapshot",
    metadata,
    _serial(),
    _text("site"),
    _text("objective_id"),
    _number("at"),
    _text("mapping_revision"),
    Column("backfilled", BigInteger, nullable=False, server_default="0"),
    Column("content", LargeBinary, nullable=False),
    Index(None, "site", "objective_id", "at"),
)

plan = Table(
    "plan",
    metadata,
    _serial(),
    _text("site"),
    _text("objective_id"),
    _text("mapping_revision"),
    _text("cause"),
    _number("at"),
    Index(None, "site", "objective_id"),
)

write = Table(
    "write",
    metadata,
    _serial(),
    Column("plan_id", BigInteger, ForeignKey("plan.id", ondelete="CASCADE"), nullable=False),
    _text("site"),
    _text("issue_id"),
    _text("issue_key"),
    _text("field_id"),
    _text("field_name"),
    _text("before"),
    _text("after"),
    _text("reason"),
    _number("at"),
    Column("outcome", Text),
    _text("note"),
    Column("settled_at", BigInteger),
    Index(None, "plan_id"),
    Index(None, "site", "issue_id", "field_id", "at"),
)

refusal = Table(
    "refusal",
    metadata,
    _site(),
    _part("objective_id"),
    _part("issue_id"),
    _part("field_id"),
    _text("issue_key"),
    _text("field_name"),
    _text("message"),
    _text("remedy"),
    _text("mapping_revision"),
    _number("at"),
)

alignment = Table(
    "alignment",
    metadata,
    _site(),
    _part("objective_id"),
    _part("target_id"),
    _number("position"),
    Index(None, "site", "target_id", "position"),
    sqlite_with_rowid=False,
)

revision = Table(
    "revision",
    metadata,
    _site(),
    _part("revision"),
    _text("text"),
    _text("author"),
    _number("created_at"),
)

activation = Table(
    "activation",
    metadata,
    _serial(),
    _text("site"),
    _text("revision"),
    _text("by"),
    _number("at"),
    _text("preview_hash"),
    Index(None, "site"),
)

fact = Table("fact", metadata, _site(), _part("name"), _text("content"))

site = Table(
    "site",
    metadata,
    _part("name"),
    _text("settings"),
    Column("credentials", LargeBinary),
    _number("created_at"),
    _number("updated_at"),
)

audit = Table(
    "audit",
    metadata,
    _serial(),
    _number("at"),
    _text("site"),
    _text("who"),
    _text("what"),
    _text("detail"),
    Index(None, "at"),
)

account = Table(
    "account",
    metadata,
    _serial(),
    _text("email"),
    _text("name"),
    Column("password_hash", Text),
    _text("role"),
    _number("created_at"),
    Column("disabled_at", BigInteger),
    Column("generation", BigInteger, nullable=False, server_default="0"),
    Column("issuer", Text),
    Column("subject", Text),
    Index("uq_account_email", "email", unique=True),
    Index("uq_account_identity", "issuer", "subject", unique=True),
)

api_token = Table(
    "api_token",
    metadata,
    _serial(),
    Column("account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    _text("name"),
    _text("token_hash"),
    _text("scopes"),
    _number("created_at"),
    Column("expires_at", BigInteger),
    Column("last_used_at", BigInteger),
    Index(None, "account_id"),
    Index("uq_api_token_token_hash", "token_hash", unique=True),
)

ended_session = Table("ended_session", metadata, _part("id"), _number("until"), Index(None, "until"))

kpi_state = Table("kpi_state", metadata, _site(), _part("kpi_id"), _text("content"), _number("updated_at"))

kpi_reading = Table(
    "kpi_reading",
    metadata,
    _site(),
    _part("kpi_id"),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("value", Text),
    sqlite_with_rowid=False,
)

rate_limit = Table("rate_limit", metadata, _site(), _part("key"), _text("content"), _number("updated_at"))

answer = Table(
    "answer",
    metadata,
    _part("who"),
    _part("key"),
    _text("fingerprint"),
    Column("content", Text),
    _number("at"),
    Index(None, "at"),
)

candidate = Table(
    "candidate",
    metadata,
    _site(),
    _part("query"),
    _part("issue_id"),
    sqlite_with_rowid=False,
)

check_in = Table(
    "check_in",
    metadata,
    _serial(),
    *(_text(name) for name in ("site", "objective_id", "key_result_id", "measure", "value", "note", "by")),
    *(Column(name, Text) for name in ("derived", "until", "delta", "ended_by", "ended_how")),
    _number("at"),
    Column("ended_at", BigInteger),
    Index(None, "site", "objective_id"),
)

resync_run = Table(
    "resync_run",
    metadata,
    _site(),
    _text("read"),
    _text("holder"),
    _text("content"),
    _number("saved_at"),
)

resync_page = Table(
    "resync_page",
    metadata,
    _site(),
    _part("read"),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    _text("content"),
    sqlite_with_rowid=False,
)

drift = Table(
    "drift",
    metadata,
    _site(),
    _part("objective_id"),
    _number("issues"),
    _number("at"),
    sqlite_with_rowid=False,
)
