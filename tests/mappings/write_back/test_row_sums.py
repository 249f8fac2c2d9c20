"""Sums, counts and days: what they are made of, rounded and held as."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from mappings.explain.confidence import confidence_of
from mappings.rollup.rows.ledger import Disposition

KEY = "jira-okr.sums"
SUMS = ("issues_total", "issues_done", "issues_remaining", "weight_total", "weight_done", "weight_remaining")


def written(make: SimpleNamespace, state: Any, *values: str, target: str = "objective", **how: Any) -> Any:
    """What a property holds on the issue."""
    mapping = make.mapping({"target": target, "property": {"key": KEY, "values": list(values), **how}})
    return {one.issue_id: one.raw for one in make.desired(mapping, state)}


def test_sums_are_of_the_rows_in_the_number(make: SimpleNamespace) -> None:
    """Excluded, unknown and measured by its children are in none; not achieved is in the total and not done."""
    assert written(make, make.whole_objective(), *SUMS, "gap_count", "score", "cycle", "last_check_in") == {
        "100": {
            "issues_total": 3,
            "issues_done": 1,
            "issues_remaining": 2,
            "weight_total": 10,
            "weight_done": 3,
            "weight_remaining": 7,
            "gap_count": 1,
            "score": 0.6,
            "cycle": "2026-Q4",
            "last_check_in": "2026-11-22",
        }
    }


def test_a_key_result_has_its_own_and_an_issue_of_two_is_one(make: SimpleNamespace) -> None:
    first = make.ledger(make.row("300", weight="2.5", progress=1), make.row("301", weight=1, progress=0))
    second = make.ledger(make.row("300", weight="2.5", progress=1), make.row("302", weight=1, progress=1))
    results = tuple(
        make.key_result(id_, nature="delivery", ledger=ledger)
        for id_, ledger in (("200", first), ("201", second))
    )
    state = make.objective(key_results=results)
    assert written(make, state, *SUMS[:3], "weight_done") == {
        "100": {"issues_total": 3, "issues_done": 2, "issues_remaining": 1, "weight_done": 6}
    }
    assert written(make, state, *SUMS[:3], "weight_total", target="key_result") == {
        "200": {"issues_total": 2, "issues_done": 1, "issues_remaining": 1, "weight_total": 3.5},
        "201": {"issues_total": 2, "issues_done": 2, "issues_remaining": 0, "weight_total": 3.5},
    }


def test_a_metric_has_no_issues_and_nobody_says_0(make: SimpleNamespace) -> None:
    rule = {"target": "objective", "set": {"okr_progress": {"value": "issues_total"}}}
    [found] = make.desired(make.mapping(rule), make.objective(key_results=(make.key_result("200"),)))
    assert found.raw is None


def test_counts_are_cut_by_no_threshold(make: SimpleNamespace) -> None:
    """Shares are never rounded to what is not reached; of 1.7 points there are 2."""
    ledger = make.ledger(make.row("300", weight="1.7", progress=1))
    state = make.objective(
        commitment="aspirational", key_results=(make.key_result("100/x", nature="delivery", ledger=ledger),)
    )
    assert written(make, state, "weight_total", round=0) == {"100": {"weight_total": 2}}


@pytest.mark.parametrize(("alias", "raw"), [("okr_day", "2026-11-23"), ("okr_summary", "2026-11-23")])
def test_a_day_is_that_of_the_mapping_and_held_by_dates_and_text(
    make: SimpleNamespace, alias: str, raw: str
) -> None:
    rule = {"target": "objective", "set": {alias: {"value": "last_check_in"}}}
    mapping = replace(make.mapping(rule), zone=timezone(timedelta(hours=1)))
    [found] = make.desired(mapping, make.whole_objective())
    assert found.raw == raw
    assert found.place.equal(raw, found.raw)


def test_gaps_alone_are_counted_where_no_number_is_known(make: SimpleNamespace) -> None:
    row = make.row("300", weight=None, progress=None, disposition=Disposition.GAP)
    state = make.objective(
        progress=None,
        key_results=(make.key_result("100/x", None, nature="delivery", ledger=make.ledger(row)),),
    )
    rule = {"target": "objective", "set": {"okr_progress": {"value": "gap_count"}}}
    [found] = make.desired(make.mapping(rule), state)
    assert Fraction(found.raw) == 1


@pytest.mark.parametrize(("text", "raw"), [("7", 7), ("0", 0), ("at", None)])
def test_confidence_is_written_in_points_and_a_word_is_given_none(
    make: SimpleNamespace, text: str, raw: int | None
) -> None:
    told = confidence_of(text)
    assert told is not None
    rule = {"target": "objective", "set": {"okr_progress": {"value": "confidence"}}}
    [found] = make.desired(make.mapping(rule), replace(make.whole_objective(), confidence=told))
    assert (None if found.raw is None else Fraction(found.raw)) == raw
