"""`jira-okr db`: the database: its schema, its health, a copy of it, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import URL, make_url

from connectors.store import Store, StoreError, backup, current_revision, open_store, upgrade
from connectors.store.copying import faults, inspected, refuse_busy, restore
from plugin.cli.output import json_option, show_json
from plugin.composition import announcer_for, system_clock
from plugin.settings import read_settings

DUMP = "pg_dump --format=custom --no-owner --file={file} {url}"
RESTORE = "pg_restore --clean --if-exists --no-owner --exit-on-error --dbname={url} {file}"


@click.group("db")
def db_group() -> None:
    """Look after the database."""


@db_group.command("upgrade")
def upgrade_command() -> None:
    """Bring the schema up to date. Safe to run again; data stays."""
    with _store() as store:
        before = current_revision(store)
        upgrade(store)
        announcer_for(store, read_settings())
        after = current_revision(store)
    click.echo(
        f"The schema was already at {after}."
        if before == after
        else f"Upgraded from {before or 'nothing'} to {after}."
    )


@db_group.command("check")
@json_option
def check_command(as_json: bool) -> None:
    """Say whether the database can be reached, has the right tables and is undamaged. Exit code 1 where it is not."""
    with _store() as store:
        found, advice = _findings(store), _advice(store)
        where, revision = store.where, current_revision(store)
    if as_json:
        show_json(
            {"database": where, "revision": revision, "ok": not found, "findings": found, "advice": advice}
        )
    else:
        click.echo(f"{where}: revision {revision or 'none'}, {'undamaged' if not found else 'NOT READY'}")
        for line in (*found, *advice):
            click.echo(f"  {line}")
    if found:
        raise SystemExit(1)


@db_group.command("backup")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
def backup_command(file: Path | None) -> None:
    """Copy the whole database into FILE, while the connector goes on working; without FILE into one named by date.

    For PostgreSQL it prints the command of PostgreSQL's own tool.
    """
    url = read_settings().database_url
    if url.startswith("postgres"):
        raise click.ClickException(_say_tool(DUMP, url, file or Path("okr.dump")))
    path = file or Path(f"okr-{system_clock():%Y%m%d-%H%M%S}.sqlite3")
    with _store() as store:
        backup(store, path)
    click.echo(
        f"Wrote {path} ({path.stat().st_size:,} bytes). Keep it with JIRA_OKR_SECRET_KEY, apart from this machine."
    )


@db_group.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask before the present database is set aside.")
def restore_command(file: Path, yes: bool) -> None:
    """Put a backup in the place of the database. Stop serve and workers first; run jira-okr sync afterwards.

    The present database is kept beside, with `.before` at the end of its name.
    """
    url = read_settings().database_url
    if url.startswith("postgres"):
        raise click.ClickException(_say_tool(RESTORE, url, file))
    present = Path(make_url(url).database or "")
    inspected(file)
    refuse_busy(present)
    if present.exists() and not yes:
        click.confirm(f"Set {present} aside and put {file} in its place?", abort=True)
    revision = restore(file, url)
    with _store() as store:
        upgrade(store)
    click.echo(
        f"Restored {file} (revision {revision}) to {present}. Run jira-okr sync now: Jira went on meanwhile."
    )


@contextmanager
def _store() -> Iterator[Store]:
    store = open_store(read_settings().database_url)
    try:
        yield store
    finally:
        store.close()


def _findings(store: Store) -> list[str]:
    try:
        store.check()
    except StoreError as error:
        return [str(error)]
    return faults(store)


def _advice(store: Store) -> list[str]:
    """What does not keep it from working."""
    path = Path(store.engine.url.database or "")
    if store.dialect != "sqlite" or not path.is_file() or not path.stat().st_mode & 0o077:
        return []
    return [
        f"other users of this machine may open the file, which holds password hashes and sealed credentials: chmod 600 {path}*"
    ]


def _say_tool(command: str, url: str, file: Path) -> str:
    """The password stays out of what is shown: libpq asks for it, or takes it from PGPASSWORD or ~/.pgpass."""
    at = make_url(url)
    plain = URL.create("postgresql", at.username, None, at.host, at.port, at.database, at.query)
    shown = plain.render_as_string(hide_password=False)
    return f"PostgreSQL has its own tool for this. Run:\n\n  {command.format(url=shown, file=file)}\n"
