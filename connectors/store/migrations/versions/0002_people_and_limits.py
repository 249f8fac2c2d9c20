"""Around the spine: sites, audit, accounts with tokens, KPIs, rate limits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _account()
    _audit()
    _kpi_reading()
    _kpi_state()
    _rate_limit()
    _site()
    _api_token()


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _serial() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _account() -> None:
    op.create_table(
        "account",
        _serial(),
        _text("email"),
        _text("name"),
        sa.Column("password_hash", sa.Text(), nullable=True),
        _text("role"),
        _number("created_at"),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
    )
    op.create_index("uq_account_email", "account", ["email"], unique=True)


def _audit() -> None:
    op.create_table(
        "audit",
        _serial(),
        _number("at"),
        _text("site"),
        _text("who"),
        _text("what"),
        _text("detail"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"])


def _kpi_reading() -> None:
    op.create_table(
        "kpi_reading",
        _text("site"),
        _text("kpi_id"),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("site", "kpi_id", "at", name=op.f("pk_kpi_reading")),
        sqlite_with_rowid=False,
    )


def _kpi_state() -> None:
    op.create_table(
        "kpi_state",
        _text("site"),
        _text("kpi_id"),
        _text("content"),
        _number("updated_at"),
        sa.PrimaryKeyConstraint("site", "kpi_id", name=op.f("pk_kpi_state")),
    )


def _rate_limit() -> None:
    op.create_table(
        "rate_limit",
        _text("site"),
        _text("key"),
        _text("content"),
        _number("updated_at"),
        sa.PrimaryKeyConstraint("site", "key", name=op.f("pk_rate_limit")),
    )


def _site() -> None:
    op.create_table(
        "site",
        _text("name"),
        _text("settings"),
        sa.Column("credentials", sa.LargeBinary(), nullable=True),
        _number("created_at"),
        _number("updated_at"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_site")),
    )


def _api_token() -> None:
    op.create_table(
        "api_token",
        _serial(),
        _number("account_id"),
        _text("name"),
        _text("token_hash"),
        _text("scopes"),
        _number("created_at"),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_api_token_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
    )
    op.create_index(op.f("ix_api_token_account_id"), "api_token", ["account_id"])
    op.create_index("uq_api_token_token_hash", "api_token", ["token_hash"], unique=True)
