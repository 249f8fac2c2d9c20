"""`jira-okr mapping`: validate, check and activate mapping documents."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from mappings.diagnostic import Diagnostic, MappingError, has_errors
from mappings.document.source import read_document
from plugin.cli.opening import open_connector
from plugin.cli.output import json_option, show_json, site_option
from plugin.connector import bound_mapping
from plugin.starting import activate_text

file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group("mapping")
def mapping_group() -> None:
    """Work on mapping documents: what is an objective, how progress is derived, what is written back."""


@mapping_group.command("validate")
@file_argument
@json_option
def validate_command(file: Path, as_json: bool) -> None:
    """Check a mapping by itself, without Jira: shape, cross-references, JQL. All findings at once."""
    result = read_document(file.read_text(encoding="utf-8"), str(file))
    report(result.diagnostics, as_json)


@mapping_group.command("check")
@file_argument
@site_option
@json_option
def check_command(file: Path, site: str, as_json: bool) -> None:
    """Check a mapping against the live Jira: fields, statuses, types, options, screens, permissions."""
    with open_connector() as connector:
        catalogue = connector.catalogue(site, fresh=True)
        try:
            bound_mapping(file.read_text(encoding="utf-8"), catalogue, str(file))
            found: tuple[Diagnostic, ...] = ()
        except MappingError as error:
            found = error.diagnostics
    report(found, as_json)


@mapping_group.command("activate")
@file_argument
@site_option
def activate_command(file: Path, site: str) -> None:
    """Check a mapping and make it the active revision of a site."""
    with open_connector() as connector:
        revision = activate_text(connector, site, file.read_text(encoding="utf-8"), "command line", str(file))
    click.echo(
        f"Active: revision {revision}. Run jira-okr sync to read what it needs and reconcile every objective."
    )


def report(diagnostics: tuple[Diagnostic, ...], as_json: bool) -> None:
    """Print findings; exit code 1 where one of them is an error."""
    if as_json:
        show_json([asdict(diagnostic) for diagnostic in diagnostics])
    elif not diagnostics:
        click.echo("No findings.")
    else:
        for diagnostic in diagnostics:
            click.echo(str(diagnostic))
    if has_errors(diagnostics):
        raise SystemExit(1)
