"""`jira-okr serve`: webhooks, pages, API and (unless told otherwise) workers in one process."""

from __future__ import annotations

import logging
from typing import Any

import click

from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import say
from plugin.runtime.mapping_file import adopt_mapping_file
from plugin.runtime.serving.health_listener import require_free_health_port
from plugin.runtime.serving.listening_address import free_port
from plugin.runtime.serving.production_server import require_one_writer, serve_until_stopped
from plugin.runtime.settings import Settings, read_settings
from plugin.use_cases.accounts import set_up

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - what was asked for, and the address that is shown


@click.command("serve")
@click.option("--host", help="Address to listen on; 127.0.0.1 unless set.")
@click.option("--port", type=int, help="Port to listen on; 8080 unless set, 0 takes a free one.")
@click.option(
    "--workers", type=int, help="Worker threads in this process; 0 leaves the work to jira-okr worker."
)
@click.option(
    "--threads", "http_threads", type=int, help="Requests answered at once by one process; 8 unless set."
)
@click.option(
    "--processes", "http_processes", type=int, help="Serving processes; more than 1 only with PostgreSQL."
)
@click.option(
    "--patience", default=30.0, show_default=True, help="Seconds to finish what is under way when stopped."
)
def serve_command(patience: float, **given: Any) -> None:
    """Serve webhooks, pages and API, and do the work, until Ctrl-C or SIGTERM.

    Whatever is wrong with the settings, the database or the port is said before anything listens. With several processes
    the work is left to jira-okr worker. A serving process that dies is replaced; where they die again and again, it ends
    with exit code 1.
    """
    settings = read_settings(**{name: value for name, value in given.items() if value is not None})
    require_one_writer(settings)
    port = free_port(settings.host, settings.port)
    require_free_health_port(settings, port)
    with open_connector(settings, logging.INFO, writes=True) as connector:
        for line in adopt_mapping_file(connector):
            say(line, err=True)
        invitation = set_up.invite(connector, COMMAND_LINE, _served(settings, port))
    serve_until_stopped(settings, settings.host, port, lambda: _say(settings, port, invitation), patience)


def _served(settings: Settings, port: int) -> str:
    """An address that a browser on this machine can open."""
    return f"http://{EVERYWHERE.get(settings.host, settings.host)}:{port}"


def _say(settings: Settings, port: int, invitation: str | None) -> None:
    served = _served(settings, port)
    public = str(settings.base_url).rstrip("/") if settings.base_url else served
    everywhere = "" if settings.host not in EVERYWHERE else " (and every other address of this machine)"
    say(f"Serving on {served}{everywhere}. Webhooks go to {public}/webhooks/jira/<site>. Ctrl-C stops.")
    if invitation:
        say(invitation)
