"""Run as a program: a worker is killed between a write and its acknowledgement, and another takes over. Prints what was seen."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from connectors.clock import system_clock
from connectors.sandbox import CONNECTOR, SandboxServer
from connectors.store.numbers import objectives
from connectors.store.work import due
from mappings.numbers import percent
from plugin.cli.work.sync import sync_site
from plugin.runtime.connector import Connector
from plugin.runtime.demonstration import demo_world
from plugin.sync.drain import drain

WORKER = """
import os, signal
from plugin.runtime.composition import build_connector
from plugin.runtime.settings import read_settings
from plugin.sync.write_back import application
from plugin.sync.work import turn

def die(*_args):
    os.kill(os.getpid(), signal.SIGKILL)

application._settle_written = die
connector = build_connector(read_settings(env_file=None))
turn(connector.context("main"), "doomed")
"""


def main(folder: Path) -> None:
    with demo_world(folder, clock=system_clock, seed=1) as demo:
        sync_site(demo.connector, "main")
        epic_id, story_key = _open_story(demo.connector)
        before = demo.sandbox.site.calls.edits[epic_id]
        _close(demo.sandbox, story_key)
        _mark(demo.connector, epic_id, story_key)
        first = subprocess.run(
            [sys.executable, "-c", WORKER],
            env=_environment(demo.sandbox, folder),
            capture_output=True,
            timeout=60,
            check=False,
        )
        after_kill = demo.sandbox.site.calls.edits[epic_id] - before
        _expire_leases(demo.connector)
        drain(lambda: demo.connector.context("main"))
        report = _report(demo.connector, demo.sandbox, epic_id, first.returncode, after_kill, before)
    sys.stdout.write(json.dumps(report) + "\n")


def _open_story(connector: Connector) -> tuple[str, str]:
    with connector.store.read() as conn:
        for saved in objectives.load_all(conn, "main"):
            for one in saved.state.key_results:
                if one.kind == "delivery" and one.contributing:
                    for row in one.measurement.ledger.rows:
                        if row.weight and row.progress is not None and row.progress < 1:
                            return saved.state.id, row.key
    raise SystemExit("no open story")


def _close(sandbox: SandboxServer, key: str) -> None:
    import requests

    auth = (CONNECTOR.email, CONNECTOR.token)
    url = f"{sandbox.url}/rest/api/3/issue/{key}/transitions"
    offered = requests.get(url, auth=auth, timeout=10).json()["transitions"]
    done = next(one["id"] for one in offered if one["to"]["name"] == "Done")
    requests.post(url, json={"transition": {"id": done}}, auth=auth, timeout=10).raise_for_status()


def _mark(connector: Connector, epic_id: str, story_key: str) -> None:
    from connectors.store.mirror import mirror
    from plugin.sync.refresh.reread import land_issues

    context = connector.context("main")
    with connector.store.read() as conn:
        story_id = mirror.id_of_key(conn, "main", story_key)
    found = context.jira.read([story_id], context.fields)
    with connector.store.write() as conn:
        land_issues(context, conn, list(found.issues), set())
    time.sleep(context.quiet.total_seconds() + 0.1)


def _environment(sandbox: SandboxServer, folder: Path) -> dict[str, str]:
    import os

    return {
        **os.environ,
        "JIRA_OKR_DATABASE_URL": f"sqlite:///{folder / 'demo.sqlite3'}",
        "JIRA_OKR_JIRA__URL": sandbox.url,
        "JIRA_OKR_JIRA__EMAIL": CONNECTOR.email,
        "JIRA_OKR_JIRA__TOKEN": CONNECTOR.token,
    }


def _expire_leases(connector: Connector) -> None:
    from datetime import timedelta

    later = connector.clock
    connector.clock = lambda: later() + timedelta(minutes=5)


def _report(
    connector: Connector, sandbox: SandboxServer, epic_id: str, exit_code: int, after_kill: int, before: int
) -> dict[str, object]:
    with connector.store.read() as conn:
        saved = objectives.load(conn, "main", epic_id)
        left = due.pending_count(conn, "main")
    context = connector.context("main")
    issue = context.jira.read([epic_id], context.fields).issues[0]
    wanted = percent(saved.state.progress) if saved else None
    return {
        "first_exit": exit_code,
        "edits_after_kill": after_kill,
        "edits_after_restart": sandbox.site.calls.edits[epic_id] - before,
        "value_in_jira": issue.fields["customfield_10060"],
        "value_wanted": float(wanted) if wanted is not None else None,
        "due_left": left,
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
