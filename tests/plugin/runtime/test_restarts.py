"""A serving process that dies gets a successor, which says so; where they die again and again, the server ends with 1."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from plugin.runtime.serving.restarts import LONG_LIFE_S, LONGEST_PAUSE_S, Restarts, end_said


def test_pauses_grow_and_end_and_a_long_life_forgets_them() -> None:
    fared, pauses = Restarts(), []
    while (pause := (fared := fared.after(3.0)).pause_s) is not None:
        pauses.append(pause)
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert all(pause <= LONGEST_PAUSE_S for pause in pauses)
    assert fared.after(LONG_LIFE_S).pause_s == 0.0
    assert fared.after(LONG_LIFE_S).after(LONG_LIFE_S - 1).pause_s == 1.0


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (-signal.SIGSEGV, "signal SIGSEGV"),
        (1, "exit code 1"),
        (0, "exit code 0"),
        (-250, "signal 250"),
        (None, "unknown"),
    ],
)
def test_how_it_ended_is_said_in_words(code: int | None, said: str) -> None:
    assert end_said(code) == said


def serving_process(commands: Any) -> dict[str, Any] | None:
    """The one that lives, as `jira-okr status` tells it."""
    shown = json.loads(commands.run("status", "--json").stdout or "{}").get("processes", [])
    return next((one for one in shown if one["alive"] and one["role"] == "serve"), None)


@pytest.mark.slow
def test_a_serving_process_that_dies_is_replaced_and_whoever_asks_meanwhile_is_answered(
    commands: Any, eventually: Any
) -> None:
    served = commands.serve("--workers", "2")
    eventually(lambda: serving_process(commands) is not None, 20)
    first = serving_process(commands)
    assert first is not None
    assert first["pid"] != served.process.pid, "what watches is another process"

    os.kill(first["pid"], signal.SIGSEGV)
    eventually(lambda: not Path(f"/proc/{first['pid']}").exists(), 5)
    assert served.get("/healthz").status_code == 200, "the socket waits for the successor"
    eventually(lambda: (serving_process(commands) or first)["pid"] != first["pid"], 20)
    eventually(lambda: served.get("/readyz").json().get("workers") == 2, 20)
    said = [json.loads(line) for line in served.err.read_text().splitlines() if line.startswith("{")]
    (told,) = [line for line in said if line["event"] == "a serving process died; another starts"]
    assert (told["process"], told["by"], told["level"]) == (first["pid"], "signal SIGSEGV", "error")
    assert served.stop() == 0
    assert serving_process(commands) is None


@pytest.mark.slow
def test_they_all_end_where_the_one_that_watches_is_killed(commands: Any, eventually: Any) -> None:
    served = commands.serve("--workers", "0")
    eventually(lambda: serving_process(commands) is not None, 20)
    child = (serving_process(commands) or {})["pid"]
    served.process.kill()
    served.process.wait(10)
    eventually(lambda: not Path(f"/proc/{child}").exists(), 5)
