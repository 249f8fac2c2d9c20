"""History that has grown old keeps fewer points, as the settings say, but what held where a cycle begins and ends stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from connectors.store.cycles import cycle_ends
from connectors.store.numbers import history_retention, objectives
from connectors.store.visibility import counted_spans
from mappings.facts.local_time import day_start
from mappings.rollup.cycles.cycle_end import end_of
from plugin.runtime.connector import Connector, Refusal


def thin_history(connector: Connector, site: str, going_on: Callable[[], None]) -> None:
    """Thin it out. Nothing goes while it is not known where the cycles begin: it waits for the next time."""
    now, settings = connector.clock(), connector.settings
    each, daily = settings.keep_history_days, settings.keep_daily_history_days
    try:
        held = _edges(connector, site)
    except Refusal:
        return
    before, weekly = now - timedelta(days=each), now - timedelta(days=max(each, daily))
    with connector.store.read() as conn:
        full = history_retention.last_of_many(conn, site, before, settings.keep_daily_steps)
    history_retention.thin(
        connector.store,
        site,
        before,
        weekly=weekly if full is None else max(weekly, full),
        held=held,
        going_on=going_on,
    )


def read_counted(connector: Connector, site: str, going_on: Callable[[], None]) -> None:
    """Note of the objectives of a former release which issues they ever counted, as their kept states tell; each once."""
    with connector.store.read() as conn:
        waiting = counted_spans.unread(conn, site)
    for id_ in waiting:
        going_on()
        with connector.store.write() as conn:
            saved = objectives.load(conn, site, id_)
            counted_spans.read_kept(conn, site, id_, None if saved is None else saved.state)


def _edges(connector: Connector, site: str) -> list[datetime]:
    """The first and the last instant of every cycle that objectives ran in."""
    with connector.store.read() as conn:
        names = {*cycle_ends.cycles(conn, site), *cycle_ends.list_running(conn, site)}
    if not names:
        return []
    mapping = connector.context(site).mapping
    cycles = [one for one in (mapping.cycles.get(name) for name in sorted(names)) if one is not None]
    starts = [day_start(one.start, mapping.zone) for one in cycles]
    return [*starts, *(end_of(one, mapping.zone) for one in cycles)]
