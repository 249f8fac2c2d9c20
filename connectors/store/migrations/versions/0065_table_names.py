"""Tables are called what they hold, and as the modules that keep them are: `entry_link` and `written` said it to nobody."""

from __future__ import annotations

from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

NAMES = (
    ("alias", "former_key"),
    ("answer", "idempotency_answer"),
    ("entry_link", "sign_in_link"),
    ("kpi_unread", "kpi_failure"),
    ("out_of_sight", "hidden_parent"),
    ("read_wish", "read_request"),
    ("written", "written_value"),
)
INDEXES = {"alias": ("site", "issue_id"), "answer": ("at",), "written": ("site", "objective_id")}
OF_AN_ACCOUNT = "entry_link"


def upgrade() -> None:
    for former, name in NAMES:
        _rename(former, name, INDEXES.get(former), former == OF_AN_ACCOUNT)


def downgrade() -> None:
    for former, name in NAMES:
        _rename(name, former, INDEXES.get(former), former == OF_AN_ACCOUNT)


def _rename(former: str, name: str, indexed: tuple[str, ...] | None, of_an_account: bool) -> None:
    """A table with its index and, where the database can (SQLite cannot), its constraints."""
    if indexed is not None:
        op.drop_index(op.f(f"ix_{former}_{'_'.join(indexed)}"), table_name=former)
    op.rename_table(former, name)
    if indexed is not None:
        op.create_index(op.f(f"ix_{name}_{'_'.join(indexed)}"), name, indexed)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {name} RENAME CONSTRAINT pk_{former} TO pk_{name}")
        if of_an_account:
            op.execute(
                f"ALTER TABLE {name} RENAME CONSTRAINT fk_{former}_account_id_account TO fk_{name}_account_id_account"
            )
