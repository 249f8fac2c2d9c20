"""What must hold for every forest and every mapping that has the right shape."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mappings.explain.check_in import CheckIn, Measure
from mappings.explain.movement import MovementPart, objective_moved
from mappings.facts.forest import Forest
from mappings.facts.issue import Status
from mappings.progress import PROGRESS_RULES
from mappings.rollup.measurement import affected_objectives, assess, assess_among, assess_one
from mappings.rollup.rows.ledger import Disposition
from tests.examples import examples

NUMBERS = st.sampled_from([None, 0, 1, 2, 3, 5, 8, 0.1, 2.5, -1, "7", "seven", {"value": "4"}, True, [1]])
STATUS = st.sampled_from(["To Do", "In Progress", "In Review", "Done", "Done", "Limbo"])
RESOLUTION = st.sampled_from([None, None, "Done", "Won't Do", "Duplicate", "Not Achieved"])
TYPES = st.sampled_from(["Initiative", "Epic", "Epic", "Key Result", "Story", "Story", "Bug", "Sub-task"])
OPERAND = st.sampled_from(["start", "target", "nowhere", "10", 0, 1, 10, 100, -5])
ALIASES = ("start", "current", "target", "points", "weight", "jql")
JQLS = ["all", "type = Story", "type = Story, Bug", "label = okr", "nonsense = 1", "type = Key Result"]
LINKS = ["contributes to", "is measured by"]
FIELDS = {"start": NUMBERS, "current": NUMBERS, "target": NUMBERS, "points": NUMBERS, "weight": NUMBERS}

pytestmark = pytest.mark.filterwarnings("ignore:.*serializ.*")
QUICK = settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def issues_with(draw, an_issue):
    """A forest of up to 14 issues: parents and links may point anywhere, also to nothing and in circles."""
    count = draw(st.integers(1, 14))
    ids = st.integers(1, count + 1)
    found = []
    for id_ in range(1, count + 1):
        status = draw(STATUS)
        found.append(
            an_issue(
                id_,
                type=draw(TYPES),
                status=status,
                parent=draw(st.one_of(st.none(), ids)),
                resolution=draw(RESOLUTION) if status == "Done" else None,
                labels=tuple(draw(st.sets(st.sampled_from(["okr", "2026-Q4", "team"]), max_size=2))),
                links=[(draw(st.sampled_from(LINKS)), draw(ids)) for _ in range(draw(st.integers(0, 2)))],
                jql=draw(st.sampled_from([None, *JQLS])),
                **{name: draw(values) for name, values in FIELDS.items()},
            )
        )
    return found


def _optional(values):
    return st.one_of(st.none(), values)


STEP = st.fixed_dictionaries({}, optional={"amount": OPERAND, "percent": OPERAND})
OPTIONS = {
    "delivery": {
        "weight": st.sampled_from(["equal", "points", "time_estimate"]),
        "missing": st.sampled_from(["siblings_mean", "zero", "one", "error"]),
        "count_to": _optional(st.sampled_from([1, 3, "0.5"])),
    },
    "transition": {"start": OPERAND, "current": st.just("current"), "target": OPERAND},
    "increase": {
        "start": OPERAND,
        "current": st.just("current"),
        "target": _optional(OPERAND),
        "by": _optional(STEP),
    },
    "decrease": {
        "start": OPERAND,
        "current": st.just("current"),
        "target": _optional(OPERAND),
        "by": _optional(STEP),
    },
    "threshold": {
        "current": st.just("current"),
        "at_least": _optional(OPERAND),
        "at_most": _optional(OPERAND),
        "start": _optional(OPERAND),
        "tolerance": _optional(OPERAND),
        "score": st.sampled_from(["distance", "time_in_band"]),
    },
    "baseline": {"current": st.just("current"), "start": _optional(OPERAND), "target": _optional(OPERAND)},
    "milestone": {
        "due": st.sampled_from([None, "2026-11-01", "2026-12-31", "points"]),
        "done_when": st.sampled_from([None, "label = okr"]),
    },
}
PROGRESS = st.sampled_from(sorted(OPTIONS)).flatmap(
    lambda kind: st.fixed_dictionaries({"kind": st.just(kind), **OPTIONS[kind]})
)
WEIGHT = st.one_of(
    st.none(),
    st.sampled_from([0, 1, 2.5, -1, "weight", "nowhere"]),
    st.fixed_dictionaries(
        {"field": st.just("weight"), "missing": st.sampled_from(["siblings_mean", "zero", "one", "error"])}
    ),
)
OWN_RELATION = st.sampled_from(["child", "descendant", {"link": "is measured by"}])
RELATION = st.one_of(OWN_RELATION, st.sampled_from([{"jql": "type = Story"}, {"jql_field": "jql"}]))


def key_results_with(relations):
    return st.lists(
        st.fixed_dictionaries(
            {
                "select": st.sampled_from(
                    [None, "type = Story", "type = Story, Sub-task, Epic", "type = Key Result"]
                ),
                "relation": relations,
                "as": st.sampled_from([None, "one_key_result", "each_issue"]),
                "weight": WEIGHT,
                "commitment": st.sampled_from([None, "committed", "aspirational"]),
                "subtasks": st.sampled_from(["selected", "through_parent"]),
                "progress": PROGRESS,
            }
        ),
        max_size=3,
    ).map(lambda found: [{"id": f"kr{place}", **part} for place, part in enumerate(found)])


ALIGNED = st.one_of(
    st.none(),
    st.sampled_from(["company", "contributes to"]),
    st.fixed_dictionaries(
        {"link": st.just("contributes to"), "contributes": st.booleans(), "weight": WEIGHT}
    ),
)
ROLLUP = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["weighted_mean", "mean", "minimum", "done_ratio"]),
        "headline": st.sampled_from(["outcome_first", "all"]),
        "health": st.sampled_from(["worst", "weighted"]),
        "same_issue": st.sampled_from(["count_once", "split", "both"]),
    }
)
CYCLE = st.sampled_from([None, "2026-Q4", "nowhere", {"label": ""}, {"field": "points"}, {"version": "v"}])


def _objective(id_, select, relations):
    return st.fixed_dictionaries(
        {
            "id": st.just(id_),
            "select": st.just(select),
            "cycle": CYCLE,
            "commitment": st.sampled_from(["committed", "aspirational"]),
            "aligned_to": ALIGNED,
            "rollup": ROLLUP,
            "key_results": key_results_with(relations),
        }
    )


OVERRIDES = st.lists(
    st.fixed_dictionaries(
        {
            "when": st.sampled_from([None, "label = okr", "type = Bug"]),
            "by_status": st.sampled_from([{}, {"10012": "0.8"}, {"99": "0.3"}]),
            "by_category": st.sampled_from([{}, {"indeterminate": "0.3"}]),
        }
    ),
    max_size=2,
)


@st.composite
def mappings_with(draw, a_mapping, relations=RELATION):
    return a_mapping(
        draw(_objective("initiatives", "type = Initiative", relations)),
        draw(_objective("epics", "type = Epic", relations)),
        draw(_objective("company", None, relations)),
        fields=ALIASES,
        scope=draw(st.sampled_from(["all", "all", "type = Epic, Story, Key Result, Sub-task"])),
        statuses={"overrides": draw(OVERRIDES)},
    )


@pytest.fixture(scope="module")
def worlds(an_issue, a_mapping):
    """Strategies for a forest and a mapping."""
    return issues_with(an_issue), mappings_with(a_mapping)


@pytest.fixture(scope="module")
def strict_worlds(an_issue, a_mapping):
    """The same without relations by JQL, for which everything hangs on everything."""
    return issues_with(an_issue), mappings_with(a_mapping, OWN_RELATION)


def ledgers(state):
    """Every ledger with the number that it is the ledger of. What stands beside is one nature's alone, or nothing."""
    yield state.ledger, state.progress
    beside = {one.nature for one in state.key_results if not one.contributing}
    heading = {one.nature for one in state.key_results if one.contributing}
    aligned = {row.id for row in state.ledger.rows} - {one.id for one in state.key_results}
    if any("aligned in a circle" in flag for flag in state.flags):
        heading = set()  # the rows stand, but no number comes of them until the circle is broken
    if heading == {"outcome"} and "delivery" in beside:
        yield state.beside, state.delivery
    if heading == {"outcome"} and not aligned:
        yield state.ledger, state.outcome
    if heading == {"delivery"} and not beside and not aligned:
        yield state.ledger, state.delivery
    for key_result in state.key_results:
        yield key_result.measurement.ledger, key_result.measurement.progress


def test_every_kind_is_among_the_random_mappings():
    assert set(OPTIONS) == {rule.kind for rule in PROGRESS_RULES}


def test_every_ledger_sums_to_its_number_and_nothing_leaves_0_to_1(worlds, now):
    @QUICK
    @given(*worlds)
    def holds(issues, mapping):
        for id_, state in assess(mapping, Forest.of(issues), now).items():
            assert id_ == state.id
            for ledger, number in ledgers(state):
                assert ledger.exact
                assert ledger.total == number
            assert state.beside.exact
            assert state.progress is None or 0 <= state.progress <= 1
            assert isinstance(state.progress, Fraction | None)
            assert state.health.sentence
            ids = [key_result.id for key_result in state.key_results]
            assert len(ids) == len(set(ids))
            for key_result in state.key_results:
                found = key_result.measurement
                assert (found.progress is None) == (found.raw is None) or found.raw is None

    holds()


def test_why_it_moved_sums_exactly_whatever_happened(worlds, now, an_issue):
    """Between any two forests under one mapping, with and without check-ins, for every objective that is in both."""
    said = st.dictionaries(
        st.tuples(st.sampled_from(["1", "2", "@company"]), st.sampled_from(["/kr0", "/kr1"])),
        st.fractions(0, 1, max_denominator=4),
        max_size=3,
    )

    def check_ins(found):
        return {
            (id_, f"{id_}{rule}"): CheckIn(
                id_, f"{id_}{rule}", Measure.PROGRESS, value, "Ada", now.now, delta=Fraction(1)
            )
            for (id_, rule), value in found.items()
        }

    @settings(QUICK, max_examples=examples(120))
    @given(*worlds, issues_with(an_issue), said, said)
    def holds(issues, mapping, later, first, second):
        old = assess(mapping, Forest.of(issues), now, check_ins(first))
        new = assess(mapping, Forest.of(later), now, check_ins(second))
        for id_ in old.keys() & new.keys():
            before, after = old[id_], new[id_]
            assert all(ledger.exact and ledger.total == number for ledger, number in ledgers(after))
            movement = objective_moved(before, after, ("r1", "r1"))
            if None in (before.progress, after.progress):
                assert movement.parts == {}
                continue
            assert sum(movement.parts.values()) == after.progress - before.progress
            assert movement.parts[MovementPart.REMAPPED] == 0

    holds()


def test_the_order_of_issues_does_not_matter(worlds, now):
    @QUICK
    @given(*worlds, st.randoms(use_true_random=False))
    def holds(issues, mapping, random):
        shuffled = random.sample(issues, len(issues))
        assert assess(mapping, Forest.of(issues), now) == assess(mapping, Forest.of(shuffled), now)

    holds()


def test_one_objective_alone_is_what_it_is_among_all(worlds, now):
    @QUICK
    @given(*worlds)
    def holds(issues, mapping):
        forest = Forest.of(issues)
        states = assess(mapping, forest, now)
        for id_, state in states.items():
            assert assess_one(mapping, forest, id_, now, states) == state
        for issue in issues:
            if issue.id not in states:
                assert assess_one(mapping, forest, issue.id, now, states) is None

    holds()


def test_some_measured_anew_among_the_settled_are_what_they_are_among_all(worlds, now):
    @QUICK
    @given(*worlds, st.randoms(use_true_random=False))
    def holds(issues, mapping, random):
        forest = Forest.of(issues)
        states = assess(mapping, forest, now)
        some = [id_ for id_ in states if random.random() < 0.5]
        settled = {id_: state for id_, state in states.items() if id_ not in some}
        assert assess_among(mapping, forest, some, now, settled) == {id_: states[id_] for id_ in some}
        assert assess(mapping, forest, now, settled=settled) == states
        assert assess_among(mapping, forest, [*states, *(issue.id for issue in issues)], now) == states

    holds()


def test_what_was_not_touched_is_not_needed(strict_worlds, now):
    @QUICK
    @given(*strict_worlds)
    def holds(issues, mapping):
        forest = Forest.of(issues)
        states = assess(mapping, forest, now)
        for id_, state in states.items():
            part = Forest.of(issue for issue in issues if issue.id in state.touched)
            assert assess_one(mapping, part, id_, now, states) == state

    holds()


def test_a_changed_issue_affects_all_objectives_that_change(worlds, now, an_issue):
    @settings(QUICK, max_examples=examples(100))
    @given(*worlds, st.data())
    def holds(issues, mapping, data):
        place = data.draw(st.integers(0, len(issues) - 1))
        before = issues[place]
        other = replace(data.draw(issues_with(an_issue))[0], id=before.id, key=before.key)
        after = data.draw(st.sampled_from([None, other, replace(before, parent_id=other.parent_id)]))
        rest = [issue for issue in issues if issue is not before]
        then, now_ = Forest.of(issues), Forest.of([*rest, after] if after else rest)
        old, new = assess(mapping, then, now), assess(mapping, now_, now)
        changed = {id_ for id_ in old.keys() | new.keys() if old.get(id_) != new.get(id_)}
        assert changed <= affected_objectives(mapping, now_, before, after, now)

    holds()


def test_an_excluded_leaf_is_as_good_as_deleted(worlds, now):
    @settings(QUICK, max_examples=examples(100))
    @given(*worlds, st.data())
    def holds(issues, mapping, data):
        parents = {issue.parent_id for issue in issues}
        leaves = [
            place
            for place, issue in enumerate(issues)
            if issue.id not in parents and issue.type.name not in ("Epic", "Initiative")
        ]
        if not leaves:
            return
        place = data.draw(st.sampled_from(leaves))
        done = Status("5", "Done", "done")
        resolution = replace(issues[place].project, name="Won't Do")
        excluded = replace(issues[place], status=done, resolution=resolution)
        rest = [*issues[:place], *issues[place + 1 :]]
        with_it = assess(mapping, Forest.of([*rest, excluded]), now)
        without = assess(mapping, Forest.of(rest), now)
        for id_, state in without.items():
            other = with_it[id_]
            assert (state.progress, state.outcome, state.delivery) == (
                other.progress,
                other.outcome,
                other.delivery,
            )
            assert state.health.level == other.health.level

    holds()


def test_an_unknown_row_never_lowers_a_number(an_issue, a_mapping, objective, key_result, stand):
    rows = st.lists(st.tuples(STATUS, NUMBERS), max_size=8)

    @QUICK
    @given(rows, st.integers(1, 3), st.sampled_from(["equal", "points"]))
    def holds(found, unknowns, weight):
        mapping = a_mapping(
            objective(key_result({"kind": "delivery", "weight": weight}, select="type = Story")),
            fields=("points",),
        )
        known = [
            an_issue(place + 2, parent=1, status=status, points=points)
            for place, (status, points) in enumerate(found)
        ]
        unknown = [an_issue(place + 50, parent=1, status="Limbo", points=3) for place in range(unknowns)]
        epic = an_issue(1, type="Epic")
        assert (
            stand(mapping, [epic, *known])["1"].progress
            == stand(mapping, [epic, *known, *unknown])["1"].progress
        )

    holds()


def test_an_unknown_key_result_never_lowers_a_number(an_issue, a_mapping, objective, key_result, stand):
    transition = {"kind": "transition", "start": 0, "current": "current", "target": 10}

    @QUICK
    @given(
        st.lists(st.integers(-3, 13), max_size=6),
        st.sampled_from(["weighted_mean", "mean", "minimum", "done_ratio"]),
    )
    def holds(values, method):
        part = key_result(transition, select="type = Key Result")
        mapping = a_mapping(objective(part, rollup={"method": method}), fields=("current",))
        epic = an_issue(1, type="Epic")
        found = [
            an_issue(place + 2, type="Key Result", parent=1, current=value)
            for place, value in enumerate(values)
        ]
        silent = an_issue(99, type="Key Result", parent=1)
        with_it, without = stand(mapping, [epic, *found, silent])["1"], stand(mapping, [epic, *found])["1"]
        assert with_it.progress == without.progress
        assert with_it.ledger.rows[-1].disposition is Disposition.UNKNOWN

    holds()
