"""Dynamic webhooks of OAuth 2.0 apps: registered by the app, over after 30 days, told with a JWT in the place of a signature of the body."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey

from connectors.sandbox.site_state.state import Json
from connectors.sandbox.traffic.access import JiraAnswerError, bad_request
from connectors.sandbox.traffic.oauth import OAuthApp

LIFE = timedelta(days=30)
MOST = 5
"""Webhooks of an app for one user of one site."""
EVENTS = frozenset(
    [
        "jira:issue_created",
        "jira:issue_updated",
        "jira:issue_deleted",
        "comment_created",
        "comment_updated",
        "comment_deleted",
        "issue_property_set",
        "issue_property_deleted",
        "sprint_created",
        "sprint_updated",
        "sprint_closed",
        "sprint_deleted",
        "sprint_started",
        "jira:version_released",
        "jira:version_unreleased",
        "jira:version_created",
        "jira:version_moved",
        "jira:version_updated",
        "jira:version_merged",
        "jira:version_deleted",
    ]
)
"""The contract's: those of admin webhooks are more."""
NO_APP = "Only Connect and OAuth 2.0 apps can use this operation."
_CLAUSE = re.compile(
    r"\s*(?P<field>issueKey|project|issuetype|status|assignee|reporter)\s*"
    r"(?:(?:!=|=)\s*[^\s()<>~]+|(?:NOT\s+)?IN\s*\([^()<>~]+\))\s*",
    re.IGNORECASE,
)
LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class AppWebhook:
    """One of an app, as one user registered it."""

    id: int
    app: OAuthApp
    account: str
    url: str
    events: tuple[str, ...]
    jql: str
    until: datetime


class AppWebhooks:
    """Those of one site, by number."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._last = 999
        self.all: dict[int, AppWebhook] = {}

    def of(self, app: OAuthApp | None, account: str) -> list[AppWebhook]:
        """What an app registered for a user and is not over; 403 for a caller that is no app."""
        self._require_app(app)
        return [one for one in self._living() if (one.app, one.account) == (app, account)]

    def register(self, app: OAuthApp | None, account: str, body: Mapping[str, Any]) -> list[Json]:
        """What became of each, in the order of the request."""
        app = self._require_app(app)
        url, asked = body.get("url"), body.get("webhooks")
        if not isinstance(url, str) or not isinstance(asked, list) or not asked:
            raise bad_request("The url and the webhooks have to be given.")
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise bad_request("The URL of a webhook has to be https.")
        others = {one.url for one in self._living() if one.app is app} - {url}
        if others:
            raise bad_request("Only a single URL per app is allowed to be registered.")
        return [self._registered(app, account, url, one) for one in asked]

    def _registered(self, app: OAuthApp, account: str, url: str, asked: Mapping[str, Any]) -> Json:
        faults = _faults(asked)
        if len(self.of(app, account)) >= MOST:
            faults.append(f"An app may have {MOST} webhooks for a user.")
        if faults:
            return {"errors": faults}
        self._last += 1
        self.all[self._last] = AppWebhook(
            id=self._last,
            app=app,
            account=account,
            url=url,
            events=tuple(asked["events"]),
            jql=asked["jqlFilter"],
            until=self._clock() + LIFE,
        )
        return {"createdWebhookId": self._last}

    def refresh(self, app: OAuthApp | None, account: str, ids: Iterable[int]) -> datetime:
        """They live 30 days more, from now; those that are over, or of others, are passed over without a word."""
        until = self._clock() + LIFE
        for one in self._named(app, account, ids):
            self.all[one.id] = replace(one, until=until)
        return until

    def remove(self, app: OAuthApp | None, account: str, ids: Iterable[int]) -> None:
        """They are gone; those of others are passed over without a word."""
        for one in self._named(app, account, ids):
            del self.all[one.id]

    def _named(self, app: OAuthApp | None, account: str, ids: Iterable[int]) -> list[AppWebhook]:
        wanted = set(ids)
        if not wanted:
            raise bad_request("The list of webhook IDs is missing.")
        return [one for one in self.of(app, account) if one.id in wanted]

    def heard_by(self, event: str) -> list[AppWebhook]:
        """Those that are told of an event: of an app that is not public only where its owner registered them, and no word why not."""
        return [
            one
            for one in self._living()
            if event in one.events and (one.app.public or one.account == one.app.owner)
        ]

    def _living(self) -> list[AppWebhook]:
        return [one for one in self.all.values() if one.until > self._clock()]

    @staticmethod
    def _require_app(app: OAuthApp | None) -> OAuthApp:
        if app is None or app.service:
            raise JiraAnswerError(403, (NO_APP,))
        return app


def show_webhook(webhook: AppWebhook) -> Json:
    """As the API shows it."""
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": list(webhook.events),
        "jqlFilter": webhook.jql,
        "expirationDate": int(webhook.until.timestamp() * 1000),
    }


def bearer(app: OAuthApp, now: datetime) -> str:
    """What stands in the Authorization header of a delivery."""
    claims = {"iss": app.client_id, "iat": int(now.timestamp()), "exp": int(now.timestamp()) + 180}
    return f"Bearer {jwt.encode({'alg': 'HS256'}, claims, OctKey.import_key(app.secret))}"


def _faults(asked: Mapping[str, Any]) -> list[str]:
    events, jql = asked.get("events"), asked.get("jqlFilter")
    faults = [f"The property {name} is unknown." for name in set(asked) - {"events", "jqlFilter"}]
    if not isinstance(events, list) or not events:
        faults.append("The events have to be given.")
    else:
        faults += [f"The event {name} is unsupported" for name in events if name not in EVENTS]
    if not isinstance(jql, str) or not jql.strip():
        return [*faults, "The jqlFilter has to be given."]
    clauses = re.split(r"\s+AND\s+", jql, flags=re.IGNORECASE)
    return faults + [f"The clause {one} is unsupported" for one in clauses if not _CLAUSE.fullmatch(one)]
