"""What a site still grants the connector: how much it was called of late, what it asked to leave alone, and what it says is left.

Processes with a heartbeat add what they called, minute by minute; a command that runs by itself counts for nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from connectors.jira.http.governor import Pause
from connectors.jira.http.limit import Left
from connectors.store.work import limits

MINUTES = 60
SPENT = "spent"
LEFT = "left"
PAUSES = "pauses"
Pauses = dict[str, Pause]


@dataclass(frozen=True, slots=True)
class Held:
    """Calls that Jira asked not to make before `until`: all, those to one endpoint, or the writes to one issue."""

    what: str
    reason: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Budget:
    """Calls of the last hour and of the last whole minute, what is held back, and what Jira said is left (None: it says nothing)."""

    hour: int
    minute: int
    held: tuple[Held, ...] = ()
    left: Left | None = None


def budget(conn: Connection, site: str, now: datetime) -> Budget:
    """The budget of a site as all processes know it together."""
    spent = limits.load(conn, site, SPENT, dict[str, int]) or {}
    pauses: Pauses = limits.load(conn, site, PAUSES, Pauses) or {}
    left: Left | None = limits.load(conn, site, LEFT, Left | None)
    this = _minute(now)
    lately = sum(calls for minute, calls in spent.items() if this - MINUTES < int(minute) <= this)
    held = [_held(key, pause) for key, pause in sorted(pauses.items()) if pause.until > now.timestamp()]
    return Budget(lately, spent.get(str(this - 1), 0), tuple(held), left if _holds(left, now) else None)


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


def spend(conn: Connection, site: str, calls: int, now: datetime) -> None:
    """Add what a process called since it said so last."""

    def step(former: Any) -> dict[str, int]:
        return spent_with(former or {}, _minute(now), calls)

    limits.change(conn, site, SPENT, now, step, dict[str, int])


def spent_with(former: Mapping[str, int], minute: int, calls: int) -> dict[str, int]:
    """The calls by minute with some more, without what is older than an hour."""
    kept = {key: number for key, number in former.items() if int(key) > minute - MINUTES}
    return {**kept, str(minute): kept.get(str(minute), 0) + calls}


def calls_by_site(calls: Mapping[str, int]) -> dict[str, int]:
    """The figures of a meter (`site|method|endpoint|outcome`) by site alone."""
    found: dict[str, int] = {}
    for key, number in calls.items():
        site = key.partition("|")[0]
        found[site] = found.get(site, 0) + number
    return found


def _minute(now: datetime) -> int:
    return int(now.timestamp() // 60)


def _held(key: str, pause: Pause) -> Held:
    kind, _, rest = key.partition(" ")
    what = {"endpoint": rest, "issue": f"writes to issue {rest}"}.get(kind, "every call")
    return Held(what, pause.reason, datetime.fromtimestamp(pause.until, UTC))


def _holds(left: Left | None, now: datetime) -> bool:
    return left is not None and (left.until is None or left.until > now)
