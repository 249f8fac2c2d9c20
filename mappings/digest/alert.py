"""Alerts: from what is so now and what somebody was told last, what is to be told, and what waits to see whether it lasts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from mappings.digest.digest import MOST_ROWS, DigestLine, DigestMessage, Section
from mappings.digest.recipient import channel_of

HOLD = timedelta(minutes=10)
"""So long after the first change that was not told, what stands then is told."""


class AlertKind(StrEnum):
    """What alerts are about, in the order in which they tell it."""

    CONCERN = "concerns"
    OBJECTIVE = "objectives"
    KPI = "kpis"


TITLES = {AlertKind.CONCERN: "The connector", AlertKind.OBJECTIVE: "Objectives", AlertKind.KPI: "KPIs"}
ONE = {AlertKind.CONCERN: "concern", AlertKind.OBJECTIVE: "objective", AlertKind.KPI: "KPI"}


@dataclass(frozen=True, slots=True)
class AlertSubject:
    """One thing and the level it is at. `rank` is how bad that is, the worst first; `sentence` why.

    `usual` is the level of what nobody was told of yet; where it is empty, that is taken as told.
    """

    kind: AlertKind
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
class LevelTurn:
    """A level that is another one than was told."""

    subject: AlertSubject
    was: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be told now, what is held, and what is remembered from now on."""

    turns: tuple[LevelTurn, ...]
    held: tuple[LevelTurn, ...]
    levels: Mapping[str, ToldLevel]


def decide(
    now: datetime,
    subjects: Iterable[AlertSubject],
    told: Mapping[str, ToldLevel] | None,
    *,
    quiet: bool = False,
    hold: timedelta = HOLD,
) -> Decision:
    """`told` is None at the first run, which tells nothing. What went back meanwhile is not told; in quiet hours all is held."""
    turns, held, levels = list[LevelTurn](), list[LevelTurn](), dict[str, ToldLevel]()
    for one in subjects:
        was = (told or {}).get(one.key)
        if was is None:
            was = ToldLevel(one.usual if one.usual and told is not None else one.level)
        if was.level == one.level:
            levels[one.key] = ToldLevel(one.level)
            continue
        turn = LevelTurn(one, was.level, was.since or now)
        if quiet or now - turn.since < hold:
            held.append(turn)
            levels[one.key] = ToldLevel(was.level, turn.since)
        else:
            turns.append(turn)
            levels[one.key] = ToldLevel(one.level)
    return Decision(_worst_first(turns), _worst_first(held), levels)


def _worst_first(turns: Iterable[LevelTurn]) -> tuple[LevelTurn, ...]:
    kinds = tuple(AlertKind)
    return tuple(
        sorted(turns, key=lambda one: (kinds.index(one.subject.kind), one.subject.rank, one.subject.key))
    )


def alert_key(recipient: str, alert: str, turns: Iterable[LevelTurn]) -> str:
    """Channel, recipient, alert, and of each turn its subject, both levels and the instant: the same turns have the same key."""
    said = sorted(f"{one.subject.key}|{one.was}|{one.subject.level}|{one.since.isoformat()}" for one in turns)
    first = min((one.since for one in turns), default=None)
    channel, name = channel_of(recipient)
    made = sha256("\n".join(said).encode()).hexdigest()[:16]
    at = "" if first is None else first.isoformat(timespec="seconds")
    return f"alert|{channel}|{name}|{alert}|{at}|{made}"


def alert(key: str, turns: Iterable[LevelTurn], link: str) -> DigestMessage:
    """The message: each turn in a line, by kind, the worst first."""
    found = tuple(turns)
    counts = Counter(one.subject.kind for one in found)
    parts = [f"{counts[kind]} {_counted(kind, counts[kind])}" for kind in AlertKind if counts[kind]]
    lead = f"Changed: {', '.join(parts)}." if parts else "Nothing changed."
    subject = (
        f"OKR alert: {found[0].subject.name}: {_way(found[0])}"
        if len(found) == 1
        else f"OKR alert: {len(found)} changes"
    )
    sections = tuple(section for kind in AlertKind if (section := _section(kind, found)).lines)
    return DigestMessage(key=key, subject=subject, lead=lead, sections=sections, link=link, empty=not found)


def _counted(kind: AlertKind, count: int) -> str:
    return ONE[kind] if count == 1 else f"{ONE[kind]}s"


def _section(kind: AlertKind, turns: Iterable[LevelTurn]) -> Section:
    lines = [
        DigestLine(f"{one.subject.name}: {_way(one)}. {one.subject.sentence}".strip(), one.subject.link)
        for one in turns
        if one.subject.kind is kind
    ]
    return Section(TITLES[kind], tuple(lines[:MOST_ROWS]), max(len(lines) - MOST_ROWS, 0))


def _way(turn: LevelTurn) -> str:
    return f"{word(turn.was)} → {word(turn.subject.level)}"


def word(level: str) -> str:
    """A level in words."""
    return level.replace("_", " ")
