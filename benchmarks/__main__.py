"""`python -m benchmarks [name…] [--quick]`: run benchmarks and print a table of ratios. Exit code 1 where an aim is missed."""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import traceback
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from benchmarks.ratio import Ratio

RATIOS = (
    "read_issues",
    "store_upsert",
    "pages",
    "preview",
    "recompute",
    "lock",
    "objective_size",
    "kpis",
    "workers",
    "acknowledge",
    "starvation",
    "first_sync",
    "resync",
    "event_latency",
)
"""Modules of this package whose `main(quick: bool)` returns ratios, shown in one table."""
REPORTS = ("jql_match", "rollup", "growth")
"""Modules that print a report of their own, and end with 1 where they miss their aim."""
BENCHMARKS = (*RATIOS, *REPORTS)


def main(arguments: list[str] | None = None) -> int:
    """Run what is named, or everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"one or more of: {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="smaller and less exact")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are: {', '.join(BENCHMARKS)}")
    wanted = given.names or BENCHMARKS
    reported = [report(name) for name in REPORTS if name in wanted]
    ratios, broken = [], []
    for name in RATIOS:
        if name in wanted:
            try:
                ratios += run(name, given.quick)
            except Exception:  # the others are measured all the same
                traceback.print_exc()
                broken.append(name)
    if ratios:
        Console().print(table(ratios))
    for name in broken:
        print(f"{name} did not come to an end: see its error above.")
    print(verdict(ratios, broken))
    return 0 if all(reported) and not broken and all(ratio.held is not False for ratio in ratios) else 1


def verdict(ratios: Iterable[Ratio], broken: Iterable[str]) -> str:
    """One line: how many aims there are and how many were met."""
    aims = [ratio.held for ratio in ratios if ratio.held is not None]
    missed = aims.count(False) + len(list(broken))
    return f"{aims.count(True)} of {len(aims)} aims met." + (f" {missed} missed." if missed else "")


def run(name: str, quick: bool) -> list[Ratio]:
    """The ratios of one benchmark."""
    return list(importlib.import_module(f"benchmarks.{name}").main(quick))


def report(name: str) -> bool:
    """Let one benchmark print its report; whether it reached its aim."""
    return subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode == 0


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
