"""Reminders: what waits for somebody, told once for each day on which it became due, to whoever it waits for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, tzinfo

from mappings.digest.digest import DigestMessage, WaitingTask, cut_section, list_waiting
from mappings.digest.recipient import channel_of
from mappings.facts.local_time import instant_on

NOUNS = {"check_in": ("a check-in", "check-ins"), "score": ("a score", "scores")}
"""What may be due."""


def reminder_day(reminder: str, day: date) -> str:
    """How the keys of all messages of a day begin."""
    return f"reminder|{reminder}|{day.isoformat()}|"


def reminder_key(recipient: str, reminder: str, day: date, what: str) -> str:
    """Reminder, the day on which it became due, what, channel and recipient: so each is told once, whoever makes it."""
    channel, name = channel_of(recipient)
    return f"{reminder_day(reminder, day)}{what}|{channel}|{name}"


def due_at(day: date, at: str, zone: tzinfo) -> datetime:
    """The instant at which somebody is reminded of what became due on a day."""
    hours, minutes = (int(part) for part in at.split(":"))
    return instant_on(day, time(hours, minutes), zone)


def reminder(key: str, waits: Iterable[WaitingTask], link: str, *, what: str, whose: bool) -> DigestMessage:
    """The message: each in a line; `whose` where its reader is not the one it waits for."""
    found = tuple(waits)
    one, many = NOUNS[what]
    said = f"{one} is due" if len(found) == 1 else f"{len(found)} {many} are due"
    lead = f"{said[0].upper()}{said[1:]}" + ("." if whose else " from you.")
    sections = (cut_section("Due", list_waiting(found, whose=whose)),) if found else ()
    return DigestMessage(
        key=key, subject=f"OKR reminder: {said}", lead=lead, sections=sections, link=link, empty=not found
    )
