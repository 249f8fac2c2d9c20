"""How commands speak: tables and progress bars on a terminal, plain lines otherwise, JSON on request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON for programs instead of text for people."
)
site_option = click.option("--site", default="main", show_default=True, help="The site to work on.")

PLAIN_STEP = 1000
"""Without a terminal a long read says so once per this many issues."""


def show_json(value: Any) -> None:
    """Print a JSON document."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def show_table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Print a table; the width adapts to the terminal, and nothing is cut off where there is none."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


@contextmanager
def progress_bar(label: str, unit: str = "issues") -> Iterator[Callable[[int, int | None], None]]:
    """Gives `report(done, total)`: a bar on a terminal, a line now and then otherwise. Goes to standard error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plain_reporter(label, unit)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(label, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _plain_reporter(label: str, unit: str) -> Callable[[int, int | None], None]:
    said = 0

    def report(done: int, total: int | None) -> None:
        nonlocal said
        finished = total is not None and done >= total
        if done // PLAIN_STEP > said // PLAIN_STEP or (finished and done != said):
            of = f" of {total}" if total is not None else ""
            click.echo(f"{label}: {done}{of} {unit}", err=True)
            said = done

    return report
