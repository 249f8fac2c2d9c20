"""Runs the revisions on the connection that `connectors.store.database.schema_upgrade` hands in. No alembic.ini, no second connection."""

from __future__ import annotations

from alembic import context

from connectors.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
