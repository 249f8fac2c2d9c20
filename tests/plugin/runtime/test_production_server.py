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

from plugin.runtime.serving import restarts
from plugin.runtime.serving.production_server import WatchedProcesses

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WatchedProcesses]:
    """One whose pauses are short; the signals of this process are its own again afterwards."""
    monkeypatch.setattr(restarts, "FIRST_PAUSE_S", 0.001)
    former = {number: signal.getsignal(number) for number in SIGNALS}
    yield WatchedProcesses(
        "jira-okr", port=0, interface=Interfaces.ASGINL, log_enabled=False, workers_kill_timeout=5
    )
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
    with pytest.raises(SystemExit) as ended:
        server.serve(spawn_target=partial(lives, tmp_path), target_loader=nothing, wrap_loader=False)
    assert ended.value.code == 1
    assert len((tmp_path / "lives").read_text().splitlines()) == restarts.MOST_SHORT_LIVES


def test_one_that_died_is_replaced_and_a_signal_ends_it_in_order(
    server: WatchedProcesses, tmp_path: Path
) -> None:
    server.serve(spawn_target=partial(dies_once, tmp_path), target_loader=nothing, wrap_loader=False)
    assert not server.exhausted
    assert (tmp_path / "died").exists()
