"""The first sync of a site: reading, keeping and marking every issue, against reading the same pages and keeping nothing.

The sandbox runs in a process of its own and has rendered every page once before anything is measured. Each of its answers
comes 100 ms late, as over a network to Jira (a page of 100 issues takes Jira longer than that). Every run is a fresh process;
memory is the growth of its peak. It is compared between a site and another with a quarter of its issues and as many objectives,
for ids of objectives are kept until the end; without an aim also with a quarter of both.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.ratio import Ratio
from benchmarks.read_issues import _peak

ISSUES, QUICK_ISSUES = 100_000, 10_000
LATENCY_S = 0.1
PER_EPIC = 20


def main(quick: bool = False) -> list[Ratio]:
    """Time and memory of a first sync, as ratios."""
    issues = QUICK_ISSUES if quick else ISSUES
    small, smaller = (_peak_of(issues // 4, per_epic) for per_epic in (PER_EPIC // 4, PER_EPIC))
    with sandbox(issues, PER_EPIC) as url:
        _measured("read", url)
        runs = [(_measured("read", url), _measured("sync", url)) for _ in range(2)]
    read = min(one["seconds"] for one, _ in runs)
    sync = min(one["seconds"] for _, one in runs)
    peak = min(one["peak"] for _, one in runs)
    name = f"first sync of {issues:,} issues"
    return [
        Ratio(name, sync, read, "s", at_most=1.25, theirs_name="pages read"),
        Ratio(f"{name}, memory", peak, small, "MB", at_most=1.25, theirs_name="a quarter of the issues"),
        Ratio(f"{name}, memory", peak, smaller, "MB", theirs_name="a quarter of objectives too"),
    ]


def _peak_of(issues: int, per_epic: int) -> float:
    with sandbox(issues, per_epic) as url:
        _measured("read", url)
        return min(_measured("sync", url)["peak"] for _ in range(2))


def _measured(what: str, url: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.first_sync", what, url]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, float] = json.loads(output.splitlines()[-1])
    return found


@contextlib.contextmanager
def sandbox(issues: int, per_epic: int, late: float = LATENCY_S) -> Iterator[str]:
    """The address of a sandbox of a process of its own, each of whose answers comes so many seconds late."""
    shape = [str(issues), str(per_epic), str(late)]
    command = [sys.executable, "-m", "benchmarks.first_sync", "sandbox", *shape]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


# -- the processes that are measured


def _serve(issues: int, per_epic: int, late: float) -> None:
    from connectors.sandbox import SandboxServer, seed_many

    server = SandboxServer(seed=None)
    server.app.before_request(lambda: time.sleep(late))
    seed_many(server.sandbox, issues, per_epic=per_epic)
    with server:
        print(server.url, flush=True)
        while True:
            time.sleep(60)


def connected(url: str, folder: str) -> Any:
    """A connector in this folder that knows its mapping, and nothing else."""
    from connectors.sandbox import CONNECTOR
    from mappings import presets
    from plugin.access.authorization.actor import COMMAND_LINE
    from plugin.runtime.composition import build_connector
    from plugin.runtime.settings import read_settings
    from plugin.use_cases.mappings.mapping_life import activate

    jira = {"url": url, "email": CONNECTOR.email, "token": CONNECTOR.token, "webhook_secret": "bench"}
    database = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
    connector = build_connector(read_settings(env_file=None, database_url=database, jira=jira))
    activate(
        connector,
        COMMAND_LINE,
        "main",
        presets.text("epics-as-objectives"),
        file="bench.yaml",
    )
    return connector


def _run(what: str, url: str) -> dict[str, float]:
    from plugin.sync.resync.full_read import resync

    with tempfile.TemporaryDirectory() as folder:
        connector = connected(url, folder)
        context = connector.context("main")
        before, started = _peak(), time.perf_counter()
        if what == "read":
            pages = context.jira.search(context.mapping.document.scope, context.fields)
            count = sum(len(page.issues) for page in pages)
        else:
            count = resync(context).read
        seconds = time.perf_counter() - started
        connector.store.close()
    return {"seconds": seconds, "peak": max(_peak() - before, 0.1), "count": count}


if __name__ == "__main__":
    if sys.argv[1] == "sandbox":
        _serve(int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
    else:
        print(json.dumps(_run(sys.argv[1], sys.argv[2])))
