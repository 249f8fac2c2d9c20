"""Every source of flow with each of its options, against changelogs and numbers that were reckoned on paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from connectors.metrics import METRIC_SOURCES, readings
from connectors.metrics.basis.source import Answer, FailureKind, LowerBound, Reach, SourceFailure
from mappings.explain.past import FieldChange, PastIssues
from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import Issue, IssueType, Project, Status
from mappings.jql import compile_selector
from mappings.kpi.cadence import Period
from mappings.kpi.reading import KpiReading

TODO, DOING, REVIEW, DONE, RELEASED = (
    Status("1", "À faire", "new"),
    Status("2", "En cours", "indeterminate"),
    Status("3", "Relecture", "indeterminate"),
    Status("4", "Fini", "done"),
    Status("5", "Livré", "done"),
)
NAMES = {"Doing": "2", "Review": "3", "Released": "5"}
CATALOGUE = Catalogue(statuses=(TODO, DOING, REVIEW, DONE, RELEASED))


def at(text: str) -> datetime:
    """`11-02` or `11-02T12:00` in 2026."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


WEEK = Period(at("11-23"), at("11-30"))
NOW = at("12-05")


def lived(number: int, created: str, *moves: tuple[str, Status], first: Status = TODO) -> tuple[Issue, Any]:
    """An issue with its history, by ids: the words of it are of another language, and of another day."""
    befores = [first, *(status for _, status in moves)]
    steps = tuple(
        FieldChange(at(when), "status", before.id, "Zustand", after.id)
        for before, (when, after) in zip(befores, moves, strict=False)
    )
    issue = Issue(
        id=str(number), key=f"SHOP-{number}", project=Project("1", "SHOP", "Shop"), type=IssueType("1", "Bug"),
        status=befores[-1], created=at(created), updated=steps[-1].at if steps else at(created),
    )  # fmt: skip
    return issue, steps


COMPANY = (
    # in progress for 2 days; what happens after the week changes nothing of it
    lived(1, "11-02", ("11-04", DOING), ("11-06", DONE), ("12-01", TODO)),
    lived(2, "11-10", ("11-20", DOING), ("11-22", REVIEW), ("11-24", DONE), ("11-26", RELEASED)),
    # done on the 20th, reopened, done again on the 28th
    lived(3, "11-16", ("11-18", DOING), ("11-20", DONE), ("11-22", TODO), ("11-24", DOING), ("11-28", DONE)),
    lived(4, "11-25", ("11-27", DONE)),  # never started
    lived(5, "11-20", ("11-21", DOING), ("11-23", DONE)),  # left out by `statuses.excluded`
    lived(6, "11-12", ("11-15", DOING), ("11-17", TODO), ("11-20", DOING)),
    lived(7, "11-26", first=DOING),
    lived(8, "11-10", ("11-11", DOING), ("11-12", TODO)),
    lived(9, "10-20", ("10-25", DOING), ("10-31", DONE)),  # in the very instant in which 30 days begin
    lived(10, "10-20", ("10-25", DOING), ("10-30T23:59:59.999", DONE)),
)
FINISHED = "key in (SHOP-1, SHOP-2, SHOP-3, SHOP-4, SHOP-5)"
OPEN = "key in (SHOP-3, SHOP-6, SHOP-7, SHOP-8)"
NINE_TO_FIVE = {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "17:00"}


def asked(kind: str, select: str = FINISHED, **options: Any) -> Answer:
    """What a source says of the week, on the 5th of December."""
    source = next(one for one in METRIC_SOURCES if one.kind == kind)
    histories = {issue.id: steps for issue, steps in COMPANY}
    reach = Reach(
        issues_at=lambda moment: PastIssues([one for one, _ in COMPANY], histories, CATALOGUE).at(moment),
        compile_jql=lambda jql: compile_selector(jql, CATALOGUE),
        zone=UTC,
        histories=lambda ids: {id_: histories[id_] for id_ in ids},
        status_ids=lambda name: frozenset({NAMES[name]}),
        categories={one.id: one.category for one in CATALOGUE.statuses},
        excluded=compile_selector("key = SHOP-5", CATALOGUE),
    )
    written = source.options.model_validate({"kind": kind, "select": select, **options})
    return readings(written, WEEK, reach, lambda: NOW)


def worth(answer: Answer) -> Fraction | None:
    """The value of the one reading; None where there is none for want of data."""
    if isinstance(answer, SourceFailure):
        assert answer.kind is FailureKind.NO_DATA
        return None
    assert isinstance(answer, tuple)
    (reading,) = answer
    assert reading.at == WEEK.last
    return reading.value


# lead: 4, 14, 12 and 2 days; cycle: 2, 4, 10 and none; to repair: 4, 14, 4 + 6 and 2 days
@pytest.mark.parametrize(
    ("kind", "options", "value"),
    [
        ("throughput", {}, "4"),
        ("throughput", {"window": "period"}, "3"),
        ("throughput", {"window": "1w"}, "3"),
        ("throughput", {"end": {"status": ["Released"]}}, "1"),
        ("throughput", {"window": "period", "finish": "first"}, "2"),
        ("throughput", {"select": "key = SHOP-8"}, "0"),
        ("throughput", {"select": "key in (SHOP-9, SHOP-10)"}, "1"),
        ("lead_time", {}, "131/10"),  # of 2, 4, 12, 14: h = 2.55
        ("lead_time", {"statistic": "median"}, "8"),
        ("lead_time", {"statistic": "sum", "unit": "hours"}, "768"),
        ("lead_time", {"statistic": "max", "window": "period"}, "14"),
        ("lead_time", {"statistic": "mean", "finish": "first"}, "6"),  # 4, 14, 4, 2
        ("lead_time", {"statistic": "mean", "end": {"status": ["Released"]}}, "16"),
        ("lead_time", {"min_items": 4, "statistic": "min"}, "2"),
        ("lead_time", {"min_items": 5}, None),
        ("lead_time", {"select": "key = SHOP-8"}, None),
        ("cycle_time", {}, "41/5"),  # of 2, 4, 10: h = 1.7
        ("cycle_time", {"statistic": "mean"}, "16/3"),
        ("cycle_time", {"statistic": "mean", "window": "period"}, "7"),
        ("cycle_time", {"statistic": "mean", "start": {"entry": "last"}}, "10/3"),  # 2, 4, 4
        ("cycle_time", {"statistic": "mean", "start": {"status": ["Review"]}}, "2"),
        ("cycle_time", {"statistic": "mean", "finish": "first"}, "8/3"),  # 2, 4, 2
        ("cycle_time", {"statistic": "mean", "finish": "first", "window": "period"}, "4"),
        ("cycle_time", {"statistic": "mean", "end": {"status": ["Released"]}}, "6"),
        ("cycle_time", {"statistic": "mean", "clock": "calendar_days"}, "19/3"),  # 3, 5, 11
        ("cycle_time", {"statistic": "mean", "clock": "working_hours", "working": NINE_TO_FIVE}, "4"),  # 2, 2, 8
        ("cycle_time", {"statistic": "sum", "clock": "working_hours", "working": NINE_TO_FIVE, "unit": "hours"}, "96"),
        ("cycle_time", {"min_items": 3}, "41/5"),
        ("cycle_time", {"min_items": 4}, None),
        ("cycle_time", {"select": "key = SHOP-4"}, None),
        ("flow_efficiency", {}, "3/4"),  # 2 of 2, 4 of 4, 6 of 10
        ("flow_efficiency", {"active": ["Doing"]}, "5/8"),  # 2, 2, 6
        ("flow_efficiency", {"active": ["Review"]}, "1/8"),
        ("flow_efficiency", {"window": "period"}, "5/7"),
        ("flow_efficiency", {"clock": "working_hours", "working": NINE_TO_FIVE}, "5/6"),  # 2, 2, 6 of 12 days
        ("flow_efficiency", {"min_items": 4}, None),
        ("flow_efficiency", {"select": "key = SHOP-4"}, None),
        ("mttr", {}, "180"),
        ("mttr", {"reopened": "whole"}, "192"),
        ("mttr", {"unit": "days"}, "15/2"),
        ("mttr", {"statistic": "median"}, "168"),
        ("mttr", {"start": {"category": "indeterminate"}}, "112"),  # 2, 4, 2 + 6
        ("mttr", {"window": "period"}, "208"),
        ("mttr", {"min_items": 5}, None),
        ("work_item_age", {"select": OPEN}, "267/20"),  # of 4 and 15 days: h = 0.85
        ("work_item_age", {"select": OPEN, "start": {"entry": "last"}, "statistic": "max"}, "10"),
        ("work_item_age", {"select": OPEN, "unit": "hours", "statistic": "min"}, "96"),
        ("work_item_age", {"select": OPEN, "clock": "calendar_days", "statistic": "sum"}, "19"),
        ("work_item_age", {"select": OPEN, "start": {"status": ["Review"]}}, None),
        ("work_item_age", {"select": OPEN, "min_items": 3}, None),
        # down: 2 to 6, 16 to 20 and 22 to 28 November: 14 of 30 days
        ("mtbf", {"select": "key in (SHOP-1, SHOP-3)"}, "128"),
        ("mtbf", {"select": "key in (SHOP-1, SHOP-3)", "time": "all"}, "240"),
        ("mtbf", {"select": "key in (SHOP-1, SHOP-3)", "unit": "days"}, "16/3"),
        ("mtbf", {"select": "key in (SHOP-1, SHOP-3, SHOP-5)"}, "128"),  # what is excluded is no failure
        # up to the release: 10 to 26 November
        ("mtbf", {"select": "key = SHOP-2", "end": {"status": ["Released"]}}, "336"),
        ("mtbf", {"select": "key = SHOP-2"}, "384"),
    ],
)  # fmt: skip
def test_flow_reckoned_by_hand(kind: str, options: dict[str, Any], value: str | None) -> None:
    assert worth(asked(kind, **options)) == (None if value is None else Fraction(value))


def test_what_was_never_started_is_named_and_the_others_are_counted() -> None:
    for kind, options in (("cycle_time", {}), ("flow_efficiency", {}), ("mttr", {"start": {}})):
        (reading,) = asked(kind, **options)  # type: ignore[misc]  # there is one
        assert isinstance(reading, KpiReading)
        assert reading.note == "3 items; never started: SHOP-4"


def test_without_a_failure_it_is_at_least_the_time_that_was_up() -> None:
    """SHOP-3 has been down since the 22nd: five days of the week, none of them a failure of it."""
    found = asked("mtbf", "key = SHOP-3", window="period")
    assert isinstance(found, LowerBound)
    assert found.reading.value == 48


def test_the_same_week_has_the_same_number_whenever_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {kind: asked(kind) for kind in ("lead_time", "cycle_time", "throughput", "mttr")}
    monkeypatch.setitem(globals(), "NOW", NOW + timedelta(days=300))
    assert {kind: worth(asked(kind)) for kind in before} == {
        kind: worth(answer) for kind, answer in before.items()
    }
    gone = tuple(one for one in COMPANY if one[0].id != "2")
    monkeypatch.setitem(globals(), "COMPANY", gone)
    assert worth(asked("throughput")) == 3  # what is deleted is not there, also where it had been finished
    moved = tuple(
        (replace(issue, project=Project("2", "CORE", "Core"), key="CORE-1"), steps) if issue.id == "3" else (issue, steps)
        for issue, steps in gone
    )  # fmt: skip
    monkeypatch.setitem(globals(), "COMPANY", moved)
    assert worth(asked("throughput", "project = SHOP AND key != SHOP-9 AND key != SHOP-10")) == 2


def refused(answer: Answer) -> tuple[FailureKind, str]:
    assert isinstance(answer, SourceFailure)
    return answer.kind, answer.reason


@pytest.mark.parametrize(
    ("kind", "options", "reason"),
    [
        ("lead_time", {"min_items": 5}, "4 items were finished in the window, and 5 are wanted"),
        ("lead_time", {"select": "key = SHOP-8"}, "no items were finished in the window"),
        ("lead_time", {"select": "key = SHOP-8", "min_items": 2}, "no items were finished in the window, and 2 are wanted"),
        ("cycle_time", {"min_items": 4}, "3 items that had been started were finished in the window, and 4 are wanted"),
        ("flow_efficiency", {"min_items": 4}, "3 items that had been started were finished in the window, and 4 are wanted"),
        ("flow_efficiency", {"select": "key = SHOP-4"}, "no items that had been started were finished in the window"),
        ("mttr", {"min_items": 5}, "4 incidents were restored in the window, and 5 are wanted"),
        ("work_item_age", {"select": OPEN, "min_items": 3}, "2 items are in progress, and 3 are wanted"),
        ("work_item_age", {"select": OPEN, "start": {"status": ["Review"]}}, "no items are in progress"),
    ],
)  # fmt: skip
def test_where_too_few_items_went_into_it_the_failure_says_how_many_did(
    kind: str, options: dict[str, Any], reason: str
) -> None:
    assert refused(asked(kind, **options)) == (FailureKind.NO_DATA, reason)


def test_of_work_that_took_no_time_there_is_no_efficiency(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = lived(11, "11-24", ("11-25", DOING), ("11-25", DONE))
    monkeypatch.setitem(globals(), "COMPANY", (at_once,))
    found = asked("flow_efficiency", "key = SHOP-11")
    assert refused(found) == (
        FailureKind.NO_DATA,
        "no time passed between start and finish of any item",
    )


@pytest.mark.parametrize(
    ("kind", "select", "note"),
    [
        ("lead_time", FINISHED, "4 items"),
        ("lead_time", "key = SHOP-1", "1 item"),
        ("work_item_age", OPEN, "2 items"),
        ("flow_efficiency", "key in (SHOP-1, SHOP-4)", "1 item; never started: SHOP-4"),
        ("mtbf", "key in (SHOP-1, SHOP-2)", "2 failures"),
        ("mtbf", "key = SHOP-1", "1 failure"),
        ("throughput", FINISHED, ""),
    ],
)
def test_a_reading_of_flow_says_when_and_from_what_it_was_made(kind: str, select: str, note: str) -> None:
    (reading,) = asked(kind, select)  # type: ignore[misc]  # there is one
    assert isinstance(reading, KpiReading)
    assert (reading.at, reading.received, reading.source, reading.note) == (WEEK.last, NOW, kind, note)


def test_what_has_been_down_since_long_before_the_window_is_not_up_in_it() -> None:
    """SHOP-8 came on the 10th, is not done, and was touched for the last time on the 12th."""
    found = asked("mtbf", "key = SHOP-8", window="period")
    assert isinstance(found, LowerBound)
    reason = "nothing failed in the window, so it is at least the time that was up"
    assert (found.reading, found.reason) == (
        KpiReading(at=WEEK.last, value=Fraction(0), received=NOW, source="mtbf", note=f"at least: {reason}"),
        reason,
    )
