"""`jira-okr sync`: read everything, or what changed of late, and reconcile, now."""

from __future__ import annotations

import click

from mappings.numbers import count_of
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, progress_bar, say, show_json, site_option
from plugin.next_steps import Door
from plugin.runtime.connector import Connector
from plugin.sync.drain import DrainResult
from plugin.sync.resync.mirror_update import ResyncResult
from plugin.use_cases.work.sync import FULL, READ, ReadWorkload, SyncRequest, SyncResult, run


@click.command("sync")
@site_option
@click.option(
    "--read-only", is_flag=True, help="Only bring the local copy up to date; write nothing to Jira."
)
@click.option("--accept-loss", is_flag=True, help="Believe that all that Jira shows no more is gone.")
@click.option("--recent", is_flag=True, help="Read only what changed of late; deletions stay unseen.")
@click.option("--anew", is_flag=True, help="Begin at the first issue even where a sync was interrupted.")
@json_option
def sync_command(
    site: str, read_only: bool, accept_loss: bool, recent: bool, anew: bool, as_json: bool
) -> None:
    """Read every issue of the mapping's scope, then work out every objective that does not stand as it should and write what differs.

    A sync that was interrupted goes on where it stopped.
    """
    with open_connector(site=site) as connector:
        wanted = SyncRequest("recent" if recent else "full", anew, accept_loss, not read_only)
        found = _synced(connector, site, wanted)
    if as_json:
        show_json(sync_values(found))
    else:
        say(found.said)
    for one in found.lacking.concerns:
        say(f"{one.word}: {one.sentence} {one.todo_at(Door.COMMAND)}".strip(), err=True)
    if found.wrong:
        raise SystemExit(1)


def sync_values(synced: SyncResult) -> dict[str, object]:
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
        "standing": found.standing,
        "reconciled": done.reconciled,
        "written": done.written,
        "failed": done.failed,
        "waiting": done.waiting,
        "refused": lacking.refused,
        "dead": lacking.dead,
        "gone": list(lacking.gone),
        "held": lacking.held,
        "gaps": lacking.gaps,
        "activating": lacking.activating,
        "concerns": [one.kind for one in lacking.concerns],
    }


def sync_site(
    connector: Connector, site: str, wanted: SyncRequest = FULL
) -> tuple[ResyncResult, DrainResult]:
    """A sync with progress bars, having said what is ahead of it."""
    found = _synced(connector, site, wanted)
    return found.read, found.done


def _synced(connector: Connector, site: str, wanted: SyncRequest) -> SyncResult:
    return run(
        connector,
        COMMAND_LINE,
        site,
        wanted,
        lambda counted: progress_bar(
            "Reading issues" if counted == READ else "Reconciling", counted.removesuffix("s")
        ),
        lambda ahead: say(_told(ahead), err=True),
    )


def _told(ahead: ReadWorkload) -> str:
    cost = f"About {count_of(ahead.issues, 'issue')} to read: {count_of(ahead.calls, 'API call')}, {ahead.seconds:.0f} s or more."
    if ahead.begun is None:
        return cost
    return f"An interrupted sync goes on after {count_of(ahead.begun, 'issue')}. {cost}"
