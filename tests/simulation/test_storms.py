"""After any storm Jira's fields equal a full recomputation, and nothing is lost, written twice or written for ever."""

from __future__ import annotations

import random

from stormy_world.clock import BEGINNING
from stormy_world.goals import wrong_goals
from stormy_world.perils import Chances
from stormy_world.post import Reliability
from stormy_world.stage import Stage
from stormy_world.verdict import (
    dead_letters,
    repeated_writes,
    too_many_writes,
    wrong_fields,
    wrong_mirror,
    wrong_past,
    wrong_states,
)
from stormy_world.world import World, storm

from connectors.store import StoreError
from plugin.sync.reconcile.failures import Postponement, after_failure

STEPS = (25, 25, 40, 60)
"""Storms are short and long. Each costs its founding, its calm and its verdict besides, and says most at its end."""
ROUGH = Chances(death=0.01, locked=0.01, meanwhile=0.03)


def wind(dice: random.Random) -> Reliability:
    """One seed in four loses no delivery."""
    return Reliability(dice.choice((0.0, 0.1, 0.1, 0.3)), 0.1, 0.3, dice.choice((5.0, 60.0, 600.0)))


def steps(seed: int) -> int:
    """Dice of their own: how long a storm lasts tells no other story."""
    return random.Random(f"{seed}:length").choice(STEPS)


def test_after_a_storm_jira_holds_what_a_full_recomputation_says(sqlite_stage: Stage, seed: int) -> None:
    weathered(sqlite_stage, seed)


def test_the_same_on_postgresql(postgres_stage: Stage, seed_on_postgres: int) -> None:
    weathered(postgres_stage, seed_on_postgres)


def weathered(stage: Stage, seed: int) -> None:
    world = World(stage, seed)
    storm(world, steps(seed), ROUGH, wind)
    world.settle()
    found: list[str] = [f"before the resync: {one}" for one in dead_letters(world)]
    if not world.post.dropped and not world.upheavals:
        found += [f"before the resync: {one}" for one in wrong_fields(world)]
    assert world.look_again(anew=True), replay(world, [f"a resync in the calm: {world.trouble}"])
    world.settle()
    for check in (
        wrong_fields,
        wrong_goals,
        wrong_mirror,
        wrong_states,
        wrong_past,
        dead_letters,
        repeated_writes,
        too_many_writes,
    ):
        found += check(world)
    found += world.witness.left_behind(world.adapter.holds)
    found += [*world.findings, *world.witness.findings]
    edits = world.site.calls.edits.total()
    assert world.look_again(), replay(world, [f"a second resync in the calm: {world.trouble}"])
    world.settle()
    if world.site.calls.edits.total() != edits:
        found.append(f"an unchanged resync wrote {world.site.calls.edits.total() - edits} times")
    assert not found, replay(world, found)


def test_a_reconcile_that_meets_a_locked_database_is_tried_again() -> None:
    locked = StoreError("another process holds the write lock", "the database", "wait", passing=True)
    assert isinstance(after_failure(locked, 1, BEGINNING, 0.5), Postponement)


def replay(world: World, found: list[str]) -> str:
    """What went wrong, and how to see it again."""
    story = f"{world.mapping.document.name} on {world.ground.deployment}, {len(world.perils.deaths)} deaths, {world.perils.locks} locks"
    command = f"JIRA_OKR_SIMULATION_SEEDS={world.seed} pytest tests/simulation/test_storms.py"
    return "\n".join([f"seed {world.seed} ({story}):", *found, f"again: {command}"])
