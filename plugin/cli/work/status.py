"""`jira-okr status`: how fresh the data is, what waits, and the objectives at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.moments import distance, spoken
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.cli.work.gaps import gap_values
from plugin.cli.work.losses import loss_values
from plugin.runtime.processes.heartbeat import Process
from plugin.sync.outage import Outage
from plugin.use_cases.health.budget import Budget, in_words
from plugin.use_cases.health.concerns import FRESH, Concern, concerns, verdict
from plugin.use_cases.health.credential_expiry import Expiry
from plugin.use_cases.health.drift import Drift
from plugin.use_cases.health.status import SiteStatus, status
from plugin.use_cases.health.webhook_state import WebhookState
from plugin.use_cases.objectives.objective_columns import (
    Output,
    table_labels,
    table_row,
    values,
)
from plugin.use_cases.objectives.objective_lines import ObjectiveLine, every_line
from plugin.use_cases.work.gaps import ACCEPT

OUT = {
    "unreachable": "JIRA DOES NOT ANSWER",
    "sign_in": "JIRA DOES NOT ACCEPT THE SIGN-IN",
    "limited": "Jira asks to wait",
    "refused": "JIRA CANNOT BE READ",
}
SHOWN_BELOW = ("gaps", "outage", "nobody_works", "held", "given_up", "credential")
RELEASE = "jira-okr held list shows what is held; jira-okr held release writes it, jira-okr held drop leaves Jira as it is."


@click.command("status")
@site_option
@click.option("--objectives", "listed", is_flag=True, help="List every objective, too.")
@json_option
def status_command(site: str, listed: bool, as_json: bool) -> None:
    """Show what is wrong, the age of the data, pending work and failed items. Exit code 1 where something needs a person."""
    with open_connector(site=site) as connector:
        found = status(connector, COMMAND_LINE, site)
        saved = every_line(connector, COMMAND_LINE, site) if listed else None
    told = status_values(found)
    if as_json:
        rows = None if saved is None else [values(one, Output.JSON) for one in saved]
        show_json(told if rows is None else {**told, "objectives": rows})
    else:
        _show(told, found.at)
        if saved is None:
            say("jira-okr status --objectives lists the objectives, too.")
        else:
            _show_list(saved)
    if any(one.wrong for one in concerns(found)):
        raise SystemExit(1)


def status_values(found: SiteStatus) -> dict[str, Any]:
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


def _concern_values(found: Concern) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "level": found.level,
        "word": found.word,
        "sentence": found.sentence,
        "to_do": found.todo,
        "wrong": found.wrong,
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _process_values(process: Process, now: datetime) -> dict[str, Any]:
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


def _budget_values(found: Budget | None, now: datetime) -> dict[str, Any]:
    found = found or Budget(0, 0)
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


def _credential_values(found: Expiry) -> dict[str, Any]:
    return {
        "expires": found.day.isoformat() if found.day else None,
        "state": found.state,
        "days_left": found.days,
        "said": found.said,
        "remedy": found.remedy,
    }


def _outage_values(found: Outage | None) -> dict[str, Any] | None:
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


def _webhook_values(state: WebhookState | None) -> dict[str, Any] | None:
    if state is None:
        return None
    return {
        "registered": state.registered,
        "enabled": state.enabled,
        "asked": state.at.isoformat(),
        "lacking": list(state.lacking),
        "remedy": state.remedy,
    }


def _drift_values(found: Drift | None) -> dict[str, Any] | None:
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


def _show_reads(values: dict[str, Any], now: datetime) -> None:
    read, recent, drift = values["last_resync"], values["last_recent"], values["drift"]
    say(f"last full read: {_spoken(read, now) if read else 'never: run jira-okr sync'}")
    if recent:
        say(f"recent changes read: {_spoken(recent, now)}")
    if not drift:
        return
    since = f"; {drift['recent']} more since then" if drift["recent"] else ""
    say(f"drift found then: {drift['issues']} of {drift['read']} issues{since}")
    for one in drift["objectives"]:
        say(f"  {one['objective']} had been wrong: {one['issues']} issues")


def _brake_values(found: SiteStatus) -> dict[str, Any] | None:
    brake = found.brake
    if brake is None:
        return None
    return {"reason": brake.reason, "at": brake.at.isoformat(), "objectives": sorted(brake.objectives)}


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _show(values: dict[str, Any], now: datetime) -> None:
    """What is wrong comes first."""
    _show_verdict(values["concerns"])
    say(
        f"site {values['site']}: {_many(values['issues'], 'issue')} mirrored, {_many(values['due'], 'objective')} due"
    )
    if values["outage"]:
        _show_outage(values["outage"], now)
    _show_reads(values, now)
    say(f"calls to Jira: {values['budget']['said']}")
    _show_credential(values["credential"])
    for one in values["processes"]:
        say(f"{one['role']} {one['host']}, process {one['pid']}: {_state(one)}, heard {_ago(one, now)}")
    if not any(one["alive"] for one in values["processes"]):
        say("no process is at work: start jira-okr serve")
    for one in values["sources"]:
        say(f"{one['name']}: heard {_ago(one, now)}")
        if one["remedy"]:
            say(f"  to do: {one['remedy']}")
    if values["webhook"] and values["webhook"]["lacking"]:
        say(f"the webhook lacks events that the active mapping needs\n  to do: {values['webhook']['remedy']}")
    for letter in values["dead_letters"]:
        say(f"dead letter: {letter['objective']}: {letter['error']}\n  to do: {letter['remedy']}")
    if values["brake"]:
        say(f"held: {values['brake']['reason']}\n  to do: {RELEASE}")
    for one in values["held"] if not values["brake"] else ():
        say(f"held: {one['issue']} {one['field']}: {one['why']}\n  to do: {RELEASE}")
    for one in values["gaps"]:
        _show_gap(one)
    for one in values["refused"]:
        say(f"refused: {one['issue']} {one['field']}: {one['message']}\n  to do: {one['remedy']}")


def _show_list(found: Sequence[ObjectiveLine]) -> None:
    if found:
        show_objectives(found)
    else:
        say("No objectives yet. Activate a mapping (jira-okr mapping activate FILE), then run jira-okr sync.")


def _show_gap(one: dict[str, Any]) -> None:
    name = one["issue"] or one["issue_id"] or "an issue without id and key"
    if one["accepted_by"]:
        say(f"gap: {name}: {one['reason']} Accepted by {one['accepted_by']}")
    else:
        say(f"gap: {name}: {one['reason']}\n  to do: {one['remedy']} ({ACCEPT})")


def _show_verdict(concerns: list[dict[str, Any]]) -> None:
    """What pages say of it too: the first concern; of the others, those that nothing below tells."""
    if not concerns:
        say(f"{FRESH.word}: {FRESH.sentence}")
    for number, one in enumerate(concerns):
        if number == 0 or one["kind"] not in SHOWN_BELOW:
            say(f"{one['word']}: {one['sentence']}" + (f"\n  to do: {one['to_do']}" if one["to_do"] else ""))


def _show_credential(found: dict[str, Any]) -> None:
    say(f"token for Jira: {found['said']}{'' if found['expires'] else ': ' + found['remedy']}")
    if found["expires"] and found["remedy"]:
        say(f"  to do: {found['remedy']}")


def _show_outage(found: dict[str, Any], now: datetime) -> None:
    since, following = _spoken(found["since"], now), datetime.fromisoformat(found["next_try"])
    when = f"next try {spoken(following, now)}" if following > now else "the next try is due"
    say(f"{OUT[found['kind']]}, since {since}: {found['error']}\n  {when}; what came meanwhile is kept")
    say(f"  to do: {found['remedy']}")


def _state(process: dict[str, Any]) -> str:
    if process["gone"]:
        return "GONE: it was killed or crashed"
    return f"{process['workers']} workers" if process["alive"] else "SILENT: stopped or stuck"


def _ago(process: dict[str, Any], now: datetime) -> str:
    return distance(now - datetime.fromisoformat(process["heard"]))


def _spoken(iso: str, now: datetime) -> str:
    return spoken(datetime.fromisoformat(iso), now)


def show_objectives(found: Sequence[ObjectiveLine]) -> None:
    """The table of objectives."""
    rows = [table_row(one) for one in found]
    show_table("Objectives", table_labels(), rows)
