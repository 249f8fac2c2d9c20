"""What the gateway answers, as far as it is read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Generic, TypeVar

import msgspec

from mappings.facts.goal import Goal, GoalMetric, GoalUpdate, Scoring

T = TypeVar("T")


class Shape(msgspec.Struct, frozen=True, rename="camel"):
    """An object of the gateway; what is not read is not looked at."""


class Extensions(Shape, frozen=True):
    status_code: int | None = None


class Problem(Shape, frozen=True):
    """Why something was not answered or not done."""

    message: str | None = None
    extensions: Extensions | None = None


class Edge(Shape, Generic[T], frozen=True):
    node: T | None = None


class PageInfo(Shape, frozen=True):
    has_next_page: bool
    end_cursor: str | None = None


class Connection(Shape, Generic[T], frozen=True):
    """A page of a list."""

    edges: tuple[Edge[T] | None, ...] | None = None
    page_info: PageInfo | None = None

    @property
    def nodes(self) -> Iterator[T]:
        """What is on it; an edge of what the account may not see is empty."""
        return (edge.node for edge in self.edges or () if edge is not None and edge.node is not None)


class Tenant(Shape, frozen=True):
    cloud_id: str | None = None


class Settings(Shape, frozen=True):
    scoring_mode: Scoring | None = None


class Person(Shape, frozen=True):
    name: str
    account_id: str = ""


class Status(Shape, frozen=True):
    value: str | None = None
    score: float | None = None


class State(Shape, frozen=True):
    value: str | None = None


class Capabilities(Shape, frozen=True):
    can_create_updates: bool | None = None


class Update(Shape, frozen=True):
    ari: str
    new_score: int
    creation_date: datetime | None = None
    creator: Person | None = None
    new_state: State | None = None
    summary: str | None = None

    def made(self) -> GoalUpdate:
        """As the rest of the product knows it."""
        by, state, at = self.creator, self.new_state, self.creation_date
        return GoalUpdate(
            id=self.ari,
            at=at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at,
            by_id=by.account_id if by else "",
            by=by.name if by else "",
            status=(state.value if state else None) or "",
            score=self.new_score,
            words=words_of(self.summary),
        )


class Value(Shape, frozen=True):
    value: float | None = None


class Metric(Shape, frozen=True):
    id: str
    name: str | None = None
    source: str | None = None
    external_entity_id: str | None = None
    latest_value: Value | None = None


class MetricTarget(Shape, frozen=True):
    id: str
    metric: Metric | None = None
    start_value: float | None = None
    target_value: float | None = None

    def made(self) -> GoalMetric | None:
        """As the rest of the product knows it; None where the metric itself is out of sight."""
        if self.metric is None:
            return None
        return GoalMetric(
            target_id=self.id,
            metric_id=self.metric.id,
            name=self.metric.name or "",
            origin=(self.metric.source or "", self.metric.external_entity_id or ""),
            start=self.start_value,
            target=self.target_value,
            value=self.metric.latest_value.value if self.metric.latest_value else None,
        )


class GoalShape(Shape, frozen=True):
    id: str
    key: str
    name: str
    is_archived: bool
    url: str | None = None
    scoring_mode: Scoring | None = None
    status: Status | None = None
    owner: Person | None = None
    capabilities: Capabilities | None = None
    updates: Connection[Update] | None = None
    metric_targets: Connection[MetricTarget] | None = None

    def made(self) -> Goal:
        """As the rest of the product knows it."""
        latest = next(self.updates.nodes, None) if self.updates else None
        metrics = (one.made() for one in self.metric_targets.nodes) if self.metric_targets else ()
        page = self.metric_targets.page_info if self.metric_targets else None
        return Goal(
            id=self.id,
            key=self.key,
            name=self.name,
            url=self.url or "",
            status=(self.status.value if self.status else None) or "",
            scoring=self.scoring_mode,
            owner=self.owner.name if self.owner else "",
            archived=self.is_archived,
            may_post=self.capabilities.can_create_updates if self.capabilities else None,
            latest=latest.made() if latest else None,
            metrics=tuple(one for one in metrics if one is not None),
            more_metrics=page is not None and page.has_next_page,
        )


class Answer(Shape, frozen=True):
    """The outermost object: `data`, `errors`, or both."""

    data: dict[str, msgspec.Raw] | None = None
    errors: tuple[Problem, ...] | None = None


class OrderPayload(Shape, frozen=True):
    """The payload of an order: it was done, or why it was not; of a post what the site made of it."""

    success: bool
    errors: tuple[Problem, ...] | None = None
    update: Update | None = None


Tenants = tuple[Tenant | None, ...]
GoalPage = Connection[GoalShape]
GoalList = tuple[GoalShape | None, ...]


def words_of(summary: str | None) -> str:
    """The text of a summary, which is a document as JSON text; one that is none is shown as it is."""
    if not summary:
        return ""
    try:
        document: object = msgspec.json.decode(summary)
    except (msgspec.DecodeError, RecursionError):
        return summary
    return "".join(_texts(document)) if isinstance(document, dict) else summary


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("text"), str):
            yield node["text"]
        children = node.get("content")
        for child in children if isinstance(children, list) else ():
            yield from _texts(child)
