"""The Flask application: webhooks, API, pages and the operator's endpoints over one Connector."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response
from flask_compress import Compress
from flask_openapi.openapi import OpenAPI
from werkzeug.exceptions import HTTPException

from connectors.store import StoreError, hurry
from connectors.url_rule import UrlRule
from plugin.access.authorization.permission import Lane, rule_of
from plugin.api import register_api
from plugin.api.protocol.openapi import PREFIX
from plugin.badges import badges_blueprint
from plugin.doors.access_log import access_log
from plugin.doors.guard import guard, identify
from plugin.doors.problem import MEDIA, problem_text
from plugin.forge import door as forge
from plugin.forge import forge_blueprint
from plugin.operations import operations_blueprint
from plugin.pages import pages_blueprint
from plugin.pages.accounts.access import access_blueprint
from plugin.pages.control import control_blueprint
from plugin.pages.frame.guard import content_security_policy
from plugin.pages.stored_sources import StoredSources
from plugin.runtime.connector import Connector, Refusal
from plugin.unsubscribe import unsubscribe_blueprint
from plugin.webhooks import delivery_size, webhooks_blueprint

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LARGEST_REQUEST = 2 * 1024 * 1024
LONGEST_STATEMENT_S = 15.0
"""How long PostgreSQL may work at one statement of a request that is not heavy."""

COMPRESSION = {
    "COMPRESS_ALGORITHM": ["br", "gzip"],
    "COMPRESS_MIN_SIZE": 1000,
    "COMPRESS_STREAMS": False,
    "COMPRESS_MIMETYPES": [
        "text/html",
        "text/css",
        "text/csv",
        "text/javascript",
        "text/plain",
        "application/json",
        "application/problem+json",
        "image/svg+xml",
    ],
}
"""What is sent smaller, to whoever takes it so."""

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def create_app(connector: Connector) -> Flask:
    """The WSGI application; does no I/O but to keep a key for sessions where SECRET_KEY is not set."""
    app = OpenAPI("plugin", static_folder=None, doc_ui=False)
    app.url_rule_class = UrlRule
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    app.register_blueprint(webhooks_blueprint(connector))
    app.register_blueprint(operations_blueprint(connector))
    app.register_blueprint(unsubscribe_blueprint(connector))
    app.register_blueprint(badges_blueprint(connector))
    register_api(app, connector)
    app.register_blueprint(pages_blueprint(StoredSources(connector)))
    app.register_blueprint(control_blueprint(connector))
    app.register_blueprint(access_blueprint(app, connector))
    if connector.settings.mcp == "on":
        app.register_blueprint(_tools(connector))
    if connector.settings.forge is not None:
        app.register_blueprint(forge_blueprint(connector))
    app.config.update(COMPRESSION)
    Compress(app)
    if connector.settings.access_log == "on":
        access_log(app)
    guard(app, connector)
    app.after_request(_secured)
    return app


def worth_reading(path: str, headers: Mapping[str, str]) -> int:
    """How many bytes of a request's body are read before a route sees it; `headers` by names in lower case."""
    delivery = delivery_size(path, headers)
    return LARGEST_REQUEST if delivery is None else delivery


def lanes(app: Flask) -> Callable[[str, str], Lane]:
    """Where a request of this method and path is worked on: as its route declares."""
    routes = app.url_map.bind("localhost")

    @lru_cache(maxsize=1024)  # Flask finds the route once more, and most requests are for few addresses
    def lane(method: str, path: str) -> Lane:
        try:
            endpoint, _ = routes.match(path, method)
        except HTTPException:
            return "quick"
        rule = rule_of(endpoint, app.view_functions[endpoint])
        return "quick" if rule is None else rule.lane

    return lane


def quick_application(app: WSGIApplication) -> WSGIApplication:
    """The same application for what has to be answered soon: no statement may hold its thread for longer."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with hurry(LONGEST_STATEMENT_S):
            return app(environ, start_response)

    return answer


def caller(app: Flask, connector: Connector, environ: WSGIEnvironment) -> str:
    """Whose account a request is made for; empty where nobody can say it."""
    with app.request_context(environ), suppress(StoreError), hurry(LONGEST_STATEMENT_S):
        person = identify(connector)
        if person is not None:
            return f"account {person.account_id}"
    return ""


def refusal(path: str, status: int, title: str, detail: str) -> tuple[str, str]:
    """What is said to a request that is refused before a route sees it: media type and text."""
    if path.startswith(f"{PREFIX}/"):
        return MEDIA, problem_text(status, title, detail, "Send it again in a moment.")
    if path.startswith(f"{forge.PREFIX}/"):
        return "application/json", forge.Fault(detail=detail).model_dump_json()
    return "text/plain; charset=utf-8", f"{detail}\n"


def _tools(connector: Connector) -> Blueprint:
    """The door for assistants; its library is loaded where it is switched on, and nowhere else."""
    try:
        from plugin.mcp.protocol.bridge import mcp_blueprint
    except ModuleNotFoundError as error:
        raise Refusal(
            f"JIRA_OKR_MCP is on, and its library is not installed ({error.name}). "
            "Run pip install 'jira-okr-connector[mcp]', or set JIRA_OKR_MCP to off."
        ) from None
    return mcp_blueprint(connector)


def _secured(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", content_security_policy())
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response
