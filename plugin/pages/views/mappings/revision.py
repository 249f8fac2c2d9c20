"""Mapping revisions as a list shows them, and two of them side by side."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from mappings.diagnostic import MappingError
from mappings.document.text.canonical import DocumentChange
from mappings.document.text.source import read_document
from plugin.pages.views.words.moments import MomentText
from plugin.use_cases.mappings.comparison import differences
from plugin.use_cases.mappings.revisions import Activation, Revision

CONTEXT_LINES = 3

Shown = Callable[[datetime], MomentText]


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """One revision: who wrote it when, and when it ruled last."""

    revision: str
    name: str
    author: str
    created: MomentText
    activated: MomentText | None
    active: bool
    before: str | None
    """The revision that was added before this one: what a look at the difference starts from."""


@dataclass(frozen=True, slots=True)
class ActivationRow:
    """One line of the history of what was active."""

    revision: str
    by: str
    at: MomentText
    preview: str


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of two texts: `kind` is same, added, removed or skipped; numbers are None where the line is not."""

    kind: str
    before: int | None
    after: int | None
    text: str


@dataclass(frozen=True, slots=True)
class RevisionComparison:
    """Two mappings: what differs in meaning, and line by line. `unread` says why meaning could not be compared."""

    changes: tuple[DocumentChange, ...]
    lines: tuple[TextLine, ...]
    unread: str = ""


def revision_rows(known: Sequence[Revision], shown: Shown) -> Iterator[RevisionRow]:
    """Newest first."""
    for index, one in enumerate(known):
        before = known[index + 1].revision if index + 1 < len(known) else None
        yield RevisionRow(
            revision=one.revision,
            name=mapping_name(one.text),
            author=one.author,
            created=shown(one.created_at),
            activated=None if one.activated_at is None else shown(one.activated_at),
            active=one.active,
            before=before,
        )


def activation_rows(past: Sequence[Activation], shown: Shown) -> list[ActivationRow]:
    """Newest first."""
    return [ActivationRow(one.revision, one.by, shown(one.at), one.preview_hash[:12]) for one in past]


def mapping_name(text: str) -> str:
    """What the mapping calls itself; empty where it cannot be read."""
    document = read_document(text).document
    return document.name if document else ""


def comparison(before: str, after: str) -> RevisionComparison:
    """Two texts in meaning and by line."""
    lines = tuple(text_lines(before, after))
    try:
        changes = differences(before, after)
    except MappingError:
        return RevisionComparison((), lines, "One of the two has errors, so only their lines are compared.")
    return RevisionComparison(changes, lines)


def text_lines(before: str, after: str) -> Iterator[TextLine]:
    """Changed lines with a few around them; equal texts give none."""
    old, new = before.splitlines(), after.splitlines()
    groups = list(difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(CONTEXT_LINES))
    for index, group in enumerate(groups):
        if index:
            yield TextLine("skipped", None, None, "")
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (
                    TextLine("same", i + 1, j + 1, old[i])
                    for i, j in zip(range(i1, i2), range(j1, j2), strict=True)
                )
                continue
            yield from (TextLine("removed", i + 1, None, old[i]) for i in range(i1, i2))
            yield from (TextLine("added", None, j + 1, new[j]) for j in range(j1, j2))
