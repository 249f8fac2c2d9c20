"""A message as a Slack webhook takes it: text for phones and screen readers, and blocks."""

from __future__ import annotations

from collections.abc import Iterator

from mappings.digest.digest import DigestLine, DigestMessage, Section
from mappings.digest.words import more_text, subject

SECTION = 3_000
TOTAL = 12_000
BLOCKS = 50
HEADER = 150


def slack(message: DigestMessage) -> dict[str, object]:
    """What a Slack webhook takes: text for phones and screen readers, and blocks. The key stands in the last one."""
    head = subject(message)[:HEADER]
    blocks: list[dict[str, object]] = [
        {"type": "header", "text": {"type": "plain_text", "text": head}},
        _mrkdwn(_escaped(message.lead)),
    ]
    left, out = TOTAL - len(message.lead) - len(head), 0
    for section in message.sections:
        for part, count in _parts(section):
            if len(blocks) >= BLOCKS - 2 or len(part) > left:
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
        lines.append((more_text(section), section.more))
    for line, number in lines:
        if len(held) + len(line) + 3 > SECTION:
            yield held, count
            held, count = "", 0
        held += f"{chr(10) if held else ''}• {line}"
        count += number
    yield held, count


def _linked(line: DigestLine) -> str:
    said = _escaped(" ".join(line.said.split()))[:1_000]
    return f"<{line.link}|{said}>" if line.link else said


def _escaped(said: str) -> str:
    """A title may not ping anybody, nor end a link."""
    return said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("|", "¦")
