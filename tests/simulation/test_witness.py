"""What the storms' witness takes for wrong, and what it lets pass."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select
from stormy_world.people import CYCLE
from stormy_world.stage import Stage
from stormy_world.world import World

from connectors.sandbox import Record
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.edits import edit
from connectors.store.schema import numbers


class Metered:
    """An objective with two key results that stand at 20 and 40 of 100: together 30."""

    def __init__(self, stage: Stage) -> None:
        self.world = World(stage, 0, "cloud")
        self.world.mapping = self.world.ground.mapping("okr-issue-types")
        self.objective = self._make("Objective", labels=["okr", CYCLE])
        numbers = {scheme.KR_START: 0, scheme.KR_TARGET: 100}
        self.key_results = [
            self._make("Key Result", parent=self.objective, **numbers, **{scheme.KR_CURRENT: current})
            for current in (20, 40)
        ]
        assert self.world.look_again()
        self.world.settle()

    def _make(self, kind: str, **given: object) -> Record:
        made = self.world.people.make(kind, project="PLAT", **given)  # type: ignore[arg-type]
        assert made is not None
        return made

    def reads(self, place: int, current: float) -> None:
        """A key result gets a new reading, which reaches the mirror."""
        record = self.world.site.sandbox.records[self.key_results[place].id]
        edit(
            self.world.site.sandbox,
            record,
            {"fields": {scheme.KR_CURRENT: current}},
            "3",
            self.world.people.someone(),
        )
        self.world.post.hand_over()
        self.world.work()

    def written(self, value: object, field: str = scheme.OKR_PROGRESS) -> list[str]:
        """What the witness says of a write of this value to the objective."""
        self.world.witness.findings.clear()
        self.world.witness.wrote(self.objective.id, field, value)
        return self.world.witness.findings


@pytest.fixture
def metered(sqlite_stage: Stage) -> Metered:
    return Metered(sqlite_stage)


def test_what_the_connector_wrote_was_right(metered: Metered) -> None:
    assert metered.world.site.sandbox.records[metered.objective.id].customs[scheme.OKR_PROGRESS] == 30
    assert metered.world.witness.checked >= 2
    assert metered.world.witness.findings == []


def test_a_number_that_is_right_for_no_state_is_found(metered: Metered) -> None:
    assert len(metered.written(31)) == 1
    assert metered.written(30) == []


def test_a_state_since_the_last_write_is_right_and_one_before_it_is_not(metered: Metered) -> None:
    metered.reads(0, 60)
    metered.world.clock.sleep(5)
    metered.world.settle()
    assert metered.world.witness.findings == []
    assert metered.world.site.sandbox.records[metered.objective.id].customs[scheme.OKR_PROGRESS] == 50
    assert len(metered.written(30)) == 1


def test_a_health_that_is_right_for_no_state_is_found(metered: Metered) -> None:
    """On 2 November 36 % of the quarter are over: 20 of 100 are at risk, and with them the objective."""
    record = metered.world.site.sandbox.records[metered.objective.id]
    assert record.customs[scheme.OKR_HEALTH].name == "At risk"
    assert metered.written({"value": "At risk"}, scheme.OKR_HEALTH) == []
    assert len(metered.written({"value": "On track"}, scheme.OKR_HEALTH)) == 1
    assert len(metered.written(None, scheme.OKR_HEALTH)) == 1


@pytest.mark.parametrize(("progress", "health"), [("31/100", "at_risk"), ("3/10", "on_track")])
def test_a_movement_that_nobody_caused_is_found_in_the_history(
    metered: Metered, progress: str, health: str
) -> None:
    table = numbers.history
    with metered.world.tables.write() as conn:
        last = conn.execute(select(table).order_by(table.c.id.desc())).mappings().first()
        assert last is not None
        assert (last["progress"], last["health"]) == ("3/10", "at_risk")
        told = {name: value for name, value in last.items() if name != "id"}
        conn.execute(insert(table), {**told, "progress": progress, "health": health})
    metered.world.witness.look()
    assert len(metered.world.witness.findings) == 1


def test_what_is_told_under_another_mapping_is_right_from_its_activation_on(metered: Metered) -> None:
    """Its key results count by their progress alike; what the first preset makes of an Objective is not written any more."""
    other = metered.world.ground.mapping("epics-as-objectives")
    assert metered.written(None) != []
    metered.world.mapping = other
    metered.world.everything_due()
    assert metered.written(None) == []


def test_issues_that_were_read_in_portions_may_be_of_different_times(metered: Metered) -> None:
    """The first at 60 before the second was at 80, though the mirror held 60 with 40 and 100 with 80 alone."""
    metered.reads(0, 60)
    metered.reads(1, 80)
    metered.reads(0, 100)
    assert metered.written((60 + 80) / 2) == []
    assert metered.written(42) != []
