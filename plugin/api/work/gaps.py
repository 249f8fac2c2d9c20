"""`/gaps`: issues that could not be read, and that a person lets the numbers do without them."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from plugin.api.protocol.lookup import known_site, site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.cursor import page_of
from plugin.doors.model import JsonShape, OutcomeJson, Page, PageQuery, RequestPart, SiteName, Word
from plugin.doors.refusal import not_found
from plugin.next_steps import GAPS
from plugin.use_cases.work.gaps import GapRow, UnknownGap, accept_gaps, list_gaps, reopen_gaps

ROUTES = Routes()


class GapJson(JsonShape):
    """An issue that could not be read, why, what to do about it, and whose numbers stand as they were because of it."""

    issue: str = Field(
        description="What names it here: the issue's id, its key where no id is known, `count` for issues that are only counted."
    )
    key: str | None
    field: str | None = Field(
        description="The field that cannot be read; null where nothing of the issue can."
    )
    reason: str
    remedy: str
    since: datetime
    objectives: list[str] = Field(description="Keys of the objectives that were computed from it.")
    accepted_by: str | None
    accepted_at: datetime | None
    doubted: bool = Field(
        description="Met once, in a way that may be mistaken: the numbers do without it, and nobody has to do anything yet."
    )


class GapBody(RequestPart):
    """Which gap."""

    issue: Word = Field(description="Id or key of the issue.")
    site: SiteName | None = Field(None, description="The site; the first one where it is left out.")


@ROUTES.get("/gaps", "viewer", "Issues that could not be read.", name="list_gaps")
def gaps(caller: Caller, query: PageQuery) -> Reply[Page[GapJson]]:
    """Those that wait for a person first."""
    site = site_of(caller, query)
    found = list_gaps(caller.connector, caller.actor, site)
    return Reply(page_of(Page[GapJson], f"gaps:{site}", query, found, gap_json))


def gap_json(one: GapRow) -> GapJson:
    """One gap as an answer shows it."""
    return GapJson(
        issue=one.issue,
        key=one.key or None,
        field=one.field or None,
        reason=one.reason,
        remedy=one.remedy,
        since=one.since,
        objectives=list(one.objectives),
        accepted_by=one.accepted_by or None,
        accepted_at=one.accepted_at,
        doubted=one.doubted,
    )


@ROUTES.post("/gaps/accept", "editor", "Let the numbers do without an issue.")
def accept_gap(caller: Caller, body: GapBody) -> Reply[OutcomeJson]:
    """The issue is left out as unknown, with the reason, until it can be read."""
    site = known_site(caller.connector, body.site)
    try:
        accept_gaps(caller.connector, caller.actor, site, [body.issue])
    except UnknownGap:
        raise no_gap(body.issue) from None
    return Reply(OutcomeJson(said=f"The numbers do without {body.issue} until it can be read."))


@ROUTES.post("/gaps/reopen", "editor", "Take an acceptance back.")
def reopen_gap(caller: Caller, body: GapBody) -> Reply[OutcomeJson]:
    """The numbers that need the issue stand as they are until it can be read."""
    site = known_site(caller.connector, body.site)
    try:
        reopen_gaps(caller.connector, caller.actor, site, [body.issue])
    except UnknownGap:
        raise no_gap(body.issue) from None
    return Reply(
        OutcomeJson(said=f"The numbers that need {body.issue} stand as they are until it can be read.")
    )


def no_gap(issue: str) -> Exception:
    """404: no gap is called so."""
    return not_found("gap", issue, GAPS)
