"""Alerts: from what is so now and what somebody was told last, what is to be told, and what waits to see whether it lasts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from mappings.digest.digest import MOST_ROWS, Line, Message, Section
from mappings.digest.recipient import channel_of

HOLD = timedelta(minutes=10)
"""So long after the first change that was not told, what stands then is told."""


class Kind(StrEnum):
    """What alerts are about, in the order in which they tell it."""

    CONCERN = "concerns"
    OBJECTIVE = "objectives"
    KPI = "kpis"


TITLES = {Kind.CONCERN: "The connector", Kind.OBJECTIVE: "Objectives", Kind.KPI: "KPIs"}
ONE = {Kind.CONCERN: "concern", Kind.OBJECTIVE: "objective", Kind.KPI: "KPI"}


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing and the level it is at. `rank` is how bad that is, the worst first; `sentence` why.

    `usual` is the level of what nobody was told of yet; where it is empty, that is taken as told.
    """

    kind: Kind
    id: str
    name: str
    level: str
    rank: int
    sentence: str = ""
    link: str = ""
    usual: str = ""

    @property
    def key(self) -> str:
        """Names it among all kinds."""
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class ToldLevel:
    """The level that was told last; `since` is when it was first seen to be another one, None while it is that."""

    level: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A level that is another one than was told."""

    subject: Subject
    was: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be told now, what is held, and what is remembered from now on."""

    turns: tuple[Turn, ...]
    held: tuple[Turn, ...]
    levels: Mapping[str, ToldLevel]


def decide(
    now: datetime,
    subjects: Iterable[Subject],
    told: Mapping[str, ToldLevel] | None,
    *,
    quiet: bool = False,
    hold: timedelta = HOLD,
) -> Decision:
    """`told` is None at the first run, which tells nothing. What went back meanwhile is not told; in quiet hours all is held."""
    turns, held, levels = list[Turn](), list[Turn](), dict[str, ToldLevel]()
    for one in subjects:
        was = (told or {}).get(one.key)
        if was is None:
            was = ToldLevel(one.usual if one.usual and told is not None else one.level)
        if was.level == one.level:
            levels[one.key] = ToldLevel(one.level)
            continue
        turn = Turn(one, was.level, was.since or now)
        if quiet or now - turn.since < hold:
            held.append(turn)
            levels[one.key] = ToldLevel(was.level, turn.since)
        else:
            turns.append(turn)
            levels[one.key] = ToldLevel(one.level)
    return Decision(_worst_first(turns), _worst_first(held), levels)


def _worst_first(turns: Iterable[Turn]) -> tuple[Turn, ...]:
    kinds = tuple(Kind)
    return tuple(
        sorted(turns, key=lambda one: (kinds.index(one.subject.kind), one.subject.rank, one.subject.key))
    )


def alert_key(recipient: str, alert: str, turns: Iterable[Turn]) -> str:
    """Channel, recipient, alert, and of each turn its subject, both levels and the instant: the same turns have the same key."""
    said = sorted(f"{one.subject.key}|{one.was}|{one.subject.level}|{one.since.isoformat()}" for one in turns)
    first = min((one.since for one in turns), default=None)
    channel, name = channel_of(recipient)
    made = sha256("\n".join(said).encode()).hexdigest()[:16]
    at = "" if first is None else first.isoformat(timespec="seconds")
    return f"alert|{channel}|{name}|{alert}|{at}|{made}"


def alert(key: str, turns: Iterable[Turn], link: str) -> Message:
    """The message: each turn in a line, by kind, the worst first."""
    found = tuple(turns)
    counts = Counter(one.subject.kind for one in found)
    parts = [f"{counts[kind]} {_counted(kind, counts[kind])}" for kind in Kind if counts[kind]]
    lead = f"Changed: {', '.join(parts)}." if parts else "Nothing changed."
    subject = (
        f"OKR alert: {found[0].subject.name}: {_way(found[0])}"
        if len(found) == 1
        else f"OKR alert: {len(found)} changes"
    )
    sections = tuple(section for kind in Kind if (section := _section(kind, found)).lines)
    return Message(key, subject, lead, sections, link, empty=not found)


def _counted(kind: Kind, count: int) -> str:
    return ONE[kind] if count == 1 else f"{ONE[kind]}s"


def _section(kind: Kind, turns: Iterable[Turn]) -> Section:
    lines = [
        Line(f"{one.subject.name}: {_way(one)}. {one.subject.sentence}".strip(), one.subject.link)
        for one in turns
        if one.subject.kind is kind
    ]
    return Section(TITLES[kind], tuple(lines[:MOST_ROWS]), max(len(lines) - MOST_ROWS, 0))


def _way(turn: Turn) -> str:
    return f"{word(turn.was)} → {word(turn.subject.level)}"


def word(level: str) -> str:
    """A level in words."""
    return level.replace("_", " ")
