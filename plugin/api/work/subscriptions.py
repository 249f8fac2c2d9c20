"""`/subscriptions`: programs that are told what happens."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from mappings.numbers import count_of
from plugin.api.protocol.lookup import site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.model import Address, Instant, JsonShape, OutcomeJson, Page, RequestPart, SiteQuery, Word
from plugin.doors.refusal import not_found
from plugin.next_steps import SUBSCRIPTIONS
from plugin.use_cases.subscriptions import subscriptions
from plugin.use_cases.subscriptions.subscriptions import (
    ShownSubscription,
    SubscriptionSecret,
    UnknownSubscription,
    subscription_values,
    tried_values,
)

ROUTES = Routes()
EventType = Literal["objective.changed", "kpi.turned", "cycle.closed", "check_in.made"]


class SubscriptionAddress(Address):
    """One subscription."""

    subscription: Word = Field(description="The id of a subscription.")


class SubscriptionBody(RequestPart):
    """Where events are posted, and which."""

    url: Word = Field(
        description="An https address; one of a private network only where the operator lists it."
    )
    events: list[EventType] = Field(
        default_factory=list, description="The types of events; all of them where it is empty."
    )


class EventReplayBody(RequestPart):
    """From when on events are posted once more."""

    since: Instant = Field(description="Every event that was made since then.")


class SubscriptionJson(JsonShape):
    """A subscription, without its secret."""

    subscription: str = Field(description="Its id.")
    host: str = Field(description="The host to which events are posted; the whole address is a secret.")
    events: list[EventType] = Field(description="The types of events that it gets.")
    state: Literal["active", "dead", "paused"] = Field(
        description="dead: its address took nothing for five days, or said that it is gone. paused: somebody wants it to wait. Of both nothing is posted until they are resumed."
    )
    by: str
    at: datetime
    failing_since: datetime | None = Field(
        description="Since when its address takes nothing; null while it does."
    )
    note: str
    sent: int = Field(description="How many events were acknowledged, of those that are kept.")
    waiting: int = Field(description="How many events are to be posted yet.")
    given_up: int = Field(description="How many events were given up; a replay posts them once more.")


class SubscriptionTestJson(JsonShape):
    """What became of a test."""

    subscription: str = Field(description="Its id.")
    taken: bool = Field(description="Whether its address answered with a status from 200 to 299.")
    answer: str = Field(description="What it answered, or why nothing reached it.")


class SubscriptionSecretJson(SubscriptionJson):
    """A subscription with its secret, which is shown this once."""

    secret: str = Field(description="What signs its events, as Standard Webhooks writes it.")


@ROUTES.get("/subscriptions", "viewer", "Programs that are told what happens.")
def list_subscriptions(caller: Caller, query: SiteQuery) -> Reply[Page[SubscriptionJson]]:
    """The oldest first."""
    found = subscriptions.list_subscriptions(caller.connector, caller.actor, site_of(caller, query))
    return Reply(Page[SubscriptionJson](items=[_json(one) for one in found]))


@ROUTES.post(
    "/subscriptions",
    "admin",
    "Post what happens from now on to an address.",
    status=201,
    links={
        name: {"subscription": "$response.body#/subscription"}
        for name in ("send_test", "pause", "resume", "renew_secret", "replay", "unsubscribe")
    },
)
def subscribe(caller: Caller, query: SiteQuery, body: SubscriptionBody) -> Reply[SubscriptionSecretJson]:
    """The secret is given this once. 409 where the address may not be posted to."""
    site = site_of(caller, query)
    return Reply(
        _secret(subscriptions.subscribe(caller.connector, caller.actor, site, body.url, body.events))
    )


@ROUTES.delete("/subscriptions/{subscription}", "admin", "Post nothing to a program any more.")
def unsubscribe(caller: Caller, path: SubscriptionAddress, query: SiteQuery) -> Reply[OutcomeJson]:
    """What waits is dropped."""
    site = site_of(caller, query)
    try:
        subscriptions.unsubscribe(caller.connector, caller.actor, site, path.subscription)
    except UnknownSubscription as error:
        raise _unknown(path.subscription) from error
    return Reply(OutcomeJson(said="Nothing is posted to it any more."))


@ROUTES.post(
    "/subscriptions/{subscription}/test", "admin", "Post a signed test event to a program now.", heavy=True
)
def send_test(caller: Caller, path: SubscriptionAddress, query: SiteQuery) -> Reply[SubscriptionTestJson]:
    """It is tried once, whatever the state, and changes nothing; `taken` says whether the address took it."""
    site = site_of(caller, query)
    try:
        one = subscriptions.send_test(caller.connector, caller.actor, site, path.subscription)
    except UnknownSubscription as error:
        raise _unknown(path.subscription) from error
    return Reply(SubscriptionTestJson.model_validate(tried_values(one)))


@ROUTES.post("/subscriptions/{subscription}/pause", "admin", "Post nothing to a program for a while.")
def pause(caller: Caller, path: SubscriptionAddress, query: SiteQuery) -> Reply[SubscriptionJson]:
    """What happens meanwhile waits until it is resumed."""
    site = site_of(caller, query)
    try:
        return Reply(_json(subscriptions.pause(caller.connector, caller.actor, site, path.subscription)))
    except UnknownSubscription as error:
        raise _unknown(path.subscription) from error


@ROUTES.post(
    "/subscriptions/{subscription}/resume", "admin", "Post again to a program that was given up or paused."
)
def resume(caller: Caller, path: SubscriptionAddress, query: SiteQuery) -> Reply[SubscriptionJson]:
    """What waited is posted, too."""
    site = site_of(caller, query)
    try:
        return Reply(_json(subscriptions.resume(caller.connector, caller.actor, site, path.subscription)))
    except UnknownSubscription as error:
        raise _unknown(path.subscription) from error


@ROUTES.post("/subscriptions/{subscription}/secret", "admin", "Sign what a program gets with another secret.")
def renew_secret(
    caller: Caller, path: SubscriptionAddress, query: SiteQuery
) -> Reply[SubscriptionSecretJson]:
    """It is given this once, and holds from now on."""
    site = site_of(caller, query)
    try:
        return Reply(
            _secret(subscriptions.renew_secret(caller.connector, caller.actor, site, path.subscription))
        )
    except UnknownSubscription as error:
        raise _unknown(path.subscription) from error


@ROUTES.post("/subscriptions/{subscription}/replay", "admin", "Post events to a program once more.")
def replay(
    caller: Caller, path: SubscriptionAddress, query: SiteQuery, body: EventReplayBody
) -> Reply[OutcomeJson]:
    """With the same ids, so that it can tell which it knows."""
    site = site_of(caller, query)
    try:
        number = subscriptions.replay(caller.connector, caller.actor, site, path.subscription, body.since)
    except UnknownSubscription as error:
        raise _unknown(path.subscription) from error
    return Reply(OutcomeJson(said=f"{count_of(number, 'event is', 'events are')} posted once more."))


def _unknown(name: str) -> Exception:
    return not_found("subscription", name, SUBSCRIPTIONS)


def _json(one: ShownSubscription) -> SubscriptionJson:
    return SubscriptionJson.model_validate(subscription_values(one))


def _secret(made: SubscriptionSecret) -> SubscriptionSecretJson:
    return SubscriptionSecretJson.model_validate(
        {**subscription_values(made.subscription), "secret": made.secret}
    )
