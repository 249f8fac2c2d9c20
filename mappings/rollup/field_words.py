"""What a field of an issue says in words, whatever its type: options, labels, people, teams, texts."""

from __future__ import annotations

from collections.abc import Iterator

from mappings.facts.catalogue import Field
from mappings.facts.issue import Issue, JiraValue, User
from mappings.fields import field_type
from mappings.rollup.cycles.cycle import texts_in


def said_in(field: Field, issue: Issue) -> Iterator[tuple[str, ...]]:
    """What a field says, each with its id, where it has one, before its name; nothing where it is empty, or where nobody understands it."""
    raw, type_ = issue.fields.get(field.id), field_type(field)
    if type_ is None:
        words = texts_in(raw)[::-1]
        yield from (words,) if words else ()
        return
    value = type_.decode(raw)
    for one in value if isinstance(value, tuple) else (value,):
        if isinstance(one, JiraValue | User):
            yield tuple(word for word in (one.id, one.name) if word)
        elif one is not None and one != "":
            yield (one if isinstance(one, str) else type_.text(raw),)
