"""Errors in the look of the pages, for people. Programs get the error as it is, for their own handler to shape."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from flask import Blueprint, Response, make_response
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError  # type: ignore[import-untyped]
from werkzeug.exceptions import Forbidden, HTTPException, InternalServerError, ServiceUnavailable

from plugin.doors.negotiation import wants_html
from plugin.doors.problem import problem
from plugin.next_steps import SIGHT, Door
from plugin.pages.frame.guard import set_headers
from plugin.pages.frame.page import render
from plugin.use_cases.health.faults import StoreError
from plugin.use_cases.permission import PermissionRefusal, SightRefusal

log = structlog.get_logger("jira_okr.pages")


@dataclass(frozen=True, slots=True)
class Advice:
    """What an error page says: what happened, and what to do next."""

    title: str
    todo: str


ADVICE = {
    400: Advice("That cannot be meant", "Correct the address, or go back and choose from the page."),
    403: Advice("Not yours to see", "Ask an administrator of the connector for the role you need."),
    404: Advice("Not here", "It may have been removed or renamed. Look for it in the list of objectives."),
    503: Advice(
        "The database does not take this now",
        "Nothing of it was kept. Reading goes on. Try again in a moment; if it stays, let an operator look at /readyz and the log.",
    ),
    500: Advice(
        "Something broke", "It has been logged. Try again; if it stays, show the log to an operator."
    ),
}
OUT_OF_SIGHT = Advice("Not yours to see", SIGHT.at(Door.PAGE))
FALLBACK = Advice("That did not work", "Go back and try again.")


def register_errors(blueprint: Blueprint) -> None:
    for code in ADVICE:
        blueprint.app_errorhandler(code)(error_page)
    blueprint.app_errorhandler(CSRFError)(show_forgery)
    blueprint.app_errorhandler(StoreError)(show_store_fault)
    blueprint.app_errorhandler(PermissionRefusal)(lambda error: error_page(Forbidden(str(error))))
    blueprint.app_errorhandler(SightRefusal)(lambda error: error_page(Forbidden(str(error)), OUT_OF_SIGHT))


def error_page(error: Exception, advice: Advice | None = None) -> Response | HTTPException:
    """HTML where a person asked, with the advice for its status unless there is a better one; else the error itself. Nothing of an unexpected exception is shown."""
    http = error if isinstance(error, HTTPException) else InternalServerError()
    if not wants_html():
        return http
    code = http.code or 500
    said = http.description if code in (400, 403, 404) and not _stock(http) else ""
    body = render("error.html", "", code=code, advice=advice or ADVICE.get(code, FALLBACK), said=said)
    return set_headers(make_response(body, code))


def show_store_fault(error: StoreError) -> Response:
    """503, and when to come again; where the database is and what ails it stands in the log alone."""
    log.error("store failed", error=str(error))
    again = ServiceUnavailable(retry_after=error.retry_after)
    shown = error_page(again)
    answer = shown if isinstance(shown, Response) else make_response(f"{ADVICE[503].title}.\n", 503)
    answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def show_forgery(_error: CSRFError) -> ResponseReturnValue:
    """400 for a form that is not from the session of whoever sends it."""
    detail = "The form is not from this session: it may have been open since before you signed in."
    todo = "Go back, reload the page and send it again."
    if not wants_html():
        return problem(400, "Form refused", detail, "Send the header X-CSRFToken, or use an API token.")
    advice = {"title": "Send it again, please", "todo": todo}
    return render("error.html", "", code=400, advice=advice, said=detail), 400


def _stock(error: HTTPException) -> bool:
    """Whether the description is the one everybody gets."""
    return error.description == type(error).description
