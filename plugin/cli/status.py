"""`jira-okr status`: how fresh the data is, what waits, and the objectives at a glance."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from connectors.store import due, facts, inbox, mirror, objectives, refusals, writes
from connectors.store.objectives import SavedObjective
from plugin.budget import Budget, budget, in_words
from plugin.cli.moments import distance, spoken
from plugin.cli.opening import open_connector
from plugin.cli.output import json_option, show_json, show_table, site_option
from plugin.connector import Connector
from plugin.credential_expiry import Expiry, expiry_at
from plugin.drift import Drift, drift_of
from plugin.heartbeat import Process, processes
from plugin.standing import objective_values, percent_text
from plugin.sync import holding, outage, watermark
from plugin.webhook_state import WebhookState, known

OUT = {
    "unreachable": "JIRA DOES NOT ANSWER",
    "sign_in": "JIRA DOES NOT ACCEPT THE SIGN-IN",
    "limited": "Jira asks to wait",
    "refused": "JIRA CANNOT BE READ",
}
RELEASE = "jira-okr status --json lists what is held; jira-okr apply --release-held [KEY]... writes it."


@click.command("status")
@site_option
@json_option
def status_command(site: str, as_json: bool) -> None:
    """Show the age of the data, pending work, dead letters, and every objective. Exit code 1 where something needs a person."""
    with open_connector(site=site) as connector:
        values = status_values(connector, site)
        with connector.store.read() as conn:
            saved = objectives.all(conn, site)
    if as_json:
        show_json({**values, "objectives": [objective_values(one.state) for one in saved]})
    else:
        _show(values, saved, connector.clock())
    if any(values[name] for name in ("dead_letters", "refused", "held", "brake")) or _wants_mending(values):
        raise SystemExit(1)


def _wants_mending(values: dict[str, Any]) -> bool:
    if values["credential"]["state"] in ("soon", "over"):
        return True
    return values["outage"] is not None and values["outage"]["needs_a_person"]


def status_values(connector: Connector, site: str) -> dict[str, Any]:
    """The figures of one site."""
    with connector.store.read() as conn:
        return {
            "site": site,
            "issues": mirror.count(conn, site),
            "deliveries": inbox.counts(conn, site),
            "due": due.pending_count(conn, site),
            "processes": [_process_values(one, connector) for one in processes(conn)],
            "outage": _outage_values(outage.standing(conn, site)),
            "budget": _budget_values(budget(conn, site, connector.clock()), connector.clock()),
            "credential": _credential_values(
                expiry_at(connector.sites[site].token_expires, connector.clock())
            ),
            "webhook": _webhook_values(known(conn, site)),
            "last_resync": facts.get(conn, site, "last_resync"),
            "last_recent": facts.get(conn, site, watermark.LAST),
            "drift": _drift_values(drift_of(conn, site)),
            "dead_letters": [
                {"objective": letter.objective_id, "error": letter.error, "remedy": letter.remedy}
                for letter in due.dead(conn, site)
            ],
            "brake": _brake_values(holding.standing(conn, site)),
            "held": [
                {"issue": one.issue_key, "field": one.field_name, "wanted": one.after, "why": one.note}
                for one in writes.held(conn, site)
            ],
            "refused": [
                {
                    "issue": one.issue_key,
                    "field": one.field_name,
                    "message": one.message,
                    "remedy": one.remedy,
                }
                for one in refusals.all(conn, site)
            ],
        }


def _process_values(process: Process, connector: Connector) -> dict[str, Any]:
    silent = (connector.clock() - process.at).total_seconds()
    return {
        "role": process.role,
        "host": process.host,
        "pid": process.pid,
        "workers": process.workers,
        "heard_seconds_ago": round(silent),
        "heard": process.at.isoformat(),
        "alive": process.lives(connector.clock()),
        "gone": process.gone,
    }


def _budget_values(found: Budget, now: datetime) -> dict[str, Any]:
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


def _outage_values(found: outage.Outage | None) -> dict[str, Any] | None:
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
    click.echo(f"last full read: {_spoken(read, now) if read else 'never: run jira-okr sync'}")
    if recent:
        click.echo(f"recent changes read: {_spoken(recent, now)}")
    if not drift:
        return
    since = f"; {drift['recent']} more since then" if drift["recent"] else ""
    click.echo(f"drift found then: {drift['issues']} of {drift['read']} issues{since}")
    for one in drift["objectives"]:
        click.echo(f"  {one['objective']} had been wrong: {one['issues']} issues")


def _brake_values(brake: holding.Brake | None) -> dict[str, Any] | None:
    if brake is None:
        return None
    return {"reason": brake.reason, "at": brake.at.isoformat(), "objectives": sorted(brake.objectives)}


def _show(values: dict[str, Any], saved: list[SavedObjective], now: datetime) -> None:
    click.echo(f"site {values['site']}: {values['issues']} issues mirrored, {values['due']} objectives due")
    if values["outage"]:
        _show_outage(values["outage"], now)
    _show_reads(values, now)
    click.echo(f"calls to Jira: {values['budget']['said']}")
    _show_credential(values["credential"])
    for one in values["processes"]:
        click.echo(
            f"{one['role']} {one['host']}, process {one['pid']}: {_state(one)}, heard {_ago(one, now)}"
        )
    if not values["processes"]:
        click.echo("no process is at work: start jira-okr serve")
    if values["webhook"] and values["webhook"]["lacking"]:
        click.echo(
            f"the webhook lacks events that the active mapping needs\n  to do: {values['webhook']['remedy']}"
        )
    for letter in values["dead_letters"]:
        click.echo(f"dead letter: {letter['objective']}: {letter['error']}\n  to do: {letter['remedy']}")
    if values["brake"]:
        click.echo(f"held: {values['brake']['reason']}\n  to do: {RELEASE}")
    for one in values["held"] if not values["brake"] else ():
        click.echo(f"held: {one['issue']} {one['field']}: {one['why']}\n  to do: {RELEASE}")
    for one in values["refused"]:
        click.echo(f"refused: {one['issue']} {one['field']}: {one['message']}\n  to do: {one['remedy']}")
    if saved:
        show_objectives(saved)
    else:
        click.echo(
            "No objectives yet. Activate a mapping (jira-okr mapping activate FILE), then run jira-okr sync."
        )


def _show_credential(found: dict[str, Any]) -> None:
    click.echo(f"token for Jira: {found['said']}{'' if found['expires'] else ': ' + found['remedy']}")
    if found["expires"] and found["remedy"]:
        click.echo(f"  to do: {found['remedy']}")


def _show_outage(found: dict[str, Any], now: datetime) -> None:
    since, following = _spoken(found["since"], now), datetime.fromisoformat(found["next_try"])
    when = f"next try {spoken(following, now)}" if following > now else "the next try is due"
    click.echo(
        f"{OUT[found['kind']]}, since {since}: {found['error']}\n  {when}; what came meanwhile is kept"
    )
    click.echo(f"  to do: {found['remedy']}")


def _state(process: dict[str, Any]) -> str:
    if process["gone"]:
        return "GONE: it was killed or crashed"
    return f"{process['workers']} workers" if process["alive"] else "SILENT: stopped or stuck"


def _ago(process: dict[str, Any], now: datetime) -> str:
    return distance(now - datetime.fromisoformat(process["heard"]))


def _spoken(iso: str, now: datetime) -> str:
    return spoken(datetime.fromisoformat(iso), now)


def show_objectives(saved: list[SavedObjective]) -> None:
    """The table of objectives."""
    rows = [
        (
            one.state.key,
            one.state.title,
            percent_text(one.state.progress),
            one.state.health.level.value.replace("_", " "),
            percent_text(one.state.expected),
            "" if one.state.pace is None else f"{float(one.state.pace):.2f}",
        )
        for one in saved
    ]
    show_table("Objectives", ("Key", "Title", "Progress", "Health", "Expected", "Pace"), rows)
