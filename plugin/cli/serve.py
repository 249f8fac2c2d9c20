"""`jira-okr serve`: webhooks, pages, API and (unless told otherwise) workers in one process."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any

import click

from plugin.access import set_up
from plugin.cli.opening import open_connector
from plugin.serving import serving
from plugin.settings import read_settings
from plugin.starting import adopt_mapping_file


@click.command("serve")
@click.option("--host", help="Address to listen on; 127.0.0.1 unless set.")
@click.option("--port", type=int, help="Port to listen on; 8080 unless set.")
@click.option(
    "--workers", type=int, help="Worker threads in this process; 0 leaves the work to jira-okr worker."
)
def serve_command(host: str | None, port: int | None, workers: int | None) -> None:
    """Serve webhooks, pages and API, and do the work, until Ctrl-C or SIGTERM."""
    given: dict[str, Any] = {"host": host, "port": port, "workers": workers}
    settings = read_settings(**{name: value for name, value in given.items() if value is not None})
    with open_connector(settings, logging.INFO) as connector:
        for line in adopt_mapping_file(connector):
            click.echo(line, err=True)
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        with serving(connector, settings.host, settings.port, settings.workers) as served:
            click.echo(
                f"Serving on {served.url}. Webhooks go to {settings.public_url}/webhooks/jira/<site>. Ctrl-C stops."
            )
            invitation = set_up.invitation(connector, served.url)
            if invitation:
                click.echo(invitation)
            stopped.wait()
