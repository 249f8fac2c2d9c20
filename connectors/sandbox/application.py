"""The Flask app over one site: who is calling, which API version, planned faults, and Jira's error bodies."""

from __future__ import annotations

import time

import msgspec
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from connectors.sandbox import board, messages
from connectors.sandbox.goals import page
from connectors.sandbox.goals.goal import CLOUD_ID
from connectors.sandbox.routes import (
    app_webhook,
    application_link,
    authorization,
    configuration,
    control,
    forge_app,
    gateway,
    issue,
    metadata,
    remote_link,
    search,
)
from connectors.sandbox.site import Site, raw, site
from connectors.sandbox.site_state.scheme import Account
from connectors.sandbox.traffic import scopes
from connectors.sandbox.traffic.access import JiraAnswerError, account_for, scoped_account
from connectors.sandbox.traffic.api_gateway import refusal, with_gateway
from connectors.sandbox.traffic.calls import endpoint
from connectors.sandbox.traffic.faults import Fault, rate_limit_headers
from connectors.sandbox.traffic.limits import BURST_REASON
from connectors.sandbox.traffic.oauth import scoped_by_consent
from connectors.url_rule import UrlRule

API_PATHS = ("/rest/", "/gateway/")
LINKS = f"{application_link.PREFIX}/"
OPEN_PATHS = ("/rest/api/2/serverInfo", "/rest/api/3/serverInfo", "/rest/api/latest/serverInfo")


def create_app(one: Site) -> Flask:
    """The app of a site; Jira's API under /rest and, on Cloud, behind Atlassian's gateway, the board at /, the controls under /_sandbox."""
    app = Flask(__name__, static_folder="static")
    app.url_rule_class = UrlRule
    app.extensions["sandbox"] = one
    app.before_request(_enter)
    app.teardown_request(_leave)
    app.register_error_handler(JiraAnswerError, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.after_request(_tear)
    for blueprint in (
        metadata.routes,
        configuration.routes,
        search.routes,
        issue.routes,
        remote_link.routes,
    ):
        app.register_blueprint(blueprint, url_prefix="/rest/api/<version>")
    for place in _webhook_paths(one):
        app.register_blueprint(control.webhooks, url_prefix=place)
    app.register_blueprint(control.control)
    app.register_blueprint(gateway.routes)
    app.register_blueprint(board.routes)
    app.register_blueprint(page.routes)
    app.register_blueprint(messages.routes)
    app.url_value_preprocessor(_take_version)
    cloud = one.sandbox.deployment == "cloud"
    if not cloud:
        app.register_blueprint(metadata.tokens, url_prefix="/rest/pat/<version>")
        app.register_blueprint(application_link.routes)
    if cloud:
        app.register_blueprint(authorization.routes)
        app.register_blueprint(app_webhook.routes, url_prefix="/rest/api/<version>")
        app.register_blueprint(configuration.cloud_routes, url_prefix="/rest/api/<version>")
        app.register_blueprint(forge_app.routes, url_prefix="/rest/api/<version>")
        app.add_url_rule("/_edge/tenant_info", view_func=_tenant)
    app.wsgi_app = with_gateway(app.wsgi_app, cloud=cloud)  # type: ignore[method-assign,assignment]
    return app


def _tenant() -> Response:
    """Which site this is, to anybody who asks."""
    return raw(msgspec.json.encode({"cloudId": CLOUD_ID}))


def _webhook_paths(one: Site) -> list[str]:
    moved = one.sandbox.deployment == "datacenter" and not one.before_ten
    return ["/rest/jira-webhook/1.0/webhooks"] if moved else ["/rest/webhooks/1.0/webhook"]


def _take_version(_endpoint: str | None, values: dict[str, str] | None) -> None:
    g.version = "2"
    if values and "version" in values:
        asked = values.pop("version")
        datacenter = site().sandbox.deployment == "datacenter"
        newest = "2" if datacenter else "3"
        known = {"2": "2", "latest": newest} if datacenter else {"2": "2", "3": "3", "latest": newest}
        if asked not in known:
            raise JiraAnswerError(404, (f"null for uri: {request.path}",))
        g.version = known[asked]


def _enter() -> Response | None:
    """Before each call to Jira: read the body (the connection is kept), count, meet the planned fault, know the caller, lock."""
    request.get_data()
    if not request.path.startswith(API_PATHS):
        _lock()
        return None
    site().calls.count(request.method, request.path)
    bursts = site().bursts
    if bursts is not None and not bursts.admit(request.method, endpoint(request.path)):
        return _meet(Fault("rate_limit", reason=BURST_REASON))
    fault = site().faults.take(request.method, request.path)
    if fault is not None:
        met = _meet(fault)
        if met is not None:
            return met
    limited = _spend_call()
    if limited is not None:
        return limited
    refused = _know_caller()
    if refused is None:
        _lock()
    return refused


def _know_caller() -> Response | None:
    """Put the account behind the call in its place, at the gateway only where the token has the scope for it."""
    sandbox, header = site().sandbox, request.headers.get("Authorization")
    if (
        not request.script_root or sandbox.deployment == "datacenter"
    ):  # which has no gateway, and a context path
        public = site().public or request.path in OPEN_PATHS or request.path.startswith(LINKS)
        g.account = _linked(header) or account_for(sandbox, header, public=public)
        return None
    found = scoped_account(sandbox, site().oauth, header)
    if found is None:
        return refusal("Unauthorized")
    scope = scopes.scope_of_call(request.method, request.path)
    if scope is not None and scope not in found.scopes:
        return refusal("Unauthorized; scope does not match")
    g.account, g.app, g.base_url = found.account, found.app, site().base_url + request.script_root
    return None


def _linked(header: str | None) -> Account | None:
    """Who is behind a token of an application link, which reads and does no more."""
    kind, _, token = (header or "").partition(" ")
    found = scoped_by_consent(site().oauth, site().sandbox.accounts, token) if kind == "Bearer" else None
    return found.account if found is not None and request.method == "GET" else None


def _spend_call() -> Response | None:
    """Data Center counts the calls of each account, where its admin wants that."""
    users = site().users
    if users is None:
        return None
    g.credentials = request.headers.get("Authorization") or "anonymous"
    if users.admit(g.credentials):
        return None
    refused = JiraAnswerError(429, ("Rate limit exceeded.",), bare=True)
    refused.headers = users.headers(g.credentials, refused=True)
    return _refused(refused)


def _lock() -> None:
    site().sandbox.lock.acquire()
    g.locked = True


def _leave(_problem: BaseException | None) -> None:
    if g.pop("locked", False):
        site().sandbox.lock.release()


def _meet(fault: Fault) -> Response | None:
    if fault.kind == "rate_limit":
        refused = JiraAnswerError(429, ("Rate limit exceeded.",), bare=True)
        refused.headers = rate_limit_headers(fault, site().sandbox.clock(), site().sandbox.deployment)
        return _refused(refused)
    if fault.kind == "status":
        return _in_shape(fault)
    if fault.kind == "unauthorized":
        return _refused(
            JiraAnswerError(401, ("Client must be authenticated to access this resource.",), bare=True)
        )
    if fault.kind == "timeout":
        time.sleep(fault.seconds)
        return Response(status=504, headers={"X-Sandbox-Cut": "0"})
    if fault.kind == "expired_token":
        site().searcher.expire_tokens = True
    g.fault = fault.kind
    return None


def _in_shape(fault: Fault) -> Response:
    """A status in the words of Jira, or of whatever stands before it."""
    if fault.shape == "jira":
        return _refused(JiraAnswerError(fault.status, (fault.message,)))
    page = f"<!DOCTYPE html><html><body><h1>{fault.status}</h1></body></html>"
    body, mimetype = {
        "html": (page, "text/html"),
        "empty": ("", "text/plain"),
        "text": ("Blocked by the gateway.", "text/plain"),
        "list": ("[]", "application/json"),
        "gateway": (f'{{"code": {fault.status}, "message": "{fault.message}"}}', "application/json"),
        "object": ('{"status": "ok", "id": "gw-1"}', "application/json"),
    }[fault.shape]
    response = Response(body, fault.status, mimetype=mimetype)
    if 300 <= fault.status < 400:
        response.headers["Location"] = "/login.jsp"
    return response


def _tear(response: Response) -> Response:
    """Say how many calls are left; announce the whole body and send half of it, for the fault `torn`."""
    users = site().users
    if users is not None and "credentials" in g:
        for name, value in users.headers(g.credentials).items():
            response.headers.setdefault(name, value)
    if g.get("fault") == "torn":
        response.headers["X-Sandbox-Cut"] = str(len(response.get_data()) // 2)
    return response


def _refused(problem: JiraAnswerError) -> Response:
    response = raw(msgspec.json.encode(problem.body()), problem.status)
    response.headers.update(problem.headers)
    return response


def _http_error(problem: HTTPException) -> Response:
    status = problem.code or 500
    return _refused(JiraAnswerError(status, (f"{problem.name} for uri: {request.path}",)))
