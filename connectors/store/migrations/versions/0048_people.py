"""Open sessions are known by what is stored of them, second factors, one-time links of operators, and passwords that others chose.

Whoever is signed in signs in anew: of sessions that were begun before nothing is stored.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def _of_account(table: str, *, autoincrement: bool = True) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    name = op.f(f"fk_{table}_account_id_account")
    key = sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=name, ondelete="CASCADE")
    return sa.Column("account_id", sa.BigInteger(), nullable=False, autoincrement=autoincrement), key


def upgrade() -> None:
    op.add_column("account", sa.Column("password_given_at", sa.BigInteger()))
    op.create_table(
        "open_session",
        sa.Column("id", sa.Text(), nullable=False),
        *_of_account("open_session"),
        sa.Column("begun", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_session")),
    )
    op.create_index(op.f("ix_open_session_account_id"), "open_session", ["account_id"])
    op.create_index(op.f("ix_open_session_begun"), "open_session", ["begun"])
    op.drop_table("ended_session")
    op.create_table(
        "second_factor",
        *_of_account("second_factor", autoincrement=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger()),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        *_of_account("recovery_code", autoincrement=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "hash", name=op.f("pk_recovery_code")),
    )
    op.create_table(
        "entry_link",
        sa.Column("hash", sa.Text(), nullable=False),
        *_of_account("entry_link"),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_entry_link")),
    )


def downgrade() -> None:
    for table in ("entry_link", "recovery_code", "second_factor", "open_session"):
        op.drop_table(table)
    op.create_table(
        "ended_session",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ended_session")),
    )
    op.create_index(op.f("ix_ended_session_until"), "ended_session", ["until"])
    op.drop_column("account", "password_given_at")
