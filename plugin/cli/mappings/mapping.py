"""`jira-okr mapping`: write, check and look at mapping documents; the commands of their life are in `mapping_life`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from mappings import presets
from mappings.diagnostic import Diagnostic, MappingError, has_errors
from mappings.document.choices import scope_choice
from mappings.document.editor_schema import json_schema
from mappings.document.text.canonical import export
from mappings.document.text.source import decode_text, read_document
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.mappings.mapping_life import (
    activate_command,
    diff_command,
    history_command,
    preview_command,
    reword_command,
    rollback_command,
    stored_text,
)
from plugin.cli.mappings.trial import try_command
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, site_option
from plugin.use_cases.mappings.first_mapping import field_steps, fit, fit_notes
from plugin.use_cases.mappings.mapping_life import check_text, read_text

file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


LIFE = (
    try_command,
    preview_command,
    activate_command,
    reword_command,
    diff_command,
    history_command,
    rollback_command,
)


@click.group("mapping", commands={command.name or "": command for command in LIFE})
def mapping_group() -> None:
    """Work on mapping documents: what is an objective, how progress is derived, what is written back.

    The life of a mapping: validate, check, try, preview, activate; history, diff and rollback look and go back.
    """


@mapping_group.command("validate")
@file_argument
@json_option
def validate_command(file: Path, as_json: bool) -> None:
    """Check a mapping by itself, without Jira: shape, cross-references, JQL, advice. All findings at once."""
    try:
        text = decode_text(file.read_bytes(), str(file))
    except MappingError as error:
        report(error.diagnostics, as_json)
        return
    report(read_text(text, str(file)), as_json)


@mapping_group.command("check")
@file_argument
@site_option
@json_option
def check_command(file: Path, site: str, as_json: bool) -> None:
    """Check a mapping against the live Jira: fields, statuses, types, options, edit screens, permissions."""
    try:
        text = decode_text(file.read_bytes(), str(file))
    except MappingError as error:
        report(error.diagnostics, as_json)
        return
    with open_connector(site=site) as connector:
        found = check_text(connector, COMMAND_LINE, site, text, str(file))
    report(found, as_json)


@mapping_group.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of mapping documents, for completion in editors."""
    show_json(json_schema())


@mapping_group.command("presets")
@click.argument("name", required=False)
@click.option(
    "--site", help="Fit it to this site, which is asked what it has; else it names what is invented."
)
@click.option("--project", "projects", multiple=True, help="With --site: of these projects (their keys).")
def presets_command(name: str | None, site: str | None, projects: tuple[str, ...]) -> None:
    """List the presets, or print one to start from: jira-okr mapping presets epics-as-objectives > mapping.yaml."""
    if (site or projects) and name is None:
        raise click.UsageError("Name a preset to be fitted; without a name they are listed.")
    if projects and site is None:
        raise click.UsageError("--project goes with --site: it says of which projects of that site.")
    if name is None:
        for known in presets.names():
            say(known)
        return
    if name not in presets.names():
        raise click.UsageError(f"There is no preset {name!r}. Presets: {', '.join(presets.names())}.")
    if site is None:
        click.echo(f"{told_invented(name)}{presets.text(name)}", nl=False)
        return
    with open_connector(site=site) as connector:
        found = fit(connector, COMMAND_LINE, site, name, projects)
    for note in fit_notes(found):
        say(note, err=True)
    for step in field_steps(found.adaptation.lacking, found.projects):
        say(f"Your Jira lacks {step}", err=True)
    click.echo(found.adaptation.text, nl=False)


def told_invented(name: str) -> str:
    """What in a preset is nobody's but an invented company's, as a comment."""
    projects = scope_choice(read_document(presets.text(name)).require().scope).projects or ()
    named = f"the project{'s' * (len(projects) > 1)} {', '.join(projects)}, and " if projects else ""
    return (
        f"# Invented, to be replaced by what your Jira has: {named}the names of types, fields and statuses.\n"
        f"# Once a site is connected it can be fitted to that: jira-okr mapping presets {name} --site NAME\n"
    )


@mapping_group.command("export")
@click.argument("revision", required=False)
@site_option
def export_command(revision: str | None, site: str) -> None:
    """Print the active mapping, or the revision named, in its canonical form. Importing it again changes nothing."""
    with open_connector(site=site) as connector:
        text = stored_text(connector, site, revision)
    click.echo(export(read_document(text).require()), nl=False)


@mapping_group.command("import")
@file_argument
@site_option
@click.pass_context
def import_command(context: click.Context, file: Path, site: str) -> None:
    """The same as activate: make an exported document the active revision."""
    context.invoke(activate_command, file=file, site=site)


def report(diagnostics: tuple[Diagnostic, ...], as_json: bool) -> None:
    """Print findings; exit code 1 where one of them is an error."""
    if as_json:
        show_json([asdict(diagnostic) for diagnostic in diagnostics])
    elif not diagnostics:
        say("No findings.")
    else:
        for diagnostic in diagnostics:
            say(str(diagnostic))
    if has_errors(diagnostics):
        raise SystemExit(1)
