"""What the demo begins with, whatever the day."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import requests

from connectors.sandbox.feeds import Feed
from plugin.access.authorization.actor import MONITORING
from plugin.cli.work.sync import sync_site
from plugin.runtime.demonstration import (
    CONTESTED,
    SPOKEN,
    Demo,
    _shown,
    close_last_quarter,
    demo_world,
    fed_on_board,
    leave_waiting,
    quarter_before,
    register_webhook,
    sandbox,
    speak,
    write_settings,
)
from plugin.runtime.settings import read_settings
from plugin.use_cases.cycles.cycles import show_cycle
from plugin.use_cases.health.status import status
from plugin.use_cases.objectives.fed_numbers import FedFigure
from tests.actors import TESTER

NOW = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)
KEY = "an invented key that is long enough to sign"


@pytest.mark.parametrize(
    ("day", "quarter"),
    [
        (date(2026, 11, 18), "2026-Q3"),
        (date(2026, 10, 1), "2026-Q3"),
        (date(2026, 12, 31), "2026-Q3"),
        (date(2026, 9, 30), "2026-Q2"),
        (date(2026, 5, 31), "2026-Q1"),
        (date(2026, 3, 31), "2025-Q4"),
        (date(2027, 1, 1), "2026-Q4"),
        (date(2028, 2, 29), "2027-Q4"),
    ],
)
def test_the_quarter_that_is_closed_is_the_one_before_that_of_the_day(day: date, quarter: str) -> None:
    assert quarter_before(day) == quarter


def test_a_sandbox_that_takes_no_webhook_says_so(demo: Demo) -> None:
    with pytest.raises(requests.HTTPError, match="404"):
        register_webhook(f"{demo.sandbox.url}/rest/api/2/nowhere", "http://127.0.0.1:1/webhooks", "s" * 32)


def test_a_demo_that_nobody_watches_has_the_preset_and_no_figures(demo: Demo) -> None:
    document = demo.connector.context("main").mapping.document
    assert [rule.id for rule in document.objectives] == ["epics"]
    assert (document.kpis, document.tell) == ((), ())


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo as it is served, after all of its first steps; tests only read it."""
    folder = tmp_path_factory.mktemp("watched")
    given = {"secret_key": KEY, "quiet_seconds": 0, "base_url": "https://okr.acme.example/"}
    for name in ("demo.sqlite3", "demo.sqlite3-wal", "demo.clock"):
        (folder / name).write_text("of a demo before")
    (folder / "kept").touch()
    with demo_world(folder, clock=lambda: NOW, watches=True, **given) as demo:
        sync_site(demo.connector, "main")
        close_last_quarter(demo)
        leave_waiting(demo)
        speak(demo)
        yield demo


def test_the_settings_beside_a_demo_are_all_that_a_command_needs_and_for_its_owner_alone(
    watched: Demo,
) -> None:
    settings = watched.connector.settings
    folder = Path(settings.database_url.removeprefix("sqlite:///")).parent
    file, jira = folder / "demo.env", watched.sandbox.url
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text().splitlines() == [
        f"JIRA_OKR_DATABASE_URL=sqlite:///{folder / 'demo.sqlite3'}",
        f"JIRA_OKR_SECRET_KEY={KEY}",
        "JIRA_OKR_BASE_URL=https://okr.acme.example/",
        f"JIRA_OKR_JIRA__URL={jira}/",
        "JIRA_OKR_JIRA__EMAIL=okr-connector@northwind.example",
        "JIRA_OKR_JIRA__TOKEN=sandbox-connector-token",
        f"JIRA_OKR_JIRA__WEBHOOK_SECRET={watched.secret}",
        f'JIRA_OKR_NOTIFY__WEBHOOK={{"messages": {{"url": "{jira}/messages", "secret": "{watched.secret}"}}}}',
        f'JIRA_OKR_NOTIFY__HOSTS=["{jira}"]',
        f"JIRA_OKR_DEMO_CLOCK={folder / 'demo.clock'}",
    ]
    beside = read_settings(str(file))
    for name in ("database_url", "secret_key", "jira", "notify", "base_url", "demo_clock"):
        assert getattr(beside, name) == getattr(settings, name), name
    assert (folder / "kept").exists(), "nothing of anybody else's goes"


def test_settings_that_are_not_there_are_not_written(tmp_path: Path) -> None:
    file = tmp_path / "demo.env"
    file.write_text("of a demo before")
    file.chmod(0o644)
    write_settings(file, read_settings(None, database_url="sqlite:///a"))
    assert file.read_text().splitlines() == [
        "JIRA_OKR_DATABASE_URL=sqlite:///a",
        "JIRA_OKR_NOTIFY__WEBHOOK={}",
        "JIRA_OKR_NOTIFY__HOSTS=[]",
    ]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_demo_that_is_watched_has_all_that_its_pages_show(watched: Demo) -> None:
    document = watched.connector.context("main").mapping.document
    assert [(one.id, one.commitment, one.perspective) for one in document.objectives[:2]] == [
        ("company", "committed", "customer"),
        ("hopes", "aspirational", "finance"),
    ]
    assert [one.id for one in document.objectives] == ["company", "hopes", "epics"]
    assert [one.id for one in document.kpis] == [
        "open-bugs",
        *("registration-uptime", "cycle-time"),
        *("site-visits", "sign-ups", "conversion"),
        *("utilisation", "enps", "new-revenue"),
    ]
    assert [(one.id, one.to) for one in document.tell] == [
        (name, ("webhook:messages",)) for name in ("weekly", "alerts", "reminders")
    ]
    assert document.check_ins is not None
    assert document.check_ins.who == "anyone"
    assert document.team is not None
    assert document.team.names == {"PLAT": "Platform", "CORE": "Core systems", "GROW": "Growth"}
    assert [one.promote for one in document.kpis[1:]] == [None] * 8, "no objective of another preset is here"


def test_open_bugs_stand_at_the_edge_of_their_band_and_their_key_result_below_an_open_epic(
    watched: Demo,
) -> None:
    bugs = watched.connector.context("main").mapping.document.kpis[0]
    records = watched.sandbox.sandbox.records.values()
    open_ = [
        one
        for one in records
        if one.project.key == "PLAT"
        and one.type.name == "Bug"
        and one.status.category in ("new", "indeterminate")
    ]
    assert bugs.healthy is not None
    assert bugs.healthy.at_most == len(open_) == 5
    assert bugs.promote is not None
    below = watched.sandbox.sandbox.find(bugs.promote.objective or "")
    assert below is not None
    assert (below.key, below.type.name, below.status.category == "done") == ("PLAT-24", "Epic", False)
    assert {"okr", "2026-Q4"} <= set(below.labels)


def test_each_objective_of_the_quarter_feeds_the_goal_of_its_name(watched: Demo) -> None:
    jira = watched.sandbox.sandbox
    (rule,) = [one for one in watched.connector.context("main").mapping.document.write_back if one.goal]
    assert rule.goal is not None
    goals = {one.key: one.name for one in jira.goals.goals.values()}
    assert len(rule.goal.goals) == 12
    for key, goal in rule.goal.goals.items():
        record = jira.find(key)
        assert record is not None
        assert (record.type.level, record.summary) == (1, goals[goal])


def test_the_quarter_before_is_closed_with_a_word_to_each_of_its_objectives_that_wants_one(
    watched: Demo,
) -> None:
    found = show_cycle(watched.connector, TESTER, "main", "2026-Q3")
    assert (found.shown.state.value, found.shown.version, found.shown.objectives) == ("closed", 1, 4)
    (act,) = found.acts
    assert (act.by, act.note) == (
        "demo",
        "Closed in the first week of the quarter after, with all three teams in the room.",
    )
    assert {one.score.reason for one in found.objectives} == {
        "Measured too late to act on it: read it every week from the start."
    }


def test_two_things_wait_for_a_person(watched: Demo) -> None:
    found = status(watched.connector, MONITORING, "main")
    assert [(one.issue_key, one.field_name, one.stands, one.wanted) for one in found.held] == [
        ("PLAT-25", "OKR progress", 100, 43)
    ]
    assert found.held[0].why.startswith("This field flaps: ")
    assert [(one.key, one.field, one.objectives) for one in found.gaps] == [("GROW-3", "status", ("GROW-2",))]
    assert found.dead == ()


def test_two_people_have_said_what_their_key_results_stand_at(watched: Demo) -> None:
    jira = watched.sandbox.sandbox
    said = {
        record.key: [
            (one["author"]["displayName"], one["body"]["content"][0]["content"][0]["text"])
            for one in jira.comments.get(record.id, ())
        ]
        for record in jira.records.values()
        if record.summary in dict(SPOKEN)
    }
    assert said == {
        "GROW-65": [
            ("Ada Brandt", "OKR conf 4 - checkout is live, but nobody finds the price; two fixes next week")
        ],
        "CORE-63": [("Bruno Okafor", "OKR 62 conf 5 - the new guide helps, counted by hand this week")],
    }


def test_a_card_of_the_board_says_what_it_feeds(watched: Demo) -> None:
    fed = fed_on_board(watched.connector)
    assert len(fed) == 181
    assert fed["10009"] == (
        Feed(
            objective="CORE-4",
            title="Spare parts are never the reason for a stop",
            number="Delivery",
            value="98 %",
            precise="97.8 %",
            left_out="closed as Duplicate: left out",
            page="https://okr.acme.example/objectives/CORE-4",
        ),
    )
    unknown = FedFigure("a b/c", "No value", "Progress", None, "")
    assert _shown(unknown, "") == Feed("a b/c", "No value", "Progress", "unknown", "unknown", "", "/objectives/a%20b/c")  # fmt: skip


@pytest.mark.parametrize("data_center", [True, False])
def test_a_sandbox_by_itself_tells_who_signs_in(data_center: bool) -> None:
    context = "/jira" if data_center else ""
    with sandbox(1, 0, data_center=data_center, context=context) as running:
        assert running.url.rpartition(":")[2].strip("0123456789") == context
        assert (running.email, running.token) == ("okr-connector@northwind.example", "sandbox-connector-token")  # fmt: skip
        assert (running.service_token is None) is data_center
        told = requests.get(f"{running.url}/rest/api/2/serverInfo", timeout=5).json()
    assert told["deploymentType"] == ("Server" if data_center else "Cloud")
    if data_center:
        assert told["versionNumbers"] == [10, 3, 24]


@pytest.mark.parametrize("step", [speak, leave_waiting])
def test_a_demo_whose_jira_takes_nothing_says_so(demo: Demo, step: Callable[[Demo], None]) -> None:
    jira = demo.sandbox.sandbox
    for record in list(jira.records.values()):
        if record.summary in (CONTESTED, *dict(SPOKEN)):
            jira.forbid(record.id)
    with pytest.raises(requests.HTTPError, match="404"):
        step(demo)
