"""What a site still grants the connector: how much it was called of late, what it asked to leave alone, and what it says is left.

Processes with a heartbeat add what they called, minute by minute; a command that runs by itself adds it when it ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connectors.store.limits import calls, pauses, quotas
from connectors.store.limits.pauses import KeptPause
from connectors.store.limits.quotas import Quota

MINUTES = 60


@dataclass(frozen=True, slots=True)
class PausedCalls:
    """Calls that Jira asked not to make before `until`: all, those to one endpoint, or the writes to one issue."""

    what: str
    reason: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Budget:
    """Calls of the last hour and of the last whole minute, what is held back, and what Jira said is left (None: it says nothing)."""

    hour: int
    minute: int
    held: tuple[PausedCalls, ...] = ()
    left: Quota | None = None


def budget(conn: Connection, site: str, now: datetime) -> Budget:
    """The budget of a site as all processes know it together."""
    this = _minute(now)
    spent = calls.by_minute(conn, site, this - MINUTES)
    lately = sum(number for minute, number in spent.items() if minute <= this)
    held = [_held(one) for one in pauses.load_all(conn, site) if one.until > now]
    left = quotas.get(conn, site)
    return Budget(lately, spent.get(this - 1, 0), tuple(held), left if _holds(left, now) else None)


def in_words(found: Budget, now: datetime) -> tuple[str, str]:
    """For people: how much was called, and what holds that back or how much is left."""
    figure = "1 call in the last hour" if found.hour == 1 else f"{found.hour:,} calls in the last hour"
    return figure.replace(",", "\u202f"), _limits_in_words(found, now)


def _limits_in_words(found: Budget, now: datetime) -> str:
    if found.held:
        first = max(found.held, key=lambda held: held.until)
        more = f", and with {len(found.held) - 1} more" if len(found.held) > 1 else ""
        wait = max(1, round((first.until - now).total_seconds()))
        return (
            f"Jira asks to wait {wait} s with {first.what} ({first.reason}){more}; nothing is lost meanwhile"
        )
    if found.left is None:
        return "Jira holds nothing back and tells of no quota"
    of = "" if found.left.most is None else f" of {found.left.most}"
    until = "" if found.left.until is None else f" until {found.left.until:%H:%M} UTC"
    return f"Jira holds nothing back; by its last word {found.left.remaining}{of} left{until}"


def spend(conn: Connection, site: str, number: int, now: datetime) -> None:
    """Add what a process called since it said so last; calls are kept by the minute for an hour."""
    calls.add(conn, site, _minute(now), number, after=_minute(now) - MINUTES)


def spend_all(conn: Connection, called: Mapping[str, int], now: datetime) -> None:
    """The same of several sites."""
    for site, number in sorted(called.items()):
        spend(conn, site, number, now)


def _minute(now: datetime) -> int:
    return int(now.timestamp() // 60)


def _held(pause: KeptPause) -> PausedCalls:
    kind, _, rest = pause.what.partition(" ")
    what = {"endpoint": rest, "issue": f"writes to issue {rest}"}.get(kind, "every call")
    return PausedCalls(what, pause.reason, pause.until)


def _holds(left: Quota | None, now: datetime) -> bool:
    return left is not None and (left.until is None or left.until > now)
