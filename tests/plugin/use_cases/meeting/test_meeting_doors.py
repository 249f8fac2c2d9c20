"""A meeting has one agenda, whoever asks for it: API, command and pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

from plugin.access.authentication import tokens
from plugin.access.authorization import members
from plugin.cli import cli
from plugin.runtime.application import create_app


def test_a_meeting_is_told_alike_at_every_door(
    tmp_path: Path, synced_demo: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with synced_demo(tmp_path) as demo:
        connector = demo.connector
        account = members.add(connector, "viewer@acme.example", "Viewer", "viewer", None, "tests")
        bearer = {
            "Authorization": f"Bearer {tokens.issue(connector, account, 'tests', ['read'], 30, 'tests')}"
        }
        client = create_app(connector).test_client()
        told = client.get("/api/v1/meeting", headers=bearer).json
        brief, slides = (
            BeautifulSoup(client.get(path, headers=bearer).text, "html.parser")
            for path in ("/brief", "/present")
        )
        jira = connector.settings.jira
        for name, value in (
            ("DATABASE_URL", connector.settings.database_url),
            ("JIRA__URL", str(jira.url)),
            ("JIRA__EMAIL", jira.email),
            ("JIRA__TOKEN", jira.token.get_secret_value()),
        ):
            monkeypatch.setenv(f"JIRA_OKR_{name}", value)
        by_command = CliRunner().invoke(cli, ["brief", "--json"])
        in_words = CliRunner().invoke(cli, ["brief"])

    assert json.loads(by_command.stdout) == told
    assert told["headline"] in in_words.stdout
    for one in told["agenda"]:
        assert set(one) > {"key", "progress_exact", "reason", "question"}
    assert sum(team["objectives"] for team in told["teams"]) > 0
    assert brief.select_one("h1").text == told["headline"]
    titles = [slide.select_one("h1, h2").text for slide in slides.select(".slide")]
    assert titles[1:] == [one["title"] for one in told["agenda"]]
