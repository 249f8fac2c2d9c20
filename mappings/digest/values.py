"""A message for programs: the same words, by their parts."""

from __future__ import annotations

from mappings.digest.digest import DigestMessage
from mappings.digest.words import subject, text


def values(message: DigestMessage) -> dict[str, object]:
    """The message as JSON; `key` is the same with each repetition."""
    return {
        "version": 1,
        "key": message.key,
        "subject": subject(message),
        "lead": message.lead,
        "sections": [
            {
                "title": section.title,
                "lines": [{"text": line.said, "link": line.link or None} for line in section.lines],
                "more": section.more,
            }
            for section in message.sections
        ],
        "link": message.link or None,
        "text": text(message),
    }
