"""What KPIs were worth that key results read as what they stand at: the settled periods, of which the latest counts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from connectors.store.numbers import kpis
from mappings.document.mapping import Mapping
from mappings.facts.issue import Reading
from mappings.kpi.cadence import Cadence
from mappings.kpi.series import Watched
from mappings.kpi.state import latest_periods
from mappings.rollup.assessment import NO_KPIS, KpiReadings

PERIODS = 120
"""So many are looked at: of what is older nobody needs what it was, but that it stands."""


def kpi_readings(conn: Connection, site: str, mapping: Mapping, now: datetime) -> KpiReadings:
    """The settled values of the KPIs that key results read, by time; asks nothing where none does."""
    wanted = mapping.current_kpis()
    if not wanted:
        return NO_KPIS
    parts = {part.id: part for part in mapping.document.kpis}
    return {
        id_: _settled(conn, site, Watched(parts, mapping.zone), id_, now)
        for id_ in sorted(wanted)
        if id_ in parts
    }


def _settled(conn: Connection, site: str, watched: Watched, id_: str, now: datetime) -> tuple[Reading, ...]:
    if watched.cadence(id_) is Cadence.EACH:
        known = kpis.readings(conn, site, id_, limit=PERIODS)
        return tuple(Reading(one.at, one.value) for one in known if one.value is not None)
    periods = latest_periods(watched, id_, now, PERIODS)
    begin = watched.begins(id_, periods[0].start)
    read = {leaf: kpis.readings(conn, site, leaf, begin) for leaf in dict.fromkeys(watched.leaves(id_))}
    full = Watched(watched.parts, watched.zone, read)
    found = [
        Reading(period.last, worth)
        for period in periods
        if full.settles(id_, period) <= now and (worth := full.worth(id_, period).value) is not None
    ]
    return tuple(found)
