"""The Forge app in the Jira of a test, paired with its site, and its token as Forge sent it along last."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import AnyHttpUrl

from connectors.sandbox.goals.goal import CLOUD_ID
from connectors.sandbox.site_state.forge_apps import InstalledApp, install
from connectors.store.forge import installations
from connectors.store.forge.installations import InstallationKey
from plugin.runtime.credentials_vault import vault
from tests.forge import APP_ID, PRODUCTION

TOKEN = "a-token-of-the-app"
KEY = InstallationKey(APP_ID, PRODUCTION, CLOUD_ID)


def installed(hand: Any) -> InstalledApp:
    """Of `main`; the connector calls by the gateway of the sandbox from now on."""
    uuid, environment = APP_ID.rpartition("/")[2], PRODUCTION.rpartition("/")[2]
    found = install(hand.sandbox.sandbox, uuid, environment, TOKEN)
    gateway = {"gateway_url": AnyHttpUrl(hand.sandbox.url)}
    hand.connector.settings = hand.connector.settings.model_copy(update=gateway)
    with hand.connector.store.write() as conn:
        installations.pair(conn, KEY, "PRODUCTION", "x", "main", hand.clock(), url=hand.sandbox.url)
    heard(hand)
    return found


def heard(hand: Any, token: str = TOKEN, key: InstallationKey = KEY) -> None:
    """Forge sent another one along, which holds for four hours."""
    sealed = vault(hand.connector.settings).seal({"token": token})
    with hand.connector.store.write() as conn:
        installations.keep_token(conn, key, sealed, hand.clock() + timedelta(hours=4))
