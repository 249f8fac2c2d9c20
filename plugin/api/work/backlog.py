"""`/deliveries`, `/dead-letters` and `/refusals`: what came in, what failed for good, and what Jira refused to take."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pydantic import Field

from mappings.numbers import count_of
from plugin.api.protocol.addresses import DeliveryAddress, ObjectiveAddress
from plugin.api.protocol.lookup import known_site, site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.cursor import cursor, list_name, number_after, page_of
from plugin.doors.model import (
    JsonAny,
    JsonShape,
    OutcomeJson,
    Page,
    PageQuery,
    RequestPart,
    SiteName,
    SiteQuery,
    Word,
)
from plugin.doors.refusal import not_found
from plugin.next_steps import DEAD_LETTERS, DELIVERIES, REFUSALS
from plugin.use_cases.work import dead_letters, refusals
from plugin.use_cases.work.dead_letters import DeadLetter
from plugin.use_cases.work.deliveries import DeliveryStatus, list_deliveries, replay
from plugin.use_cases.work.refusals import RefusedWrite

ROUTES = Routes()


class DeliveryJson(JsonShape):
    """One webhook call. `note` says why it was ignored or failed; `size` is that of its body in bytes."""

    id: int
    identifier: str
    received_at: datetime
    event: str
    status: DeliveryStatus
    note: str = Field(description="Why it was ignored or failed.")
    attempts: int
    size: int


class DeliveriesQuery(PageQuery):
    """Which deliveries."""

    status: DeliveryStatus | None = Field(None, description="What became of them.")


class DeadLetterJson(JsonShape):
    """An objective that failed for good (a dead letter): the last error, and what to do about it before a retry."""

    objective: str
    key: str | None
    title: str | None
    reason: str
    since: datetime
    buried_at: datetime
    attempts: int
    error: str
    remedy: str


class RefusalJson(JsonShape):
    """A field of an issue in which Jira does not have our number, because it refuses it: why, and what to do about it."""

    objective: str
    issue: str
    issue_id: str
    field: str
    field_name: str
    message: str
    remedy: str
    mapping_revision: str
    at: datetime
    stands: JsonAny = Field(description="What Jira has there.")
    wanted: JsonAny = Field(description="What it should have.")
    tried_again: bool = Field(
        description="Whether it is written once more the next time the objective is worked out."
    )


class RefusalBody(RequestPart):
    """Which refused fields are meant: of an objective, of one of its issues, of one field. Each by key, name or id."""

    site: SiteName | None = None
    objective: Word
    issue: Word | None = Field(None, description="Of this issue alone, by key or id.")
    issue_id: Word | None = Field(None, description="The same by id; `issue` takes keys as well.")
    field: Word | None = Field(None, description="Of this field alone, by id or name.")


@ROUTES.get("/deliveries", "viewer", "Webhook calls, newest first.", name="list_deliveries")
def deliveries(caller: Caller, query: DeliveriesQuery) -> Reply[Page[DeliveryJson]]:
    """Newest first."""
    site = site_of(caller, query)
    name = list_name(f"deliveries:{site}", query)
    before = number_after(query.cursor, name)
    found = list_deliveries(caller.connector, caller.actor, site, query.limit + 1, before, query.status)
    shown = found[: query.limit]
    items = [
        DeliveryJson(
            id=one.id,
            identifier=one.identifier,
            received_at=one.received_at,
            event=one.event,
            status=one.status,
            note=one.note,
            attempts=one.attempts,
            size=size,
        )
        for one, size in shown
    ]
    more = len(found) > len(shown)
    return Reply(Page[DeliveryJson](items=items, next=cursor(name, shown[-1][0].id) if more else None))


@ROUTES.post("/deliveries/{delivery}/replay", "editor", "Work a delivery off once more.")
def replay_delivery(caller: Caller, path: DeliveryAddress) -> Reply[OutcomeJson]:
    """The issues it names are read again."""
    number = path.delivery
    if not replay(caller.connector, caller.actor, number):
        raise not_found("delivery", number, DELIVERIES)
    return Reply(OutcomeJson(said=f"Delivery {number} waits to be worked off."))


@ROUTES.get("/dead-letters", "viewer", "Objectives that failed for good.")
def list_dead_letters(caller: Caller, query: PageQuery) -> Reply[Page[DeadLetterJson]]:
    """The latest first."""
    site = site_of(caller, query)
    name = list_name(f"dead-letters:{site}", query)
    begun = number_after(query.cursor, name) or 0
    found = dead_letters.list_letters(caller.connector, caller.actor, site)
    shown = found[begun : begun + query.limit]
    items = [letter_json(one) for one in shown]
    more = len(found) > begun + len(shown)
    return Reply(Page[DeadLetterJson](items=items, next=cursor(name, begun + len(shown)) if more else None))


def letter_json(one: DeadLetter) -> DeadLetterJson:
    """One dead letter as an answer shows it."""
    return DeadLetterJson(
        objective=one.objective_id,
        key=one.key if one.known else None,
        title=one.title if one.known else None,
        reason=one.reason,
        since=one.since or one.buried_at,
        buried_at=one.buried_at,
        attempts=one.attempts,
        error=one.error,
        remedy=one.remedy,
    )


@ROUTES.post("/dead-letters/{objective}/retry", "editor", "Try a failed item again.")
def retry_dead_letter(caller: Caller, path: ObjectiveAddress, query: SiteQuery) -> Reply[OutcomeJson]:
    """Try again now."""
    site, objective = site_of(caller, query), path.objective
    if not dead_letters.retry(caller.connector, caller.actor, site, objective):
        raise no_letter(objective)
    return Reply(OutcomeJson(said=f"{objective} is due again."))


@ROUTES.delete("/dead-letters/{objective}", "editor", "Forget a failed item.")
def discard_dead_letter(caller: Caller, path: ObjectiveAddress, query: SiteQuery) -> Reply[OutcomeJson]:
    """Forget it until the next delivery or resync."""
    site, objective = site_of(caller, query), path.objective
    if not dead_letters.discard(caller.connector, caller.actor, site, objective):
        raise no_letter(objective)
    return Reply(
        OutcomeJson(said=f"The failed item of {objective} is gone; the next event makes it due again.")
    )


def no_letter(objective: str) -> Exception:
    """404: nothing of this name is dead."""
    return not_found("failed item", objective, DEAD_LETTERS)


@ROUTES.get("/refusals", "viewer", "Fields that Jira refuses to take.")
def list_refusals(caller: Caller, query: PageQuery) -> Reply[Page[RefusalJson]]:
    """The latest first."""
    site = site_of(caller, query)
    found = refusals.list_refusals(caller.connector, caller.actor, site)
    return Reply(page_of(Page[RefusalJson], f"refusals:{site}", query, found, refusal_json))


def refusal_json(one: RefusedWrite) -> RefusalJson:
    """One refusal as an answer shows it."""
    return RefusalJson(
        objective=one.objective_id,
        issue=one.issue_key,
        issue_id=one.issue_id,
        field=one.field_id,
        field_name=one.field_name,
        message=one.message,
        remedy=one.remedy,
        mapping_revision=one.mapping_revision,
        at=one.since,
        stands=one.stands,
        wanted=one.wanted,
        tried_again=one.probing,
    )


@ROUTES.post("/refusals/retry", "editor", "Try refused fields again.")
def retry_refusals(caller: Caller, body: RefusalBody) -> Reply[OutcomeJson]:
    """Forget the refusals; the objective is worked out at once and writes the fields again."""
    return _done(caller, body, refusals.retry, "tried again")


@ROUTES.post("/refusals/discard", "editor", "Forget refused fields.")
def discard_refusals(caller: Caller, body: RefusalBody) -> Reply[OutcomeJson]:
    """Forget them until Jira refuses again; the next delivery or resync of the objective tries to write them."""
    return _done(caller, body, refusals.discard, "forgotten until Jira refuses again")


def _done(caller: Caller, body: RefusalBody, act: Callable[..., int], what: str) -> Reply[OutcomeJson]:
    site = known_site(caller.connector, body.site)
    count = act(caller.connector, caller.actor, site, body.objective, body.issue or body.issue_id, body.field)
    if not count:
        raise not_found("refusal", body.objective, REFUSALS)
    return Reply(OutcomeJson(said=f"{count_of(count, 'refused field is', 'refused fields are')} {what}."))
