"""How commands speak: tables and progress bars on a terminal, plain lines otherwise, JSON on request."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from mappings.numbers import count_of
from plugin.next_steps import Door, said_at

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON for programs instead of text for people."
)
site_option = click.option("--site", default="main", show_default=True, help="The site to work on.")

ORDERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but for the tab and the end of a line, and those that turn the direction of writing."""
PLAIN_STEP = 1000
"""Without a terminal a long read says so once per this many issues."""


def say(text: str = "", *, err: bool = False) -> None:
    """Print lines for people, without anything that a terminal would obey: parts of them were written by others."""
    click.echo(ORDERS.sub("\N{REPLACEMENT CHARACTER}", said_at(text, Door.COMMAND)), err=err)


def show_json(value: object) -> None:
    """Print a JSON document."""
    click.echo(said_at(json.dumps(value, indent=2, ensure_ascii=False, default=str), Door.COMMAND))


def show_table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Print a table; the width adapts to the terminal, and nothing is cut off where there is none."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    table = Table(title=show_text(title), title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(show_text, row))
    console.print(table)


def show_text(text: str) -> Text:
    """Text that others wrote as it is: no markup, and nothing that a terminal would obey."""
    return Text(ORDERS.sub("\N{REPLACEMENT CHARACTER}", said_at(text, Door.COMMAND)))


@contextmanager
def progress_bar(label: str, unit: str = "issue") -> Iterator[Callable[[int, int | None], None]]:
    """Gives `report(done, total)`: a bar on a terminal, a line now and then otherwise. Goes to standard error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plain_reporter(label, unit)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        yield _bar_reporter(progress, label)


class RateColumn(ProgressColumn):
    """How many a second, of late."""

    def render(self, task: Task) -> Text:
        """The rate, once there is one."""
        return Text("" if task.speed is None else f"{task.speed:.0f}/s", style="progress.data.speed")


def _bar_reporter(progress: Progress, label: str) -> Callable[[int, int | None], None]:
    """What was done before the first report (by a sync that is gone on with) is no sign of how fast it goes."""
    task: TaskID | None = None

    def report(done: int, total: int | None) -> None:
        nonlocal task
        if task is None:
            task = progress.add_task(label, total=total, completed=done)
        else:
            progress.update(task, completed=done, total=total)

    return report


def _plain_reporter(
    label: str, unit: str, clock: Callable[[], float] = time.monotonic
) -> Callable[[int, int | None], None]:
    began: tuple[float, int] | None = None
    said = 0

    def report(done: int, total: int | None) -> None:
        nonlocal began, said
        if began is None:
            began = clock(), done
        finished = total is not None and done >= total
        if done // PLAIN_STEP > said // PLAIN_STEP or (finished and done != said):
            counted = count_of(done, unit) if total is None else f"{done:,} of {count_of(total, unit)}"
            pace = _pace(done - began[1], clock() - began[0], 0 if total is None else total - done)
            click.echo(f"{label}: {counted}{pace}", err=True)
            said = done

    return report


def _pace(done: int, seconds: float, left: int) -> str:
    """How fast it goes and how long it will take, where either can be said."""
    if done <= 0 or seconds <= 0:
        return ""
    remaining = f", {left * seconds / done:.0f} s left" if left > 0 else ""
    return f" ({done / seconds:.0f}/s{remaining})"
