"""KPIs: what their sources said last."""

from __future__ import annotations

from connectors.store.numbers import kpis
from mappings.facts.issue import Reading
from plugin.access.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.permission import VIEWER, question


@question(VIEWER)
def latest_reading(connector: Connector, _actor: Actor, site: str, kpi_id: str) -> Reading | None:
    """The latest one, None where there is none yet."""
    with connector.store.read() as conn:
        return next(reversed(kpis.readings(conn, site, kpi_id)), None)
