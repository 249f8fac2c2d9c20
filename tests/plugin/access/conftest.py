"""A connector over an empty store, its application, and people of every role who are signed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from connectors.store import Store
from connectors.store.people import accounts, audit
from connectors.store.people.accounts import Account
from plugin.access.authentication import passwords
from plugin.runtime.application import create_app
from plugin.runtime.connector import Connector
from plugin.runtime.settings import read_settings

PASSWORD = "correct horse battery staple"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Clock:
    """A clock that a test moves."""

    now: datetime = field(default_factory=lambda: datetime(2026, 11, 22, 10, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **amount: float) -> None:
        self.now += timedelta(**amount)


class House:
    """The connector under test, with ways to act as somebody."""

    def __init__(self, store: Store, folder: Path, **settings: Any) -> None:
        self.clock = Clock()
        given = {
            "database_url": f"sqlite:///{folder / 'okr.sqlite3'}",
            "secret_key": "kept secret " * 4,
            "base_url": "http://okr.test",
            **settings,
        }
        self.connector = Connector(read_settings(env_file=None, **given), store, {}, self.clock)
        self.app: Flask = create_app(self.connector)

    def account(
        self, role: str = "viewer", email: str | None = None, password: str | None = PASSWORD
    ) -> Account:
        """An account, made without ceremony."""
        with self.connector.store.write() as conn:
            made = accounts.add(
                conn,
                email or f"{role}@acme.example",
                role.title(),
                role,
                None if password is None else passwords.hash_password(password),
                self.clock(),
            )
            found = accounts.get(conn, made or 0)
        assert found is not None
        return found

    def browser(self) -> Browser:
        """A browser that nobody has signed in with."""
        client = self.app.test_client()
        client.environ_base["HTTP_ACCEPT"] = "text/html"
        return Browser(client)

    def signed_in(self, role: str = "viewer") -> Browser:
        """A browser in which somebody of this role has signed in by the form."""
        email = f"{role}@acme.example"
        with self.connector.store.read() as conn:
            known = accounts.by_email(conn, email)
        if known is None:
            self.account(role)
        browser = self.browser()
        answer = browser.sign_in(email, PASSWORD)
        assert answer.status_code == 302, answer.text
        return browser

    def log(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Who, what and details of the audit log, newest first."""
        with self.connector.store.read() as conn:
            return [(one.who, one.what, one.detail) for one in audit.recent(conn, 100)]


@dataclass
class Browser:
    """Sends forms as a browser does: with the token of the page they stand on."""

    client: FlaskClient

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, **more)

    def post(self, path: str, page: str | None = None, **fields: Any) -> Any:
        """Send a form that stands on `page` (by default the sign-in or the account page)."""
        text = self.client.get(page or "/account", follow_redirects=True).text
        token = TOKEN.search(text)
        assert token, text
        return self.client.post(path, data={"csrf_token": token.group(1), **fields})

    def sign_in(self, email: str, password: str, **fields: str) -> Any:
        return self.post("/sign-in", "/sign-in", email=email, password=password, **fields)

    def is_in(self) -> bool:
        return bool(self.client.get("/account").status_code == 200)


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real argon2, with parameters that do not slow the tests down."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: cheap)


@pytest.fixture
def house(sqlite_store: Store, tmp_path: Path) -> House:
    return House(sqlite_store, tmp_path)


@pytest.fixture
def house_with(sqlite_store: Store, tmp_path: Path) -> Callable[..., House]:
    """A house with other settings."""
    return lambda **settings: House(sqlite_store, tmp_path, **settings)
