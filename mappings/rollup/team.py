"""Who an objective belongs to: the team that its field or its project names, as the mapping calls it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mappings.facts.issue import Issue, Named, User
from mappings.fields import field_type
from mappings.rollup.cycle import texts_in

if TYPE_CHECKING:
    from mappings.document.mapping import Mapping as BoundMapping
    from mappings.document.schema import ObjectivePart
    from mappings.facts.catalogue import Field


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
    said = list(_said(rule.field, issue))
    bound = [words[:1] if words[0] in known else words for words in said]
    called = (rule.names.get(word) or rule.names.get(word.casefold()) for words in bound for word in words)
    return next((name for name in called if name), said[0][-1] if said else None)


def _said(field: Field, issue: Issue) -> Iterator[tuple[str, ...]]:
    """What a field says, each with its id, where it has one, before its name; nothing where it is empty, or where nobody understands it."""
    raw, type_ = issue.fields.get(field.id), field_type(field)
    if type_ is None:
        words = texts_in(raw)[::-1]
        yield from (words,) if words else ()
        return
    value = type_.decode(raw)
    for one in value if isinstance(value, tuple) else (value,):
        if isinstance(one, Named | User):
            yield tuple(word for word in (one.id, one.name) if word)
        elif one is not None and one != "":
            yield (one if isinstance(one, str) else type_.text(raw),)
