"""Who asks where no request says so: the account of the token in the settings, with that token's scopes."""

from __future__ import annotations

from plugin.access.authentication import tokens
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal

REMEDY = "Set JIRA_OKR_MCP_TOKEN to an API token: jira-okr token create EMAIL --name assistant makes one; its scope read is enough."


def token_actor(connector: Connector) -> Actor:
    """Whom the token of the settings stands for now; Refusal where it stands for nobody."""
    token = connector.settings.mcp_token
    if token is None:
        raise Refusal(f"Nobody says who asks. {REMEDY}")
    person = tokens.bearer(connector, f"Bearer {token.get_secret_value()}")
    if person is None:
        raise Refusal(f"The token in JIRA_OKR_MCP_TOKEN is unknown, expired or revoked. {REMEDY}")
    return person.actor
