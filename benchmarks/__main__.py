"""`python -m benchmarks [name…] [--quick] [--markdown]`: run benchmarks and print a table of ratios. Exit code 1 where an aim is missed.

Each runs in a process of its own, so that none meets what another left behind, and ends by itself: after `--at-most` seconds it is stopped.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.ratio import Ratio

BENCHMARKS = (
    "read_issues",
    "store_upsert",
    "jql_match",
    "pages",
    "preview",
    "recompute",
    "lock",
    "objective_size",
    "kpis",
    "rollup",
    "growth",
    "year",
    "workers",
    "acknowledge",
    "starvation",
    "first_sync",
    "resync",
    "event_latency",
)
"""Modules of this package whose `main(quick: bool)` returns ratios, shown in one table."""
AT_MOST = 3_600


@dataclass(frozen=True, slots=True)
class Run:
    """What a benchmark came to, and how long it took in seconds; no ratios where it did not come to an end."""

    name: str
    ratios: Sequence[Ratio]
    seconds: float


def main(arguments: list[str] | None = None) -> int:
    """Run what is named, or everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"one or more of: {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="smaller and less exact")
    parser.add_argument(
        "--markdown", action="store_true", help="print the rows of the table in docs/benchmarks.md"
    )
    parser.add_argument("--at-most", type=int, default=AT_MOST, metavar="SECONDS", help="for each benchmark")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are: {', '.join(BENCHMARKS)}")
    if given.here:
        found = importlib.import_module(f"benchmarks.{given.names[0]}").main(given.quick)
        print(json.dumps([asdict(ratio) for ratio in found]))
        return 0
    runs = [
        run(name, given.quick, given.at_most) for name in BENCHMARKS if name in (given.names or BENCHMARKS)
    ]
    if given.markdown:
        print("\n".join(markdown(runs, given.quick)))
    else:
        Console().print(table(ratio for one in runs for ratio in one.ratios))
    broken = [one.name for one in runs if not one.ratios]
    for name in broken:
        print(f"{name} did not come to an end: see its error above.")
    ratios = [ratio for one in runs for ratio in one.ratios]
    print(verdict(ratios, broken))
    return 1 if broken or any(ratio.held is False for ratio in ratios) else 0


def verdict(ratios: Iterable[Ratio], broken: Iterable[str]) -> str:
    """One line: how many aims there are and how many were met."""
    aims = [ratio.held for ratio in ratios if ratio.held is not None]
    missed = aims.count(False) + len(list(broken))
    return f"{aims.count(True)} of {len(aims)} aims met." + (f" {missed} missed." if missed else "")


def run(name: str, quick: bool, at_most: int = AT_MOST) -> Run:
    """One benchmark in a process of its own, which is stopped with all that it started where it takes longer. What it prints besides is shown."""
    began = time.monotonic()
    command = [sys.executable, "-m", "benchmarks", name, "--here", *(["--quick"] if quick else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            output = process.communicate(timeout=at_most)[0]
        except subprocess.TimeoutExpired:
            output = ""
            print(f"{name} was stopped after {at_most} seconds.", file=sys.stderr)
        finally:
            if process.poll() != 0:
                with suppress(ProcessLookupError):  # what it started may have ended with it
                    os.killpg(process.pid, signal.SIGKILL)
    *said, figures = output.splitlines() or [""]
    print(*said, sep="\n", end="\n" if said else "")
    spent = time.monotonic() - began
    print(f"{name}: {spent:.0f} s", file=sys.stderr)
    ratios = [Ratio(**one) for one in json.loads(figures)] if process.returncode == 0 else []
    return Run(name, ratios, spent)


def markdown(runs: Iterable[Run], quick: bool) -> list[str]:
    """The rows of the table in `docs/benchmarks.md`."""
    how = " (quick)" if quick else ""
    rows = ["| what | against what | aim | measured | reached |", "|---|---|---|---|---|"]
    for one in runs:
        for ratio in one.ratios:
            reached = {True: "yes", False: "**no**", None: ""}[ratio.held]
            cells = (
                f"`{one.name}`{how}, {ratio.name}",
                ratio.theirs_name,
                ratio.aim or "none",
                f"{ratio.value:.3g} ×",
                reached,
            )
            rows.append(f"| {' | '.join(cells)} |")
    return rows


def table(ratios: Iterable[Ratio]) -> Table:
    """All figures, ours beside the other's."""
    made = Table("what", "ours", "other", "unit", "ours ÷ other", "aim", "held")
    for ratio in ratios:
        held = {True: "yes", False: "NO", None: ""}[ratio.held]
        other = f"{_short(ratio.theirs)} {ratio.theirs_name}".strip()
        made.add_row(ratio.name, _short(ratio.ours), other, ratio.unit, f"{ratio.value:.3g}", ratio.aim, held)
    return made


def _short(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


if __name__ == "__main__":
    sys.exit(main())
