"""The keys that Forge signs with: looked at seldom, changed without a restart, kept through an outage, and never anything but RSA keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey, KeySet, OctKey

from connectors.forge.signing_keys import SigningKeys, SigningKeysOutage
from tests.forge import KEY, KID, NEXT_KEY, Forge, forge_server

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.fixture
def forge() -> Iterator[Forge]:
    with forge_server() as running:
        yield running


def test_they_are_read_once_an_hour(forge: Forge) -> None:
    keys = SigningKeys(forge.url)
    for minutes in range(0, 60, 5):
        assert keys.key(KID, NOW + timedelta(minutes=minutes)) is not None
    assert forge.looks == 1
    keys.key(KID, NOW + HOUR)
    assert forge.looks == 2


def test_a_new_key_is_known_at_once_and_strangers_make_no_storm(forge: Forge) -> None:
    keys = SigningKeys(forge.url)
    assert keys.key(KID, NOW) is not None
    forge.keys = [KEY, NEXT_KEY]
    assert keys.key(NEXT_KEY.kid, NOW + 10 * SECOND) is None, "looked at a moment ago"
    assert keys.key(NEXT_KEY.kid, NOW + 30 * SECOND) is not None
    assert forge.looks == 2
    for number in range(50):
        assert keys.key(f"made up {number}", NOW + 31 * SECOND) is None
    assert forge.looks == 2


def test_a_key_that_is_withdrawn_counts_no_more_once_the_hour_is_over(forge: Forge) -> None:
    keys = SigningKeys(forge.url)
    keys.key(KID, NOW)
    forge.keys = [NEXT_KEY]
    assert keys.key(KID, NOW + HOUR) is None
    assert keys.key(NEXT_KEY.kid, NOW + HOUR) is not None


SMALL = {"kty": "RSA", "kid": KID, "e": "AQAB", "n": "r" * 171}
"""A key of 1024 bits."""
FOREIGN: tuple[bytes | int, ...] = (
    500,
    404,
    302,
    b"<html>maintenance</html>",
    b"",
    b"[]",
    b"{}",
    b'{"keys": []}',
    b'{"keys": {}}',
    b'{"keys": [{}, {"kty": "RSA"}, {"kty": "RSA", "kid": "x", "n": "", "e": ""}, {"kty": "RSA", "kid": "x", "n": "!", "e": "AQAB"}]}',
    b"[" * 100_000,
    b'{"keys": "' + b"x" * (1 << 19) + b'"}',
    json.dumps({"keys": [SMALL]}).encode(),
    json.dumps(KeySet([OctKey.generate_key(256, {"kid": KID})]).as_dict(private=True)).encode(),
    json.dumps(KeySet([ECKey.generate_key("P-256", {"kid": KID})]).as_dict(private=False)).encode(),
)
"""What may stand there instead of keys of ours."""


@pytest.mark.parametrize("answer", FOREIGN, ids=range(len(FOREIGN)))
def test_whatever_comes_instead_the_kept_ones_count_for_a_day(forge: Forge, answer: Any) -> None:
    keys = SigningKeys(forge.url)
    forge.answer = answer
    with pytest.raises(SigningKeysOutage):
        keys.key(KID, NOW)
    forge.answer = None
    later = NOW + timedelta(minutes=1)
    assert keys.key(KID, later) is not None
    forge.answer = answer
    assert keys.key(KID, later + HOUR) is not None
    assert keys.key(KID, later + timedelta(hours=24)) is not None
    with pytest.raises(SigningKeysOutage):
        keys.key(KID, later + timedelta(hours=24, seconds=1))


def test_an_outage_is_not_asked_of_again_and_again(forge: Forge) -> None:
    keys = SigningKeys(forge.url)
    forge.answer = 503
    for seconds in range(0, 60, 3):
        with pytest.raises(SigningKeysOutage):
            keys.key(KID, NOW + seconds * SECOND)
    assert forge.looks == 2


def test_nobody_listening_is_an_outage() -> None:
    with pytest.raises(SigningKeysOutage):
        SigningKeys("http://127.0.0.1:9/jwks.json").key(KID, NOW)
