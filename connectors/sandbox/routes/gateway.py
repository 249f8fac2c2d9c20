"""The addresses of the GraphQL gateway: at the site for API tokens without scopes, at Atlassian's own for tokens of OAuth. Data Center has none;
whoever is not signed in is turned away with 401.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from connectors.sandbox.goals import gateway
from connectors.sandbox.site import answer, caller, json_body, site
from connectors.sandbox.traffic.access import JiraAnswerError, scoped_account
from connectors.sandbox.traffic.api_gateway import refusal

routes = Blueprint("gateway", __name__)

PATH, OAUTH_PATH = "/gateway/api/graphql", "/graphql"
TAKEN = ("query", "variables", "operationName")


@routes.post(PATH)
def ask() -> Response:
    if site().sandbox.deployment == "datacenter":
        raise JiraAnswerError(404, (f"null for uri: {PATH}",))
    body = json_body(TAKEN)
    asker = gateway.Asker(site().sandbox.goals, caller(), site().base_url)
    return answer(gateway.answer(asker, body))


@routes.post(OAUTH_PATH)
def ask_by_oauth() -> Response:
    """For tokens that were granted, each for what its scopes allow. That scoped API tokens are taken is written nowhere: here they are not."""
    found = scoped_account(site().sandbox, site().oauth, request.headers.get("Authorization"))
    if site().sandbox.deployment == "datacenter" or found is None or found.app is None:
        return refusal("Unauthorized")
    body = json_body(TAKEN)
    asker = gateway.Asker(site().sandbox.goals, found.account, site().base_url, found.scopes)
    return answer(gateway.answer(asker, body))
