"""The link in a mail by which its reader stops it: signed, so that nobody stops another's."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from hashlib import sha256

from connectors.store.work.outbox import Outgoing
from plugin.access.authentication.secret_key import unsubscribe_key
from plugin.runtime.connector import Connector, NotReady


class DigestRefused(NotReady):
    """What was asked of a digest cannot be done; the message says why and what to do."""


def token_of(connector: Connector, site: str, one: Outgoing) -> str:
    """The end of the link that stops a digest for its recipient; signed, so that nobody stops another's."""
    said = "\n".join((site, one.digest, one.recipient)).encode()
    return f"{urlsafe_b64encode(said).decode().rstrip('=')}.{_signature(connector, said)}"


def read_token(connector: Connector, token: str) -> tuple[str, str, str]:
    """Site, digest and recipient of such a link. Raises DigestRefused."""
    told, _, signature = token.partition(".")
    try:
        said = urlsafe_b64decode(told + "=" * (-len(told) % 4))
    except (Base64Error, ValueError):
        said = b""
    parts = said.decode("utf-8", "replace").split("\n")
    if len(parts) != 3 or not hmac.compare_digest(_signature(connector, said).encode(), signature.encode()):
        raise DigestRefused("This link stops nothing: it is not whole. Open it from the mail again.")
    return parts[0], parts[1], parts[2]


def _signature(connector: Connector, said: bytes) -> str:
    return hmac.new(unsubscribe_key(connector.settings), said, sha256).hexdigest()
