"""`/authorize` and `/oauth/token` of Atlassian's authorisation server, whom an access token is of, and the sites that it is good for."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import msgspec
from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from connectors import typed_json
from connectors.sandbox.goals.goal import CLOUD_ID
from connectors.sandbox.site import raw, site
from connectors.sandbox.site_state.scheme import Account
from connectors.sandbox.traffic.api_gateway import refusal
from connectors.sandbox.traffic.oauth import OFFLINE, READ_ME, OAuthApp, OAuthRefusal, TokenFamily

POLICY = "default-src 'self'; base-uri 'none'; frame-ancestors 'none'"


def consent_routes(
    name: str, asking: Callable[[dict[str, str]], OAuthApp], prefix: str | None = None
) -> Blueprint:
    """`/authorize` of an authorisation server, for the client that is `asking`; and refusals as OAuth says them."""
    routes = Blueprint(name, __name__, url_prefix=prefix)

    @routes.errorhandler(OAuthRefusal)
    def refuse(problem: OAuthRefusal) -> Response:
        return raw(msgspec.json.encode(problem.body()), problem.status)

    @routes.get("/authorize")
    def show_consent() -> Response:
        """What a person is asked; here everybody is signed in already."""
        args = request.args.to_dict()
        return _consent_page(asking(args), args)

    @routes.post("/authorize")
    def take_consent() -> AnyResponse:
        """What the person said: back to whoever asked."""
        args = request.args.to_dict()
        return _sent_back(asking(args), args)

    return routes


routes = consent_routes("authorization", lambda args: site().oauth.asked(args))


def _consent_page(app: OAuthApp, args: dict[str, str]) -> Response:
    """The page on which a person is asked."""
    account = _account(site().oauth.signed_in or app.account)
    shown = render_template(
        "sandbox/consent.html",
        account=account.name,
        url=site().base_url,
        scopes=sorted(args["scope"].split()),
        action=f"{request.path}?{urlencode(args)}",
    )
    answer = make_response(shown)
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


def _sent_back(app: OAuthApp, args: dict[str, str]) -> AnyResponse:
    """The browser on its way to the app, with a code or with what the person said."""
    if request.form.get("answer") != "accept":
        said = {"error": "access_denied", "error_description": "User did not authorize the request"}
    else:
        said = {"code": site().oauth.consent(app, args, frozenset(request.form.getlist("without")))}
    return redirect(f"{app.redirect_uri}?{urlencode({**said, 'state': args['state']})}", 302)


@routes.post("/oauth/token")
def token() -> Response:
    if request.mimetype != "application/json":
        raise OAuthRefusal(400, "invalid_request", "The body has to be JSON.")
    try:
        body = typed_json.decode(request.get_data(), dict[str, str])
    except msgspec.DecodeError:
        raise OAuthRefusal(400, "invalid_request", "The body has to be JSON.") from None
    given = raw(msgspec.json.encode(site().oauth.token(body)))
    if site().oauth.lose_answer:
        site().oauth.lose_answer = False
        return Response(status=504, headers={"X-Sandbox-Cut": "0"})
    return given


@routes.get("/me")
def me() -> Response:
    """The User identity API: of the token, whatever site."""
    family = _family()
    if family is None:
        return refusal("Unauthorized")
    if READ_ME not in family.scopes:
        return refusal("Unauthorized; scope does not match")
    account = _account(family.account)
    told = {
        "account_type": "atlassian",
        "account_id": account.id,
        "email": account.email,
        "name": account.name,
        "picture": f"{site().base_url}/static/sandbox.svg",
        "account_status": "active",
        "nickname": account.name,
        "zoneinfo": account.time_zone,
        "locale": "en-US",
    }
    return raw(msgspec.json.encode(told))


def _account(id_: str) -> Account:
    return site().sandbox.accounts.get(id_) or site().strangers[id_]


def _family() -> TokenFamily | None:
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    return site().oauth.bearer(given.strip()) if kind.lower() == "bearer" else None


@routes.get("/oauth/token/accessible-resources")
def resources() -> Response:
    family = _family()
    if family is None:
        return refusal("Unauthorized")
    told = {
        "id": CLOUD_ID,
        "url": site().base_url,
        "name": "northwind",
        "scopes": sorted(family.scopes - {OFFLINE}),
        "avatarUrl": f"{site().base_url}/static/sandbox.svg",
    }
    return raw(msgspec.json.encode([told, *site().other_resources]))
