"""`jira-okr db`: the database: its schema, its health, a copy of it, and the way back."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import click

from mappings.numbers import count_of
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.output import json_option, say, show_json
from plugin.runtime.moving_clock import clock_of
from plugin.runtime.settings import read_settings
from plugin.use_cases.accounts.tokens import AccountToken
from plugin.use_cases.sites import database

DUMP = "pg_dump --format=custom --no-owner --file={file} {url}"
RESTORE = "pg_restore --clean --if-exists --no-owner --exit-on-error --dbname={url} {file}"
AFTERWARDS = "\n  jira-okr db upgrade\n  jira-okr db restored"


REVOKED = "These API tokens were revoked since the backup was made, and open again"
UNSURE = "These API tokens open; some may have been revoked since the backup was made"


@click.group("db")
def db_group() -> None:
    """Look after the database."""


@db_group.command("upgrade")
def upgrade_command() -> None:
    """Bring the schema up to date. Safe to run again; data stays."""
    done = database.upgrade_schema(read_settings(), COMMAND_LINE)
    say(
        f"The schema was already at {done.after}."
        if done.before == done.after
        else f"Upgraded from {done.before or 'nothing'} to {done.after}."
    )


@db_group.command("check")
@json_option
def check_command(as_json: bool) -> None:
    """Say whether the database can be reached, has the right tables, is undamaged and takes writes. Exit code 1 where it is not."""
    found = database.health(read_settings(), COMMAND_LINE)
    if as_json:
        show_json(
            {
                "database": found.where,
                "revision": found.revision,
                "ok": not found.findings,
                "findings": found.findings,
                "advice": found.advice,
            }
        )
    else:
        state = "NOT READY" if found.findings else "undamaged"
        say(f"{found.where}: revision {found.revision or 'none'}, {state}")
        for line in (*found.findings, *found.advice):
            say(f"  {line}")
    if found.findings:
        raise SystemExit(1)


@db_group.command("backup")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
def backup_command(file: Path | None) -> None:
    """Copy the whole database into FILE, while the connector goes on working; without FILE into one named by date.

    For PostgreSQL it prints the command of PostgreSQL's own tool.
    """
    settings = read_settings()
    if (address := database.address_of_tools(settings, COMMAND_LINE)) is not None:
        raise click.ClickException(_say_tool(DUMP, address, file or Path("okr.dump")))
    path = file or Path(f"okr-{clock_of(settings)():%Y%m%d-%H%M%S}.sqlite3")
    done = database.back_up(settings, COMMAND_LINE, path)
    if done.unnoted:
        say(f"The audit log does not know of this backup: {done.unnoted}.", err=True)
    say(
        f"Wrote {path} ({count_of(path.stat().st_size, 'byte')}). Keep it with JIRA_OKR_SECRET_KEY, apart from this machine."
    )


@db_group.command("backed-up")
@click.argument("file")
def backed_up_command(file: str) -> None:
    """Say that PostgreSQL's own tool wrote the backup FILE just now: its age is watched from then on.

    jira-okr db backup does this by itself.
    """
    database.note_backup(read_settings(), COMMAND_LINE, file)
    say(f"Noted: {file}.")


@db_group.command("verify")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@json_option
def verify_command(file: Path, as_json: bool) -> None:
    """Prove a backup: restore it beside itself, bring it up to date, count it. Exit code 1 where that fails.

    The present database is not touched, and the trial is taken away again; it needs as much room as the backup.
    """
    found = database.prove(read_settings(), COMMAND_LINE, file)
    if as_json:
        show_json(
            {
                "file": str(file),
                "ok": not found.findings,
                "revision": found.revision,
                "upgraded_to": found.reached,
                "rows": dict(found.rows),
                "findings": list(found.findings),
            }
        )
    else:
        state = "CANNOT BE RESTORED AS IT SHOULD" if found.findings else "restores"
        whole = f"{count_of(sum(found.rows.values()), 'row')} in {count_of(len(found.rows), 'table')}"
        say(f"{file} {state}: revision {found.revision}, brought to {found.reached}, {whole}.")
        for line in found.findings:
            say(f"  {line}")
    if found.findings:
        raise SystemExit(1)


@db_group.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask before the present database is set aside.")
def restore_command(file: Path, yes: bool) -> None:
    """Put a backup in the place of the database. Stop serve and workers first; run jira-okr sync afterwards.

    The present database is kept beside, with `.before` at the end of its name.
    """
    settings = read_settings()
    if (address := database.address_of_tools(settings, COMMAND_LINE)) is not None:
        raise click.ClickException(_say_tool(RESTORE + AFTERWARDS, address, file))
    present = database.require_restorable(settings, COMMAND_LINE, file)
    if present.exists() and not yes:
        click.confirm(f"Set {present} aside and put {file} in its place?", abort=True)
    done = database.restore(settings, COMMAND_LINE, file)
    say(f"Restored {file} (revision {done.revision}) to {present}. Everybody has to sign in anew.")
    _say_tokens(done.revived, UNSURE if done.all_told else REVOKED)
    say("Run jira-okr sync now: Jira went on meanwhile.")


@db_group.command("restored")
def restored_command() -> None:
    """After PostgreSQL's own tool put a backup back: end every session that came back with it, and list the API tokens.

    jira-okr db restore does this by itself.
    """
    found = database.settle(read_settings(), COMMAND_LINE)
    say("Everybody has to sign in anew.")
    _say_tokens(found, UNSURE)


def _say_tokens(found: Sequence[AccountToken], what: str) -> None:
    if found:
        say(f"{what}. jira-okr token revoke ID takes one away:")
        for one in found:
            say(f"  {one.token.id}  {one.token.name}, of {one.owner}: {', '.join(sorted(one.token.scopes))}")


def _say_tool(command: str, address: str, file: Path) -> str:
    """What opens the database stays out of what is shown: libpq asks for the password, or takes it from PGPASSWORD or ~/.pgpass."""
    typed = command.format(url=shlex.quote(address), file=shlex.quote(str(file)))
    return f"PostgreSQL has its own tool for this. Run:\n\n  {typed}\n"
