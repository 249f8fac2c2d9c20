"""What ends the server: serving processes that die again and again do, a signal does, one that dies does not."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from granian.constants import HTTPModes, Interfaces
from granian.server.mp import MPServer
from structlog.testing import capture_logs

from connectors.store import StoreError
from plugin.runtime.connector import Refusal
from plugin.runtime.serving import production_server, restarts
from plugin.runtime.serving.production_server import (
    WatchedProcesses,
    _options,
    require_one_writer,
    serve_until_stopped,
    workers_here,
)
from plugin.runtime.settings import read_settings

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WatchedProcesses]:
    """One whose pauses are short; the signals of this process are its own again afterwards."""
    monkeypatch.setattr(restarts, "FIRST_PAUSE_S", 0.001)
    former = {number: signal.getsignal(number) for number in SIGNALS}
    watched = WatchedProcesses(
        "jira-okr", port=0, interface=Interfaces.ASGINL, log_enabled=False, workers_kill_timeout=5
    )
    watched.patience = 30.0
    yield watched
    for number, handler in former.items():
        signal.signal(number, handler)


def nothing() -> Any:
    """There is no application."""


def lives(folder: Path, number: int, *_rest: Any) -> None:
    """A process that dies at once, and leaves a line of it."""
    with (folder / "lives").open("a") as kept:
        kept.write(f"{number}\n")
    os.kill(os.getpid(), signal.SIGKILL)


def dies_once(folder: Path, number: int, *_rest: Any) -> None:
    """Its successor asks for the end, as an operator would."""
    if not (folder / "died").exists():
        (folder / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    os.kill(os.getppid(), signal.SIGTERM)
    time.sleep(30)


def test_processes_that_die_again_and_again_end_it_with_1(server: WatchedProcesses, tmp_path: Path) -> None:
    waited = waits_of(server)
    with capture_logs() as logged, pytest.raises(SystemExit) as ended:
        server.serve(spawn_target=partial(lives, tmp_path), target_loader=nothing, wrap_loader=False)
    assert ended.value.code == 1
    assert len((tmp_path / "lives").read_text().splitlines()) == restarts.MOST_SHORT_LIVES
    told = [one["event"] for one in logged]
    assert told == [
        *["a serving process died; another starts"] * (restarts.MOST_SHORT_LIVES - 1),
        "serving processes die again and again",
    ]
    assert waited[0] is None, "nothing is due: it waits until something happens"
    assert len([one for one in waited if one is not None]) >= restarts.MOST_SHORT_LIVES - 1, "for each pause"


def waits_of(server: WatchedProcesses) -> list[float | None]:
    """For how long the one that watches has waited each time, as it goes on."""
    waited: list[float | None] = []
    wait = server.main_loop_interrupt.wait

    def noted(seconds: float | None = None) -> bool:
        waited.append(seconds)
        return wait(seconds)

    server.main_loop_interrupt.wait = noted  # type: ignore[method-assign]
    return waited


@pytest.mark.parametrize(
    ("processes", "database", "workers"),
    [
        (1, "sqlite:///okr.sqlite3", 3),
        (1, "postgresql://db.example/okr", 3),
        (2, "postgresql://db.example/okr", 0),
    ],
)
def test_one_that_serves_alone_works_too_and_several_leave_it_to_workers(
    processes: int, database: str, workers: int
) -> None:
    settings = read_settings(None, database_url=database, http_processes=processes, workers=3)
    assert workers_here(settings) == workers
    require_one_writer(settings)


def test_several_that_serve_want_a_database_for_several() -> None:
    settings = read_settings(None, database_url="sqlite:///okr.sqlite3", http_processes=2)
    with pytest.raises(Refusal, match="JIRA_OKR_HTTP_PROCESSES above 1"):
        require_one_writer(settings)


def test_one_that_died_is_replaced_and_a_signal_ends_it_in_order(
    server: WatchedProcesses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reloaded: list[Any] = []
    monkeypatch.setattr(server, "_reload", lambda *given: reloaded.append(given))
    server.serve(spawn_target=partial(dies_once, tmp_path), target_loader=nothing, wrap_loader=False)
    assert not server.exhausted
    assert reloaded == [], "nobody asked for that"
    assert (tmp_path / "died").exists()


class Kept:
    """A process of the server as it is stopped: one that a request keeps goes on."""

    def __init__(self, told: list[Any], pid: int, lives: bool) -> None:
        self.told, self.inner = told, SimpleNamespace(pid=pid, is_alive=lambda: lives)

    def terminate(self) -> None:
        self.told.append(("ends", self.inner.pid))

    def join(self, seconds: float) -> None:
        self.told.append(("waited for", self.inner.pid, round(seconds, 1)))


def test_all_are_told_to_end_before_any_is_waited_for_and_who_does_not_is_cut_off(
    server: WatchedProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    now = iter([100.0, 100.0, 135.0])
    monkeypatch.setattr(production_server, "time", SimpleNamespace(monotonic=lambda: next(now)))
    monkeypatch.setattr(MPServer, "_stop_workers", lambda _server: told.append("all of it"))

    def kill(pid: int, number: int) -> None:
        told.append(("cut off", pid, number))
        if pid == 13:
            raise ProcessLookupError

    monkeypatch.setattr(production_server, "os", SimpleNamespace(kill=kill))
    server.patience = 30.0
    server.wrks = [Kept(told, 11, True), Kept(told, 12, False)]
    server.interrupt_children = [0]
    server._stop_workers()
    assert told == [
        ("ends", 11),
        ("ends", 12),
        ("waited for", 11, 31.0),
        ("waited for", 12, 0.0),
        ("cut off", 11, signal.SIGUSR1),
        "all of it",
    ]
    assert server.interrupt_children == [], "who was quick did not die"
    now = iter([100.0, 100.0])
    server.wrks = [Kept(told, 13, True)]
    server._stop_workers()
    assert told[-2:] == [("cut off", 13, signal.SIGUSR1), "all of it"], "it has ended just now"


def test_what_the_server_is_told_to_let_clients_do() -> None:
    options = _options("192.0.2.7", 8081)
    assert options.pop("interface") is Interfaces.ASGINL
    assert options.pop("http") is HTTPModes.http1
    assert options.pop("http1_settings").header_read_timeout == 10_000
    assert options == {
        "target": "jira-okr",
        "address": "192.0.2.7",
        "port": 8081,
        "backlog": 1024,
        "backpressure": 1024,
        "websockets": False,
        "log_enabled": False,
    }


@pytest.mark.parametrize(("patience", "timeout"), [(30.0, 32), (0.5, 7), (5.9, 7), (6.0, 8)])
def test_the_server_is_begun_as_the_settings_say(
    patience: float, timeout: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []

    class Server:
        def __init__(self, **given: Any) -> None:
            told.append({name: given[name] for name in ("workers", "workers_kill_timeout", "port")})

        def serve(self, **given: Any) -> None:
            told.append((self.patience, given["wrap_loader"], given["target_loader"].args))  # type: ignore[attr-defined]

    monkeypatch.setattr(production_server, "WatchedProcesses", Server)
    settings = read_settings(None, database_url="postgresql://db.example/okr", http_processes=3)
    serve_until_stopped(settings, "127.0.0.1", 8081, lambda: told.append("ready"), patience)
    assert told == [
        {"workers": 3, "workers_kill_timeout": timeout, "port": 8081},
        "ready",
        (patience, False, (settings, os.getpid(), patience)),
    ]


def test_a_serving_process_begins_and_ends_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose fork server is begun before there is a thread, and whose database is closed last."""
    told: list[Any] = []

    def says(*words: Any) -> Callable[..., Any]:
        return lambda *given, **_more: told.append((*words, *given) if given else words)

    @contextmanager
    def within(name: str) -> Iterator[None]:
        told.append((name, "begins"))
        yield
        told.append((name, "ends"))

    store = SimpleNamespace(close=says("store", "closed"))
    connector = SimpleNamespace(
        store=store, announce=None, meter=SimpleNamespace(add="adds"), sites={}, settings=None
    )
    engine = SimpleNamespace(announce=says("announced"), start=says("engine", "starts"), stop=says("engine", "stops"))  # fmt: skip
    beat = SimpleNamespace(start=says("heartbeat", "starts"), stop=says("heartbeat", "stops"))

    def begins_forking(_work: Any) -> Any:
        told.append("fork server")
        return SimpleNamespace(close=says("fork server", "closed"))

    class Thread:
        def __init__(self, target: Any, name: str, daemon: bool, args: Any = ()) -> None:
            self.words = ("thread", name, daemon, args)

        def start(self) -> None:
            told.append(self.words)

    heavy: dict[str, Any] = {}

    def heavy_work(_fork_server: Any, most: int, announce: Any, counted: Any) -> str:
        heavy.update(most=most, announce=announce, counted=counted)
        return "heavy work"

    for name, value in {
        "signal": SimpleNamespace(
            signal=says("signal"), pthread_sigmask=says("blocked"),
            **{one: getattr(signal, one) for one in ("SIGINT", "SIGTERM", "SIG_DFL", "SIG_BLOCK")},
        ),
        "ForkServer": begins_forking,
        "threading": SimpleNamespace(Thread=Thread, Lock=threading.Lock),
        "configure_logs": lambda form, secrets: told.append(("logs", form, bool(secrets))),
        "build_connector": lambda _settings: connector,
        "engine_for": lambda _connector, workers: told.append(("workers", workers)) or engine,
        "Heartbeat": lambda _connector, role, workers: told.append((role, workers)) or beat,
        "watch_sites": lambda _connector: within("sites"),
        "health_listener": lambda _connector: within("health"),
        "HeavyWork": heavy_work,
        "asgi_application": lambda _connector, work: f"application with {work}",
    }.items():  # fmt: skip
        monkeypatch.setattr(production_server, name, value)
    settings = read_settings(
        None, secret_key="an invented key that is long enough", workers=3, heavy_processes=4
    )
    with production_server._begun(settings, 7, 30.0) as app:
        assert app == "application with heavy work"
        told.append("serves")
        assert connector.announce is engine.announce
        heavy["announce"]()
    assert (heavy["most"], heavy["counted"]) == (4, "adds")
    assert told == [
        ("signal", signal.SIGINT, signal.SIG_DFL),
        ("signal", signal.SIGTERM, signal.SIG_DFL),
        "fork server",
        ("blocked", signal.SIG_BLOCK, {signal.SIGUSR1}),
        ("thread", "okr-parent", True, (7,)),
        ("logs", "plain", True),
        ("workers", 3),
        ("serve", 3),
        ("sites", "begins"),
        ("health", "begins"),
        ("engine", "starts"),
        ("heartbeat", "starts"),
        ("thread", "okr-cut-off", True, ()),
        "serves",
        ("announced",),
        ("health", "ends"),
        ("sites", "ends"),
        ("engine", "stops", 30.0),
        ("heartbeat", "stops"),
        ("store", "closed"),
        ("fork server", "closed"),
    ]


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (None, 0, []),
        (Refusal("Choose another port."), 1, ["a serving process could not start"]),
        (StoreError("away", "a database", "start it"), 1, ["a serving process could not start"]),
        (ValueError("broken"), 1, ["a serving process failed"]),
    ],
)
def test_how_a_serving_process_ends_is_its_exit_code(
    fault: Exception | None, code: int, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ended(BaseException):
        pass

    served: list[Any] = []

    def end(number: int) -> None:
        raise Ended(number)

    @contextmanager
    def begin() -> Iterator[str]:
        if fault is not None:
            raise fault
        yield "application"

    monkeypatch.setattr(production_server, "end_process", end)
    monkeypatch.setattr(
        MPServer,
        "_spawn_asgi_worker",
        lambda number, name, load, *rest: served.append((number, name, load(), *rest)),
    )
    with capture_logs() as logged, pytest.raises(Ended) as ended:
        production_server._serve_in_child(1, "one", begin, "rest")
    assert ended.value.args == (code,)
    assert [one["event"] for one in logged] == said
    assert served == ([] if fault else [(1, "one", "application", "rest")])
