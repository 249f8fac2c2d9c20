"""A message in the words of a channel: plain text, HTML for mail, blocks for Slack. Cut by whole lines, and the rest is counted."""

from __future__ import annotations

from collections.abc import Iterator

from mappings.digest.digest import Line, Message, Section

SLACK_SECTION = 3_000
SLACK_TOTAL = 12_000
SLACK_BLOCKS = 50
SLACK_HEADER = 150
BIDI = {ord(char): None for char in "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
"""Signs that turn the direction of text: nothing in a subject may hide behind them."""


def subject(message: Message) -> str:
    """One line, without signs that turn text round."""
    return " ".join(message.subject.translate(BIDI).split())


def text(message: Message) -> str:
    """Everything as plain text, complete by itself."""
    parts = [message.lead]
    for section in message.sections:
        lines = [section.title, *(f"- {_spaced(one)}" for one in section.lines)]
        parts.append("\n".join([*lines, *([_more(section)] if section.more else [])]))
    if message.link:
        parts.append(message.link)
    return "\n\n".join(parts) + "\n"


def _spaced(line: Line) -> str:
    said = " ".join(line.text.split())
    return f"{said} <{line.link}>" if line.link else said


def _more(section: Section) -> str:
    return f"and {section.more} more"


ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"}


def escape(said: str) -> str:
    """Text within HTML, and within an attribute of it."""
    return "".join(ESCAPES.get(char, char) for char in said)


def html(message: Message) -> str:
    """The same for readers of HTML: no images, nothing from elsewhere."""
    parts = [f"<p>{escape(message.lead)}</p>"]
    for section in message.sections:
        lines = "".join(f"<li>{_anchor(one)}</li>" for one in section.lines)
        more = f"<li>{_more(section)}</li>" if section.more else ""
        parts.append(f"<h2>{escape(section.title)}</h2><ul>{lines}{more}</ul>")
    if message.link:
        parts.append(f'<p><a href="{escape(message.link)}">All objectives</a></p>')
    return f"<!doctype html><html><body>{''.join(parts)}</body></html>"


def _anchor(line: Line) -> str:
    said = escape(" ".join(line.text.split()))
    return f'<a href="{escape(line.link)}">{said}</a>' if line.link else said


def slack(message: Message) -> dict[str, object]:
    """What a Slack webhook takes: text for phones and screen readers, and blocks. The key stands in the last one."""
    head = subject(message)[:SLACK_HEADER]
    blocks: list[dict[str, object]] = [
        {"type": "header", "text": {"type": "plain_text", "text": head}},
        _mrkdwn(_escaped(message.lead)),
    ]
    left, out = SLACK_TOTAL - len(message.lead) - len(head), 0
    for section in message.sections:
        for part, count in _parts(section):
            if len(blocks) >= SLACK_BLOCKS - 2 or len(part) > left:
                out += count
                continue
            left -= len(part)
            blocks.append(_mrkdwn(part))
    if out:
        blocks.append(
            _mrkdwn(f"{out} more {'line' if out == 1 else 'lines'}: there is no room for them here")
        )
    foot = f"<{message.link}|All objectives> · {message.key}" if message.link else message.key
    blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": foot}]})
    return {"text": f"{head}: {_escaped(message.lead)}", "blocks": blocks}


def _mrkdwn(said: str) -> dict[str, object]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": said}}


def _parts(section: Section) -> Iterator[tuple[str, int]]:
    """The section in pieces of which each fits into a block, never cut within a line; each with how much it tells."""
    held, count = f"*{_escaped(section.title)}*", 0
    lines = [(_linked(one), 1) for one in section.lines]
    if section.more:
        lines.append((_more(section), section.more))
    for line, number in lines:
        if len(held) + len(line) + 3 > SLACK_SECTION:
            yield held, count
            held, count = "", 0
        held += f"{chr(10) if held else ''}• {line}"
        count += number
    yield held, count


def _linked(line: Line) -> str:
    said = _escaped(" ".join(line.text.split()))[:1_000]
    return f"<{line.link}|{said}>" if line.link else said


def _escaped(said: str) -> str:
    """A title may not ping anybody, nor end a link."""
    return said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("|", "¦")
