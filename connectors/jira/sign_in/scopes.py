"""What a scoped token has to be allowed: the scopes we need, which call takes which, and what to say where one is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.jira.http.call import Call
from connectors.jira.http.errors import AuthFailure, JiraError, JiraRefusal, read_messages
from connectors.jira.sign_in.credentials import Credentials, GrantedCredentials

APP_WEBHOOKS = ("webhook", "webhook/refresh")
MISMATCH = "scope does not match"
"""What Jira says, with 401, to a token that is good but lacks the scope for a call."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope by the name it has where tokens are made, and what we need it for."""

    name: str
    use: str


READ_WORK = Scope("read:jira-work", "to read issues, fields and projects")
READ_USER = Scope("read:jira-user", "to see whose account it is and to find people")
WRITE_WORK = Scope("write:jira-work", "to write fields, properties and links")
NEEDED = (READ_WORK, READ_USER, WRITE_WORK)
MANAGE_WEBHOOK = Scope("manage:jira-webhook", "to register the webhook by which Jira tells of changes")
"""Of use to an app that a Jira user allows alone: nobody else may register webhooks by scope."""
CONFIGURE = Scope("manage:jira-configuration", "to create fields")
SCREENS = Scope("manage:jira-project", "to put fields on screens")
"""Of use to the set-up alone, where somebody lets it create fields."""
READ_ME = Scope("read:me", "to see who signed in")
"""Of the User identity API, not of Jira: of use to people who prove who they are, and to nothing else."""
READ_ME_REMEDY = "Add the User identity API to the app by which people sign in (developer.atlassian.com, your app, Permissions)."
ADMINISTERED = {
    "issuetypescreenscheme": CONFIGURE,
    "screenscheme": SCREENS,
    "screens": SCREENS,
}
READS = frozenset({"search/jql", "search/approximate-count", "issue/bulkfetch", "changelog/bulkfetch"})
"""What is asked by POST and changes nothing."""
REMEDY = (
    "Scopes cannot be added to a token: make a new one with the scopes "
    f"{', '.join(scope.name for scope in NEEDED)}, at id.atlassian.com under Security, API tokens, or for a service account at "
    "admin.atlassian.com under Directory, Service accounts; then enter it under Sites, or in the settings."
)
BY_HAND = "Create the fields in Jira by hand, or let the set-up be done with a token that has it; the connector needs it for nothing else."
WEBHOOKS = "No scoped token may register webhooks. Register it by hand. See what to type under System, WebHooks in Jira: page Sites, the site."


class MissingScope(AuthFailure):
    """The token is good, but made without a scope that reading takes."""

    def __init__(self, scopes: Sequence[Scope], remedy: str = REMEDY) -> None:
        self.scopes = tuple(scopes)
        super().__init__(f"The token lacks {describe_scopes(self.scopes)}.", remedy, 401)


class MissingWriteScope(JiraRefusal):
    """The token may read, but was made without the scope for this write: that is refused, and reading goes on."""

    def __init__(self, said: tuple[str, ...], scopes: Sequence[Scope], remedy: str) -> None:
        self.scopes = tuple(scopes)
        super().__init__(401, said, remedy=remedy, told=False)


def scope_of(call: Call) -> Scope | None:
    """The scope that a call takes; None for those that no scope is for (webhooks of administrators)."""
    if call.endpoint in APP_WEBHOOKS:
        return MANAGE_WEBHOOK
    if call.endpoint.split("/")[0] in ("webhooks", "jira-webhook"):
        return None
    if call.endpoint.startswith("field/customfield_") or (call.method, call.endpoint) == ("POST", "field"):
        return CONFIGURE
    administered = ADMINISTERED.get(call.endpoint.split("/")[0])
    if administered is not None:
        return administered
    if call.endpoint == "myself" or call.endpoint.startswith("user/"):
        return READ_USER
    return READ_WORK if call.method == "GET" or call.endpoint in READS else WRITE_WORK


def scope_refusal(call: Call, status: int, body: bytes, credentials: Credentials) -> JiraError | None:
    """The error where an answer says that the token lacks the scope for this call."""
    if status != 401:
        return None
    said, _ = read_messages(body)
    if not any(MISMATCH in text for text in said):
        return None
    scope = scope_of(call)
    if scope is None:
        return MissingWriteScope(said, (), WEBHOOKS)
    if scope in (CONFIGURE, SCREENS):
        return MissingWriteScope(said, (scope,), f"The token lacks {describe_scopes((scope,))}. {BY_HAND}")
    if scope in (WRITE_WORK, MANAGE_WEBHOOK):
        return MissingWriteScope(
            said, (scope,), f"The token lacks {describe_scopes((scope,))}. {remedy_of(credentials)}"
        )
    return MissingScope((scope,), remedy_of(credentials))


def remedy_of(credentials: Credentials) -> str:
    """What a person does about a scope that is missing."""
    return credentials.source.scope_remedy if isinstance(credentials, GrantedCredentials) else REMEDY


def describe_scopes(scopes: Sequence[Scope]) -> str:
    """The scopes one by one, with what we need them for."""
    return "; ".join(f"the scope {scope.name}, {scope.use}" for scope in scopes)
