"""A message as the workflow of a Teams channel takes it: an Adaptive Card in its envelope.

The lines are text runs, which read no Markdown: a title makes no link, and pings nobody.
"""

from __future__ import annotations

import json

from mappings.digest.digest import DigestLine, DigestMessage
from mappings.digest.words import cut, line_text, more_text, subject

LARGEST = 25_000
"""Bytes; Teams refuses more than 28 KB."""
LONGEST_SUBJECT = 200


def teams(message: DigestMessage) -> dict[str, object]:
    """The envelope with the card; the key stands in its last line."""
    return _card(cut(message, lambda one: len(json.dumps(_card(one))) <= LARGEST))


def _card(message: DigestMessage) -> dict[str, object]:
    head = subject(message)[:LONGEST_SUBJECT]
    body: list[dict[str, object]] = [
        _text(head, size="large", weight="bolder"),
        _text(message.lead),
    ]
    for section in message.sections:
        body.append({**_text(section.title, weight="bolder"), "separator": True})
        body.extend(_line(one) for one in section.lines)
        if section.more:
            body.append(_text(more_text(section), isSubtle=True))
    body.append(_text(message.key, size="small", isSubtle=True))
    content: dict[str, object] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": head,
        "msteams": {"width": "Full"},
        "body": body,
    }
    if message.link:
        content["actions"] = [{"type": "Action.OpenUrl", "title": "All objectives", "url": message.link}]
    card = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [card]}


def _text(said: str, **style: object) -> dict[str, object]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": said, **style}]}


def _line(line: DigestLine) -> dict[str, object]:
    run: dict[str, object] = {"type": "TextRun", "text": line_text(line)}
    if line.link:
        run["selectAction"] = {"type": "Action.OpenUrl", "url": line.link}
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "• "}, run]}
