"""Who is told something, as a mapping writes it: an address of mail, or a webhook by the channel and the name that the settings give it."""

from __future__ import annotations

MAIL = "mail"
WEBHOOKS = ("slack", "teams", "google-chat", "webhook")
"""The channels that are reached by a webhook."""

_ADDRESS = r"[^\s@<>,;:\x00-\x1f]+@[^\s@<>,;:\x00-\x1f]+"
_NAME = "[a-z0-9][a-z0-9_-]{0,62}"
PATTERN = f"^({MAIL}:{_ADDRESS}|({'|'.join(WEBHOOKS)}):{_NAME})$"


def channel_of(recipient: str) -> tuple[str, str]:
    """The channel and the name in it."""
    channel, _, name = recipient.partition(":")
    return channel, name
