"""Atlassian documents: plain text to and from them, and whether a value is one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

INLINE = frozenset({"text", "hardBreak", "mention", "emoji", "inlineCard", "status", "date"})
BLOCKS = frozenset(
    [
        "paragraph",
        "heading",
        "bulletList",
        "orderedList",
        "listItem",
        "blockquote",
        "codeBlock",
        "panel",
        "rule",
        "table",
        "tableRow",
        "tableHeader",
        "tableCell",
        "mediaSingle",
        "media",
        "mediaGroup",
        "expand",
        "taskList",
        "taskItem",
        "blockCard",
        "decisionList",
        "decisionItem",
    ]
)


def document(text: str) -> dict[str, Any]:
    """Text as a document, one paragraph per line."""
    paragraphs = [
        {"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []}
        for line in text.split("\n")
    ]
    return {"type": "doc", "version": 1, "content": paragraphs}


def text_of(node: Any) -> str:
    """A document as the text that the older API shows."""
    if node is None:
        return ""
    return "\n".join(_lines(node)).strip("\n")


def _lines(node: dict[str, Any]) -> Iterable[str]:
    inline = ""
    for child in node.get("content", ()):
        if child.get("type") in INLINE:
            inline += "\n" if child["type"] == "hardBreak" else str(child.get("text", ""))
        else:
            yield from _lines(child)
    if inline or not node.get("content"):
        yield inline


def is_document(value: object) -> bool:
    """Whether a value has the shape of a document."""
    if not isinstance(value, dict) or value.get("type") != "doc" or value.get("version") != 1:
        return False
    content = value.get("content")
    return isinstance(content, list) and all(_is_block(child) for child in content)


def _is_block(node: object) -> bool:
    if not isinstance(node, dict) or node.get("type") not in BLOCKS | INLINE:
        return False
    if node["type"] == "text" and not (isinstance(node.get("text"), str) and node["text"]):
        return False
    return all(_is_block(child) for child in node.get("content", ()))
