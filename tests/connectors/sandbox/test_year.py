"""What the demo promises, on the days of a year that are like no other: the company is made for each, and computed through its mapping."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest

from connectors.sandbox import Sandbox, board, seed_company
from connectors.sandbox.company.northwind import GOALS, RUNNING, quarters
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.catalogue import catalogue_of
from connectors.sandbox.site_state.state import Record
from mappings import presets
from mappings.document.binder import bind
from mappings.document.mapping import Mapping
from mappings.document.schema import Document
from mappings.document.text.source import read_document
from mappings.facts.forest import Forest
from mappings.facts.moment import Moment
from mappings.numbers import percent
from mappings.rollup.measurement import assess
from mappings.rollup.state import ObjectiveState
from tests.examples import ALL

YEAR = 2028
"""A leap year."""
EDGES = [date(YEAR, month, 1) + timedelta(days=step) for month in (1, 4, 7, 10) for step in (-1, 0, 2)]
CLOCKS_CHANGE = [date(YEAR, 3, 12), date(YEAR, 3, 26), date(YEAR, 10, 29), date(YEAR, 11, 5)]
LEAP = [date(YEAR, 2, 28), date(YEAR, 2, 29), date(YEAR - 1, 2, 28), date(YEAR, 3, 1)]
WEEK = [date(2026, 11, 22) + timedelta(days=step) for step in range(7)]
LAST = [date(YEAR, 12, 30), date(YEAR, 12, 31)]
THROUGHOUT = [date(YEAR, 1, 5) + timedelta(days=41 * step) for step in range(9)]
EVERY = sorted({*EDGES, *CLOCKS_CHANGE, *LEAP, *WEEK, *LAST, *THROUGHOUT})
DAYS = (
    EVERY
    if ALL in os.environ
    else sorted({*EVERY[::3], date(YEAR, 1, 1), date(YEAR, 2, 29), date(YEAR, 12, 31)})
)
"""All by night, as the examples of property tests; by day a third of them, of each kind some."""
HOURS = (0, 9, 23)
"""What time it is on the days, in turn."""


class Company:
    """Northwind at an instant, and what its mapping makes of it."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.sandbox = Sandbox(lambda: now)
        seed_company(self.sandbox, 1, now)
        self.mapping: Mapping = bind(preset(), catalogue_of(self.sandbox))
        self.states = self.assessed()

    def assessed(self) -> dict[str, ObjectiveState]:
        """What every objective stands at, as the company is."""
        issues = [self.sandbox.issue(one) for one in self.sandbox.records.values()]
        return assess(self.mapping, Forest.of(issues), Moment(self.now))

    def objective(self, issue_id: str, edited: Record) -> ObjectiveState:
        """What the objective of an issue stands at, with one issue below it otherwise."""
        below = [self.sandbox.records[one] for one in (issue_id, *self.sandbox.children[issue_id])]
        issues = [self.sandbox.issue(edited if one.id == edited.id else one) for one in below]
        return assess(self.mapping, Forest.of(issues), Moment(self.now))[issue_id]

    def lanes(self) -> Iterator[board.Lane]:
        for key in self.sandbox.projects:
            yield from board.lanes(self.sandbox, key)

    def inviting(self) -> list[board.Lane]:
        """Lanes whose cards the board invites to drag."""
        return [lane for lane in self.lanes() if lane.by_cards and lane.open]


@cache
def preset() -> Document:
    return read_document(presets.text("epics-as-objectives")).require()


@cache
def company(day: date) -> Company:
    return Company(datetime(day.year, day.month, day.day, HOURS[day.toordinal() % 3], 30, tzinfo=UTC))


def shown(state: ObjectiveState) -> int | None:
    """What stands in Jira's field and on the board."""
    return None if state.progress is None else int(percent(state.progress))


def cards(lane: board.Lane) -> list[board.Card]:
    return [card for _, found in lane.columns for card in found]


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_every_card_that_the_demo_invites_to_drag_moves_its_objective(day: date) -> None:
    here = company(day)
    inviting = here.inviting()
    assert {lane.epic.project.key for lane in inviting if lane.epic} == {"PLAT", "CORE", "GROW"}
    for lane in inviting:
        assert lane.epic is not None
        before = shown(here.states[lane.epic.id])
        assert before is not None
        assert 0 < before < 100
        assert {one.record.status.category for one in cards(lane)} >= {"done"}
        assert {one.record.status.category for one in cards(lane)} & {"new", "indeterminate"}
        for card in cards(lane):
            for target in card.targets:
                after = here.objective(lane.epic.id, replace(card.record, status=target, cache={}))
                assert shown(after) != before, f"{card.record.key} to {target.name}"


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_every_new_reading_of_the_running_quarter_moves_its_key_result(day: date) -> None:
    """The board says so: what is written to a key result stands on its card."""
    here = company(day)
    for state in here.states.values():
        for one in state.key_results:
            record = here.sandbox.records.get(one.issue_id or "")
            if (
                record is None
                or state.cycle_id != quarters(day)[1].id
                or record.customs.get(scheme.KR_TARGET) is None
            ):
                continue
            start, target = record.customs[scheme.KR_START], record.customs[scheme.KR_TARGET]
            readings = {
                place: replace(record, customs={**record.customs, scheme.KR_CURRENT: start + (target - start) * place / 4}, cache={})
                for place in (0, 1, 2, 3)
            }  # fmt: skip
            seen = [_key_result(here.objective(state.id, reading), one.id) for reading in readings.values()]
            assert len({*seen}) == 4, (record.key, seen)


def _key_result(state: ObjectiveState, id_: str) -> object:
    return next(one.measurement.progress for one in state.key_results if one.id == id_)


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_the_company_looks_alive(day: date) -> None:
    here = company(day)
    last, running = quarters(day)
    assert len(here.states) == 15
    assert {state.cycle_id for state in here.states.values()} == {last.id, running.id}
    assert sum(state.cycle_id == running.id for state in here.states.values()) == 11
    assert all(state.progress is not None for state in here.states.values())
    assert all(state.ledger.exact for state in here.states.values())
    assert len({state.health.level for state in here.states.values() if state.cycle_id == running.id}) >= 2
    records = here.sandbox.records.values()
    assert max(one.updated for one in records) <= here.now
    assert {key: sum(one.project.key == key for one in records) > 40 for key in here.sandbox.projects} == dict.fromkeys(here.sandbox.projects, True)  # fmt: skip


def test_tomorrow_only_goes_on_with_today() -> None:
    """What happened by a day of a quarter is the same on every later day of it."""
    for first, second in ((date(2026, 11, 22), date(2026, 11, 28)), (date(YEAR, 10, 1), date(YEAR, 12, 31))):
        before = Company(datetime(first.year, first.month, first.day, 9, tzinfo=UTC))
        after = Company(datetime(second.year, second.month, second.day, 9, tzinfo=UTC))
        times = Counter(one.summary for one in after.sandbox.records.values())
        later = {one.summary: one for one in after.sandbox.records.values() if times[one.summary] == 1}
        for one in before.sandbox.records.values():
            if one.summary in later:
                told = [entry.created for entry in before.sandbox.histories[one.id]]
                goes_on = [entry.created for entry in after.sandbox.histories[later[one.summary].id]]
                assert goes_on[: len(told)] == told
            else:
                assert times[one.summary] > 1


def test_the_quarters_of_a_day() -> None:
    assert [one.id for one in quarters(date(2027, 1, 1))] == ["2026-Q4", "2027-Q1"]
    last, running = quarters(date(2028, 3, 31))
    assert (last.start, last.end) == (date(2027, 10, 1), date(2027, 12, 31))
    assert (running.start, running.end) == (date(2028, 1, 1), date(2028, 3, 31))
    assert sum(goal.cycle == RUNNING for goal in GOALS) == 12
