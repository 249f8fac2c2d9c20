"""Things of Jira that are in a state of their own, sprints and versions, and what it means that one went from a state into another.

A sprint that ends and a version that is released change no issue: its `updated` stands still and its history tells of nothing. What Jira says
of the thing itself, in the very fields of the issues that hold it, is the evidence. A thing that is gone, or in a state that nobody knows, tells of nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

SPRINT, VERSION = "sprint", "version"
FUTURE, ACTIVE, CLOSED = "future", "active", "closed"
RELEASED, UNRELEASED = "released", "unreleased"
STATES: Mapping[str, frozenset[str]] = {
    SPRINT: frozenset({FUTURE, ACTIVE, CLOSED}),
    VERSION: frozenset({RELEASED, UNRELEASED}),
}
"""The states that things are in, by what they are."""
VERSION_FIELDS = frozenset({"fixVersions", "versions"})
"""Ids of the fields of Jira's own that hold versions."""
WORDS: Mapping[str, str] = {
    FUTURE: "is planned again",
    ACTIVE: "was started",
    CLOSED: "was closed",
    RELEASED: "was released",
    UNRELEASED: "is no longer released",
}


@dataclass(frozen=True, slots=True)
class ThingState:
    """A sprint or a version as an issue holds it. `since` is when it came into its state, where Jira tells that."""

    kind: str
    id: str
    name: str
    state: str
    since: datetime | None = None

    @property
    def is_known(self) -> bool:
        """Whether it is in a state of such things."""
        return self.state in STATES.get(self.kind, frozenset())


@dataclass(frozen=True, slots=True)
class StateChange:
    """A sprint or a version that was in one state and is in another."""

    kind: str
    id: str
    name: str
    was: str
    now: str

    @property
    def words(self) -> str:
        """`Sprint 12 was closed`."""
        again = "was opened again" if (self.was, self.now) == (CLOSED, ACTIVE) else WORDS[self.now]
        return f"{self.name or f'{self.kind} {self.id}'} {again}"


ThingReader: TypeAlias = Callable[[object], tuple[ThingState, ...]]
"""Gives the things that a raw value holds, in the order in which they stand there."""


def changes(before: Iterable[ThingState], after: Iterable[ThingState]) -> tuple[StateChange, ...]:
    """Of the things that are held before and after those of which Jira says another state, each state one that is known."""
    old = {(one.kind, one.id): one for one in before}
    found = (
        StateChange(one.kind, one.id, one.name, was=old[one.kind, one.id].state, now=one.state)
        for one in after
        if (one.kind, one.id) in old
    )
    return tuple(dict.fromkeys(one for one in found if one.was != one.now and is_known(one)))


def is_known(change: StateChange) -> bool:
    """Whether both states are states of such a thing."""
    return STATES.get(change.kind, frozenset()) >= {change.was, change.now}


def same_things(before: tuple[ThingState, ...], after: tuple[ThingState, ...]) -> bool:
    """Whether the same things are held, each in the state it was in or in one that it went to by Jira's word."""
    gone = {(one.kind, one.id): one.now for one in changes(before, after)}
    old = {(one.kind, one.id): gone.get((one.kind, one.id), one.state) for one in before}
    return old == {(one.kind, one.id): one.state for one in after}


def versions(raw: object) -> tuple[ThingState, ...]:
    """Those of a field of Jira's own that holds versions; what Jira does not say of one is no state."""
    held = [one for one in raw if isinstance(one, dict)] if isinstance(raw, list) else []
    return tuple(
        ThingState(VERSION, str(one.get("id") or ""), str(one.get("name") or ""), version_state(one))
        for one in held
    )


def version_state(raw: Mapping[str, object]) -> str:
    """Released, unreleased, or empty where Jira does not say."""
    released = raw.get("released")
    return (RELEASED if released else UNRELEASED) if isinstance(released, bool) else ""


def version_in_state(raw: Mapping[str, object], state: str) -> dict[str, object]:
    """The same version in another state."""
    return {**raw, "released": state == RELEASED}


def versions_in_states(raw: object, states: Mapping[str, str]) -> object:
    """The value with these versions, by id, in these states."""
    if not isinstance(raw, list):
        return raw
    return [
        version_in_state(one, states[str(one.get("id"))])
        if isinstance(one, dict) and str(one.get("id")) in states
        else one
        for one in raw
    ]
