"""What ends the server: serving processes that die again and again do, a signal does, one that dies does not."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from granian.constants import Interfaces
from structlog.testing import capture_logs

from plugin.runtime.connector import Refusal
from plugin.runtime.serving import restarts
from plugin.runtime.serving.production_server import WatchedProcesses, require_one_writer, workers_here
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
