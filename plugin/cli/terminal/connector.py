"""Opens the connector for a command, from the settings of the environment."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import click

from plugin.runtime.composition import build_connector
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.processes.heartbeat import tell_calls
from plugin.runtime.processes.logs import configure_logs, known_secrets
from plugin.runtime.saved_sites import open_sites
from plugin.runtime.settings import Settings, read_settings


@contextmanager
def open_connector(
    settings: Settings | None = None,
    level: int = logging.WARNING,
    *,
    site: str | None = None,
    writes: bool = False,
) -> Iterator[Connector]:
    """A connector for the length of a command; its store is closed at the end. `level` says how much is logged.

    `site` is the one that the command was asked to work on, which must be there. What only reads goes on where a file takes no
    writes; what stays, or has to say that nothing is kept, begins only where it `writes`.
    """
    chosen = settings or read_settings()
    configure_logs(chosen.log_format, level, known_secrets(chosen))
    connector = build_connector(chosen, writes=writes)
    try:
        open_sites(connector)
        if site is not None:
            require_site(connector, site)
        yield connector
    finally:
        tell_calls(connector)
        connector.store.close()


def require_site(connector: Connector, site: str) -> None:
    """Wrong usage where there are sites, but not this one; something to be done where there is none at all."""
    if connector.known_site(site) is not None:
        return
    if not connector.sites:
        raise Refusal(
            "No Jira site is known yet. Set JIRA_OKR_JIRA__URL and its credentials (docs/settings.md), or run jira-okr site add."
        )
    known = ", ".join(sorted(connector.sites))
    raise click.BadParameter(f"there is no site called {site!r}. Known sites: {known}.", param_hint="--site")
