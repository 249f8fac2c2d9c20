"""Atlassian's gateway before the site: `/ex/jira/<cloud id>/rest/…`, the address of scoped tokens and of service accounts alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from flask import Response

from connectors.sandbox.goals.goal import CLOUD_ID

PREFIX = re.compile(r"(/ex/jira/([^/]+))(/.*)")
WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def with_gateway(site: WSGI, *, cloud: bool) -> WSGI:
    """The site with its gateway beside; what comes by the gateway has its path as SCRIPT_NAME."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not path.startswith("/ex/jira/"):
            return site(environ, start_response)
        match = PREFIX.fullmatch(path)
        if not cloud or match is None or match[2] != CLOUD_ID or not match[3].startswith("/rest/"):
            return _unknown(path)(environ, start_response)
        return site({**environ, "SCRIPT_NAME": match[1], "PATH_INFO": match[3]}, start_response)

    return serve


def _unknown(path: str) -> Response:
    """What the gateway itself says: another shape than Jira's."""
    said = {"status": 404, "error": "Not Found", "message": "No message available", "path": path}
    return Response(msgspec.json.encode(said), 404, content_type="application/json")


def refusal(message: str) -> Response:
    """401 in the words of the gateway."""
    return Response(
        msgspec.json.encode({"code": 401, "message": message}), 401, content_type="application/json"
    )
