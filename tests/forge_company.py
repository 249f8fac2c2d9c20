"""A company that was read, its connector with the door for Forge open, and Forge itself, which signs what it calls with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

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
            return [bytes(body).decode(errors="replace") for body in found.scalars()]

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


@contextmanager
def company_with_forge(
    synced_demo: Callable[..., AbstractContextManager[Any]], folder: Path, **settings: Any
) -> Iterator[World]:
    """Two people are known at the gateway by the tokens that Forge sends along: one who administers Jira, and one who does not."""
    with (
        forge_server() as forge,
        synced_demo(folder, forge={"app_id": APP_ID, "keys_url": forge.url}, **settings) as demo,
    ):
        connector: Connector = demo.connector
        forge.gateway = demo.sandbox.url
        gateway = {"gateway_url": AnyHttpUrl(demo.sandbox.url)}
        connector.settings = connector.settings.model_copy(update=gateway)
        accounts = demo.sandbox.sandbox.accounts
        accounts["forge-admin"] = replace(
            CONNECTOR, id="forge-admin", service=True, scoped={ADMIN_TOKEN: SCOPES}
        )
        accounts["forge-reader"] = replace(SERVICE, id="forge-reader", scoped={READER_TOKEN: SCOPES})
        connector.sites["south"] = replace(connector.sites["main"], name="south")
        yield World(connector, demo.sandbox, forge, create_app(connector))
