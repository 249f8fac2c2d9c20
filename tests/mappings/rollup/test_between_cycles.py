"""Small rules with their literal values: with what a kind begins in the next cycle, which written objectives stand above, a check-in without an issue."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest

from mappings.explain.check_in import CheckIn, Measure
from mappings.facts.forest import Forest
from mappings.progress import RULE_OF_KIND
from mappings.progress.rule import NextTerms
from mappings.rollup.measurement import affected_objectives, assess
from mappings.rollup.state import Cause, HealthLevel, Measurement
from tests.mappings.rollup.conftest import a_key_result, build_issue, build_mapping, build_objective

FIRST = date(2027, 1, 1)
FIELDS = {"start": "kr_start", "current": "kr_current"}
PAST = "its date 2026-12-31 lies before 2027-01-01: it is cleared, and the end of the cycle stands in"


def onward(kind: str, options: dict[str, Any], **came_to: Any) -> NextTerms:
    rule = RULE_OF_KIND[kind]
    progress = came_to.pop("progress", Fraction(1, 2))
    measurement = Measurement(progress, progress, Cause.MEASURED, "", **came_to)
    return rule.onward(rule.options.model_validate({"kind": kind, **options}), measurement, FIRST)


@pytest.mark.parametrize(
    ("kind", "options", "came_to", "sets", "flags"),
    [
        ("transition", {**FIELDS, "target": "kr_target"}, {"current": 7, "target": 10}, {"kr_start": 7}, ()),
        ("increase", {**FIELDS, "target": 10}, {"current": 7, "target": 10}, {"kr_start": 7}, ()),
        ("decrease", {**FIELDS, "target": "kr_target"}, {"current": 0, "target": -3}, {"kr_start": 0}, ()),
        (
            "transition",
            {**FIELDS, "target": 10},
            {"current": 12, "target": 10, "progress": Fraction(1)},
            {"kr_start": 12},
            ("it stands at or past its target: it needs a new one",),
        ),
        (
            "transition",
            {**FIELDS, "target": 10},
            {"current": 12, "progress": Fraction(1)},
            {"kr_start": 12},
            (),
        ),
        (
            "transition",
            {**FIELDS, "target": 10},
            {"current": 9, "target": 10, "progress": None},
            {"kr_start": 9},
            (),
        ),
        (
            "transition",
            {**FIELDS, "target": 10},
            {"target": 10},
            {},
            ("nothing is known of where it stood at the end: its start stays",),
        ),
        (
            "transition",
            {"start": 5, "current": "kr_current", "target": 10},
            {"current": 7, "target": 10},
            {},
            ("its start is a number in the mapping: it stays",),
        ),
        (
            "increase",
            {**FIELDS, "by": {"percent": 10}},
            {"current": 7, "target": 10},
            {},
            ("its target is said as a distance from its start: both stay",),
        ),
        ("milestone", {}, {"due": date(2026, 12, 31)}, {"duedate": None}, (PAST,)),
        ("milestone", {"due": "day"}, {"due": date(2026, 12, 31)}, {"day": None}, (PAST,)),
        (
            "milestone",
            {"due": "2026-12-31"},
            {"due": date(2026, 12, 31)},
            {},
            ("its date 2026-12-31 is written in the mapping, and lies before 2027-01-01",),
        ),
        ("milestone", {}, {"due": FIRST}, {}, ()),
        ("milestone", {}, {}, {}, ()),
        ("milestone", {}, {"due": date(2026, 12, 31), "progress": Fraction(1)}, {}, ()),
        ("delivery", {}, {"current": 7, "target": 10}, {}, ()),
    ],
)
def test_with_what_a_kind_begins_in_the_next_cycle(
    kind: str, options: dict[str, Any], came_to: dict[str, Any], sets: dict[str, Any], flags: tuple[str, ...]
) -> None:
    assert onward(kind, options, **came_to) == NextTerms(sets, flags)


def written(id_: str, aligned_to: str | None = None, **parts: Any) -> dict[str, Any]:
    rule = a_key_result("delivery", relation={"jql": "label = grow"})
    more = {"aligned_to": aligned_to} if aligned_to is not None else {}
    return build_objective(rule, id=id_, select=None, title=id_, **more, **parts)


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        # What another written objective is aligned to does not stand above this one.
        (
            [("growth", "company"), ("company", None), ("beside", "board"), ("board", None)],
            {"@growth", "@company"},
        ),
        ([("growth", "@company"), ("company", "@board"), ("board", None)], {"@growth", "@company", "@board"}),
        ([("growth", "relates to"), ("company", None)], {"@growth"}),
        ([("growth", "company"), ("company", "growth")], {"@growth", "@company"}),
        ([("growth", None), ("company", "growth")], {"@growth"}),
    ],
)
def test_written_objectives_above_one_that_finds_the_issue(rules: Any, found: set[str], now: Any) -> None:
    first, *others = rules
    quiet = [
        build_objective(
            a_key_result("delivery", relation={"jql": "label = nobody"}),
            id=id_,
            select=None,
            title=id_,
            **({"aligned_to": up} if up is not None else {}),
        )
        for id_, up in others
    ]
    mapping = build_mapping(written(*first), *quiet)
    before, after = build_issue(5, labels=("grow",)), build_issue(5, status="Done", labels=("grow",))
    assert affected_objectives(mapping, Forest.of([after]), before, after, now) == found


AT = datetime(2026, 11, 10, 9, tzinfo=UTC)
TWO = "it takes the fields of one issue, and the rule selects 2 for this key result"
METRIC = {"kind": "transition", "start": 0, "current": "kr_current", "target": 10}


@pytest.mark.parametrize(
    ("said", "progress", "reason", "rows"),
    [
        (
            CheckIn("1", "1/transition", measure=Measure.CURRENT, value=Fraction(9), by="Ada", at=AT, id=7),
            None,
            f"check-in by Ada on 2026-11-10: 9 instead of the derived unknown; {TWO}",
            ["derived", "check-in/7"],
        ),
        (
            CheckIn(
                "1", "1/transition", measure=Measure.PROGRESS, value=Fraction(9, 10), by="Ada", at=AT, id=7
            ),
            None,
            TWO,
            [],
        ),
    ],
)
def test_a_check_in_of_a_metric_that_stands_on_no_single_issue(
    said: CheckIn, progress: Any, reason: str, rows: list[str], now: Any
) -> None:
    """There is no field that could have held the value: it stays unknown, and the check-in is told."""
    rule = a_key_result(METRIC, select="type = Key Result", **{"as": "one_key_result"})
    issues = [
        build_issue(1, type="Epic"),
        *(build_issue(id_, type="Key Result", parent=1, kr_current=4) for id_ in (2, 3)),
    ]
    mapping = build_mapping(build_objective(rule), fields=("kr_current",))
    (found,) = assess(mapping, Forest.of(issues), now, {("1", "1/transition"): said})["1"].key_results
    assert found.issue_id is None
    assert found.measurement.progress == progress
    assert found.measurement.reason == reason
    assert found.health.level is HealthLevel.UNKNOWN
    assert [(one.id, one.progress) for one in found.measurement.ledger.rows] == [(id_, None) for id_ in rows]
