"""`/mcp` in the Flask application: one request in, one JSON answer out, behind the guard like every route.

The protocol's library is asynchronous; one thread of each process runs its loop, begun with the first request. Nothing is kept
between requests, so that several processes serve side by side.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from werkzeug.exceptions import RequestEntityTooLarge

from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_person
from plugin.doors.guard import ask_sign_in
from plugin.doors.problem import problem
from plugin.mcp.protocol.server import Context, mcp_server
from plugin.runtime.connector import Connector
from plugin.runtime.settings import Settings

LARGEST_BODY = 256 * 1024
PATIENCE_S = 30.0
"""How long an answer is waited for."""
STARTING_S = 10.0
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
ACTOR = "jira_okr.actor"

log = structlog.get_logger("jira_okr.mcp")


@dataclass(slots=True)
class _Exchange:
    """One request as the library reads it, and what it answers."""

    body: bytes
    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    answer: bytearray = field(default_factory=bytearray)
    read: bool = False

    async def receive(self) -> MutableMapping[str, Any]:
        """The body, once; after it nothing comes."""
        if self.read:
            await asyncio.Event().wait()
        self.read = True
        return {"type": "http.request", "body": self.body, "more_body": False}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Keeps what is answered."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        else:
            self.answer += message.get("body", b"")


class Bridge:
    """The loop of the library in a thread of its own, and the way to it."""

    def __init__(self, connector: Connector, patience: float = PATIENCE_S) -> None:
        self._connector = connector
        self._patience = patience
        self._lock = threading.Lock()
        self._running: tuple[asyncio.AbstractEventLoop, StreamableHTTPSessionManager] | None = None
        self._ready = threading.Event()

    def ask(self, scope: dict[str, Any], body: bytes) -> Response:
        """The answer to a request; 504 where none comes in time."""
        loop, manager = self._begun()
        exchange = _Exchange(body)
        asked = asyncio.run_coroutine_threadsafe(
            manager.handle_request(scope, exchange.receive, exchange.send), loop
        )
        try:
            asked.result(self._patience)
        except TimeoutError:
            asked.cancel()
            return problem(504, "Too slow", "The answer was not there in time.", "Ask for less at once.")
        found = Response(bytes(exchange.answer), status=exchange.status)
        found.headers.clear()
        for name, value in exchange.headers:
            found.headers[name.decode("latin-1")] = value.decode("latin-1")
        return found

    def _begun(self) -> tuple[asyncio.AbstractEventLoop, StreamableHTTPSessionManager]:
        with self._lock:
            if self._running is None:
                threading.Thread(target=lambda: asyncio.run(self._serve()), name="mcp", daemon=True).start()
                if not self._ready.wait(STARTING_S) or self._running is None:
                    raise RuntimeError("the loop of the protocol did not start")
            return self._running

    async def _serve(self) -> None:
        manager = StreamableHTTPSessionManager(
            app=mcp_server(self._connector, _actor_of),
            json_response=True,
            stateless=True,
            security_settings=trusted_names(self._connector.settings),
            max_request_body_size=LARGEST_BODY,
        )
        async with manager.run():
            self._running = asyncio.get_running_loop(), manager
            self._ready.set()
            await asyncio.Event().wait()


def mcp_blueprint(connector: Connector) -> Blueprint:
    """The one route. Anything but a POST is refused before the library sees it: there a GET would be a stream without an end."""
    blueprint, bridge = Blueprint("mcp", __name__), Bridge(connector)

    @blueprint.route("/mcp", methods=METHODS, provide_automatic_options=False)
    @needs("viewer")
    def exchange() -> ResponseReturnValue:
        if current_person().token is None:
            return ask_sign_in()
        if request.method != "POST":
            answer = problem(405, "Method not allowed", "This address takes POST alone.", "Send a POST.")
            answer.headers["Allow"] = "POST"
            return answer
        request.max_content_length = LARGEST_BODY
        try:
            body = request.get_data()
        except RequestEntityTooLarge:
            return problem(
                413, "Too large", f"The body is larger than {LARGEST_BODY // 1024} KiB.", "Send less."
            )
        return bridge.ask(_scope(current_person().actor), body)

    return blueprint


def trusted_names(settings: Settings) -> TransportSecuritySettings:
    """By which names this server may be called, and from which origins: the address people reach it by, and those of this machine."""
    public = urlsplit(settings.public_url)
    local = [f"{name}{port}" for name in LOOPBACK for port in ("", ":*")]
    return TransportSecuritySettings(
        allowed_hosts=[public.netloc, *local], allowed_origins=[f"{public.scheme}://{public.netloc}"]
    )


def _scope(actor: Actor) -> dict[str, Any]:
    """The request of this moment as ASGI has it, with who asks."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.scheme,
        "path": request.path,
        "raw_path": request.path.encode(),
        "root_path": "",
        "query_string": request.query_string,
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
            for name, value in request.headers.items()
            if name.lower() != "authorization"
        ],
        ACTOR: actor,
    }


def _actor_of(context: Context) -> Actor:
    if context.request is None:
        raise RuntimeError("a request that did not come by this route")
    return cast("Actor", context.request.scope[ACTOR])
