"""Anything that takes a webhook: the message as JSON, signed as Standard Webhooks says (HMAC-SHA256 over id, second and body).

The id is the key of the message, the same with each repetition.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from connectors.notify.webhook import Endpoint, WebhookKind
from mappings.digest.values import values

PREFIX = "whsec_"
"""Before a secret that is written in Base64, as the standard writes it; any other is taken as it stands."""


def sign_headers(endpoint: Endpoint, key: str, now: datetime, body: bytes) -> Mapping[str, str]:
    """The headers that prove a body: its id, when it was sent, and the signature over both and the body."""
    id_, at = sha256(key.encode()).hexdigest(), str(int(now.timestamp()))
    said = f"{id_}.{at}.".encode() + body
    signature = b64encode(hmac.new(_key(endpoint.secret), said, sha256).digest()).decode()
    return {"webhook-id": id_, "webhook-timestamp": at, "webhook-signature": f"v1,{signature}"}


def _key(secret: str) -> bytes:
    return b64decode(secret.removeprefix(PREFIX)) if secret.startswith(PREFIX) else secret.encode()


CHANNEL = WebhookKind("webhook", "The webhook", (), values, signed=sign_headers)
