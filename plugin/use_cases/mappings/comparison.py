"""Where two mappings differ in meaning, place by place: one answer for pages, API, commands and tools."""

from __future__ import annotations

from mappings.document.text.canonical import DocumentChange, diff
from mappings.document.text.source import read_document


def differences(before: str, after: str, names: tuple[str, str] = ("", "")) -> tuple[DocumentChange, ...]:
    """By path, empty for texts that mean the same; MappingError, with the name of its text, where one cannot be read."""
    old, new = (
        read_document(text, name).require() for text, name in zip((before, after), names, strict=True)
    )
    return diff(old, new)
