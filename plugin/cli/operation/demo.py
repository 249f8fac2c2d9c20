"""`jira-okr demo`: see it work in one minute, with an invented company in a sandbox Jira."""

from __future__ import annotations

import logging
import shlex
import shutil
import signal
import sys
import threading
from pathlib import Path

import click

from plugin.access.authorization.actor import COMMAND_LINE
from plugin.access.authorization.demonstration import demo_admin
from plugin.cli.objectives.history import backfill_site
from plugin.cli.terminal.output import say, show_json, show_table
from plugin.cli.work.sync import sync_site
from plugin.runtime.connector import Connector
from plugin.runtime.demonstration import (
    SETTINGS_FILE,
    Demo,
    close_last_quarter,
    demo_world,
    leave_waiting,
    register_webhook,
    speak,
)
from plugin.runtime.processes.heartbeat import Heartbeat
from plugin.runtime.processes.logs import configure_logs
from plugin.runtime.serving.listening_address import free_port
from plugin.runtime.serving.server import serve
from plugin.runtime.settings import PREFIX
from plugin.use_cases.digests.digests import tell_now
from plugin.use_cases.objectives.backfill import foresee
from plugin.use_cases.objectives.objective_columns import (
    Output,
    table_labels,
    table_row,
    values,
)
from plugin.use_cases.objectives.objective_lines import every_line
from plugin.use_cases.work.plans import written_fields

WORKERS = 2


@click.command("demo")
@click.option("--once", is_flag=True, help="Do the work, print the objectives, and end without serving.")
@click.option("--seed", default=1, show_default=True, help="The seed of the invented company.")
@click.option(
    "--port", default=8080, show_default=True, help="Port of the connector's pages; 0 takes a free one."
)
@click.option(
    "--sandbox-port", default=8090, show_default=True, help="Port of the sandbox Jira; 0 takes a free one."
)
@click.option(
    "--folder",
    default="data/demo",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Where it keeps its data.",
)
@click.option("--json", "as_json", is_flag=True, help="With --once: print JSON instead of a table.")
def demo_command(once: bool, seed: int, port: int, sandbox_port: int, folder: Path, as_json: bool) -> None:
    """Start a sandbox Jira and the connector, do a first sync, and serve both until Ctrl-C.

    Nothing has to be installed or set up, and nothing outside this machine is spoken to.
    """
    configure_logs("plain", logging.WARNING)
    if once:
        with demo_world(folder, seed=seed) as demo:
            first_sync(demo.connector)
            show_result(demo.connector, as_json)
        return
    if port and port == sandbox_port:
        raise click.UsageError("--port and --sandbox-port must differ.")
    port = free_port("127.0.0.1", port, "--port (make demo DEMO_ARGS='--port 0')")
    sandbox_port = free_port(
        "127.0.0.1", sandbox_port, "--sandbox-port (make demo DEMO_ARGS='--sandbox-port 0')"
    )
    address = f"http://127.0.0.1:{port}"
    with demo_world(
        folder,
        seed=seed,
        sandbox_port=sandbox_port,
        watches=True,
        port=port,
        base_url=address,
    ) as demo:
        serve_demo(demo, port, folder)


def serve_demo(demo: Demo, port: int, folder: Path) -> None:
    """Sync, then serve until told to stop."""
    first_sync(demo.connector)
    close_last_quarter(demo)
    leave_waiting(demo)
    tell_now(demo.connector, COMMAND_LINE, "main")
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with serve(demo.connector, "127.0.0.1", port, workers=WORKERS) as served:
        heartbeat = Heartbeat(demo.connector, "serve", WORKERS)
        heartbeat.start()
        register_webhook(demo.sandbox.url, f"{served.url}/webhooks/jira/main", demo.secret)
        speak(demo)
        say(invitation(served.url, demo.sandbox.url, demo_admin(demo.connector), command_beside(folder)))
        stopped.wait()
        heartbeat.stop()


def first_sync(connector: Connector) -> None:
    """Sync, and show at once where the objectives come from: their past is worked out from the changelogs."""
    sync_site(connector, "main")
    backfill_site(connector, "main", foresee(connector, COMMAND_LINE, "main"))


def command_beside(folder: Path) -> str:
    """The line by which a command finds the demo, to be copied as it stands: the command as this one was called."""
    called = sys.argv[0]
    command = "jira-okr" if shutil.which("jira-okr") == str(Path(called).absolute()) else called
    return f"{PREFIX}ENV_FILE={shlex.quote(str(folder / SETTINGS_FILE))} {shlex.quote(command)} status"


def invitation(pages: str, board: str, sign_in: tuple[str, str], command: str) -> str:
    """What to do next; `sign_in` is address and password, `command` one that works beside the demo."""
    return (
        f"\n  OKR pages      {pages}\n"
        f"  Sign in as     {sign_in[0]}   password {sign_in[1]}\n"
        f"  Sandbox Jira   {board}   (each card says which number it feeds: drag one, and watch)\n"
        f"  In a terminal  {command}\n"
        "  Check in       by comment on a key result, over the sandbox’s API: docs/sandbox.md says how\n"
        f"  Waits for you  {pages}/health   (a write that is held, and an issue that cannot be read)\n"
        f"  A KPI          {pages}/kpis/open-bugs   (accept the gap that waits, report a bug on the board, let days pass, and a key result is proposed)\n"
        f"  A digest       {board}/messages   (comes on Mondays as days pass; {pages}/digests shows what it would say now)\n"
        "  Change a rule  Mapping > Edit by form, on the OKR pages: preview what it would do, then activate it\n\n"
        "  Stop with Ctrl-C."
    )


def show_result(connector: Connector, as_json: bool) -> None:
    """The objectives with what was written for each."""
    found = every_line(connector, COMMAND_LINE, "main")
    written = written_fields(connector, COMMAND_LINE, "main")
    if as_json:
        show_json(
            [
                {
                    **values(one, Output.JSON),
                    "fields_written": written.get(one.state.id, 0),
                }
                for one in found
            ]
        )
        return
    rows = [(*table_row(one), str(written.get(one.state.id, 0))) for one in found]
    show_table("Objectives", (*table_labels(), "Fields written"), rows)
