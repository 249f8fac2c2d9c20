"""Errors of the API as problem+json (RFC 9457): what is wrong, where, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response
from pydantic import Field

from plugin.doors.model import JsonShape
from plugin.next_steps import Door, said_at

MEDIA = "application/problem+json"
TYPE = "urn:jira-okr:problem:"


class Fault(JsonShape):
    """One thing that is wrong. `pointer` leads to it within the body (RFC 6901) or names the parameter; lines count from 1."""

    pointer: str
    detail: str
    code: str = ""
    severity: str = "error"
    line: int | None = None
    column: int | None = None
    valid: list[str] = Field(default_factory=list)
    remedy: str = ""


class Problem(JsonShape):
    """A request that was not served: `detail` says why, `remedy` what to do, `errors` every single thing that is wrong."""

    type: str
    title: str
    status: int
    detail: str
    remedy: str
    errors: list[Fault] = Field(default_factory=list)


def problem(
    status: int,
    title: str,
    detail: str,
    remedy: str = "",
    *,
    kind: str = "",
    errors: Sequence[Fault] = (),
) -> Response:
    """One problem document; its type is made of the title where no other is named."""
    text = problem_text(status, title, detail, remedy, kind=kind, errors=errors)
    return Response(text, status=status, content_type=MEDIA)


def problem_text(
    status: int,
    title: str,
    detail: str,
    remedy: str = "",
    *,
    kind: str = "",
    errors: Sequence[Fault] = (),
) -> str:
    """The same document as text, for those who answer without Flask."""
    slug = kind or "-".join(title.lower().split())
    found = Problem(
        type=TYPE + slug, title=title, status=status, detail=detail, remedy=remedy, errors=list(errors)
    )
    return said_at(found.model_dump_json(), Door.API)
