"""A company that was read, its connector with the door for Forge open, and Forge itself: two installations are paired, of a site each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import AnyHttpUrl
from sqlalchemy import select

from connectors.sandbox import SERVICE, SandboxServer
from connectors.sandbox.site_state.scheme import CONNECTOR
from connectors.store.forge import installations
from connectors.store.forge.installations import AppInstallation, InstallationKey
from connectors.store.people import audit
from connectors.store.schema import delivery, metadata
from plugin.runtime.application import create_app
from plugin.runtime.connector import Connector
from tests.forge import APP_ID, CLOUD_ID, PRODUCTION, Forge, forge_server

NORTH, SOUTH = CLOUD_ID, "5f0a0000-0000-4000-8000-0000000000c2"
ADMIN_TOKEN, READER_TOKEN = "forge-token-of-an-admin", "forge-token-of-a-reader"
SCOPES = frozenset({"read:jira-work", "write:jira-work"})


@dataclass
class World:
    """One connector with two sites, `main` and `south`, and what Forge can do to it."""

    connector: Connector
    sandbox: SandboxServer
    forge: Forge
    app: Flask
    later: timedelta = timedelta(0)

    @property
    def now(self) -> datetime:
        return self.connector.clock()

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def south(self, **more: Any) -> dict[str, Any]:
        """The changes that make a token one of the other installation."""
        return {
            "context__cloudId": SOUTH,
            "app__apiBaseUrl": f"{self.forge.gateway}/ex/jira/{SOUTH}",
            "app__installationId": "ari:cloud:ecosystem::installation/0b4b",
            **more,
        }

    def call(
        self,
        method: str,
        path: str,
        module: str,
        body: Any = None,
        tokens: dict[str, str] | None = None,
        **changes: Any,
    ) -> Any:
        """A call as Forge makes it."""
        headers = self.forge.headers(self.now, module, **changes) | (tokens or {})
        more = {} if body is None else {"data": body} if isinstance(body, bytes) else {"json": body}
        return self.client.open(f"/forge{path}", method=method, headers=headers, **more)

    def post(self, path: str, module: str, body: Any = None, **more: Any) -> Any:
        return self.call("POST", path, module, body, **more)

    def get(self, path: str, module: str, **more: Any) -> Any:
        return self.call("GET", path, module, **more)

    def inbox(self, site: str) -> list[str]:
        """The bodies that wait, oldest first."""
        with self.connector.store.read() as conn:
            found = conn.execute(
                select(delivery.c.body).where(delivery.c.site == site).order_by(delivery.c.id)
            )
            return [bytes(body).decode() for body in found.scalars()]

    def installation(self, cloud: str = NORTH) -> AppInstallation | None:
        with self.connector.store.read() as conn:
            return installations.get(conn, InstallationKey(APP_ID, PRODUCTION, cloud))

    def everything(self) -> dict[str, int]:
        """How many rows each table has: what is refused changes none."""
        with self.connector.store.read() as conn:
            return {name: len(conn.execute(select(table)).all()) for name, table in metadata.tables.items()}

    def audited(self) -> list[str]:
        with self.connector.store.read() as conn:
            return [one.what for one in audit.recent(conn, 100)]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, synced_demo: Callable[..., Any]) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("forge")
    with (
        forge_server() as forge,
        synced_demo(folder, forge={"app_id": APP_ID, "keys_url": forge.url}) as demo,
    ):
        connector: Connector = demo.connector
        forge.gateway = demo.sandbox.url
        connector.settings = connector.settings.model_copy(
            update={"gateway_url": AnyHttpUrl(demo.sandbox.url)}
        )
        accounts = demo.sandbox.sandbox.accounts
        accounts["forge-admin"] = replace(
            CONNECTOR, id="forge-admin", service=True, scoped={ADMIN_TOKEN: SCOPES}
        )
        accounts["forge-reader"] = replace(SERVICE, id="forge-reader", scoped={READER_TOKEN: SCOPES})
        connector.sites["south"] = replace(connector.sites["main"], name="south")
        yield World(connector, demo.sandbox, forge, create_app(connector))


@pytest.fixture
def world(house: World) -> World:
    """Both installations as they are after pairing; nothing else is left by the test before."""
    with house.connector.store.write() as conn:
        for site, cloud, own in (("main", NORTH, "0a3a"), ("south", SOUTH, "0b4b")):
            key = InstallationKey(APP_ID, PRODUCTION, cloud)
            named = f"ari:cloud:ecosystem::installation/{own}"
            installations.pair(conn, key, "PRODUCTION", named, site, house.now)
        conn.execute(delivery.delete())
    house.forge.answer = None
    return house
