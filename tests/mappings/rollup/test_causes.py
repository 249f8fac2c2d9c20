"""Why it moved is taken from what the number depends on: literal movements of what the rules measure."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from mappings.explain.cause import cause, part_words
from mappings.explain.check_in import CheckIn, Measure
from mappings.explain.movement import MovementPart, objective_moved
from mappings.facts.forest import Forest
from mappings.rollup.measurement import assess
from mappings.rollup.rows.stages import is_retargeted
from mappings.rollup.state import Cause as MeasuredBy
from mappings.rollup.state import Measurement

F = Fraction
METRIC = {"kind": "transition", "start": "start", "current": "current", "target": "target"}
FIELDS = ("start", "current", "target", "low", "high", "points", "weight")


@pytest.fixture
def explained(a_mapping, objective, key_result, an_issue, now):
    """The movement of the objective between two lists of issues: its parts that are not 0, its rows and its cause."""

    def between(parts, before, after, *, check_ins=({}, {}), moments=(now, now), **rollup):
        mapping = a_mapping(
            objective(*(key_result(progress, **one) for progress, one in parts), rollup=rollup), fields=FIELDS
        )
        epic = an_issue(1, type="Epic")
        old, new = (
            assess(mapping, Forest.of([epic, *issues]), at, said)["1"]
            for issues, at, said in zip((before, after), moments, check_ins, strict=True)
        )
        movement = objective_moved(old, new, ("r1", "r1"))
        assert movement.total == new.progress - old.progress == sum(movement.parts.values())
        told = {part.value: value for part, value in movement.parts.items() if value}
        return told, [(row.key, row.part.value, row.effect) for row in movement.rows], cause(movement)

    return between


@pytest.fixture
def metric(an_issue):
    def issue(id_=2, **facts):
        return an_issue(id_, type="Key Result", parent=1, **facts)

    return issue


def test_a_status_moves_no_metric(explained, metric):
    before = metric(start=0, current=30, target=100, status="To Do")
    after = metric(start=0, current=42, target=100, status="Done")
    assert explained([(METRIC, {"select": "type = Key Result"})], [before], [after]) == (
        {"progressed": F(12, 100)},
        [("PLAT-2", "progressed", F(12, 100))],
        "PLAT-2 reading 30 → 42",
    )


def test_a_mean_of_rows_that_all_stand_alike_is_no_minimum(explained, metric):
    """Before and after the number is what the least of them has as well."""
    before = [metric(id_, start=0, current=20, target=100) for id_ in (2, 3)]
    after = [metric(id_, start=0, current=60, target=100) for id_ in (2, 3)]
    told, rows, _ = explained([(METRIC, {"select": "type = Key Result"})], before, after)
    assert told == {"progressed": F(2, 5)}
    assert rows == [("PLAT-2", "progressed", F(1, 5)), ("PLAT-3", "progressed", F(1, 5))]


def test_a_status_moves_a_milestone(explained, metric):
    found = explained(
        [("milestone", {"select": "type = Key Result"})], [metric(status="To Do")], [metric(status="Done")]
    )
    assert found == ({"progressed": F(1)}, [("PLAT-2", "progressed", F(1))], "PLAT-2 moved to Done")


def test_the_mean_of_its_sub_tasks_is_not_moved_by_the_status_of_their_parent(explained, an_issue):
    def rows(status, done):
        yield an_issue(2, parent=1, status=status)
        yield an_issue(3, type="Sub-task", parent=2, status="Done")
        yield an_issue(4, type="Sub-task", parent=2, status="Done" if done else "To Do")

    parts = [("delivery", {"select": "type = Story", "subtasks": "through_parent"})]
    told = explained(parts, rows("To Do", False), rows("In Review", True))
    assert told == (
        {"progressed": F(1, 2)},
        [("PLAT-2", "progressed", F(1, 2))],
        "PLAT-2 progress 50 % → 100 %",
    )


BASELINE = {"kind": "baseline", "current": "current", "start": "start", "target": "target"}
BAND = {"kind": "threshold", "current": "current", "at_least": "low", "at_most": "high", "tolerance": 10}
RETARGETED = {
    "a target is raised": (METRIC, {"start": 0, "current": 50, "target": 100}, {"target": 200}, "-1/4", "target 100 → 200"),
    "a target is lowered": (METRIC, {"start": 0, "current": 50, "target": 100}, {"target": 50}, "1/2", "target 100 → 50"),
    "a start is moved": (METRIC, {"start": 0, "current": 50, "target": 100}, {"start": 40}, "-1/3", "start 0 → 40"),
    "a baseline becomes a transition": (BASELINE, {"current": 30}, {"start": 30, "target": 10}, "-1", "start set to 30, target set to 10"),
    "a band is moved": (BAND, {"current": 75, "low": 70, "high": 80}, {"low": 80, "high": 90}, "-1/2", "at least 70 → 80, at most 80 → 90"),
}  # fmt: skip


@pytest.mark.parametrize("case", RETARGETED.values(), ids=RETARGETED.keys())
def test_what_is_measured_against_something_else_is_redefined_not_lost(explained, metric, case):
    progress, before, change, effect, why = case
    part = (progress, {"select": "type = Key Result"})
    assert explained([part], [metric(**before)], [metric(**{**before, **change})]) == (
        {"re-targeted": F(effect)},
        [("PLAT-2", "re-targeted", F(effect))],
        f"PLAT-2 {why}",
    )


def test_a_new_target_and_a_new_reading_are_two_things(explained, metric):
    """The old reading is looked at under the new target first: 50 of 200 is 25 %, then 100 of 200 is 50 %."""
    before, after = metric(start=0, current=50, target=100), metric(start=0, current=100, target=200)
    told, rows, _ = explained([(METRIC, {"select": "type = Key Result"})], [before], [after])
    assert told == {"re-targeted": F(-1, 4), "progressed": F(1, 4)}
    assert rows == [("PLAT-2", "re-targeted", F(-1, 4)), ("PLAT-2", "progressed", F(1, 4))]


def test_a_metric_that_gets_its_target_counts_by_that(explained, metric):
    known = metric(3, start=0, current=100, target=100)
    before, after = metric(start=0, current=20), metric(start=0, current=20, target=100)
    parts = [(METRIC, {"select": "type = Key Result"})]
    assert explained(parts, [before, known], [after, known]) == (
        {"re-targeted": F(-2, 5)},
        [("PLAT-2", "re-targeted", F(-2, 5))],
        "PLAT-2 target set to 100",
    )
    assert explained(parts, [after, known], [before, known])[0] == {"re-targeted": F(2, 5)}


def test_a_first_reading_is_added_and_one_that_is_gone_removed(explained, metric):
    known = metric(3, start=0, current=100, target=100)
    silent, read = metric(start=0, target=100), metric(start=0, current=20, target=100)
    parts = [(METRIC, {"select": "type = Key Result"})]
    assert explained(parts, [silent, known], [read, known]) == (
        {"added": F(-2, 5)},
        [("PLAT-2", "added", F(-2, 5))],
        "PLAT-2 reading set to 20",
    )
    told, _, words = explained(parts, [read, known], [silent, known])
    assert told == {"removed": F(2, 5)}
    assert words == 'PLAT-2 left out (never measured: current is missing: field "current" is empty)'


def test_time_in_a_band_moves_with_the_clock_alone(explained, metric, on_day):
    kept = metric(
        current=75,
        readings={"current": [(datetime(2026, 10, 1, tzinfo=UTC), 60), (datetime(2026, 10, 11, tzinfo=UTC), 75)]},
    )  # fmt: skip
    band = {"kind": "threshold", "current": "current", "at_least": 70, "at_most": 80, "score": "time_in_band"}
    moments = on_day("2026-10-21", 0), on_day("2026-10-31", 0)
    assert explained([(band, {"select": "type = Key Result"})], [kept], [kept], moments=moments) == (
        {"time": F(1, 6)},
        [("PLAT-2", "time", F(1, 6))],
        "PLAT-2: the time in its band",
    )


POINTS = [({"kind": "delivery", "weight": "points", "missing": "siblings_mean"}, {"select": "type = Story"})]


def test_a_stand_in_weight_follows_and_is_nobodys_estimate(explained, an_issue):
    """4 and 10 points, two without: 7 stands in. Without the 10, 4 stands in: the done one weighs 4 of 12."""
    small = an_issue(2, parent=1, points=4)
    big = an_issue(3, parent=1, points=10)
    bare = [an_issue(4, parent=1, status="Done"), an_issue(5, parent=1)]
    told, rows, words = explained(POINTS, [small, big, *bare], [small, *bare])
    assert told == {"removed": F(1, 3) - F(7, 28)}
    assert rows == [("PLAT-3", "removed", F(1, 12))]
    assert words == "PLAT-3 removed"
    _, rows, _ = explained(POINTS, [small, *bare], [small, big, *bare])
    assert rows == [("PLAT-3", "added", F(-1, 12))]


def test_only_the_row_whose_own_estimate_changed_is_re_estimated(explained, an_issue):
    """4, 10 (done) and two without (one done): 17 of 28. The 10 becomes 1, so 2.5 stands in: 3.5 of 10."""
    small, bare = (
        an_issue(2, parent=1, points=4),
        [an_issue(4, parent=1, status="Done"), an_issue(5, parent=1)],
    )
    before, after = (an_issue(3, parent=1, status="Done", points=points) for points in (10, 1))
    told, rows, words = explained(POINTS, [small, before, *bare], [small, after, *bare])
    assert told == {"re-estimated": F(7, 20) - F(17, 28)}
    assert rows == [("PLAT-3", "re-estimated", F(7, 20) - F(17, 28))]
    assert words == "PLAT-3 weight 10 → 1"


def test_key_results_weigh_by_the_same_rule(explained, metric):
    """4 and none: 4 stands in, 1/2. With 12 the other follows: still 1/2, and nobody but the first was re-estimated."""
    weighted = {"select": "type = Key Result", "weight": {"field": "weight", "missing": "siblings_mean"}}
    facts = {"start": 0, "target": 100}
    bare, other = metric(3, current=0, **facts), metric(4, current=50, weight=2, **facts)
    before, after = (metric(current=100, weight=weight, **facts) for weight in (4, 10))
    told, rows, _ = explained([(METRIC, weighted)], [before, bare, other], [after, bare, other])
    assert told == {"re-estimated": F(11, 18) - F(5, 9)}
    assert [key for key, _, _ in rows] == ["PLAT-2"]


def test_an_issue_that_is_split_now_was_not_re_estimated(explained, an_issue):
    """The done story of two gets the label of a second key result: half of it stays in the first, which falls to 1/3."""
    parts = [
        ("delivery", {"id": "all", "select": "type = Story"}),
        ("delivery", {"id": "some", "select": "label = okr"}),
    ]
    to_do, done = an_issue(3, parent=1), an_issue(2, parent=1, status="Done")
    labelled = an_issue(2, parent=1, status="Done", labels=("okr",))
    told, rows, words = explained(parts, [to_do, done], [to_do, labelled], same_issue="split")
    assert told == {"removed": F(-1, 6), "added": F(1, 3)}
    assert rows == [("PLAT-2", "removed", F(-1, 6)), ("", "added", F(1, 3))]
    assert words == "some counts again, PLAT-2 split among 2 key results now"


def test_one_that_gets_an_estimate_is_re_estimated(explained, an_issue):
    done, bare = an_issue(2, parent=1, points=4, status="Done"), an_issue(3, parent=1)
    told, rows, words = explained(POINTS, [done, bare], [done, an_issue(3, parent=1, points=12)])
    assert told == {"re-estimated": F(1, 4) - F(1, 2)}
    assert rows == [("PLAT-3", "re-estimated", F(-1, 4))]
    assert words == "PLAT-3 weight none → 12"


def test_a_key_result_closed_as_not_achieved_takes_back_what_it_had(explained, metric):
    parts = [("milestone", {"select": "type = Key Result"})]
    closed = metric(status="Done", resolution="Not Achieved")
    assert explained(parts, [metric(status="Done")], [closed]) == (
        {"progressed": F(-1)},
        [("PLAT-2", "progressed", F(-1))],
        "PLAT-2 closed as Not Achieved: not achieved, counts as 0",
    )
    assert explained(parts, [closed], [metric(status="Done")])[0] == {"progressed": F(1)}


def test_what_replaces_a_measured_progress_replaces_its_ledger(
    stand, a_mapping, objective, key_result, metric, an_issue
):
    mapping = a_mapping(objective(key_result(METRIC, select="type = Key Result")), fields=FIELDS)
    facts, epic = {"start": 0, "current": 50, "target": 100}, an_issue(1, type="Epic")
    [measured] = stand(mapping, [epic, metric(**facts)])["1"].key_results
    assert [(row.title, row.share) for row in measured.measurement.ledger.rows] == [
        ("Derived from Jira", F(1, 2))
    ]
    closed = metric(status="Done", resolution="Not Achieved", **facts)
    [found] = stand(mapping, [epic, closed])["1"].key_results
    ledger = found.measurement.ledger
    assert (found.measurement.progress, ledger.total, ledger.exact) == (0, 0, True)
    assert [(row.title, row.disposition, row.share) for row in ledger.rows] == [
        ("Derived from Jira", "counted", F(1, 2)),
        ("Closed as not achieved", "not_achieved", F(-1, 2)),
    ]


def says(value, key_result="2", measure=Measure.CURRENT, id_=7):
    at = datetime(2026, 11, 10, 9, tzinfo=UTC)
    said = CheckIn("1", key_result, measure, F(value), "Ada", at, until=date(2026, 12, 31), id=id_)
    return {("1", key_result): said}


def test_a_check_in_made_changed_and_withdrawn_is_said(explained, metric):
    part, facts = (METRIC, {"select": "type = Key Result"}), {"start": 0, "target": 100}
    still = [metric(current=30, **facts)]

    def told(first, second, after=still):
        return explained([part], still, after, check_ins=(first, second))

    assert told({}, says(60)) == (
        {"said": F(3, 10)},
        [("PLAT-2", "said", F(3, 10))],
        "PLAT-2: Ada checked in 60",
    )
    assert told(says(60), says(70, id_=8))[0] == {"said": F(1, 10)}
    assert told(says(60), {}) == (
        {"said": F(-3, 10)},
        [("PLAT-2", "said", F(-3, 10))],
        "PLAT-2: Ada’s check-in of 60 no longer stands",
    )
    # While a check-in stands the number does not depend on the reading.
    assert told(says(60), says(60), [metric(current=35, **facts)]) == ({}, [], "")
    # A reading that came before somebody spoke is progress, and the rest is what was said.
    assert told({}, says(60), [metric(current=40, **facts)])[0] == {"progressed": F(1, 10), "said": F(1, 5)}
    assert told(says(60), says(60), [metric(current=30, start=0, target=120)])[0] == {
        "re-targeted": F(-1, 10)
    }


def test_a_check_in_of_delivery_leaves_the_rows_their_own_effects(explained, an_issue):
    parts = [("delivery", {"select": "type = Story"})]
    to_do, done = an_issue(2, parent=1), an_issue(2, parent=1, status="Done")
    other = an_issue(3, parent=1)
    said = says("3/4", "1/delivery", Measure.PROGRESS)
    told, rows, _ = explained(parts, [to_do, other], [done, other], check_ins=({}, said))
    assert told == {"progressed": F(1, 2), "said": F(1, 4)}
    assert rows == [("PLAT-2", "progressed", F(1, 2)), ("", "said", F(1, 4))]
    assert explained(parts, [to_do, other], [done, other], check_ins=(said, said)) == ({}, [], "")
    told, rows, _ = explained(parts, [to_do, other], [done, other], check_ins=(said, {}))
    assert (told, rows) == ({"said": F(-1, 4)}, [("", "said", F(-1, 4))])


def test_a_count_over_its_aim_takes_from_nobody(explained, an_issue):
    """Two done of the two aimed at; a third done adds nothing, and the others were not re-estimated by it."""
    parts = [({"kind": "delivery", "count_to": 2}, {"select": "type = Story"})]
    done = [an_issue(id_, parent=1, status="Done") for id_ in (2, 3, 4)]
    assert explained(parts, done[:2], done) == ({}, [("PLAT-4", "added", 0)], "")
    _, rows, _ = explained(parts, done[:1], done)
    assert rows == [("PLAT-3", "added", F(1, 2)), ("PLAT-4", "added", 0)]


def test_another_aim_is_the_mappings_and_what_was_done_since_the_rows(
    a_mapping, objective, key_result, an_issue, now
):
    """One of two aimed at was done; then four are aimed at, and one more is done."""
    epic, done = an_issue(1, type="Epic"), [an_issue(id_, parent=1, status="Done") for id_ in (2, 3)]

    def state(aim, *issues):
        rule = key_result({"kind": "delivery", "count_to": aim}, select="type = Story")
        return assess(a_mapping(objective(rule), fields=FIELDS), Forest.of([epic, *issues]), now)["1"]

    old, remapped, new = state(2, done[0]), state(4, done[0]), state(4, *done)
    movement = objective_moved(old, new, ("r1", "r2"), remapped)
    told = {part.value: value for part, value in movement.parts.items() if value}
    assert (old.progress, new.progress) == (F(1, 2), F(1, 2))
    assert told == {"re-mapped": F(-1, 4), "added": F(1, 4)}


def test_what_stands_beside_the_number_now_was_not_removed_from_jira(explained, an_issue, metric):
    """A first outcome takes the headline over from delivery."""
    parts = [("delivery", {"select": "type = Story"}), (METRIC, {"select": "type = Key Result"})]
    story, outcome = an_issue(3, parent=1, status="Done"), metric(start=0, current=25, target=100)
    told, rows, words = explained(parts, [story], [story, outcome])
    assert told == {"added": F(-3, 4)}
    assert rows == [("", "removed", 0), ("PLAT-2", "added", F(-3, 4))]
    assert words == "PLAT-2 added"


def test_what_left_the_number_says_why_only_where_it_stands_beside_it(
    a_mapping, objective, key_result, an_issue, metric, now
):
    """One is closed as left out; then a first outcome takes the headline over from delivery."""
    parts = key_result("delivery", select="type = Story"), key_result(METRIC, select="type = Key Result")
    mapping, epic = a_mapping(objective(*parts), fields=FIELDS), an_issue(1, type="Epic")

    def told(*moments):
        old, new = (assess(mapping, Forest.of([epic, *issues]), now)["1"] for issues in moments)
        return [(row.id, row.part.value, row.why) for row in objective_moved(old, new, ("r1", "r1")).rows]

    story = an_issue(4, parent=1, status="Done")
    first, second = (metric(id_, start=0, current=20 * id_, target=100) for id_ in (2, 3))
    left = metric(3, start=0, current=60, target=100, status="Done", resolution="Won't Do")
    assert told([first, second], [first, left]) == [("3", "removed", "")]
    assert told([first, left], [first, second]) == [("3", "added", "")]
    assert told([story], [story, first]) == [
        ("1/delivery", "removed", "stands beside the number now"),
        ("2", "added", ""),
    ]


def test_what_stands_beside_several_others_now_says_so(
    a_mapping, objective, key_result, an_issue, metric, now
):
    """Two delivery key results make the number until an outcome does, and again once it is gone. The last to go leaves the number as it was."""
    delivery = [key_result("delivery", id=f"d{id_}", select=f"id = {id_}") for id_ in (4, 5)]
    mapping = a_mapping(objective(*delivery, key_result(METRIC, select="type = Key Result")), fields=FIELDS)
    issues = [
        an_issue(1, type="Epic"),
        an_issue(4, parent=1, status="Done"),
        an_issue(5, parent=1, status="In Progress"),
    ]
    old = assess(mapping, Forest.of(issues), now)["1"]
    new = assess(mapping, Forest.of([*issues, metric(2, start=0, current=90, target=100)]), now)["1"]
    assert (old.progress, new.progress) == (F(3, 4), F(9, 10))
    told, back = (objective_moved(*states, ("r1", "r1")).rows for states in ((old, new), (new, old)))
    assert [(row.id, row.part.value, row.why) for row in told if row.id != "2"] == [
        ("1/d4", "removed", "stands beside the number now"),
    ]
    assert [(row.id, row.part.value, row.why) for row in back if row.id != "2"] == [
        ("1/d4", "added", ""),
        ("1/d5", "added", ""),
    ]


def test_achieved_once_the_cycle_has_ended_is_the_clocks(explained, metric, on_day):
    band = {"kind": "threshold", "current": "current", "at_least": 70, "tolerance": 10}
    kept = metric(current=75)
    moments = on_day("2026-12-30"), on_day("2027-01-02")
    told, _, words = explained(
        [(band, {"select": "type = Key Result"})], [kept], [kept], moments=moments, method="done_ratio"
    )
    assert told == {"time": F(1)}
    assert words == "PLAT-2: its cycle has ended"


def kept(progress=None, **aim):
    return Measurement(
        progress, progress, MeasuredBy.MEASURED, "", **{name: F(value) for name, value in aim.items()}
    )


@pytest.mark.parametrize(
    ("before", "after", "otherwise"),
    [
        (kept(F(1, 2), target=10), kept(F(1, 2), target=10), False),
        (kept(F(1, 2), target=10), kept(F(1, 2), target=11), True),
        (kept(F(1, 2), start=1, target=10), kept(F(1, 2), start=2, target=10), True),
        (kept(F(1, 2), at_least=1), kept(F(1, 2), at_least=2), True),
        (kept(F(1, 2), at_most=1), kept(F(1, 2)), True),
        (kept(F(1, 2), at_least=1, tolerance=1), kept(F(1, 2), at_least=1, tolerance=2), True),
        # What was kept before bands were tells of none.
        (kept(F(1, 2)), kept(F(1, 2), at_least=1), False),
        (kept(F(1, 2)), kept(F(1, 2), at_most=1, tolerance=1), False),
        (kept(F(1, 2)), kept(F(1, 2), target=1), True),
        (kept(F(1, 2), target=1), kept(F(1, 2), at_least=1), True),
        (kept(), kept(F(1, 2), at_least=1), True),
        (kept(F(1, 2)), kept(F(1, 2)), False),
    ],
)
def test_against_what_it_is_measured_is_another_or_the_same(before, after, otherwise):
    assert is_retargeted(before, after) is otherwise


def test_parts_have_their_names_in_their_order():
    assert [part.value for part in MovementPart] == [
        "re-mapped", "re-targeted", "removed", "re-estimated", "progressed", "added", "said", "time",
    ]  # fmt: skip
    assert part_words([]) == ""
