"""Counts the settled periods of KPIs: with every receipt, and by the clock, since a period settles without anything coming in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from connectors.store.kpis import kpis
from connectors.store.numbers import objectives
from mappings.document.mapping import Mapping as BoundMapping
from mappings.facts.local_time import MILLISECOND
from mappings.kpi.series import WatchedKpis
from mappings.kpi.steps import Judgement, count
from plugin.runtime.connector import Connector
from plugin.sync.context import Context


def watched_of(mapping: BoundMapping) -> WatchedKpis:
    """The KPIs of a mapping, without readings yet."""
    return WatchedKpis({part.id: part for part in mapping.document.kpis}, mapping.zone)


def with_readings(
    conn: Connection,
    site: str,
    watched: WatchedKpis,
    id_: str,
    since: datetime | None,
    limit: int | None = None,
    before: datetime | None = None,
) -> WatchedKpis:
    """The same with the readings from which this KPI is worked out, from an instant on, and until another."""
    read = {
        leaf: kpis.readings(conn, site, leaf, since, before, limit)
        for leaf in dict.fromkeys(watched.leaves(id_))
    }
    return replace(watched, readings=read)


def count_settled(connector: Connector, site: str) -> None:
    """Count whatever has settled until now."""
    context = connector.context(site)
    watched = watched_of(context.mapping)
    with connector.store.write() as conn:
        kpis.lock_site(conn, site)
        moved = [id_ for id_ in watched.parts if _count_kpi(conn, site, watched, id_, (), connector.clock())]
        _mark_readers(context, conn, moved)


def count_after(
    context: Context, conn: Connection, touched: Mapping[str, Collection[datetime]], now: datetime
) -> None:
    """Count the KPIs that were read at these instants, and those worked out from them."""
    watched, moved = watched_of(context.mapping), list[str]()
    for id_ in watched.parts:
        instants = {
            felt
            for leaf in watched.leaves(id_)
            for at in touched.get(leaf, ())
            for felt in watched.felt(id_, leaf, at)
        }
        if instants:
            _count_kpi(conn, context.site, watched, id_, instants, now)
            moved.append(id_)
    _mark_readers(context, conn, moved)


def _mark_readers(context: Context, conn: Connection, moved: Collection[str]) -> None:
    """Objectives with key results that read one of these KPIs are due; where no key result reads a KPI, nothing is asked."""
    if context.mapping.current_kpis() & set(moved):
        context.mark(conn, objectives.ids(conn, context.site), "a KPI that it reads", bulk=True)
        return
    states = (kpis.get(conn, context.site, id_) for id_ in moved)
    issues = {state.key_result for state in states if state.key_result is not None}
    if issues:
        marked = objectives.depending_on(conn, context.site, issues)
        context.mark(conn, marked, "a KPI that became a key result of it")


def _count_kpi(
    conn: Connection, site: str, watched: WatchedKpis, id_: str, touched: Collection[datetime], now: datetime
) -> bool:
    """Count the periods that hold these instants, and all after the last one counted; whether any settled. The caller counts alone."""
    state = kpis.get(conn, site, id_)
    after = None if state.latest is None else state.latest + MILLISECOND
    if after is not None and watched.settles(id_, watched.period(id_, after)) > now and not touched:
        return False
    begin = None if after is None else min(watched.begins(id_, at) for at in (after, *touched))
    full = with_readings(conn, site, watched, id_, begin)
    instants = {*touched, *_instants(full, id_, after)}
    if not instants:
        return False
    judged: Mapping[datetime, Judgement] = kpis.judgements(conn, site, id_, begin)
    counted, new = count(full, id_, state, judged, instants, now)
    if new:
        kpis.judge(conn, site, id_, new)
    if counted != state:
        kpis.put(conn, site, id_, counted, now)
    return bool(new)


def _instants(watched: WatchedKpis, id_: str, after: datetime | None) -> Iterator[datetime]:
    for leaf in watched.leaves(id_):
        for one in watched.readings.get(leaf, ()):
            yield from (at for at in watched.felt(id_, leaf, one.at) if after is None or at >= after)
