"""Counts the settled periods of KPIs: with every receipt, and by the clock, since a period settles without anything coming in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from connectors.store.numbers import kpis
from mappings.document.mapping import Mapping as BoundMapping
from mappings.kpi.cadence import MILLISECOND
from mappings.kpi.series import Watched
from mappings.kpi.steps import Judgement, count
from plugin.runtime.connector import Connector


def watched_of(mapping: BoundMapping) -> Watched:
    """The KPIs of a mapping, without readings yet."""
    return Watched({part.id: part for part in mapping.document.kpis}, mapping.zone)


def with_readings(
    conn: Connection, site: str, watched: Watched, id_: str, since: datetime | None, limit: int | None = None
) -> Watched:
    """The same with the readings from which this KPI is worked out, from an instant on."""
    read = {
        leaf: kpis.readings(conn, site, leaf, since, limit=limit)
        for leaf in dict.fromkeys(watched.leaves(id_))
    }
    return replace(watched, readings=read)


def count_settled(connector: Connector, site: str) -> None:
    """Count whatever has settled until now."""
    watched = watched_of(connector.context(site).mapping)
    with connector.store.write() as conn:
        kpis.alone(conn, site)
        for id_ in watched.parts:
            count_kpi(conn, site, watched, id_, (), connector.clock())


def count_after(
    conn: Connection, site: str, watched: Watched, touched: Mapping[str, Collection[datetime]], now: datetime
) -> None:
    """Count the KPIs that were read at these instants, and those worked out from them."""
    for id_ in watched.parts:
        instants = {
            felt
            for leaf in watched.leaves(id_)
            for at in touched.get(leaf, ())
            for felt in watched.felt(id_, leaf, at)
        }
        if instants:
            count_kpi(conn, site, watched, id_, instants, now)


def count_kpi(
    conn: Connection, site: str, watched: Watched, id_: str, touched: Collection[datetime], now: datetime
) -> None:
    """Count the periods that hold these instants, and all after the last one counted. The caller counts alone."""
    state = kpis.get(conn, site, id_)
    after = None if state.latest is None else state.latest + MILLISECOND
    if after is not None and watched.settles(id_, watched.period(id_, after)) > now and not touched:
        return
    begin = None if after is None else min(watched.begins(id_, at) for at in (after, *touched))
    full = with_readings(conn, site, watched, id_, begin)
    instants = {*touched, *_instants(full, id_, after)}
    if not instants:
        return
    judged: Mapping[datetime, Judgement] = kpis.judgements(conn, site, id_, begin)
    counted, new = count(full, id_, state, judged, instants, now)
    if new:
        kpis.judge(conn, site, id_, new)
    if counted != state:
        kpis.put(conn, site, id_, counted, now)


def _instants(watched: Watched, id_: str, after: datetime | None) -> Iterator[datetime]:
    for leaf in watched.leaves(id_):
        for one in watched.readings.get(leaf, ()):
            yield from (at for at in watched.felt(id_, leaf, one.at) if after is None or at >= after)
