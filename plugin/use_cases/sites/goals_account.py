"""Another account that works with Atlassian Goals beside a site: Goals are known to take an API token without scopes, which a service account has none of."""

from __future__ import annotations

from contextlib import suppress

from connectors.goals import goals_of
from connectors.jira.http.errors import JiraError
from connectors.store.sites.sites import SavedSite
from plugin.access.authorization.actor import Actor
from plugin.runtime.composition import site_from
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.credentials_vault import vault
from plugin.runtime.saved_sites import secrets_of, settings_of_row
from plugin.use_cases.permission import ADMIN, act, question
from plugin.use_cases.sites.own_secrets import keep_secrets, kept_site

EMAIL, TOKEN = "goals_email", "goals_token"
SETTINGS = "JIRA_OKR_JIRA__GOALS_EMAIL and JIRA_OKR_JIRA__GOALS_TOKEN"
CLOUD_ALONE = "Atlassian Goals exist on Jira Cloud alone; {site} is a Jira Data Center."


@question(ADMIN)
def goals_account(connector: Connector, _actor: Actor, site: str) -> str | None:
    """The e-mail address of the account that is for Atlassian Goals alone; None where Jira's works with them."""
    own = connector.site(site).jira.transport.address.goals
    return getattr(own, "email", None)


@act(ADMIN)
def take_goals_account(connector: Connector, actor: Actor, site: str, email: str, token: str) -> None:
    """Let an account work with the goals of a site, once Atlassian took it. Raises Refusal for what cannot be, and JiraError where it is
    refused; then nothing is changed.
    """
    if not email.strip() or not token.strip():
        raise Refusal("Give the e-mail address of the account, and an API token without scopes.", "email")
    saved = kept_site(connector, site, SETTINGS)
    if connector.site(site).jira.deployment != "cloud":
        raise Refusal(CLOUD_ALONE.format(site=site))
    secrets = vault(connector.settings).open(saved.credentials or b"")
    settings = settings_of_row(connector, saved, {**secrets, EMAIL: email, TOKEN: token})
    tried = site_from(settings, connector.settings, connector.store, connector.clock)
    goals_of(tried.jira).scoring()
    given = secrets_of(settings)
    _keep(connector, actor, saved, {**secrets, EMAIL: given[EMAIL], TOKEN: given[TOKEN]}, given[EMAIL])


@act(ADMIN)
def forget_goals_account(connector: Connector, actor: Actor, site: str) -> None:
    """Let the account of Jira work with the goals again. Raises Refusal for what cannot be."""
    saved = kept_site(connector, site, SETTINGS)
    secrets = vault(connector.settings).open(saved.credentials or b"")
    left = {name: one for name, one in secrets.items() if name not in (EMAIL, TOKEN)}
    _keep(connector, actor, saved, left, "that of Jira")


def _keep(connector: Connector, actor: Actor, saved: SavedSite, secrets: dict[str, str], said: str) -> None:
    """What is known of the goals is asked for anew."""
    keep_secrets(connector, saved, secrets, actor.label, "goals account changed", {"account": said})
    with suppress(JiraError):
        connector.catalogue(saved.name, fresh=True)
