"""Who gets which digest, and when: what is planned, whom it reaches no more, and what somebody decides for themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connectors.store.people import audit
from connectors.store.work import outbox
from mappings.diagnostic import MappingError
from mappings.digest.quiet_times import quiet_until
from mappings.digest.recipient import MAIL, OWNERS, channel_of, mailbox
from mappings.digest.week import next_due
from mappings.document.mapping import Mapping
from mappings.document.schema import QuietPart, TellPart
from mappings.json_value import PlainValues
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.accounts.own_account import own_account
from plugin.use_cases.digests.digests import DigestRefusal, OutgoingMessage, UnknownDigest, name_digest
from plugin.use_cases.digests.reminders import next_reminder, owners
from plugin.use_cases.permission import ADMIN, VIEWER, act, question


@dataclass(frozen=True, slots=True)
class DigestRecipient:
    """One recipient of a digest: the message made last (None: none yet), and since when they want no more of it."""

    recipient: str
    last: OutgoingMessage | None
    stopped_at: datetime | None


@dataclass(frozen=True, slots=True)
class PlannedDigest:
    """A digest or an alert of the active mapping: when it is told next (None: where something changes), in which zone that was meant, and to whom."""

    id: str
    every: str
    on: str
    at: str
    zone: str
    next_at: datetime | None
    empty: str
    about: tuple[str, ...]
    quiet: QuietPart | None
    recipients: tuple[DigestRecipient, ...]


@dataclass(frozen=True, slots=True)
class OwnDigest:
    """A digest or an alert that somebody gets by mail, and whether they stopped it."""

    site: str
    digest: str
    every: str
    on: str
    at: str
    zone: str
    stopped: bool


@question(VIEWER)
def list_digests(connector: Connector, _actor: Actor, site: str) -> tuple[PlannedDigest, ...]:
    """The digests of the active mapping, in its order. Raises Refusal where none is active."""
    mapping, now = connector.context(site).mapping, connector.clock()
    with connector.store.read() as conn:
        newest, stopped = outbox.load_latest(conn, site), outbox.load_opt_outs(conn, site)
    return tuple(
        PlannedDigest(
            id=part.id,
            every=part.every,
            on=part.on,
            at=part.at,
            zone=str(mapping.zone),
            next_at=_next(part, now, mapping),
            empty=part.empty,
            about=part.about,
            quiet=part.quiet,
            recipients=tuple(
                DigestRecipient(one, newest.get((part.id, one)), stopped.get((part.id, one)))
                for one in _reached(connector, site, part, newest)
            ),
        )
        for part in mapping.document.tell
    )


def _next(part: TellPart, now: datetime, mapping: Mapping) -> datetime | None:
    if part.every == "change":
        return None
    if part.every == "due":
        return next_reminder(mapping, part, now)
    return quiet_until(part.quiet, next_due(now, mapping.zone, part.on, part.at), mapping.zone)


def _reached(
    connector: Connector, site: str, part: TellPart, known: Iterable[tuple[str, str]] = ()
) -> tuple[str, ...]:
    """Whom the mapping names; behind `owners` those for whom something waits now, and those who were told of late."""
    found = dict.fromkeys(part.to)
    if OWNERS in found:
        found |= dict.fromkeys(owners(connector, site))
        found |= dict.fromkeys(recipient for digest, recipient in known if digest == part.id)
    return tuple(found)


@act(ADMIN)
def suspend_digest(connector: Connector, actor: Actor, site: str, digest_id: str, recipient: str) -> None:
    """Somebody gets a digest no more until it is resumed. Raises DigestRefusal."""
    _decide(connector, actor, site, digest_id, recipient, stops=True)


@act(ADMIN)
def resume_digest(connector: Connector, actor: Actor, site: str, digest_id: str, recipient: str) -> None:
    """Somebody who stopped a digest gets it again. Raises DigestRefusal."""
    _decide(connector, actor, site, digest_id, recipient, stops=False)


@question(VIEWER)
def own_digests(connector: Connector, actor: Actor) -> tuple[OwnDigest, ...]:
    """The digests that go to the address of who asks, of all sites."""
    email = own_account(connector, actor).email
    found = []
    with connector.store.read() as conn:
        for site, part, zone, recipient in _to(connector, email):
            stopped = (part.id, recipient) in outbox.load_opt_outs(conn, site)
            found.append(
                OwnDigest(
                    site=site,
                    digest=part.id,
                    every=part.every,
                    on=part.on,
                    at=part.at,
                    zone=zone,
                    stopped=stopped,
                )
            )
    return tuple(found)


@act(VIEWER)
def stop_own_digest(connector: Connector, actor: Actor, site: str, digest_id: str) -> None:
    """Who asks gets it no more. Raises DigestRefusal where it does not go to their address."""
    _decide_own(connector, actor, site, digest_id, stops=True)


@act(VIEWER)
def resume_own_digest(connector: Connector, actor: Actor, site: str, digest_id: str) -> None:
    """Who asks gets it again. Raises DigestRefusal where it does not go to their address."""
    _decide_own(connector, actor, site, digest_id, stops=False)


def _decide(
    connector: Connector, actor: Actor, site: str, digest_id: str, recipient: str, *, stops: bool
) -> None:
    part = name_digest(connector, site, digest_id)
    by_mail = OWNERS in part.to and channel_of(recipient)[0] == MAIL
    if recipient not in part.to and not by_mail:
        raise DigestRefusal(f"{digest_id} does not go to {recipient}. It goes to {', '.join(part.to)}.")
    own = recipient if recipient in part.to else mailbox(channel_of(recipient)[1])
    with connector.store.write() as conn:
        _keep(connector, conn, actor, site, digest_id, own, stops=stops)


def _decide_own(connector: Connector, actor: Actor, site: str, digest_id: str, *, stops: bool) -> None:
    email = own_account(connector, actor).email
    mine = [
        recipient for at, part, _, recipient in _to(connector, email) if (at, part.id) == (site, digest_id)
    ]
    if not mine:
        raise UnknownDigest(f"No digest {digest_id} of site {site} goes to {email}.")
    with connector.store.write() as conn:
        for recipient in mine:
            _keep(connector, conn, actor, site, digest_id, recipient, stops=stops)


def _keep(
    connector: Connector,
    conn: Connection,
    actor: Actor,
    site: str,
    digest_id: str,
    recipient: str,
    *,
    stops: bool,
) -> None:
    now = connector.clock()
    if stops:
        outbox.stop(conn, site, digest_id, recipient, now)
    else:
        outbox.resume(conn, site, digest_id, recipient)
    detail = {"digest": digest_id, "recipient": recipient}
    audit.note(conn, actor.label, "digest stopped" if stops else "digest resumed", now, detail, site)


def _to(connector: Connector, email: str) -> Iterator[tuple[str, TellPart, str, str]]:
    """Site, digest, zone and recipient of each that goes to this address; sites whose mapping cannot be used have none."""
    wanted = mailbox(email)
    for site in list(connector.sites):
        try:
            mapping = connector.context(site).mapping
        except (Refusal, MappingError):
            continue
        for part in mapping.document.tell:
            own = [recipient for recipient in part.to if recipient.casefold() == wanted]
            for recipient in own or ([wanted] if OWNERS in part.to else []):
                yield site, part, str(mapping.zone), recipient


def planned_values(one: PlannedDigest) -> PlainValues:
    """A digest and its recipients, for programs."""
    return {
        "digest": one.id,
        "every": one.every,
        **_when(one),
        "time_zone": one.zone,
        "next_at": None if one.next_at is None else one.next_at.isoformat(),
        "empty": one.empty if one.every == "week" else None,
        "about": list(one.about) if one.every == "change" else None,
        "quiet": None if one.quiet is None else quiet_values(one.quiet),
        "recipients": [reached_values(who) for who in one.recipients],
    }


def reached_values(one: DigestRecipient) -> PlainValues:
    """A recipient, for programs."""
    return {
        "recipient": one.recipient,
        "last_made_at": None if one.last is None else one.last.made_at.isoformat(),
        "last_state": None if one.last is None else one.last.state.value,
        "stopped_at": None if one.stopped_at is None else one.stopped_at.isoformat(),
    }


def own_values(one: OwnDigest) -> PlainValues:
    """A digest of one's own, for programs."""
    return {
        "site": one.site,
        "digest": one.digest,
        "every": one.every,
        **_when(one),
        "time_zone": one.zone,
        "stopped": one.stopped,
    }


def quiet_values(one: QuietPart) -> PlainValues:
    """Quiet hours and days, for programs."""
    return {"from": one.from_, "to": one.to, "days": list(one.days)}


def _when(one: PlannedDigest | OwnDigest) -> PlainValues:
    return {
        "on": one.on if one.every == "week" else None,
        "at": one.at if one.every != "change" else None,
    }
