"""A connector beside a sandbox Jira, read once, and an admin, an editor and a viewer at its pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connectors.store import accounts
from plugin.access import passwords
from plugin.app import create_app
from plugin.connector import Connector
from plugin.demonstration import Demo, demo_world
from plugin.draining import drain
from plugin.sync.resync import resync

PASSWORD = "correct horse battery staple"
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
    with connector.store.write() as conn:
        if accounts.by_email(conn, email) is None:
            accounts.add(conn, email, role.title(), role, passwords.hashed(PASSWORD), connector.clock())
    client = create_app(connector).test_client()
    client.environ_base["HTTP_ACCEPT"] = "text/html"
    page = client.get("/sign-in").get_data(as_text=True)
    found = TOKEN.search(page)
    assert found is not None
    answer = client.post(
        "/sign-in", data={"csrf_token": found.group(1), "email": email, "password": PASSWORD}
    )
    assert answer.status_code == 302
    return Desk(client)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Demo]:
    """A sandbox that has been read and written to once."""
    with demo_world(tmp_path / "demo") as demo:
        context = demo.connector.context("main")
        resync(context)
        drain(context)
        yield demo


@pytest.fixture
def desk(world: Demo) -> Callable[[str], Desk]:
    """Signs somebody of a role in."""
    return lambda role: desk_of(world.connector, role)


@pytest.fixture
def admin(desk: Callable[[str], Desk]) -> Desk:
    return desk("admin")
