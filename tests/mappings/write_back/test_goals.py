"""The Atlassian goal as a target: what is posted for which number and health, when, and when it waits for a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mappings.document.checks.write_back import check_basis
from mappings.document.text.source import read_document
from mappings.facts.goal import Goal, GoalBoard, GoalMetric, GoalUpdate, NamedGoal, goal_key
from mappings.facts.moment import Moment
from mappings.rollup.state import Cause, Measurement
from mappings.write_back.desired_values import desired_values
from mappings.write_back.plan import Change
from mappings.write_back.target import WriteBasis
from mappings.write_back.targets import goal, place_of, writings_of

PAGES = "https://okr.acme.example"
GOALS = (NamedGoal("ari:1", "HELLO-1"), NamedGoal("ari:2", "HELLO-2"))
SCORED, SIMPLE = GoalBoard("OKR", GOALS), GoalBoard("SIMPLE", GOALS)
SAID = {"goal": "HELLO-1", "id": "ari:1", "status": "at_risk", "score": 45, "summary": "45 % · at risk"}
LISTED = {"goals": {"PLAT-100": "HELLO-1"}}


def raw(
    make: SimpleNamespace, state: Any, board: GoalBoard | None, said: object = LISTED, **fields: object
) -> Any:
    mapping = make.mapping({"target": "objective", "goal": said})
    found = desired_values(
        mapping, state, lambda id_: make.issue(id_, fields=fields), WriteBasis(3, PAGES, goals=board)
    )
    return [one.raw for one in found if one.place is goal.PLACE]


@pytest.mark.parametrize(
    ("progress", "level", "by_progress", "by_health", "simple"),
    [
        ("0.85", "on_track", ("on_track", 85), ("on_track", 85), "on_track"),
        ("0.45", "at_risk", ("at_risk", 45), ("at_risk", 50), "at_risk"),
        ("0.85", "at_risk", ("on_track", 85), ("at_risk", 50), "at_risk"),
        ("0.344", "off_track", ("off_track", 34), ("off_track", 15), "off_track"),
        ("0.35", "on_track", ("at_risk", 35), ("on_track", 85), "on_track"),
        ("0.644", "on_track", ("at_risk", 64), ("on_track", 85), "on_track"),
        ("0.65", "on_track", ("on_track", 65), ("on_track", 85), "on_track"),
        ("0.999", "on_track", ("on_track", 99), ("on_track", 85), "on_track"),
        ("1", "achieved", ("on_track", 100), ("on_track", 85), "on_track"),
        ("0", "off_track", ("off_track", None), ("off_track", 15), "off_track"),
        ("0", "on_track", ("pending", None), ("on_track", 85), "on_track"),
        ("0.2", "pending", ("pending", None), ("pending", None), "pending"),
        (None, "at_risk", None, ("at_risk", 50), "at_risk"),
        ("0.5", "unknown", None, None, None),
        (None, "unknown", None, None, None),
    ],
)
def test_status_and_score_follow_the_way_the_site_scores(
    make: SimpleNamespace, progress: Any, level: str, by_progress: Any, by_health: Any, simple: Any
) -> None:
    state = make.objective(progress=progress, level=level)
    for wanted, board, said in (
        (by_progress, SCORED, LISTED),
        (by_health, SCORED, {**LISTED, "score": "health"}),
        (simple and (simple, None), SIMPLE, LISTED),
    ):
        found = [(one["status"], one.get("score")) for one in raw(make, state, board, said)]
        assert found == ([] if wanted is None else [wanted]), (board.scoring, said)


def test_what_was_achieved_is_done_once_the_cycle_is_closed(make: SimpleNamespace) -> None:
    mapping = make.mapping({"target": "objective", "goal": LISTED})
    for level, closed, status in (
        ("achieved", ("100",), "done"),
        ("achieved", (), "on_track"),
        ("achieved", ("101",), "on_track"),
        ("off_track", ("100",), "on_track"),
    ):
        basis = WriteBasis(3, PAGES, goals=SCORED, closed=frozenset(closed))
        found = desired_values(mapping, make.objective(progress="1", level=level), make.issue, basis)
        [said] = [one.raw for one in found if one.place is goal.PLACE]
        assert (said["status"], "score" in said) == (status, status != "done")


def test_the_words_say_number_and_health_and_nothing_that_the_calendar_moves(make: SimpleNamespace) -> None:
    state = make.objective(progress="0.625", level="at_risk")
    [made] = raw(make, state, SCORED)
    assert made == {
        "goal": "HELLO-1",
        "id": "ari:1",
        "status": "at_risk",
        "score": 63,
        "summary": "63 % · at risk",
        "url": f"{PAGES}/why/100",
    }
    later = make.objective(progress="0.625", level="at_risk", expected=None)
    assert raw(make, later, SCORED) == [made]


@pytest.mark.parametrize(
    ("said", "held", "named"),
    [
        ("okr_summary", "HELLO-2", ["HELLO-2"]),
        ("okr_summary", "https://home.atlassian.com/o/1/s/2/goal/HELLO-2", ["HELLO-2"]),
        ("okr_summary", "HELLO-9", []),
        ("okr_summary", "our big goal", []),
        ("okr_summary", None, []),
        ("okr_summary", 5, []),
        ("okr_summary", [{"id": "ari:2"}], ["HELLO-2"]),
        ("okr_summary", [{"id": "ari:1"}, {"id": "ari:2"}], []),
        ("okr_summary", [{"id": "ari:9"}], []),
        ("okr_summary", [], []),
        ({"field": "okr_summary", "goals": {"PLAT-100": "HELLO-1"}}, "HELLO-2", ["HELLO-1"]),
        ({"field": "okr_summary", "goals": {"PLAT-7": "HELLO-1"}}, "HELLO-2", ["HELLO-2"]),
        ({"goals": {"100": "hello-1"}}, None, ["HELLO-1"]),
    ],
)
def test_a_list_names_the_goal_or_a_field_does(
    make: SimpleNamespace, said: Any, held: object, named: list[str]
) -> None:
    state = make.objective(progress="0.5", level="at_risk")
    assert [one["goal"] for one in raw(make, state, SCORED, said, customfield_10062=held)] == named


def test_nothing_is_guessed_where_the_site_was_not_asked_or_does_not_say(make: SimpleNamespace) -> None:
    state = make.objective(progress="0.5", level="at_risk")
    assert [raw(make, state, board) for board in (None, GoalBoard(None, GOALS), GoalBoard("OKR"))] == [[]] * 3


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("HELLO-123", "HELLO-123"),
        (" hello-123 ", "HELLO-123"),
        ("https://home.atlassian.com/o/7/s/9/goal/HELLO-123", "HELLO-123"),
        ("https://home.atlassian.com/o/7/s/9/goal/HELLO-123/updates?x=1", "HELLO-123"),
        ("https://acme.atlassian.net/goals/HELLO-123", "HELLO-123"),
        ("https://acme.atlassian.net/browse/HELLO-123", None),
        ("HELLO-0", None),
        ("HELLO", None),
        ("see HELLO-123", None),
        ("", None),
    ],
)
def test_a_goal_is_named_by_key_or_address(text: str, key: str | None) -> None:
    assert goal_key(text) == key


def a_change(**after: object) -> Change:
    return Change("100", "PLAT-100", "goal:okr", "", None, {**SAID, **after}, "")


NOW = datetime(2026, 11, 9, 23, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("today", "after", "zone", "until"),
    [
        ([], {}, UTC, None),
        ([{}], {"score": 50}, UTC, datetime(2026, 11, 10, tzinfo=UTC)),
        ([{}], {"score": 50}, BERLIN, datetime(2026, 11, 11, tzinfo=BERLIN)),
        ([{}], {"status": "on_track"}, UTC, None),
        ([{}, {"status": "on_track"}], {}, UTC, datetime(2026, 11, 10, tzinfo=UTC)),
        ([{"id": "ari:2"}], {}, UTC, None),
    ],
)
def test_once_a_local_day_and_goal_and_twice_where_the_status_changed(
    today: list[dict[str, object]], after: dict[str, object], zone: Any, until: datetime | None
) -> None:
    posted = [{**SAID, **one} for one in today]
    assert goal.TARGET.turn(a_change(**after), posted, Moment(NOW, zone)) == until


THEIRS = {**SAID, "status": "off_track", "score": 10, "summary": "Blocked", "by": "Kim", "at": "2026-11-09T12:00:00+00:00"}  # fmt: skip


@pytest.mark.parametrize(
    ("found", "last", "released", "waits"),
    [
        (None, SAID, None, False),
        ({**SAID, "by": "OKR Connector", "at": "2026-11-09T12:00:00+00:00"}, SAID, None, False),
        (THEIRS, None, None, False),
        (THEIRS, {**SAID, "id": "ari:2"}, None, False),
        (THEIRS, SAID, None, True),
        (THEIRS, SAID, datetime(2026, 11, 9, 11, tzinfo=UTC), True),
        (THEIRS, SAID, datetime(2026, 11, 9, 13, tzinfo=UTC), False),
        ({**THEIRS, "at": None}, SAID, datetime(2026, 11, 9, 13, tzinfo=UTC), True),
        ({**SAID, "score": 5}, SAID, None, True),
    ],
)
def test_another_hand_after_ours_is_let_stand_until_somebody_lets_go(
    found: object, last: object, released: datetime | None, waits: bool
) -> None:
    why = goal.TARGET.verdict(a_change(), found, last, released)
    assert bool(why) is waits
    if found is THEIRS and waits:
        assert why == 'Kim posted on HELLO-1 after us: off track 10 "Blocked". Nothing is posted there until this is released.'  # fmt: skip


@pytest.mark.parametrize(
    ("failed", "waits"),
    [
        (None, False),
        (datetime(2026, 11, 9, 11, tzinfo=UTC), True),
        (datetime(2026, 11, 9, 13, tzinfo=UTC), False),
    ],
)
def test_what_was_posted_after_a_try_that_may_have_arrived_is_let_stand(
    failed: datetime | None, waits: bool
) -> None:
    """It was posted at 12."""
    assert bool(goal.TARGET.verdict(a_change(), THEIRS, None, None, failed)) is waits


def test_what_is_sent_and_what_is_read_again_are_the_same() -> None:
    [(_, writing)] = writings_of([a_change(url=f"{PAGES}/why/100")])
    assert (writing.request.to, writing.request.method, writing.request.path) == ("goals", "POST", "update")
    assert writing.request.body == {**SAID, "url": f"{PAGES}/why/100"}
    [asked] = goal.TARGET.readings({"100": ["goal:okr"]}, lambda _issue, _place: SAID)
    assert asked.params == {"issue": "100", "place": "goal:okr", "goal": "ari:1"}
    update = GoalUpdate("u", NOW, "1", "OKR Connector", "at_risk", 45, "45 % · at risk — why?")
    answer = Goal("ari:1", "HELLO-1", "Be there", "", "at_risk", "OKR", latest=update)
    read = goal.TARGET.found(asked, answer)
    assert read == {"100": {"goal:okr": {**SAID, "by": "OKR Connector", "at": NOW.isoformat()}}}
    assert goal.PLACE.equal(read["100"]["goal:okr"], SAID)
    assert goal.TARGET.found(asked, None) == {}
    assert goal.TARGET.found(asked, "a proxy") is None
    assert list(goal.TARGET.readings({"100": ["goal:okr"]}, lambda _issue, _place: None)) == []


@pytest.mark.parametrize(
    ("before", "after", "step"),
    [
        (None, SAID, 'HELLO-1: nothing → at risk 45 "45 % · at risk"'),
        (SAID, {**SAID, "status": "pending", "score": None, "summary": "0 % · pending"}, 'HELLO-1: at risk 45 "45 % · at risk" → pending "0 % · pending"'),
    ],
)  # fmt: skip
def test_a_step_is_told_in_words(before: object, after: object, step: str) -> None:
    assert goal.PLACE.step(before, after) == step


def measured(
    start: Any = None, current: Any = None, target: Any = None, progress: Any = "0.5"
) -> Measurement:
    numbers = [None if one is None else Fraction(str(one)) for one in (start, current, target, progress)]
    first, now, last, share = numbers
    return Measurement(share, share, Cause.MEASURED, "", start=first, current=now, target=last)


@pytest.mark.parametrize(
    ("measurement", "metric"),
    [
        (measured(99.5, 99.8, 99.95), ("NUMERIC", 99.5, 99.8, 99.95)),
        (measured(84, 46, 20), ("NUMERIC", 84.0, 46.0, 20.0)),
        (measured(0, None, 10), ("PERCENTAGE", 0.0, 50.0, 100.0)),
        (measured(3, 3, 3), ("PERCENTAGE", 0.0, 50.0, 100.0)),
        (measured(progress="0.999"), ("PERCENTAGE", 0.0, 99.0, 100.0)),
        (measured(progress=None), None),
    ],
)
def test_a_key_result_is_one_metric_by_what_it_is_measured_by(
    make: SimpleNamespace, measurement: Measurement, metric: Any
) -> None:
    state = make.objective(
        progress="0.5",
        level="at_risk",
        key_results=(replace(make.key_result("200"), measurement=measurement),),
    )
    mapping = make.mapping({"target": "objective", "goal": LISTED})
    found = desired_values(mapping, state, make.issue, WriteBasis(3, PAGES, goals=SCORED))
    shown = [metric for one in found if one.place is goal.METRICS for metric in one.raw["metrics"].values()]
    wanted = [] if metric is None else [metric]
    assert [(one["type"], one["start"], one["value"], one["target"]) for one in shown] == wanted


ONE = {"name": "Availability", "start": 0.0, "target": 10.0, "value": 3.0}


def test_metrics_are_sent_and_read_by_their_origin_and_tell_what_differs() -> None:
    before = {"goal": "HELLO-1", "id": "ari:1", "metrics": {"200": ONE, "201": {**ONE, "name": "Left"}}}
    after = {**before, "metrics": {"200": {**ONE, "value": 4.5}, "202": {**ONE, "name": "New"}}}
    change = Change("100", "PLAT-100", "goal:metrics", "", before, after, "")
    [(_, writing)] = writings_of([change])
    assert (writing.request.method, writing.request.path, writing.request.to) == ("PUT", "metrics", "goals")
    assert writing.request.body == {**after, "left": ["201"], "issue": "100"}
    assert goal.METRICS.step(before, after) == "HELLO-1: Availability 3 → 4.5, Left 3 → none, New none → 3"
    assert not goal.METRICS.equal(before, after)
    [asked] = goal.TARGET.readings({"100": ["goal:metrics"]}, lambda _issue, _place: before)
    theirs = GoalMetric("t1", "m1", "Kim's", ("MANUAL", ""), 0.0, 1.0, 1.0)
    ours = GoalMetric("t2", "m2", "Renamed", ("jira-okr", "200"), 0.0, 10.0, 3.0)
    answer = Goal("ari:1", "HELLO-1", "Be there", "", "at_risk", "OKR", metrics=(theirs, ours))
    read = goal.TARGET.found(asked, answer)
    assert read is not None
    assert goal.METRICS.equal(read["100"]["goal:metrics"], {**before, "metrics": {"200": ONE}})
    assert goal.TARGET.turn(change, [after], Moment(NOW)) is None
    assert not goal.TARGET.looks_first(change)
    assert goal.TARGET.looks_first(a_change())


HEAD = """
version: 1
name: okr
scope: project = PLAT
fields: {goal: {id: customfield_10062}}
objectives:
  - {id: epics, select: issuetype = Epic, key_results: [{id: all, select: issuetype = Story, progress: {kind: delivery}}]}
write_back:
"""


SENSELESS = [
        ("  - {target: key_result, goal: goal}", "wrong-subject", "`goal`"),
        ("  - {target: objective, goal: {score: health}}", "no-goal-named", "which goal"),
        ("  - {target: objective, goal: {goals: {PLAT-1: our goal}}}", "wrong-value", "HELLO-123"),
        ("  - {target: objective, goal: {goals: {PLAT-1: A-1, PLAT-2: a-1}}}", "two-writers", "PLAT-1"),
        ("  - {target: objective, goal: goal}\n  - {target: objective, goal: goal}", "two-writers", "twice"),
        ("  - {target: objective, goal: nothing}", "unknown-alias", "nothing"),
        ("  - {target: objective, goal: goal, set: {goal: {value: summary}}}", "target-is-source", "goal"),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "code", "says"), SENSELESS)
def test_what_makes_no_sense_is_refused_at_its_place(rules: str, code: str, says: str) -> None:
    [found] = [one for one in read_document(HEAD + rules).diagnostics if str(one.severity) == "error"]
    assert found.code == code
    assert says in f"{found.message} {found.remedy} {found.valid}"


@pytest.mark.parametrize(
    ("basis", "codes"),
    [
        (WriteBasis(2), ["no-goals"]),
        (WriteBasis(3, goals=GoalBoard(problem="No Goals here.")), ["no-goals"]),
        (WriteBasis(3, goals=SCORED), ["unknown-goal"]),
        (WriteBasis(3), []),
    ],
)
def test_what_the_site_lacks_is_said(basis: WriteBasis, codes: list[str]) -> None:
    rule = "  - {target: objective, goal: {goals: {PLAT-1: HELLO-1, PLAT-2: HELLO-7}}}"
    assert [one.code for one in check_basis(read_document(HEAD + rule).require(), basis)] == codes


def test_what_clears_is_not_posted_and_those_after_it_are() -> None:
    cleared, posted = replace(a_change(), after=None), a_change(url=f"{PAGES}/why/100")
    found = list(goal.TARGET.writings([cleared, posted]))
    assert [one.changes for one in found] == [(posted,)]


def test_the_place_is_for_ever() -> None:
    assert place_of("goal:okr", {}.get) is goal.PLACE
    assert place_of("goal:metrics", {}.get) is goal.METRICS
    assert place_of("goal:of the future", {}.get) is None
