"""Tables of what the state of a sprint or a version explains of an issue that came, went or stayed: by Jira's own word of it, and by nothing beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connectors.jira import Jira
from connectors.store import Store
from connectors.store.mirror import state_changes as kept_changes
from mappings.document.binder import bind
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.issue import Issue, JiraValue, Reading, Status
from mappings.fields.thing_states import StateChange, ThingState
from plugin.sync.context import Context
from plugin.sync.write_back import state_changes
from tests.mappings.rollup.conftest import build_issue

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
MS, DAY = timedelta(milliseconds=1), timedelta(days=1)
SPRINTS, POINTS = "customfield_10020", "customfield_10016"
CATALOGUE = Catalogue(
    fields=(
        Field(SPRINTS, "Sprint", "array", custom="com.pyxis.greenhopper.jira:gh-sprint"),
        Field(POINTS, "Points", "number", custom="com.atlassian.jira.plugin.system.customfieldtypes:float"),
    )
)


@pytest.fixture
def bare(sqlite_store: Store) -> Context:
    """Of the scope are the issues of sprints that run and of versions that are not released."""
    document = {
        "version": 1,
        "name": "of-what-runs",
        "scope": "sprint in openSprints() OR fixVersion in unreleasedVersions()",
        "fields": {"points": {"id": POINTS}},
        "objectives": [
            {
                "id": "epics",
                "select": "issuetype = Epic",
                "key_results": [
                    {
                        "id": "points",
                        "select": "issuetype = Story",
                        "relation": "child",
                        "progress": {"kind": "transition", "current": "points", "start": 0, "target": 10},
                    }
                ],
            }
        ],
    }
    mapping = bind(Document.model_validate(document), CATALOGUE)
    nobody = cast("Jira", SimpleNamespace(deployment="cloud"))
    return Context("main", nobody, sqlite_store, mapping, CATALOGUE, lambda: NOW)


def sprint(state: str, id_: int = 12, **more: Any) -> dict[str, object]:
    return {"id": id_, "name": f"Sprint {id_}", "boardId": 1, "goal": "", "state": state, **more}


def version(released: bool, id_: str = "801") -> dict[str, object]:
    return {"id": id_, "name": "2.0", "released": released}


def an_issue(*sprints: Mapping[str, object], versions: tuple[Any, ...] = (), **facts: Any) -> Issue:
    held = {SPRINTS: [*sprints] or None, "fixVersions": [*versions]}
    named = tuple(JiraValue(one["id"], one["name"]) for one in versions)
    return replace(build_issue(1, updated=NOW, fix_versions=named, **facts), fields=held)


STARTED = StateChange("sprint", "12", "Sprint 12", "future", "active")
CLOSED = StateChange("sprint", "12", "Sprint 12", "active", "closed")
RELEASED = StateChange("version", "801", "2.0", "unreleased", "released")
BEFORE, AFTER = an_issue(sprint("active")), an_issue(sprint("closed"))
LIMBO = Status("1", "To Do", "done")


@pytest.mark.parametrize(
    ("after", "found"),
    [
        (AFTER, (CLOSED,)),
        (BEFORE, ()),
        (an_issue(sprint("closed", 13)), ()),
        (an_issue(), ()),
        (an_issue(sprint("no such state")), ()),
        (replace(AFTER, updated=NOW + DAY), (CLOSED,)),
        (replace(AFTER, key="CORE-1"), (CLOSED,)),
        (replace(AFTER, summary="another"), ()),
        (replace(AFTER, unknowns={POINTS: "left out"}), ()),
        (replace(AFTER, archived=True), ()),
        (replace(AFTER, resolved=NOW), ()),
        (replace(AFTER, status_changed=NOW), ()),
        (replace(AFTER, status=LIMBO), ()),
        (replace(AFTER, readings={POINTS: (Reading(NOW, Fraction(3)),)}), ()),
        (replace(AFTER, readings={"customfield_1": (Reading(NOW, Fraction(3)),)}), (CLOSED,)),
        (replace(AFTER, parent_id="7"), ()),
    ],
)
def test_a_sprint_explains_an_issue_where_nothing_beside_its_state_is_another(
    bare: Context, after: Issue, found: tuple[StateChange, ...]
) -> None:
    assert state_changes.sole_changes(bare, BEFORE, after) == found


@pytest.mark.parametrize(
    ("known", "issue", "found"),
    [
        (BEFORE, AFTER, (CLOSED,)),
        (BEFORE, replace(AFTER, summary="another"), (CLOSED,)),
        # With the sprint closed the other one still holds it: what brought it out is that it left that one.
        (an_issue(sprint("active"), sprint("active", 13)), AFTER, ()),
        (
            an_issue(sprint("active"), sprint("active", 13)),
            an_issue(sprint("closed"), sprint("closed", 13)),
            (CLOSED, StateChange("sprint", "13", "Sprint 13", "active", "closed")),
        ),
        (BEFORE, an_issue(), ()),
        (an_issue(versions=(version(False),)), an_issue(versions=(version(True),)), (RELEASED,)),
        (an_issue(versions=(version(False), version(False, "802"))), an_issue(versions=(version(True),)), ()),
        # The sprint ended; of the version nothing is told, and it holds the issue in.
        (an_issue(sprint("active"), versions=(version(False),)), AFTER, ()),
        (
            an_issue(sprint("active"), versions=(version(False),)),
            an_issue(sprint("closed"), versions=(version(True),)),
            (RELEASED, CLOSED),
        ),
    ],
)
def test_states_explain_that_an_issue_left_where_they_alone_put_it_outside(
    bare: Context, known: Issue, issue: Issue, found: tuple[StateChange, ...]
) -> None:
    assert set(state_changes.exit_changes(bare, known, issue)) == set(found)


READ = NOW - DAY
SECOND_SPRINT = StateChange("sprint", "13", "Sprint 13", "future", "active")


def began(at: datetime, id_: int = 12) -> dict[str, object]:
    return sprint("active", id_, activatedDate=at.isoformat(timespec="milliseconds"))


@pytest.mark.parametrize(
    ("issue", "told", "found"),
    [
        (an_issue(sprint("active")), (STARTED,), {STARTED}),
        (an_issue(sprint("active")), (SECOND_SPRINT,), set()),
        # It was told to be closed, and runs by now: that word is not of today.
        (an_issue(sprint("active")), (CLOSED,), set()),
        (an_issue(sprint("active")), (replace(STARTED, now="closed"),), set()),
        (an_issue(sprint("active")), (), set()),
        (an_issue(), (STARTED,), set()),
        (an_issue(began(READ + MS)), (), {STARTED}),
        (an_issue(began(READ)), (), set()),
        (an_issue(began(NOW)), (), {STARTED}),
        (an_issue(began(NOW + MS)), (), set()),
        # The other one has run for long, so the issue would be inside without the first.
        (an_issue(began(NOW), began(READ - DAY, 13)), (), set()),
        (an_issue(began(NOW), began(NOW, 13)), (), {STARTED, SECOND_SPRINT}),
        (an_issue(versions=(version(False),)), (), set()),
        (
            an_issue(versions=(version(False),)),
            (StateChange("version", "801", "2.0", "released", "unreleased"),),
            {StateChange("version", "801", "2.0", "released", "unreleased")},
        ),
    ],
)
def test_states_explain_that_an_issue_came_where_it_was_outside_by_what_they_were(
    bare: Context, issue: Issue, told: tuple[StateChange, ...], found: set[StateChange]
) -> None:
    known = {(one.kind, one.id): one for one in told}
    assert set(state_changes.entrance_changes(bare, known, issue, READ)) == found


@pytest.mark.parametrize(
    ("state", "since", "was"),
    [
        ("active", NOW, "future"),
        ("closed", NOW, "active"),
        ("future", NOW, None),
        ("released", NOW, None),
        ("active", None, None),
        ("active", READ, None),
        ("active", READ + MS, "future"),
        ("active", NOW + MS, None),
    ],
)
def test_a_sprint_began_or_ended_since_by_its_own_date(
    state: str, since: datetime | None, was: str | None
) -> None:
    thing = ThingState("sprint", "12", "Sprint 12", state, since)
    expected = None if was is None else StateChange("sprint", "12", "Sprint 12", was, state)
    assert state_changes._begun(thing, READ, NOW) == expected


def test_what_was_noted_before_all_were_read_is_not_asked_for(bare: Context) -> None:
    with bare.store.write() as conn:
        kept_changes.keep(conn, "main", {"1": [STARTED]}, READ - MS)
        kept_changes.keep(conn, "main", {"": [RELEASED]}, READ)
        kept_changes.keep(conn, "main", {"1": [CLOSED]}, NOW)
        kept_changes.keep(conn, "other", {"1": [SECOND_SPRINT]}, NOW)
    with bare.store.read() as conn:
        assert state_changes.told_since(bare, conn, READ) == {
            ("version", "801"): RELEASED,
            ("sprint", "12"): CLOSED,
        }
        assert state_changes.told_since(bare, conn, None) == {}


@pytest.mark.parametrize(
    ("before", "inside", "left", "kept"),
    [
        ([BEFORE], [AFTER], [], {CLOSED}),
        ([BEFORE], [], [AFTER], {CLOSED}),
        ([BEFORE], [replace(AFTER, summary="another")], [], set()),
        ([], [an_issue(sprint("active"))], [], set()),  # nothing was read yet
        ([], [an_issue(began(NOW))], [], set()),
        ([], [], [AFTER], set()),
        ([AFTER], [], [an_issue(sprint("future"))], set()),  # it was outside before
    ],
)
def test_what_states_explain_is_kept_of_who_stayed_and_who_left(
    bare: Context, before: list[Issue], inside: list[Issue], left: list[Issue], kept: set[StateChange]
) -> None:
    with bare.store.write() as conn:
        state_changes.note_states(bare, conn, {one.id: one for one in before}, inside, left)
        found = kept_changes.load_of(conn, "main", ["1"], NOW - DAY, NOW + DAY)
    assert {one.change for one in found} == kept
    assert {one.at for one in found} == ({NOW} if kept else set())
