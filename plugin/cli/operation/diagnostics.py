"""`jira-okr diagnostics`: what somebody who helps needs to know, in a file that can be sent."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from pathlib import Path

import click

from mappings.numbers import count_of
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say
from plugin.doors import bundle
from plugin.runtime.settings import read_settings
from plugin.use_cases.health.diagnostics import collect_diagnostics
from plugin.use_cases.health.faults import StoreError


@click.command("diagnostics")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; one named by date in this folder where it is left out.",
)
@json_option
def diagnostics_command(output: Path | None, as_json: bool) -> None:
    """Make a support bundle: versions, settings, counts and shapes, without names, texts of issues, addresses and secrets.

    Works as well where the database cannot be opened. Jira is not asked. README.txt in it says what is in it and what is not.
    """
    settings = read_settings()
    with ExitStack() as stack:
        try:
            connector = stack.enter_context(open_connector(settings))
        except StoreError:
            connector = None
        found = collect_diagnostics(settings, COMMAND_LINE, connector, secrets.token_bytes(16))
    if as_json:
        click.echo(bundle.as_json(found), nl=False)
        return
    path = output or Path(bundle.file_name(found))
    path.write_bytes(bundle.as_zip(found))
    say(f"Wrote {path} ({count_of(path.stat().st_size, 'byte')}): {', '.join(found.parts)}.")
    say("It names no issue, no person and no address. Read it before you send it.")
