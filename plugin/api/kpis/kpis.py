"""`/kpis`: where each stands, its readings, and readings that come in."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mappings.kpi.reading import LONGEST_NOTE
from mappings.numbers import exact
from mappings.progress.options import LARGEST
from plugin.api.protocol.addresses import KpiAddress
from plugin.api.protocol.lookup import site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.cursor import cursor, list_name, number_after
from plugin.doors.model import Instant, JsonShape, Page, PageQuery, RequestPart, SiteQuery, Word
from plugin.doors.problem import Fault
from plugin.doors.refusal import RequestRefusal, not_found
from plugin.next_steps import KPIS
from plugin.use_cases.kpis import board
from plugin.use_cases.kpis.board import ShownKpi
from plugin.use_cases.kpis.creation import creation_plan
from plugin.use_cases.kpis.departures import departed_kpis, departure_values
from plugin.use_cases.kpis.episodes import accept, dismiss
from plugin.use_cases.kpis.kpi_values import (
    creation_plan_values,
    happened_values,
    kpi_values,
    periods_values,
    pull_values,
    reading_values,
)
from plugin.use_cases.kpis.readings import MOST_READINGS, PushedReading, ReadingsRefusal, push
from plugin.use_cases.kpis.sources.pulls import read_now

ROUTES = Routes()

Note = Annotated[str, StringConstraints(max_length=LONGEST_NOTE, pattern=r"^[^\x00]*$")]
Level = Literal["healthy", "watch", "unhealthy", "no_data"]
BEYOND = 2 * Fraction(LARGEST)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BandJson(JsonShape):
    """Inclusive bounds; null where a side has none."""

    at_least: float | None
    at_most: float | None


class PeriodJson(JsonShape):
    """One period. `value` is what it is worth now, `counted` what the state machine counted; `told` says how the two stand.

    A period keeps the bands it was judged by. `late` and `corrected`: one of its readings came after it was settled, or was corrected.
    """

    start: datetime
    end: datetime
    settled: bool
    settles_at: datetime
    value: float | None
    value_exact: str | None
    level: Level
    healthy: BandJson
    watch: BandJson
    readings: int
    late: bool = Field(description="Whether one of its readings came after it was settled.")
    corrected: bool
    reason: str | None
    told: Literal[
        "counted", "counted_otherwise", "late_not_counted", "to_be_counted", "not_settled", "no_data"
    ] = Field(description="How what it is worth and what was counted stand to each other.")
    counted: float | None
    counted_exact: str | None
    transition: str | None


class ProposalJson(JsonShape):
    """The key result that is proposed: from the value counted last to the bound that it has crossed."""

    start: float | None
    target: float | None
    objective: str | None


class CreationJson(JsonShape):
    """How far the issue of a wanted key result is. `tried`: Jira was asked then and no answer is known, so it may exist and is looked for.

    `said` is why there is none yet and `remedy` what to do, `again` when it is tried again by itself; `asks`: it waits for a person.
    """

    tried: datetime | None
    said: str | None
    remedy: str | None
    asks: bool
    again: datetime | None


class KpiStateJson(JsonShape):
    """What was made of the settled periods: `outside` and `inside` count those running out of the healthy band, or in it.

    `episode` counts how often it left watching; `key_result` is the issue of the key result that is open, `creation` says how far
    one is that is to be made.
    """

    status: Literal["watching", "kr_proposed", "kr_open", "close_proposed"] = Field(
        description="How far the key result is that follows from the KPI."
    )
    outside: int
    inside: int
    counted_until: datetime | None
    episode: int
    key_result: str | None
    proposal: ProposalJson | None
    creation: CreationJson | None


class KpiJson(JsonShape):
    """One KPI. `value` and `level` are those of the last settled period; no data there is no data, with `last_known` beside it.

    `so_far` is the running period, which decides nothing.
    """

    id: str
    name: str
    owner: str | None
    unit: str | None
    direction: Literal["up", "down", "keep"]
    indicator: str | None
    perspective: str | None
    cadence: str
    source: str
    level: Level
    value: float | None
    value_exact: str | None
    trend: Literal["better", "worse", "changed", "unchanged"] | None
    settled: PeriodJson | None
    last_known: PeriodJson | None = Field(
        description="The last settled period with data, where the last one has none; else null."
    )
    so_far: PeriodJson | None
    state: KpiStateJson


class DepartureJson(JsonShape):
    """A KPI that the mapping has no more: `value` is what was counted of it last, `key_result` the issue that is open still."""

    site: str
    id: str
    left: datetime
    kept_until: datetime = Field(description="Then what was read of it is forgotten.")
    value: float | None
    value_exact: str | None
    counted_until: datetime | None
    key_result: str | None


class DeparturesJson(JsonShape):
    """The KPIs that have left the mapping, by id."""

    items: list[DepartureJson]


class EpisodeEventJson(JsonShape):
    """What was done about an episode, and the issue it was about."""

    at: datetime
    what: str
    issue: str | None


class KpiInFull(KpiJson):
    """One KPI with its latest periods, the oldest first, and what was done about its episodes, the latest first."""

    periods: list[PeriodJson]
    happened: list[EpisodeEventJson]


class FormerReadingJson(JsonShape):
    """What a reading said before it was corrected."""

    value: float | None
    value_exact: str | None
    received: datetime


class ReadingJson(JsonShape):
    """One reading; null is none. `former` is what it said before, the oldest first."""

    at: datetime
    value: float | None
    value_exact: str | None
    received: datetime
    source: str
    note: str
    former: list[FormerReadingJson]


class ReadingBody(RequestPart):
    """One reading. Null retracts what was said of this instant."""

    at: Instant = Field(description="When it was so, with its offset; cut to the millisecond.")
    value: float | None = Field(allow_inf_nan=False)
    note: Note = ""


class ReadingsBody(RequestPart):
    """Readings of one KPI."""

    readings: list[ReadingBody] = Field(min_length=1, max_length=MOST_READINGS)


class ReceiptJson(JsonShape):
    """What one reading was."""

    at: datetime
    receipt: Literal["new", "unchanged", "corrected"]


class ReceiptsJson(JsonShape):
    """What became of the readings, in the order in which they came."""

    readings: list[ReceiptJson]


class FailureJson(JsonShape):
    """Why there is no reading, and what can be done."""

    kind: Literal["outage", "refused", "incomplete", "ambiguous", "no_data", "too_late"]
    reason: str
    remedy: str


class PullJson(JsonShape):
    """What came of asking a source: a reading of the running period, or why there is none."""

    reading: ReadingJson | None
    failure: FailureJson | None


class EpisodeBody(RequestPart):
    """The issue that is the key result; null where the connector is to make it."""

    issue: str | None = Field(
        default=None,
        min_length=1,
        max_length=255,
        description="Its key or id; it is within the scope and not done. Without one it is made as `promote.create` says.",
    )
    objective: str | None = Field(
        default=None,
        min_length=1,
        max_length=255,
        description="Key of the issue under which it is made, where the mapping names none, or another one is meant.",
    )


class CreationQuery(SiteQuery):
    """Under which objective."""

    objective: Word | None = Field(
        None,
        description="Key of the issue under which it would be made, where the mapping names none, or another one is meant.",
    )


class IssueToMake(JsonShape):
    """The issue as it would be made; `fields` are its numbers by the id of the field."""

    project: str
    type: str | None
    parent: str | None
    summary: str
    labels: list[str]
    fields: dict[str, float]


class HindranceJson(JsonShape):
    """Why it would not be made, and what can be done."""

    message: str
    remedy: str


class CreationPlanJson(JsonShape):
    """What accepting without an issue would make, and what stands against it."""

    issue: IssueToMake | None
    hindrances: list[HindranceJson]


@ROUTES.get("/kpis", "viewer", "Every KPI of the active mapping and where it stands.")
def list_kpis(caller: Caller, query: SiteQuery) -> Reply[Page[KpiJson]]:
    """In the order of the mapping; a mapping has so few that they come at once."""
    found = board.list_kpis(caller.connector, caller.actor, site_of(caller, query))
    return Reply(Page[KpiJson](items=[KpiJson.model_validate(kpi_values(one)) for one in found]))


@ROUTES.get("/kpi-departures", "viewer", "The KPIs that have left the mapping, and until when they are kept.")
def list_departures(caller: Caller, query: SiteQuery) -> Reply[DeparturesJson]:
    """What was read of them is kept for 90 days, in case they come back."""
    found = departed_kpis(caller.connector, caller.actor, site_of(caller, query))
    return Reply(DeparturesJson(items=[DepartureJson.model_validate(departure_values(one)) for one in found]))


@ROUTES.get("/kpis/{kpi}", "viewer", "One KPI with its latest periods and what was counted of them.")
def get_kpi(caller: Caller, path: KpiAddress, query: SiteQuery) -> Reply[KpiInFull]:
    """One KPI."""
    one = _known(caller, site_of(caller, query), path.kpi)
    periods = [PeriodJson.model_validate(values) for values in periods_values(one)]
    happened = [EpisodeEventJson.model_validate(values) for values in happened_values(one)]
    return Reply(KpiInFull.model_validate({**kpi_values(one), "periods": periods, "happened": happened}))


@ROUTES.get("/kpis/{kpi}/readings", "viewer", "The readings of a KPI, the latest first.")
def list_kpi_readings(caller: Caller, path: KpiAddress, query: PageQuery) -> Reply[Page[ReadingJson]]:
    """What was read, with what it said before it was corrected."""
    site = site_of(caller, query)
    _known(caller, site, path.kpi)
    name = list_name(f"kpi-readings:{site}:{path.kpi}", query)
    begun = number_after(query.cursor, name)
    before = None if begun is None else _instant(begun)
    found = board.list_readings(caller.connector, caller.actor, site, path.kpi, before, query.limit + 1)
    shown = found[: query.limit]
    after = cursor(name, _milliseconds(shown[-1].at)) if len(found) > len(shown) else None
    return Reply(
        Page[ReadingJson](
            items=[ReadingJson.model_validate(reading_values(one)) for one in shown], next=after
        )
    )


@ROUTES.post("/kpis/{kpi}/readings", "editor", "Push readings of a KPI: all of them or none, each once.")
def push_kpi_readings(
    caller: Caller, path: KpiAddress, query: SiteQuery, body: ReadingsBody
) -> Reply[ReceiptsJson]:
    """Idempotent by the instant: the same again changes nothing, another value corrects."""
    site = site_of(caller, query)
    _known(caller, site, path.kpi)
    wanted = [PushedReading(one.at, _exact(one.value), one.note) for one in body.readings]
    try:
        receipts = push(caller.connector, caller.actor, site, path.kpi, wanted)
    except ReadingsRefusal as error:
        errors = [Fault(pointer=f"/{place}", detail=said) for place, said in error.faults]
        raise RequestRefusal(
            status=422,
            title="Readings refused",
            detail=str(error),
            remedy="Mend what is named, and send all of them again.",
            errors=errors,
        ) from None
    return Reply(
        ReceiptsJson(
            readings=[
                ReceiptJson(at=one.at, receipt=receipt.value)
                for one, receipt in zip(body.readings, receipts, strict=True)
            ]
        )
    )


@ROUTES.post("/kpis/{kpi}/read", "editor", "Ask the source of a KPI now, for the running period.")
def read_kpi(caller: Caller, path: KpiAddress, query: SiteQuery) -> Reply[PullJson]:
    """No reading is none, with its reason."""
    site = site_of(caller, query)
    one = _known(caller, site, path.kpi)
    if not one.is_asked:
        raise RequestRefusal(
            422,
            "No source to ask",
            f"“{path.kpi}” has no source that is asked ({one.part.source.kind}).",
            "Push its readings, or read the KPIs that it is worked out from.",
        )
    return Reply(
        PullJson.model_validate(pull_values(read_now(caller.connector, caller.actor, site, path.kpi)))
    )


@ROUTES.get("/kpis/{kpi}/creation", "editor", "What accepting for a KPI without an issue would make in Jira.")
def plan_kpi_creation(caller: Caller, path: KpiAddress, query: CreationQuery) -> Reply[CreationPlanJson]:
    """Jira is asked for permission, type and create screen; nothing is made. 409 where nothing is proposed."""
    site = site_of(caller, query)
    _known(caller, site, path.kpi)
    found = creation_plan(caller.connector, caller.actor, site, path.kpi, query.objective or "")
    return Reply(CreationPlanJson.model_validate(creation_plan_values(found)))


@ROUTES.post(
    "/kpis/{kpi}/accept", "editor", "Take an issue as the proposed key result of a KPI, or have it made."
)
def accept_kpi(caller: Caller, path: KpiAddress, query: SiteQuery, body: EpisodeBody) -> Reply[KpiJson]:
    """The KPI is watched again once the issue is done. Without an issue it is made in Jira; `state.creation` says how far it is.

    Where closing is proposed, the issue is moved to a status that is done.

    409 where nothing is proposed, the issue cannot be it, or none can be made.
    """
    site = site_of(caller, query)
    _known(caller, site, path.kpi)
    taken = accept(caller.connector, caller.actor, site, path.kpi, body.issue or "", body.objective or "")
    return Reply(KpiJson.model_validate(kpi_values(taken)))


@ROUTES.post("/kpis/{kpi}/dismiss", "editor", "Say no to what is proposed for a KPI, and count anew.")
def dismiss_kpi(caller: Caller, path: KpiAddress, query: SiteQuery) -> Reply[KpiJson]:
    """To a new key result, or to closing the one that is open. 409 where nothing is proposed."""
    site = site_of(caller, query)
    _known(caller, site, path.kpi)
    return Reply(KpiJson.model_validate(kpi_values(dismiss(caller.connector, caller.actor, site, path.kpi))))


def _exact(value: float | None) -> Fraction | None:
    """The decimal that was written; one that is far too large or small to reckon with is refused as too large."""
    if value is None:
        return None
    known = exact(value)
    return BEYOND if known is None else known


def _known(caller: Caller, site: str, name: str) -> ShownKpi:
    one = board.kpi(caller.connector, caller.actor, site, name)
    if one is None:
        raise not_found("KPI", name, KPIS)
    return one


def _milliseconds(at: datetime) -> int:
    return max(round((at - EPOCH).total_seconds() * 1000), 0)


def _instant(milliseconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        raise not_found("page", milliseconds, "Begin the list anew.") from None
