"""A stand-in for Atlassian Forge: it serves its keys over HTTP, signs invocation tokens as Forge does, and calls the connector with them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

APP_ID = "ari:cloud:ecosystem::app/8db33309-0000-4000-8000-00000000000a"
OTHER_APP = "ari:cloud:ecosystem::app/11111111-2222-3333-4444-555555555555"
CLOUD_ID = "5f0a0000-0000-4000-8000-0000000000c1"
PRODUCTION = "ari:cloud:ecosystem::environment/8db33309/prod"
LIFE_S = 25
KID = "forge/invocation-token/wf-f641"


def new_key(kid: str = KID) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


KEY, NEXT_KEY = new_key(), new_key("forge/invocation-token/wf-a002")


@dataclass
class Forge:
    """Its keys, and what its key address answers: `answer` None for the keys, else what stands in their place, or a status."""

    gateway: str = "https://api.atlassian.com"
    keys: list[Any] = field(default_factory=lambda: [KEY])
    answer: bytes | int | None = None
    looks: int = 0
    url: str = ""

    def published(self) -> bytes:
        return json.dumps(KeySet(self.keys).as_dict(private=False)).encode()

    def claims(self, now: datetime, module: str = "okr-context", **changes: Any) -> dict[str, Any]:
        """What a token says; `changes` by dotted names (with `__` for the dot), None takes a claim away."""
        at = int(now.timestamp())
        found: dict[str, Any] = {
            "app": {
                "id": APP_ID,
                "appVersion": "16.0.1",
                "installationId": "ari:cloud:ecosystem::installation/0a3a",
                "apiBaseUrl": f"{self.gateway}/ex/jira/{CLOUD_ID}",
                "environment": {"type": "PRODUCTION", "id": PRODUCTION},
                "module": {"type": "jira:issueContext", "key": module},
            },
            "context": {
                "cloudId": CLOUD_ID,
                "moduleKey": module,
                "siteUrl": "https://acme.atlassian.net",
                "accountId": "5b10a2844c20165700ede21g",
                "extension": {"type": "jira:issueContext", "issue": {"id": "10010", "key": "PLAT-1"}},
            },
            "principal": "5b10a2844c20165700ede21g",
            "aud": APP_ID,
            "iss": "forge/invocation-token",
            "iat": at,
            "nbf": at,
            "exp": at + LIFE_S,
            "jti": "c0ffee",
        }
        for name, value in changes.items():
            *path, last = name.split("__")
            part = found
            for step in path:
                part = part[step]
            if value is None:
                part.pop(last, None)
            else:
                part[last] = value
        return found

    def token(self, now: datetime, module: str = "okr-context", **changes: Any) -> str:
        """A token that holds, but for the changes."""
        return self.signed(self.claims(now, module, **changes))

    def signed(
        self, claims: Mapping[str, Any], key: Any = None, header: Mapping[str, Any] | None = None
    ) -> str:
        by = key or self.keys[-1]
        head = {"alg": "RS256", "kid": by.kid} | dict(header or {})
        return jwt.encode(head, dict(claims), by, algorithms=[head["alg"]])

    def headers(self, now: datetime, module: str = "okr-context", **changes: Any) -> dict[str, str]:
        """Those of a call."""
        return {"Authorization": f"Bearer {self.token(now, module, **changes)}", "x-b3-traceid": "abc"}


@contextmanager
def forge_server(judge: Callable[[Forge], bytes | int] | None = None) -> Iterator[Forge]:
    """One whose keys can be read meanwhile."""
    forge = Forge()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            forge.looks += 1
            found = judge(forge) if judge is not None else forge.answer
            status = found if isinstance(found, int) else 200
            text = found if isinstance(found, bytes) else forge.published() if found is None else b""
            self.send_response_only(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_words: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    forge.url = f"http://127.0.0.1:{server.server_address[1]}/.well-known/jwks.json"
    try:
        yield forge
    finally:
        server.shutdown()
        server.server_close()
