"""In the demo: bugs are reported, three days pass, a key result is proposed, accepted and made; the count comes back, it is closed, and the KPI watches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from bs4 import BeautifulSoup

from connectors.clock import system_clock
from connectors.sandbox import SandboxServer
from plugin.cli.work.sync import sync_site
from plugin.runtime.demonstration import Demo, demo_world
from plugin.runtime.moving_clock import clock_of
from plugin.runtime.settings import read_settings
from plugin.use_cases.kpis import board
from tests.actors import TESTER
from tests.plugin.use_cases.conftest import Doors, opened

NOW = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)
PAGE = "/kpis/open-bugs"


class Stage:
    """Somebody at the page of the KPI and at the board of the sandbox."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.doors: Doors = opened(demo.connector, {}, "editor")

    def board(self, path: str, **form: str) -> str:
        """What the sandbox shows after a form of its board was sent."""
        answer = requests.post(f"{self.demo.sandbox.url}{path}", data=form, timeout=10)
        assert answer.status_code == 200
        return answer.url

    def move(self, key: str, status: str) -> None:
        record = self.sandbox.sandbox.find(key)
        assert record is not None
        named = next(one for one in self.sandbox.sandbox.projects["PLAT"].statuses if one.name == status)
        self.board("/board/move", issue=record.id, status=named.id, back="issue")

    @property
    def sandbox(self) -> SandboxServer:
        return self.demo.sandbox

    def pass_days(self, number: int) -> str:
        assert self.doors.page(f"{PAGE}/days", days=str(number)).status_code == 302
        return self.text()

    def text(self) -> str:
        return " ".join(BeautifulSoup(self.doors.look(PAGE), "html.parser").text.split())

    def made(self) -> list[Any]:
        records = self.sandbox.sandbox.records.values()
        return [one for one in records if any(label.startswith("okr-kpi-") for label in one.labels)]


@pytest.fixture
def stage(tmp_path: Path) -> Any:
    settings = {"secret_key": "an invented key that is long enough to sign", "quiet_seconds": 0}
    with demo_world(tmp_path, clock=lambda: NOW, watches=True, **settings) as demo:
        sync_site(demo.connector, "main")
        yield Stage(demo)


def test_a_bug_too_many_for_three_days_becomes_a_key_result_and_goes_back_to_being_watched(
    stage: Stage, tmp_path: Path
) -> None:
    uptime = stage.doors.look("/kpis/registration-uptime")
    assert ("counted: out of the band 2 running" in uptime, "late" in uptime) == (True, False)
    first = stage.pass_days(1)
    assert "in the band 1 running" in first
    bugs = [stage.board("/board/bug", project="PLAT").rpartition("/")[2] for _ in range(2)]
    text = stage.pass_days(3)
    assert "Out of the healthy band 3 settled periods running" in text
    assert "out of the band 3 running; a key result is proposed" in text
    assert "It is Friday, 13 November 2026 now" in text
    assert (stage.made(), "To be created in PLAT below PLAT-" in text) == ([], True)

    assert stage.doors.page(f"{PAGE}/accept").status_code == 302
    (record,) = stage.made()
    text = stage.text()
    assert f"{record.key} is its key result. Once it is done in Jira, the KPI is watched again." in text
    assert record.type.name == "Key Result"

    for bug in bugs:
        stage.move(bug, "Done")
    text = stage.pass_days(3)
    assert "in the band 3 running; closing the key result is proposed" in text
    assert f"It has been in its band long enough: once {record.key} is closed in Jira" in text
    assert stage.doors.page(f"{PAGE}/accept").status_code == 302
    text = stage.text()
    assert "Its key result is closed; the KPI is watched again." in text
    assert stage.sandbox.sandbox.records[record.id].status.name == "Done"
    assert f"{record.key} was its key result and is done; opened again, it goes on." in text
    assert "a key result is proposed after 3 settled periods out of it" in stage.pass_days(1)
    assert len(stage.made()) == 1
    beside = clock_of(read_settings(env_file=str(tmp_path / "demo.env")))()
    assert timedelta(days=7) <= beside - system_clock() < timedelta(days=9), "commands have the demo's time"
    watched = board.kpi(stage.demo.connector, TESTER, "main", "open-bugs")
    assert watched is not None
    assert [one.what.replace("key result", "KR") for one in watched.happened] == [
        "KR of a KPI closed", "closing of a KR of a KPI accepted", "KR of a KPI created", "KR of a KPI accepted",
    ]  # fmt: skip
    assert f"Key result of a KPI closed: {record.key}" in text


def test_each_objective_of_the_demo_feeds_the_goal_of_its_name(tmp_path: Path) -> None:
    settings = {"base_url": "https://okr.acme.example", "quiet_seconds": 0}
    with demo_world(tmp_path, clock=lambda: NOW, watches=True, **settings) as demo:
        sync_site(demo.connector, "main")
        book, records = demo.sandbox.sandbox.goals, demo.sandbox.sandbox.records
        fed = [one for one in book.goals.values() if one.updates]
        assert len(fed) == 10
        for goal in fed:
            [item] = goal.work_items
            assert records[item.rpartition("/")[2]].summary == goal.name
            assert len(goal.updates) == 1
            assert {one.metric.source for one in goal.targets} == {"jira-okr"}
        page = requests.get(f"{demo.sandbox.url}/goals", timeout=10).text
        assert page.count('<span class="tag">jira-okr</span>') == 29
