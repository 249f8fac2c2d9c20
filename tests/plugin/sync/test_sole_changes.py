"""What tells two readings of an issue apart beside the state of its versions: each of it alone, and none of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connectors.jira import Jira
from connectors.store import Store
from mappings.document.binder import bind
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.issue import Issue, Reading, Status
from mappings.fields import CUSTOM
from mappings.fields.thing_states import StateChange
from plugin.sync.context import Context
from plugin.sync.write_back.state_changes import exit_changes, sole_changes
from tests.mappings.rollup.conftest import build_issue

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
POINTS, CURRENT, OTHER, UNREAD = (f"customfield_1001{number}" for number in range(4))


def in_version(*, released: bool, id_: str = "801") -> list[dict[str, object]]:
    return [{"id": id_, "name": "2.0", "released": released}]


def readings(*values: int) -> tuple[Reading, ...]:
    return tuple(Reading(NOW - timedelta(days=ago), Fraction(value)) for ago, value in enumerate(values))


BEFORE = build_issue(
    1,
    fields={"fixVersions": in_version(released=False), POINTS: 3},
    readings={CURRENT: [(NOW, 4)], OTHER: [(NOW, 5)], UNREAD: [(NOW, 6)]},
)
AFTER = replace(BEFORE, fields={**BEFORE.fields, "fixVersions": in_version(released=True)})
RELEASED = StateChange("version", "801", "2.0", was="unreleased", now="released")


@pytest.fixture
def context(sqlite_store: Store, document: dict[str, Any]) -> Context:
    """Numbers go by open versions, by points, and by two fields whose histories count; by a third none does."""
    ids = {"points": POINTS, "current": CURRENT, "other": OTHER}
    number = f"{CUSTOM}float"
    catalogue = Catalogue(
        fields=tuple(Field(id_, name, "number", custom=number) for name, id_ in ids.items())
    )
    document["fields"] = {name: {"id": id_} for name, id_ in ids.items()}
    document["objectives"][0]["key_results"][0]["select"] = "fixVersion in unreleasedVersions()"
    for name in ("current", "other"):
        metric = {"kind": "transition", "start": 0, "current": name, "target": 10}
        document["objectives"][0]["key_results"].append(
            {"id": name, "select": "issuetype = Task", "progress": metric}
        )
    mapping = bind(Document.model_validate(document), catalogue)
    nobody = cast("Jira", SimpleNamespace(deployment="cloud"))
    return Context("main", nobody, sqlite_store, mapping, catalogue, lambda: NOW)


def with_readings(issue: Issue, **news: tuple[Reading, ...]) -> Issue:
    return replace(issue, readings={**issue.readings, **news})


@pytest.mark.parametrize(
    ("after", "alone"),
    [
        (AFTER, True),
        (BEFORE, False),
        (replace(AFTER, updated=NOW), True),
        (replace(AFTER, fields={**AFTER.fields, POINTS: 5}), False),
        (replace(AFTER, fields={**AFTER.fields, UNREAD: 5}), True),
        (replace(AFTER, status=Status("9", "Ready", "new")), False),
        (replace(AFTER, status=replace(BEFORE.status, category="done")), False),
        (replace(AFTER, summary="Another"), False),
        (replace(AFTER, archived=True), False),
        (replace(AFTER, unknowns={POINTS: "text"}), False),
        (replace(AFTER, resolved=NOW), False),
        (replace(AFTER, status_changed=NOW), False),
        (with_readings(AFTER, **{CURRENT: readings(4, 3)}), False),
        (with_readings(AFTER, **{OTHER: ()}), False),
        (with_readings(AFTER, **{UNREAD: readings(7)}), True),
        (
            replace(AFTER, fields={**BEFORE.fields, "fixVersions": in_version(released=True, id_="802")}),
            False,
        ),
        (replace(AFTER, fields={POINTS: 3}), False),
    ],
)
def test_a_version_explains_an_issue_of_which_its_state_alone_is_another(
    context: Context, after: Issue, alone: bool
) -> None:
    assert sole_changes(context, BEFORE, after) == ((RELEASED,) if alone else ())


def test_a_history_that_was_not_known_and_one_that_is_empty_say_the_same(context: Context) -> None:
    before = replace(BEFORE, readings={CURRENT: (), OTHER: ()})
    assert sole_changes(context, before, replace(AFTER, readings={})) == (RELEASED,)
    assert sole_changes(context, replace(BEFORE, readings={}), replace(AFTER, readings={})) == (RELEASED,)


@pytest.mark.parametrize(
    ("scope", "explained"),
    [("project = PLAT AND fixVersion in unreleasedVersions()", True), ("project = PLAT", False)],
)
def test_a_version_brought_an_issue_out_where_with_its_state_alone_it_is_outside(
    context: Context, scope: str, explained: bool
) -> None:
    """Where the issue is inside all the same, it left for something else."""
    document = context.mapping.document.model_copy(update={"scope": scope})
    context = replace(context, mapping=bind(document, context.catalogue))
    left = replace(AFTER, summary="Another")
    assert exit_changes(context, BEFORE, left) == ((RELEASED,) if explained else ())
    assert exit_changes(context, BEFORE, BEFORE) == ()
