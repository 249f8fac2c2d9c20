"""`jira-okr erase`: a person, from everything that is kept here."""

from __future__ import annotations

import click

from mappings.numbers import count_of
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import progress_bar, say
from plugin.use_cases.record.personal_data import erase_person


@click.command("erase")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask first.")
def erase_command(email: str, yes: bool) -> None:
    """Remove an account, and put a stand-in wherever the person stood. It cannot be undone; backups keep what they have.

    jira-okr export person EMAIL first writes what is kept.
    """
    if not yes:
        click.confirm(f"Erase {email} from everything here?", abort=True)
    with open_connector() as connector, progress_bar("Reading states", "objective") as report:
        done = erase_person(connector, COMMAND_LINE, email, report)
    say(
        f"Erased: {count_of(done.rows, 'row')} and {count_of(done.entries, 'entry', 'entries')} of the audit log say {done.stand_in!r} now."
    )
