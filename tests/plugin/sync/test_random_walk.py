"""Whatever people do, in whatever order: between any two moments the parts of a movement sum to it, and a look back shows what was seen."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest

from connectors.sandbox import PEOPLE
from connectors.sandbox.site_state import edits, scheme
from connectors.sandbox.site_state.state import person
from connectors.sandbox.site_state.transitions import to_status
from connectors.store.numbers import check_ins, objectives
from mappings.explain.certainty import Certainty
from mappings.explain.week import week_of
from plugin.use_cases.check_ins.check_ins import CheckInRefusal, Statement, check_in, withdraw
from plugin.use_cases.objectives.as_of import as_of, read_histories
from plugin.use_cases.objectives.movement import movement_between
from tests.actors import TESTER
from tests.plugin.sync.conftest import Hand
from tests.quarter import MAPPING

STEPS = 9
START, CURRENT, TARGET, POINTS = "customfield_10051", "customfield_10052", "customfield_10053", scheme.POINTS
DELIVERY = "progress: {kind: delivery}"
REVISIONS = (
    MAPPING,
    MAPPING.replace("headline: all", "headline: outcome_first"),
    MAPPING.replace(DELIVERY, "progress: {kind: delivery, weight: points, missing: siblings_mean}").replace(
        "fields:\n", f"fields:\n  points: {{id: {POINTS}}}\n"
    ),
    MAPPING.replace(DELIVERY, "progress: {kind: delivery, count_to: 5}"),
    MAPPING.replace(DELIVERY, f"subtasks: through_parent, {DELIVERY}"),
)


@dataclass
class Walk:
    """Two objectives of three stories and a metric each, and what they stood at."""

    hand: Hand
    dice: random.Random
    epics: list[str]
    stories: list[str]
    metrics: list[str]
    stood: dict[str, list[tuple[datetime, Fraction | None]]] = field(default_factory=dict)

    def deed(self) -> None:
        """Somebody does something, in Jira or here."""
        dice, hand, jira = self.dice, self.hand, self.hand.sandbox.sandbox
        issue = dice.choice([one for one in self.stories if one in jira.records])
        metric = dice.choice(self.metrics)
        match dice.randrange(11):
            case 0:
                self.stories.append(
                    hand.issue("Story", dice.choice(self.epics), dice.choice(("To Do", "Done")))
                )
            case 1 if jira.deployment == "cloud":
                hand.edit(issue, parent={"id": dice.choice(self.epics)})
            case 2:
                hand.edit(metric, **{CURRENT: dice.choice((None, *range(13)))})
            case 3:
                hand.edit(metric, **{dice.choice((START, TARGET)): dice.choice((2, 5, 20))})
            case 4:
                hand.edit(issue, **{POINTS: dice.choice((None, 0, 1, 3, 8))})
            case 5 if jira.records[issue].status.category != "done":
                refused = next(one for one in jira.resolutions if one.name == "Won't Do")
                to_status(jira, jira.records[issue], scheme.DONE, person(PEOPLE[0]), resolution=refused)
            case 6 if len(jira.records) > 8:
                edits.delete(jira, jira.records[issue], person(PEOPLE[0]))
            case 7:
                self.say(metric)
            case 8:
                hand.activate(dice.choice(REVISIONS), large=True)
            case _:
                hand.status(issue, dice.choice(("Done", "To Do", "In Progress")))

    def say(self, metric: str) -> None:
        """A check-in, or the end of one."""
        connector, epic = self.hand.connector, self.epics[self.metrics.index(metric)]
        with connector.store.read() as conn:
            standing = [one.check_in.id for one in check_ins.load_all(conn, "main", epic) if one.stands]
        if standing and self.dice.random() < 0.5:
            withdraw(connector, TESTER, "main", epic, standing[0])
            return
        value = Fraction(self.dice.randrange(11))
        with suppress(CheckInRefusal):  # a metric without its numbers takes none
            check_in(connector, TESTER, "main", epic, Statement(metric, value, "said"))

    def look(self) -> None:
        """What each objective stands at is kept, and every ledger sums to it."""
        self.hand.clock.pass_by(seconds=2)
        self.hand.sync()
        for epic in self.epics:
            with self.hand.connector.store.read() as conn:
                state = objectives.load(conn, "main", epic).state
            for one in (state, *(one.measurement for one in state.key_results)):
                assert one.progress is None or one.ledger.total == one.progress
            self.stood.setdefault(epic, []).append((self.hand.clock(), state.progress))


@pytest.fixture
def walk(hand: Hand, seed: int) -> Walk:
    hand.clock.now = datetime(2026, 11, 9, 9, tzinfo=UTC)
    epics = [hand.issue("Epic", labels=["okr", "2026-Q4"]) for _ in range(2)]
    stories = [hand.issue("Story", one, at) for one in epics for at in ("To Do", "Done", "In Progress")]
    metrics = [hand.issue("Key Result", one) for one in epics]
    for one in metrics:
        hand.edit(one, **{START: 0, CURRENT: 4, TARGET: 10})
    hand.activate(REVISIONS[0])
    made = Walk(hand, random.Random(seed), epics, stories, metrics)
    made.look()
    return made


@pytest.mark.parametrize(("hand", "seed"), [("cloud", 1), ("datacenter", 2)], indirect=["hand"])
def test_every_movement_is_the_sum_of_its_parts_and_every_look_back_what_was_seen(walk: Walk) -> None:
    for _ in range(STEPS):
        walk.hand.clock.pass_by(minutes=walk.dice.choice((7, 540, 1_800)))
        for _ in range(walk.dice.choice((1, 2, 4))):
            walk.deed()
        walk.look()
    connector, moved = walk.hand.connector, 0
    for epic, stood in walk.stood.items():
        for (since, before), (until, after) in combinations(stood, 2):
            with connector.store.read() as conn:
                found = movement_between(conn, "main", epic, since, until).movement
            assert found is not None
            assert (found.before, found.after) == (before, after)
            change = None if before is None or after is None else after - before
            assert week_of(found).total == found.total == change
            assert change is None or sum(found.parts.values()) == change
            moved += bool(change)
        for at, progress in stood:
            back: Any = as_of(connector, TESTER, "main", epic, at, "then")
            read_histories(connector, TESTER, "main", back.untold)
            back = as_of(connector, TESTER, "main", epic, at, "then")
            assert back.saved.state.progress == progress or back.certainty is not Certainty.EXACT
    assert moved > STEPS
