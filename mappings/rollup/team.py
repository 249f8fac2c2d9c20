"""Who an objective belongs to: the team that its field or its project names, as the mapping calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.facts.issue import Issue
from mappings.rollup.field_words import said_in

if TYPE_CHECKING:
    from mappings.document.mapping import Mapping as BoundMapping
    from mappings.document.schema import ObjectivePart


def team_of(mapping: BoundMapping, part: ObjectivePart, issue: Issue | None) -> str | None:
    """What the team of an objective is called: as its issue says, or as the mapping does where no issue stands for it."""
    return part.team if issue is None else issue_team(mapping, issue)


def issue_team(mapping: BoundMapping, issue: Issue) -> str | None:
    """What the team of any issue is called; None where the mapping knows no teams, or nothing says one.

    Of several that a field says the first is meant that the mapping has a name for, else the first.
    """
    rule = mapping.team
    if rule is None:
        return None
    if rule.field is None:
        project = issue.project
        return rule.names.get(project.id) or rule.names.get(project.key) or project.key
    known = {option.id for option in rule.field.options}
    said = list(said_in(rule.field, issue))
    bound = [words[:1] if words[0] in known else words for words in said]
    called = (rule.names.get(word) or rule.names.get(word.casefold()) for words in bound for word in words)
    return next((name for name in called if name), said[0][-1] if said else None)
