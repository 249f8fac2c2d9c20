"""Reads of the whole scope and of recent changes that fail again and again: since when, how often and why, for everybody who shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from connectors.jira.http.errors import JiraError
from connectors.store.sites import facts

Kind = Literal["full", "recent"]
MOST_TRIES = 3
KINDS: tuple[Kind, ...] = ("full", "recent")


@dataclass(frozen=True, slots=True)
class ReadFailure:
    """A kind of read has failed `tries` times in a row, first at `since` and last at `at`."""

    kind: Kind
    since: datetime
    at: datetime
    tries: int
    error: str
    remedy: str

    @property
    def lasts(self) -> bool:
        """Whether it has failed too often to mend itself."""
        return self.tries >= MOST_TRIES


def note(conn: Connection, site: str, kind: Kind, now: datetime, error: JiraError) -> None:
    """One more read of this kind failed."""
    before = facts.get(conn, site, _fact(kind), ReadFailure | None)
    since, tries = (before.since, before.tries + 1) if before else (now, 1)
    facts.put(conn, site, _fact(kind), ReadFailure(kind, since, now, tries, error.message, error.remedy))


def clear(conn: Connection, site: str, kind: Kind) -> None:
    """A read of this kind came to its end."""
    if facts.get(conn, site, _fact(kind)) is not None:
        facts.put(conn, site, _fact(kind), None)


def standing(conn: Connection, site: str) -> tuple[ReadFailure, ...]:
    """The reads that fail at present."""
    found = (facts.get(conn, site, _fact(kind), ReadFailure | None) for kind in KINDS)
    return tuple(one for one in found if one is not None)


def _fact(kind: Kind) -> str:
    return f"read_failure:{kind}"
