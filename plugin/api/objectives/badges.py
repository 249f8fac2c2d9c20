"""`/badges`: numbers that are made public as images, and made public no more."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from plugin.api.protocol.lookup import site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.model import Address, JsonShape, OutcomeJson, Page, RequestPart, SiteQuery, Word
from plugin.doors.refusal import not_found
from plugin.next_steps import BADGES
from plugin.use_cases.badges import badges
from plugin.use_cases.badges.badges import badge_values

ROUTES = Routes()


class BadgeAddress(Address):
    """One badge."""

    badge: Word = Field(description="The unguessable part of the address of a badge.")


class BadgeBody(RequestPart):
    """What is made public."""

    kind: Literal["objective", "cycle"] = Field(description="What it is of.")
    subject: Word = Field(description="The key or id of an objective, or the id of a cycle.")
    words: str = Field(
        "",
        max_length=badges.LONGEST_WORDS,
        description="What it is called there; the title of an objective is never shown.",
    )


class BadgeJson(JsonShape):
    """Something that is public."""

    badge: str = Field(description="The unguessable part of its address; by it the badge is revoked.")
    kind: Literal["objective", "cycle"] = Field(description="What it is of.")
    subject: str = Field(description="The id of the objective or cycle.")
    words: str = Field(description="What it is called there.")
    address: str
    card: str = Field(description="The address of the card, which says more.")
    by: str
    at: datetime


@ROUTES.get("/badges", "viewer", "What is public as a badge.")
def list_badges(caller: Caller, query: SiteQuery) -> Reply[Page[BadgeJson]]:
    """The latest first."""
    found = badges.list_badges(caller.connector, caller.actor, site_of(caller, query))
    items = [BadgeJson.model_validate(badge_values(one)) for one in found]
    return Reply(Page[BadgeJson](items=items))


@ROUTES.post(
    "/badges",
    "admin",
    "Make the number of an objective or a cycle public as a badge.",
    status=201,
    links={"revoke_badge": {"badge": "$response.body#/badge"}},
)
def publish_badge(caller: Caller, query: SiteQuery, body: BadgeBody) -> Reply[BadgeJson]:
    """Whoever has the address sees number and health, and nothing else. 409 where there is no such objective or cycle."""
    site = site_of(caller, query)
    one = badges.publish(caller.connector, caller.actor, site, body.kind, body.subject, body.words)
    return Reply(BadgeJson.model_validate(badge_values(one)))


@ROUTES.delete("/badges/{badge}", "admin", "Make a badge public no more.")
def revoke_badge(caller: Caller, path: BadgeAddress, query: SiteQuery) -> Reply[OutcomeJson]:
    """Its address shows nothing from now on."""
    if not badges.revoke(caller.connector, caller.actor, site_of(caller, query), path.badge):
        raise not_found("badge", path.badge, BADGES)
    return Reply(OutcomeJson(said="It is public no more."))
