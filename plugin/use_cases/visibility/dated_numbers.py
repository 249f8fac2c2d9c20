"""Of which time the numbers are that stand in a part of an answer: those of a time at which hidden issues counted are not told. Pure.

A type of this room's layer and above says so itself, by a method `numbers_of(now)`. Whatever else tells a number of an objective is one of now
(`tests/plugin/use_cases/test_dated_numbers.py`: a type that nobody thought of fails there).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta

from connectors.store.cycles.learnings import Learning
from connectors.store.database.instant import to_ms
from connectors.store.lists.records import WriteRecord
from connectors.store.mirror.browse import NumberedPoint
from connectors.store.numbers.comments import KeptComment
from connectors.store.numbers.forecasts import KeptForecast
from connectors.store.numbers.objectives import HistoryPoint, SavedObjective
from connectors.store.numbers.replies import CheckInReply
from connectors.store.numbers.trends import ProgressPoint
from connectors.store.people.audit import AuditEntry
from connectors.store.work.outbox import OutgoingMessage
from mappings.explain.check_in import CheckIn, Ruling
from mappings.explain.marks import Mark
from mappings.explain.week import WeekMove
from mappings.write_back.plan import Change
from plugin.sync.reconcile.reconcile import ReconcileResult

WEEK = timedelta(days=7)
TOLD_OF = timedelta(days=92)
"""So far back a message compares: to when its recipient was told last, at most a quarter ago."""
LEFT_IN_FIELD = timedelta(days=31)
"""So long a field may hold a number after it was another: writes are held, refused, or wait for their pace."""
A_RUN = timedelta(days=1)
"""A run that reconciles is over, and told, within so long."""
BETWEEN_ZONES = timedelta(hours=14)
JUST_BEFORE = timedelta(milliseconds=1)

Times = tuple[datetime, datetime]
"""The first and the last instant."""


def _of_day(one: KeptForecast, _now: datetime) -> Times:
    begins = datetime.combine(one.day, time(), UTC)
    return begins - BETWEEN_ZONES, begins + timedelta(days=1) + BETWEEN_ZONES


TIMES: Mapping[type, Callable[..., Times]] = {
    HistoryPoint: lambda one, _now: (one.at, one.at),
    ProgressPoint: lambda one, _now: (one.at, one.at),
    Mark: lambda one, _now: (one.since or one.at, one.at),
    CheckIn: lambda one, _now: (one.at, one.at),
    Ruling: lambda one, _now: (one.check_in.at, one.check_in.at),
    CheckInReply: lambda one, _now: (one.at, one.at),
    KeptComment: lambda one, _now: (one.at, one.at),
    KeptForecast: _of_day,
    WeekMove: lambda _one, now: (now - WEEK, now),
    SavedObjective: lambda one, _now: (one.computed_at, one.computed_at),
    WriteRecord: lambda one, _now: (one.at, one.at),
    AuditEntry: lambda one, _now: (one.at, one.at),
    Learning: lambda one, _now: (one.at, one.at),
    OutgoingMessage: lambda one, _now: (one.made_at - TOLD_OF, one.made_at),
}
"""By type the time that all its numbers are of."""
PARTS: Mapping[tuple[type, str], Callable[..., Times]] = {
    (NumberedPoint, "progress_before"): lambda one, _now: (
        one.point.at - JUST_BEFORE,
        one.point.at - JUST_BEFORE,
    ),
    (WriteRecord, "before"): lambda one, _now: (one.at - LEFT_IN_FIELD, one.at),
    (WriteRecord, "reason"): lambda one, _now: (one.at - LEFT_IN_FIELD, one.at),
    (ReconcileResult, "before"): lambda _one, now: (now - A_RUN, now),
    (Change, "before"): lambda _one, now: (now - LEFT_IN_FIELD, now),
}
"""The same of one part of a type."""
WORDLESS = (HistoryPoint, ProgressPoint, KeptForecast)
"""What has no text that could tell of others."""
STEPS = (HistoryPoint, ProgressPoint, Mark)
"""What is told one after the other: of several without numbers that say the same, one is left."""


def times_of(value: object, now: datetime) -> tuple[int, int] | None:
    """The first and the last instant (epoch milliseconds) that the numbers of a value are of; None where they are of now, or of what it holds."""
    told = TIMES.get(type(value))
    if told is not None:
        return _ms(told(value, now))
    own = getattr(type(value), "numbers_of", None)
    found = own(value, now) if own is not None else None
    return None if found is None else _ms(found)


def times_told_by(value: object, now: datetime) -> tuple[int, int] | None:
    """The same of what is not told at all without them."""
    own = getattr(type(value), "only_told_by", None)
    found = own(value, now) if own is not None else None
    return None if found is None else _ms(found)


def times_of_part(value: object, name: str, now: datetime) -> tuple[int, int] | None:
    """The same of one part."""
    told = PARTS.get((type(value), name))
    return None if told is None else _ms(told(value, now))


def _ms(times: Times) -> tuple[int, int]:
    return to_ms(times[0]), to_ms(times[1])
