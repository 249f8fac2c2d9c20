"""Heavy requests are answered in processes of their own: pieces, faults, death, and the end of the one that serves."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.store.jobs.counts import ProcessCounts
from plugin.runtime.connector import Connector
from plugin.runtime.serving import heavy_process
from plugin.runtime.serving.asgi_application import RefusedRequest
from plugin.runtime.serving.fork_server import ForkServer
from plugin.runtime.serving.heavy_process import Answers, Continuation, HeavyRequest, ReplyEnd
from plugin.runtime.serving.heavy_work import HeavyWork
from plugin.runtime.settings import read_settings

PIECE = b"x" * 1000


def echo(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The process that answers, its body, or pieces without end."""
    path = environ["PATH_INFO"]
    if path == "/die":
        os.kill(os.getpid(), signal.SIGKILL)
    if path == "/endless":
        time.sleep(600)
    if path == "/fail":
        raise ValueError("broken")
    start_response("200 OK", [("X-Process", str(os.getpid()))])
    return iter([PIECE] * 5) if path == "/long" else iter([environ["wsgi.input"].read()])


def answers(connection: Any) -> None:
    """What a forked process of these tests does; what pytest captures by is not open there."""
    sys.stdout = sys.__stdout__
    known = Answers(echo)
    while True:
        asked = connection.recv()
        reply = known.reply(asked)
        if isinstance(asked, HeavyRequest) and asked.environ["PATH_INFO"] == "/announce":
            reply = replace(reply, announced=True, counts=ProcessCounts({"main|GET|issue/*|ok": 3}))
        connection.send(reply)


@pytest.fixture(scope="module")
def fork_server() -> Iterator[ForkServer]:
    """One for all tests: forking a process of tests costs more than a serving one."""
    begun = ForkServer(answers)
    yield begun
    begun.close()


@pytest.fixture
def heavy(fork_server: ForkServer) -> HeavyWork:
    """Two processes at most."""
    return HeavyWork(fork_server, 2, lambda: None, lambda _counts: None)


def environ(path: str) -> dict[str, Any]:
    return {"PATH_INFO": path, "wsgi.input": object(), "wsgi.errors": object()}


def test_another_process_answers(heavy: HeavyWork) -> None:
    answer = heavy(environ("/"), b"told", 100)
    assert (answer.status, answer.body, answer.rest) == (200, b"told", None)
    assert int(dict(answer.headers)[b"x-process"]) != os.getpid()


def test_a_long_answer_comes_in_pieces_while_the_process_does_something_else(heavy: HeavyWork) -> None:
    long = heavy(environ("/long"), b"", 1500)
    assert long.body == PIECE * 2
    assert long.rest is not None
    heavy(environ("/"), b"between", 100)
    assert b"".join(long.rest) == PIECE * 3
    long.close()


def test_whoever_breaks_ends_no_process(heavy: HeavyWork) -> None:
    with pytest.raises(RuntimeError):
        heavy(environ("/fail"), b"", 100)
    assert heavy(environ("/"), b"on", 100).body == b"on"


def test_what_a_process_did_for_the_engine_and_what_it_counted_is_passed_on(fork_server: ForkServer) -> None:
    passed: list[object] = []
    heavy = HeavyWork(
        fork_server, 1, lambda: passed.append("announced"), lambda counts: passed.append(counts.calls)
    )
    for path, wanted in (("/", [{}]), ("/announce", [{"main|GET|issue/*|ok": 3}, "announced"]), ("/", [{}])):
        heavy(environ(path), b"", 100)
        assert passed == wanted
        passed.clear()


def test_a_dead_process_is_said_at_once_and_replaced_after_a_pause(heavy: HeavyWork) -> None:
    with pytest.raises(RefusedRequest) as refused:
        heavy(environ("/die"), b"", 100)
    assert refused.value.status == 503
    with pytest.raises(RefusedRequest):
        heavy(environ("/"), b"too soon", 100)
    time.sleep(1.05)
    assert heavy(environ("/"), b"again", 100).body == b"again"


def test_what_takes_too_long_is_ended_and_others_get_the_process(fork_server: ForkServer) -> None:
    hurried = HeavyWork(fork_server, 1, lambda: None, lambda _counts: None, longest=0.5)
    pid = int(dict(hurried(environ("/"), b"", 100).headers)[b"x-process"])
    with pytest.raises(RefusedRequest) as refused:
        hurried(environ("/endless"), b"", 100)
    assert (refused.value.status, refused.value.title) == (503, "Too long")
    assert not alive(pid)
    time.sleep(1.05)
    assert hurried(environ("/"), b"again", 100).body == b"again"


def test_the_fork_server_says_how_a_process_ended(fork_server: ForkServer) -> None:
    one = fork_server.fork()
    os.kill(one.pid, signal.SIGTERM)  # stops nobody: who began the fork server says when to end
    one.connection.send(HeavyRequest(1, {"PATH_INFO": "/"}, b"lives", 10))
    assert one.connection.recv().value.body == b"lives"
    os.kill(one.pid, signal.SIGKILL)
    assert fork_server.ended(one.pid) == -signal.SIGKILL


def test_nobody_outlives_the_process_that_began_the_fork_server() -> None:
    """Killed as it is, it can tell nobody."""
    script = (
        "import time\n"
        "from plugin.runtime.serving.fork_server import ForkServer\n"
        "def forever(_connection):\n    time.sleep(60)\n"
        "fork_server = ForkServer(forever)\n"
        "print(fork_server.pid, fork_server.fork().pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pids = [int(pid) for pid in process.stdout.readline().split()]
        process.kill()
    over = time.monotonic() + 20
    while time.monotonic() < over and any(alive(pid) for pid in pids):
        time.sleep(0.02)
    assert [alive(pid) for pid in pids] == [False, False]


def alive(pid: int) -> bool:
    """Whether it runs; one that nobody has reaped yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False


def test_a_closed_answer_is_forgotten() -> None:
    closed = []

    class Pieces(list[bytes]):
        def close(self) -> None:
            closed.append(True)

    def long(_environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return Pieces([PIECE] * 9)

    known = Answers(long)
    assert known.reply(HeavyRequest(7, {}, b"", 1)).value is not None
    known.reply(ReplyEnd(7))
    assert closed == [True]
    assert known.reply(Continuation(7, 1)).failed


def test_what_was_counted_is_passed_on_once() -> None:
    from plugin.runtime.processes.counters import Meter

    ours, theirs = Meter(), Meter()
    theirs.wrote("main", 3.0)
    ours.add(theirs.taken())
    ours.add(theirs.taken())
    assert ours.counted().lags == (ProcessCounts() + ours.counted()).lags
    assert sum(ours.counted().lags["main"].classes) == 1


def test_a_process_for_long_work_says_with_each_answer_what_happened_since_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It works out one request after the other until nobody asks any more, at a lower priority, and knows the sites of the store."""

    def app_of(connector: Connector) -> Any:
        def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            start_response("200 OK", [])
            if environ["PATH_INFO"] == "/announce":
                connector.announce()
            if environ["PATH_INFO"] == "/count":
                connector.meter.wrote("main", 3.0)
            return [b",".join(name.encode() for name in connector.sites)]

        return app

    niced: list[int] = []
    monkeypatch.setattr(heavy_process, "create_app", app_of)
    monkeypatch.setattr(heavy_process, "configure_logs", lambda *_args, **_more: None)
    monkeypatch.setattr("os.nice", niced.append)
    settings = read_settings(
        None,
        database_url=f"sqlite:///{tmp_path / 'okr.sqlite3'}",
        jira={"url": "http://127.0.0.1:9", "pat": "an invented token"},
    )
    ours, theirs = Pipe()
    for number, path in enumerate(("/announce", "/", "/count", "/")):
        ours.send(HeavyRequest(number, {"PATH_INFO": path}, b"", 100))
    worker = threading.Thread(target=pytest.raises, args=(EOFError, heavy_process.work, settings, theirs))
    worker.start()
    replies = [ours.recv() for _ in range(4)]
    ours.close()
    worker.join(10)
    assert not worker.is_alive()
    assert [one.value.body for one in replies] == [b"main"] * 4
    assert [one.announced for one in replies] == [True, False, False, False]
    assert [sum(sum(lag.classes) for lag in one.counts.lags.values()) for one in replies] == [0, 0, 1, 0]
    assert niced == [12]


@pytest.mark.slow
def test_serve_answers_what_is_heavy_elsewhere_and_lives_on_when_that_dies(
    commands: Any, eventually: Any
) -> None:
    served = commands.serve("--workers", "0")
    commands.run("user", "add", "lee@acme.example", "--role", "admin", "--no-password")
    made = commands.run("token", "create", "lee@acme.example", "--name", "t", "--scope", "admin")
    token = re.findall(r"okr_\S+", made.stdout)[0]
    headers = {"Authorization": f"Bearer {token}"}
    export = f"{served.url}/api/v1/exports/audit?format=json"
    assert requests.get(export, headers=headers, timeout=20).status_code == 200
    heavy = [pid for pid in descendants(served.process.pid) if nice(pid) > nice(served.process.pid)]
    assert len(heavy) == 1
    os.kill(heavy[0], signal.SIGKILL)
    assert requests.get(export, headers=headers, timeout=20).headers["Retry-After"]
    assert served.get("/healthz").status_code == 200
    eventually(lambda: requests.get(export, headers=headers, timeout=20).status_code == 200)


def descendants(pid: int) -> list[int]:
    """All processes below one."""
    found = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [*found, *(below for child in found for below in descendants(child))]


def nice(pid: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, pid)
