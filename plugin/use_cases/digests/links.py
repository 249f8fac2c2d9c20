"""The link in a mail by which its reader stops it. Its end names nobody: it is made from who gets what, and found again among those who do."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

from connectors.store.work import outbox
from plugin.access.authentication.secret_key import unsubscribe_key
from plugin.runtime.connector import Connector, Refusal

LENGTH = 24
"""Bytes of a token: more than anybody guesses."""


class DigestRefusal(Refusal):
    """What was asked of a digest cannot be done; the message says why and what to do."""


def token_of(connector: Connector, site: str, digest: str, recipient: str) -> str:
    """The end of the link that stops a digest for its recipient: the same in each of their mails, and nothing of them is read from it."""
    said = "\n".join((site, digest, recipient)).encode()
    made = hmac.new(unsubscribe_key(connector.settings), said, sha256).digest()[:LENGTH]
    return urlsafe_b64encode(made).decode()


def read_token(connector: Connector, token: str) -> tuple[str, str, str]:
    """Site, digest and recipient of such a link. Raises DigestRefusal where nobody gets, or stopped, what it is about."""
    with connector.store.read() as conn:
        known = outbox.list_mailed(conn)
    for site, digest, recipient in known:
        own = token_of(connector, site, digest, recipient)
        if hmac.compare_digest(own.encode(), token.encode()):
            return site, digest, recipient
    raise DigestRefusal(
        "This link stops nothing: it is not whole, or too old. Open it from the last mail, or ask an administrator."
    )
