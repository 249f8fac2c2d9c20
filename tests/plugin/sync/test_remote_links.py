"""Remote links in the sync, over real HTTP on both kinds of Jira: one each, right, never fought over, and gone with their issue."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import requests

from connectors.jira.http.errors import JiraOutage
from connectors.sandbox import CONNECTOR, Fault
from connectors.sandbox.site_state import scheme
from connectors.store.mirror import mirror
from connectors.store.work import inbox
from connectors.store.writes import refusals, writes, written_values
from mappings.diagnostic import MappingError
from mappings.write_back.plan import Change
from mappings.write_back.targets import writings_of
from plugin.sync.reconcile.reconcile import reconcile
from plugin.sync.refresh.reread import refresh
from plugin.sync.resync.recent_read import resync_recent
from plugin.use_cases.mappings.mapping_life import check_text, glance_text, preview_text
from plugin.use_cases.work.site_read import read_now
from tests.actors import TESTER

BOTH = pytest.mark.parametrize("hand", ["cloud", "datacenter"], indirect=True)
PAGES = "https://okr.acme.example"
BARE = """
version: 1
name: hand-made
scope: project = PLAT
fields:
  okr_progress: {id: customfield_10060}
  start: {id: customfield_10051}
  current: {id: customfield_10052}
  target: {id: customfield_10053}
objectives:
  - id: epics
    select: issuetype = Epic AND labels = okr
    key_results:
      - {id: metric, select: 'issuetype = "Key Result"', progress: {kind: transition, start: start, current: current, target: target}}
      - {id: delivery, select: issuetype = Story, relation: descendant, progress: {kind: delivery}}
write_back:
"""
FIELDS = "  - {target: objective, set: {okr_progress: {value: progress_percent}}}\n"
NUMBERS = BARE + "".join(
    f"  - {{target: {one}, remote_link: numbers}}\n" for one in ("objective", "key_result")
)
ROWS = BARE + "  - {target: objective, remote_link: plain}\n  - {target: row, remote_link: plain}\n"


def epic(hand: Any, *done: bool) -> str:
    made: str = hand.issue("Epic", labels=["okr"])
    for one in done or (True, False):
        hand.issue("Story", made, "Done" if one else "To Do")
    return made


def key_result(hand: Any, parent: str, current: int) -> str:
    made: str = hand.issue("Key Result", parent)
    hand.edit(made, customfield_10051=0, customfield_10052=current, customfield_10053=10)
    return made


def stories(hand: Any, parent: str) -> list[str]:
    found = hand.sandbox.sandbox.records.values()
    return sorted((one.id for one in found if one.parent_id == parent and one.type == scheme.STORY), key=int)


def titles(hand: Any, issue_id: str) -> list[str]:
    return [one["object"]["title"] for one in hand.sandbox.sandbox.remote_links[issue_id].values()]


def synced(hand: Any, text: str) -> None:
    hand.activate(text)
    hand.sync()


def posts(hand: Any, verb: str = "") -> int:
    """How often links were asked for or written since the last time somebody asked for it."""
    counted = hand.sandbox.site.calls.by_endpoint
    found = sum(number for name, number in counted.items() if "remotelink" in name and name.startswith(verb))
    hand.sandbox.site.calls.clear()
    return found


def finish(hand: Any, story: str) -> None:
    hand.clock.pass_by(minutes=5)
    hand.status(story, "Done")
    hand.land(story)
    hand.work_off()


def test_what_is_read_for_a_draft_forgets_no_link(hand: Any) -> None:
    """A reading shows no links: what was written stands, whether the draft writes links or not."""
    one = epic(hand)
    synced(hand, NUMBERS)
    for draft in (NUMBERS, BARE + FIELDS):
        posts(hand)
        read_now(hand.connector, TESTER, "main", draft, lambda *_: None)
        hand.work_off()
        assert posts(hand, "POST") == 0, "nothing is said again"
    hand.clock.pass_by(minutes=5)
    hand.activate(BARE + FIELDS)
    hand.work_off()
    assert titles(hand, one) == [], "and it is known what has to go"


@BOTH
def test_objectives_and_key_results_are_linked_once_and_the_link_follows_the_number(hand: Any) -> None:
    one = epic(hand)
    result = key_result(hand, one, 3)
    synced(hand, NUMBERS)
    assert titles(hand, one) == ["OKR: 30 % — why?"]
    assert titles(hand, result) == ["OKR: 30 % — why?"]
    [link] = hand.sandbox.sandbox.remote_links[one].values()
    assert link["globalId"] == f"system=jira-okr&issue={one}&subject=okr"
    assert link["object"]["url"] == f"{PAGES}/why/{one}"
    assert link["object"]["status"]["icon"]["title"] == link["object"]["summary"]
    posts(hand)

    hand.sync()
    assert posts(hand) == 0, "what is right is neither read nor written"

    hand.clock.pass_by(minutes=5)
    hand.edit(result, customfield_10052=7)
    hand.land(result)
    hand.work_off()
    assert (titles(hand, one), titles(hand, result)) == (["OKR: 70 % — why?"], ["OKR: 70 % — why?"])
    assert posts(hand) == 2


def test_a_plan_and_a_preview_show_it_and_count_its_calls(hand: Any) -> None:
    one = epic(hand)
    synced(hand, BARE + FIELDS)
    wanted = BARE + FIELDS + "  - {target: objective, remote_link: numbers}\n"
    previewed = preview_text(hand.connector, TESTER, "main", wanted)
    changes = [change for plan in previewed.preview.plans for change in plan.changes]
    assert [(change.issue_id, change.field_name, change.reason) for change in changes] == [
        (one, "link to the why-page", "link no link → OKR: 50 % — why?")
    ]
    assert (previewed.preview.cost.writes, previewed.preview.cost.calls) == (1, 1)
    assert not previewed.unread, "nothing has to be read for it"


def test_without_numbers_it_is_written_once(hand: Any) -> None:
    one = epic(hand)
    synced(hand, NUMBERS.replace("numbers", "plain"))
    assert titles(hand, one) == ["OKR: why?"]
    posts(hand)
    finish(hand, stories(hand, one)[1])
    assert (titles(hand, one), posts(hand)) == (["OKR: why?"], 0)


@BOTH
def test_a_write_whose_answer_never_came_is_looked_up_and_makes_no_second_link(hand: Any) -> None:
    one = epic(hand)
    synced(hand, BARE + FIELDS)
    hand.activate(NUMBERS)
    hand.sandbox.faults.add(Fault("status", "POST", "remotelink", status=503))
    with pytest.raises(JiraOutage):
        reconcile(hand.context, one)
    assert titles(hand, one) == []
    with hand.connector.store.read() as conn:
        [open_write] = [
            made for made in writes.load_unsettled(conn, "main", one) if made.field_id == "link:okr"
        ]
    hand.context.jira.tell(asked(one, **open_write.after), notify=False)  # it had arrived all the same
    posts(hand)

    reconcile(hand.context, one)

    assert titles(hand, one) == ["OKR: 50 % — why?"]
    assert posts(hand, "POST") == 0
    with hand.connector.store.read() as conn:
        assert not writes.load_unsettled(conn, "main", one)
        assert [row.field_id for row in written_values.every(conn, "main")] == ["link:okr"]
        assert mirror.get(conn, "main", [one])[one].fields["link:okr"]["title"] == "OKR: 50 % — why?"


def test_a_dry_run_looks_up_no_write_whose_answer_never_came(hand: Any) -> None:
    one = epic(hand)
    synced(hand, BARE + FIELDS)
    hand.activate(NUMBERS)
    hand.sandbox.faults.add(Fault("status", "POST", "remotelink", status=503))
    with pytest.raises(JiraOutage):
        reconcile(hand.context, one)

    def open_writes() -> list[str]:
        with hand.connector.store.read() as conn:
            return [made.field_id for made in writes.load_unsettled(conn, "main", one)]

    assert open_writes() == ["link:okr"]
    hand.sandbox.site.calls.clear()
    reconcile(hand.context, one, write=False)
    assert hand.sandbox.site.calls.by_endpoint == {}
    assert open_writes() == ["link:okr"]


def asked(issue_id: str, title: str, url: str = f"{PAGES}/why/1", summary: str = "", icon: str = "") -> Any:
    link = {"title": title, "url": url, "summary": summary, "icon": icon}
    [(_, writing)] = writings_of([Change(issue_id, "", "link:okr", "", None, link, "")])
    return writing.request


@BOTH
def test_a_title_of_a_person_stays_until_the_number_changes(hand: Any) -> None:
    one = epic(hand)
    synced(hand, NUMBERS)
    hand.context.jira.tell(asked(one, "Our goal of the year"), notify=False)
    posts(hand)
    hand.land(one)
    hand.work_off()
    hand.clock.pass_by(minutes=10)
    hand.sync()
    assert (titles(hand, one), posts(hand)) == (["Our goal of the year"], 0)

    finish(hand, stories(hand, one)[1])
    assert titles(hand, one) == ["OKR: 100 % — why?"]


@BOTH
def test_what_leaves_loses_its_link_and_links_of_other_hands_stay(hand: Any) -> None:
    goes, stays = epic(hand), epic(hand)
    synced(hand, NUMBERS)
    foreign = {"globalId": "wiki", "object": {"url": "https://wiki.acme.example", "title": "Notes"}}
    version = "3" if hand.context.api == 3 else "2"
    access = (
        {"auth": (CONNECTOR.email, CONNECTOR.token)}
        if version == "3"
        else {"headers": {"Authorization": f"Bearer {CONNECTOR.token}"}}
    )
    address = f"{hand.sandbox.url}/rest/api/{version}/issue/{goes}/remotelink"
    assert requests.post(address, json=foreign, timeout=10, **access).ok
    hand.clock.pass_by(minutes=5)
    hand.edit(goes, labels=[])
    hand.land(goes)
    hand.work_off()
    assert (titles(hand, goes), titles(hand, stays)) == (["Notes"], ["OKR: 50 % — why?"])

    assert hand.activate(BARE + FIELDS).preview.cost.writes == 2, "a field, and a link that goes"
    hand.work_off()
    assert titles(hand, stays) == []


def test_a_link_that_a_person_made_their_own_stays_when_the_issue_leaves(hand: Any) -> None:
    one = epic(hand)
    synced(hand, NUMBERS)
    hand.context.jira.tell(asked(one, "Our goal of the year"), notify=False)
    hand.activate(BARE + FIELDS)
    hand.work_off()
    assert titles(hand, one) == ["Our goal of the year"]


@BOTH
@pytest.mark.parametrize("found", [None, "Our goal of the year"])
def test_what_was_found_in_the_place_of_a_link_is_remembered(hand: Any, found: str | None) -> None:
    """No read shows links: else the link would be believed to stand, and never be written again."""
    one = epic(hand)
    synced(hand, NUMBERS)
    if found is None:
        hand.sandbox.sandbox.remote_links[one].clear()
    else:
        hand.context.jira.tell(asked(one, found), notify=False)
    hand.activate(BARE + FIELDS)
    hand.work_off()
    with hand.connector.store.read() as conn:
        known = mirror.get(conn, "main", [one])[one].fields.get("link:okr")
    assert (known and known["title"]) == found
    hand.clock.pass_by(minutes=5)
    hand.activate(NUMBERS)
    hand.work_off()
    assert titles(hand, one) == ["OKR: 50 % — why?"]


@BOTH
def test_a_link_is_not_written_again_on_an_issue_that_left_the_mirror_and_came_back(hand: Any) -> None:
    one = epic(hand)
    synced(hand, NUMBERS)
    with hand.connector.store.write() as conn:
        mirror.delete(conn, "main", [one])
    posts(hand)
    hand.clock.pass_by(minutes=5)
    hand.edit(one, summary="Shown again")
    hand.land(one)
    hand.work_off()
    assert (titles(hand, one), posts(hand, "POST")) == (["OKR: 50 % — why?"], 0)


@BOTH
def test_rows_say_what_they_count_for_while_they_do(hand: Any) -> None:
    one = epic(hand)
    first, second = stories(hand, one)
    synced(hand, ROWS)
    key = hand.sandbox.sandbox.records[one].key
    assert (titles(hand, one), titles(hand, first), titles(hand, second)) == (
        ["OKR: why?"],
        [f"counts for {key}"],
        [f"counts for {key}"],
    )
    posts(hand)
    third = hand.issue("Story", one)
    hand.land(third)
    hand.work_off()
    assert (titles(hand, third), posts(hand)) == ([f"counts for {key}"], 1)

    other = epic(hand)
    hand.land(other, *stories(hand, other))
    if hand.context.api == 3:
        hand.edit(second, parent={"id": other})
    else:
        hand.edit(second, **{scheme.EPIC_LINK: hand.sandbox.sandbox.records[other].key})
    hand.clock.pass_by(minutes=5)
    hand.land(second)
    hand.work_off()
    assert titles(hand, second) == [f"counts for {hand.sandbox.sandbox.records[other].key}"]


def test_a_refused_link_holds_back_no_field_and_is_tried_again_with_its_own_permission(hand: Any) -> None:
    one = epic(hand)
    every = {"BROWSE_PROJECTS", "EDIT_ISSUES", "ADMINISTER_PROJECTS", "LINK_ISSUES"}
    may(hand, every - {"LINK_ISSUES"})
    found = check_text(hand.connector, TESTER, "main", NUMBERS + FIELDS)
    assert [(one.code, one.remedy) for one in found if str(one.severity) == "error"] == [
        ("no-edit-permission", "grant it Link issues in PLAT")
    ]
    synced(hand, NUMBERS + FIELDS)
    assert (hand.field(one), titles(hand, one)) == (50, [])
    with hand.connector.store.read() as conn:
        [refused] = refusals.load_all(conn, "main")
    assert (refused.field_id, "Link issues" in refused.remedy) == ("link:okr", True)
    hand.clock.pass_by(minutes=5)
    resync_recent(hand.context)
    hand.work_off()

    may(hand, every)
    hand.clock.pass_by(minutes=5)
    resync_recent(hand.context)
    hand.work_off()

    assert titles(hand, one) == ["OKR: 50 % — why?"]
    with hand.connector.store.read() as conn:
        assert refusals.load_all(conn, "main") == []


def may(hand: Any, permissions: set[str]) -> None:
    account = replace(CONNECTOR, administrator=False, grants={"*": frozenset(permissions)})
    hand.sandbox.sandbox.accounts[CONNECTOR.id] = account


@BOTH
def test_the_event_of_our_own_link_asks_jira_for_nothing(hand: Any) -> None:
    one = epic(hand)
    hand.sandbox.site.webhooks.create(
        {"name": "ours", "url": "http://127.0.0.1:9/nowhere", "events": ["jira:issue_updated"]}
    )
    heard: list[Any] = []
    hand.activate(NUMBERS)
    hand.sandbox.sandbox.listeners[:] = [heard.append]
    hand.sync()
    hand.clock.pass_by(minutes=1)
    with hand.connector.store.write() as conn:
        for number, event in enumerate(heard):
            for message in hand.sandbox.site.webhooks.messages(event):
                inbox.store(conn, "main", str(number), message.body, hand.clock())
    hand.sandbox.site.calls.clear()
    refresh(hand.context, "w")
    with hand.connector.store.read() as conn:
        assert [one.note for one in inbox.recent(conn, "main", 9)] == ["echo of our own write"]
    assert hand.sandbox.site.calls.by_endpoint.total() == 0
    assert titles(hand, one) == ["OKR: 50 % — why?"]


def test_without_an_address_a_link_is_refused_with_what_to_set(hand: Any) -> None:
    hand.connector.settings = hand.connector.settings.model_copy(update={"base_url": None})
    epic(hand)
    for found in (
        check_text(hand.connector, TESTER, "main", NUMBERS),
        glance_text(hand.connector, TESTER, "main", NUMBERS),
    ):
        assert [one.path for one in found if one.code == "no-address"] == [
            "write_back[0].remote_link",
            "write_back[1].remote_link",
        ]
    with pytest.raises(MappingError, match="JIRA_OKR_BASE_URL"):
        hand.activate(NUMBERS)


def test_a_dry_run_shows_the_link_and_touches_nothing(hand: Any) -> None:
    one = epic(hand)
    hand.activate(BARE + FIELDS)
    hand.sync()
    hand.activate(NUMBERS)
    [change] = [made for made in reconcile(hand.context, one, write=False).plan.changes if not made.left]
    assert (change.field_id, change.after["title"]) == ("link:okr", "OKR: 50 % — why?")
    assert titles(hand, one) == []
