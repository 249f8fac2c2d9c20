"""How the work grows with the site, from 20,000 to 1,000,000 issues of 50 an objective: a table, and a plot of what grows faster than the site.

    python -m benchmarks growth                              # every size, some minutes
    python -m benchmarks.growth 20000 100000 --plot growth.svg

Every size is a process of its own on a SQLite file of its own, in seconds of the processor. Issues are put into the mirror as a first read
puts them, page by page; there is no Jira, which nobody can render so fast. Then all objectives are measured and kept, two hundred at a
time, and one of them once more, as an event asks for it; and the first page of the list is made.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from benchmarks.ratio import Ratio
from benchmarks.read_issues import _peak

SIZES = (20_000, 100_000, 300_000, 1_000_000)
QUICK_SIZES = (20_000, 100_000)
PAGE = 1_000
AT_ONCE = 200
SITE = "main"
TIMES = 5
EVENT, LIST_PAGE = "one event, ms", "a page of the list, ms"


@dataclass(frozen=True, slots=True)
class SiteFigures:
    """What a site of so many issues took: seconds and milliseconds of the processor, megabytes."""

    issues: int
    objectives: int
    keeping: float
    computing: float
    event: float
    page: float
    memory: float
    file: float

    @property
    def costs(self) -> dict[str, float]:
        """What is compared between sizes: where it does not grow with the site, or grows as the site does, it stays the same."""
        thousands = self.issues / 1_000
        return {
            "keeping 1,000 issues, ms": self.keeping * 1_000 / thousands,
            "computing 1,000 issues, ms": self.computing * 1_000 / thousands,
            EVENT: self.event * 1_000,
            LIST_PAGE: self.page * 1_000,
            "memory, MB": self.memory,
            "file for 1,000 issues, MB": self.file / thousands,
        }


def main(quick: bool = False, plot: Path | None = None) -> list[Ratio]:
    """Print the table and draw the plot; what an event and a page cost on the largest site beside the smallest."""
    found = [_in_own_process(size) for size in (QUICK_SIZES if quick else SIZES)]
    print(table(found))
    if plot is not None:
        plot.write_text(drawn(found), encoding="utf-8")
    first, last = found[0], found[-1]
    return [
        Ratio(
            f"{name.removesuffix(', ms')} of a site of {last.issues:,} issues",
            last.costs[name],
            first.costs[name],
            "ms",
            at_most=3.0,
            theirs_name=f"of {first.issues:,}",
        )
        for name in (EVENT, LIST_PAGE)
    ]


def table(found: Sequence[SiteFigures]) -> str:
    """A row for each size, as the docs have it."""
    names = list(found[0].costs)
    rows = [["issues", "objectives", *names], ["--:"] * (len(names) + 2)]
    rows += [
        [f"{one.issues:,}", f"{one.objectives:,}", *(f"{value:.3g}" for value in one.costs.values())]
        for one in found
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def drawn(found: Sequence[SiteFigures]) -> str:
    """The plot: each cost as a multiple of that of the smallest site, both ways on scales of powers."""
    width, height, left, top, room = 800, 360, 50, 20, 210
    least, most = found[0].issues, found[-1].issues
    first = found[0].costs
    lines = {name: [(one.issues, one.costs[name] / first[name]) for one in found] for name in first}
    high = max(4.0, *(value for line in lines.values() for _, value in line))
    low = min(0.5, *(value for line in lines.values() for _, value in line))

    def x(issues: float) -> float:
        return left + (width - left - room) * math.log(issues / least) / math.log(most / least)

    def y(times: float) -> float:
        return top + (height - top - 40) * math.log(high / times) / math.log(high / low)

    colours = ("#0b6e4f", "#1f5fbf", "#b3541e", "#7a3e9d", "#8a6d00", "#a3123f")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        "<title>Costs by the number of issues, as multiples of those at the smallest site</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    parts += [
        f'<path d="M{left} {y(times):.1f}H{width - room}" stroke="#ccc"/>'
        f'<text x="{left - 6}" y="{y(times) + 4:.1f}" text-anchor="end">{times:g} ×</text>'
        for times in (0.5, 1, 2, 4, 8, 16)
        if low <= times <= high
    ]
    parts += [
        f'<text x="{x(one.issues):.1f}" y="{height - 18}" text-anchor="middle">{one.issues:,}</text>'
        for one in found
    ]
    for place, (name, line) in enumerate(lines.items()):
        points = " ".join(f"{x(issues):.1f},{y(times):.1f}" for issues, times in line)
        colour = colours[place % len(colours)]
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(
            f'<text x="{width - room + 12}" y="{top + 14 + place * 20}" fill="{colour}">{name} ({line[-1][1]:.2g} ×)</text>'
        )
    return "\n".join([*parts, "</svg>", ""])


def _in_own_process(size: int) -> SiteFigures:
    command = [sys.executable, "-m", "benchmarks.growth", "--measure", str(size)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return SiteFigures(**json.loads(output.splitlines()[-1]))


# -- the process that is measured


def _measured(size: int) -> SiteFigures:
    from benchmarks.pages import client_over, connector_over
    from benchmarks.rollup import DOCUMENT, EPIC_SIZE, NOW, issues
    from connectors.store import open_store, upgrade
    from connectors.store.mirror import mirror
    from connectors.store.numbers import objectives
    from mappings.document.binder import bind
    from mappings.document.schema import Document
    from mappings.facts.catalogue import Catalogue
    from mappings.facts.forest import Forest
    from mappings.rollup.measurement import assess_among
    from plugin.access.authorization.actor import COMMAND_LINE
    from plugin.pages.stored_sources import StoredSources

    mapping = bind(Document.model_validate(DOCUMENT), Catalogue())
    epics = [str(10_001 + place) for place in range(0, size, EPIC_SIZE)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "okr.sqlite3"
        store = open_store(f"sqlite:///{path}")
        upgrade(store)
        before = _peak()

        def keep() -> None:
            source = issues(size)
            while page := list(islice(source, PAGE)):
                with store.write() as conn:
                    mirror.put(conn, SITE, page)

        def compute(ids: Iterator[str]) -> None:
            while chunk := list(islice(ids, AT_ONCE)):
                with store.read() as conn:
                    forest = Forest.of(mirror.subtree(conn, SITE, chunk))
                    states = assess_among(mapping, forest, chunk, NOW)
                with store.write() as conn:
                    for state in states.values():
                        objectives.save(conn, SITE, state, "bench", NOW.now)

        keeping = _spent(keep)
        computing = _spent(lambda: compute(iter(epics)))
        memory = _peak() - before
        event = min(_spent(partial(compute, iter([one]))) for one in epics[:TIMES])
        client = client_over(StoredSources(connector_over(store), lambda: COMMAND_LINE))
        client.get("/")
        page = min(_spent(lambda: client.get("/").get_data()) for _ in range(TIMES))
        store.close()
        file = path.stat().st_size / 1e6
    return SiteFigures(
        issues=size,
        objectives=len(epics),
        keeping=keeping,
        computing=computing,
        event=event,
        page=page,
        memory=memory,
        file=file,
    )


def _spent(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure is not None:
        print(json.dumps(asdict(_measured(given.measure))))
    else:
        sys.exit(0 if all(ratio.held for ratio in main(given.quick, given.plot)) else 1)
