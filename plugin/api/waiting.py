"""`/deliveries`, `/dead-letters` and `/refusals`: what came in, what failed for good, and what Jira refused to take."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import Field
from sqlalchemy import Connection

from connectors.store import audit, browsing, due, inbox, objectives, refusals
from connectors.store.due import DeadLetter
from connectors.store.inbox import DeliveryStatus
from plugin.api.cursor import cursor, list_name, number_after, position
from plugin.api.failures import not_found
from plugin.api.finding import known_site, site_of
from plugin.api.model import Asked, Done, Given, Page, PageQuery, SiteName, SiteQuery, Word
from plugin.api.operation import JSON, Call, Operation, Reply


class DeliveryGiven(Given):
    """One webhook call. `note` says why it was ignored or failed; `size` is that of its body in bytes."""

    id: int
    identifier: str
    received_at: datetime
    event: str
    status: DeliveryStatus
    note: str
    attempts: int
    size: int


class DeliveriesQuery(PageQuery):
    """Which deliveries."""

    status: DeliveryStatus | None = Field(None, description="What became of them.")


class DeadLetterGiven(Given):
    """An objective whose reconcile failed for good: the last error, and what to do about it before a retry."""

    objective: str
    key: str | None
    title: str | None
    reason: str
    since: datetime
    buried_at: datetime
    attempts: int
    error: str
    remedy: str


class RefusalGiven(Given):
    """A field of an issue that Jira refuses to take, why, and what to do about it."""

    objective: str
    issue: str
    issue_id: str
    field: str
    field_name: str
    message: str
    remedy: str
    mapping_revision: str
    at: datetime


class RetryRefusals(Asked):
    """Which refused fields to try again: of an objective, of one of its issues, of one field."""

    site: SiteName | None = None
    objective: Word
    issue_id: Word | None = None
    field: Word | None = None


def deliveries(call: Call) -> Reply:
    """Newest first."""
    site, query = site_of(call), call.query
    name = list_name(f"deliveries:{site}", query)
    with call.connector.store.read() as conn:
        found = browsing.deliveries_before(
            conn, site, query.limit + 1, number_after(query.cursor, name), query.status
        )
    shown = found[: query.limit]
    items = [
        DeliveryGiven(
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
    return Reply(Page[DeliveryGiven](items=items, next=cursor(name, shown[-1][0].id) if more else None))


def replay(call: Call) -> Reply:
    """The issues it names are read again."""
    number, now = call.path["delivery"], call.connector.clock()
    with call.connector.store.write() as conn:
        found = browsing.delivery_of(conn, number)
        if found is None or found.site not in call.connector.sites:
            raise not_found("delivery", number, "GET /api/v1/deliveries lists them.")
        if found.status is not DeliveryStatus.PENDING:
            inbox.replay(conn, number)
            audit.note(conn, call.by, "delivery replayed", now, {"delivery": number}, found.site)
    call.connector.announce()
    return Reply(Done(said=f"Delivery {number} waits to be worked off."))


def dead_letters(call: Call) -> Reply:
    """The latest first."""
    site, query = site_of(call), call.query
    name = list_name(f"dead-letters:{site}", query)
    begun = number_after(query.cursor, name) or 0
    with call.connector.store.read() as conn:
        found = due.dead(conn, site)
        shown = found[begun : begun + query.limit]
        known = browsing.objectives_of(conn, site, [one.objective_id for one in shown])
    items = [letter_given(one, known) for one in shown]
    more = len(found) > begun + len(shown)
    return Reply(Page[DeadLetterGiven](items=items, next=cursor(name, begun + len(shown)) if more else None))


def letter_given(one: DeadLetter, known: dict[str, objectives.SavedObjective]) -> DeadLetterGiven:
    """One dead letter as an answer shows it."""
    saved = known.get(one.objective_id)
    return DeadLetterGiven(
        objective=one.objective_id,
        key=saved.state.key if saved else None,
        title=saved.state.title if saved else None,
        reason=one.reason,
        since=one.since,
        buried_at=one.buried_at,
        attempts=one.attempts,
        error=one.error,
        remedy=one.remedy,
    )


def retry_letter(call: Call) -> Reply:
    """Try again now."""
    site, objective, now = site_of(call), call.path["objective"], call.connector.clock()
    with call.connector.store.write() as conn:
        if not due.retry(conn, site, objective, now):
            raise no_letter(objective)
        audit.note(conn, call.by, "dead letter retried", now, {"objective": objective}, site)
        call.connector.announcer.marked(conn, site, [objective], now)
    call.connector.announce()
    return Reply(Done(said=f"{objective} is due again."))


def discard_letter(call: Call) -> Reply:
    """Forget it until the next event or resync."""
    site, objective = site_of(call), call.path["objective"]
    with call.connector.store.write() as conn:
        if not due.discard(conn, site, objective):
            raise no_letter(objective)
        now = call.connector.clock()
        audit.note(conn, call.by, "dead letter discarded", now, {"objective": objective}, site)
    return Reply(Done(said=f"The dead letter of {objective} is gone; the next event makes it due again."))


def no_letter(objective: str) -> Exception:
    """404: nothing of this name is dead."""
    return not_found("dead letter", objective, "GET /api/v1/dead-letters lists them, by the objective's id.")


def list_refusals(call: Call) -> Reply:
    """The latest first."""
    site, query = site_of(call), call.query
    name = list_name(f"refusals:{site}", query)
    begun = position(query.cursor, name, (int,))
    start = 0 if begun is None else int(begun[0])
    with call.connector.store.read() as conn:
        found = refusals.all(conn, site)
    shown = found[start : start + query.limit]
    more = len(found) > start + len(shown)
    return Reply(
        Page[RefusalGiven](
            items=[refusal_given(one) for one in shown],
            next=cursor(name, start + len(shown)) if more else None,
        )
    )


def refusal_given(one: refusals.Refused) -> RefusalGiven:
    """One refusal as an answer shows it."""
    return RefusalGiven(
        objective=one.objective_id,
        issue=one.issue_key,
        issue_id=one.issue_id,
        field=one.field_id,
        field_name=one.field_name,
        message=one.message,
        remedy=one.remedy,
        mapping_revision=one.mapping_revision,
        at=one.at,
    )


def retry_refusals(call: Call) -> Reply:
    """Forget the refusals; the objective is reconciled at once and writes the fields again."""
    body, now = call.body, call.connector.clock()
    site = known_site(call.connector, body.site)
    with call.connector.store.write() as conn:
        count = refusals.clear(conn, site, body.objective, body.issue_id, body.field)
        if not count:
            raise not_found(
                "refusal", body.objective, "GET /api/v1/refusals lists them, by the objective's id."
            )
        audit.note(
            conn, call.by, "refusals retried", now, {"objective": body.objective, "count": count}, site
        )
        mark(conn, call, site, [body.objective], "refused fields are tried again")
    call.connector.announce()
    return Reply(Done(said=f"{count} refused fields are tried again."))


def mark(conn: Connection, call: Call, site: str, ids: Iterable[str], reason: str) -> None:
    """Make objectives due, and let the engine know in the same transaction."""
    marked, now = list(ids), call.connector.clock()
    due.mark(conn, site, marked, now, reason)
    call.connector.announcer.marked(conn, site, marked, now)


OPERATIONS = (
    Operation(
        "list_deliveries",
        "GET",
        "/deliveries",
        "viewer",
        "Webhook calls, newest first.",
        deliveries,
        {JSON: Page[DeliveryGiven]},
        DeliveriesQuery,
    ),
    Operation(
        "replay_delivery",
        "POST",
        "/deliveries/{delivery}/replay",
        "editor",
        "Work a delivery off once more.",
        replay,
        {JSON: Done},
    ),
    Operation(
        "list_dead_letters",
        "GET",
        "/dead-letters",
        "viewer",
        "Objectives whose reconcile failed for good.",
        dead_letters,
        {JSON: Page[DeadLetterGiven]},
        PageQuery,
    ),
    Operation(
        "retry_dead_letter",
        "POST",
        "/dead-letters/{objective}/retry",
        "editor",
        "Try a dead letter again.",
        retry_letter,
        {JSON: Done},
        SiteQuery,
    ),
    Operation(
        "discard_dead_letter",
        "DELETE",
        "/dead-letters/{objective}",
        "editor",
        "Forget a dead letter.",
        discard_letter,
        {JSON: Done},
        SiteQuery,
    ),
    Operation(
        "list_refusals",
        "GET",
        "/refusals",
        "viewer",
        "Fields that Jira refuses to take.",
        list_refusals,
        {JSON: Page[RefusalGiven]},
        PageQuery,
    ),
    Operation(
        "retry_refusals",
        "POST",
        "/refusals/retry",
        "editor",
        "Try refused fields again.",
        retry_refusals,
        {JSON: Done},
        body=RetryRefusals,
    ),
)
