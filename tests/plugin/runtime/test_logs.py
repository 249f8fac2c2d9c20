"""Logs: one event a line, ids bound, and no secret in any of them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import quote

import pytest
import structlog

from connectors.sandbox import CONNECTOR
from connectors.store import StoreError
from connectors.store.sites import sites
from plugin.cli.work.sync import sync_site
from plugin.runtime.composition import build_connector
from plugin.runtime.connector import Connector
from plugin.runtime.credentials_vault import vault
from plugin.runtime.demonstration import Demo
from plugin.runtime.processes.logs import configure_logs, forms, known_secrets
from plugin.runtime.saved_sites import NewSite, add_site, open_sites
from plugin.runtime.settings import read_settings


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
    assert len(set(secrets)) == 4, "token, webhook secret, key, and the address of a channel"
    assert not [secret for secret in secrets if secret in told]


def test_a_line_for_which_there_is_no_room_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Log and database often share the disk that is full."""
    with open("/dev/full", "w") as full:  # noqa: PTH123
        monkeypatch.setattr("sys.stderr", full)
        configure_logs("json")
        structlog.get_logger("jira_okr.tests").error("delivery could not be stored", site="main")
        logging.getLogger("jira_okr.tests").error("from a library")
        with suppress(OSError):
            full.close()


def test_the_secrets_of_a_site_are_known_as_soon_as_it_is_opened(
    demo: Demo, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs("json", logging.INFO, known_secrets(demo.connector.settings))
    elsewhere = build_connector(demo.connector.settings)
    watch = open_sites(elsewhere)
    new = NewSite(
        "acme",
        demo.sandbox.url,
        email=CONNECTOR.email,
        token=CONNECTOR.token,
        webhook_secret='quoted "ß" word',
    )
    add_site(demo.connector, new, "test")
    _nothing_is_told(capsys, demo.connector)
    with demo.connector.store.write() as conn:
        renewed = vault(demo.connector.settings).seal(
            {"pat": "a token of next year", "webhook_secret": "renewed word"}
        )
        sites.put(
            conn, "acme", {"url": demo.sandbox.url, "deployment": "datacenter"}, renewed, elsewhere.clock()
        )
    watch.look()
    _nothing_is_told(capsys, elsewhere)
    elsewhere.store.close()


def _nothing_is_told(capsys: pytest.CaptureFixture[str], connector: Connector) -> None:
    """Whatever is secret about a site is said in every way in which a fault could say it, and not told."""
    site = connector.site("acme")
    credentials = site.jira.transport.address.credentials
    header = str(credentials.header())
    told = [
        header,
        str(site.webhook_secret),
        str(site.path_token),
        f"https://x/{quote(str(site.webhook_secret))}",
    ]
    log = structlog.get_logger("test")
    log.info("said", words=told, text=repr(told), made="okr_" + "x" * 43)
    logging.getLogger("a.library").error("said %r", told)
    said = capsys.readouterr().err
    secrets = [header.split()[-1], str(site.path_token), "okr_xxx", "quoted", "renewed", "next year"]
    assert not [secret for secret in secrets if secret in said]
    assert said.count("***") >= 8


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


@pytest.mark.parametrize(
    ("form", "line"),
    [("json", '{"site": "main", "event": "read", "level": "info", "timestamp": '), ("plain", "read   ")],
)
def test_lines_are_for_machines_or_for_people(
    form: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(form)
    structlog.get_logger("test").info("read", site="main")
    told = capsys.readouterr().err
    assert (told.startswith("{"), line in told) == (form == "json", True)


def test_a_secret_has_as_many_faces_as_a_line_can_give_it() -> None:
    assert forms("plain-word") == {"plain-word"}
    assert forms("a/b ß\n'") == {
        "a/b ß\n'",  # as it is
        "a%2Fb%20%C3%9F%0A%27",  # in an address
        "a/b \\u00df\\n'",  # in JSON of ASCII
        "a/b ß\\n'",  # in JSON, and as Python shows it
    }


@pytest.mark.parametrize("fault", [StoreError("the disk is full", "okr.db", "free some"), ValueError("ours")])
def test_what_the_database_cannot_do_is_a_sentence_and_no_traceback(
    fault: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs("json", logging.INFO)
    try:
        raise fault
    except Exception:
        structlog.get_logger().exception("job failed", site="main")
    line = json.loads(capsys.readouterr().err)
    is_ours = not isinstance(fault, StoreError)
    assert ("Traceback" in line.get("exception", "")) is is_ours
    assert line.get("error") == (None if is_ours else "the disk is full (okr.db). To do: free some.")
    assert (line["level"], line["site"]) == ("error", "main")
