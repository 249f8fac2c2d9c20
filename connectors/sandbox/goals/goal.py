"""Goals as the site keeps them: updates that people posted, metrics that stand behind them, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from connectors.sandbox.site_state.scheme import Account

CLOUD_ID = "5f0a0000-0000-4000-8000-0000000000c1"
CONTAINER = f"ari:cloud:townsquare::site/{CLOUD_ID}"
STATUSES = ("on_track", "at_risk", "off_track", "pending", "paused", "done", "cancelled", "archived")
SCORED = ("on_track", "at_risk", "off_track")
"""Those that take a score, where goals are scored."""
BEST_SCORE = 100
LONGEST_SUMMARY = 280
"""Characters of a summary that are seen."""
POSTS = "EDIT_ISSUES"
"""Who may not edit an issue may look at goals, and post nothing."""


@dataclass(slots=True)
class RefusedError(Exception):
    """What is not done, in the words and with the status of the gateway."""

    message: str
    status: int = 400
    kind: str = "VALIDATION"


@dataclass(slots=True)
class Metric:
    """A number that a goal is measured by; `source` is MANUAL or the name of whoever tells it, who knows it by `external_id`."""

    id: str
    name: str
    type: str
    value: float
    source: str
    external_id: str | None
    at: datetime
    values: list[tuple[datetime, float]] = field(default_factory=list)


@dataclass(slots=True)
class MetricTarget:
    """From where to where a metric of a goal is to go."""

    id: str
    metric: Metric
    start: float
    target: float


@dataclass(slots=True)
class Update:
    """What somebody posted: status, score and words, before and after; `summary` is a document as JSON text."""

    id: str
    ari: str
    at: datetime
    creator: Account
    old: tuple[str, int]
    new: tuple[str, int]
    summary: str | None
    edited: datetime | None = None
    edited_by: Account | None = None


@dataclass(slots=True)
class Goal:
    """A goal; `work_items` are the ARIs of the issues linked to it."""

    ari: str
    uuid: str
    key: str
    name: str
    owner: Account
    created: datetime
    status: str = "pending"
    score: int = 0
    due: date | None = None
    parent: Goal | None = None
    archived: bool = False
    updates: list[Update] = field(default_factory=list)
    targets: list[MetricTarget] = field(default_factory=list)
    work_items: dict[str, None] = field(default_factory=dict)


class GoalBook:
    """The goals of a site. `scoring` is OKR (a score makes the status) or SIMPLE (the status alone); `on` is false where the site has no Goals."""

    def __init__(
        self, clock: Callable[[], datetime], show: Callable[[str], None] = lambda _issue: None
    ) -> None:
        self.clock = clock
        self.show = show
        self.scoring = "OKR"
        self.on = True
        self.goals: dict[str, Goal] = {}
        self._number = 0

    def add(self, name: str, owner: Account, parent: Goal | None = None, due: date | None = None) -> Goal:
        """A new goal, with the next key."""
        uuid = self._uuid("goal")
        key = f"NORTH-{len(self.goals) + 1}"
        goal = Goal(
            ari=self._ari("goal", uuid),
            uuid=uuid,
            key=key,
            name=name,
            owner=owner,
            created=self.clock(),
            due=due,
            parent=parent,
        )
        self.goals[goal.ari] = goal
        return goal

    def adopt(self, other: GoalBook) -> None:
        """Take over the goals of another site as they are now; that one stays as it is."""
        self.scoring, self.on, self._number = other.scoring, other.on, other._number
        self.goals = deepcopy(other.goals)

    def find(self, ari: str) -> Goal | None:
        """The goal of this ARI."""
        return self.goals.get(ari)

    def named(self, key: str) -> Goal | None:
        """The goal of this key."""
        return next((one for one in self.goals.values() if one.key == key), None)

    def metrics(self) -> Iterator[Metric]:
        """Every metric that a goal is measured by."""
        return (target.metric for goal in self.goals.values() for target in goal.targets)

    # -- updates

    def post(
        self,
        goal_ari: str,
        who: Account,
        status: str | None,
        score: int | None,
        summary: str | None,
        values: dict[str, float],
    ) -> Update:
        """Post an update; everybody who watches the goal is told of it."""
        goal = self._goal(goal_ari, who)
        stands = self._judged(goal, status, score)
        _check_summary(summary)
        targets = {one.id: one for one in goal.targets}
        for id_ in values:
            if id_ not in targets:
                raise RefusedError(f"Metric target {id_} is not one of the goal's.", 404, "NOT_FOUND")
        uuid = self._uuid("update")
        update = Update(
            id=f"GoalUpdate:{self._number}",
            ari=self._ari("goal-update", uuid),
            at=self.clock(),
            creator=who,
            old=(goal.status, goal.score),
            new=stands,
            summary=summary,
        )
        for id_, value in values.items():
            self._measure(targets[id_].metric, value)
        goal.updates.append(update)
        goal.status, goal.score = stands
        return update

    def correct(
        self, update_ari: str, who: Account, status: str | None, score: int | None, summary: str | None
    ) -> Update:
        """Change an update that stands; the goal follows where it is the latest."""
        goal, update = self._update(update_ari, who)
        if status is not None or score is not None:
            update.new = self._judged(goal, status, score)
        _check_summary(summary)
        if summary is not None:
            update.summary = summary
        update.edited, update.edited_by = self.clock(), who
        if goal.updates[-1] is update:
            goal.status, goal.score = update.new
        return update

    def take_back(self, update_ari: str, who: Account) -> Goal:
        """Delete the latest update; no other can be."""
        goal, update = self._update(update_ari, who)
        if goal.updates[-1] is not update:
            raise RefusedError("Only the latest update can be deleted.")
        goal.updates.pop()
        goal.status, goal.score = update.old
        return goal

    def _judged(self, goal: Goal, status: str | None, score: int | None) -> tuple[str, int]:
        """Status and score after an update that says these."""
        if status is not None and status not in STATUSES:
            raise RefusedError(f"Invalid status: {status}")
        if score is None:
            return (goal.status, goal.score) if status is None else (status, 0)
        if self.scoring != "OKR":
            raise RefusedError("Goals of this site are not scored.")
        if status is not None and status not in SCORED:
            raise RefusedError(f"A score cannot be set for the status {status}.")
        if not 1 <= score <= BEST_SCORE:
            raise RefusedError(f"The score must be between 1 and {BEST_SCORE}.")
        return band(score), score

    # -- metrics

    def measure(self, goal_ari: str, who: Account, said: dict[str, Any], start: float, target: float) -> Goal:
        """Make a metric and aim at a value of it. Nothing hinders two of the same origin."""
        goal = self._goal(goal_ari, who)
        if said["goalId"] != goal_ari:
            raise RefusedError("The metric belongs to another goal.")
        if not said["name"].strip():
            raise RefusedError("A metric needs a name.")
        made = Metric(
            id=self._ari("metric", self._uuid("metric")),
            name=said["name"],
            type=said["type"],
            value=said["value"],
            source=said.get("source") or "MANUAL",
            external_id=said.get("externalEntityId"),
            at=self.clock(),
        )
        made.values.append((made.at, made.value))
        goal.targets.append(
            MetricTarget(self._ari("metric-target", self._uuid("metric-target")), made, start, target)
        )
        return goal

    def edit_metric(self, metric_id: str, who: Account, said: dict[str, Any]) -> Metric:
        """Another value, name or origin; nobody is told."""
        self._may(who)
        found = next((one for one in self.metrics() if one.id == metric_id), None)
        if found is None:
            raise RefusedError("The metric does not exist.", 404, "NOT_FOUND")
        if said.get("value") is not None:
            self._measure(found, said["value"])
        found.name = said.get("name") or found.name
        found.source = said.get("source") or found.source
        found.external_id = said.get("externalEntityId") or found.external_id
        return found

    def edit_target(self, target_id: str, who: Account, said: dict[str, Any]) -> Goal:
        """Another start, target or current value."""
        goal, target = self._target(target_id, who)
        target.start = target.start if said.get("startValue") is None else said["startValue"]
        target.target = target.target if said.get("targetValue") is None else said["targetValue"]
        if said.get("currentValue") is not None:
            self._measure(target.metric, said["currentValue"])
        return goal

    def drop_target(self, target_id: str, who: Account) -> Goal:
        """Measure a goal by this metric no more."""
        goal, target = self._target(target_id, who)
        goal.targets.remove(target)
        return goal

    def _measure(self, metric: Metric, value: float) -> None:
        metric.value, metric.at = value, self.clock()
        metric.values.append((metric.at, value))

    # -- work items

    def link(self, goal_ari: str, who: Account, work_item: str, *, there: bool) -> Goal:
        """Link an issue, or take the link away."""
        goal = self._goal(goal_ari, who)
        if there:
            goal.work_items[work_item] = None
        elif work_item in goal.work_items:
            del goal.work_items[work_item]
        else:
            raise RefusedError("The work item is not linked to the goal.", 404, "NOT_FOUND")
        self.show(work_item.rpartition("/")[2])
        return goal

    def of_issue(self, issue_id: str) -> list[Goal]:
        """The goals that an issue is linked to."""
        return [one for one in self.goals.values() if _work_item(issue_id) in one.work_items]

    def link_by_field(self, issue_id: str, aris: Iterable[str]) -> None:
        """Link an issue to these goals and to no others, as its field in Jira says."""
        wanted = frozenset(aris)
        for goal in self.goals.values():
            if goal.ari in wanted:
                goal.work_items[_work_item(issue_id)] = None
            else:
                goal.work_items.pop(_work_item(issue_id), None)

    # -- who may

    def may_post(self, who: Account) -> bool:
        """Whether somebody may post updates and measure."""
        return who.may(POSTS, None)

    def _may(self, who: Account) -> None:
        if not self.may_post(who):
            raise RefusedError("You do not have permission to edit this goal.", 403, "FORBIDDEN")

    def _goal(self, ari: str, who: Account) -> Goal:
        goal = self.find(ari)
        if goal is None:
            raise RefusedError("The goal does not exist.", 404, "NOT_FOUND")
        self._may(who)
        if goal.archived:
            raise RefusedError("The goal is archived.")
        return goal

    def _update(self, ari: str, who: Account) -> tuple[Goal, Update]:
        for goal in self.goals.values():
            for update in goal.updates:
                if update.ari == ari:
                    self._may(who)
                    return goal, update
        raise RefusedError("The update does not exist.", 404, "NOT_FOUND")

    def _target(self, target_id: str, who: Account) -> tuple[Goal, MetricTarget]:
        for goal in self.goals.values():
            for target in goal.targets:
                if target.id == target_id:
                    self._may(who)
                    return goal, target
        raise RefusedError("The metric target does not exist.", 404, "NOT_FOUND")

    def _uuid(self, kind: str) -> str:
        self._number += 1
        return str(uuid5(NAMESPACE_URL, f"{kind} {self._number}"))

    def _ari(self, kind: str, uuid: str) -> str:
        return f"ari:cloud:townsquare:{CLOUD_ID}:{kind}/{uuid}"


def _work_item(issue_id: str) -> str:
    return f"ari:cloud:jira:{CLOUD_ID}:issue/{issue_id}"


def band(score: int) -> str:
    """The status that follows from a score, shown as 0.0 to 1.0: up to 0.3, up to 0.6, and above."""
    tenth = (score + 5) // 10
    return "off_track" if tenth <= 3 else "at_risk" if tenth <= 6 else "on_track"


def words_of(summary: str | None) -> str:
    """What people see of a summary."""
    if summary is None:
        return ""
    return "".join(_texts(json.loads(summary)))


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("type") == "text":
            yield str(node.get("text", ""))
        for child in node.get("content", ()):
            yield from _texts(child)


def _check_summary(summary: str | None) -> None:
    if summary is None:
        return
    try:
        document = json.loads(summary)
    except ValueError:
        document = None
    if not isinstance(document, dict) or document.get("type") != "doc" or document.get("version") != 1:
        raise RefusedError("Invalid ADF")
    if len(words_of(summary)) > LONGEST_SUMMARY:
        raise RefusedError(f"The summary is longer than {LONGEST_SUMMARY} characters.")
