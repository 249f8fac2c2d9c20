"""`jira-okr serve` as operators run it: a process, real signals, real HTTP."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import signal
import socket
import time
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from connectors.store import open_store
from connectors.store.jobs import processes as signs
from plugin.cli import cli, explained_errors
from plugin.runtime.connector import Refusal
from plugin.runtime.serving.listening_address import free_port


def deliver(url: str, secret: str, body: bytes, **headers: str) -> int:
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    answer = requests.post(
        f"{url}/webhooks/jira/main", data=body, headers={"X-Hub-Signature": signature, **headers}, timeout=10
    )
    return answer.status_code


def samples(url: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample of /metrics, as Prometheus reads it."""
    answer = requests.get(f"{url}/metrics", timeout=10)
    assert answer.headers["Content-Type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


@pytest.mark.slow
def test_it_serves_works_and_stops_in_order(commands: Any, eventually: Any) -> None:
    """One process through its life, for starting one is slow: ready, at work, metered, no secrets in its logs, and gone."""
    served = commands.serve("--workers", "2")
    eventually(lambda: served.get("/readyz").json() == {"status": "ready", "workers": 2})
    eventually(
        lambda: samples(served.url)["jira_okr_writes", (("outcome", "written"), ("site", "main"))] > 0, 60
    )

    secret = commands.environment["JIRA_OKR_JIRA__WEBHOOK_SECRET"]
    body = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": "10001"}}).encode()
    assert deliver(served.url, secret, body) == 204
    assert deliver(served.url, "another secret", body) == 401
    assert deliver(served.url, secret, b"x" * (26 * 1024 * 1024)) == 413
    assert served.get("/no-such-page").status_code in (302, 401, 404)
    done = ("jira_okr_deliveries", (("site", "main"), ("status", "done")))
    eventually(lambda: samples(served.url)[done] == 1)

    eventually(lambda: samples(served.url)["jira_okr_due_objectives", (("site", "main"),)] == 0, 60)
    found = samples(served.url)
    for name in ("due_objectives", "due_oldest_seconds", "dead_letters", "refused_fields", "drift_issues"):
        assert found[f"jira_okr_{name}", (("site", "main"),)] == 0
    assert found["jira_okr_workers", ()] == 2

    _is_answered_while_it_stops(served, secret)
    assert served.process.wait(15) == 0
    with pytest.raises(requests.ConnectionError):
        served.get("/healthz")
    logged = served.err.read_text() + served.out.read_text()
    _tells_what_happened(logged)
    for name, value in commands.environment.items():
        if any(word in name for word in ("SECRET", "TOKEN")):
            assert value not in logged, name


def _tells_what_happened(logged: str) -> None:
    lines = [json.loads(line) for line in logged.splitlines() if line.startswith("{")]
    edited = [line for line in lines if line["event"] == "issue edited"]
    assert edited
    assert all(line["plan"] and line["objective"] and line["site"] == "main" for line in edited)
    worked = [line for line in lines if line["event"] == "deliveries worked off"]
    assert worked
    assert worked[0]["delivery"]
    assert not [line for line in lines if "GET /" in str(line)], "no access log"


def _is_answered_while_it_stops(served: Any, secret: str) -> None:
    """Half a request before the signal, the other half after it."""
    body = b'{"webhookEvent": "comment_created"}'
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as half:
        head = f"POST /webhooks/jira/main HTTP/1.1\r\nHost: x\r\nX-Hub-Signature: sha256={signature}\r\n"
        half.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:5])
        time.sleep(0.5)
        served.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        half.sendall(body[5:])
        assert half.recv(1000).startswith(b"HTTP/1.1 204")


@pytest.mark.slow
def test_clients_that_hang_keep_nothing(commands: Any) -> None:
    """Who sends a head too slowly is let go after ten seconds; who never sends the body does not keep the process, which ends in order."""
    served = commands.serve("--workers", "0", "--patience", "1")
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\nHos")
        assert slow.recv(100) in (b"", b"HTTP/1.1 408 Request Timeout\r\n")
    with socket.create_connection((host, int(port)), timeout=10) as half:
        proof = b"X-Hub-Signature: sha256=" + b"0" * 64
        half.sendall(
            b"POST /webhooks/jira/main HTTP/1.1\r\nHost: x\r\n"
            + proof
            + b"\r\nContent-Length: 100\r\n\r\nabc"
        )
        time.sleep(0.5)
        assert served.stop(10) == 0
    assert "a request did not end in time" in served.err.read_text() + served.out.read_text()
    store = open_store(commands.environment["JIRA_OKR_DATABASE_URL"])
    with store.read() as conn:
        assert not signs.load_all(conn)
    store.close()


@pytest.mark.parametrize(
    ("words", "more", "said"),
    [
        (("serve", "--port", "70000"), {}, "JIRA_OKR_PORT is not usable"),
        (("serve",), {"JIRA_OKR_WORKERS": "many"}, "JIRA_OKR_WORKERS is not usable"),
        (("serve",), {"JIRA_OKR_JIRA__URL": "jira"}, "JIRA_OKR_JIRA__URL is not usable"),
        (("serve", "--processes", "2"), {}, "JIRA_OKR_HTTP_PROCESSES"),
        (("serve",), {"JIRA_OKR_DATABASE_URL": "mysql://here"}, "no database for jira-okr"),
        (("serve",), {"JIRA_OKR_DATABASE_URL": "sqlite:////proc/okr.sqlite3"}, "cannot be made"),
        (("serve",), {"JIRA_OKR_ENGINE": "procrastinate"}, "needs PostgreSQL"),
        (("serve",), {"JIRA_OKR_MAPPING": "nowhere.yaml"}, "JIRA_OKR_MAPPING is not usable"),
        (("serve",), {"JIRA_OKR_JIRA__TOKEN": "wrong-token"}, "did not accept the credentials"),
    ],
    ids=["port", "workers", "url", "processes", "database", "place", "engine", "mapping", "token"],
)
def test_it_refuses_by_name_before_it_listens(commands: Any, words: Any, more: Any, said: str) -> None:
    """Errors that are printed as they are, without a traceback; nothing was said to serve."""
    commands.environment["JIRA_OKR_MAPPING"] = str(commands.folder / "mapping.yaml")
    ended = CliRunner().invoke(cli, words, env=commands.environment | {"JIRA_OKR_PORT": "0"} | more)
    assert isinstance(ended.exception, explained_errors())
    assert said in str(ended.exception)
    assert "Serving" not in ended.output


def test_a_taken_port_is_named_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Refusal, match=rf"Port {port} on 127.0.0.1 is in use.*--port"):
            free_port("127.0.0.1", port)
    assert free_port("127.0.0.1", port) == port
    assert free_port("127.0.0.1", 0) > 0


@pytest.mark.slow
def test_several_processes_serve_one_postgresql_database(
    commands: Any, postgres_url: str, eventually: Any
) -> None:
    commands.environment["JIRA_OKR_DATABASE_URL"] = postgres_url
    served = commands.serve("--processes", "2")
    worker, _, _ = commands.start("worker", "--threads", "2")
    eventually(lambda: served.get("/readyz").json().get("workers") == 2, 30)
    processes = ("jira_okr_processes", (("role", "serve"),))
    eventually(lambda: samples(served.url)[processes] == 2, 30)
    assert commands.run("worker", "--healthy").returncode == 0

    os.kill(served.process.pid, signal.SIGKILL)
    served.process.wait(10)
    eventually(lambda: _is_free(served.url), 20)
    worker.terminate()
    assert worker.wait(20) == 0
    assert commands.run("worker", "--healthy").returncode == 1


def _is_free(url: str) -> bool:
    try:
        requests.get(url + "/healthz", timeout=2)
    except requests.RequestException:
        return True
    return False
