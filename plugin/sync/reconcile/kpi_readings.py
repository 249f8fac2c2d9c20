"""What KPIs were worth that key results read as what they stand at: the settled periods, of which the latest counts."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from connectors.store.kpis import kpis
from mappings.document.mapping import Mapping
from mappings.facts.issue import Reading
from mappings.kpi.cadence import Cadence
from mappings.kpi.creation import aim_of
from mappings.kpi.series import WatchedKpis
from mappings.kpi.state import latest_periods
from mappings.progress.options import current_kpi
from mappings.rollup.assessment import NO_AIMS, NO_KPIS, Aims, KpiReadings

MILLISECOND = timedelta(milliseconds=1)
PERIODS = 120
"""So many are looked at: of what is older nobody needs what it was, but that it stands."""


def episode_aims(conn: Connection, site: str, mapping: Mapping) -> Aims:
    """What the open key results that KPIs became are measured by, by issue; asks nothing where no KPI becomes one."""
    if all(part.promote is None for part in mapping.document.kpis):
        return NO_AIMS
    known = {part.id for part in mapping.document.kpis}
    return {
        state.key_result: aim_of(id_, state.proposal)
        for id_, state in kpis.open_key_results(conn, site).items()
        if id_ in known and state.key_result is not None and state.proposal is not None
    }


def kpi_readings(
    conn: Connection, site: str, mapping: Mapping, now: datetime, aims: Aims = NO_AIMS
) -> KpiReadings:
    """The settled values of the KPIs that key results read, by time; asks nothing where none does."""
    read = (current_kpi(one) for one in aims.values())
    wanted = mapping.current_kpis() | {one.kpi for one in read if one is not None}
    if not wanted:
        return NO_KPIS
    parts = {part.id: part for part in mapping.document.kpis}
    return {
        id_: _settled(conn, site, WatchedKpis(parts, mapping.zone), id_, now)
        for id_ in sorted(wanted)
        if id_ in parts
    }


def _settled(
    conn: Connection, site: str, watched: WatchedKpis, id_: str, now: datetime
) -> tuple[Reading, ...]:
    if watched.cadence(id_) is Cadence.EACH:
        known = kpis.readings(conn, site, id_, before=now + MILLISECOND, limit=PERIODS)
        return tuple(Reading(one.at, one.value) for one in known if one.value is not None)
    periods = latest_periods(watched, id_, now, PERIODS)
    begin = watched.begins(id_, periods[0].start)
    read = {leaf: kpis.readings(conn, site, leaf, begin) for leaf in dict.fromkeys(watched.leaves(id_))}
    full = WatchedKpis(watched.parts, watched.zone, read)
    found = [
        Reading(period.last, worth)
        for period in periods
        if full.settles(id_, period) <= now and (worth := full.worth(id_, period).value) is not None
    ]
    return tuple(found)
