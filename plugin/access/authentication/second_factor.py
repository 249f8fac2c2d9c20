"""The second factor: codes by time (TOTP, RFC 6238) as every authenticator app makes them, and recovery codes for when it is lost."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

DIGITS = 6
STEP_S = 30
STEPS_OFF = 1
"""So many steps the clock of a phone may be before or behind ours."""
RECOVERY_CODES = 10
ISSUER = "jira-okr"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Those that are not taken for each other."""
_RECOVERY_LENGTH = 16


def new_secret() -> str:
    """A secret of 160 bits, in Base32 as people type it."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def address(secret: str, email: str, place: str) -> str:
    """The `otpauth://` address that an app takes, as a QR code or by a tap; `place` is where the connector is."""
    return _codes(secret).get_provisioning_uri(email, f"{ISSUER} ({place})")


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Of which step of time this is the code; None where it is none of now."""
    current = int(now.timestamp()) // STEP_S
    typed, codes = bare(code), _codes(secret)
    if len(typed) != DIGITS or not typed.isascii() or not typed.isdigit():
        return None
    for step in range(current - STEPS_OFF, current + STEPS_OFF + 1):
        if hmac.compare_digest(codes.generate(step * STEP_S), typed.encode()):
            return step
    return None


def recovery_codes() -> tuple[str, ...]:
    """Codes that are used once each, in the place of one by time."""
    made = ("".join(secrets.choice(_LETTERS) for _ in range(_RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES))
    return tuple("-".join(code[at : at + 4] for at in range(0, _RECOVERY_LENGTH, 4)) for code in made)


def bare(code: str) -> str:
    """A code as it is compared: without blanks and dashes, in lower case."""
    return "".join(code.split()).replace("-", "").lower()[:100]


def _codes(secret: str) -> TOTP:
    return TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP_S)  # noqa: S303 - what RFC 6238 and all apps go by
