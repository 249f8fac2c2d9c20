"""One connector and its three doors: a signed-in browser, an API token and the command line. Jira is never there."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient

from connectors.sandbox import CONNECTOR
from connectors.store.people import accounts, audit
from plugin.access.authentication import tokens
from plugin.access.authorization import members
from plugin.cli import cli
from plugin.runtime.application import create_app
from plugin.runtime.composition import build_connector
from plugin.runtime.connector import Connector
from plugin.runtime.settings import read_settings
from tests.sign_in import browser_of, password_hash

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
DOORS = ("page", "api", "command")
SCOPES = {"viewer": ["read"], "editor": ["write"], "admin": ["admin", "people"]}


@dataclass
class Doors:
    """The doors of one connector, opened for somebody of a role."""

    connector: Connector
    environment: dict[str, str]
    app: Flask
    browser: FlaskClient
    bearer: dict[str, str]

    def page(self, address: str, **form: Any) -> Any:
        """A form that is sent from a page."""
        found = TOKEN.search(self.browser.get("/account").get_data(as_text=True))
        assert found is not None
        return self.browser.post(address, data={"csrf_token": found.group(1), **form})

    def look(self, address: str) -> str:
        """What a page shows."""
        answer = self.browser.get(address)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_data(as_text=True)

    def api(self, method: str, path: str, body: object = None) -> Any:
        """A call of a program."""
        client = self.app.test_client()
        more = {} if body is None else {"json": body}
        return client.open(f"/api/v1{path}", method=method, headers=self.bearer, **more)

    def command(self, *words: str, typed: str | None = None) -> Result:
        """A command beside the database, with what is typed where it asks."""
        return CliRunner().invoke(cli, list(words), input=typed, env=self.environment)

    def audited(self) -> list[tuple[str, dict[str, Any], str]]:
        """What the audit log holds of acts, oldest first, without who did them, and without what was refused."""
        with self.connector.store.read() as conn:
            found = audit.recent(conn, 100)
        made = ("signed in", "account added", "token created", "not allowed")
        return [(one.what, one.detail, one.site) for one in reversed(found) if one.what not in made]

    def actors(self) -> list[str]:
        """Who did them."""
        with self.connector.store.read() as conn:
            found = audit.recent(conn, 100)
        return [one.who for one in found if one.what not in ("signed in", "account added", "token created")]


@pytest.fixture
def doors_of(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Doors]]:
    """The doors for somebody of this role."""
    path = tmp_path / "okr.sqlite3"
    shutil.copyfile(sqlite_template, path)
    monkeypatch.chdir(tmp_path)
    environment = {
        "JIRA_OKR_DATABASE_URL": f"sqlite:///{path}",
        "JIRA_OKR_JIRA__URL": "http://127.0.0.1:9",
        "JIRA_OKR_JIRA__EMAIL": "a@acme.example",
        "JIRA_OKR_JIRA__TOKEN": "an invented token",
        "JIRA_OKR_SECRET_KEY": "an invented key that is long enough to sign",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    connector = build_connector(read_settings(None))

    yield lambda role: opened(connector, environment, role)
    connector.store.close()


def opened(connector: Connector, environment: dict[str, str], role: str) -> Doors:
    """The doors of this connector for somebody of this role."""
    email = f"{role}@acme.example"
    with connector.store.write() as conn:
        accounts.add(conn, email, role.title(), role, password_hash(), connector.clock())
    account = members.find(connector, email)
    bearer = tokens.issue(connector, account, "a program", SCOPES[role], 1, "test")
    app = create_app(connector)
    browser = browser_of(app, connector, email)
    return Doors(connector, environment, app, browser, {"Authorization": f"Bearer {bearer}"})


@pytest.fixture
def company(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, synced_demo: Callable[..., Any]
) -> Iterator[Doors]:
    """The doors for an admin of a company that was read, with its Jira there."""
    monkeypatch.chdir(tmp_path)
    key = "an invented key that is long enough to sign"
    with synced_demo(tmp_path, secret_key=key) as demo:
        connector = demo.connector
        environment = {
            "JIRA_OKR_DATABASE_URL": f"sqlite:///{tmp_path / 'demo.sqlite3'}",
            "JIRA_OKR_JIRA__URL": demo.sandbox.url,
            "JIRA_OKR_JIRA__EMAIL": CONNECTOR.email,
            "JIRA_OKR_JIRA__TOKEN": CONNECTOR.token,
            "JIRA_OKR_JIRA__WEBHOOK_SECRET": demo.secret,
            "JIRA_OKR_BASE_URL": "https://okr.acme.example",
            "JIRA_OKR_SECRET_KEY": key,
        }
        yield opened(connector, environment, "admin")


@pytest.fixture
def doors(doors_of: Callable[[str], Doors]) -> Doors:
    """The doors for an editor."""
    return doors_of("editor")
