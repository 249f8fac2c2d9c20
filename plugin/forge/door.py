"""What all routes for Forge share: who calls, and answers as its contract wants them, JSON whenever something is refused.

401 is for a token that proves nothing, and for nothing else; 403 for a call that is proved and not for us; 503 for what is to come again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from typing import TypeVar

import structlog
from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.exceptions import HTTPException

from plugin.doors.refusal import RequestRefusal
from plugin.next_steps import SIGHT, Door
from plugin.runtime.connector import Refusal
from plugin.use_cases.forge.admission import (
    Admission,
    AdmittedCaller,
    Headers,
    Invocation,
    SigningKeysOutage,
    TokenRefusal,
    UnpairedInstallation,
)
from plugin.use_cases.forge.pairing import PairingRefusal
from plugin.use_cases.health.faults import JiraError, StoreError, describe_error
from plugin.use_cases.permission import PermissionRefusal, SightRefusal

PREFIX = "/forge"
LARGEST_BODY = 1 << 20
"""Forge's own limit."""

log = structlog.get_logger("jira_okr.forge")
Body = TypeVar("Body", bound=BaseModel)


class PageRequest(BaseModel):
    """What a page sends. Unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class PageData(BaseModel):
    """What a page gets."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Fault(PageData):
    """Why something was not done, and what to do about it."""

    detail: str
    remedy: str = ""


class UnusableBody(Exception):
    """The body of a request is not what this route takes."""


def headers() -> Headers:
    """What proves this call, and the tokens that came along."""
    given = request.headers
    return Headers(
        given.get("Authorization", ""),
        given.get("x-forge-oauth-system", ""),
        given.get("x-forge-oauth-user", ""),
    )


def body() -> bytes:
    """The body, at most as much as Forge sends."""
    request.max_content_length = LARGEST_BODY
    return request.get_data(cache=False)


def decode_body(shape: type[Body]) -> Body:
    """The body in its shape; UnusableBody where it is not."""
    try:
        return shape.model_validate_json(body())
    except ValidationError:
        raise UnusableBody(
            f"The request is not what this address takes: {', '.join(shape.model_fields)}."
        ) from None


def answer(value: BaseModel, status: int = 200) -> Response:
    """An answer, for nobody else and not to be kept."""
    answer = Response(value.model_dump_json(), status, content_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def no_content() -> Response:
    """204: taken, and nothing to say."""
    return Response(status=204)


def fault(status: int, detail: str, remedy: str = "") -> Response:
    """Why not."""
    return answer(Fault(detail=detail, remedy=remedy), status)


def paired_route(
    admission: Admission, modules: Collection[str], *, heartbeat: bool = False
) -> Callable[[Callable[[AdmittedCaller], Response]], Callable[[], Response]]:
    """A route for installations that are paired, and for these modules of the app alone."""

    def route(answer: Callable[[AdmittedCaller], Response]) -> Callable[[], Response]:
        @wraps(answer)
        def view() -> Response:
            return answer(admission.caller(headers(), modules, heartbeat=heartbeat))

        return view

    return route


def proof_route(
    admission: Admission, modules: Collection[str]
) -> Callable[[Callable[[Invocation], Response]], Callable[[], Response]]:
    """A route for whatever installation of the app, paired or not."""

    def route(answer: Callable[[Invocation], Response]) -> Callable[[], Response]:
        @wraps(answer)
        def view() -> Response:
            return answer(admission.invocation(headers(), modules))

        return view

    return route


def register_faults(blueprint: Blueprint) -> None:
    """Every way in which a call fails, with its status."""
    refusals: tuple[tuple[type[Exception], Callable[[Exception], Response]], ...] = (
        (TokenRefusal, _unproved),
        (SigningKeysOutage, _unknown_keys),
        (UnpairedInstallation, lambda error: fault(403, str(error))),
        (PairingRefusal, lambda error: fault(422, str(error))),
        (UnusableBody, lambda error: fault(400, str(error))),
        (PermissionRefusal, _not_theirs),
        (Refusal, lambda error: fault(409, str(error))),
        (StoreError, _unstored),
        (JiraError, _jira),
        (RequestRefusal, lambda error: fault(400, str(error))),
        (HTTPException, _http),
    )
    for kind, answer in refusals:
        blueprint.register_error_handler(kind, answer)


def _unproved(error: Exception) -> Response:
    log.warning("Forge call refused", reason=str(error), trace=request.headers.get("x-b3-traceid", "")[:64])
    return fault(401, "The invocation token does not hold.")


def _not_theirs(error: Exception) -> Response:
    return fault(403, str(error), SIGHT.at(Door.PAGE) if isinstance(error, SightRefusal) else "")


def _unknown_keys(error: Exception) -> Response:
    log.error("Forge call cannot be verified; it has to come again", reason=str(error))
    return fault(503, "The keys of Forge cannot be read now.", "Try again in a minute.")


def _unstored(error: Exception) -> Response:
    log.error("Forge call could not be stored", error=str(error))
    answer = fault(503, "The database of the connector does not answer.", "Try again in a minute.")
    answer.headers["Retry-After"] = str(error.retry_after if isinstance(error, StoreError) else 30)
    return answer


def _jira(error: Exception) -> Response:
    said = describe_error(error) if isinstance(error, JiraError) else ""
    return fault(502, said)


def _http(error: Exception) -> Response:
    status = error.code if isinstance(error, HTTPException) and error.code is not None else 500
    return fault(status, str(getattr(error, "name", "It did not work.")))
