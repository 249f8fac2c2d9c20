"""`jira-okr status`: how fresh the data is, what waits, and the objectives at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import click

from mappings.json_value import PlainValues
from mappings.numbers import count_of
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.moments import distance, spoken
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.cli.work.gaps import gap_values
from plugin.cli.work.losses import loss_values
from plugin.next_steps import Door
from plugin.runtime.processes.heartbeat import Process
from plugin.runtime.sites.credential_expiry import Expiry
from plugin.sync.outage import Outage
from plugin.use_cases.health.budget import Budget, in_words
from plugin.use_cases.health.concerns import FRESH, Concern, concerns, verdict
from plugin.use_cases.health.drift import Drift
from plugin.use_cases.health.kept_data import kept_data, kept_values, size_text
from plugin.use_cases.health.missing_matters import (
    MissingMatter,
    list_matters,
    missing_values,
    waiting_matters,
)
from plugin.use_cases.health.status import SiteStatus, status
from plugin.use_cases.health.webhook_state import WebhookState
from plugin.use_cases.objectives.objective_columns import (
    Output,
    table_labels,
    table_row,
    values,
)
from plugin.use_cases.objectives.objective_lines import ObjectiveLine, every_line
from plugin.use_cases.work.obstacles import MissingKind

OUT = {
    "unreachable": "JIRA DOES NOT ANSWER",
    "sign_in": "JIRA DOES NOT ACCEPT THE SIGN-IN",
    "limited": "Jira asks to wait",
    "refused": "JIRA CANNOT BE READ",
}
SHOWN_BELOW = ("gaps", "outage", "nobody_works", "given_up", "credential")
MOST_SHOWN = 5
"""So many of a kind are told, unless all that is missing is asked for."""
NO_CALLS = Budget(0, 0)
WAITING = {
    MissingKind.DEAD_LETTER: "failed item",
    MissingKind.REFUSED: "refused",
    MissingKind.HELD: "held",
    MissingKind.UNREAD: "gap",
    MissingKind.LOST: "not shown",
    MissingKind.UNKNOWN: "unknown",
    MissingKind.ASKS: "asks",
}


@click.command("status")
@site_option
@click.option("--objectives", "listed", is_flag=True, help="List every objective, too.")
@click.option("--kept", is_flag=True, help="Show how much is kept of what grows, too.")
@click.option(
    "--missing",
    "lacking",
    is_flag=True,
    help="List all that is missing with what to do, unknown numbers and check-ins that ask too.",
)
@json_option
def status_command(site: str, listed: bool, kept: bool, lacking: bool, as_json: bool) -> None:
    """Show what is wrong, the age of the data, pending work and failed items. Exit code 1 where something needs a person."""
    with open_connector(site=site) as connector:
        found = status(connector, COMMAND_LINE, site)
        saved = every_line(connector, COMMAND_LINE, site) if listed else None
        held = kept_data(connector, COMMAND_LINE, site) if kept else None
        every = [*list_matters(connector, COMMAND_LINE, site)] if lacking else None
        waits = every if every is not None else waiting_matters(found)
    if as_json:
        told = status_values(found)
        told |= {} if held is None else {"kept": kept_values(held)}
        told |= {} if every is None else {"missing": [missing_values(one, Door.COMMAND) for one in every]}
        lines = None if saved is None else [values(one, Output.JSON) for one in saved]
        show_json(told if lines is None else {**told, "objectives": lines})
    else:
        _show(found)
        _show_missing(waits, None if every is not None else MOST_SHOWN)
        if held is not None:
            rows = [(one.what, f"{one.rows:,}", size_text(one.bytes)) for one in held]
            show_table("Kept", ("What", "Rows", "Values"), rows)
        if saved is None:
            say("jira-okr status --objectives lists the objectives, too.")
        else:
            _show_list(saved)
    if any(one.wrong for one in concerns(found)):
        raise SystemExit(1)


def status_values(found: SiteStatus) -> dict[str, object]:
    """The figures of one site."""
    return {
        "site": found.site,
        "verdict": verdict(found).word,
        "concerns": [_concern_values(one) for one in concerns(found)],
        "issues": found.issues,
        "deliveries": dict(found.deliveries or {}),
        "due": found.due,
        "processes": [_process_values(one, found.at) for one in found.processes or ()],
        "outage": _outage_values(found.outage),
        "budget": _budget_values(found.budget, found.at),
        "credential": _credential_values(found.credential),
        "webhook": _webhook_values(found.webhook),
        "sources": [
            {
                "source": one.source,
                "name": one.name,
                "heard": one.heard.isoformat(),
                "former": one.former,
                "remedy": one.remedy,
            }
            for one in found.sources
        ],
        "last_resync": _iso(found.last_resync),
        "last_recent": _iso(found.last_recent),
        "sights": None
        if found.sights is None
        else {"answers": found.sights.answers, "oldest": found.sights.oldest.isoformat()},
        "drift": _drift_values(found.drift),
        "dead_letters": [
            {"objective": letter.objective_id, "error": letter.error, "remedy": letter.remedy}
            for letter in found.dead
        ],
        "brake": _brake_values(found),
        "held": [
            {"issue": one.issue_key, "field": one.field_name, "wanted": one.wanted, "why": one.why}
            for one in found.held
        ],
        "gaps": [gap_values(one) for one in found.gaps],
        "losses": [loss_values(one) for one in found.losses],
        "refused": [
            {
                "issue": one.issue_key,
                "field": one.field_name,
                "message": one.message,
                "remedy": one.remedy,
            }
            for one in found.refused
        ],
    }


def _concern_values(found: Concern) -> PlainValues:
    return {
        "kind": found.kind,
        "level": found.level,
        "word": found.word,
        "sentence": found.sentence,
        "to_do": found.todo_at(Door.COMMAND),
        "wrong": found.wrong,
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _process_values(process: Process, now: datetime) -> PlainValues:
    silent = (now - process.at).total_seconds()
    return {
        "role": process.role,
        "host": process.host,
        "pid": process.pid,
        "workers": process.workers,
        "heard_seconds_ago": round(silent),
        "heard": process.at.isoformat(),
        "alive": process.lives(now),
        "gone": process.gone,
    }


def _budget_values(found: Budget | None, now: datetime) -> PlainValues:
    found = found or NO_CALLS
    left = found.left
    return {
        "calls_last_hour": found.hour,
        "calls_last_minute": found.minute,
        "held": [
            {"what": one.what, "reason": one.reason, "until": one.until.isoformat()} for one in found.held
        ],
        "left": left.remaining if left else None,
        "of": left.most if left else None,
        "renewed": left.until.isoformat() if left and left.until else None,
        "said": "; ".join(in_words(found, now)),
    }


def _credential_values(found: Expiry) -> PlainValues:
    return {
        "expires": found.day.isoformat() if found.day else None,
        "state": found.state,
        "days_left": found.days,
        "said": found.said,
        "remedy": found.remedy,
    }


def _outage_values(found: Outage | None) -> PlainValues | None:
    if found is None:
        return None
    return {
        "kind": found.kind,
        "since": found.since.isoformat(),
        "tries": found.tries,
        "next_try": found.next_try.isoformat(),
        "error": found.error,
        "remedy": found.remedy,
        "needs_a_person": found.needs_a_person,
    }


def _webhook_values(state: WebhookState | None) -> PlainValues | None:
    if state is None:
        return None
    return {
        "registered": state.registered,
        "enabled": state.enabled,
        "asked": state.at.isoformat(),
        "lacking": list(state.lacking),
        "remedy": state.remedy,
        "expires": None if state.expires is None else state.expires.isoformat(),
    }


def _drift_values(found: Drift | None) -> PlainValues | None:
    if found is None:
        return None
    return {
        "issues": found.full,
        "read": found.read,
        "at": None if found.at is None else found.at.isoformat(),
        "recent": found.recent,
        "objectives": [
            {
                "objective": one.key or one.id,
                "title": one.title,
                "issues": one.issues,
                "at": one.at.isoformat(),
            }
            for one in found.worst
        ],
    }


def _show_reads(found: SiteStatus) -> None:
    read, recent, drift = found.last_resync, found.last_recent, found.drift
    say(f"last full read: {spoken(read, found.at) if read else 'never: run jira-okr sync'}")
    if recent:
        say(f"recent changes read: {spoken(recent, found.at)}")
    if found.sights is not None:
        say(
            f"who may see what: by {_many(found.sights.answers, 'answer')} of Jira, the oldest given {spoken(found.sights.oldest, found.at)}"
        )
    if drift is None:
        return
    since = f"; {drift.recent} more since then" if drift.recent else ""
    say(f"corrections found then (drift): {drift.full} of {count_of(drift.read, 'issue')}{since}")
    for one in drift.worst:
        say(f"  {one.key or one.id} had been wrong: {count_of(one.issues, 'issue')}")


def _brake_values(found: SiteStatus) -> PlainValues | None:
    brake = found.brake
    if brake is None:
        return None
    return {"reason": brake.reason, "at": brake.at.isoformat(), "objectives": sorted(brake.objectives)}


def _many(count: int | None, noun: str) -> str:
    if count is None:
        return f"an unknown number of {noun}s"
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _show(found: SiteStatus) -> None:
    """What is wrong comes first."""
    _show_verdict(concerns(found))
    say(
        f"site {found.site}: {_many(found.issues, 'issue')} in the local copy (mirror), {_many(found.due, 'objective')} due"
    )
    if found.outage is not None:
        _show_outage(found.outage, found.at)
    _show_reads(found)
    say(f"calls to Jira: {'; '.join(in_words(found.budget or NO_CALLS, found.at))}")
    _show_credential(found.credential)
    _show_processes(found)
    for one in found.sources:
        say(f"{one.name}: heard {distance(found.at - one.heard)}")
        if one.remedy:
            say(f"  to do: {one.remedy}")
    if found.webhook is not None and found.webhook.lacking:
        say(f"the webhook lacks events that the active mapping needs\n  to do: {found.webhook.remedy}")
    if found.webhook is not None and found.webhook.expires is not None:
        say(
            f"the webhook of the OAuth app lives until {found.webhook.expires:%Y-%m-%d %H:%M} UTC, and is refreshed before"
        )


def _show_processes(found: SiteStatus) -> None:
    processes = found.processes or ()
    for one in processes:
        heard = distance(found.at - one.at)
        say(f"{one.role} {one.host}, process {one.pid}: {_state(one, found.at)}, heard {heard}")
    if not any(one.lives(found.at) for one in processes):
        say("no process is at work: start jira-okr serve")


def _show_missing(found: Sequence[MissingMatter], most: int | None) -> None:
    for kind, word in WAITING.items():
        mine = [one for one in found if one.kind is kind]
        for one in mine[:most]:
            place = one.key_result or one.issue or ", ".join(one.objectives)
            say(f"{word}: {place}: {one.what}\n  to do: {one.remedy_at(Door.COMMAND)}")
        if most is not None and len(mine) > most:
            say(f"{word}: and {len(mine) - most} more; jira-okr status --missing tells all")


def _show_list(found: Sequence[ObjectiveLine]) -> None:
    if found:
        show_objectives(found)
    else:
        say("No objectives yet. Activate a mapping (jira-okr mapping activate FILE), then run jira-okr sync.")


def _show_verdict(found: Sequence[Concern]) -> None:
    """What pages say of it too: the first concern; of the others, those that nothing below tells."""
    if not found:
        say(f"{FRESH.word}: {FRESH.sentence}")
    for number, one in enumerate(found):
        if number == 0 or one.kind not in SHOWN_BELOW:
            say(
                f"{one.word}: {one.sentence}"
                + (f"\n  to do: {todo}" if (todo := one.todo_at(Door.COMMAND)) else "")
            )


def _show_credential(found: Expiry) -> None:
    say(f"token for Jira: {found.said}{'' if found.day else ': ' + found.remedy}")
    if found.day and found.remedy:
        say(f"  to do: {found.remedy}")


def _show_outage(found: Outage, now: datetime) -> None:
    following = found.next_try
    when = f"next try {spoken(following, now)}" if following > now else "the next try is due"
    since = spoken(found.since, now)
    say(f"{OUT[found.kind]}, since {since}: {found.error}\n  {when}; what came meanwhile is kept")
    say(f"  to do: {found.remedy}")


def _state(process: Process, now: datetime) -> str:
    if process.gone:
        return "GONE: it was killed or crashed"
    return f"{count_of(process.workers, 'worker')}" if process.lives(now) else "SILENT: stopped or stuck"


def show_objectives(found: Sequence[ObjectiveLine]) -> None:
    """The table of objectives."""
    rows = [table_row(one) for one in found]
    show_table("Objectives", table_labels(), rows)
