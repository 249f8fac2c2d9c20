"""`jira-okr status`: how fresh the data is, what waits, and the objectives at a glance."""

from __future__ import annotations

from typing import Any

import click

from connectors.store import due, facts, inbox, mirror, objectives, refusals, writes
from connectors.store.objectives import SavedObjective
from plugin.cli.opening import open_connector
from plugin.cli.output import json_option, show_json, show_table, site_option
from plugin.connector import Connector
from plugin.heartbeat import Process, processes
from plugin.standing import objective_values, percent_text
from plugin.sync import holding

RELEASE = "jira-okr status --json lists what is held; jira-okr apply --release-held [KEY]... writes it."


@click.command("status")
@site_option
@json_option
def status_command(site: str, as_json: bool) -> None:
    """Show the age of the data, pending work, dead letters, and every objective. Exit code 1 where something needs a person."""
    with open_connector() as connector:
        values = status_values(connector, site)
        with connector.store.read() as conn:
            saved = objectives.all(conn, site)
    if as_json:
        show_json({**values, "objectives": [objective_values(one.state) for one in saved]})
    else:
        _show(values, saved)
    if any(values[name] for name in ("dead_letters", "refused", "held", "brake")):
        raise SystemExit(1)


def status_values(connector: Connector, site: str) -> dict[str, Any]:
    """The figures of one site."""
    with connector.store.read() as conn:
        return {
            "site": site,
            "issues": mirror.count(conn, site),
            "deliveries": inbox.counts(conn, site),
            "due": due.pending_count(conn, site),
            "processes": [_process_values(one, connector) for one in processes(conn)],
            "last_resync": facts.get(conn, site, "last_resync"),
            "drift": facts.get(conn, site, "drift"),
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
        "alive": not process.silent(connector.clock()),
    }


def _brake_values(brake: holding.Brake | None) -> dict[str, Any] | None:
    if brake is None:
        return None
    return {"reason": brake.reason, "at": brake.at.isoformat(), "objectives": sorted(brake.objectives)}


def _show(values: dict[str, Any], saved: list[SavedObjective]) -> None:
    click.echo(f"site {values['site']}: {values['issues']} issues mirrored, {values['due']} objectives due")
    click.echo(f"last full read: {values['last_resync'] or 'never: run jira-okr sync'}")
    for one in values["processes"]:
        alive = f"{one['workers']} workers" if one["alive"] else "SILENT: stopped or stuck"
        ago = one["heard_seconds_ago"]
        click.echo(f"{one['role']} {one['host']}, process {one['pid']}: {alive}, heard {ago} s ago")
    drift = values["drift"]
    if drift:
        click.echo(f"drift found then: {drift['issues']} of {drift['read']} issues")
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
