"""What sync health says of a full read that is under way or was interrupted, and of a webhook nobody asked about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.jira.http.errors import JiraOutage
from plugin.next_steps import Door
from plugin.pages.views.words.freshness import site_row
from plugin.sync.outage import struck
from plugin.sync.resync.checkpoint import Progress
from plugin.use_cases.health.drift import Drift
from plugin.use_cases.health.status import SiteStatus
from plugin.use_cases.health.webhook_state import WebhookState
from plugin.use_cases.work.background_jobs import SILENT_FOR, BackgroundJob

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BEGAN = NOW - timedelta(minutes=9)
READ = Progress(1_200, 5_000, BEGAN, NOW - timedelta(seconds=5))
STOPPED = replace(READ, at=NOW - SILENT_FOR)
DONE = BackgroundJob("sync", "ada", BEGAN, BEGAN, "done", said="Read 7 issues.")
RUNNING = BackgroundJob("sync", "ada", BEGAN, NOW, done=3, total=5_000)


def row(**facts):
    return site_row(SiteStatus("main", NOW, **facts), lambda key: None, NOW, UTC)


def test_a_full_read_by_the_clock_is_shown_like_one_that_was_asked_for():
    for sync in (None, DONE):
        shown = row(full_read=READ, sync=sync)
        assert (shown.sync.state, shown.sync.done, shown.sync.total) == ("running", 1_200, 5_000)
        assert shown.interrupted == ""
    assert row(full_read=READ, sync=RUNNING).sync is RUNNING


def test_a_full_read_that_nobody_goes_on_with_is_said_to_wait():
    shown = row(full_read=STOPPED, sync=DONE)
    assert shown.sync is DONE
    assert (
        shown.interrupted == "one stopped after 1\u202f200 of 5\u202f000 issues; the next goes on from there"
    )
    for fresh in ({"full_read": STOPPED, "sync": RUNNING}, {"full_read": replace(STOPPED, read=0)}, {}):
        assert row(**fresh).interrupted == ""


@pytest.mark.parametrize(("delivery", "word"), [(None, "not looked up yet"), (BEGAN, "delivers")])
def test_a_webhook_that_nobody_asked_about_is_known_by_what_it_delivers(delivery, word):
    shown = row(last_delivery=delivery)
    assert shown.webhook == word
    assert "a sync started here asks Jira" in shown.webhook_todo


@pytest.mark.parametrize(
    ("state", "word", "todo"),
    [
        (WebhookState(None, False, NOW), "not known", "only an administrator's token"),
        (WebhookState(False, True, NOW), "not registered", "register it"),
        (WebhookState(True, False, NOW), "switched off", "switch it on in Jira"),
        (WebhookState(True, False, NOW, lacking=("jira:issue_deleted",)), "switched off", "switch it on"),
        (
            WebhookState(True, True, NOW, lacking=("jira:issue_deleted",), expires=NOW),
            "registered, but lacks events",
            "jira:issue_deleted",
        ),
        (
            WebhookState(True, True, NOW, expires=NOW),
            "registered",
            "by the OAuth app, until 2026-11-22; refreshed before by itself",
        ),
    ],
)
def test_what_jira_said_of_the_webhook_and_what_to_do(state, word, todo):
    shown = row(webhook=state, last_delivery=NOW)
    assert shown.webhook == word
    assert todo in shown.webhook_todo


def test_there_is_nothing_to_do_about_a_webhook_that_is_registered():
    shown = row(webhook=WebhookState(True, True, NOW))
    assert (shown.webhook, shown.webhook_todo) == ("registered", "")


@pytest.mark.parametrize(
    ("per_minute", "mean", "text"),
    [
        (None, "not known yet", "not known yet"),
        ((), "not known yet", "0 in the last 0 minutes"),
        ((0, 0), "0", "0 in the last 2 minutes"),
        ((1, 0, 0, 0), "0.2", "1 in the last 4 minutes"),
        ((9, 10), "9.5", "19 in the last 2 minutes"),
        ((10, 10), "10", "20 in the last 2 minutes"),
    ],
)
def test_how_many_deliveries_come_has_a_decimal_where_they_are_few(per_minute, mean, text):
    shown = row(per_minute=per_minute)
    assert (shown.traffic, shown.traffic_text) == (mean, text)


def test_what_nobody_looked_up_is_not_nothing():
    unknown, known = row(), row(issues=0, drift=Drift(0, 9, None), deliveries={"done": 1_200, "bad": 0})
    assert (unknown.issues, unknown.drift, unknown.drifted, unknown.deliveries) == (
        "not known yet",
        "not known yet",
        False,
        (),
    )
    assert (known.issues, known.drift, known.drifted) == ("0", "none", False)
    assert known.deliveries == (("bad", "0"), ("done", "1\u202f200"))


@pytest.mark.parametrize(
    ("days", "said", "level", "word"),
    [
        (None, "expiry not known", "on_track", "Fresh"),
        (101, "expires 3 Mar 2027, in 101 days", "on_track", "Fresh"),
        (14, "expires 6 Dec 2026, in 14 days", "at_risk", "Token expires soon"),
        (-1, "expired 21 Nov 2026, 1 day ago", "at_risk", "Token expired"),
    ],
)
def test_a_token_that_expires_is_said_before_it_does(days, said, level, word):
    day = None if days is None else NOW.date() + timedelta(days=days)
    shown = row(last_delivery=NOW, last_resync=NOW, token_expires=day)
    assert shown.credential.said == said
    assert (shown.verdict.level, shown.verdict.word) == (level, word)
    assert ("new token" in shown.verdict.todo) == (level == "at_risk")


def test_what_stands_already_is_said_before_what_expires():
    over = {"last_delivery": NOW, "last_resync": NOW, "token_expires": NOW.date() - timedelta(days=1)}
    error = JiraOutage("Jira cannot answer now (503).")
    out = struck(None, error, NOW, 0.5, whole=True, trial=False)
    assert row(**over, outage=out).verdict.word == "Jira does not answer"
    assert row(**over, overdue_since=NOW - timedelta(minutes=11)).verdict.word == "Standing still"


def test_what_is_done_under_sync_health_is_below_for_whoever_is_there():
    (shown,) = row().verdicts
    said = "Read it once; webhooks keep it fresh from then on. Sync now"
    assert shown.todo_at(Door.PAGE) == f"{said}: page Sync health."
    assert shown.todo_at(Door.COMMAND) == f"{said}: jira-okr sync."
    assert shown.todo_there == f"{said}, below."
