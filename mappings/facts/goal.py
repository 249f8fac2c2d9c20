"""A goal of Atlassian Goals as it stands: what was posted last and by whom, and the metrics it is measured by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Scoring = Literal["OKR", "SIMPLE"]
"""Whether a site scores its goals (the status then follows from the score), or gives them a status alone."""

SOURCE = "jira-okr"
"""By what we are known as the source of a metric."""
KEY = re.compile(r"[A-Z][A-Z0-9]*-[1-9][0-9]*")
IN_ADDRESS = re.compile(r"/goals?/([A-Za-z][A-Za-z0-9]*-[1-9][0-9]*)(?:[/?#]|$)")


@dataclass(frozen=True, slots=True)
class GoalUpdate:
    """What somebody posted. `score` is as the gateway holds it; `words` is what people see of the summary."""

    id: str
    at: datetime | None
    by_id: str
    by: str
    status: str
    score: int
    words: str


@dataclass(frozen=True, slots=True)
class GoalMetric:
    """A number that a goal is measured by; `origin` is the source that tells it and the id by which that knows it."""

    target_id: str
    metric_id: str
    name: str
    origin: tuple[str, str]
    start: float | None
    target: float | None
    value: float | None


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal. `id` is opaque, `key` is what people see; `may_post` is None where the gateway does not say.

    `latest` is None where nobody has posted yet, and where it was not asked for; `metrics` are empty where they were not, and not all
    where there are `more_metrics`.
    """

    id: str
    key: str
    name: str
    url: str
    status: str
    scoring: Scoring | None
    owner: str = ""
    archived: bool = False
    may_post: bool | None = None
    latest: GoalUpdate | None = None
    metrics: tuple[GoalMetric, ...] = ()
    more_metrics: bool = False

    @property
    def posted_score(self) -> int | None:
        """The score that was posted last; None where there is none, which the gateway says as 0."""
        return (self.latest.score or None) if self.latest is not None and self.scoring == "OKR" else None


@dataclass(frozen=True, slots=True)
class NamedGoal:
    """By what people and Atlassian know a goal."""

    id: str
    key: str


@dataclass(frozen=True, slots=True)
class GoalBoard:
    """The goals of a site and how they are scored; `problem` says why there are none, where the site has no Goals."""

    scoring: Scoring | None = None
    goals: tuple[NamedGoal, ...] = ()
    problem: str = ""

    def named(self, text: str) -> NamedGoal | None:
        """The goal that a key, an address or an id names; None where there is none such."""
        key = goal_key(text)
        return next((one for one in self.goals if one.key == key or one.id == text), None)


def goal_key(text: str) -> str | None:
    """The key that a text names: the key itself, or the address of a goal; None where it names none."""
    said = text.strip()
    if KEY.fullmatch(said.upper()):
        return said.upper()
    found = IN_ADDRESS.search(said)
    return found.group(1).upper() if found else None
