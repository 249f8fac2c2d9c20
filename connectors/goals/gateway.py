"""One operation to the gateway, and what its refusals mean. It answers them with status 200: at the top, in the payload, or beside half an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from connectors import typed_json
from connectors.goals.operations import GatewayOperation
from connectors.goals.shapes import Answer, Problem
from connectors.jira.http.errors import (
    AuthFailure,
    IncompleteRead,
    JiraError,
    JiraOutage,
    JiraRefusal,
    RateLimitError,
)
from connectors.jira.http.transport import Transport
from connectors.jira.sign_in.scopes import MissingWriteScope

T = TypeVar("T")

PATH, OAUTH_PATH = "/gateway/api/graphql", "/graphql"
"""Where it is at the address of a site, and at that of Atlassian's gateway, which takes OAuth tokens."""
ANSWER = typed_json.decoder(Answer)
SERVER_FAULT = 500
MOST_MESSAGES = 20
LONGEST_MESSAGE = 500
REMEDIES = {
    400: "The gateway does not understand the question or does not take the value. Look for a newer version of the connector, "
    "and run jira-okr goals check.",
    403: "Give the connector's account access to the goal in Atlassian Goals; an OAuth token needs read:goal:townsquare and "
    "write:goal:townsquare.",
    404: "Check that the goal exists, that the site has Atlassian Goals, and that the connector's account may see it.",
}
SIGN_IN = (
    "Goals are known to take the e-mail address and the API token without scopes of an account that may open them. Where Jira is read by "
    "a service account, or by a token with scopes, give Goals such an account beside it: page Sites, the site; or jira-okr goals account; "
    "or, with the settings, JIRA_OKR_JIRA__GOALS_EMAIL and JIRA_OKR_JIRA__GOALS_TOKEN."
)


def ask(
    transport: Transport,
    operation: GatewayOperation,
    variables: Mapping[str, object],
    shape: type[T],
    path: str = PATH,
) -> T:
    """What one operation answers. Raises JiraError and its kinds; half an answer is none."""
    body = {"query": operation.text, "operationName": operation.name, "variables": dict(variables)}
    try:
        reply = transport.post(path, body, reads=operation.reads).read(ANSWER)
    except (AuthFailure, MissingWriteScope) as error:
        raise _turned_away(error) from None
    if reply.errors:
        raise refusal(reply.errors)
    value: object = reply.data
    try:
        for name in operation.root:
            value = (
                typed_json.decode(value, dict[str, msgspec.Raw]) if isinstance(value, msgspec.Raw) else value
            )
            value = value[name] if isinstance(value, dict) else None
        if isinstance(value, msgspec.Raw):
            return typed_json.decode(value, shape)
    except (msgspec.DecodeError, KeyError, RecursionError) as error:
        raise IncompleteRead(
            f"The answer of Atlassian's gateway to {operation.name} cannot be read: {error!s:.200}."
        ) from None
    raise IncompleteRead(f"Atlassian's gateway answered {operation.name} with nothing.")


def _turned_away(error: JiraError) -> AuthFailure:
    """Goals take another sign-in than Jira: what is wrong with it is said in words of their own."""
    refused = AuthFailure("Atlassian Goals did not accept the sign-in (401).", SIGN_IN, 401)
    refused.asked = error.asked
    return refused


def refusal(problems: Sequence[Problem]) -> JiraError:
    """The error that refusals stand for, by the worst of them: what passes by itself is no word against what was asked."""
    statuses = [one.extensions.status_code if one.extensions else None for one in problems]
    known = [status for status in statuses if status is not None]
    messages = tuple((one.message or "no reason given")[:LONGEST_MESSAGE] for one in problems[:MOST_MESSAGES])
    if 401 in known:
        return AuthFailure("Atlassian Goals did not accept the sign-in (401).", SIGN_IN, 401)
    if 429 in known:
        return RateLimitError("goals-gateway")
    passing = next((status for status in known if status >= SERVER_FAULT), None)
    if passing is not None:
        return JiraOutage(f"Atlassian Goals cannot answer now: {messages[0]}.", status=passing)
    status = known[0] if known else 400
    return JiraRefusal(status, messages, remedy=REMEDIES.get(status, ""))
