"""What is reconstructed is what was: a demo company lives on for two days, and its past is worked out from its changelogs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from connectors.sandbox import PEOPLE
from connectors.store.numbers import objectives, snapshots
from mappings.explain.past import PastIssues
from plugin.cli.work.sync import sync_site
from plugin.runtime.demonstration import Demo, demo_world
from plugin.use_cases.objectives.backfill import backfill, done_already, outlook

START = datetime(2026, 11, 18, 15, tzinfo=UTC)


@dataclass
class Hands:
    """A clock that is moved, and a person who works in Jira."""

    demo: Demo
    now: list[datetime]

    def call(self, method: str, path: str, body: dict[str, object] | None = None) -> dict[str, object]:
        answer = requests.request(
            method,
            self.demo.sandbox.url + path,
            json=body,
            auth=(PEOPLE[0].email, PEOPLE[0].token),
            timeout=10,
        )
        assert answer.status_code < 400, answer.text
        found: dict[str, object] = answer.json() if answer.content else {}
        return found

    def work_on(self, key: str, points: float) -> None:
        path = f"/rest/api/3/issue/{key}"
        self.call("PUT", path, {"fields": {"customfield_10016": points}})
        offered = self.call("GET", f"{path}/transitions")["transitions"]
        assert isinstance(offered, list)
        self.call("POST", f"{path}/transitions", {"transition": {"id": offered[-1]["id"]}})


@pytest.fixture
def hands(tmp_path: Path) -> Iterator[Hands]:
    now = [START]
    with demo_world(tmp_path, clock=lambda: now[0]) as demo:
        yield Hands(demo, now)


def test_the_reconstructed_past_is_what_was_observed(hands: Hands) -> None:
    connector = hands.demo.connector
    sync_site(connector, "main")
    with connector.store.read() as conn:
        observed = {one.state.id: one.state for one in objectives.load_all(conn, "main")}
    stories = sorted(
        {
            row.key
            for one in observed.values()
            for kr in one.key_results
            if kr.kind == "delivery" and kr.contributing
            for row in kr.measurement.ledger.rows
            if row.weight
        }
    )[:12]
    hands.now[0] += timedelta(days=2)
    for place, key in enumerate(stories):
        hands.work_on(key, 1 + place % 5)
    sync_site(connector, "main")
    context = connector.context("main")
    with connector.store.write() as conn:  # forget what was observed, as if the connector came only now
        for table in ("history", "snapshot"):
            conn.exec_driver_sql(f"DELETE FROM {table}")
    planned = outlook(context, days=3)
    done = backfill(context, planned)
    assert done.points > len(observed)
    at = planned.moments[-2]  # the end of the day of the first sync, before the work
    with connector.store.read() as conn:
        past = {id_: snapshots.load_at(conn, "main", id_, at) for id_ in observed}
        now = {one.state.id: one.state for one in objectives.load_all(conn, "main")}
        assert all(point.backfilled for id_ in now for point in objectives.history(conn, "main", id_))
    changed = [id_ for id_ in observed if observed[id_].progress != now[id_].progress]
    assert changed
    for id_, was in observed.items():
        found = past[id_]
        assert found is not None
        assert (was.key, found.state.progress) == (was.key, was.progress)
        assert [row.share for row in found.state.ledger.rows] == [row.share for row in was.ledger.rows]
    assert done_already(context)


def test_what_it_takes_is_known_before(hands: Hands) -> None:
    sync_site(hands.demo.connector, "main")
    context = hands.demo.connector.context("main")
    planned = outlook(context)
    assert planned.moments[0] == datetime(2026, 10, 1, tzinfo=UTC)  # the first instant of the cycle
    assert planned.moments[1] == datetime(2026, 10, 1, 23, 59, 59, 999000, tzinfo=UTC)
    assert len(planned.moments) == 49
    assert planned.calls == 1
    assert 0 < len(planned.changed) < planned.issues
    assert outlook(context, days=1).moments == planned.moments[-1:]
    assert not done_already(context)


def test_observed_points_are_never_touched(hands: Hands) -> None:
    sync_site(hands.demo.connector, "main")
    context = hands.demo.connector.context("main")

    def seen() -> dict[str, list[tuple[datetime, bool]]]:
        with context.store.read() as conn:
            return {
                id_: [(point.at, point.backfilled) for point in objectives.history(conn, "main", id_)]
                for id_ in objectives.ids(conn, "main")
            }

    first = seen()
    backfill(context, outlook(context))
    second = seen()
    backfill(context, outlook(context))
    assert seen() == second
    for id_, points in second.items():
        assert [point for point in points if not point[1]] == first[id_]
        assert points == sorted(points)


@pytest.mark.parametrize("named", ["epic", "initiative"])
def test_an_issue_counts_for_its_former_parent_in_the_past(hands: Hands, named: str) -> None:
    """Histories tell of parents by no field id, and above epics by key alone."""
    sandbox = hands.demo.sandbox.sandbox
    level = 0 if named == "epic" else 1
    child = next(one for one in sandbox.records.values() if one.type.level == level and one.parent_id)
    others = [
        one for one in sandbox.records.values() if one.type.level == level + 1 and one.id != child.parent_id
    ]
    former = child.parent_id
    sync_site(hands.demo.connector, "main")
    hands.now[0] += timedelta(days=2)
    hands.call("PUT", f"/rest/api/3/issue/{child.key}", {"fields": {"parent": {"key": others[0].key}}})
    context = hands.demo.connector.context("main")
    found = context.jira.steps([child.id], ["parent"])[child.id]
    assert found[-1].field_id == "parent"
    assert (found[-1].before_id, found[-1].before_text) == (
        (former if named == "epic" else None),
        sandbox.records[former or ""].key,
    )
    issues = context.jira.read([child.id, former or ""], context.fields).issues
    past = PastIssues(issues, {child.id: found}, context.catalogue)
    before = {issue.id: issue.parent_id for issue in past.at(START + timedelta(days=1))}
    assert {issue.id: issue.parent_id for issue in issues}[child.id] == others[0].id
    assert before[child.id] == former


def test_an_objective_counts_what_was_below_it_then(hands: Hands) -> None:
    """A story is moved to another epic; the day before, it counted for the first one, and the past says so."""
    connector = hands.demo.connector
    sync_site(connector, "main")
    with connector.store.read() as conn:
        observed = {one.state.id: one.state for one in objectives.load_all(conn, "main")}
    rows = {
        row.id: state.id
        for state in observed.values()
        for kr in state.key_results
        if kr.kind == "delivery" and kr.contributing
        for row in kr.measurement.ledger.rows
        if row.weight
    }
    records = hands.demo.sandbox.sandbox.records
    story, home = next((id_, epic) for id_, epic in rows.items() if records[id_].parent_id == epic)
    other = next(epic for epic in rows.values() if epic != home and records[epic].type.level == 1)
    hands.now[0] += timedelta(days=2)
    hands.call("PUT", f"/rest/api/3/issue/{story}", {"fields": {"parent": {"key": records[other].key}}})
    sync_site(connector, "main")
    context = connector.context("main")
    with connector.store.write() as conn:
        for table in ("history", "snapshot"):
            conn.exec_driver_sql(f"DELETE FROM {table}")
    planned = outlook(context, days=3)
    backfill(context, planned)
    with connector.store.read() as conn:
        past = {id_: snapshots.load_at(conn, "main", id_, planned.moments[-2]) for id_ in (home, other)}
        now = {one.state.id: one.state for one in objectives.load_all(conn, "main")}
    for id_ in (home, other):
        found = past[id_]
        assert found is not None
        assert found.state.progress == observed[id_].progress
        assert [row.id for row in found.state.ledger.rows] == [row.id for row in observed[id_].ledger.rows]
    assert now[home].progress != observed[home].progress or now[other].progress != observed[other].progress
