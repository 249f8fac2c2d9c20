"""Turns whatever goes wrong in a request into a problem document. The one place where exceptions get a status."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import structlog
from flask import Response, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from mappings.diagnostic import Diagnostic, MappingError
from plugin.access.authorization.refusal import AccessRefusal
from plugin.doors.problem import Fault, problem
from plugin.doors.refusal import ACCEPTED, RequestRefusal
from plugin.next_steps import SIGHT, Door
from plugin.runtime.connector import Refusal
from plugin.use_cases.accounts.proof import MissingProof
from plugin.use_cases.health.faults import AuthFailure, JiraError, JiraRefusal, RateLimitError, StoreError
from plugin.use_cases.mappings.drafts import OutdatedDraft
from plugin.use_cases.mappings.mapping_life import AnotherActivation, LargeChange, OutdatedPreview
from plugin.use_cases.permission import PermissionRefusal, SightRefusal

SHOWN = 5
AS_TOLD = "Do what the detail says, then send the request again."

log = structlog.get_logger("jira_okr.api")


def failure(error: Exception) -> Response:
    """The problem document of an exception. Nothing of an unexpected one is shown."""
    if isinstance(error, RequestRefusal):
        answer = problem(error.status, error.title, error.detail, error.remedy, errors=error.errors)
        answer.headers.update(error.headers)
        return answer
    if isinstance(error, HTTPException):
        return of_http(error)
    if isinstance(error, MappingError):
        return of_mapping(error.diagnostics)
    if isinstance(error, SightRefusal):
        return problem(403, "Not shown", str(error), SIGHT.at(Door.API))
    if isinstance(error, PermissionRefusal):
        return problem(403, "Not allowed", str(error), "Ask an admin for the role.")
    if isinstance(error, Refusal):
        return of_not_ready(error)
    if isinstance(error, JiraError):
        return of_jira(error)
    if isinstance(error, StoreError):
        return of_store(error)
    log.exception("request failed", method=request.method, path=request.path, exc_info=error)
    detail = "The connector failed in a way that was not foreseen. It has been logged."
    return problem(500, "Internal error", detail, "Try again; if it stays, show the log to an operator.")


def of_validation(error: ValidationError, place: str) -> RequestRefusal:
    """422 with every error of a shape; `place` is where the values came from: `query`, `path` or empty for the body."""
    faults = [
        Fault(pointer=pointer(place, one["loc"]), detail=one["msg"], code=one["type"])
        for one in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    detail = "; ".join(f"{one.pointer}: {one.detail}" for one in faults[:SHOWN])
    return RequestRefusal(
        status=422,
        title="Invalid request",
        detail=detail,
        remedy=ACCEPTED,
        errors=faults[:100],
    )


def pointer(place: str, parts: Iterable[object]) -> str:
    """`/objectives/0` within the body, `?limit` for a parameter of the query, `{site}` for one of the path."""
    names = [str(part).replace("~", "~0").replace("/", "~1") for part in parts]
    if place == "query":
        return "?" + (names[0] if names else "")
    if place == "path":
        return "{" + (names[0] if names else "") + "}"
    return "".join(f"/{name}" for name in names)


def fault_of(found: Diagnostic, place: str = "/text") -> Fault:
    """A finding in a mapping; `pointer` is the text, `code`, line and column say where in it."""
    return Fault(
        pointer=place,
        detail=f"{found.path}: {found.message}" if found.path else found.message,
        code=found.code,
        severity=found.severity.value,
        line=found.line or None,
        column=found.column or None,
        valid=list(found.valid),
        remedy=found.remedy,
    )


def of_mapping(diagnostics: Sequence[Diagnostic]) -> Response:
    """422 with every finding."""
    faults = [fault_of(one) for one in diagnostics]
    detail = f"The mapping has {len(faults)} finding(s). First: {faults[0].detail if faults else ''}"
    remedy = "Correct what `errors` names; POST /api/v1/mappings/validate checks again."
    return problem(422, "Mapping refused", detail, remedy, errors=faults)


def of_not_ready(error: Refusal) -> Response:
    """409: the request is well formed, and the state of things stands against it."""
    if isinstance(error, OutdatedPreview):
        return problem(409, "World moved", str(error), "Preview again and send the new hash.")
    if isinstance(error, LargeChange):
        return problem(409, "Large change", str(error), 'Send "accept_large_change": true to go on with it.')
    if isinstance(error, AnotherActivation):
        remedy = (
            f"GET /api/v1/sites/{error.site}/mapping gives the ETag; look at it, and send it as If-Match."
        )
        if error.latest is None:
            remedy = "No mapping is active yet: send If-None-Match: *."
        return problem(412, "Precondition failed", str(error), remedy)
    if isinstance(error, OutdatedDraft):
        remedy = f"GET /api/v1/sites/{error.site}/mapping/draft gives the text and its ETag; look at it, and send that as If-Match."
        if error.now is None:
            remedy = "There is no draft now: send If-None-Match: *."
        return problem(412, "Precondition failed", str(error), remedy)
    if isinstance(error, MissingProof):
        remedy = "Say who you are on the page /account/identity, in the same browser, and send it again."
        return problem(403, "Not confirmed", str(error), remedy)
    remedy = error.remedy_at(Door.API) or AS_TOLD
    if isinstance(error, AccessRefusal):
        return problem(422, "Refused", error.message, remedy)
    return problem(409, "Not ready", error.message, remedy)


def of_jira(error: JiraError) -> Response:
    """What Jira said: 503 where waiting helps, 502 where the site or its account has to be mended, 409 for what it refused."""
    if isinstance(error, RateLimitError):
        answer = problem(503, "Jira's rate limit", error.message, error.remedy)
        answer.headers["Retry-After"] = str(max(1, round(error.retry_after or 30)))
        return answer
    said = f"{error.message} The call was {error.asked}." if error.asked else error.message
    if isinstance(error, AuthFailure):
        return problem(502, "Jira refused the account", said, error.remedy)
    if isinstance(error, JiraRefusal):
        return problem(409, "Jira refused", said, error.remedy)
    return problem(502, "Jira did not answer", said, error.remedy)


def of_store(error: StoreError) -> Response:
    """503: the database cannot be used now; the operator reads why in the log, callers do not learn where it is."""
    log.error("store failed", error=str(error))
    answer = problem(
        503, "Store unavailable", "The database cannot be used now.", "Try again; GET /readyz says more."
    )
    answer.headers["Retry-After"] = str(error.retry_after)
    return answer


TITLES = {
    404: (
        "Not found",
        "There is nothing at this address.",
        "GET /api/v1/openapi.json lists every operation.",
    ),
    405: (
        "Method not allowed",
        "This address does not take this method.",
        "Allow names the methods it takes.",
    ),
    413: ("Too large", "The body is larger than 2 MiB.", "Send less at once."),
    415: ("Unsupported media type", "The body has to be application/json.", "Set the header Content-Type."),
}


def of_http(error: HTTPException) -> Response:
    """The problem of an HTTP exception; its headers (Allow, Retry-After) stay."""
    status = error.code or 500
    stock = (error.name, error.description or error.name, "")
    title, detail, remedy = TITLES.get(status, stock)
    answer = problem(status, title, detail, remedy)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            answer.headers[name] = value
    return answer
