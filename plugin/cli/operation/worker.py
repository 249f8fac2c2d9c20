"""`jira-okr worker`: work without serving; as many as wanted, on as many machines as wanted."""

from __future__ import annotations

import logging
import signal
import threading

import click

from mappings.numbers import count_of
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import say
from plugin.jobs import engine_for
from plugin.runtime.processes.heartbeat import Heartbeat, working_here
from plugin.runtime.saved_sites import watch_sites


@click.command("worker")
@click.option(
    "--threads", default=2, show_default=True, type=click.IntRange(1, 64), help="Workers in this process."
)
@click.option(
    "--patience", default=30.0, show_default=True, help="Seconds to finish what is under way when stopped."
)
@click.option(
    "--healthy",
    is_flag=True,
    help="Start nothing: say whether a worker of this machine is alive; exit code 1 if not.",
)
def worker_command(threads: int, patience: float, healthy: bool) -> None:
    """Take deliveries and due objectives off the tables until stopped (Ctrl-C or SIGTERM finishes what is under way).

    Start and stop as many as wanted at any time: each takes what nobody holds.
    """
    with open_connector(level=logging.WARNING if healthy else logging.INFO, writes=True) as connector:
        if healthy:
            alive = working_here(connector)
            say(
                "A worker of this machine is alive."
                if alive
                else "No worker of this machine gave a sign of life: start jira-okr worker or jira-okr serve."
            )
            raise SystemExit(0 if alive else 1)
        engine = engine_for(connector, threads)
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        engine.start()
        heartbeat = Heartbeat(connector, "worker", threads)
        heartbeat.start()
        say(
            f"Working with {count_of(threads, 'thread')} ({connector.settings.engine_name} engine). Ctrl-C stops.",
            err=True,
        )
        with watch_sites(connector):
            stopped.wait()
        engine.stop(patience)
        heartbeat.stop()
