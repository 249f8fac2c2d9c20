"""The goals of the site, and what must hold of them when the storm is over. Updates are posted once a day; metrics follow at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from stormy_world.judged import Judged
from stormy_world.verdict import jira_now, recomputed

from connectors.sandbox import CONNECTOR, Sandbox
from mappings.facts.goal import SOURCE
from mappings.write_back.desired_values import desired_values, owners
from mappings.write_back.targets.goal import METRICS, POSTS_A_DAY

FIRST_ISSUE, MOST_GOALS = 10001, 45
"""The company is founded with these ids; whoever of them is an objective feeds a goal of its own."""


def goal_keys() -> dict[str, str]:
    """Which goal an issue feeds, should it be an objective, by its id."""
    return {str(FIRST_ISSUE + number): f"NORTH-{number + 1}" for number in range(MOST_GOALS)}


def found_goals(sandbox: Sandbox) -> None:
    """As many as may be fed, on a site that scores them."""
    for number in range(MOST_GOALS):
        sandbox.goals.add(f"Goal {number + 1}", CONNECTOR)


def wrong_goals(world: Judged) -> Iterator[str]:
    """Updates that are repeated or too many for a day, metrics that are there twice, and metrics that are otherwise than a full recomputation says."""
    book = world.site.sandbox.goals
    for goal in book.goals.values():
        for before, after in pairwise(goal.updates):
            if (before.new, before.summary) == (after.new, after.summary):
                yield f"{goal.key}: the same update was posted twice: {after.new}"
        for day, times in Counter(one.at.date() for one in goal.updates).items():
            if times > POSTS_A_DAY:
                yield f"{goal.key}: {times} updates on {day}"
        origins = Counter((one.metric.source, one.metric.external_id) for one in goal.targets)
        yield from (f"{goal.key}: {times} metrics of {one}" for one, times in origins.items() if times > 1)
    yield from _wrong_metrics(world)


def _wrong_metrics(world: Judged) -> Iterator[str]:
    issues, context = jira_now(world), world.context()
    states = recomputed(world, issues)
    owned = owners(context.mapping, states.values(), context.instant.today)
    book = world.site.sandbox.goals
    for state in states.values():
        for wanted in desired_values(context.mapping, state, issues.get, context.basis, owned):
            if wanted.place.id != METRICS.id or not isinstance(wanted.raw, dict):
                continue
            goal = book.named(str(wanted.raw["goal"]))
            if goal is None:
                yield f"{state.key} feeds {wanted.raw['goal']}, which is not there"
                continue
            told = {one.metric.external_id: one for one in goal.targets if one.metric.source == SOURCE}
            found = {id_: (one.start, one.target, one.metric.value) for id_, one in told.items()}
            right = {
                id_: (one["start"], one["target"], one["value"]) for id_, one in wanted.raw["metrics"].items()
            }
            if found != right:
                yield f"{state.key}: the metrics of {goal.key} are {found}, should be {right}"
