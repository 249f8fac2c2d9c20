"""`jira-okr setup`: from nothing to the first written field, step by step."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import click

from mappings import presets
from mappings.diagnostic import MappingError, Severity
from mappings.document.text.source import decode_text
from mappings.numbers import count_of
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.mappings.mapping_life import standing_text
from plugin.cli.objectives.history import backfill_site, cost_text
from plugin.cli.operation.webhook import asked_address
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import progress_bar, say, show_table
from plugin.cli.work.sync import sync_site
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.saved_sites import new_secret
from plugin.runtime.settings import ENV_FILE, read_settings
from plugin.runtime.sites.site_address import is_cloud, site_address
from plugin.use_cases.health.faults import JiraError, describe_error
from plugin.use_cases.mappings.first_mapping import (
    FittedPreset,
    UnknownProject,
    field_steps,
    first_number,
    fit,
    fit_notes,
)
from plugin.use_cases.mappings.mapping_life import activate, check_text, preview_text
from plugin.use_cases.mappings.revisions import active
from plugin.use_cases.objectives.backfill import foresee
from plugin.use_cases.sites.field_creation import create_fields, foresee_fields
from plugin.use_cases.sites.sites import ConnectionTest, NewSite, add, attempt, require_addable, shortcomings
from plugin.use_cases.sites.webhook import register
from plugin.use_cases.work.site_read import read_now

STEPS = 7
TRIES = 5
MOST_SHOWN = 10


@click.command("setup")
@click.option("--url", help="Address of Jira, as the browser shows it; asked for unless given.")
@click.option(
    "--email", help="E-mail address of the account; empty for a service account (Cloud) or Data Center."
)
@click.option("--data-center", is_flag=True, help="It is a Jira Data Center: a personal access token.")
@click.option("--name", default="main", show_default=True, help="A short name for the site, here.")
@click.option(
    "--project", "projects", multiple=True, metavar="KEY", help="A project to look at; several may be given."
)
@click.option(
    "--preset",
    type=click.Choice(presets.names()),
    default=presets.names()[0],
    show_default=True,
    help="The mapping to begin with.",
)
@click.option(
    "--mapping",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    default="my-mapping.yaml",
    show_default=True,
    help="Where the mapping is kept for you to go on with.",
)
@click.option(
    "--create-fields",
    "creates",
    is_flag=True,
    help="Create in Jira the fields that the mapping could use and the site lacks, unasked. Takes the permission Administer Jira.",
)
@click.option(
    "--yes",
    is_flag=True,
    help="Ask nothing but who we are in Jira, and go on where all is well. Creates no fields without --create-fields.",
)
def setup_command(
    url: str | None,
    email: str | None,
    data_center: bool,
    name: str,
    projects: tuple[str, ...],
    preset: str,
    file: Path,
    creates: bool,
    yes: bool,
) -> None:
    """Connect a Jira and lead to the first number: site, projects, mapping, preview, activation, webhook, history.

    Nothing is written to Jira before you say so. A site that is connected already is taken as it is, so it can be run again.
    """
    _require_key()
    with open_connector() as connector:
        _step(1, "Which Jira, and who are we there?")
        found = _connected(connector, name, url, email, data_center)
        _tell_site(found)
        _step(2, "Which projects?")
        chosen = projects or _projects(found, yes)
        _step(3, f"A mapping for them: {preset}")
        try:
            fitted = fit(connector, COMMAND_LINE, name, preset, chosen)
        except UnknownProject as error:
            raise click.UsageError(str(error)) from None
        theirs = file.exists()
        if not theirs:
            fitted = _with_fields(connector, name, preset, fitted, creates, yes)
        fitted = keep(fitted, file, yes)
        replaced = _replaced(connector, name, fitted)
        if replaced:
            say(f"{replaced} rules {name} now; this takes its place (jira-okr mapping rollback goes back).")
            if yes and not theirs:
                raise Refusal(
                    f"It was begun from a preset a moment ago, so it is not activated unasked. Look at {file}, or run it without --yes."
                )
        _step(4, "Does it fit?")
        _check(connector, name, fitted, file)
        _step(5, "What would it do?")
        _preview(connector, name, fitted)
        asked = "Activate it? Then what differs is written to Jira."
        if not (yes or click.confirm(asked, default=not replaced)):
            say(f"Nothing was written. The mapping is in {file}; change it, and run jira-okr setup again.")
            return
        _step(6, "Activate, write, and let Jira call")
        _go_live(connector, name, fitted, file)
        _step(7, "The past, and your first number")
        _finish(connector, name)


def _step(number: int, title: str) -> None:
    say(f"\n[{number}/{STEPS}] {title}")


def _require_key() -> None:
    """Credentials are kept encrypted; where there is no key yet, one is made and kept where settings are read from."""
    if read_settings().secret_key is not None:
        return
    path = Path(os.environ.get("JIRA_OKR_ENV_FILE", ENV_FILE))
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.touch(mode=0o600)
    joined = before if not before or before.endswith("\n") else f"{before}\n"
    path.write_text(f"{joined}JIRA_OKR_SECRET_KEY={new_secret()}\n", encoding="utf-8")
    say(
        f"Made a key by which credentials are encrypted: JIRA_OKR_SECRET_KEY in {path}. Keep it as you keep a password."
    )


def _connected(
    connector: Connector, name: str, url: str | None, email: str | None, data_center: bool
) -> ConnectionTest:
    """The site as it is, or one that is asked for until Jira lets us in."""
    known = connector.known_site(name)
    if known is not None:
        say(f"The site {name} is known: {known.browse_url}")
        if url and site_address(url).rstrip("/").casefold() != known.browse_url.casefold():
            raise click.UsageError(
                f"That is another Jira than {site_address(url)}. Give that one a name of its own, as --name acme, or leave out --url."
            )
        return attempt(connector, COMMAND_LINE, name)
    typed: str | None = None
    for _ in range(TRIES):
        address = url or click.prompt("Address of Jira, as the browser shows it", default=typed)
        try:
            require_addable(connector, COMMAND_LINE, name, address)
        except Refusal as error:
            if error.about != "url":
                raise
            say(f"\nThat did not work. {error}\n", err=True)
            url = typed = None
            continue
        typed = address
        mail = email
        if mail is None:
            mail = (
                ""
                if data_center
                else click.prompt(
                    "E-mail address of the account (empty for a service account, or for Data Center)",
                    default="",
                    show_default=False,
                )
            )
        pat = data_center or (not mail and not is_cloud(address))
        token = click.prompt(
            "Personal access token" if pat else "API token", hide_input=True, default="", show_default=False
        )
        given = NewSite(
            name,
            address,
            email=mail,
            token="" if pat else token,
            pat=token if pat else "",
            webhook_secret=new_secret(),
        )
        try:
            return add(connector, COMMAND_LINE, given)
        except JiraError as error:
            say(f"\nThat did not work. {describe_error(error)}\n", err=True)
        except Refusal as error:
            say(f"\nThat did not work. {error}\n", err=True)
            if error.about == "url":
                url = typed = None
    raise Refusal(
        "Jira did not let us in. Nothing was kept; docs/jira-connection.md says what each message means."
    )


def _tell_site(found: ConnectionTest) -> None:
    say(f"{found.title or 'Jira'} {found.version} ({found.deployment}) lets us in as {found.account}.")
    lacking = shortcomings(found)
    for one in lacking:
        say(f"  {one}")
    if lacking:
        say("Until then numbers are computed and shown here at most, and not written.")


def _projects(found: ConnectionTest, yes: bool) -> tuple[str, ...]:
    """Keys of projects; where nobody chooses, those that are shown. A word that is no key narrows what is shown."""
    shown = found.projects
    known = {one.split(" ")[0]: one for one in found.projects}
    while True:
        for one in shown[:MOST_SHOWN]:
            say(f"  {one}")
        if len(shown) > MOST_SHOWN:
            say(f"  … and {len(shown) - MOST_SHOWN} more: type a part of a key or a name to find one")
        if yes or len(known) <= 1:
            return tuple(known)[:MOST_SHOWN]
        first = " ".join(one.split(" ")[0] for one in shown[:MOST_SHOWN])
        typed = str(click.prompt("Keys, with blanks between, or a word to search for", default=first)).strip()
        keys = tuple(typed.replace(",", " ").upper().split())
        if set(keys) <= known.keys():
            return keys
        shown = tuple(one for one in found.projects if typed.casefold() in one.casefold())
        if not shown:
            say(f"No project has “{typed}” in its key or name.")
            shown = found.projects


def _with_fields(
    connector: Connector, site: str, preset: str, fitted: FittedPreset, creates: bool, yes: bool
) -> FittedPreset:
    """The preset with the fields that were created for it in Jira, where somebody consents; else as it was."""
    planned = foresee_fields(connector, COMMAND_LINE, site, fitted.adaptation.lacking, fitted.projects)
    if not planned.fields:
        return fitted
    if planned.refusal:
        if creates:
            raise Refusal(planned.refusal)
        say(f"No fields can be created for you. {planned.refusal}")
        return fitted
    say(f"Fields that it could use, and that the site does not have. They would go on {planned.place}:")
    for step in field_steps(planned.fields, ()):
        say(f"  · {step}")
    for step in planned.by_hand:
        say(f"  · By hand: {step}")
    if not (creates or (not yes and click.confirm("Create them in Jira now?", default=False))):
        return fitted
    for made in create_fields(connector, COMMAND_LINE, site, planned.fields, fitted.projects):
        say(f"  {made}")
    say(f"To undo it: jira-okr site fields {site}")
    return fit(connector, COMMAND_LINE, site, preset, fitted.projects)


def keep(fitted: FittedPreset, file: Path, yes: bool) -> FittedPreset:
    """What is gone on with, kept in the file. A file that is there already was changed by somebody, perhaps: it is taken as it is unless they say no, and
    never written over.
    """
    for note in fit_notes(fitted):
        say(f"  · {note}")
    steps = field_steps(fitted.adaptation.lacking, fitted.projects)
    if steps:
        say(
            "Fields that it could use, and that the site does not have. In Jira: Settings, Issues, Custom fields, Create:"
        )
        for one in steps:
            say(f"  · {one}")
        say("Once they are there, run jira-okr setup again, to another file (--mapping): it takes them in.")
    own = decode_text(file.read_bytes(), str(file)) if file.exists() else None
    if own is None and not fitted.adaptation.text:
        raise Refusal("No mapping came of it; choose another preset (--preset).")
    if own is None:
        file.write_text(fitted.adaptation.text, encoding="utf-8")
        say(f"Kept in {file}.")
    elif own != fitted.adaptation.text:
        anew = "To begin anew from the preset, delete it, or name another file by --mapping."
        if not (
            yes or click.confirm(f"{file} is there and says something else. Take it as it is?", default=True)
        ):
            raise Refusal(f"{file} is left as it is, and nothing was done. {anew}")
        say(f"Taken from {file}, as it is there. {anew}")
        return replace(fitted, adaptation=replace(fitted.adaptation, text=own))
    return fitted


def _replaced(connector: Connector, site: str, fitted: FittedPreset) -> str:
    """The revision whose place it would take; empty where no other mapping rules."""
    ruling = active(connector, COMMAND_LINE, site)
    return (
        "" if ruling is None or ruling.text == fitted.adaptation.text else f"Revision {ruling.revision[:8]}"
    )


def _check(connector: Connector, site: str, fitted: FittedPreset, file: Path) -> None:
    found = check_text(connector, COMMAND_LINE, site, fitted.adaptation.text, str(file))
    errors = [one for one in found if one.severity is Severity.ERROR]
    for one in found[:MOST_SHOWN]:
        say(f"  {one}")
    if errors:
        raise MappingError(tuple(errors))
    if not found:
        say("Everything it names is there, and can be written.")


def _preview(connector: Connector, site: str, fitted: FittedPreset) -> None:
    """The issues are read, nothing is written, and what would be is shown."""
    with progress_bar("Reading issues") as report:
        read = read_now(connector, COMMAND_LINE, site, fitted.adaptation.text, report)
    found = preview_text(connector, COMMAND_LINE, site, fitted.adaptation.text).preview
    rows = [(one.key, one.title, standing_text(one.after)) for one in found.objectives[:MOST_SHOWN]]
    coming = sum(one.after is not None for one in found.objectives)
    if rows:
        show_table(
            f"{count_of(coming, 'objective')} of {count_of(read, 'issue')}",
            ("Key", "Objective", "Would stand at"),
            rows,
        )
    else:
        say(f"No objective among {count_of(read, 'issue')} yet.")
    say(
        f"Writes to Jira: {count_of(found.cost.writes, 'field')} on {count_of(found.cost.issues, 'issue')}, {count_of(found.cost.calls, 'API call')}."
    )


def _go_live(connector: Connector, site: str, fitted: FittedPreset, file: Path) -> None:
    with progress_bar("Reading what it needs") as report:
        activate(
            connector, COMMAND_LINE, site, fitted.adaptation.text, file=str(file), large=True, report=report
        )
    _, done = sync_site(connector, site)
    say(
        f"Active. {count_of(done.reconciled, 'objective is', 'objectives are')} computed, {count_of(done.written, 'field')} written."
    )
    if connector.settings.base_url is None:
        say(
            "Jira does not call yet, for it is not known how it reaches this connector: set JIRA_OKR_BASE_URL to an address that Jira "
            f"can open, then jira-okr webhook register --site {site}. Until then a look every few minutes brings changes."
        )
        return
    try:
        made = register(connector, COMMAND_LINE, site, asked_address(connector, site, None))
        say(f"Jira will call {made.url} when something changes, once jira-okr serve runs there.")
    except (JiraError, Refusal, click.ClickException) as error:
        said = describe_error(error) if isinstance(error, JiraError) else str(error)
        say(
            f"The webhook is not registered: {said}\nWithout it changes are found by looking every few minutes. By hand: jira-okr webhook show --secret --site {site}"
        )


def _finish(connector: Connector, site: str) -> None:
    with suppress(Refusal):
        planned = foresee(connector, COMMAND_LINE, site)
        say(cost_text(planned))
        done = backfill_site(connector, site, planned)
        if done is not None:
            say(f"Kept {count_of(done.points, 'reconstructed point')}.")
    first = first_number(connector, COMMAND_LINE, site)
    if first is None:
        say(
            "No number is known yet: nothing that was selected has rows that can be measured. jira-okr status says what is missing."
        )
        return
    say(
        f"\nYour first number: {first.key} {first.title}, {first.shown}, from {count_of(first.issues, 'issue')}."
    )
    say(f"Why: jira-okr explain {first.key} --site {site}")
    say("Next: jira-okr serve, and open the address it prints.")
