"""Weekly digests and alerts: made once a week and recipient in an outbox, sent until they are acknowledged, and stopped by whoever gets them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from connectors.notify.failure import SendingFailure
from connectors.store.numbers import snapshots
from connectors.store.numbers.standings import stood_at
from connectors.store.people import audit
from connectors.store.work import outbox
from connectors.store.work.outbox import OutboxState as OutboxState
from connectors.store.work.outbox import OutgoingMessage as OutgoingMessage
from mappings.digest.digest import (
    DigestMessage,
    Happenings,
    ObjectiveStanding,
    digest,
    far_moved,
    list_changed,
)
from mappings.digest.quiet_times import is_quiet
from mappings.digest.recipient import channel_of
from mappings.digest.week import last_due, week_of
from mappings.digest.words import subject, text
from mappings.document.mapping import Mapping
from mappings.document.schema import TellPart
from mappings.explain.cause import largest_part
from mappings.facts.moment import Moment
from mappings.json_value import PlainValues
from plugin.access.authorization.actor import Actor
from plugin.next_steps import DIGEST_MESSAGES
from plugin.runtime.connector import Connector
from plugin.use_cases.digests import alerts, reminders
from plugin.use_cases.digests.channels import send_by_channel
from plugin.use_cases.digests.kpi_changes import kpi_changes
from plugin.use_cases.digests.links import DigestRefusal as DigestRefusal
from plugin.use_cases.digests.links import read_token
from plugin.use_cases.digests.standings import standings
from plugin.use_cases.digests.waits import OwnedWait, all_waits, waits_of
from plugin.use_cases.objectives import movement
from plugin.use_cases.permission import ADMIN, PUBLIC, VIEWER, act, question
from plugin.use_cases.viewer import as_strangers_see
from plugin.use_cases.visibility.dated_numbers import TOLD_OF

LEASE = timedelta(minutes=2)
WEEK = timedelta(days=7)
MOST_SHOWN = 50
WEEKLY = "digest|"
"""How the key of a weekly digest begins."""

log = structlog.get_logger("jira_okr.digests")


class UnknownDigest(DigestRefusal):
    """The mapping has no digest of this name."""


class UnknownMessage(DigestRefusal):
    """The outbox has no message of this key."""


@dataclass(frozen=True, slots=True)
class PreparedDigest:
    """The digest of one recipient as it would be told now. `why_not` says why it would not be sent; empty where it would."""

    digest: str
    recipient: str
    due: datetime
    message: DigestMessage
    why_not: str = ""

    def numbers_of(self, now: datetime) -> tuple[datetime, datetime]:
        """The time that its numbers are of."""
        return now - TOLD_OF, now


TRIED = (OutboxState.SENT, OutboxState.DEAD)


@dataclass(frozen=True, slots=True)
class SentDigest:
    """What became of a digest that was sent: its `messages` of late, those `tried` now or that wait for another attempt, and
    whom nothing was to be told, with why.
    """

    messages: tuple[OutgoingMessage, ...]
    tried: tuple[OutgoingMessage, ...]
    untold: tuple[tuple[str, str], ...]

    @property
    def said(self) -> str:
        """In sentences, recipient by recipient: sent, not arrived, given up, nothing to tell."""
        reached = [one.recipient for one in self.tried if one.state is OutboxState.SENT]
        lines = [f"Sent to {', '.join(reached)}."] if reached else []
        lines += [_failed(one) for one in self.tried if one.state is not OutboxState.SENT]
        lines += [f"Nothing was sent to {who}: {why}." for who, why in self.untold]
        return " ".join(lines) or "Nothing was to be told."


def _failed(one: OutgoingMessage) -> str:
    note = one.note.removesuffix(".") or "nobody acknowledged it"
    if one.state is OutboxState.DUE:
        return f"Not yet arrived at {one.recipient}: {note}; it is tried again by itself."
    return f"Given up for {one.recipient}: {note}."


@dataclass(frozen=True, slots=True)
class DigestBasis:
    """What is the same for every recipient of a digest: where objectives stand, and what waits for whom."""

    stands: tuple[ObjectiveStanding, ...] = ()
    waits: tuple[OwnedWait, ...] = ()


@question(VIEWER)
def preview_digest(
    connector: Connector, _actor: Actor, site: str, digest_id: str
) -> tuple[PreparedDigest, ...]:
    """What a digest would tell now, recipient by recipient, and why not the rest. Nothing is sent. Raises DigestRefusal."""
    part = name_digest(connector, site, digest_id)
    if part.every == "change":
        found = alerts.prepared_alerts(connector, site, part)
        return tuple(
            PreparedDigest(
                digest=part.id, recipient=one.recipient, due=one.at, message=one.message, why_not=one.why_not
            )
            for one in found
        )
    if part.every == "due":
        due = reminders.prepared_reminders(connector, site, part)
        return tuple(
            PreparedDigest(
                digest=part.id, recipient=one.recipient, due=one.at, message=one.message, why_not=one.why_not
            )
            for one in due
        )
    week = _week(connector, site)
    with connector.store.read() as conn:
        return tuple(_prepared(connector, conn, site, part, recipient, week) for recipient in part.to)


@question(VIEWER)
def list_outbox(
    connector: Connector, _actor: Actor, site: str, most: int = MOST_SHOWN
) -> tuple[OutgoingMessage, ...]:
    """What was told of late, the latest first, and what is still on its way."""
    with connector.store.read() as conn:
        return tuple(outbox.recent(conn, site, most))


@act(ADMIN)
def send_digest(connector: Connector, actor: Actor, site: str, digest_id: str) -> SentDigest:
    """Tell a digest of this week now, to all who did not get it yet, or what an alert waits to tell; and send what is on its way.

    Neither waits for the end of quiet hours. Raises DigestRefusal.
    """
    part = name_digest(connector, site, digest_id)
    now, before, untold = connector.clock(), _of_digest(connector, site, digest_id), []
    if part.every == "change":
        alerts.tell_changes(connector, site, part, at_once=True)
    if part.every == "due":
        reminders.remind_now(connector, site, part)
    week = _week(connector, site) if part.every == "week" else DigestBasis()
    with connector.store.write() as conn:
        for recipient in part.to if part.every == "week" else ():
            made = _prepared(connector, conn, site, part, recipient, week)
            if made.why_not:
                untold.append((recipient, made.why_not))
            else:
                _keep(conn, site, made, OutboxState.DUE, now, again=True)
        audit.note(conn, actor.label, "digest sent", now, {"digest": digest_id}, site)
    deliver(connector, site, at_once=digest_id)
    messages = _of_digest(connector, site, digest_id)
    tried = tuple(
        one for one in messages if one.state is OutboxState.DUE or (one not in before and one.state in TRIED)
    )
    reached = {one.recipient for one in tried}
    return SentDigest(messages, tried, tuple(one for one in untold if one[0] not in reached))


def _of_digest(connector: Connector, site: str, digest_id: str) -> tuple[OutgoingMessage, ...]:
    with connector.store.read() as conn:
        return tuple(one for one in outbox.recent(conn, site, MOST_SHOWN) if one.digest == digest_id)


@act(PUBLIC)
def stop_digest(connector: Connector, _actor: Actor, token: str) -> str:
    """Whoever has the link of a mail gets it no more; the digest. Raises DigestRefusal for a link that is none of ours."""
    site, digest_id, recipient = read_token(connector, token)
    now = connector.clock()
    with connector.store.write() as conn:
        outbox.stop(conn, site, digest_id, recipient, now)
        audit.note(conn, "a link of a mail", "digest stopped", now, {"digest": digest_id}, site)
    return digest_id


@question(PUBLIC)
def mail_to_stop(connector: Connector, _actor: Actor, token: str) -> str:
    """The digest that the link of a mail stops. Raises DigestRefusal for a link that is none of ours."""
    return read_token(connector, token)[1]


@act(ADMIN)
def retry_message(connector: Connector, actor: Actor, site: str, key: str) -> OutgoingMessage:
    """Send a message anew that was given up, or that waits for a later attempt. Raises DigestRefusal."""
    now = connector.clock()
    with connector.store.write() as conn:
        one = outbox.find(conn, site, key)
        if one is None:
            raise UnknownMessage(f"There is no message {key}.", step=DIGEST_MESSAGES)
        waits = one.state is OutboxState.DUE and one.note != outbox.UNDER_WAY
        if not waits and one.state is not OutboxState.DEAD:
            raise DigestRefusal(
                f"{key} is {one.note or one.state}: only what was given up, or waits, is sent anew.",
                step=DIGEST_MESSAGES,
            )
        if (one.digest, one.recipient) in outbox.load_opt_outs(conn, site):
            raise DigestRefusal(f"{one.recipient} wants no more of {one.digest}. Resume it first.")
        newest = outbox.load_latest(conn, site)[one.digest, one.recipient]
        if one.key.startswith(WEEKLY) and newest.made_at > one.made_at:
            raise DigestRefusal(
                f"A later one was made for {one.recipient}: {newest.key}.", step=DIGEST_MESSAGES
            )
        if not outbox.send_anew(conn, site, one, now):
            raise DigestRefusal(f"{key} is just being sent.", step=DIGEST_MESSAGES)
        audit.note(conn, actor.label, "digest sent anew", now, {"digest": one.digest}, site)
    deliver(connector, site, at_once=one.digest)
    with connector.store.read() as conn:
        return outbox.find(conn, site, key) or one


@act(ADMIN)
def tell_now(connector: Connector, actor: Actor, site: str) -> None:
    """The same as the schedule does, at once."""
    with connector.store.write() as conn:
        audit.note(conn, actor.label, "due digests sent", connector.clock(), {}, site)
    tell_due(connector, site)


def tell_due(connector: Connector, site: str, going_on: Callable[[], None] = lambda: None) -> None:
    """Make the digests and alerts that are due, and send what is on its way. However many processes do it, each is made once."""
    mapping, now = connector.context(site).mapping, connector.clock()
    for part in mapping.document.tell:
        if part.every == "change":
            alerts.tell_changes(connector, site, part)
            going_on()
            continue
        if part.every == "due":
            reminders.tell_reminders(connector, site, part)
            going_on()
            continue
        quiet = is_quiet(part.quiet, now, mapping.zone)
        due = last_due(now, mapping.zone, part.on, part.at)
        keys = {recipient: _key(part, recipient, due, mapping) for recipient in part.to}
        with connector.store.read() as conn:  # most of the time all is told, and nothing is to be written
            known = outbox.known_keys(conn, site, keys.values())
            untold = [
                recipient
                for recipient in part.to
                if keys[recipient] not in known
                and not (quiet and outbox.last(conn, site, part.id, recipient) is not None)
            ]  # the first run tells nothing, so that quiet hours need not hold it: begun later, the next week would be lost
        week = _week(connector, site) if untold else DigestBasis()
        for recipient in untold:
            with connector.store.write() as conn:
                if outbox.state_of(conn, site, keys[recipient]) is not None:
                    continue
                made = _prepared(connector, conn, site, part, recipient, week)
                if outbox.last(conn, site, part.id, recipient) is None:
                    _keep(conn, site, made, OutboxState.BEGUN, now)  # the first run tells nothing
                elif not made.why_not:
                    _keep(conn, site, made, OutboxState.DUE, now)
                else:
                    _keep(conn, site, made, OutboxState.EMPTY, now)
        going_on()
    deliver(connector, site, going_on)


def deliver(
    connector: Connector, site: str, going_on: Callable[[], None] = lambda: None, *, at_once: str = ""
) -> None:
    """Send what is due. What is acknowledged is never sent again; what nobody acknowledged is, with the same key.

    In its quiet hours a digest or an alert is not tried, but for the one of `at_once`.
    """
    mapping, now = connector.context(site).mapping, connector.clock()
    quiet = {part.id for part in mapping.document.tell if is_quiet(part.quiet, now, mapping.zone)} - {at_once}
    with connector.store.read() as conn:
        waiting = outbox.load_due(conn, site, now)
        stopped = outbox.load_opt_outs(conn, site)
    for one in waiting:
        going_on()
        if one.digest in quiet:
            continue
        if (one.digest, one.recipient) in stopped:
            with connector.store.write() as conn:
                outbox.note_failed(conn, site, one, connector.clock(), alerts.STOPPED, for_good=True)
            continue
        with connector.store.write() as conn:
            mine = outbox.take(conn, site, one, connector.clock() + LEASE)
        if mine:
            _send(connector, site, one)


def _send(connector: Connector, site: str, one: OutgoingMessage) -> None:
    try:
        send_by_channel(connector, site, as_strangers_see(connector, site, one))
    except SendingFailure as error:
        wait = timedelta(seconds=error.wait) if error.wait is not None else None
        with connector.store.write() as conn:
            now = connector.clock()
            outbox.note_failed(conn, site, one, now, error.reason, for_good=error.for_good, wait=wait)
        channel, _ = channel_of(one.recipient)  # the reason names people: it stands in the outbox alone
        log.warning("digest not sent", site=site, digest=one.digest, channel=channel, for_good=error.for_good)
        return
    with connector.store.write() as conn:
        outbox.note_sent(conn, site, one.key)


def name_digest(connector: Connector, site: str, digest_id: str) -> TellPart:
    parts = connector.context(site).mapping.document.tell
    found = next((one for one in parts if one.id == digest_id), None)
    if found is None:
        known = ", ".join(one.id for one in parts) or "none: write one below `tell` in the mapping"
        raise UnknownDigest(f"There is no digest {digest_id}. Those there are: {known}.")
    return found


def _prepared(
    connector: Connector,
    conn: Connection,
    site: str,
    part: TellPart,
    recipient: str,
    week: DigestBasis,
) -> PreparedDigest:
    mapping = connector.context(site).mapping
    now = connector.clock()
    due = last_due(now, mapping.zone, part.on, part.at)
    since = outbox.last(conn, site, part.id, recipient) or now - WEEK
    before = stood_at(conn, site, since)
    turned = _turned(conn, site, list_changed(week.stands, before), since)
    compared = [one for one in week.stands if one.id not in turned]
    beside = Happenings(
        _causes(conn, site, far_moved(compared, before), since, now),
        kpi_changes(connector, conn, site, since),
        waits_of(week.waits, recipient),
        turned,
    )
    message = digest(
        _key(part, recipient, due, mapping),
        week_of(due.astimezone(mapping.zone).date()),
        Moment(now, mapping.zone).today,
        week.stands,
        before,
        f"{connector.pages}/" if connector.pages else "",
        beside,
    )
    why_not = ""
    if (part.id, recipient) in outbox.load_opt_outs(conn, site):
        why_not = alerts.STOPPED
    elif outbox.state_of(conn, site, message.key) in outbox.ON_ITS_WAY:
        why_not = "told already this week"
    elif message.empty and part.empty == "skip":
        why_not = "nothing happened"
    return PreparedDigest(digest=part.id, recipient=recipient, due=due, message=message, why_not=why_not)


def _week(connector: Connector, site: str) -> DigestBasis:
    return DigestBasis(tuple(standings(connector, site)), all_waits(connector, site))


def _turned(
    conn: Connection, site: str, found: Sequence[ObjectiveStanding], since: datetime
) -> frozenset[str]:
    """Those of them that ran in another cycle at that moment."""
    was = snapshots.load_cycles(conn, site, [one.id for one in found], since) if found else {}
    return frozenset(one.id for one in found if (was.get(one.id) or one.cycle_id) != one.cycle_id)


def _causes(
    conn: Connection, site: str, found: Sequence[ObjectiveStanding], since: datetime, now: datetime
) -> dict[str, str]:
    """By objective the largest part of its movement, where that can be told."""
    told = {one.id: movement.movement_between(conn, site, one.id, since, now).movement for one in found}
    return {id_: largest_part(one) for id_, one in told.items() if one is not None}


def _key(part: TellPart, recipient: str, due: datetime, mapping: Mapping) -> str:
    """Digest, channel, recipient, and the first local day of the week: so a message is made once, whoever makes it."""
    channel, name = channel_of(recipient)
    return f"{WEEKLY}{channel}|{name}|{part.id}|{week_of(due.astimezone(mapping.zone).date()).isoformat()}"


def _keep(
    conn: Connection,
    site: str,
    made: PreparedDigest,
    state: OutboxState,
    now: datetime,
    *,
    again: bool = False,
) -> None:
    one = OutgoingMessage(
        key=made.message.key,
        digest=made.digest,
        recipient=made.recipient,
        message=made.message,
        state=state,
        made_at=now,
        next_at=now,
        note=made.why_not,
    )
    outbox.add(conn, site, one, again=again)


def prepared_values(one: PreparedDigest) -> PlainValues:
    """What would be told, for programs."""
    return {
        "digest": one.digest,
        "recipient": one.recipient,
        "due": one.due.isoformat(),
        "why_not": one.why_not,
        "subject": subject(one.message),
        "text": text(one.message),
    }


def outgoing_values(one: OutgoingMessage) -> PlainValues:
    """A message of the outbox, for programs."""
    return {
        "key": one.key,
        "digest": one.digest,
        "recipient": one.recipient,
        "state": one.state.value,
        "made_at": one.made_at.isoformat(),
        "next_at": one.next_at.isoformat() if one.state is OutboxState.DUE else None,
        "attempts": one.attempts,
        "note": one.note,
        "subject": subject(one.message),
    }
