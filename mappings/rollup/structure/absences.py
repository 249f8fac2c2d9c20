"""What stands still when Jira no longer has something that a mapping names: the numbers that would need it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mappings.document.checks.walk import alias_uses
from mappings.document.mapping import Mapping
from mappings.document.names import Absence, NameKind
from mappings.facts.issue import Issue, JiraValue
from mappings.facts.selector import Selector


def standing_still(
    mapping: Mapping, absences: Iterable[Absence], rule_id: str | None, issues: Iterable[Issue]
) -> Absence | None:
    """The absence for which an objective keeps its numbers; None where it needs nothing that is gone.

    A field that is gone concerns every objective under a rule that reads it, for no issue shows any more what it held.
    Anything else concerns the objectives of whose issues one still has it. One that no number counts, archived or unreadable,
    is known as it was read last, and may be so for ever: what it had concerns nobody.
    """
    lost = tuple(absences)
    if not lost:
        return None
    by_field = next(
        (one for one in lost if one.name.kind is NameKind.FIELD and _reads(mapping, one.id, rule_id)), None
    )
    if by_field is not None:
        return by_field
    values = [one for one in lost if one.name.kind is not NameKind.FIELD]
    counted = (issue for issue in issues if not issue.archived and not issue.gap)
    return next((one for issue in counted if values for one in values if has(issue, one)), None)


def has(issue: Issue, absence: Absence) -> bool:
    """Whether an issue has what is gone, as it was when it was read."""
    return absence.id in _ids(issue, absence)


def _ids(issue: Issue, absence: Absence) -> Iterable[str]:
    match absence.name.kind:
        case NameKind.TYPE:
            return (issue.type.id,)
        case NameKind.STATUS:
            return (issue.status.id,)
        case NameKind.PROJECT:
            return (issue.project.id,)
        case NameKind.RESOLUTION:
            return _optional(issue.resolution)
        case NameKind.PRIORITY:
            return _optional(issue.priority)
        case NameKind.LINK:
            return [link.type_id for link in issue.links]
        case _:
            return ()


def _optional(value: JiraValue | None) -> tuple[str, ...]:
    return () if value is None else (value.id,)


def _reads(mapping: Mapping, field_id: str, rule_id: str | None) -> bool:
    """Whether the number of an objective under this rule is read from the field, or that of one that moves it may be."""
    if field_id not in _read_somewhere(mapping):
        return False
    concerned = {rule.part.id for rule in mapping.objectives if field_id in _read_by(mapping, rule.part.id)}
    if rule_id is None or field_id in _read_by_all(mapping):
        return True
    # Whoever is moved by an objective of such a rule stands still with it.
    passed_on = any(
        rule.part.id in concerned and rule.part.aligned_to is not None for rule in mapping.objectives
    )
    return rule_id in concerned or passed_on


def _read_somewhere(mapping: Mapping) -> frozenset[str]:
    rules = (rule.part.id for rule in mapping.objectives)
    return _read_by_all(mapping) | frozenset(id_ for one in rules for id_ in _read_by(mapping, one))


def _read_by_all(mapping: Mapping) -> frozenset[str]:
    """What decides which issues count, and as what, whatever the rule."""
    rules = mapping.statuses
    selectors = [mapping.scope, rules.excluded, rules.not_achieved, *(one.when for one in rules.overrides)]
    selectors += [rule.select for rule in mapping.objectives]
    return frozenset(_fields(selectors))


def _read_by(mapping: Mapping, rule_id: str) -> frozenset[str]:
    """What the rules of the key results of one objective rule read."""
    found: set[str] = set()
    for rule in mapping.objectives:
        if rule.part.id != rule_id:
            continue
        for one in rule.key_results:
            found |= set(_fields([one.select, one.related, *one.conditions.values()]))
        uses = (use for use in alias_uses(mapping.document) if use.path[:2] == rule.path)
        found |= {mapping.fields[use.alias].id for use in uses if use.alias in mapping.fields}
    return frozenset(found)


def _fields(selectors: Iterable[Selector | None]) -> Iterator[str]:
    for selector in selectors:
        if selector is not None:
            yield from selector.fields
