"""Who sees what of the list of a cycle that is over, by Jira's permissions."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox.site_state.edits import delete
from connectors.sandbox.site_state.scheme import CONNECTOR, VIEWER
from connectors.store.mirror import mirror
from connectors.store.people import accounts
from connectors.store.visibility.modes import Visibility
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.sync.reconcile.reconcile import reconcile
from plugin.use_cases.badges import badges
from plugin.use_cases.cycles.carry import carry_forward
from plugin.use_cases.visibility.account_people import tie
from plugin.use_cases.visibility.site_visibility import change_visibility
from tests.actors import TESTER
from tests.plugin.sync.test_cycle_doors import Door
from tests.plugin.sync.test_cycle_lists import CYCLE, Quarter


@pytest.fixture
def seen(hand: Any) -> tuple[Quarter, Door]:
    """The cycle was closed and all were carried on; the viewer may see everything in Jira, strangers nothing."""
    quarter = Quarter(hand)
    quarter.close()
    carry_forward(hand.connector, TESTER, "main", CYCLE)
    hand.work_off()
    call = Door(hand.connector)
    with hand.connector.store.read() as conn:
        account = accounts.by_email(conn, "viewer@acme.example")
    assert account is not None
    tie(hand.connector, COMMAND_LINE, account, "main", VIEWER.id)
    return quarter, call


def rows(call: Door, query: str = f"?cycle={CYCLE}") -> dict[str, tuple[str, str | None]]:
    status, found = call("GET", f"/objectives{query}")
    assert status == 200, found
    return {one["id"]: (one["title"], one["progress_exact"]) for one in found["items"]}


def gone(quarter: Quarter, issue_id: str) -> None:
    """An issue is deleted in Jira, and the connector knows."""
    sandbox = quarter.hand.sandbox.sandbox
    delete(sandbox, sandbox.records[issue_id], CONNECTOR, with_subtasks=True)
    with quarter.hand.connector.store.write() as conn:
        mirror.delete(conn, "main", [issue_id])
    forget_what_is_believed(quarter)


def forget_what_is_believed(quarter: Quarter) -> None:
    quarter.hand.connector.counted.clear()
    quarter.hand.connector.numberless = {}


@pytest.mark.slow
def test_a_badge_of_a_cycle_that_all_have_left_is_as_public_as_those_that_were_in_it(
    seen: tuple[Quarter, Door],
) -> None:
    quarter, _ = seen
    connector = quarter.hand.connector
    made = badges.publish(connector, COMMAND_LINE, "main", "cycle", CYCLE).badge.token
    assert badges.image(connector, COMMAND_LINE, made) is not None
    change_visibility(connector, COMMAND_LINE, "main", Visibility.TITLES)
    assert badges.image(connector, COMMAND_LINE, made) is None


@pytest.mark.slow
def test_what_was_deleted_since_its_cycle_was_closed_hides_itself_and_nothing_else(
    seen: tuple[Quarter, Door],
) -> None:
    quarter, call = seen
    connector = quarter.hand.connector
    whole, running = rows(call), rows(call, "")
    change_visibility(connector, COMMAND_LINE, "main", Visibility.NUMBERS)
    assert (rows(call), rows(call, "")) == (whole, running)
    gone(quarter, quarter.done[0])  # counted in the closed cycle alone
    assert (rows(call), rows(call, "")) == (whole, running)
    assert call("GET", f"/cycles/{CYCLE}")[0] == 200
    gone(quarter, quarter.below)
    for one in (quarter.below, quarter.top):
        reconcile(quarter.hand.context, one)
    forget_what_is_believed(quarter)
    assert quarter.below not in rows(call, "")
    restricted = ("Restricted objective", None)
    assert rows(call) == {**whole, quarter.below: restricted}
    assert call("GET", f"/objectives?cycle={CYCLE}&text=epic")[0] == 403
    assert call("GET", "/objectives?cycle=2027-Q2&text=epic")[0] == 200
    change_visibility(connector, COMMAND_LINE, "main", Visibility.TITLES)
    assert rows(call)[quarter.below] == ("Restricted objective", whole[quarter.below][1])
