"""What an event of Jira says that a place holds now: enough to know our own write by, never to be believed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EventValue:
    """The raw `value` where `whole`, else the id and the words of the changelog alone."""

    whole: bool
    value: object = None
    id: str | None = None
    text: str | None = None
