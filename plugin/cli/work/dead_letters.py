"""`jira-okr dead-letters`: what failed for good and waits for a person, by objective and field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps

import click

from mappings.json_value import PlainValues
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.work import dead_letters, refusals


@dataclass(frozen=True, slots=True)
class DeadLetterLine:
    """One dead letter; `field` and `issue` are empty where the whole objective failed."""

    objective_id: str
    objective: str
    issue: str
    issue_id: str
    field_id: str
    field: str
    error: str
    remedy: str
    at: str

    @property
    def whole(self) -> bool:
        """Whether the objective itself could not be reconciled."""
        return not self.field_id


Act = Callable[[Connector, str, DeadLetterLine], bool]
DONE = {"retry": "retried", "discard": "discarded"}


@click.group("dead-letters")
def dead_letters_group() -> None:
    """Look after work that failed for good: objectives that could not be worked out or written (dead letters), and fields that Jira refused."""


@dead_letters_group.command("list")
@site_option
@json_option
def list_command(site: str, as_json: bool) -> None:
    """List failed items with the last error and what to do. Exit code 1 where there are any."""
    with open_connector(site=site) as connector:
        found = letters(connector, site)
    if as_json:
        show_json([letter_values(letter) for letter in found])
    elif not found:
        say("No failed items.")
    else:
        rows = [
            (one.objective, f"{one.issue} {one.field}".strip() or "(whole)", one.error, one.remedy, one.at)
            for one in found
        ]
        show_table("Dead letters", ("Objective", "Field", "Last error", "To do", "Since"), rows)
    if found:
        raise SystemExit(1)


def chosen_letters(act: Act) -> Callable[..., None]:
    """A command that does this to the letters a person means: arguments, options and what it says are the same for all."""

    @click.argument("names", nargs=-1, metavar="[OBJECTIVE]...")
    @click.option("--field", "field_id", help="Only this field (its id or name).")
    @click.option("--all", "everything", is_flag=True, help="All failed items of the site.")
    @site_option
    @json_option
    @wraps(act)
    def command(
        names: tuple[str, ...], field_id: str | None, everything: bool, site: str, as_json: bool
    ) -> None:
        with open_connector(site=site) as connector:
            chosen = choose(connector, site, names, field_id, everything)
            acted = [(letter, act(connector, site, letter)) for letter in chosen]
        done, gone = [one for one, found in acted if found], [one for one, found in acted if not found]
        _tell(DONE[act.__name__], done, gone, as_json)

    return command


@dead_letters_group.command("retry")
@chosen_letters
def retry(connector: Connector, site: str, letter: DeadLetterLine) -> bool:
    """Try again now: objectives become due, refused fields are forgotten and written anew."""
    if letter.whole:
        return dead_letters.retry(connector, COMMAND_LINE, site, letter.objective_id)
    return bool(
        refusals.retry(connector, COMMAND_LINE, site, letter.objective_id, letter.issue_id, letter.field_id)
    )


@dead_letters_group.command("discard")
@chosen_letters
def discard(connector: Connector, site: str, letter: DeadLetterLine) -> bool:
    """Forget them. The next delivery or resync tries again by itself."""
    if letter.whole:
        return dead_letters.discard(connector, COMMAND_LINE, site, letter.objective_id)
    return bool(
        refusals.discard(connector, COMMAND_LINE, site, letter.objective_id, letter.issue_id, letter.field_id)
    )


def letters(connector: Connector, site: str) -> list[DeadLetterLine]:
    """Objectives that failed, then refused fields, each the latest first."""
    whole = [
        DeadLetterLine(
            objective_id=one.objective_id,
            objective=one.name,
            issue="",
            issue_id="",
            field_id="",
            field="",
            error=one.error,
            remedy=one.remedy,
            at=_second(one.buried_at),
        )
        for one in dead_letters.list_letters(connector, COMMAND_LINE, site)
    ]
    refused = refusals.list_refusals(connector, COMMAND_LINE, site)
    fields = [
        DeadLetterLine(
            objective_id=one.objective_id,
            objective=one.name,
            issue=one.issue_key,
            issue_id=one.issue_id,
            field_id=one.field_id,
            field=one.field_name,
            error=one.message,
            remedy=one.remedy,
            at=_second(one.since),
        )
        for one in refused
    ]
    return whole + fields


def choose(
    connector: Connector, site: str, names: tuple[str, ...], field: str | None, everything: bool
) -> list[DeadLetterLine]:
    """The letters a person means; raises Refusal where there are none, naming what there is."""
    if not names and not everything:
        raise click.UsageError("name one or more objectives (key or id), or say --all")
    found = letters(connector, site)
    wanted = {name.casefold() for name in names}
    chosen = [
        one
        for one in found
        if (everything or {one.objective.casefold(), one.objective_id.casefold()} & wanted)
        and (field is None or field in (one.field_id, one.field))
    ]
    if not chosen:
        known = ", ".join(sorted({one.objective for one in found})) or "none"
        raise Refusal(f"No failed item is called so. Objectives that failed: {known}.")
    return chosen


def _second(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def letter_values(letter: DeadLetterLine) -> PlainValues:
    """One letter for programs."""
    return {
        "objective": letter.objective,
        "objective_id": letter.objective_id,
        "issue": letter.issue or None,
        "field": letter.field_id or None,
        "field_name": letter.field or None,
        "error": letter.error,
        "remedy": letter.remedy,
        "at": letter.at,
    }


def _tell(what: str, done: list[DeadLetterLine], gone: list[DeadLetterLine], as_json: bool) -> None:
    """What was done; exit code 1 where something waited no more when its turn came."""
    if as_json:
        show_json(
            {name: [letter_values(one) for one in some] for name, some in ((what, done), ("gone", gone))}
        )
    else:
        for letter in done:
            say(f"{what}: {letter.objective} {letter.issue} {letter.field}".rstrip())
        for letter in gone:
            said = f"{letter.objective} {letter.issue} {letter.field}".rstrip()
            say(f"waits no more: {said}. An event, a sync or somebody else has taken it up.", err=True)
    if gone:
        raise SystemExit(1)
