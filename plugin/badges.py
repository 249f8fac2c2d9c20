"""`/badges/<token>.svg`: the public numbers of one objective or cycle for pages and READMEs elsewhere. Nothing is there that nobody made public."""

from __future__ import annotations

from hashlib import sha256

from flask import Blueprint, Response, request

from plugin.access.authorization.person import current_actor
from plugin.runtime.connector import Connector
from plugin.use_cases.badges.badges import image

FRESH_SECONDS = 300
POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""An image fetches nothing and runs nothing, also where somebody opens it by itself."""


def badges_blueprint(connector: Connector) -> Blueprint:
    """Both routes."""
    blueprint = Blueprint("badges", __name__)

    @blueprint.get("/badges/<token>.svg", endpoint="badge")
    def badge(token: str) -> Response:
        return _answer(connector, token, card=False)

    @blueprint.get("/badges/<token>/card.svg", endpoint="card")
    def card(token: str) -> Response:
        return _answer(connector, token, card=True)

    return blueprint


def _answer(connector: Connector, token: str, *, card: bool) -> Response:
    found = image(connector, current_actor(), token, card=card)
    if found is None:
        gone = Response("There is no such badge.\n", 404, mimetype="text/plain")
        gone.headers["Cache-Control"] = "no-store"
        return gone
    answer = Response(found.svg, mimetype="image/svg+xml")
    answer.headers["Cache-Control"] = f"public, max-age={FRESH_SECONDS}"
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.set_etag(sha256(found.svg.encode()).hexdigest()[:32])
    answer.make_conditional(request)
    return answer
