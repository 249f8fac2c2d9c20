"""`jira-okr sandbox`: a sandbox Jira to try things on."""

from __future__ import annotations

import signal
import threading

import click

from plugin.cli.terminal.output import say
from plugin.runtime.demonstration import register_webhook, sandbox


@click.command("sandbox")
@click.option("--port", default=8090, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option("--seed", default=1, show_default=True, help="The seed of the invented company.")
@click.option("--webhook", metavar="URL", help="Where to deliver webhooks.")
@click.option("--secret", metavar="TEXT", help="The secret that signs them.")
def sandbox_command(port: int, seed: int, webhook: str | None, secret: str | None) -> None:
    """Serve a sandbox Jira with an invented company, on this machine only, until Ctrl-C.

    It speaks Jira Cloud's REST API over real HTTP, enforces screens, types, permissions and limits, and sends signed
    webhooks. Its board is at the address it prints.
    """
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with sandbox(seed, port) as served:
        if webhook:
            register_webhook(served.url, webhook, secret or "")
        say(
            f"Sandbox Jira on {served.url}. Board: the same address. Sign in as {served.email} with {served.token}."
        )
        stopped.wait()
