"""An objective under the lock of its cycle: measured by the terms it was locked with, while what is new waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest

from mappings.document.lock import CycleLock, LockedObjective
from mappings.document.lock_binding import aliases_of, as_locked, terms_of, under_locks
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.rollup.assessment import Assessment
from mappings.rollup.cycles.cycle_end import EndFacts
from mappings.rollup.measurement import assess
from mappings.rollup.state import Cause, ObjectiveState
from tests.mappings.rollup.conftest import (
    NOW,
    a_key_result,
    build_issue,
    build_mapping,
    build_objective,
    compile_selector,
)

LOCKED_AT = datetime(2026, 10, 5, tzinfo=UTC)
FIELDS = ("begin", "now", "aim", "heavy", "light", "jql")
TRANSITION = {"kind": "transition", "start": "begin", "current": "now", "target": "aim"}
METRIC = a_key_result(TRANSITION, select="type = Metric", relation="child", weight="heavy")
DELIVERY = a_key_result("delivery", select="type = Story")
CYCLES = (
    {"id": "2026-Q4", "start": "2026-10-01", "end": "2026-12-31"},
    {"id": "2027-Q1", "start": "2027-01-01", "end": "2027-03-31"},
)
METRIC_THEN = build_issue(4, parent=1, type="Metric", begin=0, now=4, aim=10, due=date(2026, 12, 1))
METRIC_NOW = build_issue(4, parent=1, type="Metric", begin=0, now=5, aim=100, due=date(2026, 12, 24))
EPIC = build_issue(1, type="Epic")
STORIES = (build_issue(2, parent=1, status="Done"), build_issue(3, parent=1))


def mapping_of(*rules: dict[str, Any], **objective: Any) -> Any:
    return build_mapping(
        build_objective(*(rules or (METRIC, DELIVERY)), **objective), fields=FIELDS, cycles=CYCLES
    )


def locked_by(
    mapping: Any,
    then: Any = None,
    key_results: dict[str, tuple[str, ...]] | None = None,
    id_: str = "1",
    until: datetime | None = None,
    at: datetime = LOCKED_AT,
) -> Any:
    part = (then or mapping).objectives[0].part
    fields = {name: (then or mapping).fields[name] for name in aliases_of(part)}
    held = {"transition": ("4",)} if key_results is None else key_results
    locked = LockedObjective(id_, part, fields, held, (METRIC_THEN,))
    return under_locks(mapping, [CycleLock("2026-Q4", at, "edith", "agreed", (locked,), until)])


def measured(mapping: Any, *issues: Issue, at: datetime = NOW) -> dict[str, ObjectiveState]:
    return assess(mapping, Forest.of([EPIC, *issues]), Moment(at))


def of(state: ObjectiveState, id_: str) -> tuple[Any, Any, Any]:
    found = next(one.measurement for one in state.key_results if one.id == id_)
    return found.progress, found.target, found.current


def test_terms_stand_and_what_it_stands_at_moves() -> None:
    free = measured(mapping_of(), METRIC_NOW, *STORIES)["1"]
    assert of(free, "4") == (Fraction(5, 100), 100, 5)
    state = measured(locked_by(mapping_of()), METRIC_NOW, *STORIES)["1"]
    assert of(state, "4") == (Fraction(1, 2), 10, 5)
    assert of(state, "1/delivery")[0] == Fraction(1, 2)


def test_only_what_was_locked_is_a_key_result_and_one_that_is_gone_cannot_be_measured() -> None:
    more = build_issue(5, parent=1, type="Metric", begin=0, now=1, aim=2)
    state = measured(locked_by(mapping_of(METRIC)), METRIC_NOW, more)["1"]
    assert [one.id for one in state.key_results] == ["4"]
    gone = measured(locked_by(mapping_of(METRIC)), more)["1"]
    (only,) = gone.key_results
    assert (only.id, only.measurement.progress, only.measurement.cause) == ("4", None, Cause.UNKNOWN)
    none = measured(locked_by(mapping_of(METRIC), key_results={"transition": ("7",)}), METRIC_NOW)["1"]
    assert none.key_results == (), "how it stood was not kept"


def test_a_rule_that_changed_goes_on_as_it_was_but_for_what_a_lock_leaves() -> None:
    then = mapping_of(METRIC, commitment="committed")
    now = mapping_of(DELIVERY, commitment="aspirational", owner="Kim")
    state = measured(locked_by(now, then), METRIC_NOW, *STORIES)["1"]
    assert [one.id for one in state.key_results] == ["4"]
    assert state.commitment == "committed"
    assert locked_by(now, then).fields.keys() == set(FIELDS)
    free = measured(now, METRIC_NOW, *STORIES)["1"]
    assert ([one.id for one in free.key_results], free.commitment) == (["1/delivery"], "aspirational")


def test_an_objective_whose_rule_is_gone_stays_under_the_lock() -> None:
    then = mapping_of()
    now = build_mapping(
        build_objective(DELIVERY, id="others", select="type = Theme"), fields=FIELDS, cycles=CYCLES
    )
    state = measured(locked_by(now, then), METRIC_NOW, *STORIES)["1"]
    assert (state.rule_id, state.progress is not None) == ("epics", True)


def test_what_is_new_in_a_locked_cycle_waits() -> None:
    other = build_issue(9, type="Epic")
    assert set(measured(mapping_of(), METRIC_NOW, other)) == {"1", "9"}
    assert set(measured(locked_by(mapping_of()), METRIC_NOW, other)) == {"1"}
    elsewhere = locked_by(mapping_of(cycle="2027-Q1"), mapping_of())
    assert set(measured(elsewhere, METRIC_NOW, other)) == {"1", "9"}, "another cycle is not locked"


@pytest.mark.parametrize(
    ("at", "holds"),
    [
        (LOCKED_AT.replace(day=4), False),
        (LOCKED_AT, True),
        (datetime(2026, 11, 9, tzinfo=UTC), True),
        (datetime(2026, 11, 10, tzinfo=UTC), False),
    ],
)
def test_a_lock_holds_from_its_moment_until_it_is_lifted(at: datetime, holds: bool) -> None:
    mapping = locked_by(mapping_of(METRIC), until=datetime(2026, 11, 10, tzinfo=UTC))
    assert of(measured(mapping, METRIC_NOW, at=at)["1"], "4")[1] == (10 if holds else 100)
    assert (mapping.locks.of_cycle("2026-Q4", at) is not None) is holds
    assert mapping.locks.of_cycle("2027-Q1", at) is None


def test_the_last_of_several_locks_decides() -> None:
    mapping = mapping_of(METRIC)
    part = mapping.objectives[0].part
    later = replace(METRIC_THEN, fields={**METRIC_THEN.fields, "aim": 20})
    locks = [
        CycleLock(
            "2026-Q4",
            at,
            "edith",
            "agreed",
            (LockedObjective("1", part, {}, {"transition": ("4",)}, (one,)),),
        )
        for at, one in ((LOCKED_AT.replace(day=7), later), (LOCKED_AT, METRIC_THEN))
    ]
    assert of(measured(under_locks(mapping, locks), METRIC_NOW)["1"], "4")[1] == 20


@pytest.mark.parametrize(
    ("cycle", "at", "target"),
    [
        ("2026-Q4", datetime(2026, 12, 31, 23, tzinfo=UTC), 10),
        ("2026-Q4", datetime(2027, 1, 1, tzinfo=UTC), 10),
        ("2027-Q1", datetime(2026, 12, 31, 23, tzinfo=UTC), 10),
        ("2027-Q1", datetime(2027, 1, 1, tzinfo=UTC), 100),
    ],
)
def test_once_the_cycle_is_over_another_one_frees_the_objective(
    cycle: str, at: datetime, target: int
) -> None:
    mapping = locked_by(mapping_of(METRIC, cycle=cycle), mapping_of(METRIC))
    assert of(measured(mapping, METRIC_NOW, at=at)["1"], "4")[1] == target


def test_written_objectives_under_a_lock_are_those_that_were_locked() -> None:
    rule = {"id": "company", "title": "Company", "cycle": "2026-Q4", "key_results": (DELIVERY,)}
    parts = [
        {**rule, "key_results": ({**DELIVERY, "relation": {"jql": "type = Story"}},), "id": id_}
        for id_ in "ab"
    ]
    both = build_mapping(*parts, fields=FIELDS, cycles=CYCLES)
    only = build_mapping(parts[0], fields=FIELDS, cycles=CYCLES)
    assert set(measured(both, *STORIES)) == {"@a", "@b"}
    assert set(measured(locked_by(both, key_results={}, id_="@a"), *STORIES)) == {"@a"}
    gone = replace(both, objectives=both.objectives[1:])
    assert set(measured(locked_by(gone, only, key_results={}, id_="@a"), *STORIES)) == {"@a"}
    assert locked_by(both, id_="@a").locks.written() == {"@a"}
    assert locked_by(both, id_="1").locks.written() == frozenset()


def test_a_mapping_without_locks_is_the_mapping_itself() -> None:
    mapping = mapping_of()
    assert under_locks(mapping, ()) is mapping
    freed = under_locks(locked_by(mapping), ())
    assert not freed.locks
    assert freed.locks.rules() == ()
    assert [one.part.id for one in locked_by(mapping).locks.rules()] == ["epics"]


def test_a_jql_that_names_what_jira_no_longer_has_selects_nothing() -> None:
    then = mapping_of(a_key_result("delivery", select="type = Story"))
    part = then.objectives[0].part
    broken = part.model_copy(
        update={"key_results": (part.key_results[0].model_copy(update={"select": "nope = 1"}),)}
    )
    now = replace(mapping_of(METRIC), compile_jql=_asked(seen := []))
    lock = CycleLock("2026-Q4", LOCKED_AT, "e", "", (LockedObjective("1", broken, {}, {}),))
    (rule,) = under_locks(now, [lock]).locks.rules()
    assert set(seen) == {"type = Epic", "nope = 1", "issuekey is EMPTY"}
    assert [one.select is not None for one in rule.key_results] == [True]


def _asked(seen: list[str]) -> Any:

    def compiled(text: str) -> Any:
        seen.append(text)
        return compile_selector("id = 0" if text == "issuekey is EMPTY" else text)

    return compiled


@pytest.mark.parametrize(
    ("rule", "terms", "named"),
    [
        (METRIC, ("begin", "aim", "heavy"), ("begin", "now", "aim", "heavy")),
        (
            {**METRIC, "weight": {"field": "light"}},
            ("begin", "aim", "light"),
            ("begin", "now", "aim", "light"),
        ),
        (
            {**METRIC, "weight": ("heavy", "light")},
            ("begin", "aim", "heavy", "light"),
            ("begin", "now", "aim", "heavy", "light"),
        ),
        ({**METRIC, "weight": 3}, ("begin", "aim"), ("begin", "now", "aim")),
        ({**DELIVERY, "relation": {"jql_field": "jql"}}, (), ("jql",)),
    ],
)
def test_what_stands_of_a_key_result_is_all_it_reads_but_what_it_stands_at(
    rule: dict[str, Any], terms: tuple[str, ...], named: tuple[str, ...]
) -> None:
    part = mapping_of(rule).objectives[0].part
    assert terms_of(part.key_results[0]) == terms
    assert aliases_of(part) == named


def test_an_issue_as_it_was_locked_keeps_its_terms_and_its_day() -> None:
    mapping = mapping_of(METRIC)
    found = as_locked(mapping, mapping.objectives[0].part.key_results[0], METRIC_NOW, METRIC_THEN)
    assert found.fields == {"begin": 0, "now": 5, "aim": 10, "heavy": None}
    assert found.due == date(2026, 12, 1)


def test_the_end_of_a_cycle_is_seen_by_the_facts_of_that_moment() -> None:
    mapping = mapping_of()
    (cycle, _) = mapping.document.cycles
    now = Assessment(mapping, Forest.of([EPIC, METRIC_NOW]), Moment(NOW))
    plain = now.at_end(cycle, None)
    then = now.at_end(cycle, EndFacts("2026-Q4", (EPIC, METRIC_THEN)))
    assert [one.forest.issue("4") for one in (plain, then)] == [METRIC_NOW, METRIC_THEN]
    assert now.at_end(cycle, EndFacts("2026-Q4", (EPIC,))).forest.issue("4") is None
    assert {one.moment.now for one in (plain, then)} == {
        datetime(2026, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
    }
    assert (plain.over, then.over, now.over) == (True, True, False)
    assert now.at_end(cycle, None).forest.issue("4") == METRIC_NOW
