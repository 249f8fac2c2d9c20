"""Frugality, counted and not timed: how many calls and writes a burst, a no-op, a resync and a steady stream cost."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

import pytest
from stormy_world.stage import Stage
from stormy_world.world import World

from connectors.sandbox import PEOPLE, Record, seed_many
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.edits import edit
from connectors.sandbox.site_state.state import person
from connectors.sandbox.site_state.transitions import to_status

ADA = person(PEOPLE[0])
SEARCH, READ = "POST /rest/api/3/search/jql", "POST /rest/api/3/issue/bulkfetch"


@dataclass
class Calm:
    """A synced world in which nothing goes wrong, and what it counts."""

    world: World

    def seeded(self, issues: int, per_epic: int = 20) -> Calm:
        seed_many(self.world.site.sandbox, issues, per_epic=per_epic)
        assert self.world.look_again()
        self.world.settle()
        self.world.site.calls.clear()
        return self

    @property
    def epics(self) -> list[Record]:
        return [one for one in self.world.site.sandbox.records.values() if one.type == scheme.EPIC]

    @property
    def stories(self) -> list[Record]:
        return [one for one in self.world.site.sandbox.records.values() if one.type == scheme.STORY]

    @property
    def edits(self) -> Counter[str]:
        return self.world.site.calls.edits

    @property
    def calls(self) -> Counter[str]:
        return self.world.site.calls.by_endpoint

    def estimate(self, story: Record) -> None:
        """A person gives a story other points than it has."""
        record = self.world.site.sandbox.records[story.id]
        points = record.customs[scheme.POINTS] % 13 + 1
        edit(self.world.site.sandbox, record, {"fields": {scheme.POINTS: points}}, "3", ADA)

    def second(self, events: int, chance: random.Random) -> None:
        """One second of a stream: events evenly spread, a worker looks in twice as often as an idle one would."""
        for _ in range(events):
            self.estimate(chance.choice(self.stories))
            self.world.clock.sleep(1 / events)
            self.world.post.hand_over()
            if chance.random() < 4 / events:
                self.world.work()


@pytest.fixture
def calm(sqlite_stage: Stage) -> Calm:
    world = World(sqlite_stage, 0, "cloud")
    world.adapter.page_size = 100
    world.mapping = world.ground.mapping("epics-as-objectives")
    return Calm(world)


@pytest.mark.slow
def test_a_burst_of_a_thousand_child_events_writes_at_most_three_times_to_their_objective(calm: Calm) -> None:
    calm.seeded(300, per_epic=300)
    (epic,) = calm.epics
    chance = random.Random(7)
    for _ in range(100):
        for _ in range(10):
            calm.estimate(chance.choice(calm.stories))
        calm.world.post.hand_over()
        calm.world.work()
        calm.world.clock.sleep(0.1)
    calm.world.settle()
    assert calm.world.post.sent >= 1000
    assert calm.edits.total() == calm.edits[epic.id] <= 3


def test_an_event_that_changes_no_number_writes_nothing(calm: Calm) -> None:
    calm.seeded(100)
    story = calm.stories[0]
    edit(calm.world.site.sandbox, story, {"fields": {"summary": "Another title"}}, "3", ADA)
    calm.world.settle()
    assert calm.edits.total() == 0


def test_a_number_that_moves_and_returns_within_the_quiet_period_writes_nothing(calm: Calm) -> None:
    calm.seeded(100)
    sandbox, story = calm.world.site.sandbox, calm.stories[0]
    other = scheme.TO_DO if story.status != scheme.TO_DO else scheme.DONE
    to_status(sandbox, story, other, ADA)
    to_status(sandbox, sandbox.records[story.id], story.status, ADA)
    calm.world.settle()
    assert calm.edits.total() == 0


def test_our_own_echoes_cost_no_read(calm: Calm) -> None:
    calm.seeded(100)
    calm.estimate(calm.stories[0])
    calm.world.settle()
    written = calm.edits.total()
    assert written == 1
    assert calm.calls[READ] == 1
    assert calm.calls.total() == 2


@pytest.mark.slow
def test_an_unchanged_resync_of_ten_thousand_issues_writes_nothing_and_reads_each_issue_once(
    calm: Calm,
) -> None:
    calm.seeded(10_000, per_epic=200)
    assert calm.world.look_again()
    calm.world.settle()
    assert calm.edits.total() == 0
    assert calm.calls[SEARCH] == 100
    assert calm.calls[READ] == 0
    assert calm.calls.total() <= 103  # the count, the server, and a look at the options of written fields


@pytest.mark.slow
def test_a_steady_stream_of_fifty_events_a_second_costs_at_most_1_2_calls_per_event(calm: Calm) -> None:
    calm.seeded(1_000)
    chance = random.Random(3)
    for _ in range(5):
        calm.second(50, chance)
    calm.world.settle()
    assert calm.calls.total() <= 1.2 * 250
