"""Jira as our Forge app: by the token that Forge sent along last, kept until it runs out. Nobody hands one out on demand."""

from __future__ import annotations

from connectors.forge.app_token import MARGIN, jira_as
from connectors.jira import Jira
from connectors.jira.http.errors import JiraRefusal
from connectors.store.forge import installations
from connectors.store.forge.installations import AppInstallation
from mappings.facts.app_field import owner_of
from mappings.facts.catalogue import Field
from mappings.write_back.targets.app_field import UNHEARD
from plugin.next_steps import PAIR_APP, Door
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.credentials_vault import vault

NOT_PAIRED = "The Forge app that {field} is of is not paired with this site."
PAIR = f"{PAIR_APP.at(Door.PAGE)} What waits is written once that is done."
NO_TOKEN = "The Forge app has sent no token that still holds: it was not heard of late."  # noqa: S105
HEAR = "Forge sends one with each call, every hour at least. See that the app is installed, and that Atlassian's cloud reaches this connector. What waits is written once one comes."


def jira_as_app(connector: Connector, site: str, field: Field) -> Jira:
    """Jira as the app that owns a field; whoever asks closes it. Raises JiraRefusal, with what to do, where it is not paired or has no token."""
    owner = owner_of(field.custom)
    with connector.store.read() as conn:
        paired = installations.of_site(conn, site)
    mine = [
        one
        for one in paired
        if owner is not None
        and one.uninstalled_at is None
        and owner.is_of(one.key.app_id, one.key.environment_id)
    ]
    if not mine:
        raise JiraRefusal(UNHEARD, (NOT_PAIRED.format(field=field.name),), remedy=PAIR, told=False)
    usable = next((one for one in mine if holds_token(connector, one)), None)
    if usable is None:
        raise JiraRefusal(UNHEARD, (NO_TOKEN,), remedy=HEAR, told=False)
    try:
        return open_jira(connector, usable)
    except Refusal as error:
        raise JiraRefusal(UNHEARD, (str(error),), remedy=PAIR, told=False) from None


def holds_token(connector: Connector, one: AppInstallation) -> bool:
    """Whether an installation has a token that can be used now."""
    end = one.token_expires
    return one.token is not None and end is not None and end > connector.clock() + MARGIN


def open_jira(connector: Connector, one: AppInstallation) -> Jira:
    """Jira as the app of this installation, which holds a token; whoever asks closes it. Raises Refusal where it cannot be opened."""
    settings = connector.settings
    token = vault(settings).open(one.token or b"")["token"]
    gateway = str(settings.gateway_url).rstrip("/")
    return jira_as(token, f"{gateway}/ex/jira/{one.key.cloud_id}", settings.authority)
