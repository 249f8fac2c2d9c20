"""`jira-okr sandbox`: a sandbox Jira to try things on."""

from __future__ import annotations

import re
import signal
import threading

import click

from plugin.cli.terminal.output import say
from plugin.runtime.demonstration import (
    DATA_CENTER_VERSION,
    RunningSandbox,
    register_webhook,
    sandbox,
)

VERSION = re.compile(r"(\d{1,2})\.(\d{1,2})(?:\.(\d{1,3}))?")
CONTEXT = re.compile(r"/[A-Za-z0-9_-]+")
AS_TEXT = ".".join(map(str, DATA_CENTER_VERSION))


@click.command("sandbox")
@click.option("--port", default=8090, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option("--seed", default=1, show_default=True, help="The seed of the invented company.")
@click.option("--data-center", is_flag=True, help="Be a Jira Data Center instead of Jira Cloud.")
@click.option(
    "--jira-version",
    "version",
    default=AS_TEXT,
    show_default=True,
    help="Which Data Center: before 10 it signs no webhooks.",
)
@click.option("--context-path", "context", default="", help="Data Center below a path, as /jira.")
@click.option("--webhook", metavar="URL", help="Where to deliver webhooks (Cloud).")
@click.option("--secret", metavar="TEXT", help="The secret that signs them.")
def sandbox_command(
    port: int,
    seed: int,
    data_center: bool,
    version: str,
    context: str,
    webhook: str | None,
    secret: str | None,
) -> None:
    """Serve a sandbox Jira with an invented company, on this machine only, until Ctrl-C.

    It speaks Jira's REST API over real HTTP, that of Cloud or of Data Center, enforces screens, types, permissions and limits,
    and sends signed webhooks. Its board is at the address it prints.
    """
    found = VERSION.fullmatch(version)
    if found is None:
        raise click.BadParameter("Write it as 10.3 or 9.12.5.", param_hint="--jira-version")
    if context and not CONTEXT.fullmatch(context):
        raise click.BadParameter("Write it as /jira.", param_hint="--context-path")
    if (context or version != AS_TEXT) and not data_center:
        raise click.UsageError("--jira-version and --context-path are for --data-center.")
    if webhook and data_center:
        raise click.UsageError(
            "A Data Center is told by the connector where to deliver: jira-okr webhook register."
        )
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    numbers = (int(found[1]), int(found[2]), int(found[3] or 0))
    with sandbox(seed, port, data_center=data_center, version=numbers, context=context) as served:
        if webhook:
            register_webhook(served.url, webhook, secret or "")
        for line in sign_in_lines(served):
            say(line)
        stopped.wait()


def sign_in_lines(served: RunningSandbox) -> list[str]:
    """How to sign in there."""
    board = f"Sandbox Jira on {served.url}. Board: the same address."
    if served.service_token is None:
        return [f"{board} The personal access token of {served.email} is {served.token}."]
    return [
        f"{board} Sign in as {served.email} with {served.token}.",
        f"A service account goes by the gateway: token {served.service_token}, no e-mail, and JIRA_OKR_GATEWAY_URL={served.url}.",
    ]
