"""`jira-okr sync`: read everything, or what changed of late, and reconcile, now."""

from __future__ import annotations

from collections.abc import Iterator

import click

from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, progress_bar, say, show_json, site_option
from plugin.runtime.connector import Connector
from plugin.sync.drain import Drained
from plugin.sync.resync.mirror_update import Resynced
from plugin.use_cases.work import losses
from plugin.use_cases.work.sync import FULL, READ, RECONCILED, Ahead, Synced, SyncRequest, run

TITLES = {READ: "Reading issues", RECONCILED: "Reconciling"}


@click.command("sync")
@site_option
@click.option("--read-only", is_flag=True, help="Only bring the mirror up to date; write nothing to Jira.")
@click.option("--accept-loss", is_flag=True, help="Believe that all that Jira shows no more is gone.")
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
        wanted = SyncRequest("recent" if recent else "full", anew, accept_loss, not read_only)
        found = _synced(connector, site, wanted)
        lost = losses.held(connector, COMMAND_LINE, site)
    if as_json:
        show_json(sync_values(found))
    else:
        say(found.said)
    for told in _troubles(found):
        say(f"{told} See jira-okr status.", err=True)
    if lost:
        say(f"held: {losses.missing_said(lost)} See jira-okr losses list.", err=True)
    if found.wrong:
        raise SystemExit(1)


def _troubles(found: Synced) -> Iterator[str]:
    """What Jira does not have right after a sync, a line each."""
    if found.read.held is not None:
        yield f"held: {found.read.held.reason}."
    elif found.lacking.held:
        yield f"held: {found.lacking.held} changes wait for a person."
    if found.lacking.refused:
        yield f"refused: Jira does not have {found.lacking.refused} of our numbers; it declined them in its own words."
    if found.lacking.dead:
        yield f"dead letters: {found.lacking.dead} objectives failed for good; do what stands below each."
    if found.lacking.gone:
        yield f"gone: {', '.join(found.lacking.gone)}; the numbers that need it stand as they were."
    if found.lacking.gaps:
        yield f"gaps: {found.lacking.gaps} issues could not be read; the numbers that need them stand as they were."
    if found.done.failed:
        yield f"{found.done.failed} objectives failed:"


def sync_values(synced: Synced) -> dict[str, object]:
    """What a sync found and did, for programs."""
    found, done, lacking = synced.read, synced.done, synced.lacking
    return {
        "kind": found.kind,
        "resumed": found.resumed,
        "read": found.read,
        "changed": found.changed,
        "removed": found.removed,
        "losses": found.losses,
        "drift": found.drift,
        "drifted": dict(found.drifted) if found.drift else {},
        "objectives": len(found.objectives),
        "reconciled": done.reconciled,
        "written": done.written,
        "failed": done.failed,
        "refused": lacking.refused,
        "dead": lacking.dead,
        "gone": list(lacking.gone),
        "held": lacking.held,
        "gaps": lacking.gaps,
    }


def sync_site(connector: Connector, site: str, wanted: SyncRequest = FULL) -> tuple[Resynced, Drained]:
    """A sync with progress bars, having said what is ahead of it."""
    found = _synced(connector, site, wanted)
    return found.read, found.done


def _synced(connector: Connector, site: str, wanted: SyncRequest) -> Synced:
    return run(
        connector,
        COMMAND_LINE,
        site,
        wanted,
        lambda counted: progress_bar(TITLES[counted], counted),
        lambda ahead: say(_told(ahead), err=True),
    )


def _told(ahead: Ahead) -> str:
    cost = f"About {ahead.issues} issues to read: {ahead.calls} API calls, {ahead.seconds:.0f} s or more."
    if ahead.begun is None:
        return cost
    return f"An interrupted sync goes on after {ahead.begun} issues. {cost}"
