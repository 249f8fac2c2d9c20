"""An invented company for pictures, tests and measurements of the pages: states as the rollup would give them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from connectors.store.lists.list_rows import START, ListSlice, PageStart, RowSelection
from connectors.store.numbers.check_ins import KeptCheckIn
from connectors.store.numbers.comments import KeptComment
from connectors.store.numbers.objectives import SavedObjective as KeptObjective
from docs.screenshots import plain_listing
from docs.screenshots.plain_listing import One
from docs.screenshots.watched import parts, watched_kpi
from mappings.document.schema import CyclePart
from mappings.explain.check_in import CheckIn, Measure, ShownSource, rule_on
from mappings.explain.marks import Mark, MarkKind
from mappings.explain.movement import objective_moved
from mappings.forecast import delivery, trend
from mappings.forecast.answer import DeliveryWork, Forecast, Likelihood, TargetRange, Week
from mappings.forecast.calibration import Calibration
from mappings.forecast.objective import KeyResultForecast, ObjectiveForecast
from mappings.practice.coverage import Candidate, coverage
from mappings.practice.practice import practices
from mappings.practice.scorecard import scorecard
from mappings.rollup.health import ACHIEVED_AT, HealthCriteria, judge, worst
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.state import Cause, KeyResultState, Measurement, ObjectiveState
from plugin.pages.sources import (
    HistoryPoint,
    LocatedObjective,
    SavedObjective,
)
from plugin.pages.views.objectives.objective_context import never
from plugin.use_cases.accounts.saved_views import SavedView
from plugin.use_cases.check_ins.conversation import CheckInReply
from plugin.use_cases.check_ins.due_check_ins import Reminder
from plugin.use_cases.cycles.learnings import Learning
from plugin.use_cases.forecasts.forecast_record import kept_of
from plugin.use_cases.health.drift import Drift
from plugin.use_cases.health.status import SiteStatus
from plugin.use_cases.kpis.board import ShownKpi
from plugin.use_cases.meeting.agenda import CurrentMeeting, current
from plugin.use_cases.objectives.moments import MovementQuestion, span_asked
from plugin.use_cases.objectives.movement import ToldMovement
from plugin.use_cases.objectives.objective_lines import ObjectiveLine
from plugin.use_cases.objectives.objective_list import KeptForecast, ListedHead, ObjectivePage
from plugin.use_cases.practice.practice import PracticeAssessment, TeamPractice
from plugin.use_cases.practice.scorecard import Scorecard
from plugin.use_cases.work.dead_letters import DeadLetter

NOW = datetime(2026, 11, 21, 10, 14, 48, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
EXPECTED = Fraction(52, 92)
REVISION = "4f1c9ad07be2"
WATCHED = tuple(part.id for part in parts())


@dataclass(frozen=True, slots=True)
class Saved:
    state: ObjectiveState
    mapping_revision: str
    computed_at: datetime
    changed_at: datetime
    site: str | None = None


@dataclass(frozen=True, slots=True)
class Point:
    at: datetime
    progress: Fraction | None
    delivery: Fraction | None
    outcome: Fraction | None
    health: str
    mapping_revision: str
    backfilled: bool = False


CYCLE = CyclePart(id="2026-Q4", name="Q4 2026", start=date(2026, 10, 1), end=date(2026, 12, 31))


@dataclass
class Company:
    """Lists behind the port of the pages."""

    saved: Sequence[Saved] = ()
    points: Mapping[str, Sequence[Point]] | None = None
    sites: Sequence[SiteStatus] = ()
    zone: ZoneInfo = ZONE

    def now(self) -> datetime:
        return NOW

    def objectives(self) -> Sequence[Saved]:
        return self.saved

    def objective(self, id_or_key: str) -> SavedObjective | None:
        return next((one for one in self.saved if id_or_key in (one.state.id, one.state.key)), None)

    def listing(self, wanted: RowSelection, after: PageStart, size: int) -> ObjectivePage:
        every = [One("main", one.state, one.changed_at) for one in self.saved]
        mine = replace(wanted, sites=("main",))
        part = plain_listing.page(every, mine, after, size)
        rows = [
            ListedHead(
                None,
                one.state,
                one.changed_at,
                depth,
                points := self.history(one.state.id),
                len(points),
                self.kept(one.state.id),
            )
            for one, depth in part.rows
        ]
        around = [place and replace(place, site="") for place in (part.previous, part.next)]
        return ObjectivePage(rows, ListSlice((), part.start, *around), plain_listing.tallies(every, mine))

    def members(self, wanted: RowSelection) -> Sequence[ListedHead]:
        return self.listing(replace(wanted, by_team=False), START, len(self.saved) or 1).rows

    def saved_views(self) -> Sequence[SavedView]:
        return (SavedView("Growth, off track", "/?project=GROW&health=off_track"),) if self.saved else ()

    def names(self) -> Mapping[str, str]:
        return {"noor@acme.example": "Noor Bellweather"}

    def lines(self, wanted: RowSelection) -> Iterator[ObjectiveLine]:
        every = [One("main", one.state, one.changed_at) for one in self.saved]
        found = plain_listing.page(every, replace(wanted, sites=("main",)), PageStart(0), len(every) or 1)
        by_id = {one.state.id: one for one in self.saved}
        return (
            ObjectiveLine(
                "main", KeptObjective(kept.state, kept.mapping_revision, kept.computed_at, kept.changed_at)
            )
            for one, _ in found.rows
            for kept in (by_id[one.state.id],)
        )

    def site_names(self) -> Collection[str]:
        return ("main",)

    def located(self, id_or_key: str, site: str | None = None) -> Sequence[LocatedObjective]:
        found = self.objective(id_or_key)
        return [] if found is None or site not in (None, "main") else [LocatedObjective("main", found)]

    def waits_behind_lock(self, issue: str, site: str | None = None) -> str:  # noqa: ARG002
        return ""

    def explained_by(self, issue: str, site: str | None = None) -> Sequence[LocatedObjective]:
        return [LocatedObjective(site or "main", one) for one in self.saved if issue in one.state.touched]

    def history(self, objective_id: str, site: str | None = None) -> Sequence[HistoryPoint]:  # noqa: ARG002
        return (self.points or {}).get(objective_id, ())

    def marks(self, objective_id: str, site: str | None = None) -> Sequence[Mark]:  # noqa: ARG002
        return MARKS if objective_id == "10104" else ()

    def check_ins(self, objective_id: str, site: str | None = None) -> Sequence[KeptCheckIn]:  # noqa: ARG002
        found = self.objective(objective_id)
        rulings = [kr.check_in for kr in found.state.key_results if kr.check_in] if found else []
        return [KeptCheckIn(ruling.check_in) for ruling in rulings]

    def replies(self, objective_id: str, site: str | None = None) -> Sequence[CheckInReply]:  # noqa: ARG002
        return ()

    def takes_back(self) -> Callable[[CheckInReply], bool]:
        return never

    def due_check_ins(self, objective_id: str, site: str | None = None) -> Mapping[str, Reminder]:  # noqa: ARG002
        return {}

    def comments(self, objective_id: str, site: str | None = None) -> Sequence[KeptComment]:  # noqa: ARG002
        return ()

    def kept(self, objective_id: str) -> KeptForecast | None:
        """What was kept of it today."""
        found = self.forecast(objective_id, "main")
        return None if found is None else kept_of(found)[0]

    def meeting(self) -> CurrentMeeting:
        return current(
            self.listing(RowSelection((), cycles=(CYCLE.id, "")), START, len(self.saved) or 1).rows, [CYCLE]
        )

    def working(self, _found: CurrentMeeting) -> Iterator[tuple[None, ObjectiveState]]:
        return ((None, one.state) for one in self.saved)

    def running_cycles(self) -> Sequence[str]:
        return (CYCLE.id,)

    def past_cycles(self) -> tuple[()]:
        return ()

    def learnings(self, cycle_id: str) -> Mapping[tuple[str | None, str], Learning]:
        said = {"GROW-4": "A new site brought no visits. Nobody owned what comes before it."}
        every = ((one.state, said.get(one.state.key)) for one in self.saved)
        return {
            (None, state.id): Learning(
                site="main",
                cycle_id=cycle_id,
                objective_id=state.id,
                said=text,
                by="Noor Bellweather",
                at=NOW,
            )
            for state, text in every
            if text is not None
        }

    def learnings_of(self, objective_id: str, site: str | None = None) -> Sequence[Learning]:  # noqa: ARG002
        return [one for one in self.learnings("2026-Q4").values() if one.objective_id == objective_id]

    def cycle_details(self, _cycle_id: str) -> tuple[()]:
        return ()

    def practice(self, cycle_id: str | None) -> Sequence[PracticeAssessment]:
        states = [one.state for one in self.saved if one.state.cycle_id == CYCLE.id]
        if not states or cycle_id not in (None, "", CYCLE.id):
            return ()
        work = [Candidate(str(i), f"GROW-{100 + i}", "GROW", None) for i in range(40)]
        covered = coverage(work, frozenset(str(i) for i in range(29)))
        teams = tuple(TeamPractice(one, covered if one.team == "GROW" else None) for one in practices(states))
        return (PracticeAssessment("main", CYCLE.id, False, (CYCLE.id,), teams, covered, False),)

    def scorecards(self, cycle_id: str | None) -> Sequence[Scorecard]:
        mine = [one.state for one in self.saved if cycle_id in (None, one.state.cycle_id)]
        ways = dict(zip((one.id for one in mine), ("customer", "finance", "process", None) * 9, strict=False))
        found = scorecard(mine, self.kpis(), lambda one: ways.get(one.id), lambda one: one.part.perspective)
        return (Scorecard("main", cycle_id, (CYCLE.id,), found),) if mine else ()

    def search_url(self, jql: str, site: str) -> str | None:  # noqa: ARG002
        return f"https://jira.acme.example/issues/?{urlencode({'jql': jql})}"

    def calibration(self, cycle_id: str) -> Sequence[Calibration]:
        return CALIBRATION if cycle_id == CYCLE.id and self.saved else ()

    def forecast(self, objective_id: str, site: str) -> ObjectiveForecast | None:  # noqa: ARG002
        found = self.objective(objective_id)
        if found is None:
            return None
        told = tuple(
            KeyResultForecast(
                one.id, one.key or one.title, one.title, one.kind, one.contributing, outlook(one)
            )
            for one in found.state.key_results
        )
        return ObjectiveForecast(found.state.id, NOW.date(), CYCLE.id, CYCLE.end, told)

    def as_of(self, objective_id: str, text: str, site: str, revision: str | None = None) -> str:  # noqa: ARG002
        return "The company of the screenshots has no past."

    def obstacles(self, located: LocatedObjective) -> tuple[()]:  # noqa: ARG002
        return ()

    def drifted(self, objective_id: str, site: str | None = None) -> None:  # noqa: ARG002
        return None

    def moved(self, located: LocatedObjective, asked: MovementQuestion) -> ToldMovement:
        points = self.history(located.saved.state.id)
        found = self.objective(located.saved.state.id)
        span = span_asked(asked, NOW, UTC, CYCLE, points[0].at if points else None)
        since = span.since
        before = [point for point in points if point.at <= since]
        if found is None or not before:
            return ToldMovement(since, NOW, points[0].at if points else None, choice=span.choice)
        past = replaced(found.state, before[-1].progress)
        revisions = (before[-1].mapping_revision, REVISION)
        moved = objective_moved(past, found.state, revisions)
        return ToldMovement(since, NOW, points[0].at, moved, revisions=revisions, choice=span.choice)

    def aligned(self, objective_id: str, site: str | None = None) -> Sequence[SavedObjective]:  # noqa: ARG002
        return [one for one in self.saved if objective_id in one.state.aligned_to]

    def cycles(self, site: str | None = None) -> Mapping[str, CyclePart]:  # noqa: ARG002
        return {CYCLE.id: CYCLE}

    def departed_kpis(self) -> tuple[()]:
        return ()

    def promotions(self) -> tuple[()]:
        return ()

    def kpis(self) -> Sequence[ShownKpi]:
        return [] if not self.saved else [watched_kpi(id_, NOW, ZONE) for id_ in WATCHED]

    def kpi(self, id_: str) -> Sequence[ShownKpi]:
        return [one for one in self.kpis() if one.part.id == id_]

    def browse_url(self, issue_key: str, site: str | None = None) -> str | None:  # noqa: ARG002
        return f"https://jira.example.com/browse/{issue_key}"

    def freshness(self) -> Sequence[SiteStatus]:
        return self.sites

    def vitals(self) -> Sequence[SiteStatus]:
        return self.sites


def replaced(state: ObjectiveState, progress: Fraction | None) -> ObjectiveState:
    """The objective as it stood at another progress, every row of its ledger reached in proportion."""
    share = Fraction(0) if not progress or not state.progress else progress / state.progress
    rows = tuple(
        replace(row, progress=None if row.progress is None else row.progress * share, share=row.share * share)
        for row in state.ledger.rows
    )
    return replace(state, progress=progress, ledger=Ledger(rows, progress))


def standing(commitment: str = "committed") -> HealthCriteria:
    """What the company's key results are judged against today."""
    return HealthCriteria(NOW, NOW.date(), EXPECTED, CYCLE.end, ACHIEVED_AT[commitment])


def delivery_ledger(project: str, first: int, done: int, doing: int, waiting: int, points: int = 3) -> Ledger:
    """A ledger of stories: some done, some in progress, some to do, and a few that are left out."""
    specs = [("Done", Fraction(1))] * done + [("In Progress", Fraction(1, 2))] * doing
    specs += [("To Do", Fraction(0))] * waiting
    weights = [Fraction(points + (i * 5) % 4) for i in range(len(specs))]
    whole = sum(weights)
    rows = [
        Contribution(
            str(20_000 + first + i),
            f"{project}-{first + i}",
            TASKS[(first + i) % len(TASKS)],
            Disposition.COUNTED,
            f"status “{status}” ({CATEGORIES[status]}) counts as {float(progress):g}",
            weight,
            progress,
            weight * progress / whole,
            status,
        )
        for i, ((status, progress), weight) in enumerate(zip(specs, weights, strict=True))
    ]
    rows += _left_out(project, first + len(specs))
    return Ledger(tuple(rows), sum((row.share for row in rows), Fraction(0)))


def _left_out(project: str, at: int) -> list[Contribution]:
    return [
        Contribution(str(20_000 + at), f"{project}-{at}", "Migrate the old importer", Disposition.EXCLUDED,
                     "resolution “Won't Do”", status="Done"),
        Contribution(str(20_001 + at), f"{project}-{at + 1}", "Rework the settings screen",
                     Disposition.BY_CHILDREN, "two selected stories below it", status="In Progress"),
        Contribution(str(20_002 + at), f"{project}-{at + 2}", "Clarify data retention with legal",
                     Disposition.UNKNOWN, "status “Parked” has no category that the mapping gives a fraction for", status="Parked"),
    ]  # fmt: skip


CATEGORIES = {"Done": "done", "In Progress": "indeterminate", "To Do": "new"}

MARKS = tuple(
    Mark(datetime(2026, month, day, 9, tzinfo=UTC), kind, text)
    for month, day, kind, text in (
        (10, 8, MarkKind.SCOPE, "GROW-240, GROW-241, GROW-242 and 4 more added"),
        (10, 20, MarkKind.TARGET, "target of GROW-42: 12 → 10"),
        (10, 29, MarkKind.CHECK_IN, "Tomasz Okafor checked in 44 for GROW-41"),
        (11, 9, MarkKind.SCOPE, "GROW-256 added; GROW-244 removed"),
        (11, 17, MarkKind.CHECK_IN, "Tomasz Okafor checked in 12.4 for GROW-42"),
        (11, 18, MarkKind.CHECK_IN, "Tomasz Okafor checked in 47 for GROW-41"),
        (11, 18, MarkKind.SCOPE, "GROW-258 removed"),
    )
)

TASKS = (
    "Cache the first page of search results", "Show delivery estimate before checkout", "Retry failed webhooks with back-off",
    "Split the invoice service from billing", "Prefill the address from the last order", "Alert on queue depth",
    "Write the migration guide", "Drop the legacy session table", "Measure time to first value", "Translate onboarding mails",
    "Index orders by customer", "Add keyboard shortcuts to triage", "Rotate signing keys every month",
)  # fmt: skip


def metric(
    id_: str, key: str, title: str, start: str, current: str | None, target: str, kind: str = "transition", owner: str | None = None
) -> KeyResultState:  # fmt: skip
    """An outcome key result between start and target."""
    first, last = Fraction(start), Fraction(target)
    now = None if current is None else Fraction(current)
    raw = None if now is None else (now - first) / (last - first)
    progress = None if raw is None else min(max(raw, Fraction(0)), Fraction(1))
    cause = Cause.NEVER_MEASURED if raw is None else Cause.MEASURED
    reason = (
        "the field Current has never had a value" if raw is None else "(current − start) ÷ (target − start)"
    )
    measured = Measurement(
        progress,
        raw,
        cause,
        reason,
        first,
        now,
        last,
        None if raw is None else NOW - timedelta(days=2, hours=3),
    )
    return KeyResultState(
        id_, "metric", kind, "outcome", title, measured, judge(measured, standing()), Fraction(1), True, id_, key, "In Progress", owner,
    )  # fmt: skip


CALIBRATION = (
    Calibration(Likelihood.LIKELY, 312, 9, Fraction(88, 100), Fraction(78, 100)),
    Calibration(Likelihood.OPEN, 204, 7, Fraction(59, 100), Fraction(55, 100)),
    Calibration(Likelihood.UNLIKELY, 96, 4, Fraction(17, 100), Fraction(25, 100)),
)
WEEKS = ((2, 1), (0, 0), (3, 2), (1, 0), (0, 1), (2, 0), (1, 1))
"""Of the delivery key results: what was finished and added in each of the last weeks."""


def outlook(kr: KeyResultState) -> Forecast:
    """What is said of a key result: by these weeks, or by readings that rise a little each week."""
    measured = kr.measurement
    if measured.progress is not None and measured.progress >= ACHIEVED_AT[kr.commitment]:
        return Forecast(Fraction(1), reached=True)
    today = NOW.date()
    if kr.kind == "delivery":
        rows = [row for row in measured.ledger.rows if row.disposition is Disposition.COUNTED]
        weeks = tuple(
            Week(today - timedelta(days=7 * place), *drawn) for place, drawn in enumerate(WEEKS, start=1)
        )
        finished = sum(row.progress == 1 for row in rows)
        work = DeliveryWork(
            today, CYCLE.end, len(rows), finished, ACHIEVED_AT[kr.commitment], weeks, undated=1
        )
        return delivery.forecast(work)
    start, current, target = measured.start, measured.current, measured.target
    if start is None or current is None or target is None:
        return trend.forecast({}, today, CYCLE.end, TargetRange())
    steps = (Fraction(number, 6) for number in (0, 1, 2, 3, 4, 6))
    readings = {
        today - timedelta(days=7 * (5 - place)): start + (current - start) * step
        for place, step in enumerate(steps)
    }
    aim = TargetRange(at_least=target) if target > start else TargetRange(at_most=target)
    return trend.forecast(readings, today, CYCLE.end, aim)


def said(kr: KeyResultState, value: str, derived_then: str, derived_now: str) -> KeyResultState:
    """The key result as somebody checked it in; the derived value may have moved since."""
    check_in = CheckIn(
        "", kr.id, Measure.CURRENT, Fraction(value), "Tomasz Okafor", NOW - timedelta(days=3), "two cohorts are still open",
        CYCLE.end, Fraction(1, 10), Fraction(derived_then), int(kr.id),
    )  # fmt: skip
    ruling = rule_on(check_in, Fraction(derived_now), Measure.CURRENT, NOW.date())
    assert ruling.shows is not ShownSource.DERIVED  # noqa: S101
    reason = (
        f"check-in by Tomasz Okafor on 2026-11-18: {value} instead of the derived 41; {kr.measurement.reason}"
    )
    return replace(kr, check_in=ruling, measurement=replace(kr.measurement, reason=reason))


def delivered(objective_id: str, title: str, ledger: Ledger, contributing: bool) -> KeyResultState:
    """The delivery key result of an objective."""
    reason = "Σ weight × fraction ÷ Σ weight of the rows"
    measured = Measurement(ledger.total, ledger.total, Cause.MEASURED, reason, ledger=ledger)
    return KeyResultState(
        f"{objective_id}/delivery",
        "delivery",
        "delivery",
        "delivery",
        title,
        measured,
        judge(measured, standing()),
        Fraction(1),
        contributing,
    )


def objective(
    id_: int, key: str, title: str, owner: str, krs: Sequence[KeyResultState], *, parent: int | None = None,
    commitment: str = "committed", flags: tuple[str, ...] = (),
) -> ObjectiveState:  # fmt: skip
    """An objective as the weighted mean of its contributing key results."""
    counted = [kr for kr in krs if kr.contributing and kr.measurement.progress is not None]
    progress = _mean(counted)
    sides = {nature: _mean([kr for kr in krs if kr.nature == nature]) for nature in ("delivery", "outcome")}
    health = worst((kr.key or kr.title, kr.health) for kr in krs if kr.contributing)
    touched = frozenset(row.id for kr in krs for row in kr.measurement.ledger.rows) | {str(id_)}
    return ObjectiveState(
        str(id_), "epics", title, progress, health, _ledger([kr for kr in krs if kr.contributing], len(counted), progress), tuple(krs),
        str(id_), key, "In Progress", owner, key.split("-")[0], CYCLE.id, commitment, sides["delivery"], sides["outcome"], EXPECTED,
        None if progress is None else progress / EXPECTED, _beside([kr for kr in krs if not kr.contributing]), flags,
        () if parent is None else (str(parent),), touched,
    )  # fmt: skip


def _mean(krs: Sequence[KeyResultState]) -> Fraction | None:
    known = [kr.measurement.progress for kr in krs if kr.measurement.progress is not None]
    return sum(known, Fraction(0)) / len(known) if known else None


def _ledger(
    krs: Sequence[KeyResultState],
    counted: int,
    total: Fraction | None,
    reason: str = "measured; weight 1 of the contributing key results",
) -> Ledger:
    rows = []
    for kr in krs:
        progress = kr.measurement.progress
        known = progress is not None
        rows.append(
            Contribution(
                kr.id,
                kr.key,
                kr.title,
                Disposition.COUNTED if known else Disposition.UNKNOWN,
                reason if known else "never measured, so left out",
                kr.weight,
                progress,
                progress / counted if progress is not None else Fraction(0),
                kr.status,
            )
        )
    return Ledger(tuple(rows), total)


def _beside(krs: Sequence[KeyResultState]) -> Ledger:
    return _ledger(krs, len(krs), _mean(krs), "delivery, beside the outcome")


def history(state: ObjectiveState, steps: int, remapped: bool = False) -> list[Point]:
    """How an objective came to where it stands, in uneven steps over the cycle."""
    start = datetime(2026, 10, 2, 7, 30, tzinfo=UTC)
    found = []
    for i in range(steps):
        share = Fraction(i * i + 3 * i, (steps - 1) ** 2 + 3 * (steps - 1)) if steps > 1 else Fraction(1)
        at = start + (NOW - timedelta(hours=5 + int(state.id) % 40) - start) * i / max(steps - 1, 1)
        at += timedelta(hours=(i * 7) % 11) if 0 < i < steps - 1 else timedelta(0)
        values = [
            None if value is None else value * share
            for value in (state.progress, state.delivery, state.outcome)
        ]
        revision = "a90b2e5d11c8" if remapped and i < steps // 2 else REVISION
        found.append(Point(at, values[0], values[1], values[2], state.health.level.value, revision))
    return found


def seeded() -> Company:
    """The company of the pictures: three levels, every health, every kind of gap."""
    states = _states()
    saved = [
        Saved(state, REVISION, NOW - timedelta(seconds=12 + i), NOW - timedelta(seconds=41 + (i * i * 5_000)))
        for i, state in enumerate(states)
    ]
    points = {state.id: history(state, 4 + int(state.id) % 13, state.key == "GROW-4") for state in states}
    return Company(saved, points, seeded_sites())


def _states() -> list[ObjectiveState]:
    def ship(id_: int, *numbers: int, contributing: bool = False) -> KeyResultState:
        project = {1: "GROW", 2: "PLAT", 3: "CORE"}[id_ // 100 % 10]
        return delivered(str(id_), "Planned work", delivery_ledger(project, *numbers), contributing)

    return [
        objective(10_101, "GROW-1", "Customers choose us without a sales call", "Imke Sandvik", [
            metric("10111", "GROW-11", "Self-serve share of new revenue, %", "22", "31.5", "40"),
            metric("10112", "GROW-12", "Days from sign-up to first value", "9", "6.2", "4", "decrease"),
            ship(10_101, 210, 9, 4, 5),
        ]),
        objective(10_104, "GROW-4", "Onboarding explains itself", "Tomasz Okafor", [
            said(metric("10141", "GROW-41", "Activation within seven days, %", "34", "47", "55", owner="Tomasz Okafor"), "47", "1/3", "4/7"),
            said(metric("10142", "GROW-42", "Support tickets per 100 sign-ups", "18.5", "12.4", "10", "decrease"), "12.4", "7/10", "7/10"),
            metric("10143", "GROW-43", "Would recommend after week one, score", "31", None, "45"),
            ship(10_104, 240, 14, 3, 2),
        ], parent=10_101),
        objective(10_107, "GROW-7", "Checkout is finished by those who begin it", "Lina Achterberg", [
            metric("10171", "GROW-71", "Checkout completion, %", "61", "61", "72"),
            ship(10_107, 270, 12, 0, 0),
        ], parent=10_101, flags=("100 % delivered, outcome unmoved",)),
        objective(10_109, "GROW-9", "Pricing people can predict", "Lina Achterberg", [
            metric("10191", "GROW-91", "Quotes accepted unchanged, %", "40", "49", "65"),
        ], parent=10_101, commitment="aspirational"),
        objective(10_202, "PLAT-2", "The platform is boring, in the best sense", "Ravi Castellane", [
            metric("10221", "PLAT-21", "Minutes of customer-visible downtime", "140", "52", "30", "decrease"),
            metric("10222", "PLAT-22", "Change failure rate, %", "17", "11.2", "8", "decrease"),
            ship(10_202, 310, 7, 5, 6),
        ]),
        objective(10_205, "PLAT-5", "Every service deploys on the day it is merged", "Ravi Castellane", [
            metric("10251", "PLAT-51", "Services deployed by the pipeline", "11", "38", "38", "increase"),
        ], parent=10_202),
        objective(10_208, "PLAT-8", "On-call nights are quiet", "Noor Bellweather", [
            ship(10_208, 340, 4, 3, 12, contributing=True),
        ], parent=10_202),
        objective(10_302, "CORE-2", "Orders are never lost, and never twice", "Ewa Lindqvist", [
            metric("10321", "CORE-21", "Orders reconciled within an hour, %", "91", "92.1", "99.5"),
            ship(10_302, 410, 3, 2, 11),
        ]),
        objective(10_306, "CORE-6", "Know what attrition costs us", "Ewa Lindqvist", [
            metric("10361", "CORE-61", "Monthly attrition, %", "0", None, "3"),
        ], commitment="aspirational"),
    ]  # fmt: skip


def seeded_sites() -> tuple[SiteStatus, ...]:
    """One site that runs well but for a dead letter, one that is quite well."""
    buried = DeadLetter(
        "10109", "GROW-9", "Jira refused customfield_10061: “OKR health” is not on the edit screen of Epic in project GROW.",
        "Add the field to the edit screen in Jira, then retry.", NOW - timedelta(hours=2),
    )  # fmt: skip
    return (
        SiteStatus(
            "main", NOW, "https://jira.example.com", issues=48_210, last_delivery=NOW - timedelta(seconds=12), last_resync=NOW - timedelta(hours=3),
            last_recent=NOW - timedelta(minutes=2),
            newest_change=NOW - timedelta(seconds=14), drift=Drift(0, 48_210, NOW - timedelta(hours=3)), deliveries={"done": 18_402, "ignored": 2_117, "pending": 3}, due=2,
            overdue_since=NOW - timedelta(seconds=4), dead=(buried,), token_expires=NOW.date() + timedelta(days=101),
        ),
        SiteStatus(
            "partners", NOW, "https://partners.example.com", issues=1_904, last_delivery=NOW - timedelta(minutes=8), last_resync=NOW - timedelta(hours=4),
            last_recent=NOW - timedelta(minutes=3), newest_change=NOW - timedelta(minutes=9), drift=Drift(3, 1_904, NOW - timedelta(hours=4)), deliveries={"done": 611, "ignored": 24},
        ),
    )  # fmt: skip


def large(count: int) -> Company:
    """Many objectives with short histories, for measurements."""
    few = _states()
    saved = []
    for i in range(count):
        base = few[i % len(few)]
        parent = () if i % 5 == 0 else (str(50_000 + i - i % 5),)
        state = replace(base, id=str(50_000 + i), key=f"{base.project_key}-{i + 1}", aligned_to=parent)
        saved.append(Saved(state, REVISION, NOW, NOW - timedelta(minutes=i)))
    return Company(saved, {one.state.id: history(one.state, 6) for one in saved[:400]}, seeded_sites())
