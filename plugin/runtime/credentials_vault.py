"""Credentials at rest: sealed with keys derived from SECRET_KEY, which may be several, so that keys can be changed one after another."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from plugin.access.authentication.secret_key import secret_text
from plugin.runtime.connector import Refusal
from plugin.runtime.settings import Settings


class CredentialsVault:
    """Seals with the first key; opens with any of them."""

    def __init__(self, secrets: str) -> None:
        keys = [part.strip() for part in secrets.split(",") if part.strip()]
        self._fernet = MultiFernet([Fernet(_key(part)) for part in keys])

    def seal(self, credentials: Mapping[str, str]) -> bytes:
        """Ciphertext of these credentials."""
        return self._fernet.encrypt(json.dumps(dict(credentials)).encode())

    def open(self, sealed: bytes) -> dict[str, str]:
        """The credentials; Refusal where no key of ours fits."""
        try:
            opened: dict[str, str] = json.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise Refusal(
                "Stored credentials cannot be opened with JIRA_OKR_SECRET_KEY. Put the former key behind the new one, "
                "with a comma between, or add the site anew with its credentials."
            ) from None
        return opened

    def renew(self, sealed: bytes) -> bytes:
        """The same credentials, sealed with the first key."""
        return self._fernet.rotate(sealed)

    def renewed(self, sealed: bytes) -> bytes | None:
        """The same for what may be lost: None where no key of ours fits."""
        try:
            return self.renew(sealed)
        except InvalidToken:
            return None


def vault(settings: Settings) -> CredentialsVault:
    """The vault of an installation."""
    return CredentialsVault(secret_text(settings))


def _key(secret: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(b"credentials:" + secret.encode()).digest())
