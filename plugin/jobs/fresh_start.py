"""What an engine does once when it starts, whichever it is."""

from __future__ import annotations

import structlog

from connectors.store import StoreError
from plugin.runtime.connector import Connector
from plugin.sync import outage

log = structlog.get_logger("jira_okr.engine")


def try_jira_at_once(connector: Connector) -> None:
    """Who starts has perhaps just mended it: a site that was out need not wait for its next try."""
    for site in list(connector.sites):
        try:
            outage.try_now(connector.store, site, connector.clock())
        except StoreError as error:
            log.warning("the outage could not be looked up", site=site, error=str(error))
