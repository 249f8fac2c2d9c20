"""Reminders: whoever something waits for is told once for each day on which it became due, by the same outbox as digests and alerts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from connectors.store.work import outbox
from connectors.store.work.outbox import OutboxState, OutgoingMessage
from mappings.digest.digest import DigestMessage
from mappings.digest.quiet_times import is_quiet, quiet_until
from mappings.digest.recipient import MAIL, OWNERS, channel_of, mailbox
from mappings.digest.reminder import due_at, reminder, reminder_day, reminder_key
from mappings.document.mapping import Mapping
from mappings.document.schema import CheckInsPart, CyclePart, TellPart
from mappings.explain.due_check_in import grid
from mappings.facts.moment import Moment
from plugin.runtime.connector import Connector
from plugin.use_cases.check_ins.due_check_ins import SCORE
from plugin.use_cases.digests.alerts import STOPPED
from plugin.use_cases.digests.waits import OwnedWait, all_waits

FIRST_RUN, TOLD, GIVEN_UP = "the first run tells nothing", "told already", "it was given up"
LATER, AFTERWARDS = "it is told", "it became due after its day was told: the next one tells it"
BY_HAND = (FIRST_RUN, GIVEN_UP, LATER, AFTERWARDS)
"""How the reasons begin that hold nothing back that is sent by hand."""
LATE = timedelta(days=31)
"""So long after its day a score is still asked for."""


@dataclass(frozen=True, slots=True)
class PreparedReminder:
    """What a recipient would be told now. `entry` is whom the mapping names: `owners` for each of them, else the recipient itself.

    `at` is when it is told, or decided again; `why_not` says why not now, and is empty where it would be.
    """

    entry: str
    recipient: str
    message: DigestMessage
    at: datetime
    why_not: str = ""


def tell_reminders(connector: Connector, site: str, part: TellPart) -> None:
    """On each day on which something became due make the messages, once. What waits is looked at only then."""
    mapping, now = connector.context(site).mapping, connector.clock()
    with connector.store.read() as conn:  # most of the time all is told, and nothing is to be written
        fresh = [entry for entry in part.to if _begun(conn, site, part, entry) is None]
        days = _untold(conn, site, mapping, part, now)
    if not fresh and not days:
        return
    found = all_waits(connector, site) if days else ()
    with connector.store.write() as conn:
        for day in _untold(conn, site, mapping, part, now):
            due_then = [one for one in found if told_on(one) == day]
            made = [one for one in _prepared(connector, conn, site, part, due_then) if not one.why_not]
            for one in made:
                _keep(conn, site, part, one.recipient, one.message, OutboxState.DUE, now)
            if not made:
                _keep(conn, site, part, part.to[0], _nothing(part, day), OutboxState.EMPTY, now)
        for entry in dict.fromkeys(fresh):
            subject = "OKR reminder, first run"
            begun = DigestMessage(_begun_key(part, entry), subject, FIRST_RUN, (), empty=True)
            _keep(conn, site, part, entry, begun, OutboxState.BEGUN, now)


def remind_now(connector: Connector, site: str, part: TellPart) -> None:
    """Make the messages of all that is due and was not told yet; neither the hour nor quiet hours hold them back."""
    now, found = connector.clock(), all_waits(connector, site)
    with connector.store.write() as conn:
        for one in _prepared(connector, conn, site, part, found):
            if not one.why_not or one.why_not.startswith(BY_HAND):
                _keep(conn, site, part, one.recipient, one.message, OutboxState.DUE, now, again=True)


def prepared_reminders(connector: Connector, site: str, part: TellPart) -> tuple[PreparedReminder, ...]:
    """What would be told now, recipient by recipient, and why not the rest. Changes nothing."""
    found = all_waits(connector, site)
    with connector.store.read() as conn:
        told = tuple(_prepared(connector, conn, site, part, found))
    reached = {one.entry for one in told}
    nothing = tuple(
        PreparedReminder(
            entry=entry,
            recipient=entry,
            message=DigestMessage("", "OKR reminder: nothing is due", "Nothing is due.", (), empty=True),
            at=connector.clock(),
            why_not="nothing is due",
        )
        for entry in dict.fromkeys(part.to)
        if entry not in reached
    )
    return told + nothing


def next_reminder(mapping: Mapping, part: TellPart, now: datetime) -> datetime | None:
    """The next moment at which check-ins of a cycle that runs become due; None where none does any more."""
    rule = mapping.document.check_ins
    if rule is None:
        return None
    running = mapping.cycles.running(Moment(now, mapping.zone).today)
    moments = (due_at(day, part.at, mapping.zone) for cycle in running for day in grid(rule, cycle))
    first = min((one for one in moments if one > now), default=None)
    return None if first is None else quiet_until(part.quiet, first, mapping.zone).astimezone(now.tzinfo)


def owners(connector: Connector, site: str) -> tuple[str, ...]:
    """The mailboxes for whose people something waits."""
    found = (one.mailbox for one in all_waits(connector, site))
    return tuple(dict.fromkeys(one for one in found if one is not None))


def told_on(one: OwnedWait) -> date:
    """The day on which somebody is reminded: when it became due. A score is due from the day after the cycle on."""
    return one.due.since + timedelta(days=1 if one.due.what == SCORE else 0)


def _untold(conn: Connection, site: str, mapping: Mapping, part: TellPart, now: datetime) -> list[date]:
    """The latest days on which something became due, since the first run, and of which nothing was told yet."""
    rule, today = mapping.document.check_ins, Moment(now, mapping.zone).today
    begun = [at for entry in part.to if (at := _begun(conn, site, part, entry)) is not None]
    if rule is None or not begun or is_quiet(part.quiet, now, mapping.zone):
        return []
    days = set[date]()
    for cycle in mapping.cycles.between(today - LATE, today):
        days |= {cycle.end + timedelta(days=1)} if cycle.end < today else set(_latest(rule, cycle, today))
    return [
        day
        for day in sorted(days)
        if min(begun) < due_at(day, part.at, mapping.zone) <= now
        and not outbox.has_any(conn, site, reminder_day(part.id, day))
    ]


def _latest(rule: CheckInsPart, cycle: CyclePart, today: date) -> list[date]:
    """The last day until now on which check-ins of a cycle became due."""
    return [day for day in grid(rule, cycle) if day <= today][-1:]


def _nothing(part: TellPart, day: date) -> DigestMessage:
    """What is kept of a day on which nobody was told anything."""
    subject = f"OKR reminder, {day.isoformat()}"
    return DigestMessage(f"{reminder_day(part.id, day)}nothing", subject, "Nothing is due.", (), empty=True)


def _begun_key(part: TellPart, entry: str) -> str:
    return f"reminder|{part.id}|begun|{entry}"


def _begun(conn: Connection, site: str, part: TellPart, entry: str) -> datetime | None:
    """When an entry of the mapping was first looked at: what became due before is not told."""
    found = outbox.find(conn, site, _begun_key(part, entry))
    return None if found is None else found.made_at


def _keep(
    conn: Connection,
    site: str,
    part: TellPart,
    recipient: str,
    message: DigestMessage,
    state: OutboxState,
    now: datetime,
    *,
    again: bool = False,
) -> None:
    one = OutgoingMessage(
        key=message.key,
        digest=part.id,
        recipient=recipient,
        message=message,
        state=state,
        made_at=now,
        next_at=now,
    )
    outbox.add(conn, site, one, again=again, overtakes=False)


def _prepared(
    connector: Connector, conn: Connection, site: str, part: TellPart, found: Sequence[OwnedWait]
) -> Iterator[PreparedReminder]:
    mapping, now = connector.context(site).mapping, connector.clock()
    stopped = outbox.load_opt_outs(conn, site)
    for entry, recipient, day, what, waits in _messages(part, found):
        key = reminder_key(recipient, part.id, day, what)
        link = f"{connector.pages}/" if connector.pages else ""
        message = reminder(key, (one.waits for one in waits), link, what=what, whose=entry != OWNERS)
        moment = due_at(day, part.at, mapping.zone)
        at = quiet_until(part.quiet, max(now, moment), mapping.zone)
        begun, state = _begun(conn, site, part, entry), outbox.state_of(conn, site, key)
        when = f"{at.astimezone(mapping.zone):%Y-%m-%d at %H:%M}"
        why_not = ""
        if recipient == OWNERS:
            names = ", ".join(dict.fromkeys(one.due.owner or "nobody" for one in waits))
            why_not = f"no address is known of {names}: Jira tells none, and no account alone has that name"
        elif (part.id, recipient) in stopped or (part.id, entry) in stopped:
            why_not = STOPPED
        elif state is not None:
            why_not = TOLD if state in outbox.ON_ITS_WAY else f"{GIVEN_UP}: send it anew"
        elif begun is None or moment <= begun:
            why_not = FIRST_RUN
        elif now < moment or is_quiet(part.quiet, now, mapping.zone):
            why_not = f"{LATER} on {when}"
        elif outbox.has_any(conn, site, reminder_day(part.id, day)):
            why_not = AFTERWARDS
        yield PreparedReminder(
            entry=entry, recipient=recipient, message=message, at=at.astimezone(now.tzinfo), why_not=why_not
        )


def _messages(
    part: TellPart, found: Sequence[OwnedWait]
) -> Iterator[tuple[str, str, date, str, list[OwnedWait]]]:
    """Entry of the mapping, recipient, day and kind of each message, with what it tells; `owners` themselves for what has no address.

    An owner whom the mapping names as well is told everything, once: that holds their own.
    """
    told_all = {mailbox(name) for channel, name in map(channel_of, part.to) if channel == MAIL}
    for entry in dict.fromkeys(part.to):
        grouped: defaultdict[tuple[str, date, str], list[OwnedWait]] = defaultdict(list)
        for one in found:
            if entry == OWNERS and one.mailbox in told_all:
                continue
            recipient = (one.mailbox or OWNERS) if entry == OWNERS else entry
            grouped[recipient, told_on(one), one.due.what].append(one)
        for (recipient, day, what), waits in sorted(grouped.items(), key=lambda one: one[0]):
            yield entry, recipient, day, what, waits
