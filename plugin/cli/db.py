"""`jira-okr db`: the schema of the database."""

from __future__ import annotations

import click

from connectors.store import current_revision, open_store, upgrade
from plugin.settings import read_settings


@click.group("db")
def db_group() -> None:
    """Look after the database."""


@db_group.command("upgrade")
def upgrade_command() -> None:
    """Bring the schema up to date. Safe to run again; data stays."""
    store = open_store(read_settings().database_url)
    try:
        before = current_revision(store)
        upgrade(store)
        after = current_revision(store)
    finally:
        store.close()
    click.echo(
        f"The schema was already at {after}."
        if before == after
        else f"Upgraded from {before or 'nothing'} to {after}."
    )
