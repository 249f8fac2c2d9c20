"""The tables of people and what they configure: accounts, tokens, sessions, the audit log."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Table, Text

from connectors.store.schema import columns

account = Table(
    "account",
    columns.metadata,
    columns.serial(),
    columns.text("email"),
    columns.text("name"),
    Column("password_hash", Text),
    columns.text("role"),
    columns.number("created_at"),
    Column("disabled_at", BigInteger),
    Column("generation", BigInteger, nullable=False, server_default="0"),
    Column("issuer", Text),
    Column("subject", Text),
    Column("tour_left_at", BigInteger),
    Column("password_given_at", BigInteger),
    Index("uq_account_email", "email", unique=True),
    Index("uq_account_identity", "issuer", "subject", unique=True),
)

api_token = Table(
    "api_token",
    columns.metadata,
    columns.serial(),
    Column("account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    columns.text("name"),
    columns.text("token_hash"),
    columns.text("scopes"),
    columns.number("created_at"),
    Column("expires_at", BigInteger),
    Column("last_used_at", BigInteger),
    Index(None, "account_id"),
    Index("uq_api_token_token_hash", "token_hash", unique=True),
)

open_session = Table(
    "open_session",
    columns.metadata,
    columns.part("id"),
    Column("account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    columns.number("begun"),
    columns.number("seen"),
    columns.text("address"),
    columns.text("browser"),
    Index(None, "account_id"),
    Index(None, "begun"),
)

second_factor = Table(
    "second_factor",
    columns.metadata,
    Column(
        "account_id",
        BigInteger,
        ForeignKey("account.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("sealed", LargeBinary, nullable=False),
    Column("confirmed_at", BigInteger),
    columns.number("last_step"),
)

recovery_code = Table(
    "recovery_code",
    columns.metadata,
    Column(
        "account_id",
        BigInteger,
        ForeignKey("account.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    columns.part("hash"),
)

sign_in_link = Table(
    "sign_in_link",
    columns.metadata,
    columns.part("hash"),
    Column("account_id", BigInteger, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    columns.number("until"),
)

sign_in_attempt = Table(
    "sign_in_attempt",
    columns.metadata,
    columns.part("key"),
    columns.number("count"),
    columns.number("since"),
)

idempotency_answer = Table(
    "idempotency_answer",
    columns.metadata,
    columns.part("who"),
    columns.part("key"),
    columns.text("fingerprint"),
    Column("content", Text),
    columns.number("at"),
    Index(None, "at"),
)

audit = Table(
    "audit",
    columns.metadata,
    columns.serial(),
    columns.number("at"),
    columns.text("site"),
    columns.text("who"),
    columns.text("what"),
    columns.text("detail"),
    Column("position", BigInteger),
    Column("nonce", Text),
    Column("commitment", Text),
    Column("chain", Text),
    Index(None, "at"),
    Index("uq_audit_position", "position", unique=True),
)

audit_seal = Table(
    "audit_seal",
    columns.metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    columns.text("chain"),
    columns.number("at"),
    columns.text("signature"),
)

audit_push = Table(
    "audit_push",
    columns.metadata,
    columns.part("receiver"),
    columns.number("position"),
)

saved_view = Table(
    "saved_view",
    columns.metadata,
    Column(
        "account_id",
        BigInteger,
        ForeignKey("account.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    columns.part("name"),
    columns.text("address"),
    columns.number("at"),
)

set_up_link = Table("set_up_link", columns.metadata, columns.part("hash"), columns.number("until"))
