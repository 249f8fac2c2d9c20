"""From which perspective of the balanced scorecard an objective looks. It groups; no number follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.document.schema import FieldSource, PerspectiveLabel
from mappings.facts.issue import Issue
from mappings.rollup.field_words import said_in

if TYPE_CHECKING:
    from mappings.document.mapping import Mapping as BoundMapping
    from mappings.document.schema import ObjectivePart

PERSPECTIVES = ("finance", "customer", "process", "learning")
"""Those of the balanced scorecard."""


def perspective_of(mapping: BoundMapping, part: ObjectivePart, issue: Issue | None) -> str | None:
    """The perspective that the rule names, or that the issue says by a label or a field; None where nothing says one."""
    source = part.perspective
    if isinstance(source, str):
        return perspective_name(source)
    if source is None or issue is None:
        return None
    return next((perspective_name(word) for word in _words(mapping, source, issue) if word), None)


def _words(mapping: BoundMapping, source: FieldSource | PerspectiveLabel, issue: Issue) -> list[str]:
    if isinstance(source, PerspectiveLabel):
        prefix = source.label
        return sorted(word.removeprefix(prefix) for word in issue.labels if word.startswith(prefix))
    field = mapping.fields.get(source.field)
    return [] if field is None else [words[-1] for words in said_in(field, issue)]


def perspective_name(word: str) -> str:
    """One of the four in any case, or a word of one's own as it is written."""
    folded = word.strip().casefold()
    return folded if folded in PERSPECTIVES else word.strip()
