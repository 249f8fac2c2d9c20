"""Whether a page is wanted or a problem document: what the request says it accepts."""

from __future__ import annotations

from flask import request


def wants_html() -> bool:
    """Whether a browser asks; addresses of the API, of webhooks and of the tools never answer in HTML."""
    if request.path.startswith(("/api/", "/webhooks/", "/mcp")):
        return False
    return request.accept_mimetypes.best_match(("text/html", "application/json")) == "text/html"
