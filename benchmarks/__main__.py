"""`python -m benchmarks [name…] [--quick]`: run benchmarks and print a table of ratios. Exit code 1 where an aim is missed."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from benchmarks.ratio import Ratio

BENCHMARKS = ("read_issues", "jql_match", "rollup")
"""Modules of this package; each has `main(quick: bool)` that returns its ratios."""


def main(arguments: list[str] | None = None) -> int:
    """Run what is named, or everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"one or more of: {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="smaller and less exact")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are: {', '.join(BENCHMARKS)}")
    ratios = [ratio for name in given.names or BENCHMARKS for ratio in run(name, given.quick)]
    Console().print(table(ratios))
    return 1 if any(ratio.held is False for ratio in ratios) else 0


def run(name: str, quick: bool) -> list[Ratio]:
    """The ratios of one benchmark."""
    found: Iterable[Ratio] | None = importlib.import_module(f"benchmarks.{name}").main(quick)
    return list(found or ())


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
