"""`/held`: changes that wait for a person instead of being written, and what a person decides about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field

from plugin.api.protocol.lookup import known_site, site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.cursor import page_of
from plugin.doors.model import (
    MOST_ROWS,
    JsonAny,
    JsonShape,
    OutcomeJson,
    Page,
    PageQuery,
    RequestPart,
    SiteName,
    Word,
)
from plugin.doors.refusal import invalid, not_found
from plugin.next_steps import HELD_WRITES
from plugin.use_cases.work import held_writes
from plugin.use_cases.work.held_writes import Decision, HeldWrite, UnknownHeldWrite, count_changes

ROUTES = Routes()


class HeldWriteJson(JsonShape):
    """A field of an issue that is not written until a person decides: what for, and why it waits."""

    objective: str
    name: str = Field(description="How people call the objective.")
    issue: str
    field: str
    field_name: str
    stands: JsonAny = Field(description="What Jira has there.")
    wanted: JsonAny = Field(description="What it should have.")
    reason: str = Field(description="Why that is wanted.")
    why: str = Field(description="Why it waits.")
    since: datetime


class HeldWritesBody(RequestPart):
    """Of which objectives; either some are named, or `all` is true."""

    site: SiteName | None = Field(None, description="The site; the first one where it is left out.")
    objectives: list[Word] | None = Field(
        None, min_length=1, max_length=MOST_ROWS, description="Keys or ids of objectives."
    )
    all: bool = Field(False, description="All that is held.")


@ROUTES.get("/held", "viewer", "Changes that wait for a person instead of being written.")
def list_held(caller: Caller, query: PageQuery) -> Reply[Page[HeldWriteJson]]:
    """The latest first."""
    site = site_of(caller, query)
    found = held_writes.list_held(caller.connector, caller.actor, site)
    return Reply(page_of(Page[HeldWriteJson], f"held:{site}", query, found, held_json))


def held_json(one: HeldWrite) -> HeldWriteJson:
    """One held change as an answer shows it."""
    return HeldWriteJson(
        objective=one.objective_id,
        name=one.name,
        issue=one.issue_key,
        field=one.field_id,
        field_name=one.field_name,
        stands=one.stands,
        wanted=one.wanted,
        reason=one.reason,
        why=one.why,
        since=one.since,
    )


@ROUTES.post("/held/release", "editor", "Let held changes be written.")
def release_held(caller: Caller, body: HeldWritesBody) -> Reply[OutcomeJson]:
    """Workers write them at once."""
    return Reply(OutcomeJson(said=f"{count_changes(_decided(caller, body, held_writes.release))} released."))


@ROUTES.post("/held/drop", "editor", "Leave in Jira what stands there.")
def drop_held(caller: Caller, body: HeldWritesBody) -> Reply[OutcomeJson]:
    """Jira keeps what stands there, until another value is wanted."""
    return Reply(OutcomeJson(said=f"{count_changes(_decided(caller, body, held_writes.drop))} dropped."))


def _decided(caller: Caller, body: HeldWritesBody, decision: Decision) -> int:
    site = known_site(caller.connector, body.site)
    if (body.objectives is not None) == body.all:
        raise invalid(
            "/objectives", "Name objectives, or say that all are meant.", 'Send "all": true for all.'
        )
    try:
        return decision(caller.connector, caller.actor, site, body.objectives)
    except UnknownHeldWrite as error:
        raise no_held(error.names) from None


def no_held(objectives: Sequence[str]) -> Exception:
    """404: nothing is held of these."""
    return not_found("held change", ", ".join(objectives), HELD_WRITES)
