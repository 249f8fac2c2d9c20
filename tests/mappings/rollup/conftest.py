"""The words the tests of the numbers are written in: an issue, a mapping, an objective and what it stands at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest

from mappings.document.calendar import calendar_of
from mappings.document.mapping import KeyResultRule, ObjectiveRule, StatusOverride, StatusRules
from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.schema import Document
from mappings.facts.catalogue import Field
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue, IssueType, JiraValue, Link, Project, Reading, Status
from mappings.facts.moment import Moment
from mappings.facts.selector import Selector
from mappings.jql import JqlError, JqlFinding
from mappings.progress.options import jql_options
from mappings.rollup.measurement import assess
from mappings.rollup.state import ObjectiveState

STATUSES = {
    "To Do": Status("1", "To Do", "new"),
    "In Progress": Status("3", "In Progress", "indeterminate"),
    "In Review": Status("10012", "In Review", "indeterminate"),
    "Done": Status("5", "Done", "done"),
    "Limbo": Status("99", "Limbo", None),
}
LEVELS = {"Sub-task": -1, "Initiative": 2, "Epic": 1}
LEFT_OUT = frozenset({"Won't Do", "Won't Fix", "Duplicate", "Cannot Reproduce", "Incomplete", "Declined"})
CREATED = datetime(2026, 10, 1, 9, tzinfo=UTC)
NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)
CYCLE = {"id": "2026-Q4", "start": "2026-10-01", "end": "2026-12-31"}


def build_issue(
    id_: int | str,
    *,
    type: str = "Story",
    status: str | Status = "To Do",
    parent: int | str | None = None,
    resolution: str | None = None,
    project: str = "PLAT",
    links: Iterable[tuple[str, int | str]] = (),
    readings: Mapping[str, Iterable[tuple[datetime, float | None]]] = {},
    **facts: Any,
) -> Issue:
    fields = {name: facts.pop(name) for name in list(facts) if name not in Issue.__dataclass_fields__}
    return Issue(
        **{
            "id": str(id_),
            "key": f"{project}-{id_}",
            "project": Project(project, project, project),
            "type": IssueType(type, type, LEVELS.get(type, 0)),
            "status": STATUSES[status] if isinstance(status, str) else status,
            "created": CREATED,
            "updated": CREATED,
            "summary": f"{type} {id_}",
            "resolution": JiraValue(resolution, resolution) if resolution else None,
            "parent_id": str(parent) if parent is not None else None,
            "links": tuple(Link("1", "link", phrase, str(other)) for phrase, other in links),
            "fields": fields,
            "readings": {
                name: tuple(
                    Reading(at, None if value is None else Fraction(str(value))) for at, value in found
                )
                for name, found in readings.items()
            },
            **facts,
        }
    )


def _selector(text: str | None) -> Selector | None:
    """A few words of JQL's looks, enough for these tests: `type = A, B`, `label = x`, `project = X`, `id = 1, 2`, `all`."""
    if text is None:
        return None
    parts = [_term(part) for part in text.split(" AND ")]
    return Selector(text, lambda issue, _moment: all(part(issue) for part in parts))


def _term(text: str) -> Callable[[Issue], bool]:
    name, _, values = (part.strip() for part in text.partition("="))
    wanted = {value.strip() for value in values.split(",")}
    readers: dict[str, Callable[[Issue], set[str]]] = {
        "type": lambda issue: {issue.type.name},
        "label": lambda issue: set(issue.labels),
        "project": lambda issue: {issue.project.key},
        "id": lambda issue: {issue.id},
        "resolution": lambda issue: {issue.resolution.name} if issue.resolution else set(),
        "status": lambda issue: {issue.status.name},
    }
    if name == "all":
        return lambda issue: True
    if name not in readers:
        raise JqlError((JqlFinding("unknown-field", f"no field {name}", 0, 1),))
    reader = readers[name]
    return lambda issue: bool(reader(issue) & wanted)


def compile_selector(text: str) -> Selector:
    selector = _selector(text)
    assert selector is not None
    return selector


def build_mapping(*objectives: dict[str, Any], fields: Iterable[str] = (), **parts: Any) -> BoundMapping:
    """A bound mapping; objectives as in the document, `fields` as aliases that are their own ids."""
    zone = parts.pop("zone", UTC)
    document = Document.model_validate(
        {
            "version": 1,
            "name": "numbers",
            "scope": "all",
            "cycles": (CYCLE,),
            "fields": {alias: {"id": alias} for alias in fields},
            "objectives": objectives,
            **parts,
        }
    )
    statuses = document.statuses
    return BoundMapping(
        document=document,
        revision="r1",
        scope=compile_selector(document.scope),
        fields={alias: Field(alias, alias) for alias in fields},
        statuses=StatusRules(
            by_category={key: Fraction(value) for key, value in statuses.by_category.items()},
            overrides=tuple(
                StatusOverride(
                    _selector(override.when),
                    {key: Fraction(value) for key, value in override.by_status.items()},
                    {key: Fraction(value) for key, value in override.by_category.items()},
                )
                for override in statuses.overrides
            ),
            excluded=Selector(
                "excluded", lambda issue, _: bool(issue.resolution and issue.resolution.name in LEFT_OUT)
            ),
            not_achieved=Selector(
                "not achieved",
                lambda issue, _: bool(issue.resolution and issue.resolution.name == "Not Achieved"),
            ),
        ),
        cycles=calendar_of(document),
        objectives=tuple(_bound(part, index) for index, part in enumerate(document.objectives)),
        zone=zone,
        compile_jql=compile_selector,
    )


def _bound(part: Any, index: int) -> ObjectiveRule:
    return ObjectiveRule(
        part,
        _selector(part.select),
        tuple(
            KeyResultRule(
                rule,
                _selector(rule.select),
                _selector(getattr(rule.relation, "jql", None)),
                {
                    name: condition
                    for name, text in jql_options(rule.progress).items()
                    if (condition := _selector(text))
                },
            )
            for rule in part.key_results
        ),
        ("objectives", index),
    )


def build_objective(*key_results: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {"id": "epics", "select": "type = Epic", "cycle": "2026-Q4", "key_results": key_results, **parts}


def a_key_result(progress: str | dict[str, Any], **parts: Any) -> dict[str, Any]:
    options = {"kind": progress} if isinstance(progress, str) else progress
    return {"id": options["kind"], "relation": "descendant", "progress": options, **parts}


def day(text: str, hour: int = 12) -> Moment:
    on = date.fromisoformat(text)
    return Moment(datetime(on.year, on.month, on.day, hour, tzinfo=UTC))


@pytest.fixture(scope="session")
def an_issue() -> Callable[..., Issue]:
    """`an_issue(7, type="Story", status="Done", parent=1, points=3)`: keywords that are no fact of an issue are fields."""
    return build_issue


@pytest.fixture(scope="session")
def a_mapping() -> Callable[..., BoundMapping]:
    return build_mapping


@pytest.fixture(scope="session")
def objective() -> Callable[..., dict[str, Any]]:
    return build_objective


@pytest.fixture(scope="session")
def key_result() -> Callable[..., dict[str, Any]]:
    return a_key_result


@pytest.fixture(scope="session")
def on_day() -> Callable[..., Moment]:
    return day


@pytest.fixture(scope="session")
def now() -> Moment:
    return Moment(NOW)


@pytest.fixture(scope="session")
def stand(now: Moment) -> Callable[..., dict[str, ObjectiveState]]:
    """What all objectives stand at: `stand(mapping, issues)["1"]`."""

    def standing(
        mapping: BoundMapping, issues: Iterable[Issue], at: Moment = now
    ) -> dict[str, ObjectiveState]:
        return assess(mapping, Forest.of(issues), at)

    return standing
