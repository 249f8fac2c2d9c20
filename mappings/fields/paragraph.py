"""Rich text: a document (ADF) for REST version 3, a string for version 2. Compared by its text, never by its nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mappings.facts.catalogue import Field
from mappings.fields.field_type import Api, FieldPurpose, FieldType, FieldValueError, JqlView, ReadingKind
from mappings.fields.text import PARAGRAPHS

PLAIN_NODES = frozenset({"doc", "paragraph", "text", "hardBreak"})
LINE_NODES = frozenset({"paragraph", "heading", "codeBlock", "hardBreak", "rule", "tableRow", "blockCard"})


class Paragraph(FieldType):
    """Several lines of text; marks, lists and tables are read through and not kept."""

    name: ClassVar[str] = "paragraph"
    schemas: ClassVar[tuple[str, ...]] = ("string", "doc")
    reading: ClassVar[ReadingKind | None] = ReadingKind.TEXT
    holding: ClassVar[FieldPurpose | None] = FieldPurpose.WORDS

    def fits(self, field: Field) -> bool:
        return field.type in ("string", "doc") and (field.custom or field.id) in PARAGRAPHS

    def decode(self, raw: object) -> str | None:
        text = raw if isinstance(raw, str) else document_text(raw)
        lines = [line.strip() for line in text.splitlines()]
        return "\n".join(line for line in lines if line) or None

    def from_change(self, id_: str | None, text: str | None) -> object:  # noqa: ARG002
        return text or None

    def jql_view(self, field: Field) -> JqlView:  # noqa: ARG002
        return JqlView.WORDS

    def encode(self, value: object, field: Field, api: Api = 3) -> object:
        """A document of one paragraph for each line that says something; for version 2 those lines as a string."""
        text = super().encode(value, field, api)
        return document(text) if isinstance(text, str) and api == 3 else text

    def make(self, value: object, field: Field) -> object:
        if not isinstance(value, str):
            raise FieldValueError(f"{field.name or field.id} holds text; {value!r} is none")
        return self.decode(value)


def document(text: str) -> dict[str, object]:
    """The smallest document that shows these lines: one paragraph each."""
    paragraphs = [
        {"type": "paragraph", "content": [{"type": "text", "text": line}]} for line in text.splitlines()
    ]
    return {"type": "doc", "version": 1, "content": paragraphs}


def is_plain(raw: object) -> bool:
    """Whether nothing is lost of a text where it is written anew from its lines: no marks, pictures, lists or other nodes."""
    return all(node.get("type") in PLAIN_NODES and not node.get("marks") for node in _nodes(raw))


def document_text(raw: object) -> str:
    """The text of a document in reading order."""
    found: list[str] = []
    for node in _nodes(raw):
        if node.get("type") in LINE_NODES:
            found.append("\n")
        found.append(node_text(node))
    return "".join(found)


def _nodes(raw: object) -> Iterator[dict[str, object]]:
    """The nodes of a document in reading order. Walks without recursion: depth is the sender's choice."""
    waiting = [raw]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, dict):
            continue
        yield node
        content = node.get("content")
        waiting.extend(reversed(content) if isinstance(content, list) else ())


def node_text(node: dict[str, object]) -> str:
    """What one node says itself: its text, or for a mention, emoji, date, status or card what stands in its attributes."""
    text = node.get("text")
    if isinstance(text, str):
        return text
    attributes = node.get("attrs")
    if not isinstance(attributes, dict):
        return ""
    said = (attributes.get(name) for name in ("text", "url", "timestamp", "shortName"))
    return next((word for word in said if isinstance(word, str)), "")
