"""What earlier writes left behind: fields of issues that are no objective or key result any more, or that no rule writes any more."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from mappings.document.mapping import Mapping as BoundMapping
from mappings.facts.forest import issue_order
from mappings.facts.issue import Issue
from mappings.fields import Api, is_empty
from mappings.rollup.state import ObjectiveState
from mappings.write_back.desired_values import Lookup, Owners, places
from mappings.write_back.plan import Change, Plan
from mappings.write_back.target import Place

Spot = tuple[str, str]
"""An issue and a place of it, by id."""


@dataclass(frozen=True, slots=True)
class LastWrite:
    """What we wrote last to one place, for which objective, and what was said then of the day it is left: see `mappings.write_back.plan.Change`."""

    issue_id: str
    issue_key: str
    place: Place
    value: object
    objective_id: str
    stays: bool = False
    until: date | None = None


def clear_leftovers(
    standing: Iterable[LastWrite],
    kept: Collection[Spot],
    actual: Lookup,
    today: date,
    read: Collection[str],
    api: Api = 3,
) -> list[Change]:
    """The changes that clear what nobody speaks for any more, as long as it is still what we wrote.

    `kept` are the places that somebody speaks for, `read` the ids that the mirror holds: of others, and of issues that it does
    not hold (`actual`), what we wrote is taken for what stands there. Left alone is what a rule said should stay, what
    belongs to an objective whose cycle has ended by `today`, and issues archived in Jira, which nobody can edit.
    """
    found = []
    for one in standing:
        issue = actual(one.issue_id)
        over = one.until is not None and one.until < today
        if (one.issue_id, one.place.id) in kept or one.stays or over or is_empty(one.value):
            continue
        if issue is not None and (issue.archived or not _holds(issue, one, read)):
            continue
        after = one.place.cleared(api)
        reason = f"{one.place.name} {one.place.step(one.value, after)}: it is not written here any more"
        found.append(
            Change(
                issue_id=one.issue_id,
                issue_key=issue.key if issue is not None else one.issue_key,
                field_id=one.place.id,
                field_name=one.place.name,
                before=one.value,
                after=after,
                reason=reason,
                until=one.until,
                left=True,
            )
        )
    return found


def _holds(issue: Issue, one: LastWrite, read: Collection[str]) -> bool:
    """Whether the place has what we wrote, as far as the mirror knows."""
    known = one.place.id in read or one.place.id in issue.fields
    return not known or one.place.equal(one.place.actual(issue), one.value)


def with_clearing(planned: Plan, objective_id: str, changes: Iterable[Change]) -> Plan:
    """A plan that also clears, in the order of plans."""
    every = [*planned.changes, *changes]
    return Plan(objective_id, tuple(sorted(every, key=lambda one: (issue_order(one.issue_id), one.field_id))))


def all_places(mapping: BoundMapping, states: Iterable[ObjectiveState], owned: Owners) -> frozenset[Spot]:
    """Everything that any of these objectives speaks for."""
    return frozenset[Spot]().union(*(places(mapping, state, owned) for state in states))


def plans_with_clearing(plans: Iterable[Plan], changes: Mapping[str, list[Change]]) -> list[Plan]:
    """The plans of a whole mapping, with what each objective has to clear."""
    by_id = {one.objective_id: one for one in plans}
    for objective_id, clears in changes.items():
        by_id[objective_id] = with_clearing(by_id.get(objective_id, Plan(objective_id)), objective_id, clears)
    return list(by_id.values())
