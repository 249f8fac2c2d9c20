"""`jira-okr audit`: the audit log as evidence."""

from __future__ import annotations

import click

from mappings.numbers import count_of
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json
from plugin.use_cases.record import chain, push


@click.group("audit")
def audit_group() -> None:
    """Look after the audit log. jira-okr export audit writes it to a file."""


@audit_group.command("verify")
@json_option
def verify_command(as_json: bool) -> None:
    """Say whether every entry is as it was noted, none is gone, and every seal is of a key of ours. Exit code 1 where not."""
    with open_connector() as connector:
        found = chain.verify(connector, COMMAND_LINE)
    if as_json:
        show_json(
            {
                "ok": not found.findings,
                "entries": found.entries,
                "since": None if found.since is None else found.since.isoformat(),
                "seals": found.seals,
                "erased": found.reworded,
                "findings": list(found.findings),
            }
        )
    else:
        since = "" if found.since is None else f" since {found.since:%Y-%m-%d}"
        state = "NOT as it was noted" if found.findings else "as it was noted"
        sealed = "not sealed" if found.seals is None else count_of(found.seals, "seal")
        say(f"{count_of(found.entries, 'entry', 'entries')}{since}, {sealed}: {state}.")
        if found.seals is None:
            say(
                "  Set JIRA_OKR_SECRET_KEY in every process: until then whoever has the database could write another record."
            )
        if found.reworded:
            say(
                f"  {found.reworded} of them have other words than they were noted with: a person was erased, or "
                "JIRA_OKR_KEEP_SIGN_INS_DAYS was over. What those say of others is not bound any more."
            )
        for line in found.findings:
            say(f"  {line}")
    if found.findings:
        raise SystemExit(1)


@audit_group.command("push")
@json_option
def push_command(as_json: bool) -> None:
    """Send what JIRA_OKR_AUDIT_PUSH_URL does not have yet now; it goes there each minute by itself. Exit code 1 where it is not taken."""
    with open_connector() as connector:
        count = push.push_now(connector, COMMAND_LINE)
    if as_json:
        show_json({"sent": count})
    else:
        say(f"{count} entries sent." if count != 1 else "1 entry sent.")
