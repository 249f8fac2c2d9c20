"""`/unsubscribe/<token>`: the link of a mail. To look at it changes nothing, for scanners of mail follow links; to post to it stops the mail."""

from __future__ import annotations

from flask import Blueprint, Response

from plugin.access.authorization.person import current_actor
from plugin.runtime.connector import Connector
from plugin.use_cases.digests.digests import mail_to_stop, stop_digest
from plugin.use_cases.digests.links import DigestRefusal

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>OKR digest</title></head><body>
<main><h1>OKR digest</h1>{said}</main></body></html>"""
BUTTON = '<p>Do you want no more of these mails?</p><form method="post"><button>Stop them</button></form>'


def unsubscribe_blueprint(connector: Connector) -> Blueprint:
    """Both routes."""
    blueprint = Blueprint("unsubscribe", __name__)

    @blueprint.get("/unsubscribe/<token>", endpoint="page")
    def page(token: str) -> Response:
        try:
            mail_to_stop(connector, current_actor(), token)
        except DigestRefusal as error:
            return _answer(f"<p>{error}</p>", 404)
        return _answer(BUTTON)

    @blueprint.post("/unsubscribe/<token>", endpoint="stop")
    def stop(token: str) -> Response:
        try:
            stop_digest(connector, current_actor(), token)
        except DigestRefusal as error:
            return _answer(f"<p>{error}</p>", 404)
        return _answer(
            "<p>Stopped. You get them again by the page Your account of the connector, or by its administrator.</p>"
        )

    return blueprint


def _answer(said: str, status: int = 200) -> Response:
    return Response(PAGE.format(said=said), status, mimetype="text/html")
