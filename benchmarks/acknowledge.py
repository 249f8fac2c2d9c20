"""Webhook deliveries per second: ours against a bare Flask route that checks the HMAC and makes the same insert.

Both run on the production server in a process of their own, with the same threads, the same kind of database and without an
engine. The load is another process with 64 connections that are kept open, and a fixed number of signed deliveries, each with
an identifier of its own. The two take turns, in an order that changes, so that what else the machine does falls on both.
"""

from __future__ import annotations

import contextlib
import json
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.ratio import Ratio

DELIVERIES = 500
"""In a round. Many short rounds that take turns say more on a machine that does other things too than a few long ones."""
ROUNDS, QUICK_ROUNDS = 41, 11
WARM_UP = 500
CONNECTIONS = 64
SECRET = "bench"
BODY = json.dumps(
    {"webhookEvent": "jira:issue_updated", "issue": {"id": "10001"}, "filler": "x" * 4000}
).encode()


def main(quick: bool = False) -> list[Ratio]:
    """Acknowledged deliveries per second, as a ratio of the medians of the rounds."""
    rates = _rates(QUICK_ROUNDS if quick else ROUNDS, DELIVERIES)
    ours, bare = (statistics.median(rates[kind]) for kind in ("ours", "bare"))
    name = f"acknowledge deliveries, {CONNECTIONS} connections"
    return [Ratio(name, ours, bare, "deliveries/s", at_least=0.8, theirs_name="bare route")]


def _rates(rounds: int, deliveries: int) -> dict[str, list[float]]:
    """The rate of every round, by kind; both servers stand all the time, and one of them is idle."""
    rates: dict[str, list[float]] = {"ours": [], "bare": []}
    with contextlib.ExitStack() as stack:
        ports = {
            kind: stack.enter_context(_server(kind, stack.enter_context(tempfile.TemporaryDirectory())))
            for kind in rates
        }
        for port in ports.values():
            _rate(port, 0, WARM_UP)
        for number in range(rounds):
            order = list(ports) if number % 2 == 0 else list(reversed(ports))
            for kind in order:
                rates[kind].append(_rate(ports[kind], WARM_UP + number * deliveries, deliveries))
    return rates


def _rate(port: int, first: int, deliveries: int) -> float:
    numbers = [str(port), str(first), str(deliveries)]
    command = [sys.executable, "-m", "benchmarks.acknowledge", "load", *numbers]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


@contextlib.contextmanager
def _server(kind: str, folder: str) -> Iterator[int]:
    port = _free_port()
    command = [sys.executable, "-m", "benchmarks.acknowledge", kind, str(port), folder]
    with subprocess.Popen(command) as process:
        try:
            _wait_for(port)
            yield port
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.05)
    raise RuntimeError("the server did not come up within 30 s")


# -- the server's process


def _serve(kind: str, port: int, folder: str) -> None:
    from plugin.runtime.composition import build_connector
    from plugin.runtime.serving import production_server
    from plugin.runtime.settings import read_settings

    jira = {"url": "http://jira.example.test", "email": "a@b.example", "token": "t", "webhook_secret": SECRET}
    settings = read_settings(
        env_file=None, database_url=f"sqlite:///{Path(folder) / 'bench.sqlite3'}", jira=jira
    )
    connector = build_connector(settings)
    options = production_server._options("127.0.0.1", port)
    if kind == "bare":
        options |= {"interface": "wsgi", "blocking_threads": settings.http_threads}
    app = production_server.asgi_application(connector) if kind == "ours" else _bare(connector)
    in_this_process(options).serve(target_loader=lambda: app, wrap_loader=False)


def in_this_process(options: dict[str, Any]) -> Any:
    """Granian's threaded server, meant by its authors for Pythons without a global lock: what is measured needs no processes."""
    from granian.server.mt import MTServer

    class InProcess(MTServer):
        def _check_gil(self) -> None:
            """Any Python will do."""

    return InProcess(**options)


def _bare(connector: Any) -> Any:
    import hashlib
    import hmac

    from flask import Flask, request

    from connectors.store.work import inbox

    app = Flask("bare")

    @app.post("/webhooks/jira/main")
    def receive() -> tuple[str, int]:
        body = request.get_data()
        signed = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(signed, request.headers.get("X-Hub-Signature", "")):
            return "", 401
        with connector.store.write() as conn:
            inbox.store(
                conn, "main", request.headers["X-Atlassian-Webhook-Identifier"], body, connector.clock()
            )
        return "", 204

    return app


# -- the load's process


def _load(port: int, first: int, deliveries: int) -> float:
    """Deliveries per second: every connection sends its next delivery when it has the answer to the last."""
    head = _head()
    with selectors.DefaultSelector() as selector:
        for _ in range(CONNECTIONS):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection, selectors.EVENT_READ)
        started = time.perf_counter()
        sent = answered = 0
        for key in list(selector.get_map().values()):
            _send(key.fileobj, head, first + sent)
            sent += 1
        while answered < sent:
            for key, _ in selector.select():
                _expect_204(key.fileobj)
                answered += 1
                if sent < deliveries:
                    _send(key.fileobj, head, first + sent)
                    sent += 1
        return answered / (time.perf_counter() - started)


def _head() -> bytes:
    from connectors.sandbox.traffic.webhooks import signature

    lines = [
        "POST /webhooks/jira/main HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(BODY)}",
        f"X-Hub-Signature: {signature(SECRET, BODY)}",
        "X-Atlassian-Webhook-Identifier: ",
    ]
    return "\r\n".join(lines).encode()


def _send(connection: Any, head: bytes, number: int) -> None:
    connection.sendall(head + f"delivery-{number}\r\n\r\n".encode() + BODY)


def _expect_204(connection: Any) -> None:
    answer = b""
    while b"\r\n\r\n" not in answer:
        part = connection.recv(65536)
        if not part:
            raise RuntimeError("the server closed the connection")
        answer += part
    if not answer.startswith(b"HTTP/1.1 204"):
        raise RuntimeError(f"not acknowledged: {answer[:80]!r}")


if __name__ == "__main__":
    if sys.argv[1] == "load":
        print(_load(*(int(number) for number in sys.argv[2:5])))
    else:
        _serve(sys.argv[1], int(sys.argv[2]), sys.argv[3])
