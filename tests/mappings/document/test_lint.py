"""Advice, from the document and from where objectives stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from mappings.diagnostic import Severity
from mappings.document.text.source import read_document
from mappings.kpi.promotion import ClosedCycle, upkeep
from mappings.practice.lint import lint_document, lint_states, lint_upkeep
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.state import Cause, Health, HealthLevel, KeyResultState, Measurement, ObjectiveState

FINE = Health(HealthLevel.ON_TRACK, "pace", "on pace")
HALF = Measurement(Fraction(1, 2), Fraction(1, 2), Cause.MEASURED, "half")


def key_result(number: int, nature: str = "outcome", **more) -> KeyResultState:
    made = KeyResultState(
        str(number),
        "m",
        "transition",
        nature,
        f"Number {number}",
        HALF,
        FINE,
        Fraction(1),
        True,
        str(number),
        f"K-{number}",
        owner="ada",
    )
    return replace(made, **more)


def objective(number: int, *key_results: KeyResultState, **more) -> ObjectiveState:
    made = ObjectiveState(
        str(number), "o", f"Aim {number}", Fraction(1, 2), FINE, Ledger(), key_results, str(number), f"O-{number}",
        owner="ada", project_key="CORE", cycle_id="Q4",
    )  # fmt: skip
    return replace(made, **more)


def three(of: int) -> tuple[KeyResultState, ...]:
    """Three key results of one objective alone."""
    return tuple(key_result(100 * of + number) for number in range(3))


def codes(found) -> list[tuple[str, str]]:
    assert all(one.severity is Severity.ADVICE and one.remedy for one in found)
    return [(one.code, one.path) for one in found]


def test_three_of_three_need_no_advice():
    assert codes(lint_states([objective(number, *three(number)) for number in range(3)])) == []


def test_numbers_owners_cycles_and_outputs_are_advised():
    states = [
        objective(1, *(key_result(number) for number in range(6))),
        objective(2, key_result(7, "delivery", owner=None), owner=None),
        objective(3, cycle_id=None, progress=None),
        objective(
            4,
            *three(4)[:2],
            key_result(9, measurement=replace(HALF, cause=Cause.UNKNOWN, reason="start is missing")),
        ),
    ]
    assert codes(lint_states(states)) == [
        ("not-time-bound", "O-3"),
        ("not-measurable", "O-3"),
        ("many-key-results", "O-1"),
        ("not-owned", "O-2"),
        ("few-key-results", "O-2"),
        ("only-outputs", "O-2"),
        ("not-owned", "K-7"),
        ("not-measurable", "K-9"),
    ]


def test_the_number_of_objectives_counts_per_project_and_cycle():
    assert codes(lint_states([objective(number, *three(number)) for number in range(6)])) == [
        ("many-objectives", "CORE")
    ]
    assert codes(
        lint_states([objective(number, *three(number), cycle_id=f"Q{number}") for number in range(1)])
    ) == [("few-objectives", "CORE")]


def test_a_team_counts_across_its_projects():
    mine = [
        objective(number, *three(number), team="Platform", project_key=f"P{number}") for number in range(6)
    ]
    assert codes(lint_states(mine)) == [("many-objectives", "Platform")]


def test_rules_are_advised_before_anything_is_measured(complete):
    result = read_document(complete)
    assert lint_document(result.require(), result.positions) == ()
    text = complete.replace("    cycle: 2026-Q4\n", "").replace("cycles:\n", "cycles:\n").replace(
        "kind: transition, start: kr_start, current: kr_current, target: kr_target", "kind: milestone"
    )  # fmt: skip
    text = text.replace("objectives:\n", "objectives:\n  - {id: us, title: All of us}\n")
    result = read_document(text)
    found = lint_document(result.require(), result.positions)
    assert codes(found) == [
        ("not-time-bound", "objectives[0]"),
        ("not-owned", "objectives[0]"),
        ("not-time-bound", "objectives[1]"),
        ("only-outputs", "objectives[1]"),
    ]
    assert all(one.line for one in found)


def rows(*ids: str, disposition: Disposition = Disposition.COUNTED) -> Measurement:
    made = tuple(Contribution(id_, f"W-{id_}", "", disposition, "so", Fraction(1)) for id_ in ids)
    return replace(HALF, ledger=Ledger(made))


def work(number: int, *ids: str, **more) -> KeyResultState:
    return key_result(number, "delivery", kind="delivery", issue_id=None, measurement=rows(*ids), **more)


NEVER = replace(HALF, progress=None, cause=Cause.NEVER_MEASURED, reason="it is empty")
OLD = Health(HealthLevel.PENDING, "stale", "last measured on 2026-10-01, 45 days ago: more than 14 days")


def test_no_work_no_reading_stale_and_carried_twice_are_advised():
    one = objective(
        1, key_result(1, measurement=NEVER), key_result(2, health=OLD), work(3), work(4, "7"), key_result(5)
    )
    states = [one, *(objective(number, *three(number)) for number in (2, 3))]
    found = lint_states(states, carried={"1": 2, "2": 1})
    assert codes(found) == [
        ("no-reading", "K-1"),
        ("stale-reading", "K-2"),
        ("no-work", "K-3"),
        ("carried-twice", "O-1"),
    ]


def test_what_counts_twice_is_advised_once_for_each_pair():
    other = [key_result(number) for number in (8, 9)]
    below = objective(2, work(2, "b", "c", "d", "e"), *other, progress=Fraction(1, 2))
    shared = Ledger((Contribution("2", "O-2", "", Disposition.COUNTED, "aligned, and contributes"),))
    above = objective(1, work(1, "a", "b", "c", "d", "e"), key_result(8), key_result(7), ledger=shared)
    last = objective(3, work(3, "b"), key_result(5), key_result(6), cycle_id="Q3")
    found = [one for one in lint_states([above, below, last]) if one.code != "few-objectives"]
    assert [(one.code, one.path, one.message) for one in found] == [
        ("double-counted", "O-1", "each of 4 issues (W-b, W-c, W-d …) counts under O-1 and O-2"),
        ("counted-below", "O-1", "each of 4 issues (W-b, W-c, W-d …) counts under O-1 and under O-2, which contributes to it"),
        ("shared-key-result", "K-8", 'K-8 "Number 8" is a key result of O-1 and O-2'),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "disposition", "advised"),
    [
        ("2", Disposition.COUNTED, ["counted-below"]),
        ("2", Disposition.EXCLUDED, []),
        ("1", Disposition.COUNTED, []),
        ("an objective of another site", Disposition.COUNTED, []),
        ("an objective of another site", Disposition.EXCLUDED, []),
    ],
)
def test_only_what_counts_by_an_objective_that_is_there_counts_by_two_ways(
    row: str, disposition: Disposition, advised: list[str]
) -> None:
    ledger = Ledger((Contribution(row, "O-2", "", disposition, "so"),))
    above, below = objective(1, work(1, "b"), ledger=ledger), objective(2, work(2, "b"))
    found = [one.code for one in lint_states([above, below])]
    assert [code for code in found if code == "counted-below"] == advised


def test_two_that_read_one_field_of_one_issue_are_advised():
    pair = (key_result(1, rule_id="a"), key_result(1, rule_id="b"), key_result(2, rule_id="a"))
    read = {("o", "a"): "customfield_1", ("o", "b"): "customfield_1"}
    found = [one.code for one in lint_states([objective(1, *pair)], read=read)]
    assert found == ["few-objectives", "same-reading"]
    assert [one.code for one in lint_states([objective(1, *pair)], read={("o", "a"): "c"})] == [
        "few-objectives"
    ]


def test_two_kpis_of_one_source_are_advised(complete):
    again = """  - id: again
    name: The same
    owner: Somebody
    source: {kind: jql_count, jql: "type = Bug AND priority = Highest AND statusCategory != Done"}
    healthy: {at_most: 5}
  - {id: p, name: P, owner: Ada, source: {kind: push}, healthy: {at_most: 5}}
  - {id: q, name: Q, owner: Ada, source: {kind: push}, healthy: {at_most: 5}}
"""
    result = read_document(complete.replace("\nwrite_back:", f"{again}\nwrite_back:"))
    assert codes(lint_document(result.require(), result.positions)) == [("same-source", "kpis[1].source")]


YES = Health(HealthLevel.ACHIEVED, "achieved", "done")
UNKNOWN = Health(HealthLevel.UNKNOWN, "unknown", "nobody knows")


def ended(*healths: Health | None) -> list[ClosedCycle]:
    """Closed cycles in which one key result ended so; None where it was not there."""
    return [
        ClosedCycle(
            date(2026, number, 28), (objective(1, *([] if one is None else [key_result(7, health=one)])),)
        )
        for number, one in enumerate(healths, 1)
    ]


def test_what_is_achieved_each_time_is_upkeep():
    advised = [("always-achieved", "K-7")]
    assert codes(lint_upkeep(upkeep(ended(YES, YES, YES), 3))) == advised
    assert codes(lint_upkeep(upkeep(ended(FINE, YES, UNKNOWN, YES, None, YES), 3))) == advised
    assert codes(lint_upkeep(upkeep(ended(YES, YES), 3))) == []
    assert codes(lint_upkeep(upkeep(ended(YES, YES, FINE, YES), 3))) == []
    assert codes(lint_upkeep(upkeep([], 3))) == []
    (found,) = lint_upkeep(upkeep(ended(YES, YES, YES, YES), 3))
    assert found.message == 'K-7 "Number 7" was achieved in 4 cycles, one after the other'


def said(found) -> list[str]:
    return [f"{one.code} {one.path}: {one.message}. {one.remedy}" for one in found]


def test_advice_on_what_stands_word_by_word():
    excluded = replace(FINE, rule="excluded")
    states = [
        objective(1, *(key_result(number) for number in range(6))),
        objective(2, key_result(7, "delivery", owner=None), owner=None, key="", issue_id=None),
        objective(3, cycle_id=None, progress=None),
        objective(
            4,
            key_result(8, measurement=replace(HALF, cause=Cause.UNKNOWN, reason="start is missing"), key=""),
            key_result(9, measurement=NEVER),
            key_result(10, health=OLD),
            work(11),
            work(12, health=excluded),
            key_result(
                15, "delivery", kind="delivery", measurement=rows("7", disposition=Disposition.EXCLUDED)
            ),
        ),
        objective(5, key_result(13, issue_id=None, owner=None), key_result(14)),
    ]
    assert said(lint_states(states, carried={"1": 2, "2": 1})) == [
        'not-time-bound O-3: O-3 "Aim 3" belongs to no cycle. give it a cycle',
        'not-measurable O-3: nothing measures O-3 "Aim 3". add key results that measure it',
        'not-owned 2: nobody owns 2 "Aim 2". assign it to one person',
        'few-key-results 2: 2 "Aim 2" has 1 key result. 3 to 5 show an objective from all sides',
        'only-outputs 2: 2 "Aim 2" is measured by its work alone, not by what the work achieves. add a key result that measures an outcome',
        'not-owned K-7: nobody owns K-7 "Number 7". assign it to one person',
        'many-key-results O-1: O-1 "Aim 1" has 6 key results. keep the 3 to 5 that matter most',
        'carried-twice O-1: O-1 "Aim 1" was carried forward 2 times. cut it down to what one cycle can hold, or give it up',
        'many-key-results O-4: O-4 "Aim 4" has 6 key results. keep the 3 to 5 that matter most',
        'not-measurable 8: 8 "Number 8" of O-4 cannot be measured: start is missing. give it what is missing',
        'no-reading K-9: K-9 "Number 9" of O-4 was never measured. measure it once, or say what it stands at',
        'stale-reading K-10: K-10 "Number 10" of O-4: last measured on 2026-10-01, 45 days ago: more than 14 days. measure it, or check in',
        'no-work K-11: K-11 "Number 11" of O-4 has no work that counts. give it work, or leave it out',
        'no-work K-15: K-15 "Number 15" of O-4 has no work that counts. give it work, or leave it out',
        'few-key-results O-5: O-5 "Aim 5" has 2 key results. 3 to 5 show an objective from all sides',
    ]  # fmt: skip


def test_advice_on_rules_and_kpis_word_by_word(complete):
    objectives = """
  - {id: us, title: All of us}
  - {id: fed, title: Fed, owner: ada}
  - {id: feeding, title: Feeding, owner: ada, cycle: 2026-Q4, aligned_to: fed}
kpis:
  - {id: a, name: A, source: {kind: jql_count, jql: type = Bug}, healthy: {at_most: 1}, indicator: lagging, perspective: finance}
  - {id: b, name: B, owner: ada, source: {kind: jql_count, jql: type = Bug}, healthy: {at_most: 1}, indicator: lagging}
  - {id: c, name: C, owner: ada, source: {kind: push}, healthy: {at_most: 1}, indicator: lagging}
  - {id: d, name: D, owner: ada, source: {kind: push}, healthy: {at_most: 1}, indicator: lagging}
"""
    head = complete[: complete.index("objectives:\n")]
    result = read_document(f"{head}objectives:{objectives}")
    assert said(lint_document(result.require(), result.positions)) == [
        'not-time-bound objectives[0]: "us" has no cycle, so nothing says what to expect when. add `cycle:`',
        'not-owned objectives[0]: nobody owns "us". add `owner:`',
        'not-time-bound objectives[1]: "fed" has no cycle, so nothing says what to expect when. add `cycle:`',
        'not-measurable objectives[2]: nothing measures "feeding": it has no key results, and no objective contributes to it. add key results that measure it',
        "only-lagging kpis: every KPI is lagging: it tells when it is too late to act. add one that leads, such as work in progress",
        "empty-perspective kpis: no KPI looks from the perspective customer, process, learning. add one, unless it is watched elsewhere",
        'not-owned kpis[0]: nobody owns "a". add `owner:`',
        'same-source kpis[1].source: "b" and "a" are read from the same source. keep one of them',
    ]  # fmt: skip
