"""Deliveries per second and the wait for `/healthz` while others try to take every thread: beside the same without them.

Five ways, each with more clients than the server has threads: bodies that are sent drop by drop, heavy operations of one viewer, visits
to a sign-in provider that hangs, exports that nobody reads, and large deliveries without a signature. Judged by ratio: how many
deliveries are acknowledged beside the attack against without it, on SQLite and on PostgreSQL. The wait for `/healthz` is told against its aim of 100 ms.

The attackers take processor time of the same machine: on two cores the first three also measure what they cost as programs.
"""

from __future__ import annotations

import contextlib
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks import acknowledge, postgresql
from benchmarks.ratio import Ratio

DELIVERIES, QUICK_DELIVERIES = 1500, 400
ROUNDS, QUICK_ROUNDS = 5, 2
ACTS = 40_000
"""Entries of the audit log that are exported: about 10 MB."""
HEALTHY_S = 0.1
Attack = Callable[[int, str], None]


def main(quick: bool = False) -> list[Ratio]:
    """Two ratios for each attack and database, the median of its rounds."""
    rounds, deliveries = (QUICK_ROUNDS, QUICK_DELIVERIES) if quick else (ROUNDS, DELIVERIES)
    return [
        ratio
        for name, database in DATABASES.items()
        for ratio in _measured(name, database, rounds, deliveries)
    ]


def _measured(on: str, database: Database, rounds: int, deliveries: int) -> Iterator[Ratio]:
    with database() as url, _hanging_provider() as issuer, _server(url, issuer) as (port, token):
        acknowledge._rate(port, 0, acknowledge.WARM_UP)
        number = acknowledge.WARM_UP
        for name, attack in ATTACKS.items():
            calm, beside, waits = [], [], []
            for _ in range(rounds):
                calm.append(acknowledge._rate(port, number, deliveries))
                with _attacked(attack, port, token), _healthz(port) as seen:
                    beside.append(acknowledge._rate(port, number + deliveries, deliveries))
                waits += seen
                number += 2 * deliveries
            rates = statistics.median(beside), statistics.median(calm)
            yield Ratio(f"acknowledged beside {name}, {on}", *rates, "deliveries/s", 0.8, theirs_name="calm")
            p99 = sorted(waits)[int(len(waits) * 0.99)] if waits else float("inf")
            found = f"/healthz p99 beside {name}, {on}"
            yield Ratio(found, p99, HEALTHY_S, "s", at_most=1.0, theirs_name="aim")


@contextlib.contextmanager
def _sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder) / 'bench.sqlite3'}"


@contextlib.contextmanager
def _postgresql() -> Iterator[str]:
    with postgresql.server() as server, postgresql.database(server) as url:
        yield url


Database = Callable[[], contextlib.AbstractContextManager[str]]
DATABASES: dict[str, Database] = {"SQLite": _sqlite, "PostgreSQL": _postgresql}


@contextlib.contextmanager
def _attacked(attack: Attack, port: int, token: str) -> Iterator[None]:
    """The attack in threads of its own, repeated until the block ends."""
    ended = threading.Event()

    def again_and_again() -> None:
        while not ended.is_set():
            with contextlib.suppress(OSError):
                attack(port, token)

    threads = [threading.Thread(target=again_and_again, daemon=True) for _ in range(16)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    try:
        yield
    finally:
        ended.set()


@contextlib.contextmanager
def _healthz(port: int) -> Iterator[list[float]]:
    """How long each look took, fifty a second at most."""
    seen: list[float] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            began = time.perf_counter()
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=30) as answer:
                answer.read()
            seen.append(time.perf_counter() - began)
            time.sleep(0.02)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join(30)


# -- the attacks: what one client does, once


def _slow_body(port: int, _token: str) -> None:
    proof = f"X-Hub-Signature: sha256={'0' * 64}"
    with _asked(port, f"POST /webhooks/jira/main HTTP/1.1\r\n{proof}\r\nContent-Length: 100000") as client:
        for _ in range(20):
            client.sendall(b"a")
            time.sleep(0.1)


def _validate(port: int, token: str) -> None:
    body = json.dumps({"text": _mapping()}).encode()
    head = f"POST /api/v1/mappings/validate HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json"
    with _asked(port, f"{head}\r\nContent-Length: {len(body)}") as client:
        client.sendall(body)
        refused = client.recv(65536).startswith(b"HTTP/1.1 503")
    if refused:
        time.sleep(0.1)


def _sign_in(port: int, _token: str) -> None:
    with _asked(port, "GET /sign-in/oidc HTTP/1.1") as client:
        refused = client.recv(65536).startswith(b"HTTP/1.1 503")
    if refused:
        time.sleep(0.1)


def _unread_export(port: int, token: str) -> None:
    head = f"GET /api/v1/exports/audit?format=json HTTP/1.1\r\nAuthorization: Bearer {token}"
    with _asked(port, head):
        time.sleep(2)


def _unsigned(port: int, _token: str) -> None:
    with _asked(port, "POST /webhooks/jira/main HTTP/1.1\r\nContent-Length: 24000000") as client:
        client.settimeout(5)
        with contextlib.suppress(OSError):
            for _ in range(24):
                client.sendall(b" " * 1_000_000)
    time.sleep(0.1)


ATTACKS: dict[str, Attack] = {
    "slow bodies": _slow_body,
    "heavy operations": _validate,
    "a provider that hangs": _sign_in,
    "unread exports": _unread_export,
    "unsigned deliveries": _unsigned,
}


def _asked(port: int, head: str) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), 30)
    client.sendall(f"{head}\r\nHost: 127.0.0.1\r\n\r\n".encode())
    return client


def _mapping() -> str:
    from mappings import presets

    head, _, objective = presets.text("epics-as-objectives").partition("objectives:\n")
    return head + "objectives:\n" + objective * 40


# -- the server's process


@contextlib.contextmanager
def _hanging_provider() -> Iterator[str]:
    """Takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@contextlib.contextmanager
def _server(url: str, issuer: str) -> Iterator[tuple[int, str]]:
    port = acknowledge._free_port()
    command = [sys.executable, "-m", "benchmarks.starvation", str(port), url, issuer]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            token = process.stdout.readline().strip()
            # what it logs fills the pipe where nobody reads it, and then it waits for a reader
            threading.Thread(target=process.stdout.read, daemon=True).start()
            acknowledge._wait_for(port)
            yield port, token
        finally:
            process.terminate()


def _serve(port: int, url: str, issuer: str) -> None:
    from connectors.store.people import audit
    from plugin.access.authorization.actor import COMMAND_LINE
    from plugin.runtime.composition import build_connector
    from plugin.runtime.serving import production_server
    from plugin.runtime.serving.fork_server import ForkServer
    from plugin.runtime.serving.heavy_process import work
    from plugin.runtime.serving.heavy_work import HeavyWork
    from plugin.runtime.settings import read_settings
    from plugin.use_cases.accounts import people, tokens

    secret = acknowledge.SECRET
    jira = {"url": "http://jira.example.test", "email": "a@b.example", "token": "t", "webhook_secret": secret}
    settings = read_settings(
        env_file=None,
        database_url=url,
        jira=jira,
        base_url=f"http://127.0.0.1:{port}",
        oidc={"issuer": issuer, "client_id": "bench", "client_secret": "bench"},
    )
    fork_server = ForkServer(partial(work, settings))
    connector = build_connector(settings)
    account = people.add(connector, COMMAND_LINE, "ada@acme.example", "Ada", "admin", None)
    token = tokens.make_for(connector, COMMAND_LINE, account, "bench", ("admin",), 1)
    with connector.store.write() as conn:
        for number in range(ACTS):
            audit.note(conn, "Ada", "did something", connector.clock(), {"number": number, "said": "x" * 150})
    sys.stdout.write(f"{token}\n")
    sys.stdout.flush()
    server = acknowledge.in_this_process(production_server._options("127.0.0.1", port))
    heavy_work = HeavyWork(fork_server, settings.heavy_processes, connector.announce, connector.meter.add)
    app = production_server.asgi_application(connector, heavy_work)
    server.serve(target_loader=lambda: app, wrap_loader=False)
    production_server.end_process(0)


if __name__ == "__main__":
    _serve(int(sys.argv[1]), sys.argv[2], sys.argv[3])
