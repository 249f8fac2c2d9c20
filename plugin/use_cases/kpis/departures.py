"""KPIs that have left the mapping: what was read of them is kept for a while, in case they come back, and then forgotten. Their issues are not touched."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction

from sqlalchemy import Connection

from connectors.store.kpis import kpis
from connectors.store.mirror import mirror
from connectors.store.people import audit
from mappings.json_value import PlainValues
from mappings.kpi.episode import EpisodeStep
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.kpis.creation import CONNECTOR_ITSELF
from plugin.use_cases.objectives.objective_values import exact_text, number
from plugin.use_cases.permission import VIEWER, question

KEPT = timedelta(days=90)
"""So long what was read of a KPI outlives its place in the mapping."""


@dataclass(frozen=True, slots=True)
class Departure:
    """A KPI that the mapping has no more: what was counted of it last, and until when that is kept. `key_result` is the key of the issue that is open still."""

    site: str
    id: str
    left: datetime
    value: Fraction | None
    counted_until: datetime | None
    key_result: str | None

    @property
    def kept_until(self) -> datetime:
        """When it is forgotten."""
        return self.left + KEPT


@question(VIEWER)
def departed_kpis(connector: Connector, _actor: Actor, site: str) -> tuple[Departure, ...]:
    """Those of a site, by id."""
    with connector.store.read() as conn:
        left = kpis.load_departed(conn, site)
        issues = mirror.get(conn, site, [one.key_result for one in left.values() if one.key_result])
    found = []
    for id_, state in sorted(left.items()):
        issue = issues.get(state.key_result or "")
        if state.left is not None:
            key = None if state.key_result is None else state.key_result if issue is None else issue.key
            found.append(
                Departure(
                    site=site,
                    id=id_,
                    left=state.left,
                    value=state.value,
                    counted_until=state.latest,
                    key_result=key,
                )
            )
    return tuple(found)


def follow_departures(connector: Connector, site: str) -> None:
    """Note which KPIs have left the mapping and which are back, and forget those that left long ago. Where nothing was ever read, one look tells so."""
    with connector.store.read() as conn:
        if not kpis.list_known(conn, site):
            return
    ruling = {part.id for part in connector.context(site).mapping.document.kpis}
    now = connector.clock()
    with connector.store.write() as conn:
        note_departures(conn, site, ruling, now)
        for id_, state in sorted(kpis.load_departed(conn, site).items()):
            if state.left is not None and now - state.left >= KEPT:
                kpis.forget(conn, site, id_)
                audit.note(conn, CONNECTOR_ITSELF, "KPI forgotten", now, {"kpi": id_}, site)


def note_departures(conn: Connection, site: str, ruling: Collection[str], now: datetime) -> None:
    """Note of each KPI of which something is kept whether it has left a mapping that has these, or is back: the moment that mapping rules, it is so."""
    known = kpis.list_known(conn, site)
    if not known:
        return
    kpis.lock_site(conn, site)
    for id_ in sorted(known):
        state = kpis.get(conn, site, id_)
        if id_ in ruling and state.left is not None:
            kpis.put(conn, site, id_, replace(state, left=None), now)
            audit.note(conn, CONNECTOR_ITSELF, "KPI back in the mapping", now, {"kpi": id_}, site)
        elif id_ not in ruling and state.left is None:
            kpis.put(conn, site, id_, replace(state, left=now, transition=EpisodeStep.STAYED), now)
            audit.note(conn, CONNECTOR_ITSELF, "KPI left the mapping", now, {"kpi": id_}, site)


def departure_values(one: Departure) -> PlainValues:
    """The same for programs."""
    return {
        "site": one.site,
        "id": one.id,
        "left": one.left,
        "kept_until": one.kept_until,
        "value": number(one.value),
        "value_exact": exact_text(one.value),
        "counted_until": one.counted_until,
        "key_result": one.key_result,
    }
