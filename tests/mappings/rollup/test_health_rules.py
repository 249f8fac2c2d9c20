"""Health in plain words: each bound of the table, from below and at it."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mappings.rollup.health import HealthCriteria, by_pace, worst
from mappings.rollup.health_rules import HEALTH_RULES, verdict
from mappings.rollup.rows.ledger import Ledger
from mappings.rollup.state import Cause, Health, HealthLevel, Measurement
from mappings.rollup.structure.trial import Requirement, RuleBench

MAPPINGS = Path(__file__).parents[3] / "mappings"


@pytest.mark.parametrize(
    ("rule", "pace", "said"),
    [
        ("pace-off-track", "0", "Has not moved yet"),
        ("pace-off-track", "0.0199", "Has not moved yet"),
        ("pace-off-track", "0.02", "A tenth of where it should be"),
        ("pace-off-track", "0.15", "A fifth of where it should be"),
        ("pace-off-track", "0.225", "A quarter of where it should be"),
        ("pace-off-track", "0.29", "A third of where it should be"),
        ("pace-off-track", "0.3799", "A third of where it should be"),
        ("pace-off-track", "0.38", "Under half of where it should be"),
        ("pace-at-risk", "0.46", "Half of where it should be"),
        ("pace-at-risk", "0.54", "Over half of where it should be"),
        ("pace-at-risk", "0.63", "Two thirds of where it should be"),
        ("level-at-risk", "0.70", "Three quarters of where it should be"),
        ("level-at-risk", "0.79", "Nearly where it should be"),
        ("pace-on-track", "0.7899", "Behind, but still on track"),
        ("pace-on-track", "0.79", "A little behind"),
        ("pace-on-track", "0.93", "Where it should be"),
        ("pace-on-track", "1.08", "A little ahead"),
        ("level-on-track", "1.25", "Well ahead"),
    ],
)
def test_pace_in_words(rule: str, pace: str, said: str) -> None:
    assert verdict(Health(HealthLevel.AT_RISK, rule, "", Fraction(pace))) == said


def test_every_rule_has_words_but_those_that_another_speaks_for() -> None:
    silent = {
        rule for rule in HEALTH_RULES if not verdict(Health(HealthLevel.UNKNOWN, rule, "", Fraction(1)))
    }
    assert silent == {"worst", "plain-parent"}


def test_the_row_that_decides_speaks_for_its_objective_and_for_the_one_above() -> None:
    standing = HealthCriteria(now=None, today=None, expected=Fraction(1, 2))  # type: ignore[arg-type]
    slow, good = by_pace(Fraction(1, 10), standing), by_pace(Fraction(1, 2), standing)
    below = worst([("GROW-2 Trials", good), ("GROW-3 Conversion", slow)])
    above = worst([("GROW-1 Win", below)])
    assert (below.pace, below.row, below.row_rule) == (Fraction(1, 5), "GROW-3 Conversion", "pace-off-track")
    assert (above.row, above.row_rule) == ("GROW-3 Conversion", "pace-off-track")
    assert verdict(above) == "A fifth of where it should be"


def test_what_the_rollup_fires_is_what_is_defined() -> None:
    """A code that nobody defined would be shown without a meaning; one that nothing fires is dead."""
    source = "".join(path.read_text(encoding="utf-8") for path in MAPPINGS.rglob("*.py"))
    fired = set(
        re.findall(
            r'Health\(\s*(?:level=)?(?:HealthLevel\.\w+|health\.level),\s*(?:rule=)?"([a-z-]+)"', source
        )
    )
    banded = {code for code in HEALTH_RULES if code.startswith(("pace-", "level-"))}
    assert fired == set(HEALTH_RULES) - banded
    levels = {level.replace("_", "-") for level in ("on_track", "at_risk", "off_track")}
    assert banded == {f"{by}-{level}" for by in ("pace", "level") for level in levels}


STEPS = {
    "pace-off-track": ["0.02", "0.15", "0.225", "0.29", "0.38", "0.46", "0.54", "0.63", "0.70", "0.79"],
    "pace-on-track": ["0.79", "0.93", "1.08", "1.25"],
}
"""Where the words change."""


@pytest.mark.parametrize("rule", STEPS)
def test_words_change_at_their_bounds_and_nowhere_else(rule: str) -> None:
    def said(pace: Fraction) -> str:
        return verdict(Health(HealthLevel.AT_RISK, rule, "", pace))

    little = Fraction(1, 1000)
    bounds = [Fraction(0), *map(Fraction, STEPS[rule])]
    for below, bound in pairwise(bounds):
        assert said(below) == said(bound - little) != said(bound)
    assert said(bounds[-1]) == said(Fraction(9))


def test_a_measurement_is_neither_late_nor_moved_by_the_clock_unless_that_is_said() -> None:
    found = Measurement(Fraction(1, 2), Fraction(1, 2), Cause.MEASURED, "said")
    assert (found.late, found.clocked, found.undated) == (False, False, "")
    rest = (found.start, found.current, found.target, found.measured_at, found.due, found.at_least, found.at_most, found.tolerance)  # fmt: skip
    assert set(rest) == {None}
    assert found.ledger == Ledger()


def test_of_rules_that_stand_earlier_the_first_that_takes_an_issue_is_told_alone() -> None:
    def rule(id_: str, takes: bool | None) -> Any:
        select = None if takes is None else SimpleNamespace(matches=lambda _issue, _moment: takes)
        return SimpleNamespace(part=SimpleNamespace(id=id_), select=select)

    def asked(*earlier: Any, archived: bool = False, select: bool | None = None) -> list[Requirement]:
        wanted = rule("wanted", select)
        bench = SimpleNamespace(
            mapping=SimpleNamespace(objectives=[*earlier, wanted, rule("later", True)]),
            moment=None,
            _by_jql=lambda asks, _select, _issue: Requirement(asks, holds=True),
        )
        return list(RuleBench._of_objective(bench, wanted, SimpleNamespace(archived=archived)))  # type: ignore[arg-type]

    why = "“first” stands earlier and takes it: the first rule that matches decides"
    taken = Requirement("No earlier rule takes it", holds=False, why=why)
    mine = Requirement("It matches the JQL of the rule", holds=True)
    gone = Requirement("It is not archived", holds=False, why="Jira has archived it")
    assert asked() == []
    assert asked(rule("no", False), rule("plain", None), select=True) == [mine]
    assert asked(rule("no", False), rule("first", True), rule("second", True), select=True) == [taken, mine]
    assert asked(rule("first", True), archived=True) == [gone, taken]
