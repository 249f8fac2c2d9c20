"""Errors of the API as problem+json (RFC 9457): what is wrong, where, and what to do next."""

from __future__ import annotations

from flask import Response, json


def problem(status: int, title: str, detail: str, remedy: str = "") -> Response:
    """One problem document."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "remedy": remedy}
    return Response(json.dumps(body), status=status, mimetype="application/problem+json")
