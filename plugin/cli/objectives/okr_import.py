"""`jira-okr import`: OKRs of another tool as Jira issues: first the plan, then exactly that."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click
from pydantic import TypeAdapter, ValidationError

from mappings.diagnostic import Severity
from mappings.imports.column_map import WORDS, ColumnMapPart, read_column_map
from mappings.imports.files.table import FileColumn, UnusableFile
from mappings.imports.people import JiraPerson
from mappings.imports.plan import ImportPlan
from mappings.imports.presets import PRESETS
from mappings.numbers import count_of
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, progress_bar, say, show_json, show_table, site_option
from plugin.runtime.connector import Refusal
from plugin.use_cases.imports.imports import (
    ImportPlace,
    ImportState,
    ShownImport,
    apply,
    file_columns,
    give_up,
    import_values,
    list_imports,
    plan,
    show_import,
)

READ = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("import")
@click.argument("file", type=READ, required=False)
@click.option(
    "--from",
    "preset",
    type=click.Choice([one.name for one in PRESETS]),
    help="The tool that the file is from; `columns` for any table, with --map.",
)
@click.option("--map", "map_", type=READ, help="A column map (YAML or JSON) that stands over the preset.")
@click.option(
    "--project",
    default="",
    help="The key of the project in which issues are made, where the mapping reads several.",
)
@click.option("--rule", default="", help="The id of the rule of objectives, where the mapping has several.")
@click.option(
    "--objective-type", default="", help="The issue type of objectives, where the rule takes several."
)
@click.option(
    "--key-result-type", default="", help="The issue type of key results, where the rule takes several."
)
@click.option("--label", "labels", multiple=True, help="A label that every issue gets. May be given again.")
@click.option("--people", type=READ, help="A JSON list of people in the place of those whom Jira lists.")
@click.option(
    "--columns",
    "only_columns",
    is_flag=True,
    help="List the columns of FILE with samples and what each is read as; nothing is planned.",
)
@click.option("--list", "listing", is_flag=True, help="List the imports of late.")
@click.option("--show", type=int, metavar="IMPORT", help="Show the plan of this number, and how far it is.")
@click.option(
    "--apply", "applying", type=int, metavar="IMPORT", help="Apply the plan of this number, or go on with it."
)
@click.option(
    "--give-up",
    "giving_up",
    type=int,
    metavar="IMPORT",
    help="Go on no more with one that cannot become whole.",
)
@click.option("--without-blocked", is_flag=True, help="Apply what is not blocked, and leave out the rest.")
@click.option(
    "--release",
    is_flag=True,
    help="Apply it though the large-change stop holds it: you looked at what would change.",
)
@site_option
@json_option
def import_command(
    file: Path | None,
    preset: str | None,
    map_: Path | None,
    people: Path | None,
    only_columns: bool,
    listing: bool,
    show: int | None,
    applying: int | None,
    giving_up: int | None,
    without_blocked: bool,
    release: bool,
    site: str,
    as_json: bool,
    **place: str | tuple[str, ...],
) -> None:
    """Plan the import of FILE, the OKRs of another tool; nothing is made until --apply IMPORT.

    Ends with 1 where a row is refused, or an import waits for a person.
    """
    asked = (file is not None, listing, show is not None, applying is not None, giving_up is not None)
    if sum(asked) != 1:
        raise click.UsageError("Name a FILE, or say --list, --show, --apply or --give-up.")
    if only_columns and file is None:
        raise click.UsageError("Name the FILE whose columns are to be listed.")
    if file is not None and preset is None and map_ is None and not only_columns:
        raise click.UsageError("Say --from which tool the file is, or give a --map.")
    with open_connector(site=site) as connector:
        if listing:
            found = list_imports(connector, COMMAND_LINE, site)
            _list([ShownImport(one, {}) for one in found], as_json=as_json)
            return
        if file is not None and only_columns:
            columns = file_columns(connector, COMMAND_LINE, file.read_bytes(), _column_map(map_, preset))
            _show_columns(columns, as_json=as_json)
            return
        if file is not None:
            column_map = _column_map(map_, preset)
            where = ImportPlace(**place)  # type: ignore[arg-type]
            given = None if people is None else _people(people)
            one = plan(
                connector,
                COMMAND_LINE,
                site,
                file.read_bytes(),
                file.name,
                column_map,
                where,
                given,
            )
        elif applying is not None:
            with progress_bar("Importing") as report:
                one = apply(
                    connector,
                    COMMAND_LINE,
                    site,
                    applying,
                    without_blocked=without_blocked,
                    release=release,
                    report=report,
                )
        elif giving_up is not None:
            one = give_up(connector, COMMAND_LINE, site, giving_up)
        else:
            one = show_import(connector, COMMAND_LINE, site, show or 0)
    if as_json:
        show_json(import_values(one))
    else:
        _show(one)
    if one.kept.note or (file is not None and one.kept.content.plan.refused):
        raise SystemExit(1)


def _column_map(file: Path | None, preset: str | None) -> ColumnMapPart:
    try:
        found = ColumnMapPart() if file is None else read_column_map(file.read_text(encoding="utf-8-sig"))
    except (UnusableFile, UnicodeDecodeError) as error:
        raise Refusal(str(error)) from None
    return found if preset is None else found.model_copy(update={"preset": preset})


def _show_columns(found: Sequence[FileColumn], *, as_json: bool) -> None:
    if as_json:
        show_json([{"column": one.name, "word": one.word, "samples": list(one.samples)} for one in found])
        return
    rows = [(one.name, one.word or "not read", " · ".join(one.samples)) for one in found]
    show_table("Columns", ("Column", "Read as", "Samples"), rows)
    said = {one.word: one.name for one in found if one.word is not None}
    say("A map that says so, for --map; a column can be: " + ", ".join(WORDS) + ".", err=True)
    say(
        "columns:"
        + "".join(f"\n  {word}: {json.dumps(name, ensure_ascii=False)}" for word, name in said.items())
    )


def _people(file: Path) -> tuple[JiraPerson, ...]:
    """Such a list as Jira gives it: accountId (or name), displayName, emailAddress, active."""
    try:
        raws = TypeAdapter(list[dict[str, str | bool | None]]).validate_json(file.read_bytes())
    except ValidationError as error:
        raise Refusal(f"{file} is no list of people: {error.errors()[0]['msg']}.") from None
    return tuple(
        JiraPerson(
            str(raw.get("accountId") or raw.get("name") or ""),
            str(raw.get("displayName") or ""),
            str(raw["emailAddress"]) if raw.get("emailAddress") else None,
            raw.get("active") is not False,
        )
        for raw in raws
    )


def _list(found: list[ShownImport], *, as_json: bool) -> None:
    if as_json:
        show_json(
            [{name: value for name, value in import_values(one).items() if name != "plan"} for one in found]
        )
    elif not found:
        say("Nothing was imported of late: jira-okr import FILE --from TOOL plans an import.")
    else:
        rows = [
            (
                str(one.kept.id),
                one.kept.file,
                f"{one.kept.at:%Y-%m-%d %H:%M} UTC",
                one.kept.state.value,
                str(len(one.kept.content.issues)),
                one.kept.note,
            )
            for one in found
        ]
        show_table("Imports", ("Import", "File", "At", "State", "Issues", "Waits for"), rows)


def _show(one: ShownImport) -> None:
    kept, found = one.kept, one.kept.content.plan
    say(
        f"Import {kept.id}, {kept.file}: {count_of(found.count, 'row')}, {count_of(len(found.create), 'issue')} to be made in "
        f"{kept.content.project.key}, {len(found.update)} to be changed, {len(found.known)} known, {len(found.skipped)} passed over, {len(found.blocked)} blocked."
    )
    rows = [
        (
            str(row.row),
            row.kind.replace("_", " "),
            row.title,
            str(row.parent_row or ""),
            row.cycle or "",
            one.made[row.identity].issue_key if row.identity in one.made else "",
        )
        for row in found.create
    ]
    if rows:
        show_table("To be made", ("Row", "Kind", "Title", "Below row", "Cycle", "Issue"), rows)
    _show_changes(one)
    _show_rest(found)
    if kept.note:
        say(kept.note, err=True)
    elif kept.state is ImportState.DONE:
        say("Done: every issue stands in Jira.")
    elif kept.state is ImportState.GIVEN_UP:
        say("Given up: what stands stays in Jira, and the next import that has the rest makes it whole.")
    elif found.refused:
        say("Nothing can be applied as it is: mend the file, or apply it --without-blocked.", err=True)
    elif found.braked:
        say(f"{found.braked} Look at them, then: jira-okr import --apply {kept.id} --release", err=True)
    else:
        say(f"Nothing is made yet: jira-okr import --apply {kept.id}")


def _show_changes(one: ShownImport) -> None:
    kept, found = one.kept, one.kept.content.plan
    rows = [
        (str(each.row.row), each.issue_key, change.word, change.old or "–", change.new or "–")
        for each in found.update
        for change in each.changes
    ]
    if rows:
        show_table("To be changed", ("Row", "Issue", "What", "Was", "Will be"), rows)
    for each in found.update:
        if each.check_ins:
            say(
                f"row {each.row.row}: {count_of(len(each.check_ins), 'new check-in')} of {each.issue_key} {'is' if len(each.check_ins) == 1 else 'are'} kept as history"
            )
        settled = one.made.get(each.row.identity)
        if settled is not None and settled.plan_id == kept.id and settled.note:
            say(f"row {each.row.row}, {each.issue_key}: {settled.note}", err=True)


def _show_rest(found: ImportPlan) -> None:
    if found.unread:
        say(f"columns that are not read: {', '.join(found.unread)} (a --map says what they are)")
    for row, key, names in found.changed:
        say(f"row {row.row} stands as {key} and says otherwise now ({', '.join(names)}): left as in Jira")
    for left in found.left:
        for one in left.values:
            held = f"was {one.was or '–'}, the file says {one.file or 'nothing'}, Jira {one.jira or '–'}"
            say(f"row {left.row.row}, {left.issue_key}: {one.word} is left as in Jira: {one.why} ({held})")
    for row_, reason in found.skipped:
        say(f"row {row_}: passed over ({reason})")
    for key in found.not_in_file:
        say(f"{key} is not in the file any more: nothing happens to it")
    for problem in found.problems:
        where = f"row {problem.row}" + (f", {problem.column}" if problem.column else "")
        valid = f" Valid: {', '.join(problem.valid)}." if problem.valid else ""
        value = f" (“{problem.value}”)" if problem.value else ""
        text = f"{where}: {problem.severity} {problem.code}: {problem.message}{value}{valid}"
        say(text, err=problem.severity is Severity.ERROR)
