"""`jira-okr sync`: read everything, or what changed of late, and reconcile, now."""

from __future__ import annotations

from dataclasses import dataclass

import click

from connectors.jira.forecast import asking, predict, searching
from plugin.cli.opening import open_connector
from plugin.cli.output import json_option, progress_bar, show_json, site_option
from plugin.connector import Connector
from plugin.draining import Drained, drain
from plugin.pacing import rates_of
from plugin.reading import read, summary
from plugin.sync import checkpoint
from plugin.sync.context import Context
from plugin.sync.landing import Resynced
from plugin.sync.properties import asked_singly


@dataclass(frozen=True, slots=True)
class Asked:
    """How to read: see the options of the command."""

    accept_loss: bool = False
    recent: bool = False
    anew: bool = False


AS_USUAL = Asked()


@click.command("sync")
@site_option
@click.option("--read-only", is_flag=True, help="Only bring the mirror up to date; write nothing to Jira.")
@click.option("--accept-loss", is_flag=True, help="Believe Jira even if most issues are gone from it.")
@click.option("--recent", is_flag=True, help="Read only what changed of late; deletions stay unseen.")
@click.option("--anew", is_flag=True, help="Begin at the first issue even where a sync was interrupted.")
@json_option
def sync_command(
    site: str, read_only: bool, accept_loss: bool, recent: bool, anew: bool, as_json: bool
) -> None:
    """Read every issue of the mapping's scope, then reconcile every objective and write what differs.

    A sync that was interrupted goes on where it stopped.
    """
    with open_connector(site=site) as connector:
        asked = Asked(accept_loss, recent, anew)
        found, done = sync_site(connector, site, asked, write=not read_only)
    if as_json:
        show_json(sync_values(found, done))
    else:
        reconciled = f"Reconciled {done.reconciled} objectives, wrote {done.written} fields."
        click.echo(f"{summary(found)} {reconciled}")
    if found.held is not None:
        click.echo(f"held: {found.held.reason}. See jira-okr status.", err=True)
    if done.failed:
        click.echo(f"{done.failed} objectives failed: see jira-okr status.", err=True)
        raise SystemExit(1)
    if found.held is not None:
        raise SystemExit(1)


def sync_values(found: Resynced, done: Drained) -> dict[str, object]:
    """What a sync found and did, for programs."""
    return {
        "kind": found.kind,
        "resumed": found.resumed,
        "read": found.read,
        "changed": found.changed,
        "removed": found.removed,
        "drift": found.drift,
        "drifted": dict(found.drifted) if found.drift else {},
        "objectives": len(found.objectives),
        "reconciled": done.reconciled,
        "written": done.written,
        "failed": done.failed,
        "held": found.held.count if found.held else 0,
    }


def expected_cost(context: Context, issues: int) -> str:
    """What reading so many issues will cost, said before it starts: calls, and the time they take within Jira's limits."""
    cost = predict(searching(issues), asking(asked_singly(context)), rates=rates_of(context.jira))
    return f"About {issues} issues to read: {cost.calls} API calls, {cost.seconds:.0f} s or more."


def sync_site(
    connector: Connector, site: str, asked: Asked = AS_USUAL, *, write: bool = True
) -> tuple[Resynced, Drained]:
    """A whole sync with progress bars, or one of what changed of late."""
    if not asked.recent:
        connector.catalogue(site, fresh=True)
    context = connector.context(site)
    total = None if asked.recent else _announced(context, asked)
    how = {"recent": asked.recent, "accept_loss": asked.accept_loss, "anew": asked.anew}
    with progress_bar("Reading issues") as report:
        found = read(context, report, total=total, **how)
    if not write:
        return found, Drained()
    with progress_bar("Reconciling", "objectives") as report:
        return found, drain(context, report)


def _announced(context: Context, asked: Asked) -> int | None:
    """How many issues there are, having said what is ahead; None where an interrupted read is gone on with, which knows."""
    begun = None if asked.anew else checkpoint.unfinished(context)
    if begun is not None:
        left = expected_cost(context, max(begun.total - begun.read, 0))
        click.echo(f"An interrupted sync goes on after {begun.read} issues. {left}", err=True)
        return None
    total = context.jira.count(context.mapping.document.scope)
    click.echo(expected_cost(context, total), err=True)
    return total
