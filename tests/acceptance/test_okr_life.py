"""The life of OKRs in the demo, end to end, over real HTTP: a KPI and its key result, a comment, a forecast, a quarter that is closed, and Monday's digest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.sandbox import PEOPLE
from plugin.access.authentication import tokens
from plugin.access.authorization import members
from plugin.cli.operation.demo import first_sync
from plugin.runtime.demonstration import Demo, demo_world, register_webhook
from plugin.runtime.serving.server import serve
from plugin.use_cases.digests.digests import tell_due
from tests.acceptance.conftest import logs_aside
from tests.plugin.use_cases.conftest import Doors, opened

pytestmark = pytest.mark.slow

THURSDAY = datetime(2026, 11, 12, 7, 0, tzinfo=UTC)


class Life:
    """A demo that is served and gets webhooks, with an admin at its doors."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.doors: Doors = opened(demo.connector, {}, "admin")
        account = members.find(demo.connector, "admin@acme.example")
        token = tokens.issue(demo.connector, account, "months", ["write", "admin"], 90, "tests")
        self.doors.bearer = {"Authorization": f"Bearer {token}"}

    def api(self, method: str, path: str, **body: Any) -> Any:
        answer = self.doors.api(method, path, body if method == "POST" else None)
        assert answer.status_code < 300, answer.text
        return answer.json

    def jira(self, method: str, path: str, body: Any = None) -> Any:
        """A call of a person to Jira."""
        sign_in = (PEOPLE[0].email, PEOPLE[0].token)
        answer = requests.request(
            method, f"{self.demo.sandbox.url}/rest/api/3{path}", json=body, auth=sign_in, timeout=10
        )
        assert answer.status_code < 400, answer.text
        return answer.json() if answer.content else None

    def move(self, key: str, status: str) -> None:
        offered = self.jira("GET", f"/issue/{key}/transitions")["transitions"]
        chosen = next(one["id"] for one in offered if one["to"]["name"] == status)
        self.jira("POST", f"/issue/{key}/transitions", {"transition": {"id": chosen}})

    def pass_days(self, number: int) -> None:
        """The button of the page."""
        self.demo.sandbox.settle()
        assert self.doors.page("/kpis/open-bugs/days", days=str(number)).status_code == 302

    def state(self) -> tuple[str, str | None]:
        """How it stands about the KPI, and the key of its open key result."""
        found = self.api("GET", "/kpis/open-bugs")["state"]
        return found["status"], found["key_result"]

    def told(self) -> list[str]:
        """The keys of what the channel got."""
        return [one.key for one in self.demo.sandbox.site.messages]


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    begun = time.monotonic()
    folder: Path = tmp_path_factory.mktemp("life")

    def clock() -> datetime:
        return THURSDAY + timedelta(seconds=time.monotonic() - begun)

    settings = {"base_url": "http://127.0.0.1:1", "quiet_seconds": 0}
    with logs_aside(), demo_world(folder, clock=clock, watches=True, **settings) as demo:
        first_sync(demo.connector)
        tell_due(demo.connector, "main")
        with serve(demo.connector, "127.0.0.1", 0, workers=2) as served:
            register_webhook(demo.sandbox.url, f"{served.url}/webhooks/jira/main", demo.secret)
            yield Life(demo)


def test_objectives_and_kpis_look_from_each_side_of_the_scorecard(life: Life) -> None:
    found = life.api("GET", "/scorecard")["perspectives"]
    shown = {
        one["perspective"]: (len(one["objectives"]), {kpi["id"] for kpi in one["kpis"]}) for one in found
    }
    assert shown == {
        "finance": (4, {"new-revenue"}),
        "customer": (6, {"registration-uptime", "site-visits", "sign-ups"}),
        "process": (2, {"open-bugs", "utilisation", "conversion"}),
        "learning": (2, {"cycle-time", "enps"}),
    }


def test_a_kpi_out_of_its_band_becomes_a_key_result_and_is_watched_again(life: Life) -> None:
    bugs = []
    for _ in range(2):
        fields = {"project": {"key": "PLAT"}, "issuetype": {"name": "Bug"}, "summary": "The arm shakes"}
        bugs.append(life.jira("POST", "/issue", {"fields": fields})["key"])
    life.pass_days(3)
    assert life.state() == ("kr_proposed", None)
    life.api("POST", "/kpis/open-bugs/accept")
    status, key = life.state()
    assert status == "kr_open"
    assert life.jira("GET", f"/issue/{key}")["fields"]["issuetype"]["name"] == "Key Result"
    for bug in bugs:
        life.move(bug, "Done")
    life.pass_days(3)
    assert life.state() == ("close_proposed", key)
    life.api("POST", "/kpis/open-bugs/accept")
    assert life.state() == ("watching", None)
    assert life.jira("GET", f"/issue/{key}")["fields"]["status"]["name"] == "Done"


def test_mondays_digest_has_arrived_once_and_names_what_became_of_the_kpi(life: Life) -> None:
    life.pass_days(2)
    weekly = [one for one in life.demo.sandbox.site.messages if one.key.startswith("digest|")]
    assert [one.key for one in weekly] == ["digest|webhook|messages|weekly|2026-11-16"]
    assert f"{weekly[0].at:%A %H}" == "Monday 09"
    line = next(one for one in weekly[0].text.split("\n") if one.startswith("- Open bugs of the platform"))
    assert ": healthy. " in line
    assert ", 15 Nov 2026. a key result is proposed; key result accepted; key result created (PLAT-" in line
    reminders = [key for key in life.told() if key.startswith("reminder|reminders|2026-11-13|check_in")]
    assert len(reminders) == 1


def test_a_comment_on_a_key_result_is_a_check_in_seconds_later(
    life: Life, eventually: Callable[..., float]
) -> None:
    objective = _objective(life, "Customers trust our platform to be there when they need it")
    result = next(one for one in objective["key_results"] if one["key"])
    said = "OKR 47.5 conf 7 — last mile is long"
    content = [{"type": "paragraph", "content": [{"type": "text", "text": said}]}]
    life.jira(
        "POST",
        f"/issue/{result['key']}/comment",
        {"body": {"type": "doc", "version": 1, "content": content}},
    )
    path = f"/objectives/{objective['key']}/check-ins"
    eventually(lambda: bool(life.api("GET", path)["items"]))
    (found,) = life.api("GET", path)["items"]
    assert (found["value"], found["note"]) == (47.5, "last mile is long")
    assert found["confidence"] == "7"


def test_will_we_make_it_has_an_answer_with_its_inputs(life: Life) -> None:
    objective = _objective(life, "Nobody fears the billing migration any more")
    found = life.api("GET", f"/objectives/{objective['key']}/forecast")
    assert found["probability"] is not None


def test_a_closed_quarter_stands_still_whatever_becomes_of_its_issues(life: Life) -> None:
    before = life.api("GET", "/cycles/2026-Q3")
    keys = [one["key"] for one in before["scores"]]
    assert len(keys) == 4
    life.api("POST", "/cycles/2026-Q3/close", reason="the quarter is over", note="Fewer, sooner.")
    closed = life.api("GET", "/cycles/2026-Q3")
    assert [(one["key"], one["score"]) for one in closed["scores"]] == [
        (one["key"], one["score"]) for one in before["scores"]
    ]
    plan = life.api("GET", "/cycles/2026-Q3/carry")
    assert plan["into"] == "2026-Q4"
    carried = life.api("POST", "/cycles/2026-Q3/carry", objectives=keys[:1])
    assert carried["carried"] == keys[:1]
    for key in keys:
        life.move(key, "In Progress")
    life.pass_days(1)
    assert life.api("GET", "/cycles/2026-Q3")["scores"] == closed["scores"]
    assert life.api("GET", "/cycles/verification")["whole"]


def _objective(life: Life, title: str) -> dict[str, Any]:
    rows = life.api("GET", "/objectives?limit=100")["items"]
    key = next(one["key"] for one in rows if one["title"] == title)
    found: dict[str, Any] = life.api("GET", f"/objectives/{key}")
    return found
