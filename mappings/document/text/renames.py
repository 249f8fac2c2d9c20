"""A text with the names that Jira has today in the place of former ones: comments and form stay, and so does what it means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mappings.diagnostic import Diagnostic
from mappings.document.binder import bind_leniently
from mappings.document.checks.codes import Code
from mappings.document.checks.live.names import check_names
from mappings.document.mapping import Mapping
from mappings.document.names import Rename
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Catalogue

QUOTES = ('"', "'", '\\"', "''")
"""What a name with a blank is put into: plainly, within YAML's single quotes, within its double quotes."""


@dataclass(frozen=True, slots=True)
class RewordedText:
    """The text, how many places of it say another name now, and those that a person has to see to."""

    text: str
    changed: int = 0
    left: tuple[Diagnostic, ...] = ()


def reword_text(text: str, known: Catalogue, today: Catalogue, renames: Sequence[Rename]) -> RewordedText:
    """A text that means the same by the names of today. `known` is what its names stand for, `today` knows former names too.

    A place is changed only where every id that the mapping goes by stays what it is.
    """
    result = read_document(text)
    if result.document is None:
        return RewordedText(text)
    mapping = bind_leniently(result.document, known).mapping
    found = check_names(result.document, known, renames, (), positions=result.positions)
    places = [one for one in found if one.code == Code.RENAMED]
    if mapping is None:
        return RewordedText(text, left=tuple(places))
    meaning, changed, left = _meaning(mapping), 0, []
    for place in sorted(places, key=lambda one: (one.line, one.column), reverse=True):
        better = next((one for one in _candidates(text, place) if _means(one, today) == meaning), None)
        if better is None:
            left.append(place)
        else:
            text, changed = better, changed + 1
    return RewordedText(text, changed, tuple(reversed(left)))


def _candidates(text: str, place: Diagnostic) -> Iterator[str]:
    """The text with the new name at this place, written in each of the ways that may be right there."""
    lines = text.splitlines(keepends=True)
    former, now = (place.value or "").removeprefix('"').removesuffix('"'), place.valid[0]
    at = sum(map(len, lines[: place.line - 1])) + place.column - 1
    start = at + 1 if text[at : at + 1] in ('"', "'") else at
    end = start + len(former)
    if not place.line or text[start:end].casefold() != former.casefold():
        return
    for said in dict.fromkeys((now, now.replace("'", "''"), now.replace('"', '\\"'))):
        yield text[:start] + said + text[end:]
        if start == at:
            yield from (text[:start] + quote + said + quote + text[end:] for quote in QUOTES)


def _means(text: str, catalogue: Catalogue) -> object:
    document = read_document(text).document
    mapping = bind_leniently(document, catalogue).mapping if document is not None else None
    return None if mapping is None else _meaning(mapping)


def _meaning(mapping: Mapping) -> object:
    """Everything that names decide, by ids."""
    return (
        [(one.by_id or one.jql, one.fields) for one in mapping.selectors()],
        [one.by_status for one in mapping.statuses.overrides],
        {alias: field.id for alias, field in mapping.fields.items()},
        sorted(tuple(sorted(word.directed)) for word in mapping.links.values()),
    )
