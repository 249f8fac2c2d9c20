"""A metric that moved and came back while its webhooks were lost: what it holds says nothing of that, when it was edited does."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox import Fault, administration
from connectors.store.mirror import mirror
from mappings.facts.issue import HISTORY
from plugin.cli.work.sync import sync_site
from plugin.sync.refresh import issue_steps
from plugin.sync.refresh.reread import land_issues, read_again, with_readings
from plugin.sync.resync.full_read import resync
from plugin.sync.resync.recent_read import resync_recent
from tests.plugin.sync.test_leftovers import MAPPING, epic, key_result, synced

CURRENT = "customfield_10052"


def readings(hand: Any, *issues: str) -> list[list[tuple[int, int]]]:
    """What the metrics held, and after how many minutes."""
    with hand.connector.store.read() as conn:
        known = mirror.get(conn, "main", issues)
    parts = [known[id_].readings[CURRENT] for id_ in issues]
    return [
        [(int(one.value or 0), round((one.at - part[0].at).total_seconds() / 60)) for one in part]
        for part in parts
    ]


def calls(hand: Any) -> int:
    """Since somebody asked last."""
    counted = hand.sandbox.site.calls
    found = sum(
        number for name, number in counted.by_endpoint.items() if "changelog" in name or "search" in name
    )
    counted.clear()
    return int(found)


def goes_and_comes_back(hand: Any, *issues: str) -> None:
    for current in (9, 4):
        hand.clock.pass_by(minutes=10)
        for issue in issues:
            hand.edit(issue, customfield_10052=current)
    hand.clock.pass_by(minutes=10)


@pytest.mark.parametrize("hand", ["cloud", "datacenter"], indirect=True)
@pytest.mark.parametrize("read", [resync, resync_recent])
def test_a_metric_that_came_back_has_its_history_read_again(hand: Any, read: Any) -> None:
    objective = epic(hand)
    two = key_result(hand, objective, 4), key_result(hand, objective, 4)
    synced(hand)
    hand.clock.pass_by(hours=1)
    read(hand.context)
    calls(hand)
    read(hand.context)
    usual = calls(hand)

    goes_and_comes_back(hand, *two)
    read(hand.context)
    assert calls(hand) == usual + 1, "one more for both"
    assert readings(hand, *two) == [[(4, 0), (9, 70), (4, 80)]] * 2
    with hand.connector.store.read() as conn:
        known = mirror.get(conn, "main", two).values()
    assert all(one.history_at == one.updated for one in known), "it is whole now, and not read again"


def test_what_a_delivery_tells_of_another_field_is_read_with_the_next_resync(hand: Any) -> None:
    objective = epic(hand)
    one = key_result(hand, objective, 4)
    synced(hand)
    goes_and_comes_back(hand, one)
    hand.edit(one, summary="Another")
    context = hand.context
    read = read_again(context, [one]).issues
    calls(hand)
    for told in ({one: {"summary"}}, {one: frozenset[str]()}):
        found = with_readings(context, read, told)
        with hand.connector.store.write() as conn:
            land_issues(context, conn, found, set(), hand.clock())
    assert (calls(hand), readings(hand, one)) == (0, [[(4, 0)]]), "a delivery costs its reading"

    resync_recent(context)
    assert readings(hand, one) == [[(4, 0), (9, 10), (4, 20)]]


@pytest.mark.parametrize("fields", [{"summary": "Another"}, {CURRENT: 11}])
def test_a_history_that_tells_less_than_before_is_not_believed(hand: Any, fields: dict[str, Any]) -> None:
    """200 and no changes at all: it looked like a value that stands there since the issue was made."""
    one = key_result(hand, epic(hand), 4)
    synced(hand)
    goes_and_comes_back(hand, one)
    resync_recent(hand.context)
    assert readings(hand, one) == [[(4, 0), (9, 10), (4, 20)]]

    hand.edit(one, **fields)
    hand.sandbox.faults.add(Fault("empty_page", "POST", "changelog/bulkfetch", times=20))
    resync_recent(hand.context)
    with hand.connector.store.read() as conn:
        (known,) = mirror.get(conn, "main", [one]).values()
    assert HISTORY in known.unknowns
    if CURRENT not in fields:
        assert readings(hand, one) == [[(4, 0), (9, 10), (4, 20)]]
    hand.sandbox.faults.clear()
    resync_recent(hand.context)
    later = [(11, 30)] if CURRENT in fields else []
    assert readings(hand, one) == [[(4, 0), (9, 10), (4, 20), *later]]


def test_a_first_move_whose_history_came_back_empty_is_asked_for_again(hand: Any) -> None:
    """Nothing was told of it before, so nothing is lacking but the move itself: full reads believed for ever that it never moved."""
    one = key_result(hand, epic(hand), 4)
    synced(hand)
    hand.clock.pass_by(minutes=10)
    hand.edit(one, customfield_10052=9)
    context = hand.context
    lost = Fault("empty_page", "POST", "changelog/bulkfetch", times=20)
    hand.sandbox.faults.add(lost)
    told = with_readings(context, list(read_again(context, [one]).issues), {one: {CURRENT}})
    with hand.connector.store.write() as conn:
        land_issues(context, conn, told, set(), hand.clock())
        (known,) = mirror.get(conn, "main", [one]).values()
    assert (list(known.unknowns), known.fields[CURRENT], known.readings) == ([HISTORY], 9, {})
    hand.sandbox.faults.clear()
    resync(context)
    assert readings(hand, one) == [[(4, 0), (9, 10)]]


def test_a_history_that_told_nothing_is_asked_for_by_each_full_read(hand: Any) -> None:
    """However often it came back empty for no reason: that proves no silence where the issue was edited since it was made."""
    one = key_result(hand, epic(hand), 4)
    hand.clock.pass_by(minutes=10)
    hand.edit(one, customfield_10052=9)
    hand.sandbox.faults.add(Fault("empty_page", "POST", "changelog/bulkfetch", times=20))
    synced(hand)
    for _ in range(2):
        resync(hand.context)
    with hand.connector.store.read() as conn:
        assert mirror.get(conn, "main", [one])[one].readings == {CURRENT: ()}
    hand.sandbox.faults.clear()

    resync(hand.context)
    assert readings(hand, one) == [[(4, 0), (9, 10)]]
    calls(hand)
    resync(hand.context)
    assert not any("changelog" in name for name in hand.sandbox.site.calls.by_endpoint)


@pytest.mark.parametrize("hand", ["cloud", "datacenter"], indirect=True)
def test_a_first_history_that_is_empty_is_believed_when_it_is_said_twice(hand: Any) -> None:
    """Until the next full read nobody would have known since when it holds its value, and what is measured over time would be left out."""
    one = hand.issue("Key Result", epic(hand), customfield_10051=0, customfield_10052=4, customfield_10053=10)
    hand.activate(MAPPING)
    trashed = administration.delete_field(hand.sandbox.sandbox, CURRENT)
    resync(hand.context)
    hand.clock.pass_by(minutes=10)
    administration.restore_field(hand.sandbox.sandbox, trashed)
    hand.edit(one, summary="Another")
    resync(hand.context)
    with hand.connector.store.read() as conn:
        (known,) = mirror.get(conn, "main", [one]).values()
    assert (known.readings, dict(known.unknowns)) == ({CURRENT: ()}, {})


@pytest.mark.parametrize("times", [1, 2])
def test_a_history_that_lacks_what_moved_is_asked_for_once_more_at_once(hand: Any, times: int) -> None:
    one = key_result(hand, epic(hand), 4)
    synced(hand)
    hand.clock.pass_by(minutes=10)
    hand.edit(one, customfield_10052=9)
    hand.sandbox.faults.add(Fault("empty_page", "POST", "changelog/bulkfetch", times=times))
    resync_recent(hand.context)
    with hand.connector.store.read() as conn:
        (known,) = mirror.get(conn, "main", [one]).values()
    assert (HISTORY in known.unknowns) == (times == 2)


@pytest.mark.parametrize("hand", ["datacenter"], indirect=True)
def test_a_history_that_cannot_be_had_takes_the_time_of_what_moved_alone(hand: Any) -> None:
    """It is asked for again by each resync until it can be had."""
    one = key_result(hand, epic(hand), 4)
    synced(hand)
    forbidden = Fault("status", "GET", f"/issue/{one}", status=403, shape="jira", times=20)
    for fields, kept in (({"summary": "Another"}, [(4, 0)]), ({CURRENT: 9}, None)):
        hand.clock.pass_by(minutes=10)
        hand.edit(one, **fields)
        hand.sandbox.faults.add(forbidden)
        resync_recent(hand.context)
        with hand.connector.store.read() as conn:
            (known,) = mirror.get(conn, "main", [one]).values()
        assert HISTORY in known.unknowns
        assert known.readings.keys() == ({CURRENT} if kept else set())
        hand.sandbox.faults.clear()
    resync_recent(hand.context)
    assert readings(hand, one) == [[(4, 0), (9, 20)]]


@pytest.mark.parametrize("hand", ["cloud", "datacenter"], indirect=True)
@pytest.mark.parametrize("anew", [False, True], ids=["ruling", "another-revision"])
def test_a_metric_keeps_its_readings_when_its_field_is_renamed(hand: Any, anew: bool) -> None:
    """Data Center tells of a change by the name that the field had then: all its names that were ever bound stand for it."""
    one = key_result(hand, epic(hand), 4)
    synced(hand)
    goes_and_comes_back(hand, one)
    resync_recent(hand.context)
    before = readings(hand, one)

    administration.rename_field(hand.sandbox.sandbox, CURRENT, "Where we are")
    sync_site(hand.connector, "main")
    if anew:
        hand.activate(MAPPING + "# looked at again\n")
        sync_site(hand.connector, "main")
    hand.edit(one, customfield_10052=7)
    hand.clock.pass_by(minutes=10)
    resync_recent(hand.context)

    assert readings(hand, one) == [[*before[0], (7, 30)]]
    past = hand.context
    steps = issue_steps.read(past, {one: past.clock()})[one]
    assert [step.before_text for step in steps if step.field_id == CURRENT][-3:] == ["4", "9", "4"]


@pytest.mark.parametrize("hand", ["datacenter"], indirect=True)
def test_what_was_read_before_a_renaming_was_noticed_is_read_again(hand: Any) -> None:
    """An event makes the history be read, which tells of the change by a name that nobody knows yet; and of one more, before another renaming."""
    one = key_result(hand, epic(hand), 4)
    synced(hand)
    for serial, value in enumerate((9, 5), 1):
        administration.rename_field(hand.sandbox.sandbox, CURRENT, f"Where we are {serial}")
        hand.clock.pass_by(minutes=10)
        hand.edit(one, customfield_10052=value)
        resync_recent(hand.context)
        with hand.connector.store.read() as conn:
            (known,) = mirror.get(conn, "main", [one]).values()
        assert (list(known.unknowns), known.fields[CURRENT]) == ([HISTORY], value), "nobody knows the name"
        assert known.readings == {}, "and not that it moved never"
        hand.connector.catalogue("main", fresh=True)
        sync_site(hand.connector, "main")
        assert readings(hand, one) == [[(4, 0), (9, 10), (5, 20)][: serial + 1]]
    calls = hand.sandbox.site.calls.by_endpoint.total()
    sync_site(hand.connector, "main")
    again = hand.sandbox.site.calls.by_endpoint.total() - calls
    calls = hand.sandbox.site.calls.by_endpoint.total()
    sync_site(hand.connector, "main")
    assert hand.sandbox.site.calls.by_endpoint.total() - calls == again, (
        "once read by all names, it is not read again"
    )
