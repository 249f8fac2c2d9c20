"""A cycle that was closed twice: what the versions differ in, and closing under another mapping than that of the end, by every door."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import update

from connectors.sandbox import CONNECTOR
from connectors.store.cycles import closings
from connectors.store.people import audit
from connectors.store.schema import closing
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.mcp.cycles.closings import ClosingArguments, okr_closings
from plugin.mcp.cycles.cycle import CycleArguments, okr_cycle
from plugin.mcp.protocol.tool import ToolAsker, UnanswerableQuestion
from plugin.use_cases.cycles.closure import close_cycle, reopen_cycle
from plugin.use_cases.cycles.cycles import CycleRefusal, UnknownCycle, show_cycle
from plugin.use_cases.cycles.versions import difference
from plugin.use_cases.mappings.revisions import list_revisions
from tests.actors import TESTER
from tests.plugin.use_cases.conftest import opened
from tests.quarter import MAPPING, state, told

OUTCOME = MAPPING.replace("    rollup: {headline: all}\n", "")
"""Under it the metric alone makes the number: 40 % where it was 45 %."""
EDITOR = Actor("edith", Permission.EDITOR)
VIEWER = Actor("vera", Permission.VIEWER)
KEY = "an invented key that is long enough to sign"


def environment(hand: Any) -> dict[str, str]:
    """What commands beside its database are started with."""
    return {
        "JIRA_OKR_DATABASE_URL": hand.connector.settings.database_url,
        "JIRA_OKR_SECRET_KEY": KEY,
        "JIRA_OKR_JIRA__URL": hand.sandbox.url,
        "JIRA_OKR_JIRA__EMAIL": CONNECTOR.email,
        "JIRA_OKR_JIRA__TOKEN": CONNECTOR.token,
    }


def test_what_two_closings_differ_in_is_told_with_the_rows_by_every_door(quarter):
    hand, epic, _, stories = quarter
    with pytest.raises(CycleRefusal, match="2026-Q4 was never closed: two versions are there once"):
        difference(hand.connector, VIEWER, "main", "2026-Q4")
    with pytest.raises(UnknownCycle):
        difference(hand.connector, VIEWER, "main", "winter")
    close_cycle(hand.connector, EDITOR, "main", "2026-Q4", reason="the last mile was long")
    hand.work_off()
    with pytest.raises(CycleRefusal, match="2026-Q4 was closed once"):
        difference(hand.connector, VIEWER, "main", "2026-Q4")
    reopen_cycle(hand.connector, TESTER, "main", "2026-Q4", "a late bill")
    hand.clock.now = datetime(2026, 12, 31, 22, 0, tzinfo=UTC)  # a change of before the end is known only now
    hand.status(stories[1], "Done")
    hand.clock.now = datetime(2027, 1, 9, 9, tzinfo=UTC)
    told(hand, epic, stories[1])
    close_cycle(hand.connector, EDITOR, "main", "2026-Q4", reason="the last mile was long")
    key, story = (hand.sandbox.sandbox.records[id_].key for id_ in (epic, stories[1]))

    found = difference(hand.connector, VIEWER, "main", "2026-Q4")
    (one,) = found.objectives
    assert (found.before.version, found.after.version, one.moved) == (1, 2, Fraction(1, 4))
    assert [(row.key, row.part.value, row.effect) for row in one.effects] == [
        (story, "progressed", Fraction(1, 4))
    ]
    assert one.said == ("delivery or outcome",)
    assert [(mean.value, mean.scored) for mean in (*found.means_before, *found.means_after)] == [
        (Fraction(9, 20), 1),
        (Fraction(7, 10), 1),
    ]
    same = difference(hand.connector, VIEWER, "main", "2026-Q4", 2, 2)
    assert (same.differing, len(same.objectives)) == ((), 1)
    with pytest.raises(CycleRefusal, match=r"2026-Q4 has no version 3\. Those are: 1, 2"):
        difference(hand.connector, VIEWER, "main", "2026-Q4", after=3)

    doors = opened(hand.connector, environment(hand), "admin")
    given = doors.api("GET", "/cycles/2026-Q4/difference").json
    (told_so,) = given["objectives"]
    assert (given["before"], given["after"], told_so["moved_exact"], told_so["rows"][0]["key"]) == (
        1,
        2,
        "1/4",
        story,
    )
    asking = ToolAsker(hand.connector, VIEWER)
    by_tool = okr_closings(asking, ClosingArguments(cycle="2026-Q4"))
    (differs,) = by_tool.objectives
    assert (by_tool.before.version, by_tool.after.version, by_tool.compared) == (1, 2, 1)
    assert (differs.key, differs.moved.exact, differs.before and differs.before.shown) == (key, "1/4", "0.45")
    assert [(row.key, row.part, row.effect.exact) for row in differs.rows] == [(story, "progressed", "1/4")]
    with pytest.raises(UnanswerableQuestion, match=r"2026-Q4 has no version 3\. Those are: 1, 2"):
        okr_closings(asking, ClosingArguments(cycle="2026-Q4", after=3))
    assert doors.api("GET", "/cycles/2026-Q4/difference?after=7").status_code == 409
    assert doors.api("GET", "/cycles/winter/difference").status_code == 404
    review = BeautifulSoup(doors.look("/review?cycle=2026-Q4"), "html.parser")
    (link,) = [a["href"] for a in review.select("a") if "closed with otherwise" in a.text]
    page = BeautifulSoup(doors.look(link), "html.parser")
    assert page.select_one("tbody .key").text == key
    cells = [" ".join(cell.text.split()) for cell in page.select("tbody td")]
    assert cells == [
        "0.4545 %, at risk",
        "0.7070 %, at risk",
        "+25.0 points",
        f"{story} A Story: progressed, +25.0 pointsdelivery or outcome",
    ]
    assert "has no version 9" in doors.look(f"{link}?after=9")
    shown = doors.command("cycle", "difference", "2026-Q4")
    assert f"{story} progressed +25.0 points" in shown.stdout.replace("\n", " ")
    assert "version 2: committed 0.70 (1 scored)" in shown.stdout
    assert "0 of 1 objective stands alike in both." in shown.stdout

    reopen_cycle(hand.connector, TESTER, "main", "2026-Q4", "a better word")
    close_cycle(hand.connector, EDITOR, "main", "2026-Q4", reason="a bridge was closed")
    shown = doors.command("cycle", "difference", "2026-Q4")
    said = "1 of 1 objective stands alike in both; of 1 of them something else is told."
    assert said in shown.stdout.replace("\n", " ")
    assert said in doors.look(link)
    (one,) = doors.api("GET", "/cycles/2026-Q4/difference").json["objectives"]
    assert (one["differs"], one["stands_alike"], one["said"]) == (True, True, ["what was said of its score"])


def test_a_cycle_is_closed_under_another_mapping_with_a_reason_which_its_records_keep(quarter):
    hand, epic, metric, stories = quarter
    then = list_revisions(hand.connector, VIEWER, "main")[0].revision
    hand.activate(OUTCOME)
    hand.work_off()
    ruling = next(one.revision for one in list_revisions(hand.connector, VIEWER, "main") if one.active)
    assert state(hand, epic).progress == Fraction(9, 20)  # what ended stands, whatever rules now
    with pytest.raises(CycleRefusal, match="wants a reason"):
        close_cycle(hand.connector, EDITOR, "main", "2026-Q4", revision=ruling)
    with pytest.raises(CycleRefusal, match="2027-Q1 runs until"):
        close_cycle(hand.connector, EDITOR, "main", "2027-Q1", reason="x", revision=ruling)
    done = close_cycle(
        hand.connector, EDITOR, "main", "2026-Q4", reason="outcomes are what counts", revision=ruling[:10]
    )
    hand.work_off()
    assert (done.version, done.objectives) == (1, 1)
    with hand.connector.store.read() as conn:
        (record,) = closings.records(conn, "main", "2026-Q4", 1)
        entry = audit.recent(conn, 1)[0]
    assert (record.mapping_revision, record.state.progress, record.score.derived) == (
        ruling,
        Fraction(2, 5),
        Fraction(2, 5),
    )
    assert (entry.detail["mapping"], entry.detail["reason"]) == (ruling, "outcomes are what counts")
    assert (state(hand, epic).progress, hand.field(epic)) == (Fraction(2, 5), 40)  # the last write
    acts = show_cycle(hand.connector, VIEWER, "main", "2026-Q4").acts
    assert [one.note for one in acts] == [f"under mapping {ruling[:8]}, outcomes are what counts"]
    hand.status(stories[1], "Done")
    told(hand, epic, metric, *stories)
    assert state(hand, epic).progress == Fraction(2, 5)

    reopen_cycle(hand.connector, TESTER, "main", "2026-Q4", "back to what ruled")
    hand.work_off()
    assert state(hand, epic).progress == Fraction(9, 20)
    again = close_cycle(hand.connector, EDITOR, "main", "2026-Q4", reason="as agreed", revision=then)
    with hand.connector.store.read() as conn:
        (record,) = closings.records(conn, "main", "2026-Q4", again.version)
    assert (record.mapping_revision, record.state.progress, record.doubts) == (then, Fraction(9, 20), ())
    (one,) = difference(hand.connector, VIEWER, "main", "2026-Q4").objectives
    assert (one.moved, f"mapping: {ruling[:8]} → {then[:8]}" in one.said) == (Fraction(1, 20), True)
    assert [row.part.value for row in one.effects] == ["re-mapped"]


def test_the_page_of_a_replay_closes_under_the_mapping_that_it_shows(quarter):
    hand, _, _, _ = quarter
    hand.activate(OUTCOME)
    hand.work_off()
    doors = opened(hand.connector, environment(hand), "admin")
    revisions = list_revisions(hand.connector, VIEWER, "main")
    ruling = next(one.revision for one in revisions if one.active)
    before = next(one.revision for one in revisions if not one.active)
    page = BeautifulSoup(doors.look(f"/review/main/2026-Q4/replay?mapping={before}"), "html.parser")
    assert page.select_one("input[name=mapping][type=hidden]")["value"] == before
    said = doors.page("/review/main/2026-Q4/close", mapping="ffff", mapping_reason="x")
    assert (said.status_code, "Not closed" in said.text) == (422, True)
    assert doors.api("GET", "/cycles/2026-Q4").json["state"] == "ended"
    answer = doors.api("POST", "/cycles/2026-Q4/close", {"reason": "x", "mapping": ruling[:12]})
    assert (answer.status_code, answer.json["objectives"]) == (200, 1)
    assert doors.api("GET", "/cycles/2026-Q4").json["scores"][0]["score"] == 0.4


def test_it_is_closed_with_the_numbers_that_were_looked_at_or_not_at_all(quarter):
    hand, epic, metric, _stories = quarter
    key = hand.sandbox.sandbox.records[epic].key
    hand.activate(OUTCOME)
    hand.work_off()
    doors = opened(hand.connector, environment(hand), "admin")
    ruling = next(one.revision for one in list_revisions(hand.connector, VIEWER, "main") if one.active)
    replayed = f"/cycles/2026-Q4/replay?mapping={ruling}"
    seen = doors.api("GET", replayed).json
    assert [one["after"]["progress_exact"] for one in seen["objectives"]] == ["2/5"]  # what it is closed with
    page = BeautifulSoup(doors.look(f"/review/main/2026-Q4/replay?mapping={ruling}"), "html.parser")
    assert page.select_one("input[name=preview]")["value"] == seen["preview"]
    review = BeautifulSoup(doors.look("/review?cycle=2026-Q4"), "html.parser")
    plain = review.select_one("input[name=preview]")["value"]
    assert plain == doors.api("GET", "/cycles/2026-Q4").json["preview"]

    hand.clock.now = datetime(2026, 12, 31, 22, 59, 50, tzinfo=UTC)  # the webhook of this one was held up
    hand.edit(metric, customfield_10052=6)
    hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
    told(hand, epic, metric)
    body = {"reason": "x", "mapping": ruling, "preview": seen["preview"]}
    answer = doors.api("POST", "/cycles/2026-Q4/close", body)
    assert (answer.status_code, answer.json["detail"]) == (
        409,
        (
            f"2026-Q4 is no longer what was looked at: {key} is another: it scores 0.60 now, at risk. "
            "Look again, and close it then."
        ),
    )
    said = doors.page(
        "/review/main/2026-Q4/close", preview=seen["preview"], mapping=ruling, mapping_reason="x"
    )
    assert f"{key} is another" in said.text
    assert doors.api("GET", "/cycles/2026-Q4").json["state"] == "ended"
    again = doors.api("GET", replayed).json["preview"]
    body["preview"] = again.partition(".")[0]  # what commands print: it tells whether, not what
    assert doors.api("POST", "/cycles/2026-Q4/close", body).status_code == 200
    assert doors.api("GET", "/cycles/2026-Q4").json["scores"][0]["score"] == 0.6
    assert doors.api("GET", "/cycles/2026-Q4").json["preview"] == ""


def test_of_a_cycle_that_was_closed_before_this_was_kept_nobody_says_that_nothing_reached_into_it(quarter):
    hand, _, _, _ = quarter
    close_cycle(hand.connector, EDITOR, "main", "2026-Q4", reason="the last mile was long")
    doors = opened(hand.connector, environment(hand), "admin")
    assert doors.api("GET", "/cycles/2026-Q4").json["touching_noted"] is True
    former = zlib.compress(json.dumps({"by": "ada", "note": "", "records": 1}).encode())
    with hand.connector.store.write() as conn:  # as a version wrote it that did not know of it
        conn.execute(update(closing).where(closing.c.kind == "closed").values(content=former))
    shown = doors.api("GET", "/cycles/2026-Q4").json
    assert (shown["touching"], shown["touching_noted"]) == ([], False)
    words = "When it was closed it was not kept yet which objectives with days of their own reached into it."
    assert words in doors.command("cycle", "show", "2026-Q4").stdout.replace("\n", " ")
    assert words in doors.look("/review?cycle=2026-Q4")
    assert (
        okr_cycle(ToolAsker(hand.connector, VIEWER), CycleArguments(cycle="2026-Q4")).reach_into_noted
        is False
    )
