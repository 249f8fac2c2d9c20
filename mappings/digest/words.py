"""A message in words: plain text and HTML for mail, and what all channels share. Cut by whole lines, and the rest is counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mappings.digest.digest import DigestLine, DigestMessage, Section

BIDI = {ord(char): None for char in "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
"""Signs that turn the direction of text: nothing in a subject may hide behind them."""
LONGEST_LINE = 1_000


def subject(message: DigestMessage) -> str:
    """One line, without signs that turn text round."""
    return " ".join(message.subject.translate(BIDI).split())


def text(message: DigestMessage) -> str:
    """Everything as plain text, complete by itself."""
    parts = [message.lead]
    for section in message.sections:
        lines = [section.title, *(f"- {_spaced(one)}" for one in section.lines)]
        parts.append("\n".join([*lines, *([more_text(section)] if section.more else [])]))
    if message.link:
        parts.append(message.link)
    return "\n\n".join(parts) + "\n"


def _spaced(line: DigestLine) -> str:
    said = " ".join(line.said.split())
    return f"{said} <{line.link}>" if line.link else said


def line_text(line: DigestLine, most: int = LONGEST_LINE) -> str:
    """The words of a line without breaks, shortened where they are too many."""
    said = " ".join(line.said.translate(BIDI).split())
    return said if len(said) <= most else f"{said[: most - 1]}…"


def cut(message: DigestMessage, fits: Callable[[DigestMessage], bool]) -> DigestMessage:
    """As many whole lines as fit, from the first on; the rest of each section is counted."""
    lines = sum(len(section.lines) for section in message.sections)
    if fits(message):
        return message
    least, most = 0, lines
    while least < most:  # the most lines that fit
        middle = (least + most + 1) // 2
        if fits(_first(message, middle)):
            least = middle
        else:
            most = middle - 1
    return _first(message, least)


def _first(message: DigestMessage, count: int) -> DigestMessage:
    sections = []
    for section in message.sections:
        kept = section.lines[: max(count, 0)]
        count -= len(section.lines)
        left = section.more + len(section.lines) - len(kept)
        sections.append(replace(section, lines=kept, more=left))
    return replace(message, sections=tuple(sections))


def more_text(section: Section) -> str:
    return f"and {section.more} more"


ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"}


def escape(said: str) -> str:
    """Text within HTML, and within an attribute of it."""
    return "".join(ESCAPES.get(char, char) for char in said)


def html(message: DigestMessage) -> str:
    """The same for readers of HTML: no images, nothing from elsewhere."""
    parts = [f"<p>{escape(message.lead)}</p>"]
    for section in message.sections:
        lines = "".join(f"<li>{_anchor(one)}</li>" for one in section.lines)
        more = f"<li>{more_text(section)}</li>" if section.more else ""
        parts.append(f"<h2>{escape(section.title)}</h2><ul>{lines}{more}</ul>")
    if message.link:
        parts.append(f'<p><a href="{escape(message.link)}">All objectives</a></p>')
    return f"<!doctype html><html><body>{''.join(parts)}</body></html>"


def _anchor(line: DigestLine) -> str:
    said = escape(" ".join(line.text.split()))
    return f'<a href="{escape(line.link)}">{said}</a>' if line.link else said
