"""How sure a number of the past is, and why it is not surer: each reason with what it touches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Certainty(StrEnum):
    """Of an answer about the past."""

    EXACT = "exact"
    """Everything that the number hangs on is known as it stood then."""
    APPROXIMATE = "approximate"
    """Something of it is taken as it is now, or may be missing."""
    UNKNOWN = "unknown"
    """There is no number, and what is not known may be why."""


class Uncertainty(StrEnum):
    """Why what was is not certain."""

    AS_FIRST_SEEN = "as-first-seen"
    """Touched between the end of its cycle and the first look at it, and its history is not known."""
    LINKS_AS_NOW = "links-as-now"
    """Its history is not known, or tells of a link that nobody can tell today, or Jira tells of none at all."""
    HISTORY_MISSING = "history-missing"
    """Touched since, and its history is not kept here: it counts as it is now."""
    NO_HISTORY = "no-history"
    """Nothing keeps what this field held before: it counts as it is now."""
    UNREAD = "unread"
    """The mapping asks for it, and it is not read of this site yet: it is unknown."""
    STATUS_GONE = "status-gone"
    """It had a status that Jira no longer has, so its category is unknown."""
    GONE_SINCE = "gone-since"
    """It was a row then, by the ledger kept of that time; since then it was deleted or has left what is mirrored."""


WORDS: dict[Uncertainty, str] = {
    Uncertainty.AS_FIRST_SEEN: "counts as it was first seen after the end of the cycle, for its history is not kept",
    Uncertainty.LINKS_AS_NOW: "counts with the links it has now, for its history does not tell them",
    Uncertainty.HISTORY_MISSING: "was touched since and counts as it is now, for its history is not kept here",
    Uncertainty.NO_HISTORY: "counts as it is now, for nothing keeps what it held before",
    Uncertainty.UNREAD: "is not read of this site yet, so it is unknown",
    Uncertainty.STATUS_GONE: "had a status that Jira no longer has, so how far it was is unknown",
    Uncertainty.GONE_SINCE: "counted then, and has been deleted since or has left what is mirrored",
}
"""What is said of that which a doubt is about."""
MOST_NAMED = 5


@dataclass(frozen=True, slots=True, order=True)
class NamedDoubt:
    """A doubt, and the issue (by key) or the field that it is about."""

    doubt: Uncertainty
    about: str


def certainty(doubts: Iterable[NamedDoubt], number: Fraction | None) -> Certainty:
    """What the doubts about a number come to."""
    if not tuple(doubts):
        return Certainty.EXACT
    return Certainty.UNKNOWN if number is None else Certainty.APPROXIMATE


def sentences(doubts: Iterable[NamedDoubt]) -> tuple[str, ...]:
    """The doubts in words, those of one kind together."""
    named: dict[Uncertainty, list[str]] = {}
    for one in doubts:
        named.setdefault(one.doubt, []).append(one.about)
    return tuple(f"{_listed(about)}: {WORDS[doubt]}." for doubt, about in sorted(named.items()))


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:MOST_NAMED])
    return shown if len(names) <= MOST_NAMED else f"{shown} and {len(names) - MOST_NAMED} more"
