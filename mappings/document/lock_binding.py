"""A mapping under the locks of its cycles: the terms of locked objectives bound to the site, whatever the mapping says of them by now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mappings.document.lock import NO_LOCKS, BoundLock, CycleLock, LockedObjective, Locks
from mappings.document.mapping import KeyResultRule, Mapping, ObjectiveRule
from mappings.document.schema import JqlFieldRelation, JqlRelation, KeyResultPart, ObjectivePart, WeightPart
from mappings.facts.catalogue import Field
from mappings.facts.issue import Issue
from mappings.facts.selector import Selector
from mappings.jql import JqlError
from mappings.progress.options import aliases, jql_options

RULING = ("title", "owner", "team", "perspective", "aligned_to")
"""What of a rule a lock leaves as the mapping has it now."""


def under_locks(mapping: Mapping, locks: Iterable[CycleLock]) -> Mapping:
    """The mapping with these locks. Fields that only locked terms name are named by it, too, so that they go on being read."""
    found = [BoundLock(one, {each.id: _bound(mapping, each) for each in one.objectives}) for one in locks]
    if not found:
        return replace(mapping, locks=NO_LOCKS) if mapping.locks else mapping
    by_objective: dict[str, list[BoundLock]] = {}
    fields: dict[str, Field] = {}
    for one in found:
        for each in one.lock.objectives:
            by_objective.setdefault(each.id, []).append(one)
            fields.update(each.fields)
    locked = Locks(tuple(found), {id_: tuple(several) for id_, several in by_objective.items()})
    return replace(mapping, locks=locked, fields={**fields, **mapping.fields})


def _bound(mapping: Mapping, locked: LockedObjective) -> tuple[LockedObjective, ObjectiveRule]:
    now = next((one for one in mapping.objectives if one.part.id == locked.part.id and not one.plain), None)
    part = locked.part
    if now is not None:
        part = part.model_copy(update={name: getattr(now.part, name) for name in RULING})
        if part == now.part:
            return locked, now
    path = ("objectives", 0) if now is None else now.path
    rules = tuple(_key_result(mapping, one) for one in part.key_results)
    return locked, ObjectiveRule(part, _selector(mapping, part.select), rules, path)


def _key_result(mapping: Mapping, part: KeyResultPart) -> KeyResultRule:
    conditions = {name: _selector(mapping, text) for name, text in jql_options(part.progress).items()}
    return KeyResultRule(
        part=part,
        select=_selector(mapping, part.select),
        related=_selector(mapping, part.relation.jql) if isinstance(part.relation, JqlRelation) else None,
        conditions={name: one for name, one in conditions.items() if one is not None},
    )


def _selector(mapping: Mapping, text: str | None) -> Selector | None:
    """What a JQL selects; nothing where Jira no longer has what it names."""
    if text is None:
        return None
    try:
        return mapping.compile_jql(text)
    except JqlError:
        return mapping.compile_jql("issuekey is EMPTY")


def terms_of(part: KeyResultPart) -> tuple[str, ...]:
    """The aliases of a key result whose values stand under a lock: all that it reads but what it stands at."""
    found = [one.text for one in aliases(part.progress) if not one.mark.history and not one.is_word]
    weight = part.weight.field if isinstance(part.weight, WeightPart) else part.weight
    named = (weight,) if isinstance(weight, str) else weight if isinstance(weight, tuple) else ()
    return tuple(dict.fromkeys((*found, *named)))


def aliases_of(part: ObjectivePart) -> tuple[str, ...]:
    """Every alias that the key results of an objective name."""
    found: list[str] = []
    for one in part.key_results:
        found += [each.text for each in aliases(one.progress) if not each.is_word]
        found += terms_of(one)
        found += [one.relation.jql_field] if isinstance(one.relation, JqlFieldRelation) else []
    return tuple(dict.fromkeys(found))


def as_locked(mapping: Mapping, part: KeyResultPart, issue: Issue, then: Issue) -> Issue:
    """A key-result issue as it is now, but for its terms: those are as they were locked."""
    ids = {field.id for alias in terms_of(part) if (field := mapping.fields.get(alias)) is not None}
    held = {id_: then.fields.get(id_) for id_ in ids}
    return replace(issue, fields={**issue.fields, **held}, due=then.due)
