"""`/plan`, `/plan/apply` and `/writes`: what would be written to Jira, writing it, and what was written."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from mappings.facts.forest import issue_order
from mappings.write_back.plan import Change
from plugin.api.protocol.lookup import known_site, site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.cursor import cursor, list_name, number_after, position
from plugin.doors.model import Instant, JsonAny, JsonShape, Page, PageQuery, RequestPart, SiteName, Word
from plugin.doors.refusal import not_found
from plugin.next_steps import OBJECTIVES
from plugin.use_cases.objectives.objective_lookup import UnknownObjective
from plugin.use_cases.work import plans
from plugin.use_cases.work.plans import RecordSearch, WriteRecord, WriteRefusal

ROUTES = Routes()

MOST_AT_ONCE = 50


class ChangeOfField(JsonShape):
    """One field of one issue: what Jira has, what it shall get, and why. Null clears the field."""

    issue: str
    field: str
    field_name: str
    before: JsonAny
    after: JsonAny
    reason: str


class PlanJson(JsonShape):
    """What would be written for one objective, and what waits; all of it empty where every field is as it should be."""

    objective: str
    key: str
    changes: list[ChangeOfField]
    held: list[ChangeOfField] = Field(description="What is not written until a person releases it (`/held`).")
    refused: list[ChangeOfField] = Field(
        description="What Jira refused, so that it does not have our number (`/refusals`)."
    )


class RefusedChange(ChangeOfField):
    """A change that Jira refused, and what to do about it."""

    message: str
    remedy: str


class WaitingObjectiveJson(JsonShape):
    """An objective that stays due, and why: workers go on with it."""

    objective: str
    name: str
    why: str


class PlanOutcomeJson(JsonShape):
    """What became of a plan."""

    written: list[ChangeOfField] = Field(description="The changes that were written.")
    refused: list[RefusedChange] = Field(description="The changes that Jira refused.")
    held: list[ChangeOfField] = Field(description="What is not written until a person releases it (`/held`).")
    refused_before: list[ChangeOfField] = Field(
        description="What Jira refused earlier and was not tried again (`/refusals`)."
    )
    waiting: list[WaitingObjectiveJson] = Field(description="Objectives that could not be worked out now.")


class PlanQuery(PageQuery):
    """Of which objectives; `limit` counts objectives."""

    objective: list[Word] | None = Field(
        None, max_length=MOST_AT_ONCE, description="Keys or ids; every objective where left out."
    )
    limit: int = Field(20, ge=1, le=MOST_AT_ONCE, description="How many objectives at most.")


class ApplyBody(RequestPart):
    """Which objectives to work out and write now."""

    site: SiteName | None = None
    objectives: list[Word] = Field(min_length=1, max_length=MOST_AT_ONCE, description="Keys or ids.")


class WriteJson(JsonShape):
    """One field of one issue that was to be written, and what became of it; `outcome` is null while it is under way."""

    id: int
    at: datetime
    site: str
    objective: str
    issue: str
    field_name: str
    before: JsonAny
    after: JsonAny
    reason: str
    cause: str
    outcome: str | None = Field(description="What became of it; null while it is under way.")
    note: str
    mapping_revision: str


class WritesQuery(PageQuery):
    """Which writes."""

    text: Word | None = Field(
        None, description="Words that all occur in issue, field, reason, value, note or outcome."
    )
    since: Instant | None = Field(None, description="Not before this instant.")
    until: Instant | None = Field(None, description="Before this instant.")


@ROUTES.get("/plan", "viewer", "What would be written to Jira, and why. Changes nothing.", heavy=True)
def plan(caller: Caller, query: PlanQuery) -> Reply[Page[PlanJson]]:
    """A dry run of the real planner over the local copy; asks Jira nothing."""
    site = site_of(caller, query)
    name = list_name(f"plan:{site}", query)
    after = position(query.cursor, name, (str,))
    ids = chosen(caller, site, query.objective)
    begun = 0 if after is None else sum(issue_order(id_) <= issue_order(str(after[0])) for id_ in ids)
    shown = ids[begun : begun + query.limit]
    found = plans.plan(caller.connector, caller.actor, site, shown)
    items = [
        PlanJson(
            objective=one.objective_id,
            key=one.state.key if one.state else "",
            changes=[change_json(change) for change in one.plan.changes],
            held=[change_json(change) for change in one.held],
            refused=[change_json(change) for change in one.refused],
        )
        for one in found
    ]
    more = len(ids) > begun + len(shown)
    return Reply(Page[PlanJson](items=items, next=cursor(name, shown[-1]) if more else None))


def chosen(caller: Caller, site: str, names: list[str] | None) -> list[str]:
    """The ids of the objectives that are meant, in order."""
    found: set[str] = set()
    if names is None:
        return list(plans.objectives_in_order(caller.connector, caller.actor, site))
    for name in names:
        try:
            found.update(plans.objectives_in_order(caller.connector, caller.actor, site, [name]))
        except UnknownObjective:
            raise not_found("objective", name, OBJECTIVES) from None
    return sorted(found, key=issue_order)


@ROUTES.post(
    "/plan/apply", "editor", "Work out these objectives now and write what differs to Jira.", heavy=True
)
def apply_plan(caller: Caller, body: ApplyBody) -> Reply[PlanOutcomeJson]:
    """Work out these objectives and write what differs."""
    site = known_site(caller.connector, body.site)
    done = plans.apply(caller.connector, caller.actor, site, chosen(caller, site, body.objectives))
    return Reply(
        PlanOutcomeJson(
            written=[change_json(one) for one in done.written],
            refused=[refused_json(one) for one in done.refused],
            held=[change_json(one) for one in done.held],
            refused_before=[change_json(one) for one in done.refused_before],
            waiting=[
                WaitingObjectiveJson(objective=one.objective_id, name=one.name, why=one.why)
                for one in done.waiting
            ],
        )
    )


def change_json(change: Change) -> ChangeOfField:
    """One change as an answer shows it."""
    return ChangeOfField(
        issue=change.issue_key,
        field=change.field_id,
        field_name=change.field_name,
        before=change.before,
        after=change.after,
        reason=change.reason,
    )


def refused_json(one: WriteRefusal) -> RefusedChange:
    """One refused change as an answer shows it."""
    return RefusedChange(**change_json(one.change).model_dump(), message=one.message, remedy=one.remedy)


@ROUTES.get("/writes", "viewer", "What was written to Jira, refused and held writes too.")
def list_writes(caller: Caller, query: WritesQuery) -> Reply[Page[WriteJson]]:
    """The record of writes, newest first."""
    site = site_of(caller, query)
    name = list_name(f"writes:{site}", query)
    words = tuple((query.text or "").split()[:20])
    search = RecordSearch(words, site, query.since, query.until)
    before = number_after(query.cursor, name)
    found = plans.list_writes(caller.connector, caller.actor, search, query.limit + 1, before)
    shown = found[: query.limit]
    more = len(found) > len(shown)
    return Reply(
        Page[WriteJson](
            items=[write_json(one) for one in shown], next=cursor(name, shown[-1].id) if more else None
        )
    )


def write_json(one: WriteRecord) -> WriteJson:
    """One write as an answer shows it."""
    return WriteJson(
        id=one.id,
        at=one.at,
        site=one.site,
        objective=one.objective_id,
        issue=one.issue_key,
        field_name=one.field_name,
        before=one.before,
        after=one.after,
        reason=one.reason,
        cause=one.cause,
        outcome=one.outcome,
        note=one.note,
        mapping_revision=one.mapping_revision,
    )
