"""A mapping's preview as of an earlier instant: what objectives read then, beside what they would have read, by each door."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from bs4 import BeautifulSoup

from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.pages.views.mappings.past_preview import past_preview_view
from plugin.runtime.connector import Refusal
from plugin.use_cases.mappings import drafts
from plugin.use_cases.mappings.past_preview import preview_as_of, read_lacking_then
from plugin.use_cases.permission import PermissionRefusal
from tests.actors import TESTER
from tests.plugin.use_cases.conftest import opened
from tests.quarter import MAPPING, told

OUTCOME = MAPPING.replace("    rollup: {headline: all}\n", "")
"""Under it the metric alone makes the number: 40 % where it was 45 %."""
ELSEWHERE = MAPPING.replace("labels = okr", "labels = goal")
NEW_YEAR = datetime(2026, 12, 31, 12, tzinfo=UTC)


def rows(found: Any) -> list[tuple[Any, ...]]:
    return [
        (one.before and one.before.progress, one.after and one.after.progress, one.certainty.value)
        for one in found.changed
    ]


def test_a_draft_on_an_earlier_day_before_and_after_what_came_later(quarter):
    hand, epic, metric, stories = quarter
    written = len(hand.writes())
    now = (Fraction(9, 20), Fraction(2, 5), "exact")
    assert rows(preview_as_of(hand.connector, TESTER, "main", OUTCOME, NEW_YEAR)) == [now]
    assert rows(preview_as_of(hand.connector, TESTER, "main", MAPPING, NEW_YEAR)) == []
    gone = preview_as_of(hand.connector, TESTER, "main", ELSEWHERE, NEW_YEAR)
    assert rows(gone) == [(Fraction(9, 20), None, "exact")]
    shown = past_preview_view(gone)
    assert [(one.before, one.after) for one in shown.rows] == [("45 %", "no objective")]
    assert (shown.same, shown.every) == (0, 1)
    hand.clock.pass_by(days=3)
    hand.edit(metric, customfield_10052=9)
    hand.status(stories[1], "Done")
    told(hand, epic, metric, *stories)
    unsure = preview_as_of(hand.connector, TESTER, "main", OUTCOME, NEW_YEAR)
    assert set(unsure.untold) == {metric, stories[1]}
    assert {one.certainty.value for one in unsure.objectives} == {"approximate"}
    assert read_lacking_then(hand.connector, TESTER, "main", NEW_YEAR).read == 2
    assert rows(preview_as_of(hand.connector, TESTER, "main", OUTCOME, NEW_YEAR)) == [now]
    assert len(hand.writes()) == written

    with pytest.raises(Refusal, match="yet to come"):
        preview_as_of(hand.connector, TESTER, "main", OUTCOME, datetime(2027, 6, 1, tzinfo=UTC))
    with pytest.raises(Refusal, match="History begins"):
        preview_as_of(hand.connector, TESTER, "main", OUTCOME, datetime(2020, 6, 1, tzinfo=UTC))
    with pytest.raises(PermissionRefusal):
        preview_as_of(hand.connector, Actor("edith", Permission.EDITOR), "main", OUTCOME, NEW_YEAR)


def test_page_and_api_tell_the_same(quarter):
    hand, *_ = quarter
    environment = {
        "JIRA_OKR_DATABASE_URL": hand.connector.settings.database_url,
        "JIRA_OKR_SECRET_KEY": "an invented key that is long enough to sign",
    }
    doors = opened(hand.connector, environment, "admin")
    body = {"text": OUTCOME, "at": "2026-12-31T12:00:00Z"}
    given = doors.api("POST", "/sites/main/mapping/preview-as-of", body).json
    (one,) = given["objectives"]
    assert (given["looked_at"], one["before"]["progress_exact"], one["after"]["progress_exact"]) == (
        1,
        "9/20",
        "2/5",
    )
    assert doors.api("POST", "/sites/main/mapping/preview-as-of", {**body, "at": "soon"}).status_code == 422
    with hand.connector.store.read() as conn:
        account = conn.exec_driver_sql("SELECT id FROM account").scalar_one()
    drafts.keep(hand.connector, Actor("admin", Permission.ADMIN, account), "main", OUTCOME)
    assert "preview/then" in doors.look("/mapping/main/preview")
    page = BeautifulSoup(doors.look("/mapping/main/preview/then?at=2026-12-30"), "html.parser")
    cells = [cell.get_text(" ", strip=True) for cell in page.select("tbody td")]
    assert (cells[0].split(" %")[0], cells[1].split(" %")[0], cells[2]) == ("45", "40", "−5.0 points")
    early = doors.browser.get("/mapping/main/preview/then?at=2020-01-01")
    assert (early.status_code, "History begins" in early.get_data(as_text=True)) == (422, True)
