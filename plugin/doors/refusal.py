"""A request that is not served, and the two usual reasons: what it names is not here, what it says is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from plugin.doors.problem import Fault
from plugin.next_steps import Door, NextStep

ACCEPTED = "GET /api/v1/openapi.json says what is accepted."


class RequestRefusal(Exception):
    """A request that is not served, with everything its problem document says."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        remedy: str = "",
        *,
        errors: Sequence[Fault] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        self.status, self.title, self.detail, self.remedy = status, title, detail, remedy
        self.errors = errors
        self.headers = headers or {}
        super().__init__(detail)


def not_found(what: str, name: object, remedy: str | NextStep) -> RequestRefusal:
    """404 for a thing that is not here."""
    said = remedy if isinstance(remedy, str) else remedy.at(Door.API)
    return RequestRefusal(404, f"No such {what}", f"There is no {what} {name!r} here.", said)


def invalid(place: str, detail: str, remedy: str | NextStep = ACCEPTED) -> RequestRefusal:
    """422 for one wrong value."""
    return RequestRefusal(
        status=422,
        title="Invalid request",
        detail=detail,
        remedy=remedy if isinstance(remedy, str) else remedy.at(Door.API),
        errors=[Fault(pointer=place, detail=detail)],
    )
