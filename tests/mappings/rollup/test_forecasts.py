"""From rows, readings and cycle to the forecast of an objective: what is read of each issue, and what there is no forecast for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from mappings.explain.check_in import CheckIn, Measure
from mappings.facts.forest import Forest
from mappings.facts.issue import HISTORY
from mappings.facts.moment import Moment
from mappings.forecast.answer import Likelihood, Week
from mappings.forecast.calibration import Calibration, PastForecast, calibration
from mappings.forecast.objective import forecast, issues_of
from mappings.rollup.cycles.carry import CarriedObjective, Carries
from mappings.rollup.measurement import assess

TODAY = "2026-11-15"
LIMA = timezone(timedelta(hours=-5))


def at(text: str, hour: int = 9) -> datetime:
    return datetime.fromisoformat(text).replace(hour=hour, tzinfo=UTC)


@pytest.fixture
def told(an_issue, stand, on_day):
    """`told(mapping, issues)`: the forecast of objective 1 on this day."""

    def saying(mapping, issues, day=TODAY):
        issues = [an_issue(1, type="Epic"), *issues]
        moment = on_day(day)
        state = stand(mapping, issues, moment)["1"]
        by_id = {issue.id: issue for issue in issues}
        return forecast(mapping, state, {id_: by_id[id_] for id_ in issues_of(state) if id_ in by_id}, moment)

    return saying


@pytest.fixture
def rows(an_issue):
    """Ten rows of before the cycle; those of `done` were finished on these days."""

    def made(*done: str, count: int = 10, **facts):
        finished = [
            an_issue(100 + number, parent=1, status="Done", status_changed=at(day), **facts)
            for number, day in enumerate(done)
        ]
        return [*finished, *(an_issue(200 + number, parent=1) for number in range(count - len(done)))]

    return made


WEEKLY = ("2026-10-20", "2026-10-27", "2026-11-03", "2026-11-09", "2026-11-10", "2026-11-12")


def test_a_delivery_key_result_by_its_own_weeks(told, rows, a_mapping, objective, key_result):
    """Weeks back from 15 November: 3, 1, 1, 1, then two empty ones back to 1 October. Four to go, 6 full weeks and 5 days."""
    answer = told(a_mapping(objective(key_result("delivery"))), rows(*WEEKLY))
    one = answer.key_results[0].answer
    assert [(week.first, week.done) for week in one.work.weeks] == [
        (date(2026, 11, 8), 3),
        (date(2026, 11, 1), 1),
        (date(2026, 10, 25), 1),
        (date(2026, 10, 18), 1),
        (date(2026, 10, 11), 0),
        (date(2026, 10, 4), 0),
    ]
    assert (one.work.rows, one.work.finished, one.work.goal, one.work.days) == (10, 6, 10, 47)
    assert (answer.probability, answer.last) == (one.probability, date(2026, 12, 31))
    assert answer.sentence.startswith("at most ")
    assert answer.sentence.endswith(": delivery")


@pytest.mark.parametrize(
    ("zone", "weeks"),
    [(UTC, [(date(2026, 11, 8), 0), (date(2026, 11, 1), 1)]), (LIMA, [(date(2026, 11, 8), 0), (date(2026, 11, 1), 1)]), (ZoneInfo("Pacific/Auckland"), [(date(2026, 11, 9), 0), (date(2026, 11, 2), 1)])],
)  # fmt: skip
def test_days_are_those_of_the_mapping(told, an_issue, rows, a_mapping, objective, key_result, zone, weeks):
    """Saturday noon (UTC) is Saturday in Lima and Sunday in Auckland, where it is Monday by now."""
    late = an_issue(300, parent=1, status="Done", status_changed=at("2026-11-07", 12))
    mapping = a_mapping(objective(key_result("delivery")), zone=zone)
    found = told(mapping, [*rows(), late])
    work = found.key_results[0].answer.work
    assert [(week.first, week.done) for week in work.weeks[:2]] == weeks


def test_a_finish_is_the_last_change_of_the_category_else_the_resolution(
    told, an_issue, rows, a_mapping, objective, key_result
):
    """Data Center has no change of category; a status that is done with neither is finished on a day that nobody knows."""
    odd = [
        an_issue(300, parent=1, status="Done", status_changed=at("2026-11-12"), resolved=at("2026-10-08")),
        an_issue(301, parent=1, status="Done", resolved=at("2026-11-05")),
        an_issue(302, parent=1, status="Done"),
        an_issue(303, parent=1, status="In Progress", status_changed=at("2026-11-12")),
    ]
    work = told(a_mapping(objective(key_result("delivery"))), [*rows(), *odd]).key_results[0].answer.work
    assert [week.done for week in work.weeks] == [1, 1, 0, 0, 0, 0]
    assert (work.finished, work.undated, work.by_resolution) == (3, 1, 1)


def test_only_counted_rows_are_items(told, an_issue, rows, a_mapping, objective, key_result):
    """Duplicates leave, a status without category is not counted, an issue above selected ones is measured by them."""
    others = [
        an_issue(300, parent=1, status="Done", resolution="Duplicate", status_changed=at("2026-11-12")),
        an_issue(301, parent=1, status="Limbo"),
        an_issue(302, parent=1, status="Done", status_changed=at("2026-11-12")),
        an_issue(303, parent=302),
        an_issue(304, parent=1, status="Done", resolution="Not Achieved", status_changed=at("2026-11-12")),
        an_issue(305, parent=1, points=0),
    ]
    mapping = a_mapping(objective(key_result({"kind": "delivery", "weight": "points"})), fields=["points"])
    work = told(mapping, [*rows(points=1), *others]).key_results[0].answer.work
    assert (work.rows, work.finished, work.missed) == (12, 0, 1)
    assert work.weeks[0] == Week(date(2026, 11, 8), 1, 0)


def test_a_fixed_number_is_the_goal(told, rows, a_mapping, objective, key_result):
    mapping = a_mapping(
        objective(key_result({"kind": "delivery", "count_to": 12}), commitment="aspirational")
    )
    work = told(mapping, rows(*WEEKLY)).key_results[0].answer.work
    assert (work.count_to, work.goal) == (12, 9)  # ⌈0.7 × 12⌉


def test_what_was_done_in_an_earlier_cycle_is_off_the_fixed_number(
    an_issue, on_day, rows, a_mapping, objective, key_result
):
    """Two of the six that are done counted in the cycle before: 10 of 12 are left to aim at."""
    mapping, moment = a_mapping(objective(key_result({"kind": "delivery", "count_to": 12}))), on_day(TODAY)
    issues = {one.id: one for one in (an_issue(1, type="Epic"), *rows(*WEEKLY))}
    before = CarriedObjective("1", "2026-Q4", {"1/delivery": dict.fromkeys(("100", "101"), "2026-Q3")}, {})
    carries = Carries(brought={("1", "2026-Q4"): before})
    state = assess(mapping, Forest.of(issues.values()), moment, carries=carries)["1"]
    told = forecast(mapping, state, {id_: issues[id_] for id_ in issues_of(state) if id_ in issues}, moment)
    work = told.key_results[0].answer.work
    assert (work.count_to, work.goal, work.finished) == (10, 10, 4)


METRIC = {"kind": "transition", "start": "start", "current": "current", "target": "target"}


@pytest.fixture
def metric(an_issue, a_mapping, objective, key_result):
    """An objective with one metric whose field held these values since these days."""

    def made(readings, progress=METRIC, start=10, target=28, **facts):
        found = [(at(day), value) for day, value in readings]
        current = found[-1][1] if found else None
        issue = an_issue(
            7,
            type="KR",
            parent=1,
            start=start,
            target=target,
            current=current,
            readings={"current": found},
            **facts,
        )
        rule = key_result(progress, select="type = KR", **{"as": "each_issue"})
        return a_mapping(objective(rule), fields=["start", "current", "target"]), [issue]

    return made


READ = [
    ("2026-10-28", 10),
    ("2026-11-01", 3),
    ("2026-11-01", 12),
    ("2026-11-05", 13),
    ("2026-11-09", 17),
    ("2026-11-13", 18),
    ("2026-11-13", None),
]
"""By day 10, 12, 13, 17, 18 at x = −18 … −2: slope 1/2, 19 today; an empty field is no reading, and the last of a day counts."""


def test_a_metric_by_the_line_through_its_readings(told, metric):
    mapping, issues = metric([*READ[:-1]])
    one = told(mapping, issues).key_results[0]
    assert (one.name, one.answer.trend.slope, one.answer.trend.level) == ("PLAT-7", Fraction(1, 2), 19)
    # 46 days to go: 19 + 46 s reaches 28 with s ≥ 9/46, which is less than the least slope, 1/4.
    assert one.answer.probability == 1
    assert one.answer.likely_by == date(2026, 12, 3)


def test_an_empty_field_is_no_reading(told, metric):
    mapping, issues = metric([*READ, ("2026-11-14", 18)])
    trend = told(mapping, issues).key_results[0].answer.trend
    assert (trend.readings, trend.last_reading) == (6, date(2026, 11, 14))


def test_a_field_that_never_changed_is_one_reading(told, metric, an_issue, a_mapping):
    mapping, (issue,) = metric([])
    issue = an_issue(7, type="KR", parent=1, start=10, target=28, current=12)
    answer = told(mapping, [issue]).key_results[0].answer
    assert answer.sentence == (
        "not enough data: 4 days with a reading are missing (1 of 5); "
        "14 days between the first reading and the last are missing (0 of 14)"
    )


@pytest.mark.parametrize(
    ("progress", "facts", "reason"),
    [
        (METRIC, {"target": None}, 'target is missing: field "target" is empty'),
        (METRIC, {"unknowns": {HISTORY: "its history is too long"}, "readings": {}}, "its readings cannot be had: its history is too long"),
        ({"kind": "baseline", "current": "current"}, {"current": None, "readings": {}}, "no forecast for this kind: it is reached or it is not, and no pace leads there"),
        ({"kind": "milestone"}, {}, "no forecast for this kind: it is reached or it is not, and no pace leads there"),
        ({"kind": "threshold", "current": "current", "at_least": 20, "score": "time_in_band"}, {}, "no forecast for a share of the time: no single day decides it"),
        (METRIC, {"status": "Done", "resolution": "Not Achieved"}, "closed as Not Achieved: not achieved, counts as 0"),
    ],
)  # fmt: skip
def test_what_there_is_no_forecast_for_says_why(told, metric, an_issue, progress, facts, reason):
    mapping, _ = metric(READ[:-1], progress)
    given = {"start": 10, "target": 28, "current": 18, "readings": {"current": [(at(day), value) for day, value in READ[:-1]]}}  # fmt: skip
    issue = an_issue(7, type="KR", parent=1, **{**given, **facts})
    found = told(mapping, [issue])
    assert (found.probability, found.key_results[0].answer.sentence) == (None, reason)
    assert found.sentence == "none of its key results can be forecast"


def test_a_band_is_aimed_at_on_the_last_day(told, metric):
    """Slope 1/2 from 19: on 31 December, 46 days on, between 30.5 (1/4) and 65 (1)."""
    band = {"kind": "threshold", "current": "current", "at_least": 40, "at_most": 45, "tolerance": 30}
    mapping, issues = metric(READ[:-1], band)
    answer = told(mapping, issues).key_results[0].answer
    # 40 ≤ 19 + 46 s ≤ 45: 21/46 = 0.457 ≤ s ≤ 0.565 = 26/46. Three slopes of 1/2.
    assert (answer.probability, answer.likely_by) == (Fraction(3, 10), date(2026, 12, 27))


def test_where_progress_says_achieved_it_is_reached(told, metric):
    mapping, issues = metric([*READ[:-1], ("2026-11-14", 28)])
    found = told(mapping, issues)
    assert found.key_results[0].answer.sentence == "reached"
    assert (found.sentence, found.probability, found.reached) == ("reached", 1, True)


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2026-09-30", "its cycle begins on 2026-10-01"),
        ("2027-01-01", "its cycle ended on 2026-12-31"),
    ],
)
def test_outside_of_its_cycle_there_is_none(told, rows, a_mapping, objective, key_result, day, reason):
    found = told(a_mapping(objective(key_result("delivery"))), rows(*WEEKLY), day)
    assert (found.sentence, found.key_results, found.probability) == (reason, (), None)


def test_without_a_cycle_nothing_says_by_when(told, rows, a_mapping, objective, key_result):
    found = told(a_mapping(objective(key_result("delivery"), cycle=None)), rows(*WEEKLY))
    assert found.sentence == "it runs in no cycle, so nothing says by when"


def test_an_objective_is_as_likely_as_its_least_likely_key_result(
    told, an_issue, a_mapping, objective, key_result
):
    """Two metrics and one without readings contribute; delivery stands beside, whatever is said of it."""
    readings = [(at(day), value) for day, value in READ[:-1]]
    facts = {"type": "KR", "parent": 1, "start": 10, "current": 18}
    issues = [
        an_issue(
            7, **facts, target=45, readings={"current": readings}
        ),  # 19 + 46 s ≥ 45: s ≥ 26/46, four of ten
        an_issue(8, **facts, target=28, readings={"current": readings}),
        an_issue(9, **facts, target=28),
        an_issue(10, parent=1),
    ]
    metric = key_result(METRIC, select="type = KR", **{"as": "each_issue"})
    mapping = a_mapping(
        objective(metric, key_result("delivery", select="type = Story")),
        fields=["start", "current", "target"],
    )
    found = told(mapping, issues)
    assert [(one.name, one.contributing) for one in found.key_results] == [
        ("PLAT-7", True), ("PLAT-8", True), ("PLAT-9", True), ("delivery", False)
    ]  # fmt: skip
    assert (found.probability, found.level) == (Fraction(4, 10), Likelihood.OPEN)
    assert found.sentence == "at most 40 %: PLAT-7 (2 of 3 forecast)"


def test_a_check_in_is_told_beside_a_forecast_from_what_jira_holds(
    an_issue, rows, a_mapping, objective, key_result, now
):
    """Ninety per cent are said instead of the derived sixty: the weeks stay those of the issues."""
    mapping = a_mapping(objective(key_result("delivery")))
    issues = [an_issue(1, type="Epic"), *rows(*WEEKLY)]
    said = CheckIn(
        "1", "1/delivery", Measure.PROGRESS, Fraction(9, 10), "Ada", at("2026-11-14"),
        delta=Fraction(1, 10), derived=Fraction(6, 10), id=1,
    )  # fmt: skip
    by_id = {issue.id: issue for issue in issues}
    with_it, without = (
        forecast(mapping, assess(mapping, Forest.of(issues), now, check_ins)["1"], by_id, now)
        .key_results[0]
        .answer
        for check_ins in ({("1", "1/delivery"): said}, {})
    )
    assert without.probability is not None
    assert (with_it.probability, with_it.work) == (without.probability, without.work)
    assert with_it.notes == ("a check-in stands for its number; the forecast goes by what Jira holds",)
    assert without.notes == ()


def test_an_objective_without_key_results_has_none(told, a_mapping, objective, key_result):
    rule = key_result(METRIC, select="type = KR", **{"as": "each_issue"})
    mapping = a_mapping(objective(rule), fields=["start", "current", "target"])
    assert told(mapping, []).sentence == "no key result makes its number"


def test_a_forecast_never_moves_health(told, rows, stand, an_issue, a_mapping, objective, key_result, now):
    """The state is the same whatever day each row was finished on."""
    mapping = a_mapping(objective(key_result("delivery")))
    early, late = rows(*WEEKLY), rows(*("2026-10-02",) * 6)
    states = [stand(mapping, [an_issue(1, type="Epic"), *some], now)["1"] for some in (early, late)]
    assert states[0].health == states[1].health
    assert told(mapping, early).probability != told(mapping, late).probability


def test_calibration_is_the_share_that_came_true_of_each_level():
    """Three forecasts of likely (85, 90 and 95 %) of two key results, two of which came true; one of unlikely, which did not."""
    told = [
        PastForecast("a", Fraction(85, 100), True),
        PastForecast("a", Fraction(90, 100), True),
        PastForecast("b", Fraction(95, 100), False),
        PastForecast("b", Fraction(20, 100), False),
    ]
    assert calibration(told) == (
        Calibration(Likelihood.LIKELY, 3, 2, Fraction(9, 10), Fraction(2, 3)),
        Calibration(Likelihood.UNLIKELY, 1, 1, Fraction(1, 5), Fraction(0)),
    )
    assert calibration(
        [PastForecast("a", Fraction(1, 2), True, days=3), PastForecast("b", Fraction(6, 10), False)]
    ) == (Calibration(Likelihood.OPEN, 4, 2, Fraction(21, 40), Fraction(3, 4)),)
    assert calibration([]) == ()


def test_a_moment_is_a_day_of_the_mapping(a_mapping, objective, key_result, an_issue, stand):
    """At eleven at night of 31 December in Lima the cycle still runs; in UTC it is over."""
    moment = Moment(datetime(2027, 1, 1, 4, tzinfo=UTC))
    for zone, ended in ((LIMA, False), (UTC, True)):
        mapping = a_mapping(objective(key_result("delivery")), zone=zone)
        state = stand(mapping, [an_issue(1, type="Epic"), an_issue(2, parent=1)], moment)["1"]
        assert forecast(mapping, state, {}, moment).reason == (
            "its cycle ended on 2026-12-31" if ended else ""
        )
