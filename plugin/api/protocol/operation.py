"""What the API consists of: operations. Each is a function; its annotations are the shapes that it reads and answers with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypedDict, TypeVar, Unpack, get_args, get_type_hints

from plugin.access.authorization.actor import Actor
from plugin.doors.model import JsonShape, RequestPart
from plugin.runtime.connector import Connector

JSON = "application/json"
PARTS: tuple[str, ...] = ("path", "query", "body")
UNKEPT = {"Cache-Control": "no-store"}
"""The headers of an answer that holds a secret."""

T = TypeVar("T", bound=JsonShape)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and on what they saw (the headers that begin with If-)."""

    connector: Connector
    actor: Actor
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def by(self) -> str:
        """The name of who calls."""
        return self.actor.label


@dataclass(frozen=True, slots=True)
class Reply(Generic[T]):
    """An answer: a shape, or text or a stream of another media type.

    `again` is what the same idempotency key gets later, where the answer holds a secret that must not be kept.
    """

    value: T | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None
    body: str | Iterable[str] | None = None
    media: str = JSON
    again: T | None = None


Handler = TypeVar("Handler", bound=Callable[..., Reply[Any]])


class Traits(TypedDict, total=False):
    """What an operation may have beside its address; see `Operation`."""

    name: str
    answers: Mapping[str, Any]
    status: int
    heavy: bool
    matched: bool
    in_person: bool
    scope: str
    unsettled: bool
    for_factor: bool
    links: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation. `shapes` are what it reads from `path`, `query` and `body`; `name` is that of the function if no other is given.

    `answers` is the shape by media type (None: plain text); what is answered in JSON alone is said by the annotation.
    `heavy` ones run a few at a time. `matched`: changes only what the caller has seen, so it asks for If-Match (or
    If-None-Match: * where nothing is there yet). `in_person`, `scope`, `unsettled` and `for_factor`: see `plugin.access.authorization.permission.Rule`.
    `links` are the operations that are asked next with what this one made: by name, for each part of their address where it stands (an
    expression of OpenAPI: `$response.body#/id`, `$request.path.objective`).
    """

    name: str
    method: str
    path: str
    permission: str
    summary: str
    handler: Callable[..., Reply[Any]]
    shapes: Mapping[str, type[RequestPart]]
    answers: Mapping[str, Any]
    status: int = 200
    heavy: bool = False
    matched: bool = False
    in_person: bool = False
    scope: str = ""
    unsettled: bool = False
    for_factor: bool = False
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

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


class Routes:
    """The operations of one module. Its methods are decorators: address, permission and summary, then what `Operation` may have."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []

    def get(
        self, path: str, permission: str, summary: str, **traits: Unpack[Traits]
    ) -> Callable[[Handler], Handler]:
        """Reads."""
        return self._route("GET", path, permission, summary, traits)

    def post(
        self, path: str, permission: str, summary: str, **traits: Unpack[Traits]
    ) -> Callable[[Handler], Handler]:
        """Acts."""
        return self._route("POST", path, permission, summary, traits)

    def put(
        self, path: str, permission: str, summary: str, **traits: Unpack[Traits]
    ) -> Callable[[Handler], Handler]:
        """Puts one thing in the place of another."""
        return self._route("PUT", path, permission, summary, traits)

    def delete(
        self, path: str, permission: str, summary: str, **traits: Unpack[Traits]
    ) -> Callable[[Handler], Handler]:
        """Takes away."""
        return self._route("DELETE", path, permission, summary, traits)

    def _route(
        self, method: str, path: str, permission: str, summary: str, traits: Traits
    ) -> Callable[[Handler], Handler]:
        def declared(handler: Handler) -> Handler:
            hints = get_type_hints(handler)
            said: Traits = {
                "name": handler.__name__,
                "answers": {JSON: get_args(hints["return"])[0]},
                **traits,
            }
            shapes = {part: hints[part] for part in PARTS if part in hints}
            self.operations.append(
                Operation(
                    method=method,
                    path=path,
                    permission=permission,
                    summary=summary,
                    handler=handler,
                    shapes=shapes,
                    **said,
                )
            )
            return handler

        return declared
