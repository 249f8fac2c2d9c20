"""Worker processes on PostgreSQL with the distributed engine: objectives reconciled and written per second, by two and by eight against one.

The sandbox Jira runs in a process of its own and answers each call 100 ms late, as Jira over the Internet does (150 ms and more):
workers wait for Jira most of their time, and that is what more of them buy. Everything shares this machine's cores, so the
figure of two falls where there are fewer than four. The fleet asks a Jira that answers a second late, so that Jira binds, not this machine;
then one that grants the account so many calls a second (Data Center), which the fleet shares.

What one objective takes of the processor, of workers, database and sandbox, is printed beside: the machine's cores by that sum is what no
number of processes can pass.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL

from benchmarks import postgresql
from benchmarks.ratio import Ratio

OBJECTIVES, QUICK_OBJECTIVES = 600, 150
ISSUES_EACH = 4
LATENCY = 0.1
FLEET = (1, 2, 4, 8)
FLEET_LATENCY = 1.0
FLEET_OBJECTIVES_EACH = 40
GRANTED = 10
"""Calls a second; an objective takes two."""
CALLS_EACH = 2
SETTLING = 3.0
"""Seconds from the start of the last process until all are at work."""
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class FarJira:
    """A sandbox that answers so many seconds late; `granted` makes it a Data Center with so many calls a second for the account."""

    latency: float = LATENCY
    granted: int | None = None

    def __str__(self) -> str:
        return f"answers {self.latency:g} s late" + (f", {self.granted} calls/s" if self.granted else "")


@dataclass(frozen=True, slots=True)
class WorkRate:
    """Objectives per second, and what each took of the processor, in milliseconds."""

    processes: int
    jira: FarJira
    objectives: float
    workers: float
    database: float
    sandbox: float

    def __str__(self) -> str:
        return (
            f"{self.processes} processes, {self.jira}: {self.objectives:.1f} objectives/s; of the processor each took "
            f"{self.workers:.1f} ms in the workers, {self.database:.1f} in the database, {self.sandbox:.1f} in the sandbox"
        )


def main(quick: bool = False) -> list[Ratio]:
    """Objectives per second with two processes and with one; then of fleets, which --quick leaves out."""
    number = QUICK_OBJECTIVES if quick else OBJECTIVES
    with postgresql.server() as server:
        one, two = (_measured(server, number, processes, FarJira()) for processes in (1, 2))
        ratios = [
            Ratio(
                "two worker processes",
                two.objectives,
                one.objectives,
                "objectives/s",
                at_least=1.7,
                theirs_name="one",
            )
        ]
        return ratios if quick else [*ratios, *_fleets(server)]


def _fleets(server: URL) -> Iterator[Ratio]:
    alone, *fleets = (
        _measured(server, FLEET_OBJECTIVES_EACH * processes, processes, FarJira(FLEET_LATENCY))
        for processes in FLEET
    )
    for fleet in fleets:
        yield Ratio(
            f"{fleet.processes} worker processes, {fleet.jira}",
            fleet.objectives,
            alone.objectives,
            "objectives/s",
            at_least=0.8 * fleet.processes,
            theirs_name="one",
        )
    bound = FarJira(FLEET_LATENCY, GRANTED)
    fleet = _measured(server, FLEET_OBJECTIVES_EACH * FLEET[-1], FLEET[-1], bound)
    yield Ratio(
        f"{fleet.processes} worker processes, {fleet.jira}",
        fleet.objectives * CALLS_EACH,
        GRANTED,
        "calls/s",
        at_least=0.8,
        theirs_name="granted",
    )


def _measured(server: URL, number: int, processes: int, jira: FarJira) -> WorkRate:
    """Over the middle nine tenths, so that neither start nor end counts."""
    from connectors.store.numbers import objectives
    from connectors.store.work import due
    from plugin.runtime.composition import build_connector
    from plugin.runtime.settings import read_settings

    with postgresql.database(server) as url, _sandbox(number, jira) as (sandbox, access):
        settings = read_settings(
            env_file=None, database_url=url, jira=access, resync_minutes=0, quiet_seconds=0
        )
        connector = build_connector(settings)
        ids = _read(connector)
        with _workers(url, access, processes) as workers:
            with connector.store.write() as conn:
                due.mark(conn, "main", ids, connector.clock(), "benchmark")
            left, before, began = (
                _when_left(connector, 0.95 * number),
                _spent(connector, workers, sandbox),
                time.perf_counter(),
            )
            rest, after, ended = (
                _when_left(connector, 0.05 * number),
                _spent(connector, workers, sandbox),
                time.perf_counter(),
            )
            _when_left(connector, 0)
        with connector.store.read() as conn:
            if len(objectives.load_all(conn, "main")) != len(ids) or due.dead(conn, "main"):
                raise RuntimeError("some objectives were not reconciled")
        connector.store.close()
    done = left - rest
    each = [1000 * (late - early) / done for early, late in zip(before, after, strict=True)]
    rate = WorkRate(processes, jira, done / (ended - began), *each)
    print(rate, flush=True)
    return rate


def _spent(connector, workers: list[int], sandbox: int) -> tuple[float, float, float]:  # type: ignore[no-untyped-def]
    """Seconds of the processor so far: of the workers, of the database for its connections, of the sandbox."""
    with connector.store.read() as conn:
        served = conn.exec_driver_sql("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        database = [pid for (pid,) in served]
    return _processor(workers), _processor(database), _processor([sandbox])


def _processor(processes: Iterable[int]) -> float:
    spent = 0
    for process in processes:
        with contextlib.suppress(FileNotFoundError):  # a connection that was closed meanwhile
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            spent += int(fields[11]) + int(fields[12])
    return spent / TICKS_PER_SECOND


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


def _when_left(connector, most: float) -> int:  # type: ignore[no-untyped-def]
    """How many objectives wait once it is no more than this."""
    from connectors.store.work import due

    while True:
        with connector.store.read() as conn:
            left = due.pending_count(conn, "main")
        if left <= most:
            return left
        time.sleep(0.02)


@contextlib.contextmanager
def _workers(url: str, jira: dict[str, str], processes: int) -> Iterator[list[int]]:
    environment = {
        **os.environ,
        "JIRA_OKR_DATABASE_URL": url,
        "JIRA_OKR_RESYNC_MINUTES": "0",
        **{f"JIRA_OKR_JIRA__{name.upper()}": value for name, value in jira.items()},
    }
    command = [sys.executable, "-c", "from plugin.cli import main; main()", "worker"]
    with contextlib.ExitStack() as stack:
        started = []
        for _ in range(processes):
            process = stack.enter_context(
                subprocess.Popen(
                    command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
                )
            )
            stack.callback(process.terminate)
            started.append(process.pid)
        time.sleep(SETTLING)
        yield started


@contextlib.contextmanager
def _sandbox(number: int, jira: FarJira) -> Iterator[tuple[int, dict[str, str]]]:
    command = [
        sys.executable,
        "-m",
        "benchmarks.workers",
        "sandbox",
        str(number),
        str(jira.latency),
        str(jira.granted or 0),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url, email, token = process.stdout.readline().split()
            access = {"pat": token} if jira.granted else {"email": email, "token": token}
            yield process.pid, {"url": url, **access}
        finally:
            process.terminate()


def _serve(number: int, jira: FarJira) -> None:
    """The sandbox's process: prints address and credentials, and answers late."""
    from connectors.sandbox import CONNECTOR, SandboxServer, seed_many
    from connectors.sandbox.traffic.limits import CallGrant, UserLimit

    sandbox = SandboxServer(seed=None, deployment="datacenter" if jira.granted else "cloud")
    seed_many(sandbox.sandbox, number * (ISSUES_EACH + 1), per_epic=ISSUES_EACH + 1)
    answer = sandbox.app.wsgi_app

    def late(environ, start_response):  # type: ignore[no-untyped-def]
        time.sleep(jira.latency)
        return answer(environ, start_response)

    sandbox.app.wsgi_app = late  # type: ignore[method-assign]
    with sandbox:
        if jira.granted:
            sandbox.site.users = UserLimit(CallGrant(fill=jira.granted, seconds=1, most=jira.granted))
        print(sandbox.url, CONNECTOR.email, CONNECTOR.token, flush=True)
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    if sys.argv[1:2] == ["sandbox"]:
        number, latency, granted = sys.argv[2:]
        _serve(int(number), FarJira(float(latency), int(granted) or None))
    else:
        for ratio in main("--quick" in sys.argv):
            print(ratio.name, round(ratio.ours, 1), round(ratio.theirs, 1), round(ratio.value, 2), ratio.aim)
