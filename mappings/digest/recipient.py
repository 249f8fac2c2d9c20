"""Who is told something, as a mapping writes it: an address of mail, or a webhook by the channel and the name that the settings give it."""

from __future__ import annotations

import re

MAIL = "mail"
WEBHOOKS = ("slack", "teams", "google-chat", "webhook")
"""The channels that are reached by a webhook."""
OWNERS = "owners"
"""Who is reminded: each owner of something that waits, by mail."""

_ADDRESS = r"[^\s@<>,;:\x00-\x1f]+@[^\s@<>,;:\x00-\x1f]+"
_NAME = "[a-z0-9][a-z0-9_-]{0,62}"
PATTERN = f"^({OWNERS}|{MAIL}:{_ADDRESS}|({'|'.join(WEBHOOKS)}):{_NAME})$"
_MAIL_ADDRESS = re.compile(_ADDRESS)


def is_address(text: str) -> bool:
    """Whether mail can go to what is written here."""
    return _MAIL_ADDRESS.fullmatch(text) is not None


def mailbox(address: str) -> str:
    """The recipient that an address of mail is, in one spelling."""
    return f"{MAIL}:{address.casefold()}"


def channel_of(recipient: str) -> tuple[str, str]:
    """The channel and the name in it."""
    channel, _, name = recipient.partition(":")
    return channel, name
