"""`jira-okr apply`: reconcile objectives now and write what differs."""

from __future__ import annotations

import click

from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, site_option
from plugin.cli.work.plan import change_values, show_changes, show_untried
from plugin.use_cases.work.plans import apply, objectives_in_order


@click.command("apply")
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@click.option(
    "--release-held", is_flag=True, help="Also write what waits for a person (see jira-okr status)."
)
@site_option
@json_option
def apply_command(keys: tuple[str, ...], release_held: bool, site: str, as_json: bool) -> None:
    """Work out all objectives, or those named, from the local copy (mirror) and write what differs to Jira."""
    with open_connector(site=site) as connector:
        ids = objectives_in_order(connector, COMMAND_LINE, site, keys)
        done = apply(connector, COMMAND_LINE, site, ids, release_held=release_held, everything=not keys)
    written, refused = list(done.written), done.refused
    if as_json:
        show_json(
            {
                "written": [change_values(change) for change in written],
                "refused": [
                    {**change_values(one.change), "message": one.message, "remedy": one.remedy}
                    for one in refused
                ],
                "waiting": [{"objective": one.name, "why": one.why} for one in done.waiting],
                "held": [change_values(change) for change in done.held],
                "refused_before": [change_values(change) for change in done.refused_before],
            }
        )
    elif written:
        show_changes("Written", written)
    else:
        say(
            "Nothing was written."
            if done.wrong
            else "Nothing was written: every field in Jira is as it should be."
        )
    if not as_json:
        show_untried(done.held, done.refused_before)
    for one in refused:
        say(
            f"refused: {one.change.issue_key} {one.change.field_name}: {one.message}\n  to do: {one.remedy}",
            err=True,
        )
    for late in done.waiting:
        say(f"waits: {late.name}: {late.why}", err=True)
    if done.wrong:
        raise SystemExit(1)
