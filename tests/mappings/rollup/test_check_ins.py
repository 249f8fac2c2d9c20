"""Check-ins: what is shown when a person says something else than Jira, and when the page asks. Never a silent overwrite."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mappings.explain.cause import cause
from mappings.explain.check_in import RULES, CheckIn, Measure, ShownSource, bounds, faults, rule_on
from mappings.explain.confidence import (
    Confidence,
    ConfidenceLevel,
    SpokenConfidence,
    confidence_of,
    of_points,
)
from mappings.explain.movement import objective_moved
from mappings.facts.forest import Forest
from mappings.progress.rule import measurement_of, never_measured
from mappings.rollup.check_in_override import derived_ledger, measure_of
from mappings.rollup.measurement import assess, assess_one
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from tests.examples import examples

AT = datetime(2026, 11, 10, 9, tzinfo=UTC)
TODAY = date(2026, 11, 15)
DOCS = Path(__file__).parents[3] / "docs" / "numbers.md"


def says(value: str | None, key_result: str = "1/delivery", **parts) -> CheckIn:
    given = {"measure": Measure.PROGRESS, "delta": Fraction(1, 10), "derived": Fraction(1, 2), "id": 7}
    number = None if value is None else Fraction(value)
    return CheckIn("1", key_result, value=number, by="Ada", at=AT, **{**given, **parts})


def standing(*check_ins: CheckIn) -> dict[tuple[str, str], CheckIn]:
    return {(one.objective_id, one.key_result_id): one for one in check_ins}


HALF, NEAR, FAR = Fraction(1, 2), Fraction(6, 10), Fraction(61, 100)


@pytest.mark.parametrize(
    ("check_in", "derived", "closed", "rule"),
    [
        (says("3/5"), HALF, "", "standing"),
        (says("3/5"), NEAR, "", "standing"),  # by δ exactly: not by more
        (says("3/5"), FAR, "", "derived-moved"),
        (says("3/5"), Fraction(39, 100), "", "derived-moved"),
        (says("3/5", delta=None, until=TODAY), Fraction(1), "", "standing"),  # the last day counts
        (says("3/5", delta=None, until=TODAY - timedelta(days=1)), HALF, "", "date-passed"),
        (says("3/5", until=TODAY - timedelta(days=1)), FAR, "", "derived-moved"),
        (says("3/5", derived=None), None, "", "standing"),
        (says("3/5", derived=None), Fraction(0), "", "derived-moved"),  # unknown is never 0
        (says("3/5"), None, "", "standing"),  # nothing there to take instead
        (says("3/5"), FAR, "closed as not achieved", "closed"),
        (says("41", measure=Measure.CURRENT), FAR, "", "other-measure"),
    ],
)
def test_what_is_ruled(check_in, derived, closed, rule):
    ruling = rule_on(check_in, derived, Measure.PROGRESS, TODAY, closed)
    assert ruling.rule == rule
    assert ruling.shows is RULES[rule][0]
    assert ruling.asks is (rule != "standing")
    assert "Ada" in ruling.sentence


def test_the_sentences_say_the_figures():
    far = rule_on(says("3/5", derived=Fraction(42, 100)), Fraction(58, 100), Measure.PROGRESS, TODAY)
    assert far.sentence == "The derived value moved from 42 % to 58 % since Ada’s check-in"
    close = rule_on(says("3/5", derived=Fraction(1, 3), delta=Fraction(0)), Fraction(333, 1000), Measure.PROGRESS, TODAY)  # fmt: skip
    assert "from 33.33 % to 33.30 %" in close.sentence
    late = rule_on(says("3/5", until=date(2026, 11, 1)), HALF, Measure.PROGRESS, TODAY)
    assert late.sentence == "Ada’s check-in of 60 % was meant to hold until 2026-11-01"
    assert bounds(says("3/5", until=TODAY)) == (
        "until 2026-11-15 or until the derived value, 50 % then, has moved by more than 10 points"
    )


def test_the_rules_are_documented():
    part = DOCS.read_text(encoding="utf-8").split("\n## Check-ins\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \| ([a-z_]+) \|", part, re.MULTILINE)
    assert rows == [(rule, shows.value) for rule, (shows, _) in RULES.items()]


def test_what_is_checked_in_by_kind():
    progress, reading = (
        ("delivery", "milestone"),
        ("transition", "increase", "decrease", "threshold", "baseline"),
    )
    assert {measure_of(kind).value for kind in progress} == {"progress"}
    assert {measure_of(kind).value for kind in reading} == {"current"}


@pytest.mark.parametrize(
    ("check_in", "parts"),
    [
        (says("3/5"), []),
        (says("3/5", until=TODAY, delta=None), []),
        (says("6/5"), ["value"]),
        (says("-1/5"), ["value"]),
        (says("400", measure=Measure.CURRENT), []),
        (says("3/5", delta=None), ["until"]),
        (says("3/5", until=date(2026, 11, 14)), ["until"]),
        (says("3/5", delta=Fraction(3, 2), note="x" * 2001), ["delta", "note"]),
        *((says(edge), []) for edge in ("0", "1")),
        *((says("3/5", delta=Fraction(edge)), []) for edge in (0, 1)),
        (says("3/5", delta=Fraction(-1, 100)), ["delta"]),
        (says("3/5", note="x" * 2000), []),
        (says(None, delta=None), ["value"]),
        (says(None, delta=None, note="Soon."), []),
        (says(None, delta=None, confidence=SpokenConfidence(of_points(4), "Ada", AT)), []),
    ],
)
def test_what_cannot_be_kept(check_in, parts):
    assert [part for part, _ in faults(check_in, TODAY)] == parts


@pytest.fixture
def of_stories(a_mapping, objective, key_result):
    return a_mapping(objective(key_result("delivery", id="delivery")))


@pytest.fixture
def stories(an_issue):
    epic, done, open_ = (
        an_issue(1, type="Epic"),
        an_issue(2, parent=1, status="Done"),
        an_issue(3, parent=1),
    )
    return [epic, done, open_]


def test_delivery_stands_where_it_was_checked_in_and_the_rows_say_so(of_stories, stories, now):
    before = assess(of_stories, Forest.of(stories), now)["1"]
    state = assess(of_stories, Forest.of(stories), now, standing(says("3/5", note="the last mile is long")))[
        "1"
    ]
    (found,) = state.key_results
    measured = found.measurement
    assert (state.progress, measured.progress, measured.raw) == (Fraction(3, 5),) * 3
    assert measured.reason == "check-in by Ada on 2026-11-10: 60 % instead of the derived 50 %"
    assert measured.ledger.exact
    assert measured.ledger.total == Fraction(3, 5)
    row = measured.ledger.rows[-1]
    assert (row.disposition, row.share, row.title) == (
        Disposition.CHECKED_IN,
        Fraction(1, 10),
        "Check-in by Ada",
    )
    assert "the last mile is long" in row.reason
    assert state.ledger.exact
    assert "check-in by Ada" in state.ledger.rows[0].reason
    assert state.flags == ()
    moved = objective_moved(before, state, ("r1", "r1"))
    assert sum(moved.parts.values()) == Fraction(1, 10)
    assert cause(moved) == "delivery: Ada checked in 60 %"
    back = objective_moved(state, before, ("r1", "r1"))
    assert sum(back.parts.values()) == Fraction(-1, 10)


@pytest.mark.parametrize(
    ("derived", "disposition", "share"),
    [
        (measurement_of(HALF, "half of it"), Disposition.COUNTED, HALF),
        (measurement_of(Fraction(0), "half of it"), Disposition.COUNTED, Fraction(0)),
        (never_measured("half of it"), Disposition.BESIDE, Fraction(0)),
    ],
)
def test_what_is_no_sum_of_rows_is_one_row_of_its_own(derived, disposition, share):
    row = Contribution("derived", "", "Derived from Jira", disposition, "half of it", by_status=False)
    row = replace(row, progress=derived.progress, share=share)
    assert derived_ledger(derived) == Ledger((row,), derived.progress)


def test_when_jira_moves_on_the_check_in_stays_and_asks(of_stories, stories, now):
    stories[2] = replace(stories[2], status=stories[1].status)
    state = assess(of_stories, Forest.of(stories), now, standing(says("3/5")))["1"]
    ruling = state.key_results[0].check_in
    assert (state.progress, ruling.shows, ruling.derived) == (
        Fraction(3, 5),
        ShownSource.QUESTION,
        Fraction(1),
    )
    assert state.flags == ("The derived value moved from 50 % to 100 % since Ada’s check-in (delivery)",)
    assert state.key_results[0].measurement.ledger.rows[-1].share == Fraction(-2, 5)


METRIC = {"kind": "transition", "start": "start", "current": "current", "target": "target"}


@pytest.fixture
def of_metric(a_mapping, objective, key_result):
    part = key_result(METRIC, id="metric", relation="child")
    return a_mapping(objective(part), fields=["start", "current", "target"])


def metric(an_issue, **facts):
    return [an_issue(1, type="Epic"), an_issue(2, type="Key Result", parent=1, start=31, target=45, **facts)]


def test_a_metric_is_derived_from_the_value_that_was_checked_in(of_metric, an_issue, now):
    said = says("38", "2", measure=Measure.CURRENT, derived=None)
    issues = metric(an_issue)
    before = assess(of_metric, Forest.of(issues), now)["1"].key_results[0]
    assert (before.measurement.progress, before.health.level) == (None, "pending")
    state = assess(of_metric, Forest.of(issues), now, standing(said))["1"]
    found = state.key_results[0]
    measured = found.measurement
    assert (measured.progress, measured.current, measured.measured_at) == (Fraction(1, 2), 38, AT)
    assert found.health.rule != "never-measured"
    assert measured.reason.startswith(
        "check-in by Ada on 2026-11-10: 38 instead of the derived unknown; 38 on"
    )
    assert measured.ledger.exact
    assert [row.title for row in measured.ledger.rows] == ["Derived from Jira", "Check-in by Ada"]
    assert found.check_in.derived is None
    assert (found.check_in.shows, state.progress) == (ShownSource.CHECK_IN, Fraction(1, 2))


def test_a_reading_in_jira_is_asked_about_and_never_taken_silently(of_metric, an_issue, now):
    said = says("38", "2", measure=Measure.CURRENT, derived=None)
    state = assess(of_metric, Forest.of(metric(an_issue, current=45)), now, standing(said))["1"]
    found = state.key_results[0]
    assert (found.measurement.progress, found.check_in.rule) == (Fraction(1, 2), "derived-moved")
    assert found.check_in.sentence == "The derived value moved from unknown to 100 % since Ada’s check-in"


def test_what_was_read_after_a_check_in_does_not_count_beside_it(
    a_mapping, objective, key_result, an_issue, now
):
    """In the band for the first of five days, checked in outside of it for the other four: a later reading inside changes nothing."""
    band = {"kind": "threshold", "current": "current", "at_least": 40, "score": "time_in_band"}
    mapping = a_mapping(
        objective(key_result(band, id="metric", relation="child")), fields=["start", "current", "target"]
    )
    said = replace(says("38", "2", measure=Measure.CURRENT, derived=None), at=now.now - timedelta(days=4))
    read = {"current": [(now.now - timedelta(days=5), 41), (now.now - timedelta(days=1), 45)]}
    state = assess(mapping, Forest.of(metric(an_issue, readings=read)), now, standing(said))["1"]
    assert state.key_results[0].measurement.progress == Fraction(1, 5)


def test_a_check_in_of_a_metric_goes_stale_like_a_reading(of_metric, an_issue, on_day):
    said = says("38", "2", measure=Measure.CURRENT, derived=None)
    state = assess(of_metric, Forest.of(metric(an_issue)), on_day("2026-11-25"), standing(said))["1"]
    assert state.key_results[0].health.rule == "stale"


def test_a_value_cannot_make_good_what_else_is_missing(of_metric, an_issue, now):
    said = says("38", "2", measure=Measure.CURRENT, derived=None)
    issues = metric(an_issue)
    issues[1] = replace(issues[1], fields={**issues[1].fields, "target": None})
    found = assess(of_metric, Forest.of(issues), now, standing(said))["1"].key_results[0]
    assert found.measurement.progress is None
    assert "target is missing" in found.measurement.reason
    assert found.measurement.ledger.exact


@pytest.mark.parametrize("resolution", ["Not Achieved", "Won't Do"])
def test_a_closed_key_result_stands_as_it_was_closed_and_the_page_says_so(
    of_metric, an_issue, now, resolution
):
    issues = metric(an_issue, status="Done", resolution=resolution, current=40)
    said = says("44", "2", measure=Measure.CURRENT)
    without = assess(of_metric, Forest.of(issues), now)["1"]
    state = assess(of_metric, Forest.of(issues), now, standing(said))["1"]
    found = state.key_results[0]
    assert found.measurement == without.key_results[0].measurement
    assert (found.check_in.rule, found.check_in.asks) == ("closed", True)
    assert state.progress == without.progress


def test_a_check_in_of_another_objective_or_key_result_changes_nothing(of_stories, stories, now):
    plain = assess(of_stories, Forest.of(stories), now)
    others = standing(replace(says("1"), objective_id="9"), says("1", "1/other"))
    assert assess(of_stories, Forest.of(stories), now, others) == plain


def test_a_milestone_is_checked_in_as_progress(a_mapping, objective, key_result, an_issue, now):
    mapping = a_mapping(objective(key_result("milestone", relation="child")))
    issues = [an_issue(1, type="Epic"), an_issue(2, parent=1, due=date(2026, 12, 1))]
    said = says("1/4", "2", derived=Fraction(0))
    found = assess(mapping, Forest.of(issues), now, standing(said))["1"].key_results[0]
    assert (found.measurement.progress, found.health.rule) == (Fraction(1, 4), "before-date")


SHARES = st.sampled_from(
    [Fraction(0), Fraction(1, 3), Fraction(3, 5), Fraction(1), Fraction(12, 10), Fraction(41)]
)


def test_rows_sum_whatever_is_checked_in_and_one_alone_is_what_it_is_among_all(
    a_mapping, objective, key_result, an_issue, now
):
    mapping = a_mapping(
        objective(
            key_result({"kind": "delivery", "weight": "points"}, id="delivery", select="type = Story"),
            key_result({"kind": "delivery", "count_to": 2}, id="count", select="type = Bug"),
            key_result(METRIC, id="metric", relation="child", select="type = Key Result"),
            rollup={"headline": "all"},
        ),
        fields=["points", "start", "current", "target"],
    )
    kinds, statuses = (
        st.sampled_from(["Story", "Bug", "Key Result"]),
        st.sampled_from(["To Do", "Done", "Limbo"]),
    )
    number = st.sampled_from([None, 0, 2, 5, 10])

    @settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.data())
    def holds(data):
        issues = [an_issue(1, type="Epic")]
        for id_ in range(2, 2 + data.draw(st.integers(0, 6))):
            values = {name: data.draw(number) for name in ("points", "start", "current", "target")}
            issues.append(
                an_issue(id_, type=data.draw(kinds), status=data.draw(statuses), parent=1, **values)
            )
        ids = ["1/delivery", "1/count", *(issue.id for issue in issues[1:])]
        said = {
            ("1", id_): says(
                "0", id_, measure=data.draw(st.sampled_from(Measure)), derived=data.draw(st.none() | SHARES)
            )
            for id_ in ids
        }
        said = {
            key: replace(one, value=data.draw(SHARES))
            for key, one in said.items()
            if data.draw(st.booleans())
        }
        plain = assess(mapping, Forest.of(issues), now)["1"]
        state = assess(mapping, Forest.of(issues), now, said)["1"]
        assert state.ledger.exact
        assert state.ledger.total == state.progress
        for movement in (
            objective_moved(plain, state, ("r1", "r1")),
            objective_moved(state, plain, ("r1", "r1")),
        ):
            assert sum(movement.parts.values(), Fraction(0)) == (movement.total or 0)
        for found in state.key_results:
            assert found.measurement.ledger.exact
            if found.check_in is not None and found.check_in.shows is not ShownSource.DERIVED:
                assert found.measurement.ledger.total in (None, found.measurement.progress)
            assert found.measurement.progress is None or 0 <= found.measurement.progress <= 1
        assert assess_one(mapping, Forest.of(issues), "1", now, {}, said) == state
        for one, other in ((plain, state), (state, plain)):
            movement = objective_moved(one, other, ("r1", "r1"))
            assert movement.total is None or sum(movement.parts.values()) == movement.total

    holds()


def sure(text: str, key_result: str = "1/delivery") -> CheckIn:
    spoken = SpokenConfidence(confidence_of(text), "Ada", AT)
    return CheckIn("1", key_result, Measure.PROGRESS, None, "Ada", AT, confidence=spoken)


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("2", ("people doubt it (delivery: 2 of 10, on track)",)),
        ("off", ("people doubt it (delivery: off track, on track)",)),
        ("4", ()),
        ("9", ()),
    ],
)
def test_confidence_moves_neither_progress_nor_health_and_is_said_where_it_contradicts(
    of_stories, stories, now, text, flags
):
    before = assess(of_stories, Forest.of(stories), now)["1"]
    state = assess(of_stories, Forest.of(stories), now, standing(sure(text)))["1"]
    (found,) = state.key_results
    assert (state.progress, state.health, state.ledger) == (before.progress, before.health, before.ledger)
    assert (found.check_in, found.measurement) == (None, before.key_results[0].measurement)
    assert (found.confidence.confidence, state.confidence) == (confidence_of(text),) * 2
    assert found.health.level == "on_track"
    assert state.flags == flags


def test_people_trust_what_is_off_track(of_stories, stories, now):
    late = replace(now, now=datetime(2026, 12, 31, 9, tzinfo=UTC))
    state = assess(of_stories, Forest.of([stories[0], stories[2]]), late, standing(sure("on")))["1"]
    assert state.key_results[0].health.level == "off_track"
    assert state.flags == ("people trust it (delivery: on track, off track)",)


def test_another_confidence_is_no_movement(of_stories, stories, now):
    first, second = (
        assess(
            of_stories,
            Forest.of(stories),
            now,
            standing(replace(says("3/5"), confidence=sure(text).confidence)),
        )["1"]
        for text in ("3", "8")
    )
    assert first.key_results[0].check_in == second.key_results[0].check_in
    assert objective_moved(first, second, ("r1", "r1")).rows == ()


@pytest.mark.parametrize(
    ("points", "level", "said", "kept"),
    [
        (0, "off", "0 of 10", "0"),
        (3, "off", "3 of 10", "3"),
        (4, "at", "4 of 10", "4"),
        (6, "at", "6 of 10", "6"),
        (7, "on", "7 of 10", "7"),
        (10, "on", "10 of 10", "10"),
    ],
)
def test_points_of_confidence_and_their_levels(points, level, said, kept):
    found = of_points(points)
    assert (found.level.value, found.points) == (level, points)
    assert (found.said, found.text) == (said, kept)
    bare = Confidence(ConfidenceLevel(level))
    assert (bare.said, bare.text) == ({"off": "off track", "at": "at risk", "on": "on track"}[level], level)
