"""`jira-okr sync`: read everything, reconcile everything, now."""

from __future__ import annotations

import click

from connectors.jira.forecast import predict, searching
from plugin.cli.opening import open_connector
from plugin.cli.output import json_option, progress_bar, show_json, site_option
from plugin.connector import Connector
from plugin.draining import Drained, drain
from plugin.sync.context import Context
from plugin.sync.resync import Resynced, resync


@click.command("sync")
@site_option
@click.option("--read-only", is_flag=True, help="Only bring the mirror up to date; write nothing to Jira.")
@click.option("--accept-loss", is_flag=True, help="Believe Jira even if most issues are gone from it.")
@json_option
def sync_command(site: str, read_only: bool, accept_loss: bool, as_json: bool) -> None:
    """Read every issue of the mapping's scope, then reconcile every objective and write what differs."""
    with open_connector() as connector:
        found, done = sync_site(connector, site, accept_loss=accept_loss, write=not read_only)
    values = {
        "read": found.read,
        "changed": found.changed,
        "removed": found.removed,
        "drift": found.drift,
        "objectives": len(found.objectives),
        "reconciled": done.reconciled,
        "written": done.written,
        "failed": done.failed,
        "held": found.held.count if found.held else 0,
    }
    if as_json:
        show_json(values)
    else:
        click.echo(
            f"Read {found.read} issues ({found.changed} changed, {found.removed} gone), "
            f"reconciled {done.reconciled} objectives, wrote {done.written} fields."
        )
    if found.held is not None:
        click.echo(f"held: {found.held.reason}. See jira-okr status.", err=True)
    if done.failed:
        click.echo(f"{done.failed} objectives failed: see jira-okr status.", err=True)
        raise SystemExit(1)
    if found.held is not None:
        raise SystemExit(1)


def expected_cost(context: Context) -> str:
    """What reading the scope will cost, said before it starts: calls, and the time they take within Jira's limits."""
    issues = context.jira.count(context.mapping.document.scope)
    cost = predict(searching(issues))
    return f"About {issues} issues to read: {cost.calls} API calls, {cost.seconds:.0f} s or more."


def sync_site(
    connector: Connector, site: str, *, accept_loss: bool = False, write: bool = True
) -> tuple[Resynced, Drained]:
    """A whole sync with progress bars."""
    connector.catalogue(site, fresh=True)
    context = connector.context(site)
    click.echo(expected_cost(context), err=True)
    with progress_bar("Reading issues") as report:
        found = resync(context, report, accept_loss=accept_loss)
    if not write:
        return found, Drained()
    with progress_bar("Reconciling", "objectives") as report:
        return found, drain(context, report)
