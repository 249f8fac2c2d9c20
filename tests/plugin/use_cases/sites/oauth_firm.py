"""A Jira Cloud that gives tokens by OAuth 2.0 alone, its clock, and connectors that share a database as processes do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from connectors.sandbox import CONNECTOR, SERVICE, SandboxServer
from connectors.sandbox.traffic.oauth import OAuthApp, OAuthServer
from connectors.store.people import audit
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.runtime.composition import build_connector
from plugin.runtime.connector import Connector
from plugin.runtime.settings import read_settings
from plugin.use_cases.sites import consent
from plugin.use_cases.sites.consent import ConsentResult
from tests.empty_database import lay_empty_database

CALLBACK = "https://okr.acme.example/consent"
ASKED = ("read:jira-work", "read:jira-user", "write:jira-work")
MORNING = datetime(2026, 11, 29, 8, tzinfo=UTC)
APP, ROBOT = "app-client", "robot-client"
SECRETS = {APP: "app-secret-of-the-console", ROBOT: "robot-secret-shown-once"}
GRANTS = {APP: "authorization_code", ROBOT: "client_credentials"}


@dataclass
class Firm:
    """The sandbox, and what time it is there and here."""

    sandbox: SandboxServer
    folder: Path
    now: datetime = MORNING
    opened: list[Connector] = field(default_factory=list)
    database: str = ""
    """In the place of a file in the folder."""

    @property
    def oauth(self) -> OAuthServer:
        return self.sandbox.site.oauth

    def later(self, **amount: float) -> None:
        self.now += timedelta(**amount)

    def process(self, client: str | None = APP, server: str = "", **jira: Any) -> Connector:
        """One more, by the settings of all; of a site that signs in as this client, or of none. `server` in the place of the sandbox gives tokens."""
        given: dict[str, Any] = {
            "authorization_url": server or self.sandbox.url,
            "gateway_url": self.sandbox.url,
        }
        if client is not None:
            by = {"client_id": client, "client_secret": SECRETS[client], "grant": GRANTS[client]}
            given["jira"] = {"url": self.sandbox.url, **by, **jira}
        database = self.database or f"sqlite:///{self.folder / 'okr.sqlite3'}"
        if not self.database:
            lay_empty_database(self.folder / "okr.sqlite3")
        settings = read_settings(None, database_url=database, secret_key="kept secret " * 4, **given)
        self.opened.append(build_connector(settings, lambda: self.now))
        return self.opened[-1]

    def begun(self, connector: Connector, site: str = "main") -> str:
        return consent.begin(connector, COMMAND_LINE, site, CALLBACK).address

    def allowed(self, address: str, answer: str = "accept", without: tuple[str, ...] = ()) -> dict[str, str]:
        """What comes back to us once the person has said so in the browser."""
        said = requests.post(
            address, data={"answer": answer, "without": without}, allow_redirects=False, timeout=10
        )
        assert said.status_code == 302, said.text
        assert said.headers["Location"].startswith(f"{CALLBACK}?")
        return {name: one[0] for name, one in parse_qs(urlsplit(said.headers["Location"]).query).items()}

    def connected(self, connector: Connector, site: str = "main") -> ConsentResult:
        said = self.allowed(self.begun(connector, site))
        return consent.finish(connector, COMMAND_LINE, said["state"], said["code"])

    def audited(self, connector: Connector) -> list[str]:
        with connector.store.read() as conn:
            return [one.what for one in audit.recent(conn, 50)]

    def begin_anew(self, folder: Path) -> None:
        """Nothing of the test before is left."""
        for one in self.opened:
            one.store.close()
        self.opened.clear()
        self.folder, self.now, self.database = folder, MORNING, ""
        self.sandbox.site.oauth = OAuthServer(lambda: self.now)
        self.sandbox.site.other_resources = []
        self.sandbox.site.app_webhooks.all.clear()
        scopes = frozenset(ASKED)
        of_app = scopes | {"manage:jira-webhook"}
        for app in (
            OAuthApp(APP, SECRETS[APP], CONNECTOR.id, of_app, CALLBACK, owner=CONNECTOR.id),
            OAuthApp(ROBOT, SECRETS[ROBOT], SERVICE.id, scopes, service=True),
        ):
            self.oauth.apps[app.client_id] = app


@contextmanager
def oauth_firm(folder: Path) -> Iterator[Firm]:
    made: list[Firm] = []
    with SandboxServer(clock=lambda: made[0].now if made else MORNING) as sandbox:
        made.append(Firm(sandbox, folder))
        yield made[0]
