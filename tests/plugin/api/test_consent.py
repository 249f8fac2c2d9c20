"""Connecting to Jira by OAuth 2.0 through the API: kept, begun, allowed in a browser, finished."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from pydantic import AnyHttpUrl

from connectors.sandbox import CONNECTOR
from connectors.sandbox.traffic.oauth import OAuthApp, OAuthServer

SCOPES = frozenset({"read:jira-work", "read:jira-user", "write:jira-work", "manage:jira-webhook"})
SECRET = "a secret of the console"


def test_a_site_is_allowed_by_a_jira_user(own_api: Any) -> None:
    url, connector = own_api.sandbox.url, own_api.connector
    here = {name: AnyHttpUrl(url) for name in ("authorization_url", "gateway_url")}
    connector.settings = connector.settings.model_copy(update=here)
    server = own_api.sandbox.site.oauth = OAuthServer(own_api.sandbox.sandbox.clock)
    callback = f"{connector.settings.public_url}/consent"
    server.apps["app"] = OAuthApp("app", SECRET, CONNECTOR.id, SCOPES, "http://localhost/consent")
    given = {"name": "acme", "url": url, "client_id": "app", "client_secret": SECRET}
    kept = own_api.call("POST", "/sites", {**given, "grant": "authorization_code"})
    assert (kept.status_code, kept.json["works"]) == (201, False)
    key = {"Idempotency-Key": "consent-1"}
    begun = own_api.call("POST", "/sites/acme/consent", {}, headers=key)
    assert begun.status_code == 200, begun.json
    repeated = own_api.call("POST", "/sites/acme/consent", {}, headers=key)
    assert repeated.json == {**begun.json, "address": None}, "what its browser alone knows is kept nowhere"
    assert begun.json["callback"] == "http://localhost/consent" != callback
    led = requests.post(begun.json["address"], data={"answer": "accept"}, allow_redirects=False, timeout=10)
    said = {name: one[0] for name, one in parse_qs(urlsplit(led.headers["Location"]).query).items()}
    for role in ("viewer", "editor"):
        assert own_api.call("POST", "/sites/acme/consent", {}, role=role).status_code == 403
        assert own_api.call("POST", "/consent", said, role=role).status_code == 403
    done = own_api.call("POST", "/consent", said)
    assert done.status_code == 200, done.json
    assert (done.json["site"], done.json["tested"]["works"]) == ("acme", True)
    again = own_api.call("POST", "/consent", said)
    assert again.status_code == 409
    assert "used already" in again.json["detail"]
