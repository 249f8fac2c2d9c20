"""`/digests` and `/outbox`: what people are told by themselves, looked at before, told now, stopped, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from plugin.api.protocol.addresses import DigestAddress
from plugin.api.protocol.lookup import known_site, site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.cursor import cursor, list_name, number_after
from plugin.doors.model import (
    JsonShape,
    ListQuery,
    OutcomeJson,
    Page,
    PageQuery,
    RequestPart,
    SiteName,
    SiteQuery,
    Word,
)
from plugin.doors.refusal import RequestRefusal
from plugin.next_steps import DIGESTS, Door
from plugin.use_cases.digests import digests, recipients
from plugin.use_cases.digests.digests import DigestRefusal, UnknownDigest, UnknownMessage

ROUTES = Routes()
MOST_MESSAGES = 1_000
State = Literal["due", "sent", "dead", "dropped", "begun", "empty"]


class RecipientJson(JsonShape):
    """One recipient: when the message made last was made and how far it is, and since when they want no more of the digest."""

    recipient: str
    last_made_at: datetime | None
    last_state: State | None
    stopped_at: datetime | None


class QuietHoursJson(JsonShape):
    """When nobody is told: hours of the local day, over midnight where they end before they begin, and whole local days."""

    from_: str | None = Field(alias="from")
    to: str | None
    days: list[str]


class DigestJson(JsonShape):
    """A digest of the active mapping (`every` is `week`) with the weekday and local time at which it is told and the next such moment, a reminder (`due`)
    with the local time of the days on which check-ins become due, or an alert (`change`), which has none of these; and to whom it goes. Behind
    `owners` stand those for whom something waits, and those who were told.
    """

    digest: str
    every: Literal["week", "change", "due"]
    on: str | None
    at: str | None = Field(description="At which local time; null for an alert.")
    time_zone: str
    next_at: datetime | None
    empty: Literal["skip", "send"] | None = Field(
        description="What becomes of a digest in a week in which nothing happened."
    )
    about: list[Literal["objectives", "kpis", "concerns"]] | None = Field(
        description="What an alert is about."
    )
    quiet: QuietHoursJson | None
    recipients: list[RecipientJson]


class MessagePreviewJson(JsonShape):
    """What a recipient would be told now; `why_not` says why it would not be sent, and is empty where it would."""

    digest: str
    recipient: str
    due: datetime = Field(description="The moment of this week's digest, or when an alert is decided again.")
    why_not: str
    subject: str
    text: str


class MessageJson(JsonShape):
    """A message of the outbox, of the digest or alert that `digest` names. `due` is on its way, `sent` was acknowledged, `dead` was given up, `dropped` was overtaken by its
    successor, `begun` marks the first run, which tells nothing, `empty` a week in which nothing happened.
    """

    key: str = Field(description="The name of the message, to retry it by.")
    digest: str
    recipient: str
    state: State
    made_at: datetime
    next_at: datetime | None = Field(
        description="When it is tried next; null where it is on its way no more."
    )
    attempts: int
    note: str = Field(description="Why it did not arrive, or was not sent.")
    subject: str


class SendingJson(Page[MessageJson]):
    """What came of sending a digest now."""

    said: str = Field(description="To whom it went, and why not to the others.")


class RecipientBody(RequestPart):
    """Whom it is about."""

    recipient: Word = Field(description="As the mapping writes it: mail:lead@example.org, slack:okr.")


class MessageBody(RequestPart):
    """Which message."""

    site: SiteName | None = Field(None, description="The site; the first one where it is left out.")
    key: Word = Field(description="Its key, as GET /api/v1/outbox gives it.")


class OwnDigestJson(JsonShape):
    """A digest that goes to the address of who asks, and whether they stopped it."""

    site: str
    digest: str
    every: Literal["week", "change", "due"]
    on: str | None
    at: str | None = Field(description="At which local time; null for an alert.")
    time_zone: str
    stopped: bool


class OwnDigestBody(RequestPart):
    """Which digest of one's own."""

    digest: Word


@ROUTES.get("/digests", "viewer", "The digests and alerts of the active mapping: when, and to whom.")
def list_digests(caller: Caller, query: PageQuery) -> Reply[Page[DigestJson]]:
    """In the order of the mapping."""
    site = site_of(caller, query)
    name = list_name(f"digests:{site}", query)
    start = number_after(query.cursor, name) or 0
    found = recipients.list_digests(caller.connector, caller.actor, site)
    shown = found[start : start + query.limit]
    after = start + len(shown)
    given = [DigestJson.model_validate(recipients.planned_values(one)) for one in shown]
    return Reply(Page[DigestJson](items=given, next=cursor(name, after) if after < len(found) else None))


@ROUTES.get(
    "/digests/{digest}/preview",
    "viewer",
    "What a digest or alert would tell now, to whom, and why not the rest.",
)
def preview_digest(caller: Caller, path: DigestAddress, query: PageQuery) -> Reply[Page[MessagePreviewJson]]:
    """Nothing is sent."""
    site = site_of(caller, query)
    name = list_name(f"digest:{site}:{path.digest}", query)
    start = number_after(query.cursor, name) or 0
    try:
        found = digests.preview_digest(caller.connector, caller.actor, site, path.digest)
    except DigestRefusal as error:
        raise of_refused(error) from None
    shown = found[start : start + query.limit]
    after = start + len(shown)
    given = [MessagePreviewJson.model_validate(digests.prepared_values(one)) for one in shown]
    return Reply(
        Page[MessagePreviewJson](items=given, next=cursor(name, after) if after < len(found) else None)
    )


@ROUTES.post(
    "/digests/{digest}/send",
    "admin",
    "Tell this week's digest, or what an alert waits to tell, now.",
    heavy=True,
)
def send_digest(caller: Caller, path: DigestAddress, query: SiteQuery) -> Reply[SendingJson]:
    """What was told of it of late, this week's first. What was acknowledged is never sent again."""
    site = site_of(caller, query)
    try:
        found = digests.send_digest(caller.connector, caller.actor, site, path.digest)
    except DigestRefusal as error:
        raise of_refused(error) from None
    given = [MessageJson.model_validate(digests.outgoing_values(one)) for one in found.messages]
    return Reply(SendingJson(items=given, said=found.said))


@ROUTES.post("/digests/{digest}/suspend", "admin", "Tell a recipient no more of a digest.")
def suspend_digest(
    caller: Caller, path: DigestAddress, query: SiteQuery, body: RecipientBody
) -> Reply[OutcomeJson]:
    """Until it is resumed."""
    site = site_of(caller, query)
    try:
        recipients.suspend_digest(caller.connector, caller.actor, site, path.digest, body.recipient)
    except DigestRefusal as error:
        raise of_refused(error) from None
    return Reply(OutcomeJson(said=f"{body.recipient} gets {path.digest} no more."))


@ROUTES.post("/digests/{digest}/resume", "admin", "Tell a recipient of a digest again.")
def resume_digest(
    caller: Caller, path: DigestAddress, query: SiteQuery, body: RecipientBody
) -> Reply[OutcomeJson]:
    """From the next one on."""
    site = site_of(caller, query)
    try:
        recipients.resume_digest(caller.connector, caller.actor, site, path.digest, body.recipient)
    except DigestRefusal as error:
        raise of_refused(error) from None
    return Reply(OutcomeJson(said=f"{body.recipient} gets {path.digest} again."))


@ROUTES.get("/outbox", "viewer", "What was told of late, and what is on its way.")
def list_outbox(caller: Caller, query: PageQuery) -> Reply[Page[MessageJson]]:
    """The latest first."""
    site = site_of(caller, query)
    name = list_name(f"outbox:{site}", query)
    start = number_after(query.cursor, name) or 0
    found = digests.list_outbox(caller.connector, caller.actor, site, MOST_MESSAGES)
    shown = found[start : start + query.limit]
    after = start + len(shown)
    given = [MessageJson.model_validate(digests.outgoing_values(one)) for one in shown]
    return Reply(Page[MessageJson](items=given, next=cursor(name, after) if after < len(found) else None))


@ROUTES.post("/outbox/retry", "admin", "Send a message anew that was given up, or that waits.", heavy=True)
def retry_message(caller: Caller, body: MessageBody) -> Reply[MessageJson]:
    """As it stands once that was tried."""
    site = known_site(caller.connector, body.site)
    try:
        found = digests.retry_message(caller.connector, caller.actor, site, body.key)
    except DigestRefusal as error:
        raise of_refused(error) from None
    return Reply(MessageJson.model_validate(digests.outgoing_values(found)))


@ROUTES.get("/me/digests", "viewer", "The digests and alerts that go to your address.")
def list_own_digests(caller: Caller, query: ListQuery) -> Reply[Page[OwnDigestJson]]:
    """Of all sites."""
    name = list_name("own digests", query)
    start = number_after(query.cursor, name) or 0
    found = recipients.own_digests(caller.connector, caller.actor)
    shown = found[start : start + query.limit]
    after = start + len(shown)
    given = [OwnDigestJson.model_validate(recipients.own_values(one)) for one in shown]
    return Reply(Page[OwnDigestJson](items=given, next=cursor(name, after) if after < len(found) else None))


@ROUTES.post("/me/digests/stop", "viewer", "Get a digest no more.", in_person=True)
def stop_own_digest(caller: Caller, query: SiteQuery, body: OwnDigestBody) -> Reply[OutcomeJson]:
    """Until it is resumed, by its reader or an admin."""
    site = site_of(caller, query)
    try:
        recipients.stop_own_digest(caller.connector, caller.actor, site, body.digest)
    except DigestRefusal as error:
        raise of_refused(error) from None
    return Reply(OutcomeJson(said=f"You get {body.digest} no more."))


@ROUTES.post("/me/digests/resume", "viewer", "Get a digest again.", in_person=True)
def resume_own_digest(caller: Caller, query: SiteQuery, body: OwnDigestBody) -> Reply[OutcomeJson]:
    """From the next one on."""
    site = site_of(caller, query)
    try:
        recipients.resume_own_digest(caller.connector, caller.actor, site, body.digest)
    except DigestRefusal as error:
        raise of_refused(error) from None
    return Reply(OutcomeJson(said=f"You get {body.digest} again."))


def of_refused(error: DigestRefusal) -> RequestRefusal:
    """404 for what is not there, 409 for what cannot be done as things stand."""
    remedy = error.remedy_at(Door.API) or DIGESTS.at(Door.API)
    if isinstance(error, UnknownDigest | UnknownMessage):
        return RequestRefusal(
            404,
            "No such digest" if isinstance(error, UnknownDigest) else "No such message",
            error.message,
            remedy,
        )
    return RequestRefusal(409, "Not done", error.message, remedy)
