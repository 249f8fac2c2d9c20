"""A process that is killed before or after any of its calls to Jira: the next one finishes what it began, and nothing is there twice, whatever the target."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import requests

from connectors.sandbox import CONNECTOR
from connectors.sandbox.site_state import scheme
from connectors.store.work import due
from connectors.store.writes import refusals, writes
from connectors.store.writes.writes import WriteOutcome
from plugin.sync.reconcile.reconcile import reconcile
from plugin.sync.work import turn
from tests.forge_app import heard, installed
from tests.plugin.sync.conftest import BELOW, GATEWAY

PROPERTY = "jira-okr.rollup"
BARE = """
version: 1
name: hand-made
scope: project = PLAT
fields:
  okr_progress: {id: customfield_10060}
  goal: {id: customfield_10062}
APP
cycles: [{id: autumn, start: 2026-10-01, end: 2026-12-31}]
objectives:
  - id: epics
    cycle: autumn
    select: issuetype = Epic AND labels = okr
    key_results:
      - {id: delivery, select: issuetype = Story, relation: descendant, progress: {kind: delivery}}
"""
EVERYWHERE = f"""{BARE}
write_back:
  - target: objective
    set: {{okr_progress: {{value: progress_percent}}}}
    property: {PROPERTY}
    remote_link: numbers
CLOUD
"""
APP = "  app_progress: {id: customfield_10200}"
CLOUD = """    app_set: {app_progress: {value: progress_percent}}
    goal: goal
"""
"""What there is on Cloud alone."""
MOST_CALLS = {"cloud": 40, "datacenter": 12}


class Killed(BaseException):
    """The process is no more."""


class Death:
    """It comes at the nth call: before it goes out, or once it was answered; None never."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.at: int | None = None
        self.after = False
        self.calls = 0
        send = requests.Session.send

        def sent(session: requests.Session, request: Any, **more: Any) -> Any:
            self.calls += 1
            due = self.calls == self.at
            if due and not self.after:
                raise Killed
            answer = send(session, request, **more)
            if due:
                raise Killed
            return answer

        patch.setattr(requests.Session, "send", sent)

    def at_call(self, number: int | None, *, after: bool = False) -> None:
        self.at, self.after, self.calls = number, after, 0


def epic(hand: Any, number: int) -> str:
    """An objective at 70 % that feeds a goal of its own."""
    goal = hand.sandbox.sandbox.goals.add(f"Goal {number}", CONNECTOR)
    made: str = hand.issue("Epic", labels=["okr"])
    hand.edit(made, **{scheme.OKR_SUMMARY: goal.key})
    for done in range(10):
        hand.issue("Story", made, "Done" if done < 7 else "To Do")
    return made


def seen(hand: Any, one: str) -> dict[str, Any]:
    """What stands in Jira, and how often each place was written."""
    sandbox = hand.sandbox.sandbox
    record = sandbox.records[one]
    goal = sandbox.goals.named(record.customs[scheme.OKR_SUMMARY])
    wrote: Counter[str] = Counter()
    for (issue, place), times in hand.sandbox.site.calls.writes.items():
        wrote[place] += times if issue == one else 0
    found = {
        "field": (record.customs.get("customfield_10060"), wrote["customfield_10060"]),
        "property": sandbox.properties[one].get(PROPERTY, {}).get("progress_percent"),
        "links": [link["object"]["title"] for link in sandbox.remote_links[one].values()],
    }
    if sandbox.deployment == "datacenter":
        return found
    return {
        **found,
        "app field": (record.customs.get("customfield_10200"), wrote["customfield_10200"]),
        "updates": [update.new for update in goal.updates],
        "metrics": [(target.metric.value, target.target) for target in goal.targets],
        "work items": len(goal.work_items),
    }


WRITTEN = {"field": (70, 1), "property": 70, "links": ["OKR: 70 % — why?"]}
TOLD = {"updates": [("on_track", 70)], "metrics": [(70, 100)], "work items": 1}
LEFT = {"field": (None, 2), "property": None, "links": []}


@pytest.mark.slow
@pytest.mark.parametrize("hand", ["cloud", GATEWAY, "datacenter", BELOW], indirect=True)
def test_whenever_a_process_dies_the_next_one_finishes_and_nothing_is_there_twice(
    hand: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = hand.sandbox.sandbox.deployment
    cloud = deployment == "cloud"
    if cloud:
        installed(hand)
    bare, everywhere = (
        text.replace("APP", APP if cloud else "").replace("CLOUD", CLOUD if cloud else "")
        for text in (BARE, EVERYWHERE)
    )
    points = [(number, after) for number in range(1, MOST_CALLS[deployment]) for after in (False, True)]
    epics = [epic(hand, number) for number in range(len(points) + 1)]
    hand.activate(bare)
    hand.sync()
    hand.activate(everywhere)
    hand.sandbox.site.calls.clear()
    death = Death(monkeypatch)
    last = epics.pop()

    def die_everywhere(wanted: dict[str, Any], killed_at_least: int) -> None:
        death.at_call(None)
        reconcile(hand.context, last)
        whole, died, killed = death.calls, [], 0
        assert 2 < whole < MOST_CALLS[deployment]
        for one, (number, after) in zip(epics, points, strict=True):
            if cloud:
                heard(hand)  # as each hour
            death.at_call(number if number <= whole else None, after=after)
            try:
                reconcile(hand.context, one)
            except Killed:
                killed += 1
            death.at_call(None)
            for _ in range(2 if number <= whole else 0):
                reconcile(hand.context, one)
            hand.clock.pass_by(minutes=11)
            reconcile(hand.context, one)
            found = seen(hand, one)
            died += [] if found == wanted else [(number, after, found)]
            with hand.connector.store.read() as conn:
                assert not writes.load_unsettled(conn, "main", one)
        assert died == []
        assert killed >= killed_at_least, "as many calls as there are targets, and a look before some"
        with hand.connector.store.read() as conn:
            assert refusals.load_all(conn, "main") == []

    die_everywhere(WRITTEN | ({"app field": (70, 1)} | TOLD if cloud else {}), 16 if cloud else 6)
    for one in (last, *epics):
        hand.edit(one, labels=[])
    hand.land(last, *epics)
    die_everywhere(LEFT | ({"app field": (None, 2)} | TOLD if cloud else {}), 6)


TOGETHER = f"""{BARE.replace("APP", APP)}
write_back:
  - target: objective
    set: {{okr_progress: {{value: progress_percent}}}}
    app_set: {{app_progress: {{value: progress_percent}}}}
"""
FIELDS = ("customfield_10060", "app:customfield_10200")


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True])
def test_whenever_a_process_dies_in_a_turn_of_several_objectives_the_next_one_finishes_them_all(
    hand: Any, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    """What the app writes of all of them in one call is decided, and in the ledger, long before it is sent."""
    installed(hand)
    ones = [hand.issue("Epic", labels=["okr"]) for _ in range(3)]
    stories = [[hand.issue("Story", one, "Done") for _ in range(2)] for one in ones]
    hand.activate(TOGETHER)
    hand.sync()
    death = Death(monkeypatch)
    number, killed = 0, True
    while killed:
        number, killed = number + 1, False
        expected = 50 if number % 2 else 100
        hand.clock.pass_by(minutes=5)
        for mine in stories:
            hand.status(mine[0], "To Do" if number % 2 else "Done")
        hand.land(*(mine[0] for mine in stories))
        heard(hand)
        context = hand.context
        hand.sandbox.site.calls.clear()
        death.at_call(number, after=after)
        try:
            turn(context, "the first")
        except Killed:
            killed = True
        death.at_call(None)
        hand.clock.pass_by(minutes=11)
        hand.work_off()
        for one in ones:
            found = [hand.field(one, "customfield_10060"), hand.field(one, "customfield_10200")]
            assert found == [expected, expected], (number, one)
        counted = hand.sandbox.site.calls.by_endpoint
        assert sum(times for name, times in counted.items() if "/app/field/" in name) == 1, number
        assert set(hand.sandbox.site.calls.writes.values()) == {1}, (number, "no place is written twice")
        with hand.connector.store.read() as conn:
            latest = [writes.load_latest(conn, "main", one, place) for one in ones for place in FIELDS]
            assert not any(writes.load_unsettled(conn, "main", one) for one in ones)
            assert due.pending_count(conn, "main") == 0
            assert refusals.load_all(conn, "main") == []
        assert [one.after for one in latest if one is not None] == [expected] * 6
        assert {one.outcome for one in latest if one is not None} <= {
            WriteOutcome.WRITTEN,
            WriteOutcome.CONFIRMED,
        }
    assert number > 4, "an edit of each, and the call of the app, at least"
