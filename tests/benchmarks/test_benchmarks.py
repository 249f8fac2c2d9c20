"""Benchmarks run to their end, each in its small form: one that nobody runs breaks without a word. What they measure is judged by `make bench` alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as benchmarks

LONG = {
    "acknowledge",
    "event_latency",
    "first_sync",
    "growth",
    "kpis",
    "lock",
    "read_issues",
    "recompute",
    "resync",
    "starvation",
    "workers",
}
"""Take minutes even so, or need servers of their own."""


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(benchmarks.BENCHMARKS) - LONG))
def test_it_comes_to_an_end_with_ratios(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", name, "--here", "--quick"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found
    assert all(one["ours"] > 0 and one["theirs"] > 0 for one in found)
