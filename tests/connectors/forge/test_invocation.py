"""The invocation token of Forge: what a good one says, and every way in which one is not good."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import RSAKey

from connectors.forge.app_token import expiry_of
from connectors.forge.invocation import Invocation, TokenRefusal, read_invocation
from connectors.forge.signing_keys import SigningKeys
from tests.forge import (
    APP_ID,
    CLOUD_ID,
    KEY,
    KID,
    NEXT_KEY,
    OTHER_APP,
    PRODUCTION,
    Forge,
    forge_server,
    new_key,
)

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
GATEWAY = "https://api.atlassian.com"
AT = int(NOW.timestamp())
MINE = new_key("mine")
FREE = RSAKey.import_key(
    {name: value for name, value in KEY.as_dict(private=True).items() if name not in ("alg", "use")}
)
"""The same key without what it is meant for."""


@pytest.fixture(scope="module")
def forge() -> Iterator[Forge]:
    with forge_server() as running:
        running.keys = [NEXT_KEY, KEY]
        yield running


@pytest.fixture(scope="module")
def keys(forge: Forge) -> SigningKeys:
    return SigningKeys(forge.url)


def read(keys: SigningKeys, token: str) -> Invocation:
    return read_invocation(token, keys, APP_ID, GATEWAY, NOW)


def test_a_good_one(forge: Forge, keys: SigningKeys) -> None:
    assert read(keys, forge.token(NOW)) == Invocation(
        APP_ID,
        PRODUCTION,
        "PRODUCTION",
        "ari:cloud:ecosystem::installation/0a3a",
        CLOUD_ID,
        f"https://api.atlassian.com/ex/jira/{CLOUD_ID}",
        "okr-context",
        "5b10a2844c20165700ede21g",
        "10010",
    )


GOOD: dict[str, dict[str, Any]] = {
    "an event, which no person makes": {"principal": None, "context__extension": None},
    "a page without an issue": {"context__extension": {"type": "jira:globalPage"}},
    "for several audiences, ours among them": {"aud": [OTHER_APP, APP_ID]},
    "five seconds late": {"exp": AT - 5},
    "eight seconds early": {"nbf": AT + 8, "iat": AT + 8},
    "issued before time": {"iat": -(10**30)},
    "claims that are new to us": {"context__colour": "blue", "license": {"active": True}},
}
"""What holds all the same, by what is odd about it."""


@pytest.mark.parametrize("changes", GOOD.values(), ids=GOOD)
def test_one_that_holds_all_the_same(forge: Forge, keys: SigningKeys, changes: dict[str, Any]) -> None:
    assert read(keys, forge.token(NOW, **changes)).cloud_id == CLOUD_ID


BAD: dict[str, dict[str, Any]] = {
    "another app's audience": {"aud": OTHER_APP},
    "several audiences without ours": {"aud": [OTHER_APP]},
    "no audience": {"aud": None},
    "an audience that is none": {"aud": {"app": APP_ID}},
    "another app in the claims": {"app__id": OTHER_APP},
    "another issuer": {"iss": "forge-sim"},
    "an issuer with a slash": {"iss": "forge/invocation-token/"},
    "no issuer": {"iss": None},
    "long over": {"exp": AT - 60},
    "just over": {"exp": AT - 10},
    "no end": {"exp": None},
    "an end that is no number": {"exp": "never"},
    "an end without end": {"exp": float("inf")},
    "an end beyond numbers": {"exp": True},
    "not yet": {"nbf": AT + 11},
    "no beginning": {"nbf": None},
    "issued in the future": {"iat": AT + 11},
    "not issued": {"iat": None},
    "no app": {"app": None},
    "an app that is a text": {"app": APP_ID},
    "no installation": {"app__installationId": None},
    "an installation that is a number": {"app__installationId": 7},
    "no environment": {"app__environment": None},
    "an environment that is a text": {"app__environment": "PRODUCTION"},
    "no module": {"app__module": None},
    "a module that is a list": {"app__module": ["okr-admin"]},
    "no context": {"context": None},
    "no cloud": {"context__cloudId": None},
    "a cloud that is a path": {"context__cloudId": "../../evil"},
    "the API of another site": {"app__apiBaseUrl": f"{GATEWAY}/ex/jira/99999999-2222-4333-8444-555555555555"},
    "an API elsewhere": {"app__apiBaseUrl": f"https://evil.example/ex/jira/{CLOUD_ID}"},
    "an API that goes on": {"app__apiBaseUrl": f"{GATEWAY}/ex/jira/{CLOUD_ID}/../x"},
    "no API": {"app__apiBaseUrl": None},
    "an isolated cloud": {"icLabel": "evil.example"},
    "an isolated cloud of the app": {"app__icLabel": "x"},
    "an isolated cloud of the context": {"context__icLabel": "x"},
    "an issue that is a path": {"context__extension__issue": {"id": "../1"}},
    "an issue without an id": {"context__extension__issue": {"key": "PLAT-1"}},
    "a person who is a list": {"principal": ["me"]},
}
"""Well signed, and refused all the same."""


@pytest.mark.parametrize("changes", BAD.values(), ids=BAD)
def test_one_that_is_signed_and_does_not_hold(
    forge: Forge, keys: SigningKeys, changes: dict[str, Any]
) -> None:
    with pytest.raises(TokenRefusal):
        read(keys, forge.token(NOW, **changes))


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def by_hand(header: dict[str, Any], claims: dict[str, Any], key: Any = KEY) -> str:
    """As RS256 signs, whatever the header says: a library would not make what a stranger makes."""
    text = f"{part(header)}.{part(claims)}"
    signature = key.get_op_key("sign").sign(text.encode(), PKCS1v15(), SHA256())
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def forged(forge: Forge) -> dict[str, str]:
    """Tokens that Forge did not sign, by how they pretend."""
    claims = forge.claims(NOW)
    good = forge.signed(claims)
    head, body, signature = good.split(".")
    by_secret = f"{part({'alg': 'HS256', 'kid': KID})}.{part(claims)}"
    mac = hmac.new(KEY.as_pem(private=False), by_secret.encode(), "sha256").digest()
    confused = f"{by_secret}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    return {
        "no token": "",
        "no signature": f"{head}.{body}.",
        "nothing signs it": f"{part({'alg': 'none', 'kid': KID})}.{body}.",
        "nothing signs it, in capitals": f"{part({'alg': 'NONE', 'kid': KID})}.{body}.",
        "signed with the public key as a secret": confused,
        "another algorithm of the same key": jwt.encode(
            {"alg": "PS256", "kid": KID}, claims, FREE, algorithms=["PS256"]
        ),
        "a longer hash": jwt.encode({"alg": "RS512", "kid": KID}, claims, FREE, algorithms=["RS512"]),
        "another algorithm in the header alone": by_hand({"alg": "PS256", "kid": KID}, claims),
        "no algorithm": by_hand({"kid": KID}, claims),
        "an algorithm that is a list": by_hand({"alg": ["RS256"], "kid": KID}, claims),
        "another key under the same name": by_hand({"alg": "RS256", "kid": KID}, claims, MINE),
        "the other key's name": forge.signed(claims, KEY, {"kid": NEXT_KEY.kid}),
        "no name of a key": by_hand({"alg": "RS256"}, claims),
        "a key that nobody published": forge.signed(claims, MINE),
        "a key that it brings along": by_hand(
            {"alg": "RS256", "kid": "mine", "jwk": MINE.as_dict(private=False)}, claims, MINE
        ),
        "a key at an address of its own": by_hand(
            {"alg": "RS256", "kid": "mine", "jku": "https://evil.example/k"}, claims, MINE
        ),
        "something critical that nobody knows": by_hand(
            {"alg": "RS256", "kid": KID, "crit": ["evil"], "evil": 1}, claims
        ),
        "other claims under the signature": f"{head}.{part(forge.claims(NOW, app__id=APP_ID, principal='me'))}.{signature}",
        "a signature cut short": good[:-8],
        "two parts": f"{head}.{body}",
        "four parts": f"{good}.x",
        "no parts": "x",
        "parts that are nothing": "...",
        "no JSON": f"{base64.urlsafe_b64encode(b'{').decode()}.{body}.{signature}",
        "a header that is a list": f"{part([])}.{body}.{signature}",
        "a header that is a number": f"{part(7)}.{body}.{signature}",
        "a key name that is a list": f"{part({'alg': 'RS256', 'kid': ['x']})}.{body}.{signature}",
        "letters beyond ASCII": good + "ä",
        "very long": "a" * 40_000,
        "deeply nested": f"{base64.urlsafe_b64encode(b'[' * 5000).decode().rstrip('=')}.{body}.{signature}",
    }


def test_one_that_forge_did_not_sign(forge: Forge, keys: SigningKeys) -> None:
    """As one table, for all of them are made of one good token."""
    believed = []
    for name, token in forged(forge).items():
        try:
            read(keys, token)
        except TokenRefusal:
            continue
        believed.append(name)
    assert believed == []
    assert read(keys, forge.token(NOW)).module == "okr-context"


def test_a_header_that_is_new_to_us_and_not_critical(forge: Forge, keys: SigningKeys) -> None:
    assert read(keys, by_hand({"alg": "RS256", "kid": KID, "ver": 2}, forge.claims(NOW))).cloud_id == CLOUD_ID


def test_one_may_come_twice(forge: Forge, keys: SigningKeys) -> None:
    """Forge's own bridge sends a token again as long as it lasts; what it asks for has to bear that."""
    token = forge.token(NOW)
    assert read(keys, token) == read(keys, token)


def ends(moment: datetime) -> str:
    return f"{part({'alg': 'none'})}.{part({'exp': int(moment.timestamp())})}.x"


@pytest.mark.parametrize(
    ("token", "until"),
    [
        (ends(NOW + timedelta(hours=4)), NOW + timedelta(hours=4)),
        (ends(NOW + timedelta(seconds=61)), NOW + timedelta(seconds=61)),
        (ends(NOW + timedelta(seconds=60)), None),
        (ends(NOW - timedelta(hours=1)), None),
        ("an-opaque-one", NOW + timedelta(minutes=55)),
        ("a.b.c", NOW + timedelta(minutes=55)),
        ("", None),
        ("with blanks", None),
        ("with\nlines", None),
        ("ä", None),
        ("a" * 20_000, None),
    ],
)
def test_when_a_token_for_jira_ends(token: str, until: datetime | None) -> None:
    assert expiry_of(token, NOW) == until
