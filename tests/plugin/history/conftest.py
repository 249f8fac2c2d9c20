"""An objective of a few stories, measured by the real rules on any day and kept in a real store."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.store import Store
from connectors.store.numbers import objectives
from mappings.document.binder import bind
from mappings.document.mapping import Mapping
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue, IssueType, Named, Project, Status
from mappings.facts.moment import Moment
from mappings.rollup.measurement import assess
from mappings.rollup.state import ObjectiveState

_STATUSES = {
    "new": Status("1", "To Do", "new"),
    "doing": Status("3", "In Progress", "indeterminate"),
    "done": Status("5", "Done", "done"),
    "dropped": Status("5", "Done", "done"),
}
_CREATED = datetime(2026, 10, 1, 8, tzinfo=UTC)


@pytest.fixture
def document() -> dict[str, Any]:
    return {
        "version": 1,
        "name": "history",
        "scope": "project = PLAT",
        "fields": {"points": {"id": "customfield_10016"}},
        "cycles": [{"id": "2026-Q4", "start": "2026-10-01", "end": "2026-12-31"}],
        "objectives": [
            {
                "id": "epics",
                "select": "issuetype = Epic",
                "cycle": "2026-Q4",
                "key_results": [
                    {
                        "id": "delivery",
                        "select": "issuetype = Story",
                        "progress": {"kind": "delivery", "weight": "points"},
                    }
                ],
            }
        ],
    }


@pytest.fixture
def bound() -> Callable[[dict[str, Any]], Mapping]:
    return lambda text: bind(Document.model_validate(text), Catalogue())


@pytest.fixture
def an_issue() -> Callable[..., Issue]:
    def build(id_: int, status: str = "new", points: float | None = 1, parent: str | None = "1") -> Issue:
        epic = id_ == 1
        return Issue(
            str(id_),
            f"PLAT-{id_}",
            Project("1", "PLAT", "Platform"),
            IssueType("1", "Epic", 1) if epic else IssueType("3", "Story"),
            _STATUSES[status],
            _CREATED,
            _CREATED,
            f"Issue {id_}",
            Named("2", "Won't Do") if status == "dropped" else None,
            parent_id=None if epic else parent,
            fields={"customfield_10016": points},
        )

    return build


@pytest.fixture
def measured() -> Callable[[Mapping, Iterable[Issue], datetime], ObjectiveState]:
    def measure(mapping: Mapping, issues: Iterable[Issue], at: datetime) -> ObjectiveState:
        return assess(mapping, Forest.of(issues), Moment(at, mapping.zone))["1"]

    return measure


@pytest.fixture
def lived(
    sqlite_store: Store, measured: Callable[..., ObjectiveState]
) -> Callable[..., dict[datetime, ObjectiveState]]:
    """Keeps the objective as it stood at each moment: (at, mapping, issues)."""

    def live(*moments: tuple[datetime, Mapping, list[Issue]]) -> dict[datetime, ObjectiveState]:
        states = {at: measured(mapping, issues, at) for at, mapping, issues in moments}
        with sqlite_store.write() as conn:
            for at, mapping, _ in moments:
                objectives.save(conn, "main", states[at], mapping.revision, at)
        return states

    return live
