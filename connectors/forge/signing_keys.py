"""The keys by which Forge signs its invocations, as Atlassian publishes them; kept, so that an outage there turns nobody away.

Whoever calls with a key that nobody knows makes us look again, but at most twice a minute.
"""

from __future__ import annotations

import threading
import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
import requests
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from urllib3.exceptions import HTTPError

from connectors import typed_json
from connectors.jira.http.connection import TimedAdapter

LIFESPAN = timedelta(hours=1)
"""How long the published keys are taken without looking again."""
OUTAGE = timedelta(hours=24)
"""How long they are taken where nobody answers, or no keys come."""
COOLDOWN = timedelta(seconds=30)
"""Between two looks that were in vain, or were for a key that was not there."""
TIMEOUT_S = 3.0
"""Forge waits five seconds for the answer to an event."""
LARGEST = 1 << 18
MOST_KEYS = 100
SHORTEST_BITS = 2048
CHUNK = 1 << 14


class SigningKeysOutage(Exception):
    """No key can be had and none is kept: nobody can be believed now, and the call has to come again."""


class _KeySet(msgspec.Struct):
    """A JSON Web Key Set (RFC 7517); what is no key of ours is left out later, one by one."""

    keys: list[dict[str, object]]


class SigningKeys:
    """The published keys by their ids. Threads share it: one looks, those who hold a copy do not wait for it."""

    def __init__(self, url: str, authority: str | None = None) -> None:
        self._url = url
        self._authority = authority
        self._keys: Mapping[str, RSAKey] = {}
        self._at: datetime | None = None
        self._looked: datetime | None = None
        self._turn = threading.Lock()

    def key(self, kid: str, now: datetime) -> RSAKey | None:
        """The key of this id; None where none is published under it. Raises SigningKeysOutage."""
        if not self._is_fresh(now):
            self._look(now)
        if kid not in self._keys and self._may_look(now):
            self._look(now)
        if self._at is None or now - self._at > OUTAGE:
            raise SigningKeysOutage(f"{self._url} does not tell the keys of Forge.")
        return self._keys.get(kid)

    def _is_fresh(self, now: datetime) -> bool:
        """A clock that was put back makes nothing fresh for ever."""
        return self._at is not None and timedelta(0) <= now - self._at < LIFESPAN

    def _may_look(self, now: datetime) -> bool:
        return self._looked is None or not timedelta(0) <= now - self._looked < COOLDOWN

    def _look(self, now: datetime) -> None:
        """Read what is published, where nobody does already; whoever has no copy waits for who does."""
        if not self._turn.acquire(blocking=self._at is None):
            return
        try:
            if not self._may_look(now):
                return
            self._looked = now
            found = _read(self._url, self._authority)
            if found:
                self._keys, self._at = found, now
        finally:
            self._turn.release()


def _read(url: str, authority: str | None) -> dict[str, RSAKey]:
    """The keys that are published now; none where nobody answers, or with something else."""
    try:
        published = typed_json.decode(_body(url, authority), _KeySet)
    except (requests.RequestException, HTTPError, OSError, ValueError, RecursionError):
        return {}
    found = ((one.get("kid"), _usable(one)) for one in published.keys[:MOST_KEYS])
    return {kid: key for kid, key in found if isinstance(kid, str) and key is not None}


def _usable(given: dict[str, object]) -> RSAKey | None:
    """A public RSA key for signatures; None for any other."""
    if given.get("kty") != "RSA" or given.get("use", "sig") != "sig" or given.get("alg", "RS256") != "RS256":
        return None
    try:
        parts: dict[str, str | list[str]] = {name: str(given[name]) for name in ("kty", "n", "e")}
        long_enough = int.from_bytes(urlsafe_b64decode(f"{parts['n']}==")).bit_length() >= SHORTEST_BITS
        return RSAKey.import_key(parts) if long_enough else None
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _body(url: str, authority: str | None) -> bytes:
    """At most so much, within so long; no redirect is followed, and nothing of ours is shown."""
    deadline = time.monotonic() + TIMEOUT_S
    with requests.Session() as session:
        session.auth = _unsigned
        for scheme in ("https://", "http://"):
            session.mount(scheme, TimedAdapter())
        if authority is not None:
            # what the environment names would count before it
            found = session.merge_environment_settings(url, {}, None, None, None)
            session.proxies, session.trust_env, session.verify = dict(found["proxies"]), False, authority
        answer = session.get(url, timeout=TIMEOUT_S, stream=True, allow_redirects=False)
        with answer:
            if answer.status_code != requests.codes.ok:
                raise ValueError(f"{answer.status_code}")
            body = bytearray()
            while piece := answer.raw.read1(CHUNK, decode_content=True):
                body += piece
                if len(body) > LARGEST or time.monotonic() > deadline:
                    raise ValueError("too large, or too slow")
            return bytes(body)


def _unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps what a netrc file holds from being sent."""
    return request
