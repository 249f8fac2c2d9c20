"""A channel beside the sandbox: what a connector tells people arrives here, and a plain page shows it, the latest first."""

from __future__ import annotations

from flask import Response, render_template, request

from connectors.sandbox.board import Pages
from connectors.sandbox.site import Message, site

LARGEST = 256 * 1024


routes = Pages("messages")


@routes.get("/messages")
def messages() -> str:
    return render_template("sandbox/messages.html", messages=list(reversed(site().messages)))


@routes.post("/messages")
def take() -> Response:
    """A program's side of a webhook: it takes any JSON object."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or len(request.get_data()) > LARGEST:
        return Response("a JSON object is wanted", 400)
    key, subject, text = (str(body.get(name, "")) for name in ("key", "subject", "text"))
    site().messages.append(Message(site().sandbox.clock(), key, subject, text))
    return Response(status=204)
