"""Making the numbers of an objective or a cycle public as a badge, taking that back, and the badge itself. Nothing is public until an admin says so."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

from sqlalchemy import Connection

from connectors.store.badges import badges
from connectors.store.badges.badges import BadgeKind as BadgeKind
from connectors.store.badges.badges import PublicBadge as PublicBadge
from connectors.store.lists import cycle_lines, list_rows
from connectors.store.numbers import objectives
from connectors.store.people import audit
from mappings.json_value import PlainValues
from mappings.numbers import percent
from mappings.rollup.state import HealthLevel
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.badges.drawing import BadgeFace, badge_svg, card_svg
from plugin.use_cases.objectives.objective_lookup import find_objective
from plugin.use_cases.permission import ADMIN, PUBLIC, VIEWER, act, question
from plugin.use_cases.viewer import hidden_from_strangers

TOKEN_BYTES = 18
"""Told in hexadecimal: what begins with a dash is an option to every command, and could not be taken back by it."""
LONGEST_WORDS = 120
WELL = (HealthLevel.ON_TRACK, HealthLevel.ACHIEVED)


class BadgeRefusal(Refusal):
    """What was asked of a badge cannot be done; the message says why."""


@dataclass(frozen=True, slots=True)
class BadgeImage:
    """A badge or card as SVG."""

    svg: str


@dataclass(frozen=True, slots=True)
class ShownBadge:
    """What is public, and where: a path where nobody said by which address people reach the connector."""

    badge: PublicBadge
    address: str
    card: str


@act(ADMIN)
def publish(
    connector: Connector, actor: Actor, site: str, kind: BadgeKind, name: str, words: str = ""
) -> ShownBadge:
    """Let whoever has the address see the number and health of an objective (by key or id), or how many of a cycle are on track.

    `words` are shown with it, in the place of its title, which stays unsaid. Raises BadgeRefusal where there is no such thing.
    """
    subject = _subject(connector, site, kind, name)
    if not is_public(connector, site, kind, subject):
        raise BadgeRefusal(
            f"The site {site} shows by Jira's permissions, and whoever has not signed in at Jira may not see "
            f"{'it' if kind == 'objective' else 'each objective of it'} there: a badge would show nothing.",
            about="subject",
        )
    one = PublicBadge(
        token=secrets.token_hex(TOKEN_BYTES),
        site=site,
        kind=kind,
        subject=subject,
        words=" ".join(words.split())[:LONGEST_WORDS]
        or ("OKR" if kind == "objective" else f"OKRs {subject}"),
        by=actor.label,
        at=connector.clock(),
    )
    with connector.store.write() as conn:
        badges.add(conn, one)
        audit.note(conn, actor.label, "badge made public", one.at, _detail(one), site)
    return _shown(connector, one)


@question(VIEWER)
def list_badges(connector: Connector, _actor: Actor, site: str) -> tuple[ShownBadge, ...]:
    """Everything that is public of a site."""
    with connector.store.read() as conn:
        found = badges.of_site(conn, site)
    return tuple(_shown(connector, one) for one in found)


@act(ADMIN)
def revoke(connector: Connector, actor: Actor, site: str, token: str) -> bool:
    """Make a badge public no more: its address shows nothing from now on. False where there is none."""
    with connector.store.write() as conn:
        one = badges.get(conn, token)
        if one is None or not badges.remove(conn, site, token):
            return False
        audit.note(conn, actor.label, "badge revoked", connector.clock(), _detail(one), site)
    return True


@question(PUBLIC)
def image(connector: Connector, _actor: Actor, token: str, *, card: bool = False) -> BadgeImage | None:
    """What is public under an address; None where nothing is, or where what it was of is gone."""
    with connector.store.read() as conn:
        one = badges.get(conn, token)
    if one is None or not is_public(connector, one.site, one.kind, one.subject):
        return None
    with connector.store.read() as conn:
        face = _face(conn, one)
    if face is None:
        return None
    return BadgeImage(card_svg(face) if card else badge_svg(face))


def is_public(connector: Connector, site: str, kind: BadgeKind, subject: str) -> bool:
    """Whether a badge may show the number of this: where a site shows by permission, only if strangers may see each objective of it in Jira."""
    ids = {subject}
    if kind == "cycle":
        with connector.store.read() as conn:
            ids = {*objectives.ids_of_cycle(conn, site, subject), *cycle_lines.ids(conn, site, [subject])}
    return not hidden_from_strangers(connector, site, ids)


def badge_values(one: ShownBadge) -> PlainValues:
    """The same for programs."""
    return {
        "badge": one.badge.token,
        "kind": one.badge.kind,
        "subject": one.badge.subject,
        "words": one.badge.words,
        "address": one.address,
        "card": one.card,
        "by": one.badge.by,
        "at": one.badge.at.isoformat(),
    }


def _shown(connector: Connector, one: PublicBadge) -> ShownBadge:
    address = f"{connector.pages}/badges/{one.token}"
    return ShownBadge(one, f"{address}.svg", f"{address}/card.svg")


def _subject(connector: Connector, site: str, kind: BadgeKind, name: str) -> str:
    if kind == "objective":
        found = find_objective(connector, site, name)
        if found is None:
            raise BadgeRefusal(f"There is no objective “{name}” here.", about="subject")
        return found.state.id
    if connector.context(site).mapping.cycles.get(name) is None:
        raise BadgeRefusal(f"The mapping has no cycle “{name}”.", about="subject")
    return name


def _face(conn: Connection, one: PublicBadge) -> BadgeFace | None:
    if one.kind == "cycle":
        return _face_of_cycle(conn, one)
    saved = objectives.load(conn, one.site, one.subject)
    if saved is None or saved.state.plain:
        return None
    state = saved.state
    number = "no number yet" if state.progress is None else f"{percent(state.progress)} %"
    return BadgeFace(
        label=one.words,
        value=f"{number} · {_word(state.health.level)}",
        level=state.health.level,
        share=state.progress,
        line=f"{state.cycle_id}," if state.cycle_id else "",
        as_of=_moment(saved.computed_at),
    )


def _face_of_cycle(conn: Connection, one: PublicBadge) -> BadgeFace | None:
    """Counted from the index alone: whoever has the address may ask as often as they like."""
    found = {
        level: number
        for (cycle, level), number in list_rows.count_standing(conn, one.site).items()
        if cycle == one.subject
    }
    total = sum(found.values())
    if not total:
        return None
    well = sum(found.get(level, 0) for level in WELL)
    return BadgeFace(
        label=one.words,
        value=f"{well} of {total} on track",
        level=next(level for level in HealthLevel if found.get(level)),
        share=Fraction(well, total),
        line=one.subject,
        as_of="",
    )


def _word(level: HealthLevel) -> str:
    return level.value.replace("_", " ")


def _moment(at: datetime) -> str:
    return f"as of {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _detail(one: PublicBadge) -> PlainValues:
    return {"badge": f"{one.token[:4]}…", "kind": one.kind, "subject": one.subject, "words": one.words}
