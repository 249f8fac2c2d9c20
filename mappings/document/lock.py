"""Cycles whose terms stand: which objectives and key results there are, of which kind, with what start, target, weight and commitment. Pure."""

from __future__ import annotations

import collections.abc
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from mappings.document.schema import ObjectivePart
from mappings.facts.catalogue import Field
from mappings.facts.issue import Issue

if TYPE_CHECKING:  # a mapping holds its locks
    from mappings.document.mapping import ObjectiveRule


@dataclass(frozen=True, slots=True)
class LockedObjective:
    """One objective as it was locked: its rule, the fields that this names, the issues that are its key results, by rule, and how they stood."""

    id: str
    part: ObjectivePart
    fields: collections.abc.Mapping[str, Field]
    key_results: collections.abc.Mapping[str, tuple[str, ...]]
    issues: tuple[Issue, ...] = ()

    def stood(self, issue_id: str) -> Issue | None:
        """A key-result issue as it was locked."""
        return next((one for one in self.issues if one.id == issue_id), None)


@dataclass(frozen=True, slots=True)
class CycleLock:
    """That a cycle was locked: when, by whom and why, and until when, where somebody unlocked it."""

    cycle_id: str
    at: datetime
    by: str
    reason: str
    objectives: tuple[LockedObjective, ...]
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it is locked at a moment."""
        return self.at <= now and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class BoundLock:
    """A lock, with the rules of its objectives bound to the site."""

    lock: CycleLock
    objectives: collections.abc.Mapping[str, tuple[LockedObjective, ObjectiveRule]]


@dataclass(frozen=True, slots=True)
class Locks:
    """All locks of a site, those that were lifted too: an earlier moment is seen under what held then."""

    every: tuple[BoundLock, ...] = ()
    _of: collections.abc.Mapping[str, tuple[BoundLock, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    def __bool__(self) -> bool:
        return bool(self.every)

    def rules(self) -> tuple[ObjectiveRule, ...]:
        """The rules of all objectives that were ever locked."""
        return tuple(rule for one in self.every for _, rule in one.objectives.values())

    def of_objective(self, objective_id: str, now: datetime) -> BoundLock | None:
        """The lock that holds an objective at a moment; of several the last."""
        found = [one for one in self._of.get(objective_id, ()) if one.lock.holds(now)]
        return max(found, key=lambda one: one.lock.at, default=None)

    def of_cycle(self, cycle_id: str, now: datetime) -> BoundLock | None:
        """The lock that holds a cycle at a moment."""
        found = (one for one in self.every if one.lock.cycle_id == cycle_id and one.lock.holds(now))
        return next(found, None)

    def written(self) -> frozenset[str]:
        """Ids of the objectives without an issue that were locked."""
        return frozenset(id_ for id_ in self._of if id_.startswith("@"))


NO_LOCKS = Locks()
