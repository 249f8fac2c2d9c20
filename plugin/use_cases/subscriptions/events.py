"""What happened, as programs are told: one JSON an event, with its type, when it happened, and ids, numbers and the address of its page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connectors.store.cycles import closings
from connectors.store.kpis import kpis
from connectors.store.mirror import browse
from connectors.store.mirror.browse import NumberedPoint
from connectors.store.numbers import check_ins
from connectors.store.numbers.objectives import SavedObjective
from connectors.store.subscriptions import subscriptions
from connectors.store.subscriptions.subscriptions import LATE, OVERLAP, Subscription
from mappings.explain.check_in import CheckIn
from mappings.json_value import PlainValues
from mappings.kpi.steps import Judgement
from mappings.rollup.cycles.closing_record import LinkKind
from plugin.runtime.connector import Connector
from plugin.use_cases.objectives.objective_values import exact_text, number
from plugin.use_cases.viewer import as_strangers_see

OBJECTIVE_CHANGED = "objective.changed"
KPI_TURNED = "kpi.turned"
CYCLE_CLOSED = "cycle.closed"
CHECKED_IN = "check_in.made"
EVENTS: Mapping[str, str] = {
    OBJECTIVE_CHANGED: "the number or the health of an objective changed",
    KPI_TURNED: "a KPI left its band for long enough, came back, or became a key result",
    CYCLE_CLOSED: "a cycle was closed",
    CHECKED_IN: "somebody said what a key result stands at",
}
"""Every type, with what it tells."""
MOST_AT_ONCE = 500
LATEST_TURN = timedelta(days=40)
"""A period of a KPI is judged at the latest so long after its end."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One event: `number` says which of its type it is, for ever."""

    type: str
    number: str
    at: datetime
    data: PlainValues

    @property
    def body(self) -> str:
        """The JSON that is posted."""
        said = {"type": self.type, "timestamp": self.at.isoformat(), "data": self.data}
        return json.dumps(said, sort_keys=True, default=str)


@dataclass(frozen=True, slots=True)
class NamedObjective:
    """The objective of an event, by what gives it away; the key is empty where it may not be told."""

    id: str
    key: str
    title: str


@dataclass(frozen=True, slots=True)
class DatedEvent:
    """What an event tells, and when it happened."""

    at: datetime
    data: PlainValues

    def numbers_of(self, _now: datetime) -> tuple[datetime, datetime]:
        """The time that its numbers are of: it tells what stood before, too."""
        return self.at - timedelta(milliseconds=1), self.at


@dataclass(frozen=True, slots=True)
class EventBatch:
    """What is to be told to one subscription, and up to which rows that goes."""

    found: tuple[Happening, ...]
    history_after: int
    check_in_after: int


def happenings(
    connector: Connector, conn: Connection, site: str, one: Subscription, now: datetime
) -> EventBatch:
    """What happened for a subscription since it was told last, and once more what may have been late to be seen."""
    kept = timedelta(days=connector.settings.keep_history_days)
    # what was told longer ago is forgotten by now, and would be told anew
    since = max(one.at, now - min(LATEST_TURN, kept))
    points = browse.history_after(conn, site, MOST_AT_ONCE, one.history_after - OVERLAP)
    ids = subscriptions.check_in_ids(conn, site, one.check_in_after, now, MOST_AT_ONCE)
    found: list[Happening] = []
    if OBJECTIVE_CHANGED in one.events:
        fresh = [
            each for each in points if each.id > one.history_after or each.point.at >= max(one.at, now - LATE)
        ]
        known = browse.objectives_of(conn, site, {each.objective_id for each in fresh})
        found += [_changed(connector, each, known.get(each.objective_id)) for each in fresh]
    if CHECKED_IN in one.events:
        loaded = (check_ins.load(conn, site, id_) for id_ in ids)
        found += [
            _checked_in(each.check_in)
            for each in loaded
            if each is not None and (each.check_in.id > one.check_in_after or each.check_in.at >= one.at)
        ]
    if KPI_TURNED in one.events:
        found += _turns(connector, conn, site, since)
    if CYCLE_CLOSED in one.events:
        found += _closed(conn, site, since)
    return EventBatch(
        tuple(sorted(found, key=_moment)),
        max([one.history_after, *(each.id for each in points)]),
        max([one.check_in_after, *ids]),
    )


def told_to_strangers(connector: Connector, site: str, body: str) -> str:
    """What is posted of an event: where issues are shown by permission, as somebody sees it who has not signed in at Jira."""
    told: dict[str, PlainValues] = json.loads(body)
    data = told["data"]
    event = DatedEvent(datetime.fromisoformat(str(told["timestamp"])), data)
    found = as_strangers_see(connector, site, event)
    if found is event:
        return body
    seen = found.data
    id_, key, title = (str(data.get(name) or "") for name in ("objective", "key", "title"))
    named = as_strangers_see(connector, site, NamedObjective(id_, key, title))
    if "title" in data:
        seen |= {"key": named.key or None, "title": named.title or None}
    return json.dumps(told | {"data": seen}, sort_keys=True)


def _changed(connector: Connector, one: NumberedPoint, saved: SavedObjective | None) -> Happening:
    return Happening(
        OBJECTIVE_CHANGED,
        str(one.id),
        one.point.at,
        {
            "site": one.site,
            "objective": one.objective_id,
            "key": saved.state.key if saved else None,
            "title": saved.state.title if saved else None,
            "cycle": saved.state.cycle_id if saved else None,
            "progress": number(one.point.progress),
            "progress_exact": exact_text(one.point.progress),
            "progress_before": number(one.progress_before),
            "health": one.point.health.value,
            "health_before": one.health_before,
            "mapping_revision": one.point.mapping_revision,
            "link": f"{connector.pages}/objectives/{one.objective_id}" if connector.pages else None,
        },
    )


def _checked_in(one: CheckIn) -> Happening:
    return Happening(
        CHECKED_IN,
        str(one.id),
        one.at,
        {
            "objective": one.objective_id,
            "key_result": one.key_result_id,
            "measure": one.measure.value,
            "value": number(one.value),
            "value_exact": exact_text(one.value),
            "note": one.note,
            "by": one.by,
            "confidence": None if one.confidence is None else one.confidence.confidence.text,
        },
    )


def _moment(one: Happening) -> datetime:
    return one.at


def _turns(connector: Connector, conn: Connection, site: str, since: datetime) -> Iterator[Happening]:
    for id_, judged in kpis.turns(conn, site, since - LATEST_TURN):
        if (judged.at or judged.period.last) >= since:
            yield _turned(connector, site, id_, judged)


def _turned(connector: Connector, site: str, id_: str, judged: Judgement) -> Happening:
    return Happening(
        KPI_TURNED,
        f"{id_}/{judged.period.last.isoformat()}",
        judged.at or judged.period.last,
        {
            "site": site,
            "kpi": id_,
            "transition": judged.transition.value,
            "level": judged.level.value,
            "value": number(judged.counted),
            "value_exact": exact_text(judged.counted),
            "period_ends": judged.period.last.isoformat(),
            "link": f"{connector.pages}/kpis/{id_}" if connector.pages else None,
        },
    )


def _closed(conn: Connection, site: str, since: datetime) -> Iterator[Happening]:
    for act in closings.acts(conn, site):
        if act.kind is LinkKind.CLOSED and act.at >= since:
            data: PlainValues = {"site": site, "cycle": act.cycle_id, "version": act.version, "by": act.by}
            yield Happening(CYCLE_CLOSED, f"{act.cycle_id}/{act.version}", act.at, data)
