"""Programs subscribe to what happens: an address gets each event at least once, signed, until it acknowledges it. The secret is shown once."""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from connectors.notify import standard_webhook
from connectors.notify.failure import SendingFailure
from connectors.notify.webhook import Endpoint, WebhookCall, own_hosts, require_address, send
from connectors.store.people import audit
from connectors.store.subscriptions import subscriptions
from connectors.store.subscriptions.subscriptions import OutgoingEvent, Subscription, SubscriptionState
from connectors.store.work import outbox
from connectors.store.work.outbox import OutboxState
from mappings.json_value import PlainValues
from plugin.access.authorization.actor import Actor
from plugin.next_steps import SUBSCRIPTIONS
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.credentials_vault import vault
from plugin.use_cases.permission import ADMIN, VIEWER, act, question
from plugin.use_cases.subscriptions.events import EVENTS, Happening, happenings, told_to_strangers

SECRET_BYTES = 32
ID_BYTES = 6
LEASE = timedelta(minutes=2)
MOST_POSTED = 200
"""So many events go to one subscription in one go; the rest a minute later."""
LONGEST_TURN = timedelta(minutes=1)
"""So long one that is slow is posted to before it is the turn of the next."""
PAUSES = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440, 1440, 1440, 1440, 1440)
)
"""When an event that was not acknowledged is posted again; after the last it waits for a person."""
DEAD_AFTER = timedelta(days=5)
"""An address that took nothing for so long gets nothing more until somebody resumes it."""
RECEIVER = "The subscription"
TEST = "test"
"""The type of an event that tells nothing but that it arrives."""
GONE = f"{RECEIVER} answers 410"
SENT, WAITS, GIVEN_UP = OutboxState.SENT.value, OutboxState.DUE.value, OutboxState.DEAD.value

log = structlog.get_logger("jira_okr.subscriptions")


class SubscriptionRefusal(Refusal):
    """A subscription that cannot be; the message says why and what would be right."""


class UnknownSubscription(SubscriptionRefusal):
    """There is no subscription of this id."""


@dataclass(frozen=True, slots=True)
class ShownSubscription:
    """A subscription without its secrets, one of which is its address beyond the `host` (as with every webhook), and how many of its events were acknowledged, wait, and were given up."""

    id: str
    host: str
    events: tuple[str, ...]
    state: SubscriptionState
    by: str
    at: datetime
    failing_since: datetime | None
    note: str
    sent: int
    waiting: int
    given_up: int


@dataclass(frozen=True, slots=True)
class SubscriptionSecret:
    """A subscription and its secret, which is shown this once."""

    subscription: ShownSubscription
    secret: str


@dataclass(frozen=True, slots=True)
class SubscriptionTest:
    """What became of a test: whether its address took it, and what it answered or why nothing reached it."""

    subscription: ShownSubscription
    taken: bool
    answer: str


@act(ADMIN)
def subscribe(
    connector: Connector, actor: Actor, site: str, url: str, events: Sequence[str] = ()
) -> SubscriptionSecret:
    """Post what happens from now on to an address; every type of event where none is named. Raises SubscriptionRefusal."""
    wanted = tuple(dict.fromkeys(events)) or tuple(EVENTS)
    if unknown := sorted(set(wanted) - EVENTS.keys()):
        raise SubscriptionRefusal(
            f"{', '.join(unknown)}: no type of event. Those are: {', '.join(EVENTS)}.", about="events"
        )
    _require_address(connector, url)
    secret, now = _secret(), connector.clock()
    one = Subscription(
        id=secrets.token_hex(ID_BYTES),
        url=url,
        events=wanted,
        secret=_sealed(connector, secret),
        by=actor.label,
        at=now,
    )
    with connector.store.write() as conn:
        kept = subscriptions.add(conn, site, one)
        audit.note(conn, actor.label, "subscription added", now, _detail(kept), site)
    return SubscriptionSecret(_shown(kept, {}), secret)


@question(VIEWER)
def list_subscriptions(connector: Connector, _actor: Actor, site: str) -> tuple[ShownSubscription, ...]:
    """All of a site, the oldest first."""
    with connector.store.read() as conn:
        found, numbers = subscriptions.of_site(conn, site), subscriptions.counts(conn, site)
    return tuple(_shown(one, numbers) for one in found)


@act(ADMIN)
def unsubscribe(connector: Connector, actor: Actor, site: str, id_: str) -> None:
    """Post nothing to it any more. Raises UnknownSubscription."""
    one = _known(connector, site, id_)
    with connector.store.write() as conn:
        subscriptions.remove(conn, site, id_)
        audit.note(conn, actor.label, "subscription removed", connector.clock(), _detail(one), site)


@act(ADMIN)
def pause(connector: Connector, actor: Actor, site: str, id_: str) -> ShownSubscription:
    """Post nothing to it until it is resumed; what happens meanwhile waits. Raises UnknownSubscription."""
    one = _known(connector, site, id_)
    with connector.store.write() as conn:
        subscriptions.change(conn, site, id_, state=SubscriptionState.PAUSED, failing_since=None, note="")
        audit.note(conn, actor.label, "subscription paused", connector.clock(), _detail(one), site)
    return _found(connector, site, id_)


@act(ADMIN)
def send_test(connector: Connector, actor: Actor, site: str, id_: str) -> SubscriptionTest:
    """Post an event of type `test` now, signed as all are, whatever its state; what was answered. It is tried once and changes nothing. Raises UnknownSubscription."""
    one, now = _known(connector, site, id_), connector.clock()
    with connector.store.write() as conn:
        audit.note(conn, actor.label, "subscription tested", now, _detail(one), site)
    body = json.dumps({"type": TEST, "timestamp": now.isoformat(), "data": {"subscription": id_}})
    key = f"{one.recipient}|{TEST}|{secrets.token_hex(ID_BYTES)}"
    try:
        status = _post(connector, one, key, body.encode())
    except SendingFailure as error:
        return SubscriptionTest(_found(connector, site, id_), taken=False, answer=error.reason)
    return SubscriptionTest(_found(connector, site, id_), taken=True, answer=f"{RECEIVER} answers {status}")


@act(ADMIN)
def resume(connector: Connector, actor: Actor, site: str, id_: str) -> ShownSubscription:
    """Post again to one that is dead or paused, what waited and what happened meanwhile too. Raises UnknownSubscription."""
    one = _known(connector, site, id_)
    with connector.store.write() as conn:
        now = connector.clock()
        subscriptions.change(conn, site, id_, state=SubscriptionState.ACTIVE, failing_since=None, note="")
        subscriptions.post_anew(conn, site, one.recipient, now)
        audit.note(conn, actor.label, "subscription resumed", now, _detail(one), site)
    return _found(connector, site, id_)


@act(ADMIN)
def renew_secret(connector: Connector, actor: Actor, site: str, id_: str) -> SubscriptionSecret:
    """Sign with another secret from now on; it is shown this once. Raises UnknownSubscription."""
    one, secret = _known(connector, site, id_), _secret()
    with connector.store.write() as conn:
        subscriptions.change(conn, site, id_, secret=_sealed(connector, secret))
        audit.note(conn, actor.label, "subscription secret renewed", connector.clock(), _detail(one), site)
    return SubscriptionSecret(_found(connector, site, id_), secret)


@act(ADMIN)
def replay(connector: Connector, actor: Actor, site: str, id_: str, since: datetime) -> int:
    """Post every event once more that was made since then, with the same ids; how many. Raises UnknownSubscription."""
    one, now = _known(connector, site, id_), connector.clock()
    with connector.store.write() as conn:
        number = subscriptions.replay(conn, site, one.recipient, since, now)
        detail = {**_detail(one), "since": since.isoformat(), "events": number}
        audit.note(conn, actor.label, "events replayed", now, detail, site)
    return number


# -- by the clock -----------------------------------------------------------------------------------------------


def relay(connector: Connector, site: str, going_on: Callable[[], None] = lambda: None) -> None:
    """Make the events of what happened, each once for each subscription, and post what is due."""
    with connector.store.read() as conn:
        found = subscriptions.of_site(conn, site)
    for one in found:
        going_on()
        _make_events(connector, site, one)
        if one.state is SubscriptionState.ACTIVE:
            _post_due(connector, site, one, going_on)


def _make_events(connector: Connector, site: str, one: Subscription) -> None:
    now = connector.clock()
    with connector.store.read() as conn:
        news = happenings(connector, conn, site, one, now)
    if not news.found and (news.history_after, news.check_in_after) == (
        one.history_after,
        one.check_in_after,
    ):
        return
    with connector.store.write() as conn:
        if subscriptions.go_on(conn, site, one, news.history_after, news.check_in_after):
            subscriptions.put(conn, site, _outgoing(one, news.found, now))


def _outgoing(one: Subscription, found: Sequence[Happening], now: datetime) -> Iterator[OutgoingEvent]:
    """Each a millisecond after the one before it, so that they are posted in this order."""
    for number, each in enumerate(found):
        made_at = now + timedelta(milliseconds=number)
        yield OutgoingEvent(
            key=f"{one.recipient}|{each.type}|{each.number}",
            recipient=one.recipient,
            body=each.body,
            state=OutboxState.DUE,
            made_at=made_at,
            next_at=now,
        )


def _post_due(connector: Connector, site: str, one: Subscription, going_on: Callable[[], None]) -> None:
    """Post in order until one is not taken: the others would meet the same, and are due still."""
    with connector.store.read() as conn:
        waiting = subscriptions.load_due(conn, site, one.recipient, connector.clock(), MOST_POSTED)
    failing, begun = one.failing_since, connector.clock()
    for event in waiting:
        going_on()
        if connector.clock() - begun >= LONGEST_TURN:
            return
        with connector.store.write() as conn:
            if not subscriptions.is_active(conn, site, one.id):
                return
            mine = outbox.take(conn, site, event, connector.clock() + LEASE)
        if not mine:
            continue
        try:
            _post(connector, one, event.key, told_to_strangers(connector, site, event.body).encode())
        except SendingFailure as error:
            _failed(connector, site, one, event, error, failing)
            return
        with connector.store.write() as conn:
            outbox.note_sent(conn, site, event.key)
            if failing is not None:
                subscriptions.change(conn, site, one.id, failing_since=None, note="")
        failing = None


def _post(connector: Connector, one: Subscription, key: str, body: bytes) -> int:
    try:
        secret = vault(connector.settings).open(one.secret)["secret"]
    except Refusal:
        raise SendingFailure(
            "its secret cannot be opened with JIRA_OKR_SECRET_KEY: give it another one"
        ) from None
    endpoint = Endpoint(one.url, secret)
    headers = standard_webhook.sign_headers(endpoint, key, connector.clock(), body)
    call = WebhookCall(label=RECEIVER, address=one.url, body=body, headers=headers, endpoint=endpoint)
    return send(call, _hosts(connector, one.url))


def _failed(
    connector: Connector,
    site: str,
    one: Subscription,
    event: OutgoingEvent,
    error: SendingFailure,
    failing: datetime | None,
) -> None:
    now = connector.clock()
    since = failing or now
    dead = error.reason.startswith(GONE) or now - since >= DEAD_AFTER
    wait = None if error.wait is None else timedelta(seconds=error.wait)
    with connector.store.write() as conn:
        outbox.note_failed(conn, site, event, now, error.reason, wait=wait, pauses=PAUSES)
        if not subscriptions.is_active(conn, site, one.id):
            return  # paused meanwhile: it stays so
        subscriptions.change(conn, site, one.id, failing_since=since, note=error.reason)
        if dead:
            subscriptions.change(conn, site, one.id, state=SubscriptionState.DEAD)
            detail = {**_detail(one), "why": error.reason}
            audit.note(conn, "jira-okr", "subscription given up", now, detail, site)
    log.warning("event not posted", site=site, subscription=one.id, dead=dead)


# -- where to ---------------------------------------------------------------------------------------------------


def _require_address(connector: Connector, url: str) -> None:
    try:
        require_address(url, _hosts(connector, url))
    except SendingFailure as error:
        raise SubscriptionRefusal(
            f"The address has to be https, with a host alone, as https://hub.example/okr: {error.reason}",
            about="url",
        ) from None


def _hosts(connector: Connector, url: str) -> tuple[str, ...]:
    return (*own_hosts(url), *connector.settings.notify.hosts)


# -- what is shown ----------------------------------------------------------------------------------------------


def _known(connector: Connector, site: str, id_: str) -> Subscription:
    with connector.store.read() as conn:
        for one in subscriptions.of_site(conn, site):
            if one.id == id_:
                return one
    raise UnknownSubscription(f"There is no subscription {id_}.", step=SUBSCRIPTIONS)


def _found(connector: Connector, site: str, id_: str) -> ShownSubscription:
    one = _known(connector, site, id_)
    with connector.store.read() as conn:
        return _shown(one, subscriptions.counts(conn, site))


def _shown(one: Subscription, numbers: Mapping[tuple[str, str], int]) -> ShownSubscription:
    return ShownSubscription(
        id=one.id,
        host=one.host,
        events=one.events,
        state=one.state,
        by=one.by,
        at=one.at,
        failing_since=one.failing_since,
        note=one.note,
        sent=numbers.get((one.recipient, SENT), 0),
        waiting=numbers.get((one.recipient, WAITS), 0),
        given_up=numbers.get((one.recipient, GIVEN_UP), 0),
    )


def tried_values(one: SubscriptionTest) -> PlainValues:
    """What became of a test, for programs."""
    return {"subscription": one.subscription.id, "taken": one.taken, "answer": one.answer}


def subscription_values(one: ShownSubscription) -> PlainValues:
    """The same for programs."""
    return {
        "subscription": one.id,
        "host": one.host,
        "events": list(one.events),
        "state": one.state.value,
        "by": one.by,
        "at": one.at.isoformat(),
        "failing_since": None if one.failing_since is None else one.failing_since.isoformat(),
        "note": one.note,
        "sent": one.sent,
        "waiting": one.waiting,
        "given_up": one.given_up,
    }


def _secret() -> str:
    return standard_webhook.PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _sealed(connector: Connector, secret: str) -> bytes:
    return vault(connector.settings).seal({"secret": secret})


def _detail(one: Subscription) -> PlainValues:
    return {"subscription": one.id, "host": one.host, "events": list(one.events)}
