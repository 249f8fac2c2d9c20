"""The spine: mirror, inbox, due objectives, objectives with history, plans with writes, mapping revisions, facts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _activation()
    _alias()
    _delivery()
    _dependency()
    _due()
    _fact()
    _history()
    _issue()
    _link()
    _objective()
    _plan()
    _revision()
    _write()


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _serial() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _activation() -> None:
    op.create_table(
        "activation",
        _serial(),
        _text("site"),
        _text("revision"),
        _text("by"),
        _number("at"),
        _text("preview_hash"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activation")),
    )
    op.create_index(op.f("ix_activation_site"), "activation", ["site"])


def _alias() -> None:
    op.create_table(
        "alias",
        _text("site"),
        _text("key"),
        _text("issue_id"),
        sa.PrimaryKeyConstraint("site", "key", name=op.f("pk_alias")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_alias_site_issue_id"), "alias", ["site", "issue_id"])


def _delivery() -> None:
    op.create_table(
        "delivery",
        _serial(),
        _text("site"),
        _text("identifier"),
        _number("received_at"),
        _text("event"),
        _text("status"),
        _text("note"),
        _number("attempts"),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    op.create_index(
        op.f("ix_delivery_status_received_at_id_site"), "delivery", ["status", "received_at", "id", "site"]
    )
    op.create_index("uq_delivery_site_identifier", "delivery", ["site", "identifier"], unique=True)


def _dependency() -> None:
    op.create_table(
        "dependency",
        _text("site"),
        _text("issue_id"),
        _text("objective_id"),
        sa.PrimaryKeyConstraint("site", "issue_id", "objective_id", name=op.f("pk_dependency")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_dependency_site_objective_id"), "dependency", ["site", "objective_id"])


def _due() -> None:
    op.create_table(
        "due",
        _text("site"),
        _text("objective_id"),
        _number("generation"),
        _text("reason"),
        _number("since"),
        _number("run_after"),
        _number("attempts"),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("claimed", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("remedy", sa.Text(), nullable=True),
        sa.Column("buried_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("site", "objective_id", name=op.f("pk_due")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_due_run_after"), "due", ["run_after"])


def _fact() -> None:
    op.create_table(
        "fact",
        _text("site"),
        _text("name"),
        _text("content"),
        sa.PrimaryKeyConstraint("site", "name", name=op.f("pk_fact")),
    )


def _history() -> None:
    op.create_table(
        "history",
        _serial(),
        _text("site"),
        _text("objective_id"),
        _number("at"),
        sa.Column("progress", sa.Text(), nullable=True),
        sa.Column("delivery", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        _text("health"),
        _text("mapping_revision"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
    )
    op.create_index(op.f("ix_history_site_objective_id_at"), "history", ["site", "objective_id", "at"])


def _issue() -> None:
    op.create_table(
        "issue",
        _text("site"),
        _text("id"),
        _text("key"),
        _text("project_id"),
        _text("type_id"),
        _text("status_id"),
        sa.Column("parent_id", sa.Text(), nullable=True),
        _number("updated"),
        _text("content"),
        sa.PrimaryKeyConstraint("site", "id", name=op.f("pk_issue")),
    )
    op.create_index(op.f("ix_issue_site_key"), "issue", ["site", "key"])
    op.create_index(op.f("ix_issue_site_parent_id_id"), "issue", ["site", "parent_id", "id"])
    op.create_index(op.f("ix_issue_site_updated_id"), "issue", ["site", "updated", "id"])


def _link() -> None:
    op.create_table(
        "link",
        _text("site"),
        _text("issue_id"),
        _text("phrase"),
        _text("other_id"),
        sa.PrimaryKeyConstraint("site", "issue_id", "phrase", "other_id", name=op.f("pk_link")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_link_site_other_id"), "link", ["site", "other_id"])


def _objective() -> None:
    op.create_table(
        "objective",
        _text("site"),
        _text("id"),
        _text("mapping_revision"),
        _number("computed_at"),
        _number("changed_at"),
        _text("content"),
        sa.PrimaryKeyConstraint("site", "id", name=op.f("pk_objective")),
    )


def _plan() -> None:
    op.create_table(
        "plan",
        _serial(),
        _text("site"),
        _text("objective_id"),
        _text("mapping_revision"),
        _text("cause"),
        _number("at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
    )
    op.create_index(op.f("ix_plan_site_objective_id"), "plan", ["site", "objective_id"])


def _revision() -> None:
    op.create_table(
        "revision",
        _text("site"),
        _text("revision"),
        _text("text"),
        _text("author"),
        _number("created_at"),
        sa.PrimaryKeyConstraint("site", "revision", name=op.f("pk_revision")),
    )


def _write() -> None:
    op.create_table(
        "write",
        _serial(),
        _number("plan_id"),
        _text("site"),
        _text("issue_id"),
        _text("issue_key"),
        _text("field_id"),
        _text("field_name"),
        _text("before"),
        _text("after"),
        _text("reason"),
        _number("at"),
        sa.Column("outcome", sa.Text(), nullable=True),
        _text("note"),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_write_plan_id_plan"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_write")),
    )
    op.create_index(op.f("ix_write_plan_id"), "write", ["plan_id"])
    op.create_index(
        op.f("ix_write_site_issue_id_field_id_at"), "write", ["site", "issue_id", "field_id", "at"]
    )
