"""The application link of a Data Center by which its people prove who they are: kept beside the credentials of the site, and used for nothing else."""

from __future__ import annotations

from plugin.access.authorization.actor import Actor
from plugin.runtime.composition import site_from
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.credentials_vault import vault
from plugin.runtime.saved_sites import secrets_of, settings_of_row
from plugin.use_cases.permission import ADMIN, act, question
from plugin.use_cases.sites.own_secrets import keep_secrets, kept_site

CLIENT_ID, CLIENT_SECRET = "link_client_id", "link_client_secret"
SETTINGS = "JIRA_OKR_JIRA__LINK_CLIENT_ID and JIRA_OKR_JIRA__LINK_CLIENT_SECRET"
CLOUD = (
    "{site} is of Jira Cloud, where one app serves all sites: an operator sets JIRA_OKR_JIRA_SIGN_IN__CLIENT_ID and "
    "JIRA_OKR_JIRA_SIGN_IN__CLIENT_SECRET."
)


@question(ADMIN)
def application_link(connector: Connector, _actor: Actor, site: str) -> str | None:
    """The client id of the link; None where there is none."""
    link = connector.site(site).link
    return None if link is None else link.id


@act(ADMIN)
def take_application_link(
    connector: Connector, actor: Actor, site: str, client_id: str, client_secret: str
) -> None:
    """Let people of a Data Center prove who they are by this link. Raises Refusal for what cannot be; whether that Jira takes it, the first
    who signs in there sees.
    """
    if not client_id.strip() or not client_secret.strip():
        raise Refusal(
            "Give the client id of the application link, and its secret.",
            CLIENT_SECRET if client_id.strip() else CLIENT_ID,
        )
    saved = kept_site(connector, site, SETTINGS)
    if connector.site(site).is_cloud:
        raise Refusal(CLOUD.format(site=site))
    secrets = vault(connector.settings).open(saved.credentials or b"")
    settings = settings_of_row(
        connector, saved, {**secrets, CLIENT_ID: client_id, CLIENT_SECRET: client_secret}
    )
    site_from(settings, connector.settings, connector.store, connector.clock)
    given = secrets_of(settings)
    new = {**secrets, CLIENT_ID: given[CLIENT_ID], CLIENT_SECRET: given[CLIENT_SECRET]}
    keep_secrets(
        connector, saved, new, actor.label, "application link changed", {"client_id": given[CLIENT_ID]}
    )


@act(ADMIN)
def forget_application_link(connector: Connector, actor: Actor, site: str) -> None:
    """Nobody proves by it who they are any more; what was proved stands. Raises Refusal for what cannot be."""
    saved = kept_site(connector, site, SETTINGS)
    secrets = vault(connector.settings).open(saved.credentials or b"")
    left = {name: one for name, one in secrets.items() if name not in (CLIENT_ID, CLIENT_SECRET)}
    if left != secrets:
        keep_secrets(connector, saved, left, actor.label, "application link removed", {})
