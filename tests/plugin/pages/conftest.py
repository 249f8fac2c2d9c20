"""The pages over an invented company, over nothing, and over a connector beside a sandbox Jira that was read once."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connectors.clock import system_clock
from connectors.store.people import accounts
from docs.screenshots.company import Company, seeded
from plugin.pages import pages_blueprint
from plugin.runtime.application import create_app
from plugin.runtime.composition import build_connector
from plugin.runtime.connector import Connector
from plugin.runtime.demonstration import Demo, demo_world
from plugin.sync.drain import drain
from plugin.sync.resync.full_read import resync
from tests.sign_in import browser_of, password_hash

BROWSER = {"Accept": "text/html"}


def client_of(company: Company) -> FlaskClient:
    app = Flask("pages-under-test")
    app.register_blueprint(pages_blueprint(company))
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT"] = BROWSER["Accept"]
    return client


@pytest.fixture(scope="session")
def company() -> Company:
    return seeded()


@pytest.fixture
def client(company: Company) -> FlaskClient:
    return client_of(company)


@pytest.fixture
def empty_client() -> FlaskClient:
    return client_of(Company())


@pytest.fixture
def client_for():
    return client_of


ROLES = ("viewer", "editor", "admin")
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Desk:
    """The pages as one person sees them; forms are sent with their token."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, address: str) -> TestResponse:
        return self.client.get(address)

    def text(self, address: str) -> str:
        answer = self.get(address)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_data(as_text=True)

    def post(self, address: str, follow: bool = True, **values: Any) -> TestResponse:
        form = {"csrf_token": self.token(), **values}
        return self.client.post(address, data=form, follow_redirects=follow)

    def token(self) -> str:
        found = TOKEN.search(self.client.get("/account").get_data(as_text=True))
        assert found is not None
        return found.group(1)


def desk_of(connector: Connector, role: str) -> Desk:
    email = f"{role}@acme.example"
    return Desk(browser_of(create_app(connector), connector, email))


@pytest.fixture(scope="session")
def read_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Demo, Path]]:
    """A sandbox, and the database of a connector that has read it and written to it once."""
    folder = tmp_path_factory.mktemp("read-once")
    with demo_world(folder / "demo", clock=system_clock) as demo:
        context = demo.connector.context("main")
        resync(context)
        drain(lambda: demo.connector.context("main"))
        with demo.connector.store.write() as conn:
            for role in ROLES:
                now = demo.connector.clock()
                accounts.add(conn, f"{role}@acme.example", role.title(), role, password_hash(), now)
        template = folder / "template.sqlite3"
        with sqlite3.connect(folder / "demo" / "demo.sqlite3") as source, sqlite3.connect(template) as target:
            source.backup(target)
        source.close()
        target.close()
        yield demo, template


@pytest.fixture
def world(read_once: tuple[Demo, Path], tmp_path: Path) -> Iterator[Demo]:
    """A connector of the test's own beside the shared sandbox; nothing here writes to Jira."""
    demo, template = read_once
    path = tmp_path / "okr.sqlite3"
    shutil.copyfile(template, path)
    settings = demo.connector.settings.model_copy(update={"database_url": f"sqlite:///{path}"})
    connector = build_connector(settings)
    yield Demo(demo.sandbox, connector, demo.secret)
    connector.store.close()


@pytest.fixture
def desk(world: Demo) -> Callable[[str], Desk]:
    """Signs somebody of a role in."""
    return lambda role: desk_of(world.connector, role)


@pytest.fixture
def admin(desk: Callable[[str], Desk]) -> Desk:
    return desk("admin")
