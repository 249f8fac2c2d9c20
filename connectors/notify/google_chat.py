"""Google Chat, by the webhook of a space. The same `requestId` gives back the message that is there, so a repetition is none."""

from __future__ import annotations

from hashlib import sha256

from connectors.notify.webhook import WebhookKind
from mappings.digest.google_chat import google_chat


def _with_id(address: str, key: str) -> str:
    made = sha256(key.encode()).hexdigest()[:40]
    return f"{address}{'&' if '?' in address else '?'}requestId={made}"


CHANNEL = WebhookKind("google-chat", "Google Chat", ("chat.googleapis.com",), google_chat, addressed=_with_id)
