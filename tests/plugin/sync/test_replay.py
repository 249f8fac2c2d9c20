"""A whole cycle under another mapping: what last quarter would have read, by each door, with how sure that is; nothing is written by looking."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from connectors.store.schema import metadata
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.use_cases.cycles.closure import close_cycle
from plugin.use_cases.cycles.cycles import CycleRefusal, UnknownCycle
from plugin.use_cases.cycles.replay import moved_text, replay, replay_draft
from plugin.use_cases.mappings import drafts
from plugin.use_cases.objectives.as_of import read_histories
from plugin.use_cases.permission import PermissionRefusal
from tests.actors import TESTER
from tests.plugin.use_cases.conftest import opened
from tests.quarter import MAPPING, told

OUTCOME = MAPPING.replace("    rollup: {headline: all}\n", "")
"""Under it the metric alone makes the number: 40 % where it was 45 %."""
ELSEWHERE = MAPPING.replace("labels = okr", "labels = goal")
VIEWER = Actor("vera", Permission.VIEWER)


def rows(found: Any) -> list[tuple[Any, ...]]:
    return [
        (
            None if one.before is None else one.before.progress,
            None if one.after is None else one.after.progress,
            one.moved,
            one.certainty.value,
        )
        for one in found.objectives
    ]


def counts(hand: Any) -> dict[str, int]:
    """Rows of every table."""
    with hand.connector.store.read() as conn:
        return {
            name: conn.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in metadata.tables.items()
        }


def test_last_quarter_under_a_draft_and_nothing_is_written_by_looking(quarter):
    hand, epic, metric, stories = quarter
    close_cycle(hand.connector, TESTER, "main", "2026-Q4", reason="the last mile was long")
    hand.work_off()
    held, written = counts(hand), len(hand.writes())
    found = replay_draft(hand.connector, TESTER, "main", "2026-Q4", OUTCOME)
    assert rows(found) == [(Fraction(9, 20), Fraction(2, 5), Fraction(-1, 20), "exact")]
    assert found.at == datetime(2026, 12, 31, 22, 59, 59, 999000, tzinfo=UTC)
    assert [(mean.value, mean.scored) for mean in found.means_before + found.means_after] == [
        (Fraction(9, 20), 1),
        (Fraction(2, 5), 1),
    ]
    (one,) = found.objectives
    assert (one.before.expected, one.after.expected) == (1, 1)  # both are judged as of a cycle that is over
    same = replay(hand.connector, VIEWER, "main", "2026-Q4")
    assert rows(same) == [(Fraction(9, 20), Fraction(9, 20), 0, "exact")]
    assert same.objectives[0].before == same.objectives[0].after  # to the last word
    none = replay_draft(hand.connector, TESTER, "main", "2026-Q4", ELSEWHERE)
    assert rows(none) == [(Fraction(9, 20), None, None, "exact")]
    assert (counts(hand), len(hand.writes())) == (held, written)

    hand.clock.pass_by(days=3)
    hand.edit(metric, customfield_10052=9)
    hand.status(stories[1], "Done")
    told(hand, epic, metric, *stories)
    again = replay_draft(hand.connector, TESTER, "main", "2026-Q4", OUTCOME)
    assert set(again.untold) == {metric, stories[1]}
    assert again.objectives[0].certainty == "approximate"
    assert {one.doubt.value for one in again.doubts} == {"history-missing"}
    read_histories(hand.connector, TESTER, "main", again.untold)
    sure = replay_draft(hand.connector, TESTER, "main", "2026-Q4", OUTCOME)
    assert (rows(sure), sure.untold) == (rows(found), ())


def test_what_may_have_been_part_of_any_objective_is_told_once_and_not_with_each(quarter):
    """A site has a million issues and twenty thousand objectives: each of the one with each of the other is no answer."""
    hand, epic, metric, stories = quarter
    now, hand.clock.now = hand.clock.now, datetime(2026, 11, 2, 9, tzinfo=UTC)
    others = [hand.issue("Story") for _ in range(3)]
    hand.clock.now = now
    told(hand, *others)
    hand.clock.pass_by(days=3)
    for issue in (*others, stories[1]):
        hand.status(issue, "Done")
    told(hand, epic, metric, *stories, *others)
    found = replay_draft(hand.connector, TESTER, "main", "2026-Q4", OUTCOME)
    assert set(found.untold) == {*others, stories[1]}
    (one,) = found.objectives
    assert len(one.doubts) == 1, one.doubts
    assert (len(found.doubts), one.certainty.value) == (4, "approximate")
    read_histories(hand.connector, TESTER, "main", [stories[1]])
    (one,) = replay_draft(hand.connector, TESTER, "main", "2026-Q4", OUTCOME).objectives
    assert (one.doubts, one.certainty.value) == ((), "approximate")


def test_no_course_is_worked_out_where_nobody_asks_for_it(quarter):
    hand, _, _, _ = quarter
    for found in (
        replay(hand.connector, VIEWER, "main", "2026-Q4"),
        replay_draft(hand.connector, TESTER, "main", "2026-Q4", OUTCOME),
    ):
        assert (found.moments, [one.course for one in found.objectives]) == ((), [()])


def test_its_course_is_week_by_week_and_ends_where_it_stood(quarter):
    hand, _, _, _ = quarter
    found = replay_draft(hand.connector, TESTER, "main", "2026-Q4", OUTCOME, course=True)
    for issue in found.untold:
        read_histories(hand.connector, TESTER, "main", [issue])
    found = replay_draft(hand.connector, TESTER, "main", "2026-Q4", OUTCOME, course=True)
    assert (len(found.moments), found.moments[0], found.moments[-1]) == (
        14,
        datetime(2026, 10, 7, 21, 59, 59, 999000, tzinfo=UTC),
        found.at,
    )
    (one,) = found.objectives
    assert (len(one.course), one.course[0], one.course[-1]) == (14, None, Fraction(2, 5))


def test_what_cannot_be_replayed_says_why(quarter):
    hand, _, _, _ = quarter
    with pytest.raises(CycleRefusal, match="2027-Q2 begins on 2027-04-01: there is nothing to replay yet"):
        replay(hand.connector, VIEWER, "main", "2027-Q2")
    with pytest.raises(UnknownCycle):
        replay(hand.connector, VIEWER, "main", "winter")
    with pytest.raises(PermissionRefusal):
        replay_draft(hand.connector, VIEWER, "main", "2026-Q4", OUTCOME)


@pytest.mark.parametrize(
    ("moved", "text"),
    [
        (Fraction(1, 8), "+12.5 points"),
        (Fraction(-1, 20), "−5.0 points"),
        (Fraction(0), "±0.0 points"),
        (None, ""),
    ],
)
def test_what_moved_in_words(moved, text):
    assert moved_text(moved) == text


def test_page_and_api_tell_the_same(quarter):
    hand, epic, _, stories = quarter
    hand.clock.pass_by(days=3)
    hand.status(stories[1], "Done")
    told(hand, epic, *stories)
    environment = {
        "JIRA_OKR_DATABASE_URL": hand.connector.settings.database_url,
        "JIRA_OKR_SECRET_KEY": "an invented key that is long enough to sign",
    }
    doors = opened(hand.connector, environment, "admin")
    given = doors.api("POST", "/cycles/2026-Q4/replay", {"text": OUTCOME}).json
    (one,) = given["objectives"]
    assert (one["before"]["progress_exact"], one["after"]["progress_exact"], one["moved_exact"]) == (
        "9/20",
        "2/5",
        "-1/20",
    )
    assert doors.api("GET", "/cycles/winter/replay").status_code == 404
    assert doors.api("GET", "/cycles/2027-Q2/replay").status_code == 409
    assert doors.api("POST", "/cycles/2026-Q4/replay", {"text": "version: 1"}).status_code == 422
    ruled = doors.api("GET", "/cycles/2026-Q4/replay?course=true").json
    assert (ruled["objectives"][0]["moved"], len(ruled["moments"])) == (0.0, 14)

    page = BeautifulSoup(doors.look("/review/main/2026-Q3/replay"), "html.parser")
    assert page.select("[role=alert]") == []
    assert page.select_one("option[selected]").text.endswith(", which rules now")
    assert "Choose a revision instead" in doors.look("/review/main/2026-Q3/replay?mapping=then")

    with hand.connector.store.read() as conn:
        account = conn.exec_driver_sql("SELECT id FROM account").scalar_one()
    drafts.keep(hand.connector, Actor("admin", Permission.ADMIN, account), "main", OUTCOME)
    page = BeautifulSoup(doors.look("/review/main/2026-Q4/replay?mapping=draft"), "html.parser")
    cells = [cell.get_text(" ", strip=True) for cell in page.select("tbody td")]
    assert (cells[0].split(" %")[0], cells[1].split(" %")[0], cells[2:]) == (
        "45",
        "40",
        ["−5.0 points", "approximate"],
    )
    answer = doors.page("/review/main/2026-Q4/histories", mapping="draft")
    assert answer.status_code == 302
    page = BeautifulSoup(doors.look(answer.location), "html.parser")
    assert [cell.get_text(strip=True) for cell in page.select("tbody td")][3] == "exact"
    assert "There is no one revision" in doors.look("/review/main/2026-Q4/replay?mapping=zz")
    assert doors.api("POST", "/cycles/2026-Q4/histories").json == {"read": 0, "refused": 0, "left": 0}
