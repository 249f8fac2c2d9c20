"""Where KPIs stand: one value for page, API and command."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from fractions import Fraction

from sqlalchemy import Connection

from connectors.store.kpis import kpi_failures, kpis
from connectors.store.kpis.kpis import KpiFigure
from connectors.store.mirror import mirror
from connectors.store.people import audit
from connectors.store.sites import catalogues
from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.schema import KpiPart
from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import Issue
from mappings.facts.local_time import MILLISECOND
from mappings.kpi.band import direction_of, trend
from mappings.kpi.cadence import Cadence
from mappings.kpi.creation import Hindrance, PlannedIssue, planned_issue
from mappings.kpi.episode import KpiState, KpiStatus
from mappings.kpi.reading import KpiReading, known_at
from mappings.kpi.series import WatchedKpis
from mappings.kpi.sources import SOURCE_OPTIONS, FormulaOptions
from mappings.kpi.state import KpiStanding, PeriodStanding, latest_periods, standing_of_kpi
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.kpis.settled_periods import watched_of, with_readings
from plugin.use_cases.mappings import revisions
from plugin.use_cases.permission import VIEWER, question

ON_BOARD, ON_PAGE, SETTLED = 30, 60, 2
"""Periods that are shown of a KPI in the list and on its own page, and those among which the last settled one is."""
MOST_HAPPENINGS = 20
MOST_MEASURED = 200
"""So many KPIs of a site are told in `/metrics`: each is a label."""
FEWEST = 7
"""Of them that are shown though nothing was read yet."""
GIVEN = ("push", "csv")
"""Sources whose readings are given to us."""


@dataclass(frozen=True, slots=True)
class EpisodeAct:
    """What a person or the connector did about an episode, with the key of its issue where there is one."""

    at: datetime
    what: str
    issue: str = ""


@dataclass(frozen=True, slots=True)
class PastBoard:
    """As of when KPIs are shown; and by what had come in until `known`, or until now where that is None."""

    at: datetime
    known: datetime | None = None

    def readings(self, found: Iterable[KpiReading]) -> tuple[KpiReading, ...]:
        """Those of until then, as they were known."""
        until = (one for one in found if one.at <= self.at)
        if self.known is None:
            return tuple(until)
        heard = (known_at(one, self.known) for one in until)
        return tuple(one for one in heard if one is not None)

    def clock(self, watched: WatchedKpis, id_: str, now: datetime) -> datetime:
        """When its last whole period of until then settled, or now where it has not yet."""
        if watched.cadence(id_) is Cadence.EACH:
            return min(now, self.at)
        period = watched.period(id_, self.at)
        return min(now, watched.settles(id_, period)) if period.last <= self.at else min(now, self.at)


@dataclass(frozen=True, slots=True)
class ShownKpi:
    """A KPI of a site, where it stands and what the state machine has made of it."""

    site: str
    part: KpiPart
    zone: tzinfo
    standing: KpiStanding
    state: KpiState
    key_result: Issue | None = None
    """The issue of the open key result, or of the one that was closed last; None where there is none, or it is not to be seen."""
    planned: PlannedIssue | Hindrance | None = None
    """What would be made in Jira for what is proposed or wanted, by the mapping alone; None where nothing is, or the mapping does not say as what."""
    happened: tuple[EpisodeAct, ...] = ()
    """What was done about its episodes, the latest first; on its own page alone."""

    @property
    def takes_readings(self) -> bool:
        """Whether its readings are given to us, by push or from a file."""
        return self.part.source.kind in GIVEN

    @property
    def is_asked(self) -> bool:
        """Whether its readings come from a source that we ask."""
        return isinstance(self.part.source, SOURCE_OPTIONS)

    @property
    def periods(self) -> tuple[PeriodStanding, ...]:
        """The latest periods from the first of them that was read on, the oldest first."""
        every = self.standing.periods
        begun = next(
            (
                index
                for index, one in enumerate(every)
                if one.worth.readings or one.judgement or one.worth.reason
            ),
            len(every),
        )
        return every[min(begun, max(len(every) - FEWEST, 0)) :]

    @property
    def direction(self) -> str:
        """Which way is better."""
        return direction_of(self.part).value

    @property
    def trend(self) -> str:
        """Whether the last settled period is better than the one with data before it."""
        before = self.standing.before
        return trend(self.part, None if before is None else before.value, self.latest_value)

    @property
    def latest_value(self) -> Fraction | None:
        """The value of the last settled period."""
        return None if self.standing.settled is None else self.standing.settled.value


@question(VIEWER)
def list_kpis(connector: Connector, actor: Actor, site: str) -> tuple[ShownKpi, ...]:
    """Every KPI of the active mapping of a site, in its order; none where no mapping is active."""
    mapping = revisions.bound(connector, actor, site)
    if mapping is None or not mapping.document.kpis:
        return ()
    with connector.store.read() as conn:
        return tuple(
            _shown(conn, site, mapping, part, connector.clock(), ON_BOARD) for part in mapping.document.kpis
        )


@question(VIEWER)
def kpi_figures(connector: Connector, actor: Actor) -> Mapping[str, Mapping[str, KpiFigure]]:
    """By site and id, where each KPI of the active mapping stood when its last period with a value was settled, and when it was read last.

    A few steps down an index for each, whatever is kept of it; the first 200 of a mapping. Empty where the operator tells no KPIs in `/metrics`.
    """
    found: dict[str, Mapping[str, KpiFigure]] = {}
    for name in list(connector.sites) if connector.settings.kpi_metrics else ():
        mapping = revisions.bound(connector, actor, name)
        ids = [] if mapping is None else [part.id for part in mapping.document.kpis]
        with connector.store.read() as conn:
            found[name] = kpis.figures(conn, name, ids[:MOST_MEASURED])
    return found


def settled_kpis(conn: Connection, site: str, mapping: BoundMapping, now: datetime) -> tuple[ShownKpi, ...]:
    """The same with the last settled period alone, within a transaction of the caller."""
    return tuple(_shown(conn, site, mapping, part, now, SETTLED) for part in mapping.document.kpis)


def past_kpis(
    conn: Connection, site: str, mapping: BoundMapping, now: datetime, past: PastBoard
) -> tuple[ShownKpi, ...]:
    """Every KPI of a mapping as it stood at an instant, its last period of until then settled, within a transaction of the caller."""
    return tuple(_shown(conn, site, mapping, part, now, ON_BOARD, past) for part in mapping.document.kpis)


@question(VIEWER)
def kpi(connector: Connector, actor: Actor, site: str, id_: str) -> ShownKpi | None:
    """One KPI of the active mapping, None where there is none of this id."""
    mapping = revisions.bound(connector, actor, site)
    part = part_of(mapping, id_)
    if mapping is None or part is None:
        return None
    with connector.store.read() as conn:
        shown = _shown(conn, site, mapping, part, connector.clock(), ON_PAGE)
        done = audit.of_kpi(conn, site, id_, MOST_HAPPENINGS)
    return replace(
        shown, happened=tuple(EpisodeAct(one.at, one.what, str(one.detail.get("issue", ""))) for one in done)
    )


@question(VIEWER)
def list_readings(
    connector: Connector, _actor: Actor, site: str, id_: str, before: datetime | None, limit: int
) -> tuple[KpiReading, ...]:
    """The readings of a KPI before an instant, the latest first, each with what it said before it was corrected."""
    with connector.store.read() as conn:
        return tuple(reversed(kpis.readings(conn, site, id_, before=before, limit=limit)))


def part_of(mapping: BoundMapping | None, id_: str) -> KpiPart | None:
    """The KPI of this id."""
    parts = mapping.document.kpis if mapping is not None else ()
    return next((part for part in parts if part.id == id_), None)


def objective_of(conn: Connection, site: str, state: KpiState) -> Issue | None:
    """The issue that is the objective under which what is proposed would stand; None where none is named, or it is not known."""
    named = state.proposal.objective if state.proposal is not None else None
    id_ = mirror.id_of_key(conn, site, named) if named is not None else None
    return mirror.get(conn, site, [id_]).get(id_) if id_ is not None else None


def required_part(mapping: BoundMapping, id_: str) -> KpiPart:
    """The KPI of this id; Refusal, with those there are, where the mapping has none."""
    part = part_of(mapping, id_)
    if part is None:
        known = ", ".join(one.id for one in mapping.document.kpis) or "none"
        raise Refusal(f"The active mapping has no KPI {id_}. It has: {known}.")
    return part


def _with_failures(
    conn: Connection, site: str, watched: WatchedKpis, part: KpiPart, since: datetime
) -> WatchedKpis:
    """The same with why periods of this KPI have no reading."""
    if not isinstance(part.source, SOURCE_OPTIONS):
        return watched
    found = kpi_failures.load_failures(conn, site, since, part.id)
    said = {one.last: f"{one.reason}. {one.remedy}".removesuffix(". ") for one in found}
    return replace(watched, unread={part.id: said})


def _shown(
    conn: Connection,
    site: str,
    mapping: BoundMapping,
    part: KpiPart,
    now: datetime,
    size: int,
    past: PastBoard | None = None,
) -> ShownKpi:
    watched = watched_of(mapping)
    now = now if past is None else past.clock(watched, part.id, now)
    if watched.cadence(part.id) is Cadence.EACH:
        full = _read(conn, site, watched, part.id, None, past, limit=size)
        begin = full.readings[part.id][0].at if full.readings[part.id] else None
    else:
        begin = watched.begins(part.id, latest_periods(watched, part.id, now, size)[0].start)
        watched = _with_failures(conn, site, watched, part, begin)
        full = _read(conn, site, watched, part.id, begin, past)
    judged = dict(kpis.judgements(conn, site, part.id, begin))
    known = None
    if begin is not None and not isinstance(part.source, FormulaOptions):
        known = kpis.latest_known(conn, site, part.id, begin)
    stands = standing_of_kpi(full, part.id, judged, now, size)
    if stands.last_known is None and known is not None:
        older = watched.period(part.id, known)
        full = _read(conn, site, watched, part.id, older.start, past)
        judged |= kpis.judgements(conn, site, part.id, older.start, older.end)
        stands = standing_of_kpi(full, part.id, judged, now, size, known)
    state = kpis.get(conn, site, part.id) if past is None else KpiState()
    issue = state.key_result or state.former
    key_result = mirror.get(conn, site, [issue]).get(issue) if issue else None
    planned = _planned(conn, site, mapping, part, state)
    return ShownKpi(
        site=site,
        part=part,
        zone=watched.zone,
        standing=stands,
        state=state,
        key_result=key_result,
        planned=planned,
    )


def _read(
    conn: Connection,
    site: str,
    watched: WatchedKpis,
    id_: str,
    since: datetime | None,
    past: PastBoard | None,
    limit: int | None = None,
) -> WatchedKpis:
    if past is None:
        return with_readings(conn, site, watched, id_, since, limit)
    full = with_readings(conn, site, watched, id_, since, limit, before=past.at + MILLISECOND)
    return replace(full, readings={leaf: past.readings(read) for leaf, read in full.readings.items()})


def _planned(
    conn: Connection, site: str, mapping: BoundMapping, part: KpiPart, state: KpiState
) -> PlannedIssue | Hindrance | None:
    proposed = state.status is KpiStatus.KR_PROPOSED or state.wanted
    if not proposed or part.promote is None or part.promote.create is None:
        return None
    catalogue = catalogues.get(conn, site) or Catalogue()
    return planned_issue(mapping, catalogue, part, state, objective_of(conn, site, state), site)
