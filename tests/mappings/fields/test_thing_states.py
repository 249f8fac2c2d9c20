"""What tells that a sprint or a version went from one state into another: the same thing, in two states that are known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from mappings.fields.sprint import Sprint
from mappings.fields.thing_states import (
    SPRINT,
    VERSION,
    StateChange,
    ThingState,
    changes,
    same_things,
    versions,
    versions_in_states,
)

TEXT = (
    "com.atlassian.greenhopper.service.sprint.Sprint@1f[id=12,rapidViewId=1,state=ACTIVE,name=Sprint 12,"
    "startDate=2026-11-02T09:00:00.000+01:00,endDate=<null>,completeDate=<null>,activatedDate={at},goal=state=CLOSED]"
)


def sprint(state: str, id_: str = "12", kind: str = SPRINT) -> ThingState:
    return ThingState(kind, id_, "Sprint 12", state)


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        ("active", "closed", "Sprint 12 was closed"),
        ("future", "active", "Sprint 12 was started"),
        ("future", "closed", "Sprint 12 was closed"),
        ("closed", "active", "Sprint 12 was opened again"),
        ("active", "future", "Sprint 12 is planned again"),
    ],
)
def test_one_sprint_in_another_state(was: str, now: str, words: str) -> None:
    (found,) = changes([sprint(was)], [sprint(now)])
    assert (found, found.words) == (StateChange(SPRINT, "12", "Sprint 12", was, now), words)
    assert same_things((sprint(was),), (sprint(now),))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([sprint("active")], []),
        ([], [sprint("active")]),
        ([sprint("active")], [sprint("closed", "13")]),
        ([sprint("active")], [sprint("")]),
        ([sprint("")], [sprint("closed")]),
        ([sprint("active")], [sprint("paused")]),
        ([sprint("active")], [sprint("released")]),
        ([sprint("active")], [sprint("released", kind=VERSION)]),
    ],
)
def test_what_is_gone_or_nobody_knows_tells_of_no_state(
    before: list[ThingState], after: list[ThingState]
) -> None:
    assert changes(before, after) == ()
    assert not same_things(tuple(before), tuple(after))


def test_a_version_is_released_where_jira_says_so_alone() -> None:
    raw = [
        {"id": "801", "name": "2.0", "released": True},
        {"id": "802", "name": "3.0"},
        "text",
        {"id": 803, "released": False},
    ]
    assert [(one.id, one.state) for one in versions(raw)] == [
        ("801", "released"),
        ("802", ""),
        ("803", "unreleased"),
    ]
    assert versions(None) == versions({"id": "1"}) == ()
    (change,) = changes(
        [ThingState(VERSION, "7", "", "unreleased")], [ThingState(VERSION, "7", "", "released")]
    )
    assert change.words == "version 7 was released"
    other = versions_in_states(raw, {"801": "unreleased", "803": "released"})
    assert [one.state for one in versions(other)] == ["unreleased", "", "released"]
    assert versions_in_states(None, {"801": "released"}) is None


def test_since_when_a_sprint_is_in_its_state() -> None:
    """Data Center tells when it was started; Cloud tells by the day that was set for it, and of the end by the instant it was completed."""
    zone = timezone(timedelta(hours=1))
    read = Sprint().stated
    assert [one.since for one in read(TEXT.format(at="<null>"))] == [datetime(2026, 11, 2, 9, tzinfo=zone)]
    assert [one.since for one in read(TEXT.format(at="2026-11-03T08:00:00.000Z"))] == [
        datetime(2026, 11, 3, 8, tzinfo=UTC)
    ]
    dates = {"startDate": "2026-11-02T09:00:00.000Z", "completeDate": "2026-11-16T09:00:00.000Z"}
    by_state = {
        state: read([{"id": 1, "state": state, **dates}])[0].since for state in ("future", "active", "closed")
    }
    assert by_state == {
        "future": None,
        "active": datetime(2026, 11, 2, 9, tzinfo=UTC),
        "closed": datetime(2026, 11, 16, 9, tzinfo=UTC),
    }
    assert read([{"id": 1, "state": "closed", "completeDate": "2026-11-16"}])[0].since is None


def test_a_sprint_is_put_into_another_state_in_either_shape_and_its_name_and_goal_stand() -> None:
    type_ = Sprint()
    text = type_.in_states(
        [TEXT.format(at="<null>"), {"id": 13, "state": "future", "name": "n"}],
        {"12": "closed", "13": "active"},
    )
    assert [(one.id, one.name, one.state) for one in type_.stated(text)] == [
        ("12", "Sprint 12", "closed"),
        ("13", "n", "active"),
    ]
    assert "goal=state=CLOSED" in text[0]
    assert type_.in_states({"id": 13, "state": "future"}, {"12": "closed"}) == {"id": 13, "state": "future"}
