"""The life of a cycle by API, by command and on the page: the same acts, told in the same words."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner, Result
from sqlalchemy import update

from connectors.sandbox import CONNECTOR
from connectors.store.mappings import revisions
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.schema import closing as closing_table
from mappings.rollup.cycles.carry_plan import CarryChoice
from plugin.access.authentication import tokens
from plugin.access.authorization import members
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.cli import cli
from plugin.mcp.cycles.carry import CarryArguments, UndoArguments, okr_carry_forward, okr_undo_carry
from plugin.mcp.cycles.cycle import CycleArguments, okr_cycle
from plugin.mcp.objectives import GetArguments, OwnDays, okr_get
from plugin.mcp.protocol.tool import ToolAsker, UnanswerableQuestion
from plugin.runtime.application import create_app
from plugin.sync.refresh import issue_steps
from plugin.use_cases.cycles import carry
from plugin.use_cases.cycles.closure import close_cycle, reopen_cycle
from plugin.use_cases.cycles.cycles import CycleRefusal, show_cycle, verify_records
from tests.actors import TESTER
from tests.quarter import MAPPING, told


class Door:
    """The API over a connector, as programs of each role call it."""

    def __init__(self, connector: Any) -> None:
        self.client = create_app(connector).test_client()
        self.tokens = {}
        for role, scope in (("viewer", "read"), ("editor", "write"), ("admin", "admin")):
            account = members.add(connector, f"{role}@acme.example", role.title(), role, None, "tests")
            self.tokens[role] = tokens.issue(connector, account, "tests", [scope], 30, "tests")

    def __call__(self, method: str, path: str, role: str = "viewer", **body: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.tokens[role]}"}
        answer = self.client.open(
            f"/api/v1{path}", method=method, headers=headers, json=body if method == "POST" else None
        )
        return answer.status_code, answer.json


def test_a_cycle_is_closed_carried_forward_verified_and_opened_again_by_api(quarter):
    hand, epic, _, _ = quarter
    key = hand.sandbox.sandbox.records[epic].key
    call = Door(hand.connector)
    status, found = call("GET", "/cycles")
    assert (status, [(one["id"], one["state"], one["version"]) for one in found["items"]]) == (
        200,
        [("2027-Q1", "running", 0), ("2026-Q4", "ended", 0)],
    )
    status, one = call("GET", "/cycles/2026-Q4")
    (score,) = one["scores"]
    assert (score["key"], score["score"], score["score_exact"], score["shown"], score["reading"]) == (
        key,
        0.45,
        "9/20",
        "0.45",
        "missed",
    )
    assert call("GET", "/cycles/2026-H9")[0] == 404
    assert call("POST", "/cycles/2026-Q4/close", reason="x")[0] == 403
    status, refused = call("POST", "/cycles/2026-Q4/close", "editor")
    assert (status, refused["detail"]) == (
        409,
        f"A commitment below 1, and a score of one's own, want a reason: {key} (0.45).",
    )
    status, refused = call("GET", "/cycles/2026-Q4/carry")
    assert (status, refused["detail"]) == (
        409,
        "2026-Q4 is not closed: close it, then carry forward what goes on.",
    )
    scores = [{"objective": key, "score": 0.6, "reason": "half a market more"}]
    status, closed = call("POST", "/cycles/2026-Q4/close", "editor", scores=scores, note="Fewer, sooner.")
    assert (status, closed["version"], closed["objectives"]) == (200, 1, 1)
    status, one = call("GET", "/cycles/2026-Q4")
    assert [(row["score"], row["derived"], row["said"], row["reason"]) for row in one["scores"]] == [
        (0.6, 0.45, 0.6, "half a market more")
    ]
    assert [(row["act"], row["version"], row["note"]) for row in one["acts"]] == [
        ("closed", 1, "Fewer, sooner.")
    ]
    assert one["means"] == [
        {
            "commitment": "committed",
            "score": 0.6,
            "score_exact": "3/5",
            "scored": 1,
            "unscored": 0,
            "cancelled": 0,
            "advice": one["means"][0]["advice"],
        }
    ]

    status, plan = call("GET", "/cycles/2026-Q4/carry")
    (mine,) = plan["objectives"]
    assert (status, plan["into"], mine["meant"], mine["state"], mine["times"]) == (
        200,
        "2027-Q1",
        True,
        None,
        0,
    )
    assert [(one["name"], one["before"], one["after"]) for one in mine["writes"]][1] == (
        "Labels",
        "okr, 2026-Q4",
        "okr, 2026-Q4, 2027-Q1",
    )
    for method, address, more in (
        ("GET", "/cycles/2026-Q4/carry?into=2026-H9", {}),
        ("POST", "/cycles/2026-Q4/carry", {"into": "2026-H9"}),
    ):
        status, said = call(method, address, "editor", **more)
        assert (status, said["detail"]) == (404, "There is no cycle '2026-H9' here."), method
    assert call("POST", "/cycles/2026-Q4/carry")[0] == 403
    assert call("POST", "/cycles/2026-Q4/carry", "editor", objectives=["PLAT-999"])[0] == 409
    assert call("POST", "/cycles/2026-Q4/carry", "editor", objectives=[key]) == (
        200,
        {"into": "2027-Q1", "carried": [key], "before": []},
    )
    hand.work_off()
    assert call("POST", "/cycles/2026-Q4/carry", "editor")[1] == {
        "into": "2027-Q1",
        "carried": [],
        "before": [key],
    }
    assert hand.sandbox.sandbox.records[epic].labels == ("okr", "2026-Q4", "2027-Q1")
    assert call("GET", "/cycles/2026-Q4/carry")[1]["objectives"][0]["state"] == "done"

    status, seal = call("GET", "/cycles/verification")
    assert (status, seal["records"], seal["whole"], seal["head"]) == (200, 2, True, closed["hash"])
    assert call("POST", "/cycles/2026-Q4/reopen", "editor", reason="a late bill")[0] == 403
    assert call("POST", "/cycles/2026-Q4/reopen", "admin")[0] == 422
    assert call("POST", "/cycles/2026-Q4/reopen", "admin", reason="a late bill") == (
        200,
        {"cycle": "2026-Q4", "version": 1},
    )
    assert call("GET", "/cycles/2026-Q4")[1]["state"] == "ended"
    with hand.connector.store.write() as conn:
        conn.execute(update(closing_table).where(closing_table.c.objective_id == epic).values(version=7))
    status, seal = call("GET", "/cycles/verification")
    assert (status, seal["whole"], seal["faults"]) == (
        200,
        False,
        [f"2026-Q4 version 7, {epic}: it is not what was closed"],
    )


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ({}, CarryChoice()),
        ({"rows": "remaining", "start": "current", "as": "same"}, CarryChoice()),
        ({"rows": "all"}, CarryChoice(all_rows=True)),
        ({"start": "keep"}, CarryChoice(keep_start=True)),
        ({"as": "copy"}, CarryChoice(as_copy=True)),
        ({"along": ["A"], "behind": ["B"]}, CarryChoice(along=frozenset("A"), behind=frozenset("B"))),
    ],
)
def test_what_is_chosen_by_api_is_what_is_carried(quarter, monkeypatch, said, choice):
    chosen = []

    def noted(*given):
        chosen.append(given[-1])
        raise CycleRefusal("enough")

    monkeypatch.setattr(carry, "carry_forward", noted)
    Door(quarter[0].connector)("POST", "/cycles/2026-Q4/carry", "editor", **said)
    assert chosen == [choice]


@pytest.fixture
def past(hand: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, str]:
    """An objective of a cycle that is over whenever the test runs; commands work on its database."""
    cycles = (
        "[{id: winter, start: 2026-01-01, end: 2026-02-28}, {id: later, start: 2026-03-01, end: 2199-06-30}]"
    )
    hand.clock.now = datetime(2026, 2, 10, 9, tzinfo=UTC)
    epic = hand.issue("Epic", labels=["okr", "winter"])
    hand.issue("Story", epic, "Done")
    hand.issue("Story", epic)
    hand.activate(MAPPING.replace("{every: quarter}", cycles))
    hand.sync()
    hand.clock.now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    told(hand, epic, epic)
    for name, value in {
        "DATABASE_URL": hand.connector.settings.database_url,
        "JIRA__URL": hand.sandbox.url,
        "JIRA__EMAIL": CONNECTOR.email,
        "JIRA__TOKEN": CONNECTOR.token,
    }.items():
        monkeypatch.setenv(f"JIRA_OKR_{name}", value)
    return hand, epic


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["cycle", *words])


def test_the_same_by_command(past):
    hand, epic = past
    key = hand.sandbox.sandbox.records[epic].key
    early = run("carry", "winter")
    assert isinstance(early.exception, CycleRefusal)
    assert str(early.exception) == "winter is not closed: close it, then carry forward what goes on."
    shown = json.loads(run("show", "winter", "--json").stdout)
    assert (shown["state"], shown["scores"][0]["key"], shown["scores"][0]["shown"]) == ("ended", key, "0.50")
    assert "want a reason" in str(run("close", "winter").exception)
    assert run("close", "winter", "--score", "0.5").exit_code == 2
    done = run("close", "winter", "--why", f"{key}=the last mile was long")
    assert done.stdout == "winter is closed as version 1: 1 objective.\n"
    assert run("list").stdout.count("closed, version 1") == 1

    copied = run("carry", "winter", "--copy", "--preview").stdout
    assert f"  new Epic in PLAT that continues {key}: A Epic\n    Labels: okr, okr-continues-" in copied
    preview = run("carry", "winter", "--preview").stdout
    assert preview == (
        "From winter into later\n"
        f"{key} A Epic\n"
        "  delivery: 1 issue was done in winter and counts there\n"
        f"  {key} Labels: okr, winter → okr, winter, later\n"
    )
    told_so = run("carry", "winter", key, "--json")
    assert json.loads(told_so.stdout) == {"into": "later", "carried": [key], "before": []}
    hand.clock.now = datetime(2190, 1, 1, tzinfo=UTC)  # commands go by the real time: a worker comes after it
    hand.work_off()
    assert hand.sandbox.sandbox.records[epic].labels == ("okr", "winter", "later")
    assert run("carry", "winter").stdout == (
        f"Nothing new goes on in later; the workers tell Jira.\nCarried before: {key}.\n"
    )
    assert run("undo-carry", "winter", "--preview").stdout == (
        f"{key} A Epic: done into later\n  {key} Labels: later → taken away\n"
    )
    assert run("undo-carry", "winter", key).stdout == f"{key} stays in winter; the workers tell Jira.\n"
    hand.work_off()
    assert hand.sandbox.sandbox.records[epic].labels == ("okr", "winter")
    verified = run("verify", "--json")
    assert (verified.exit_code, json.loads(verified.stdout)["records"]) == (0, 2)
    assert run("reopen", "winter").exit_code == 2
    assert run("reopen", "winter", "--reason", "a late bill").stdout == (
        "winter is open again; version 1 stays.\n"
    )
    with hand.connector.store.write() as conn:
        conn.execute(update(closing_table).where(closing_table.c.number == 1).values(at=7))
    broken = run("verify")
    assert (broken.exit_code, "it is not what was closed" in broken.stdout) == (1, True)


def test_each_door_shows_copies_and_makes_them_once(quarter):
    """The preview of API, page and assistant says the same; the act by one of them is told by the others."""
    hand, epic, metric, stories = quarter
    call = Door(hand.connector)
    call("POST", "/cycles/2026-Q4/close", "editor", reason="x")
    records = hand.sandbox.sandbox.records
    key, open_story = records[epic].key, records[stories[1]].key
    (mine,) = call("GET", "/cycles/2026-Q4/carry?as=copy")[1]["objectives"]
    assert [one["of"] for one in mine["copies"]] == [key, records[metric].key]
    assert ([one["issue"] for one in mine["moves"]], mine["copied_as"]) == ([open_story], "")
    headers = {"Authorization": f"Bearer {call.tokens['editor']}", "Accept": "text/html"}
    page = call.client.get("/review/main/2026-Q4/carry?as=copy", headers=headers).get_data(as_text=True)
    text = " ".join(BeautifulSoup(page, "html.parser").text.split())
    assert f"New Epic in PLAT that continues {key}" in text
    assert f"{open_story} A Story moves below the new objective" in text
    asking = ToolAsker(hand.connector, Actor("edith", Permission.EDITOR, 7))
    asked = okr_carry_forward(asking, CarryArguments(cycle="2026-Q4", copies=True))
    assert f"new Epic in PLAT that continues {key}" in asked.would
    confirmed = CarryArguments(cycle="2026-Q4", copies=True, confirm=asked.confirm)
    assert okr_carry_forward(asking, confirmed).result == f"{key} goes on in 2027-Q1; Jira is told now."
    hand.work_off()
    again = {"into": "2027-Q1", "carried": [], "before": [key]}
    assert call("POST", "/cycles/2026-Q4/carry", "editor", **{"as": "copy"})[1] == again
    (mine,) = call("GET", "/cycles/2026-Q4/carry")[1]["objectives"]
    assert mine["state"] == "done"
    assert call("GET", f"/objectives/{mine['copied_as']}")[1]["cycle"] == "2027-Q1"
    with pytest.raises(UnanswerableQuestion, match=f"{key}: done into 2027-Q1 as {mine['copied_as']}"):
        okr_carry_forward(asking, CarryArguments(cycle="2026-Q4"))
    (back,) = call("GET", "/cycles/2026-Q4/carry/undo")[1]["objectives"]
    assert (back["possible"], [one["of"] for one in back["copies"]]) == (True, [key, records[metric].key])
    page = call.client.get("/review/main/2026-Q4/carry", headers=headers).get_data(as_text=True)
    assert f"Take {key} back out of 2027-Q1" in page
    undo = UndoArguments(cycle="2026-Q4", objectives=[key])
    asked = okr_undo_carry(asking, undo)
    assert f"{mine['copied_as']}, the copy of {key}, stays in Jira, for a person to delete" in asked.would
    assert call("POST", "/cycles/2026-Q4/carry/undo", objectives=[key])[0] == 403
    status, done = call("POST", "/cycles/2026-Q4/carry/undo", "editor", objectives=[key], delete_copies=True)
    assert (status, done) == (200, {"cycle": "2026-Q4", "taken_back": [key], "by_hand": []})
    hand.work_off()
    assert call("GET", f"/objectives/{mine['copied_as']}")[0] == 404
    assert call("POST", "/cycles/2026-Q4/carry/undo", "editor", objectives=[key])[0] == 409
    with pytest.raises(UnanswerableQuestion, match="not carried forward out of 2026-Q4"):
        okr_undo_carry(asking, undo)


def test_the_review_lists_what_is_closed_though_everything_runs_in_another_cycle_now(quarter):
    hand, epic, _, _ = quarter
    call = Door(hand.connector)
    call("POST", "/cycles/2026-Q4/close", "editor", reason="x")
    hand.edit(epic, labels=["okr", "2027-Q1"])
    told(hand, epic, epic)
    headers = {"Authorization": f"Bearer {call.tokens['viewer']}", "Accept": "text/html"}
    text = call.client.get("/review", headers=headers).get_data(as_text=True)
    choices = [one["value"] for one in BeautifulSoup(text, "html.parser").select("select[name=cycle] option")]
    assert choices == ["2027-Q1", "2026-Q4"]
    page = call.client.get("/review?cycle=2026-Q4", headers=headers).get_data(as_text=True)
    words = " ".join(BeautifulSoup(page, "html.parser").text.split())
    assert "1 objective · 0 achieved" in words
    assert "Mean of committed 0.45 (1 scored)" in words
    carry = call.client.get("/review/main/2026-Q4/carry", headers=headers)
    assert carry.status_code == 200
    assert "From 2026-Q4 into 2027-Q1" in carry.get_data(as_text=True)


def test_a_replay_by_command(past, tmp_path):
    hand, epic = past
    key = hand.sandbox.sandbox.records[epic].key
    draft = tmp_path / "draft.yaml"
    with hand.connector.store.read() as conn:
        ruling = revisions.active(conn, "main").text
    draft.write_text(f"{ruling}statuses: {{by_category: {{new: 0.5, indeterminate: 0.5, done: 1}}}}\n")
    told_so = run("replay", "winter", "--mapping", str(draft), "--json")
    (one,) = json.loads(told_so.stdout)["objectives"]
    found = (
        one["key"],
        one["before"]["progress_exact"],
        one["after"]["progress_exact"],
        one["moved_exact"],
        one["certainty"],
    )
    assert found == (key, "1/2", "3/4", "1/4", "exact")
    words = run("replay", "winter", "--mapping", str(draft), "--course").stdout
    assert "+25.0 points" in words
    assert "would have read: committed 0.75" in words
    assert ("Week by week" in words, "02-28" in words) == (True, True)
    assert isinstance(run("replay", "summer", "--mapping", "then").exception, CycleRefusal)


def test_an_objective_whose_own_days_reach_into_a_cycle_is_told_with_it_and_scored_in_its_own(hand):
    """It is due on 10 February; its first day is put at 1 November, as a date field would say it."""
    hand.clock.now = datetime(2026, 11, 20, 9, tzinfo=UTC)
    epic = hand.issue("Epic", labels=["okr"], duedate="2027-02-10")
    hand.issue("Story", epic, "Done")
    dates = MAPPING.replace('cycle: {label: ""}', "cycle: {dates: {end: ends}}").replace(
        "fields:\n", "fields:\n  ends: {id: duedate}\n"
    )
    hand.activate(dates)
    hand.sync()
    call, key = Door(hand.connector), hand.sandbox.sandbox.records[epic].key
    assert call("GET", "/cycles/2026-Q4")[1]["touching"] == []
    with hand.connector.store.write() as conn:
        saved = objectives.load(conn, "main", epic)
        spanned = replace(saved.state, span=(date(2026, 11, 1), date(2027, 2, 10)))
        objectives.save(conn, "main", spanned, saved.mapping_revision, hand.clock())
    told_ = call("GET", "/cycles/2026-Q4")[1]
    assert (told_["scores"], told_["touching"]) == (
        [],
        [{"objective": epic, "key": key, "title": "A Epic", "start": "2026-11-01", "end": "2027-02-10", "scored_in": "2027-Q1"}],
    )  # fmt: skip
    assert call("GET", "/cycles/2027-Q1")[1]["touching"] == []
    assert [one["key"] for one in call("GET", "/cycles/2027-Q1")[1]["scores"]] == [key]
    assert call("GET", "/cycles/2026-Q3")[1]["touching"] == []
    shown = call("GET", f"/objectives/{key}")[1]
    assert (shown["own_start"], shown["own_end"]) == ("2026-11-01", "2027-02-10")
    headers = {"Authorization": f"Bearer {call.tokens['viewer']}", "Accept": "text/html"}
    pages = {}
    for path in ("/?cycle=all", "/review?cycle=2027-Q1"):
        text = call.client.get(path, headers=headers).get_data(as_text=True)
        pages[path] = " ".join(BeautifulSoup(text, "html.parser").text.split())
        assert "1 Nov 2026 – 10 Feb 2027" in pages[path], path
    asking = ToolAsker(hand.connector, Actor("vera", Permission.VIEWER, 7))
    own = OwnDays(start=date(2026, 11, 1), end=date(2027, 2, 10))
    (one,) = okr_cycle(asking, CycleArguments(cycle="2026-Q4")).reach_into
    assert (one.key, one.own_days, one.scored_in) == (key, own, "2027-Q1")
    assert okr_get(asking, GetArguments(objective_key=key)).objective.own_days == own
    other = hand.issue("Epic", labels=["okr"], duedate="2026-12-20")
    hand.land(other)
    hand.work_off()
    text = call.client.get("/review?cycle=2026-Q4", headers=headers).get_data(as_text=True)
    told_ = f"{key} A Epic: its own days are 2026-11-01 to 2027-02-10, and 2027-Q1 scores it"
    assert told_ in " ".join(BeautifulSoup(text, "html.parser").text.split())
    hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
    told(hand, other, other)
    with hand.connector.store.write() as conn:
        objectives.save(conn, "main", spanned, saved.mapping_revision, hand.clock())
    close_cycle(hand.connector, TESTER, "main", "2026-Q4", reason="the last mile was long")
    with hand.connector.store.write() as conn:
        moved = replace(saved.state, title="Renamed", span=(date(2027, 1, 10), date(2027, 2, 20)))
        objectives.save(conn, "main", moved, saved.mapping_revision, hand.clock())
    stands = show_cycle(hand.connector, TESTER, "main", "2026-Q4").touching
    assert [(one.title, one.span) for one in stands] == [("A Epic", (date(2026, 11, 1), date(2027, 2, 10)))]
    reopen_cycle(hand.connector, TESTER, "main", "2026-Q4", "a late bill")
    assert show_cycle(hand.connector, TESTER, "main", "2026-Q4").touching == ()
    assert verify_records(hand.connector, TESTER, "main").whole


def test_into_a_cycle_that_has_ended_reaches_what_did_so_at_its_end(hand):
    """It is due in February until somebody brings that forward into the cycle, in January; another that comes then was not there."""
    hand.clock.now = datetime(2026, 11, 20, 9, tzinfo=UTC)
    epic = hand.issue("Epic", labels=["okr"], duedate="2027-02-10")
    crossing = "[{id: 2026-Q4, start: 2026-10-01, end: 2026-12-31}, {id: winter, start: 2026-11-01, end: 2027-02-28}]"
    dates = MAPPING.replace("{every: quarter}", crossing)
    dates = dates.replace('cycle: {label: ""}', "cycle: {dates: {end: ends}}")
    dates = dates.replace("fields:\n", "fields:\n  ends: {id: duedate}\n")
    hand.activate(dates)
    hand.sync()
    span = (date(2026, 11, 1), date(2027, 2, 10))

    def told_so() -> list[tuple[str, object, str | None]]:
        found = show_cycle(hand.connector, TESTER, "main", "2026-Q4")
        assert found.touching_noted
        return [(one.id, one.span, one.cycle_id) for one in found.touching]

    assert told_so() == [(epic, span, "winter")]
    hand.clock.now = datetime(2027, 1, 5, 9, tzinfo=UTC)
    late = hand.issue("Epic", labels=["okr"], duedate="2027-02-01")
    hand.edit(epic, duedate="2026-12-20")
    told(hand, epic, epic, late)
    issue_steps.keep_up(hand.context)
    with hand.connector.store.read() as conn:
        updated = {id_: at for id_, at in mirror.ids(conn, "main") if id_ == epic}
    issue_steps.brought(hand.context, updated)
    assert told_so() == [(epic, span, "winter")]
