"""One world with every kind of trouble, looked at through every door: the same numbers, and of each objective the same that stands in its way."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

from connectors.sandbox.site_state import scheme
from connectors.store.work import due
from plugin.access.authentication import tokens
from plugin.access.authorization import members
from plugin.cli import cli
from plugin.runtime.application import create_app
from plugin.use_cases.work.obstacles import HEADS, MissingKind
from tests.plugin.mcp.conftest import ERAS, Assistant
from tests.quarter import MAPPING

TROUBLED = (
    MAPPING.replace("  okr_progress:", "  okr_notes: {id: customfield_10062}\n  okr_progress:")
    + "  - {target: key_result, set: {okr_notes: {value: summary}}}\nbrake: {share: 0, floor: 0}\n"
)
"""Notes are on no screen of a key result, and every change that nothing explains is held."""
SHOWN = (MissingKind.UNREAD, MissingKind.LOST, MissingKind.HELD, MissingKind.REFUSED, MissingKind.DEAD_LETTER)
Trouble = set[tuple[str, str]]
"""Kind and the issue that is meant."""


class Doors:
    """What each door tells, as a viewer of it sees it."""

    def __init__(self, connector: Any) -> None:
        account = members.add(connector, "viewer@acme.example", "Viewer", "viewer", None, "tests")
        self.token = tokens.issue(connector, account, "tests", ["read"], 30, "tests")
        self.app, self.connector = create_app(connector), connector
        self.assistant = Assistant(connector, self.app, self.token, ERAS[0])

    def got(self, path: str, accept: str = "application/json") -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": accept}
        answer = self.app.test_client().get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer

    def command(self, *words: str) -> str:
        return str(CliRunner().invoke(cli, list(words)).stdout)

    def numbers(self, keys: list[str]) -> dict[str, dict[str, str | None]]:
        """By door, the exact progress of each objective."""
        listed = self.got("/api/v1/objectives?limit=200").json["items"]
        exported = csv.DictReader(StringIO(self.command("export", "objectives")))
        told = json.loads(self.command("status", "--objectives", "--json"))["objectives"]
        assistant = self.assistant.ask("okr_list")["objectives"]
        return {
            "list": {one["key"]: one["progress_exact"] for one in listed},
            "one": {key: self.got(f"/api/v1/objectives/{key}").json["progress_exact"] for key in keys},
            "ledger": {
                key: self.got(f"/api/v1/objectives/{key}/ledger").json["headline"]["total"] for key in keys
            },
            "export": {one["key"]: one["progress_exact"] or None for one in exported},
            "explain": {
                key: json.loads(self.command("explain", key, "--json"))["headline"]["total"] for key in keys
            },
            "status": {one["key"]: one["progress_exact"] for one in told},
            "assistant": {one["key"]: one["progress"]["exact"] for one in assistant},
        }

    def troubles(self, key: str) -> dict[str, Trouble]:
        """By door, what stands in the way of one objective."""
        api = self.got(f"/api/v1/objectives/{key}/obstacles").json["items"]
        command = json.loads(self.command("explain", key, "--json"))["obstacles"]
        missing = self.got(f"/api/v1/missing?objective={key}").json["items"]
        assistant = self.assistant.ask("okr_gaps", objective_key=key)["gaps"]
        page = BeautifulSoup(self.got(f"/objectives/{key}", "text/html").text, "html.parser").get_text(" ")
        words = re.sub(r"\s+", " ", page)
        return {
            "api": {(one["kind"], one["name"]) for one in api},
            "command": {(one["kind"], one["name"]) for one in command},
            "missing": {(one["kind"], one["issue"] or key) for one in missing if one["kind"] in SHOWN},
            "assistant": {(one["kind"], one["issue"] or key) for one in assistant if one["kind"] in SHOWN},
            "page": {
                (kind.value, name)
                for kind in SHOWN
                for name in re.findall(rf"(\w+-\d+) in Jira [^.]*?{HEADS[kind]}", words)
            },
        }


def troubled(hand: Any) -> list[str]:
    """Six objectives of three stories each, all of them right in Jira; then something goes wrong with each but the last. Their ids."""
    epics = [hand.issue("Epic", labels=["okr", "2026-Q4"]) for _ in range(6)]
    below = {
        epic: [hand.issue("Story", epic, status) for status in ("Done", "To Do", "To Do")] for epic in epics
    }
    refusing = hand.issue("Key Result", epics[1])
    hand.edit(refusing, customfield_10051=0, customfield_10052=4, customfield_10053=10)
    hand.activate(TROUBLED)
    hand.sync()
    hand.clock.pass_by(hours=1)
    sandbox = hand.sandbox.sandbox
    sandbox.spoil(below[epics[0]][0], status=None)
    for story in below[epics[2]]:
        sandbox.forbid(story)
    for story in below[epics[3]]:
        record = sandbox.records[story]
        done = replace(record, status=scheme.DONE, resolution=scheme.RESOLUTIONS[0], cache={})
        sandbox.add(done, record.creator, announce=False)
    hand.sync()
    with hand.connector.store.write() as conn:
        due.mark(conn, "main", [epics[4]], hand.clock(), "event")
        (claimed,) = due.claim(conn, "w", hand.clock(), hand.context.lease, 1)
        due.bury(conn, claimed, "Jira answered 400", "Look", hand.clock())
    return epics


@pytest.mark.slow
def test_every_door_tells_the_same_numbers_and_the_same_trouble(
    hand: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    epics = troubled(hand)

    @contextmanager
    def opened(**_: Any) -> Iterator[Any]:
        yield hand.connector

    for module in ("objectives.explain", "objectives.export", "work.status"):
        monkeypatch.setattr(f"plugin.cli.{module}.open_connector", opened)
    doors = Doors(hand.connector)
    records = hand.sandbox.sandbox.records
    keys = [records[epic].key for epic in epics]

    wanted = dict(zip(keys, ("1/3", "11/30", "1/3", "1", "1/3", "1/3"), strict=True))
    for door, numbers in doors.numbers(keys).items():
        assert numbers == wanted, door

    lost = {one.key for one in records.values() if one.parent_id == epics[2]}
    (refusing,) = (one.key for one in records.values() if one.type == scheme.KEY_RESULT)
    (spoilt,) = (records[id_].key for id_ in hand.sandbox.sandbox.garbage)
    expected: list[Trouble] = [
        {("unread", spoilt)},
        {("refused", refusing)},
        {("lost", key) for key in lost},
        {("held", keys[3])},
        {("dead_letter", keys[4])},
        set(),
    ]
    for key, trouble in zip(keys, expected, strict=True):
        for door, found in doors.troubles(key).items():
            assert found == trouble, (key, door)
