"""A message as the webhook of a Google Chat space takes it: text for notifications, and a card."""

from __future__ import annotations

import json

from mappings.digest.digest import DigestLine, DigestMessage, Section
from mappings.digest.words import cut, escape, line_text, more_text, subject

LARGEST = 28_000
"""Bytes; Google Chat refuses more than 32,000."""
LONGEST_SUBJECT = 200


def google_chat(message: DigestMessage) -> dict[str, object]:
    """Text and card; the key stands in the last line of the card."""
    return _content(cut(message, lambda one: len(json.dumps(_content(one))) <= LARGEST))


def _content(message: DigestMessage) -> dict[str, object]:
    head = subject(message)[:LONGEST_SUBJECT]
    foot = f'<font color="#80868b">{escape(message.key)}</font>'
    if message.link:
        foot = f'<a href="{escape(message.link)}">All objectives</a><br>{foot}'
    sections = [
        {"widgets": [_paragraph(escape(message.lead))]},
        *({"header": escape(one.title), "widgets": [_paragraph(_lines(one))]} for one in message.sections),
        {"widgets": [_paragraph(foot)]},
    ]
    card = {"header": {"title": head}, "sections": sections}
    return {"text": _plain(f"{head}: {message.lead}"), "cardsV2": [{"cardId": "digest", "card": card}]}


def _paragraph(said: str) -> dict[str, object]:
    return {"textParagraph": {"text": said}}


def _lines(section: Section) -> str:
    lines = [f"• {_linked(one)}" for one in section.lines]
    return "<br>".join([*lines, more_text(section)] if section.more else lines)


def _linked(line: DigestLine) -> str:
    said = escape(line_text(line))
    return f'<a href="{escape(line.link)}">{said}</a>' if line.link else said


def _plain(said: str) -> str:
    """In text, a name in angle brackets pings: `<users/all>`."""
    return said.replace("<", "‹").replace(">", "›")
