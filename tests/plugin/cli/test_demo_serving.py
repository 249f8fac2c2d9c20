"""What the demo does before it is served, and in which order: the real steps have tests of their own, and the slow ones run it whole."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plugin.cli.operation import demo as command
from plugin.runtime.demonstration import Demo
from tests.plugin.jobs.test_engines import own_threads


def test_the_demo_syncs_closes_a_cycle_and_is_served_until_it_is_told_to_stop(
    demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    stops: dict[int, Callable[..., object]] = {}

    def invite(text: str) -> None:
        told.append(text.partition(",")[0].partition("\n")[0])
        told.append(f"{len(stops)} ways to stop")
        stops[signal.SIGTERM](signal.SIGTERM, None)

    steps = ("first_sync", "close_last_quarter", "leave_waiting", "tell_now", "register_webhook", "speak")
    for name in steps:
        monkeypatch.setattr(command, name, lambda *_words, said=name: told.append(said))
    monkeypatch.setattr(command, "demo_admin", lambda _connector: "an invented password")
    monkeypatch.setattr(command, "invitation", lambda *_words: "invited")
    monkeypatch.setattr(command, "say", invite)

    def by(number: int, stop: Any) -> None:
        stops[number] = stop

    monkeypatch.setattr(command.signal, "signal", by)
    before = own_threads()
    command.serve_demo(demo, 0, tmp_path)
    assert told == [*steps, "invited", "2 ways to stop"]
    assert own_threads() <= before
