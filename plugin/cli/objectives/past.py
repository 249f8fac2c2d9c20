"""What commands that look back have in common: which moment is meant, and the histories that an answer lacks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

import click

from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.output import progress_bar
from plugin.runtime.connector import Connector
from plugin.use_cases.objectives.as_of import asked_instant, read_histories


class _LookBackArguments(Protocol):
    @property
    def untold(self) -> tuple[str, ...]: ...


Found = TypeVar("Found", bound=_LookBackArguments)


def moment_asked(connector: Connector, site: str, at: str) -> datetime:
    """The moment of `--at`: a day stands for its end. Raises a usage error for what is none."""
    meant = asked_instant(connector, COMMAND_LINE, site, at)
    if meant is None:
        raise click.BadParameter(
            f"{at!r} is no moment. Write a day (2026-10-31) or an instant (2026-10-31T12:00:00Z).",
            param_hint="--at",
        )
    return meant


def with_histories(connector: Connector, site: str, ask: Callable[[], Found]) -> Found:
    """What was asked for; where histories would make it surer they are read from Jira, and it is asked again."""
    found = ask()
    if not found.untold:
        return found
    with progress_bar("Reading histories") as report:
        read_histories(connector, COMMAND_LINE, site, found.untold, report)
    return ask()
