"""The address of the GraphQL gateway. Data Center has none; whoever is not signed in is turned away with 401."""

from __future__ import annotations

from flask import Blueprint, Response

from connectors.sandbox.goals import gateway
from connectors.sandbox.site import answer, caller, json_body, site
from connectors.sandbox.traffic.access import JiraAnswerError

routes = Blueprint("gateway", __name__)

PATH = "/gateway/api/graphql"
TAKEN = ("query", "variables", "operationName")


@routes.post(PATH)
def ask() -> Response:
    if site().sandbox.deployment == "datacenter":
        raise JiraAnswerError(404, (f"null for uri: {PATH}",))
    body = json_body(TAKEN)
    asker = gateway.Asker(site().sandbox.goals, caller(), site().base_url)
    return answer(gateway.answer(asker, body))
