"""A goal of Atlassian Goals as it stands: what was posted last and by whom, and the metrics it is measured by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Scoring = Literal["OKR", "SIMPLE"]
"""Whether a site scores its goals (the status then follows from the score), or gives them a status alone."""


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

    `latest` is None where nobody has posted yet, and where it was not asked for; `metrics` are empty where they were not.
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
