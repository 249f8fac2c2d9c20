"""Readings that are pulled: a source is asked once a period has ended, and again until it answers or nobody waits for it any more.

A read that failed, was refused or may lack something leaves no reading but its reason, never a 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from connectors.metrics import SOURCE_OF_KIND, readings
from connectors.metrics.basis.connections import AllowedHosts, NamedConnection
from connectors.metrics.basis.source import FailureKind, LowerBound, Reach, SourceFailure
from connectors.store.kpis import kpi_failures, kpis
from connectors.store.kpis.kpi_failures import KpiFailure
from connectors.store.people import audit
from mappings.document.schema import KpiPart
from mappings.facts.local_time import MILLISECOND, whole_ms
from mappings.kpi.cadence import Cadence, Period, grace_of, period_before
from mappings.kpi.reading import KpiReading
from mappings.kpi.series import WatchedKpis
from mappings.kpi.steps import bands_of
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.sync.context import Context
from plugin.use_cases.kpis.board import required_part
from plugin.use_cases.kpis.settled_periods import count_after, watched_of
from plugin.use_cases.kpis.sources.site_past import SitePast
from plugin.use_cases.permission import EDITOR, act

PERIODS = 3
"""So long a source that knows the past is asked for a period."""
LONGEST_PAUSE = timedelta(hours=1)
SETTLING = timedelta(minutes=2)
"""What happened just before the end of a period is given this time to reach the mirror."""
LATE = "nobody asked before it was settled, and this source tells only how things stand when it is asked"


@dataclass(frozen=True, slots=True)
class Pull:
    """What came of reading a KPI now: a reading, or why there is none."""

    reading: KpiReading | None
    failure: SourceFailure | None = None


@dataclass(frozen=True, slots=True)
class _WantedPeriod:
    """A period of a KPI whose source is to be asked, and what was said of it before."""

    part: KpiPart
    period: Period
    before: KpiFailure | None = None


def is_asked(part: KpiPart) -> bool:
    """Whether readings come from a source that we ask."""
    return part.source.kind in SOURCE_OF_KIND


def read_due(connector: Connector, site: str, going_on: Callable[[], None] = lambda: None) -> None:
    """Ask the sources of all periods that have ended and have no reading yet: the latest first, for the past is undone step by step.

    They are counted the oldest first, so that after an outage no period comes too late behind a later one.
    """
    context = connector.context(site)
    watched = watched_of(context.mapping)
    wanted = _due(connector, site, watched)
    reach = replace(SitePast(context, going_on).reach(), outside=_outside(connector))
    answers = []
    for one in sorted(wanted, key=lambda each: each.period.last, reverse=True):
        answers.append((one, _answer(watched, one.part, one.period, reach, connector)))
        going_on()
    for one, answer in reversed(answers):
        _take(connector, context, one, answer)
        going_on()


@act(EDITOR)
def read_now(connector: Connector, actor: Actor, site: str, id_: str) -> Pull:
    """A reading of the running period, or why there is none. Raises Refusal where there is nobody to ask."""
    context = connector.context(site)
    part = required_part(context.mapping, id_)
    if not is_asked(part):
        raise Refusal(
            f"{id_} has no source that is asked ({part.source.kind}): its readings are brought, or worked out from others."
        )
    watched, now = watched_of(context.mapping), whole_ms(connector.clock())
    running = watched.period(id_, now)
    so_far = Period(running.start, now + MILLISECOND)
    reach = replace(SitePast(context).reach(), outside=_outside(connector))
    answer = _answer(watched, part, so_far, reach, connector)
    with connector.store.write() as conn:
        kpis.lock_site(conn, site)
        if isinstance(answer, SourceFailure):
            kpi_failures.put(conn, site, [_failure(_WantedPeriod(part, running), answer, now)])
            return Pull(None, answer)
        kpis.record(conn, site, id_, answer)
        kpi_failures.forget(conn, site, id_, running.last)
        count_after(context, conn, {id_: [one.at for one in answer]}, connector.clock())
        audit.note(conn, actor.label, "KPI read", connector.clock(), {"kpi": id_}, site)
    return Pull(answer[-1])


def _outside(connector: Connector) -> AllowedHosts:
    """What the operator allows sources to ask beyond Jira."""
    given = connector.settings.metrics
    return AllowedHosts(
        given.http_hosts,
        {
            name.casefold(): NamedConnection(
                host=one.host,
                token=one.token.get_secret_value(),
                user=one.user,
                password=one.password.get_secret_value(),
                url=one.url.get_secret_value(),
            )
            for name, one in given.connections.items()
        },
    )


def _due(connector: Connector, site: str, watched: WatchedKpis) -> tuple[_WantedPeriod, ...]:
    """The periods to ask for now; of one that can no longer be asked for it is noted once that nobody did."""
    now = connector.clock()
    parts = [part for part in watched.parts.values() if is_asked(part)]
    ended = {part.id: tuple(_ended(watched, part, now)) for part in parts}
    lasts = {period.last for periods in ended.values() for period in periods}
    if not lasts:
        return ()
    with connector.store.read() as conn:
        read = kpis.instants(conn, site, ended, lasts)
        failures = {(one.kpi, one.last): one for one in kpi_failures.load_failures(conn, site, min(lasts))}
    wanted, late = list[_WantedPeriod](), list[KpiFailure]()
    for part in parts:
        for period in ended[part.id]:
            before = failures.get((part.id, period.last))
            one = _WantedPeriod(part, period, None if before and before.tried_at < period.end else before)
            if (part.id, period.last) in read or now < _first_asked(part, period):
                continue
            if now > _last_asked(watched, part, period):
                if before is None:
                    late.append(_failure(one, SourceFailure(FailureKind.TOO_LATE, LATE), now))
            elif one.before is None or now >= one.before.tried_at + _pause(one.before.attempts):
                wanted.append(one)
    if late:
        with connector.store.write() as conn:
            kpi_failures.put(conn, site, late)
    return tuple(wanted)


def _ended(watched: WatchedKpis, part: KpiPart, now: datetime) -> Iterator[Period]:
    """The periods that have ended and that a source may still be asked for, the latest first."""
    cadence = watched.cadence(part.id)
    if cadence is Cadence.EACH:
        return
    period = watched.period(part.id, now)
    for _ in range(PERIODS if SOURCE_OF_KIND[part.source.kind].answers_late(part.source) else 1):
        period = period_before(cadence, period, watched.zone)
        yield period


def _first_asked(part: KpiPart, period: Period) -> datetime:
    if not SOURCE_OF_KIND[part.source.kind].mirrored:
        return period.end
    return period.end + min(SETTLING, _grace(part) / 2)


def _last_asked(watched: WatchedKpis, part: KpiPart, period: Period) -> datetime:
    """A source of the past is asked until so many periods have ended (which `_ended` says); any other until the period is settled."""
    if SOURCE_OF_KIND[part.source.kind].answers_late(part.source):
        return datetime.max.replace(tzinfo=UTC)
    return watched.settles(part.id, period)


def _grace(part: KpiPart) -> timedelta:
    return grace_of(Cadence(part.cadence), part.grace)


def _pause(attempts: int) -> timedelta:
    """Between two attempts: a minute, then twice as long each time."""
    return min(timedelta(minutes=2 ** min(attempts - 1, 10)), LONGEST_PAUSE)


def _take(
    connector: Connector,
    context: Context,
    wanted: _WantedPeriod,
    answer: tuple[KpiReading, ...] | SourceFailure,
) -> None:
    id_, site = wanted.part.id, context.site
    with connector.store.write() as conn:
        kpis.lock_site(conn, site)
        if isinstance(answer, SourceFailure):
            kpi_failures.put(conn, site, [_failure(wanted, answer, connector.clock())])
            return
        news = _new(answer, kpis.instants(conn, site, [id_], {one.at for one in answer}))
        kpis.record(conn, site, id_, news)
        kpi_failures.forget(conn, site, id_, wanted.period.last)
        count_after(context, conn, {id_: [one.at for one in news]}, connector.clock())


def _answer(
    watched: WatchedKpis, part: KpiPart, period: Period, reach: Reach, connector: Connector
) -> tuple[KpiReading, ...] | SourceFailure:
    """What a source says. A value that is only known to be at least so much is a reading where that is healthy whatever it is."""
    said = readings(part.source, period, replace(reach, aggregate=part.aggregate), connector.clock)
    if not isinstance(said, LowerBound):
        return said
    value = said.reading.value
    if value is not None and bands_of(part, period, watched).healthy.holds_from(value):
        return (said.reading,)
    return SourceFailure(FailureKind.NO_DATA, f"{said.reason}, which is not known to be healthy")


def _new(answer: Sequence[KpiReading], known: frozenset[tuple[str, datetime]]) -> list[KpiReading]:
    """Once read is read: what another process kept meanwhile stays as it is."""
    there = {at for _, at in known}
    return [one for one in answer if one.at not in there]


def _failure(wanted: _WantedPeriod, said: SourceFailure, now: datetime) -> KpiFailure:
    attempts = wanted.before.attempts + 1 if wanted.before is not None else 1
    return KpiFailure(
        kpi=wanted.part.id,
        last=wanted.period.last,
        kind=said.kind.value,
        reason=said.reason,
        remedy=said.remedy,
        tried_at=now,
        attempts=attempts,
    )
