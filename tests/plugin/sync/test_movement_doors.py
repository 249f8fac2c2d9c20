"""“Why did it move?” asked at every door: the same words mean the same moments, and what one door refuses no other answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

from plugin.access.authentication import tokens
from plugin.access.authorization import members
from plugin.cli import cli
from plugin.runtime.application import create_app
from tests.plugin.mcp.conftest import ERAS, Assistant
from tests.quarter import MAPPING, told

Answer = tuple[str, str, str, str] | str
"""Since, until (to the second), before and after; or why there is none."""


class Doors:
    """An objective, asked by API, command, tool and page."""

    def __init__(self, connector: Any, key: str) -> None:
        account = members.add(connector, "viewer@acme.example", "Viewer", "viewer", None, "tests")
        self.token = tokens.issue(connector, account, "tests", ["read"], 30, "tests")
        self.app, self.connector, self.key = create_app(connector), connector, key

    def answers(self, **asked: str) -> dict[str, Answer]:
        return {
            "api": self.api(asked),
            "command": self.command(asked),
            "tool": self.tool(asked),
            "page": self.page(asked),
        }

    def get(self, path: str, asked: dict[str, str], accept: str) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": accept}
        return self.app.test_client().get(path, query_string=asked, headers=headers)

    def api(self, asked: dict[str, str]) -> Answer:
        answer = self.get(f"/api/v1/objectives/{self.key}/movement", asked, "application/json")
        if answer.status_code != 200:
            return {409: "untold", 422: "refused"}[answer.status_code]
        return told_by(answer.json, answer.json["before_exact"], answer.json["after_exact"])

    def command(self, asked: dict[str, str]) -> Answer:
        words = [word for name, text in asked.items() for word in (f"--{name}", text)]
        answer = CliRunner().invoke(cli, ["moved", self.key, *words, "--json"])
        if answer.exit_code != 0:
            return {1: "untold", 2: "refused"}[answer.exit_code]
        found = json.loads(answer.stdout)
        return told_by(found, found["before"], found["after"])

    def tool(self, asked: dict[str, str]) -> Answer:
        assistant = Assistant(self.connector, self.app, self.token, ERAS[0])
        found = assistant.called("okr_moved", objective_key=self.key, **asked)
        if found.is_error:
            return "refused"
        answer: Any = found.structured_content
        if answer["unknown"]:
            return "untold"
        (one,) = answer["movements"]
        return told_by(one, one["before"]["exact"], one["after"]["exact"])

    def page(self, asked: dict[str, str]) -> Answer:
        html = self.get(f"/objectives/{self.key}", asked, "text/html").get_data(as_text=True)
        part = BeautifulSoup(html, "html.parser").select_one("section[aria-labelledby=moved]")
        assert part is not None
        if "is no moment here" in part.text:
            return "refused"
        found = part.select_one(".moved-sum")
        if found is None:
            return "untold"
        since, *until = [one["datetime"] for one in found.select("time")]
        before, after = (str(Fraction(one.text.removesuffix("%").strip()) / 100) for one in found.select("b"))
        return told_by({"since": since, "until": until[0] if until else NOW}, before, after)


def told_by(answer: Any, before: str, after: str) -> Answer:
    since, until = (
        datetime.fromisoformat(answer[name]).isoformat(timespec="seconds") for name in ("since", "until")
    )
    return since, until, before, after


def a_week(hand: Any) -> str:
    """Known for not quite six days, at 9/20; at 7/10 for some hours."""
    epic = hand.issue("Epic", labels=["okr", "2026-Q4"])
    hand.issue("Story", epic, "Done")
    hand.issue("Story", epic)
    metric = hand.issue("Key Result", epic)
    hand.activate(MAPPING)
    hand.clock.now = datetime(2026, 12, 24, 12, tzinfo=UTC)
    hand.edit(metric, customfield_10051=0, customfield_10052=4, customfield_10053=10)
    hand.sync()
    hand.clock.now = datetime(2026, 12, 29, 12, tzinfo=UTC)
    hand.edit(metric, customfield_10052=9)
    told(hand, epic, metric)
    hand.clock.now = datetime(2026, 12, 30, 9, tzinfo=UTC)
    return str(hand.sandbox.sandbox.records[epic].key)


BEGAN, NOW = "2026-12-24T12:00:00+00:00", "2026-12-30T09:00:00+00:00"
CASES: tuple[tuple[dict[str, str], Answer], ...] = (
    ({}, (BEGAN, NOW, "9/20", "7/10")),
    ({"since": "week"}, "untold"),
    ({"since": "yesterday"}, ("2026-12-29T09:00:00+00:00", NOW, "9/20", "7/10")),
    ({"since": "2026-12-28"}, ("2026-12-27T23:00:00+00:00", NOW, "9/20", "7/10")),
    ({"until": "2026-12-29"}, (BEGAN, "2026-12-29T22:59:59+00:00", "9/20", "7/10")),
    ({"since": "2026-12-29", "until": "2026-12-28"}, "untold"),
    ({"until": "week"}, "refused"),
    ({"since": "someday"}, "refused"),
)


def test_every_door_means_the_same_moments(hand: Any, begin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    key = begin(hand, a_week)

    @contextmanager
    def opened(**_: Any) -> Iterator[Any]:
        yield hand.connector

    monkeypatch.setattr("plugin.cli.objectives.movement.open_connector", opened)
    doors = Doors(hand.connector, key)
    for asked, expected in CASES:
        for door, answer in doors.answers(**asked).items():
            assert answer == expected, (asked, door)
