"""The pages around people: signing in, the first account, one's own account and tokens, everybody's, and the audit log."""

from __future__ import annotations

from flask import Blueprint, Flask, Response

from plugin.access.authentication.provider import Provider
from plugin.pages.accounts import account, audit, people, set_up, sign_in, tokens
from plugin.runtime.connector import Connector


def access_blueprint(app: Flask, connector: Connector) -> Blueprint:
    """All of them. What they answer is never kept by a cache: it may hold a token that is shown once."""
    blueprint = Blueprint("access", __name__)
    oidc = connector.settings.oidc
    sign_in.register(blueprint, connector, None if oidc is None else Provider(app, oidc))
    for page in (set_up, account, tokens, people, audit):
        page.register(blueprint, connector)
    blueprint.after_request(_not_kept)
    return blueprint


def _not_kept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
