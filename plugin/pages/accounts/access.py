"""The pages around people: signing in, the first account, one's own account and tokens, everybody's, and the audit log."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugin.access.authentication.provider import Provider
from plugin.pages.accounts import (
    account,
    audit,
    people,
    personal_data,
    second_factor,
    set_up,
    sign_in,
    sign_in_link,
    tokens,
)
from plugin.pages.frame.page import flash_refusal
from plugin.runtime.connector import Connector
from plugin.use_cases.accounts.proof import MissingProof


def access_blueprint(app: Flask, connector: Connector) -> Blueprint:
    """All of them. What they answer is never kept by a cache: it may hold a token that is shown once."""
    blueprint = Blueprint("access", __name__)
    oidc = connector.settings.oidc
    sign_in.register(blueprint, connector, None if oidc is None else Provider(app, oidc))
    for page in (set_up, sign_in_link, account, second_factor, tokens, people, personal_data, audit):
        page.register(blueprint, connector)
    blueprint.register_error_handler(MissingProof, _once_more)
    blueprint.after_request(_not_kept)
    return blueprint


def _once_more(error: MissingProof) -> ResponseReturnValue:
    """To the page where they say once more who they are, and back to where they came from."""
    back = urlsplit(request.referrer or "").path
    flash_refusal(str(error))
    return redirect(url_for("access.identity", next=back if request.method == "POST" else request.full_path))


def _not_kept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
