"""`jira-okr export`: whole tables as CSV or JSON, to a file or to standard output; the same rows as the API gives."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO, TypeVar

import click
from pydantic import ValidationError

from mappings.numbers import count_of
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector, require_site
from plugin.cli.terminal.output import say, site_option
from plugin.doors import exports
from plugin.doors.exports import Format, HistoryRow, LedgerRow, ObjectiveRow
from plugin.doors.filters import AuditQuery, ObjectivesQuery
from plugin.doors.model import JsonShape, RequestPart
from plugin.doors.rows import ActJson, PersonalRowJson, personal_row
from plugin.runtime.connector import Refusal
from plugin.use_cases.accounts.audit import RecordSearch, list_entries
from plugin.use_cases.imports.okr_export import export_okrs
from plugin.use_cases.objectives.objective_columns import filters
from plugin.use_cases.record.personal_data import hand_out_data

Command = TypeVar("Command", bound=Callable[..., None])
Query = TypeVar("Query", bound=RequestPart)

FILTERS = tuple(
    click.option(f"--{one.name.replace('_', '-')}", help=one.help)
    if one.choices is None
    else click.option(
        f"--{one.name.replace('_', '-')}",
        multiple=True,
        type=click.Choice([str(level.value) for level in one.choices]),
        help=one.help,
    )
    for one in filters()
)
OUTPUT = (
    click.option(
        "--format", "format_", type=click.Choice(["csv", "json", "jsonl"]), default="csv", show_default=True
    ),
    click.option(
        "--output",
        "-o",
        type=click.Path(path_type=Path, dir_okay=False),
        help="A file to write, whole or not at all; standard output where it is left out.",
    ),
)


def with_options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one decorator, shown in this order."""

    def added(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return added


@click.group("export")
def export_group() -> None:
    """Write whole tables for a spreadsheet or a program."""


@export_group.command("objectives")
@site_option
@with_options(*FILTERS, *OUTPUT)
def objectives_command(site: str, format_: Format, output: Path | None, **given: object) -> None:
    """One line per objective."""
    with open_connector(site=site) as connector:
        rows = exports.objective_rows(connector, COMMAND_LINE, site, query(given))
        write(ObjectiveRow, rows, format_, output)


@export_group.command("ledgers")
@site_option
@with_options(*FILTERS, *OUTPUT)
def ledgers_command(site: str, format_: Format, output: Path | None, **given: object) -> None:
    """Every row behind every number."""
    with open_connector(site=site) as connector:
        rows = exports.ledger_rows(connector, COMMAND_LINE, site, query(given))
        write(LedgerRow, rows, format_, output)


@export_group.command("okrs")
@site_option
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file to write, whole or not at all; standard output where it is left out.",
)
def okrs_command(site: str, output: Path | None) -> None:
    """Objectives and key results as JSON that `jira-okr import --from jira-okr` reads again."""
    with open_connector(site=site) as connector:
        found = export_okrs(connector, COMMAND_LINE, site)
    with open_output(output) as file:
        file.write(json.dumps(found, indent=1, ensure_ascii=False, default=str) + "\n")


@export_group.command("history")
@site_option
@click.option("--objective", help="Only this objective (its id).")
@with_options(*OUTPUT)
def history_command(site: str, objective: str | None, format_: Format, output: Path | None) -> None:
    """Where every objective stood, point by point."""
    with open_connector(site=site) as connector:
        rows = exports.history_rows(connector, COMMAND_LINE, site, objective)
        write(HistoryRow, rows, format_, output)


@export_group.command("audit")
@click.option("--site", help="Only what concerns this site.")
@click.option("--text", help="Only entries in which these words all occur.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="From this day on (UTC).")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Before this day (UTC).")
@with_options(*OUTPUT)
def audit_command(
    site: str | None,
    text: str | None,
    since: datetime | None,
    until: datetime | None,
    format_: Format,
    output: Path | None,
) -> None:
    """The audit log, newest first."""
    filters = {"site": site, "text": text, "since": _in_utc(since), "until": _in_utc(until)}
    asked = meant(AuditQuery, filters)
    with open_connector() as connector:
        if site is not None and not list_entries(connector, COMMAND_LINE, RecordSearch(site=site), 1):
            require_site(connector, site)  # of one that is gone the log knows
        write(ActJson, exports.act_rows(connector, COMMAND_LINE, asked), format_, output)


@export_group.command("person")
@click.argument("email")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file to write, whole or not at all; standard output where it is left out.",
)
def person_command(email: str, output: Path | None) -> None:
    """Everything that is kept of a person here, as JSON lines: each row that names them, with its table."""
    with open_connector() as connector:
        found = hand_out_data(connector, COMMAND_LINE, email)
        write(PersonalRowJson, (personal_row(one) for one in found), "jsonl", output)


def query(given: Mapping[str, object]) -> ObjectivesQuery:
    """The filters as the API takes them; an empty one is none."""
    choices = {one.name: one.choices for one in filters() if one.choices is not None}
    asked = {
        name: [choices[name](one) for one in value] or None
        if isinstance(value, tuple) and name in choices
        else value or None
        for name, value in given.items()
    }
    return meant(ObjectivesQuery, asked)


def meant(shape: type[Query], values: Mapping[str, object]) -> Query:
    """What was asked for, by the shape the API has for it; wrong usage where a value is none it takes."""
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        option = str(first["loc"][0]).replace("_", "-")
        raise click.BadParameter(first["msg"], param_hint=f"--{option}") from None


def write(shape: type[JsonShape], rows: Iterable[JsonShape], format_: Format, output: Path | None) -> None:
    """The rows to a file or to standard output, while they are read."""
    count = 0

    def passed_on() -> Iterator[JsonShape]:
        nonlocal count
        for row in rows:
            count += 1
            yield row

    with open_output(output) as file:
        for line in exports.lines(shape, passed_on(), format_):
            file.write(line)
    if output is not None:
        say(f"Wrote {output}: {count_of(count, 'row')}.", err=True)


@contextmanager
def open_output(output: Path | None) -> Iterator[TextIO]:
    """Where to write. A file gets its name when it is whole; a reader that went away (`| head`) is no fault."""
    if output is None:
        try:
            yield sys.stdout
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return
    unfinished = output.with_name(output.name + ".part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            yield file
        unfinished.replace(output)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise Refusal(
            f"{output} cannot be written ({error}). Name a file in a directory that can be."
        ) from error


def _in_utc(day: datetime | None) -> datetime | None:
    return None if day is None else day.replace(tzinfo=UTC)
