"""What the API consists of: operations, each declared once with everything that routing, validation and OpenAPI need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from plugin.access.actor import Actor
from plugin.api.model import Asked, Given
from plugin.runtime.connector import Connector

JSON = "application/json"
UNKEPT = {"Cache-Control": "no-store"}
"""The headers of an answer that holds a secret."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was read and found well formed. `query` and `body` are of the operation's own shapes."""

    connector: Connector
    path: Mapping[str, Any]
    query: Any
    body: Any
    actor: Actor
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def by(self) -> str:
        """The name of who calls."""
        return self.actor.label


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: a shape, or text or a stream of another media type.

    `again` is what the same idempotency key gets later, where the answer holds a secret that must not be kept.
    """

    value: Given | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None
    body: str | Iterable[str] | None = None
    media: str = JSON
    again: Given | None = None


Handler = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `answers` is the shape by media type (None: plain text); `heavy` ones run a few at a time.

    `matched`: changes only what the caller has seen, so it asks for If-Match (or If-None-Match: * where nothing is there yet).
    `in_person` and `scope`: see `plugin.access.permission.Rule`.
    """

    name: str
    method: str
    path: str
    permission: str
    summary: str
    handler: Handler
    answers: Mapping[str, Any]
    query: type[Asked] | None = None
    body: type[Asked] | None = None
    status: int = 200
    heavy: bool = False
    matched: bool = False
    in_person: bool = False
    scope: str = ""

    @property
    def tag(self) -> str:
        """Its place in the document: the first part of its path, or what stands below a site."""
        parts = [part for part in self.path.split("/") if part and not part.startswith("{")]
        return parts[1] if parts[0] == "sites" and len(parts) > 1 else parts[0].removesuffix(".json")

    @property
    def changes(self) -> bool:
        """Whether it changes anything, and so takes an idempotency key."""
        return self.method != "GET"

    @property
    def rule(self) -> str:
        """The path as Flask writes it."""
        return self.path.replace("{", "<").replace("}", ">")
