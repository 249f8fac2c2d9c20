"""Types are prepared by one thread at a time: otherwise a process that has just begun to serve may die of it, without a word."""

from __future__ import annotations

import subprocess
import sys

import pytest

from connectors import typed_json

RACE = """
import sys, threading
from dataclasses import make_dataclass
import msgspec
from connectors import typed_json
from connectors.store.database import json_text

sys.setswitchinterval(1e-6)
READ = {
    "typed_json.decode": lambda text, shape: typed_json.decode(text, shape),
    "typed_json.convert": lambda text, shape: typed_json.convert(msgspec.json.decode(text), shape),
    "json_text.decode": lambda text, shape: json_text.decode(text, shape),
}[sys.argv[1]]

def nested(depth):
    shape, value = int, 1
    for at in range(depth):
        shape = make_dataclass(f"D{at}", [("a", "list[int]"), ("b", shape), ("c", "dict[str, int] | None")])
        value = {"a": [1], "b": value, "c": None}
    return shape, msgspec.json.encode(value).decode()

for _ in range(60):
    shape, text = nested(12)
    gate, read = threading.Barrier(4), []
    threads = [threading.Thread(target=lambda: (gate.wait(), read.append(READ(text, shape)))) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(read) == 4 and len(set(map(repr, read))) == 1
"""


@pytest.mark.parametrize("door", ["typed_json.decode", "typed_json.convert", "json_text.decode"])
def test_threads_that_meet_a_type_at_once_all_read_it(door: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", RACE, door], timeout=60, check=False, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_what_could_not_be_read_is_told_shortly_however_much_the_error_says() -> None:
    assert typed_json.reason(ValueError("x" * 200)) == "x" * 200
    assert typed_json.reason(ValueError("x" * 201)) == "x" * 200
