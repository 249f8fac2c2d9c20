"""Logs: one event a line, ids bound, and no secret in any of them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from plugin.cli.sync import sync_site
from plugin.demonstration import Demo
from plugin.logs import configure_logs, known_secrets
from plugin.settings import read_settings


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    root = logging.getLogger()
    handlers, known = list(root.handlers), structlog.get_config()
    yield
    root.handlers[:] = handlers
    structlog.configure(**known)


def test_a_sync_tells_no_secret(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    settings = demo.connector.settings
    configure_logs("json", logging.DEBUG, known_secrets(settings))
    logging.getLogger("urllib3").setLevel(logging.DEBUG)
    sync_site(demo.connector, "main")
    told = capsys.readouterr().err
    events = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    edited = [one for one in events if one["event"] == "issue edited"]
    assert edited
    assert all({"plan", "objective", "site", "issue"} <= one.keys() for one in edited)
    secrets = known_secrets(settings)
    assert len(secrets) == 3, "token, webhook secret, key"
    assert not [secret for secret in secrets if secret in told]


def test_a_secret_is_blanked_wherever_it_turns_up(capsys: pytest.CaptureFixture[str]) -> None:
    settings = read_settings(
        None,
        database_url="postgresql://okr:hidden-word@db.example/okr",
        jira={"url": "https://jira.example", "pat": "token-of-data-center"},
    )
    configure_logs("json", logging.INFO, known_secrets(settings))
    log = structlog.get_logger("test")
    log.info("called with token-of-data-center", webhook_secret="short", header="Bearer token-of-data-center")
    try:
        raise ValueError("postgresql://okr:hidden-word@db.example/okr")
    except ValueError:
        log.exception("failed")
        logging.getLogger("a.library").exception("failed with hidden-word")
    told = capsys.readouterr().err
    assert told.count("***") >= 4
    assert "token-of-data-center" not in told
    assert "hidden-word" not in told
    assert all(json.loads(line) for line in told.splitlines())
