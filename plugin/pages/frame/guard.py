"""What holds for every page: no address holds a NUL, and the strict policy: nothing inline, nothing from elsewhere. An app may set a stricter one before."""

from __future__ import annotations

import secrets

from flask import Response, abort, g, request

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)


def content_security_policy() -> str:
    """The policy of this answer; a page whose library writes its own style element names that by a nonce."""
    nonce = g.get("style_nonce")
    return CONTENT_SECURITY_POLICY + (f"; style-src 'self' 'nonce-{nonce}'" if nonce else "")


def style_nonce() -> str:
    """The nonce by which this answer, and no other, admits a style element."""
    if "style_nonce" not in g:
        g.style_nonce = secrets.token_urlsafe(18)
    nonce: str = g.style_nonce
    return nonce


def refuse_nul() -> None:
    """Nothing of ours is called by a name with a NUL in it, and PostgreSQL takes none even to look for."""
    if any("\0" in text for text in (request.path, *request.args.values())):
        abort(404)


def set_headers(response: Response) -> Response:
    """The response with the headers of a page, where nobody has set them yet."""
    response.headers.setdefault("Content-Security-Policy", content_security_policy())
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if request.endpoint == "pages.static" and response.status_code == 200:
        response.direct_passthrough = False
        response.get_data()  # read at once and closed, so that it can be sent smaller
    if request.endpoint in ("pages.static", "pages.styles") and "v" in request.args:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
