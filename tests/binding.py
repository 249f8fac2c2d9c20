"""A text and a catalogue, read and bound in one step: every finding of both has its place."""

from __future__ import annotations

from mappings.diagnostic import has_errors
from mappings.document.binder import BindResult, bind_leniently
from mappings.document.checks.report import in_text_order
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Catalogue


def bind_text(text: str, catalogue: Catalogue, file: str = "") -> BindResult:
    """The mapping, where nothing is wrong, and what was found."""
    result = read_document(text, file)
    if result.document is None:
        return BindResult(None, result.diagnostics)
    bound = bind_leniently(result.document, catalogue, positions=result.positions)
    found = in_text_order([*result.diagnostics, *bound.diagnostics])
    return BindResult(None if has_errors(found) else bound.mapping, found)
