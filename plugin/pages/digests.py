"""Digests: what people are told by themselves, when and to whom, a look at it before, telling it now, and what became of the last ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.page import flash_refusal, render
from plugin.pages.frame.visit import known_site, show_moment
from plugin.pages.views.words.moments import MomentText
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.digests import digests, recipients
from plugin.use_cases.digests.digests import DigestRefusal, OutboxState, OutgoingMessage, PreparedDigest
from plugin.use_cases.digests.recipients import PlannedDigest

PAGE = "digests"
DAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
ALERT = "Told ten minutes after a change"
ABOUT = {
    "objectives": "healths of objectives",
    "kpis": "levels of KPIs",
    "concerns": "concerns about the connector",
}
WORDS = {
    OutboxState.DUE: ("pending", "On its way"),
    OutboxState.SENT: ("on_track", "Sent"),
    OutboxState.DEAD: ("off_track", "Given up"),
    OutboxState.DROPPED: ("unknown", "Overtaken"),
    OutboxState.BEGUN: ("pending", "First run"),
    OutboxState.EMPTY: ("pending", "Nothing happened"),
}
"""The mark and the word of a state."""


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message. `anew`: it may be sent anew."""

    key: str
    digest: str
    recipient: str
    made: MomentText
    level: str
    word: str
    note: str
    again: MomentText | None
    anew: bool


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """Whom a digest goes to, with the last message; `stopped` is since when it does not."""

    recipient: str
    last: MessageRow | None
    stopped: MomentText | None


@dataclass(frozen=True, slots=True)
class DigestCard:
    """One digest of the mapping."""

    id: str
    when: str
    next: MomentText | None
    empty: str
    button: str
    recipients: tuple[RecipientRow, ...]


@dataclass(frozen=True, slots=True)
class DigestText:
    """What would be told, once for all who would be told the same; beside each recipient why not, where it is not."""

    subject: str
    text: str
    recipients: tuple[tuple[str, str], ...]


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/digests", endpoint="digests")
    @needs("admin")
    def first_site() -> ResponseReturnValue:
        first = next(iter(connector.sites), None)
        if first is None:
            return render("digests.html", PAGE, site="", sites=[], cards=None, rows=[])
        return redirect(url_for("control.site_digests", site=first))

    @blueprint.get("/digests/<site>", endpoint="site_digests")
    @needs("admin")
    def site_digests(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return digests_page(connector, site)

    @blueprint.get("/digests/<site>/<digest>/preview", endpoint="digest_preview")
    @needs("admin", lane="heavy")
    def preview(site: str, digest: str) -> ResponseReturnValue:
        known_site(connector, site)
        return preview_page(connector, site, digest)

    @blueprint.post("/digests/<site>/<digest>/<act>", endpoint="change_digest")
    @needs("admin", lane="heavy")
    def change(site: str, digest: str, act: str) -> ResponseReturnValue:
        known_site(connector, site)
        return done_or_not(connector, site, digest, act)

    @blueprint.post("/digests/<site>/retry", endpoint="retry_message")
    @needs("admin", lane="heavy")
    def retry(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return done_or_not(connector, site, "", "retry")


def digests_page(connector: Connector, site: str) -> str:
    """The digests of a site as HTML, with the messages of late."""
    try:
        planned = recipients.list_digests(connector, current_actor(), site)
    except Refusal:
        planned = None
    found = digests.list_outbox(connector, current_actor(), site)
    return render(
        "digests.html",
        PAGE,
        site=site,
        sites=list(connector.sites),
        cards=None if planned is None else [card(connector, one) for one in planned],
        rows=list(message_rows(connector, found)),
    )


def card(connector: Connector, one: PlannedDigest) -> DigestCard:
    """A digest as the page shows it."""
    told = partial(show_moment, connector)
    rows = tuple(
        RecipientRow(
            who.recipient,
            None if who.last is None else message_row(connector, who.last, anew=False),
            None if who.stopped_at is None else told(who.stopped_at),
        )
        for who in one.recipients
    )
    following = None if one.next_at is None else told(one.next_at)
    if one.every == "change":
        about = " and ".join(ABOUT[name] for name in one.about)
        return DigestCard(
            id=one.id,
            when=f"{ALERT} of {about}{quiet_words(one)}",
            next=following,
            empty="",
            button="Tell what waits now",
            recipients=rows,
        )
    if one.every == "due":
        when = f"Told at {one.at} ({one.zone}) of the day on which check-ins become due{quiet_words(one)}"
        return DigestCard(
            id=one.id, when=when, next=following, empty="", button="Remind now", recipients=rows
        )
    when = f"Told every {DAYS[one.on]} at {one.at} ({one.zone}){quiet_words(one)}"
    empty = (
        "Where nothing happened, nothing is sent."
        if one.empty == "skip"
        else "It is sent where nothing happened, too."
    )
    return DigestCard(
        id=one.id, when=when, next=following, empty=empty, button="Send this week's now", recipients=rows
    )


def quiet_words(one: PlannedDigest) -> str:
    """The quiet hours and days, as the end of a sentence."""
    quiet = one.quiet
    if quiet is None:
        return ""
    hours = [f"from {quiet.from_} to {quiet.to}"] if quiet.from_ is not None else []
    days = [f"on {' and '.join(DAYS[day] for day in quiet.days)}"] if quiet.days else []
    return f"; quiet {' and '.join([*hours, *days])} ({one.zone})" if hours or days else ""


def message_rows(connector: Connector, found: Sequence[OutgoingMessage]) -> Iterator[MessageRow]:
    """The messages, the latest first; only the latest of a digest and recipient may be sent anew."""
    seen: set[tuple[str, str]] = set()
    for one in found:
        latest = (one.digest, one.recipient) not in seen
        seen.add((one.digest, one.recipient))
        waits = one.state is OutboxState.DUE and one.attempts > 0
        yield message_row(connector, one, anew=latest and (waits or one.state is OutboxState.DEAD))


def message_row(connector: Connector, one: OutgoingMessage, *, anew: bool) -> MessageRow:
    """A message as the page shows it."""
    level, word = WORDS[one.state]
    again = show_moment(connector, one.next_at) if one.state is OutboxState.DUE and one.attempts else None
    made = show_moment(connector, one.made_at)
    return MessageRow(
        key=one.key,
        digest=one.digest,
        recipient=one.recipient,
        made=made,
        level=level,
        word=word,
        note=one.note,
        again=again,
        anew=anew,
    )


def preview_page(connector: Connector, site: str, digest: str) -> ResponseReturnValue:
    """What a digest would tell now, as HTML."""
    try:
        found = digests.preview_digest(connector, current_actor(), site, digest)
    except DigestRefusal as error:
        flash_refusal(str(error))
        return redirect(url_for("control.site_digests", site=site))
    return render("digest_preview.html", PAGE, site=site, digest=digest, texts=texts(found))


def texts(found: Sequence[PreparedDigest]) -> list[DigestText]:
    """The same text is shown once."""
    grouped: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for one in found:
        said = digests.prepared_values(one)
        grouped.setdefault((str(said["subject"]), str(said["text"])), []).append((one.recipient, one.why_not))
    return [DigestText(subject, text, tuple(who)) for (subject, text), who in grouped.items()]


def done_or_not(connector: Connector, site: str, digest: str, act: str) -> ResponseReturnValue:
    """What comes of a button of the page."""
    try:
        flash(_done(connector, site, digest, act))
    except DigestRefusal as error:
        flash_refusal(str(error))
    return redirect(url_for("control.site_digests", site=site))


def _done(connector: Connector, site: str, digest: str, act: str) -> str:
    actor, recipient = current_actor(), request.form.get("recipient", "")
    if act == "send":
        return f"{digest}: {digests.send_digest(connector, actor, site, digest).said}"
    if act == "retry":
        found = digests.retry_message(connector, actor, site, request.form.get("key", ""))
        return f"Tried anew for {found.recipient}: {WORDS[found.state][1].lower()}."
    if act == "suspend":
        recipients.suspend_digest(connector, actor, site, digest, recipient)
        return f"{recipient} gets {digest} no more."
    if act != "resume":
        abort(404, description="There is nothing of this name to do with a digest.")
    recipients.resume_digest(connector, actor, site, digest, recipient)
    return f"{recipient} gets {digest} again."
