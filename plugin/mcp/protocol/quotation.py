"""Text that people typed into Jira, as an answer quotes it: bounded, and without characters that nobody sees."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, get_args, get_origin

from pydantic import AfterValidator, BaseModel

LONGEST_QUOTE = 500
CUT = " … [cut]"
SPACES = frozenset({"\t", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"})
UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
"""Kinds of characters: controls, formats (of no width, of another direction, tags), unassigned, private, halves."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Marks a field of an answer that holds such text."""


def visible_text(text: str) -> str:
    """The same without what nobody sees: control characters, those of no width, those that turn the direction, variation selectors."""
    spaced = "".join(" " if one in SPACES else one for one in text)
    return "".join(one for one in spaced if unicodedata.category(one) not in UNSEEN and not _selects(one))


def quote(text: str) -> str:
    """What is seen of it, cut with a mark where it is long."""
    clean = visible_text(text)
    return clean if len(clean) <= LONGEST_QUOTE else clean[: LONGEST_QUOTE - len(CUT)] + CUT


def _selects(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


Quoted = Annotated[str, AfterValidator(quote), Quote()]
"""A field that holds text typed into Jira, or a sentence of ours with such text in it."""


def quoted_fields(model: type[BaseModel], place: str = "") -> tuple[str, ...]:
    """The names of all fields of an answer that hold such text, inner ones with where they stand: `objectives[].title`."""
    return tuple(
        found
        for name, field in model.model_fields.items()
        for found in _within(field.annotation, field.metadata, f"{place}{name}")
    )


def _within(annotation: object, metadata: list[object], place: str) -> Iterator[str]:
    if any(isinstance(one, Quote) for one in metadata):
        yield place
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from quoted_fields(annotation, f"{place}.")
    elif get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        yield from _within(inner, marks, place)
    else:
        below = f"{place}[]" if get_origin(annotation) is list else place
        for part in get_args(annotation):
            yield from _within(part, [], below)
