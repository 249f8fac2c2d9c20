"""Where an objective stood, worked out from today's issues and their histories: what was seen then, to the last word."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from bs4 import BeautifulSoup

from connectors.sandbox import PEOPLE
from connectors.sandbox.site_state.edits import delete, move
from connectors.sandbox.site_state.scheme import LINK_TYPES
from connectors.sandbox.site_state.state import person
from connectors.store.mappings import revisions
from connectors.store.numbers import objectives
from plugin.access.authorization import members
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.jobs.schedules import read_everything
from plugin.runtime.connector import Refusal
from plugin.use_cases.cycles.closure import close_cycle
from plugin.use_cases.mappings import drafts
from plugin.use_cases.objectives.as_of import as_of, as_of_draft, asked_instant, read_histories
from tests.actors import TESTER
from tests.plugin.use_cases.conftest import opened
from tests.quarter import MAPPING, begun, state, told


def asked(hand: Any, objective_id: str, at: datetime, revision: str | None = None) -> Any:
    """The answer with every history that it lacks read."""
    found = as_of(hand.connector, TESTER, "main", objective_id, at, revision)
    if found.untold:
        read_histories(hand.connector, TESTER, "main", found.untold)
        found = as_of(hand.connector, TESTER, "main", objective_id, at, revision)
    return found


@pytest.fixture
def world(hand: Any, begin: Any) -> tuple[Any, list[str], list[str]]:
    """Two objectives of the quarter with four stories and a metric each, written once. It is 9 November."""
    return (hand, *begin(hand, two_objectives))


def two_objectives(hand: Any) -> tuple[list[str], list[str]]:
    epics = [hand.issue("Epic", labels=["okr", "2026-Q4"]) for _ in range(2)]
    stories = [
        hand.issue("Story", epic, status)
        for epic in epics
        for status in ("To Do", "Done", "To Do", "In Progress")
    ]
    metrics = [hand.issue("Key Result", epic) for epic in epics]
    for metric in metrics:
        hand.edit(metric, customfield_10051=0, customfield_10052=4, customfield_10053=10)
    hand.clock.pass_by(hours=1)
    hand.activate(MAPPING)
    hand.sync()
    return epics, [*stories, *metrics]


def deed(hand: Any, chance: random.Random, epics: list[str], issues: list[str]) -> None:
    """Somebody does something in Jira."""
    issue = chance.choice(issues)
    kind = hand.sandbox.sandbox.records[issue].type.name
    what = chance.randrange(5)
    if what == 0:
        issues.append(hand.issue("Story", chance.choice(epics), chance.choice(["To Do", "Done"])))
    elif what == 1:
        hand.edit(issue, parent={"id": chance.choice(epics)})
    elif what == 2 and kind == "Key Result":
        hand.edit(issue, customfield_10052=chance.randint(0, 12))
    elif what == 3:
        hand.edit(issue, summary=f"Called {chance.randint(0, 99)}")
    else:
        hand.status(issue, chance.choice(["To Do", "In Progress", "Done"]))


@pytest.mark.parametrize("hand", ["cloud", "datacenter"], indirect=True)
def test_what_was_is_what_was_seen(world: Any) -> None:
    """Every state that was stored on the way is what is worked out afterwards, with its words and its rows."""
    hand, epics, issues = world
    chance, seen = random.Random(7), []
    for _ in range(12):
        hand.clock.pass_by(hours=chance.randint(5, 40))
        if hand.sandbox.sandbox.deployment == "cloud":
            deed(hand, chance, epics, issues)
        else:
            hand.status(chance.choice(issues), chance.choice(["To Do", "In Progress", "Done"]))
        hand.land(*issues, *epics)
        hand.work_off()
        for epic in epics:
            told(hand, epic)
            seen.append((hand.clock(), state(hand, epic)))
    for at, was in reversed(seen):
        found = asked(hand, was.id, at)
        assert (found.certainty, found.doubts) == ("exact", ())
        assert found.saved.state == replace(was, touched=found.saved.state.touched)


def test_now_is_what_is_stored(world: Any) -> None:
    hand, epics, _ = world
    for epic in epics:
        found = as_of(hand.connector, TESTER, "main", epic, hand.clock())
        with hand.connector.store.read() as conn:
            stored = objectives.load(conn, "main", epic)
        assert (found.saved.state, found.saved.mapping_revision) == (stored.state, stored.mapping_revision)
        assert (found.certainty, found.untold) == ("exact", ())


BY_LINK = MAPPING.replace("relation: descendant", 'relation: {link: "is contributed to by"}').replace(
    "scope: project = PLAT", "scope: project in (PLAT, CORE)"
)


@pytest.mark.parametrize("hand", ["cloud", "datacenter"], indirect=True)
def test_rows_by_links_stand_as_they_were_linked(world: Any) -> None:
    """Linked, taken off and linked again over days; the other issue is moved meanwhile, and has another key since."""
    hand, epics, issues = world
    jira, (kind,) = hand.sandbox.sandbox, [one for one in LINK_TYPES if one.name == "Contributes"]
    hand.activate(BY_LINK)
    seen = []
    for issue, deed in ((issues[0], "link"), (issues[0], "move"), (issues[1], "link"), (issues[0], "unlink")):
        hand.clock.pass_by(hours=20)
        if deed == "link":
            jira.link(kind, issue, epics[0], person(PEOPLE[0]))
        elif deed == "move":
            move(jira, jira.records[issue], "CORE", person(PEOPLE[0]))
        else:
            (row,) = jira.links_on(issue)
            jira.unlink(row.id, person(PEOPLE[0]))
        hand.sync()
        seen.append((hand.clock(), state(hand, epics[0])))
    hand.clock.pass_by(hours=20)
    assert [
        sum(len(one.measurement.ledger.rows) for one in was.key_results if one.rule_id == "delivery")
        for _, was in seen
    ] == [1, 1, 2, 1]
    for at, was in reversed(seen):
        found = asked(hand, epics[0], at)
        assert (found.certainty, found.doubts) == ("exact", ())
        assert found.saved.state == replace(was, touched=found.saved.state.touched)


def test_what_is_not_known_is_said(world: Any) -> None:
    hand, epics, issues = world
    then = hand.clock()
    hand.clock.pass_by(days=1)
    hand.status(issues[0], "Done")
    hand.sync()
    key = hand.sandbox.sandbox.records[issues[0]].key
    found = as_of(hand.connector, TESTER, "main", epics[0], then)
    assert (found.certainty, key in {one.about for one in found.doubts}) == ("approximate", True)
    assert {one.doubt.value for one in found.doubts} == {"history-missing"}
    assert issues[0] in found.untold
    assert asked(hand, epics[0], then).certainty == "exact"


def test_a_row_that_was_deleted_since_is_named(world: Any) -> None:
    hand, epics, issues = world
    then, key = hand.clock(), hand.sandbox.sandbox.records[issues[1]].key
    hand.clock.pass_by(days=1)
    delete(hand.sandbox.sandbox, hand.sandbox.sandbox.records[issues[1]], person(PEOPLE[0]))
    hand.sync()
    found = asked(hand, epics[0], then)
    assert [(one.doubt.value, one.about) for one in found.doubts] == [("gone-since", key)]
    assert found.certainty == "approximate"


def test_a_day_is_its_last_millisecond_and_today_is_now(world: Any) -> None:
    hand, _, _ = world
    meant = [
        asked_instant(hand.connector, TESTER, "main", text) for text in ("2026-10-31", "2026-11-09", "soon")
    ]
    assert meant == [datetime(2026, 10, 31, 22, 59, 59, 999000, tzinfo=UTC), hand.clock(), None]


def test_what_cannot_be_told_is_refused_with_its_reason(world: Any) -> None:
    hand, epics, _ = world
    now = hand.clock()
    for at, said in (
        (now + timedelta(days=1), "is yet to come"),
        (now - timedelta(days=400), "it was created on"),
    ):
        with pytest.raises(Refusal, match=said):
            as_of(hand.connector, TESTER, "main", epics[0], at)


def test_a_moment_is_told_in_utc_whatever_its_zone(world: Any) -> None:
    hand, _, _ = world
    told = {
        text: str(asked_instant(hand.connector, TESTER, "main", text))
        for text in ("2026-10-31", "2026-10-31T12:00:00+09:00", "0001-01-01T00:00:00+09:00", "9999-12-31")
    }
    assert told == {
        "2026-10-31": "2026-10-31 22:59:59.999000+00:00",
        "2026-10-31T12:00:00+09:00": "2026-10-31 03:00:00+00:00",
        "0001-01-01T00:00:00+09:00": "None",
        "9999-12-31": "None",
    }


def test_a_revision_that_does_not_fit_jira_any_more_is_refused_at_the_page(world: Any) -> None:
    hand, epics, _ = world
    text, key = (
        MAPPING.replace("customfield_10060", "customfield_99999"),
        hand.sandbox.sandbox.records[epics[0]].key,
    )
    with hand.connector.store.write() as conn:
        revisions.add(conn, "main", text, "f" * 64, "Ada", hand.clock())
    page = opened(hand.connector, {}, "viewer").look(f"/objectives/{key}?at=2026-11-09&mapping=ffff")
    assert "Revision ffffffff does not fit this Jira as it is now" in page


SUMS_BEFORE = """
version: 1
name: sums
scope: project = PLAT
fields: {total: {id: customfield_10065}}
write_back:
  - {rows: issuetype = Story, parents: issuetype = Epic, set: {total: {value: issues_total}}}
"""


def test_what_had_only_sums_then_was_no_objective(world: Any) -> None:
    hand, epics, _ = world
    with pytest.raises(Refusal, match="was no objective then"):
        as_of_draft(hand.connector, TESTER, "main", epics[0], hand.clock(), SUMS_BEFORE)


def test_an_ended_cycle_stands_as_of_its_end(hand: Any) -> None:
    """Also under another mapping, of which nothing was noted: then it is worked out."""
    hand, epic, metric, stories = begun(hand)
    hand.status(stories[1], "Done")
    hand.edit(metric, customfield_10052=9)
    told(hand, epic, *stories, metric)
    found = asked(hand, epic, hand.clock())
    assert found.saved.state == state(hand, epic)
    assert (found.saved.state.progress, found.certainty) == (Fraction(9, 20), "exact")
    former = found.saved.mapping_revision
    hand.activate(MAPPING.replace("headline: all", "headline: outcome_first"), large=True)
    other = asked(hand, epic, hand.clock(), former)
    assert (other.saved.state.progress, other.saved.mapping_revision) == (Fraction(9, 20), former)
    assert other.certainty == "exact"
    assert asked(hand, epic, datetime(2026, 12, 27, 13, tzinfo=UTC), "then").saved.mapping_revision == former


def test_the_page_shows_a_day_with_how_sure_it_is(world: Any) -> None:
    hand, epics, issues = world
    key = hand.sandbox.sandbox.records[epics[0]].key
    hand.clock.pass_by(days=1)
    hand.status(issues[0], "Done")
    hand.sync()
    told = opened(hand.connector, {}, "viewer")
    form = BeautifulSoup(told.look(f"/objectives/{key}"), "html.parser")
    assert form.select_one('form[method="get"] input[type="date"][name="at"]') is not None
    unsure = BeautifulSoup(told.look(f"/objectives/{key}?at=2026-11-09"), "html.parser")
    assert "approximate" in unsure.select_one(".notes").text
    assert hand.sandbox.sandbox.records[issues[0]].key in unsure.select_one(".notes").text
    asked(hand, epics[0], datetime(2026, 11, 9, 22, 59, 59, 999000, tzinfo=UTC))
    sure = BeautifulSoup(told.look(f"/objectives/{key}?at=2026-11-09&mapping=then&exact=1"), "html.parser")
    assert "Certainty: exact." in sure.select_one(".notes").text
    assert sure.select_one(".big").text == "39\u202f%"
    assert "As it stood on 9 Nov 2026, 23:59" in sure.select_one(".lede").text
    assert "2026-Q4 (1 Oct 2026 – 31 Dec 2026)" in sure.select_one(".lede").text
    before = BeautifulSoup(told.look(f"/objectives/{key}?at=2026-11-09T09:30:00Z"), "html.parser")
    assert before.select_one(".big").text == "39\u202f%"  # before the first sync
    early = told.look(f"/objectives/{key}?at=2020-01-01")
    assert "was not there yet: it was created on 2026-11-09" in early
    assert "is no day" in told.look(f"/objectives/{key}?at=soon")


def test_a_closed_cycle_is_its_record_whatever_is_known_now(hand: Any) -> None:
    hand, epic, metric, stories = begun(hand)
    close_cycle(hand.connector, TESTER, "main", "2026-Q4", reason="the last mile was long")
    record = state(hand, epic)
    hand.clock.pass_by(days=30)
    hand.edit(metric, customfield_10052=9)
    hand.edit(epic, summary="Called otherwise")
    told(hand, epic, metric, epic, *stories)
    for at in (hand.clock(), hand.clock() - timedelta(days=20)):
        found = asked(hand, epic, at)
        assert (found.saved.state, found.certainty) == (record, "exact")


def test_a_full_sync_keeps_up_what_is_kept(world: Any) -> None:
    hand, epics, issues = world
    then = hand.clock()
    for status in ("Done", "In Progress"):
        hand.clock.pass_by(days=1)
        hand.status(issues[0], status)
        hand.sync()
        if status == "Done":
            assert asked(hand, epics[0], then).certainty == "exact"
    assert as_of(hand.connector, TESTER, "main", epics[0], then).certainty == "approximate"
    read_everything(hand.connector, "main", lambda: None)
    assert as_of(hand.connector, TESTER, "main", epics[0], then).certainty == "exact"
    hand.activate(BY_LINK)  # which asks for links, that no history was read for
    doubts = as_of(hand.connector, TESTER, "main", epics[0], then).doubts
    assert "history-missing" in {one.doubt.value for one in doubts}
    read_everything(hand.connector, "main", lambda: None)
    doubts = as_of(hand.connector, TESTER, "main", epics[0], then).doubts
    assert {one.doubt.value for one in doubts} <= {"links-as-now"}


def test_what_an_answer_lacks_is_read_by_page_and_api_and_a_draft_is_held_against_the_past(
    world: Any,
) -> None:
    """By an editor, so many at a time as are lacking; a draft by an admin alone, and it changes nothing."""
    hand, epics, issues = world
    keys = [hand.sandbox.sandbox.records[one].key for one in epics]
    hand.clock.pass_by(days=1)
    for at in (0, 4):
        hand.status(issues[at], "Done")
    hand.sync()
    viewer, editor, admin = (opened(hand.connector, {}, role) for role in ("viewer", "editor", "admin"))
    day = "at=2026-11-09"
    lacking = BeautifulSoup(editor.look(f"/objectives/{keys[0]}?{day}"), "html.parser")
    assert "2 histories are not kept yet." in lacking.select_one(".notes").text
    button = "form[action$='/histories'] button"
    assert lacking.select_one(button) is not None
    assert (
        BeautifulSoup(viewer.look(f"/objectives/{keys[0]}?{day}"), "html.parser").select_one(button) is None
    )

    address = f"/objectives/{keys[0]}/histories"
    assert viewer.api("POST", address, {"at": "2026-11-09"}).status_code == 403
    assert editor.api("POST", address, {"at": "soon"}).status_code == 422
    assert editor.api("POST", address, {"at": "2026-11-09"}).json == {"read": 2, "refused": 0, "left": 0}
    assert editor.api("POST", address, {"at": "2026-11-09"}).json == {"read": 0, "refused": 0, "left": 0}
    told = editor.api("GET", f"/objectives/{keys[0]}/ledger?{day}").json["as_of"]
    assert told["certainty"] == "exact"

    hand.status(issues[6], "Done")
    hand.land(issues[6])
    hand.work_off()
    sent = editor.page(f"/objectives/main/{keys[1]}/histories", at="2026-11-09", mapping="then")
    assert (sent.status_code, sent.location) == (302, f"/objectives/{keys[1]}?at=2026-11-09&mapping=then")
    shown = editor.look(sent.location)
    assert "1 history was read." in shown
    assert "Certainty: <b>exact</b>" in shown

    drafted = MAPPING.replace("headline: all", "headline: outcome_first")
    body = {"at": "2026-11-09", "text": drafted}
    assert editor.api("POST", f"/objectives/{keys[0]}/ledger", body).status_code == 403
    before = state(hand, epics[0])
    given = admin.api("POST", f"/objectives/{keys[0]}/ledger", body).json
    assert (given["as_of"]["certainty"], given["headline"]["total"]) == ("exact", "2/5")
    assert given["as_of"]["mapping_revision"] != hand.connector.context("main").mapping.revision
    bare = admin.api("POST", f"/objectives/{keys[0]}/ledger", {"text": "version: 1"})
    assert (bare.status_code, bare.json["title"]) == (422, "Mapping refused")
    assert "You have drafted no mapping" in admin.look(f"/objectives/{keys[0]}?{day}&mapping=draft")
    account = members.find(hand.connector, "admin@acme.example")
    drafts.keep(hand.connector, Actor("admin", Permission.ADMIN, account.id), "main", drafted)
    page = BeautifulSoup(admin.look(f"/objectives/{keys[0]}?{day}&mapping=draft"), "html.parser")
    assert page.select_one("select[name=mapping] option[selected]").text == "that I have drafted"
    assert given["as_of"]["mapping_revision"][:12] in page.select_one(".origin").text
    assert state(hand, epics[0]) == before
