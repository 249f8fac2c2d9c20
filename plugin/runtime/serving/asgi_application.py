"""The ASGI application around Flask's: clients are waited for in the event loop, never in a thread that answers requests.

A body is read whole before a thread takes the request, an answer is whole (or its next piece is) before it is sent. So a client
that begins a body and never ends it, or asks for a file and never reads it, costs a connection and the bytes it has sent, and
nobody waits behind it. What cannot be taken in is refused at once with 503 and `Retry-After`, not after a wait.
"""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager, suppress
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote_to_bytes

import structlog

from plugin.access.authorization.permission import Lane
from plugin.runtime.serving.wsgi_answer import Answer, first_part, next_piece

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

Message = dict[str, Any]
Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
T = TypeVar("T")

RETRY_AFTER_S = 2
CALLER_S, CALLERS = 10.0, 1024
"""How long it is remembered whose token or session it is, and of how many: this shares out places among callers and lets nobody in."""

log = structlog.get_logger("jira_okr.server")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one process clients may take; sizes in bytes, times in seconds.

    `bodies` is the sum of all bodies that are being received or worked on. `body_s` is how long a client may take to send one,
    `stall_s` how long it may leave the next piece of an answer unread. An answer above `whole` is sent in pieces, and only
    `in_pieces` of these at a time, for each may hold a connection of the database.
    """

    threads: int
    kept: int = 2
    """Threads that only what reads may have: what writes is held up by a database that takes no writes, and nobody else is."""
    waiting: int = 1024
    wait_s: float = 5.0
    stands_s: float = 2.0
    """How long a request waits for a thread at most; and how long none may have become free, so that whoever comes is refused at once."""
    bodies: int = 96 << 20
    body_s: float = 30.0
    stall_s: float = 30.0
    whole: int = 1 << 20
    in_pieces: int = 4
    beside: int = 2
    beside_waiting: int = 16
    beside_each: int = 4
    """Threads of each lane but the quick one; how many requests may run or wait there, in all and of one caller."""


BodySize = Callable[[str, Mapping[str, str]], int]
"""How many bytes of a request's body are worth reading, by path and headers: 0 where the head alone decides that it is refused."""
Lanes = Callable[[str, str], Lane]
"""Where a request is worked on, by method and path: what is quick never waits behind long work."""
HeavyWork = Callable[["WSGIEnvironment", bytes, int], Answer]
"""Answers a heavy request elsewhere, by its environment, its body and how much of an answer is sent at once; raises RefusedRequest."""
Callers = Callable[["WSGIEnvironment"], str]
"""Whose request it is, as far as that can be found out in a moment."""
Wording = Callable[[str, int, str, str], tuple[str, str]]
"""The media type and the text of a refusal, by path, status, title and detail."""


def plain(path: str, status: int, title: str, detail: str) -> tuple[str, str]:  # noqa: ARG001
    """The sentence as text."""
    return "text/plain; charset=utf-8", f"{detail}\n"


def all_quick(method: str, path: str) -> Lane:  # noqa: ARG001
    """Nothing takes long."""
    return "quick"


class RefusedRequest(Exception):
    """The request is answered without Flask."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.detail = detail


class _LostClient(Exception):
    """The client went away."""


class AsgiApplication:
    """A WSGI application for a server that speaks ASGI. Belongs to one event loop; threads of its own answer."""

    def __init__(
        self,
        app: WSGIApplication,
        limits: Limits,
        body_size: BodySize,
        *,
        constant: Iterable[str] = (),
        lanes: Lanes = all_quick,
        wording: Wording = plain,
        heavy_work: HeavyWork | None = None,
        callers: Callers | None = None,
    ) -> None:
        """`constant` are paths whose answer never changes: it is asked for once, and then given by the loop itself."""
        self._app = app
        self._limits = limits
        self._body_size = body_size
        self._constant = {path: self._asked_once(path) for path in constant}
        self._lane = lanes
        self._wording = wording
        self._heavy_work = heavy_work or (lambda environ, _body, whole: first_part(app, environ, whole))
        self._callers = callers
        self._accounts = CallerAccounts()
        beside = limits.beside, limits.beside_waiting, limits.beside_each
        self._quick = _Gate(limits.threads, limits)
        self._writing = _Gate(max(1, limits.threads - limits.kept), limits)
        self._lanes: dict[Lane, _Threads] = {
            "quick": _Threads("okr-request", limits.threads, limits.waiting, limits.waiting),
            "heavy": _Threads(
                "okr-heavy", limits.beside_waiting if heavy_work else limits.beside, *beside[1:]
            ),
            "provider": _Threads("okr-provider", *beside),
        }
        self._bodies = 0
        self._in_pieces = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; other things that a server may say (lifespan, websocket) are not for us."""
        if scope["type"] != "http":
            return
        constant = self._constant.get(scope["path"]) if scope["method"] in ("GET", "HEAD") else None
        if constant is not None:
            await _send_whole(constant, send)
            return
        with suppress(_LostClient):
            try:
                await self._served(scope, receive, send)
            except RefusedRequest as refused:
                await _send_whole(self._refusal(scope["path"], refused), send)

    async def _served(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, headers = _Body(), _by_name(scope)
        name = self._lane(scope["method"], scope["path"])
        lane = self._lanes[name]
        with ExitStack() as held:
            try:
                await self._receive(scope["path"], headers, receive, body)
                environ = environ_of(scope, headers, bytes(body.data), body.claimed)
                # only now: who sends drop by drop keeps nobody from a place
                held.enter_context(lane.place(await self._caller(name, scope, headers, environ)))
                context = copy_context()
                work = self._worked_out if name == "heavy" else self._answer
                async with self._turn(name, scope["method"]):
                    answer = await lane.run(context, work, environ)
            finally:
                self._bodies -= len(body.data)
            if answer.rest is None:
                await _send_whole(answer, send)
            else:
                await self._send_pieces(answer, answer.rest, lambda *work: lane.run(context, *work), send)

    async def _caller(
        self, lane: Lane, scope: Scope, headers: Mapping[str, str], environ: WSGIEnvironment
    ) -> str:
        """Who asks for long work is told by their account, however many tokens and sessions they have."""
        said = _caller(scope, headers)
        if lane != "heavy" or self._callers is None:
            return said
        quick, now = self._lanes["quick"], asyncio.get_running_loop().time()
        if (account := self._accounts.of(said, now)) is None:
            with quick.place(said):
                async with self._turn("quick", "GET"):
                    account = await quick.run(copy_context(), self._callers, environ)
            self._accounts.keep(said, account, now)
        return account or said

    @asynccontextmanager
    async def _turn(self, lane: Lane, method: str) -> AsyncIterator[None]:
        """The turn of a quick request, which waits here and not in a thread; elsewhere whoever has a place has a turn."""
        if lane != "quick":
            yield
            return
        async with AsyncExitStack() as passed:
            if method not in READING:
                await passed.enter_async_context(self._writing.passed())
            await passed.enter_async_context(self._quick.passed())
            yield

    def _answer(self, environ: WSGIEnvironment) -> Answer:
        """In a thread: what Flask answers, as far as it is sent at once."""
        return first_part(self._app, environ, self._limits.whole)

    def _worked_out(self, environ: WSGIEnvironment) -> Answer:
        """In a thread: the same of a heavy request, which a process of its own works on where there is one."""
        return self._heavy_work(environ, environ["wsgi.input"].getvalue(), self._limits.whole)

    async def _receive(self, path: str, headers: Mapping[str, str], receive: Receive, body: _Body) -> None:
        """The body, as far as it is worth reading; raises RefusedRequest where it comes too slowly or there is no room for it."""
        most = self._body_size(path, headers)
        claimed = headers.get("content-length", "")
        if claimed == "0" or (not claimed and "transfer-encoding" not in headers):
            body.claimed = claimed
            return
        if most == 0:
            body.claimed = "0"
            return
        if claimed.isdecimal() and int(claimed) > most:
            body.claimed = claimed  # too large: Flask says so, in its own words
            return
        try:
            async with asyncio.timeout(self._limits.body_s):
                await self._fill(body, most, receive)
        except TimeoutError:
            raise RefusedRequest(408, "Too slow", "The body took too long to arrive.") from None
        body.claimed = str(len(body.data))

    async def _fill(self, body: _Body, most: int, receive: Receive) -> None:
        more = True
        while more and len(body.data) <= most:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _LostClient
            piece = message.get("body", b"")
            if self._bodies + len(piece) > self._limits.bodies:
                raise busy("Too much is being sent at once.")
            body.data += piece
            self._bodies += len(piece)
            more = message.get("more_body", False)

    async def _send_pieces(
        self, answer: Answer, rest: Iterator[bytes], run: Callable[..., Awaitable[Any]], send: Send
    ) -> None:
        """A long answer: a thread makes the next piece when the client took the last; in between it has none."""
        if self._in_pieces >= self._limits.in_pieces:
            await run(answer.close)
            raise busy("Too many long answers are being sent.")
        self._in_pieces += 1
        try:
            await self._unstalled(_start(answer, send))
            piece: bytes | None = answer.body
            while piece is not None:
                await self._unstalled(send(_piece(piece, more=True)))
                piece = await run(next_piece, rest, self._limits.whole)
            await self._unstalled(send(_piece(b"", more=False)))
        finally:
            self._in_pieces -= 1
            await run(answer.close)

    async def _unstalled(self, sent: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(self._limits.stall_s):
                await sent
        except TimeoutError:
            log.info("an answer was not read; it is cut off", seconds=self._limits.stall_s)
            raise _LostClient from None

    def _refusal(self, path: str, refused: RefusedRequest) -> Answer:
        media, text = self._wording(path, refused.status, refused.title, refused.detail)
        body = text.encode()
        headers = [(b"content-type", media.encode()), (b"content-length", str(len(body)).encode())]
        if refused.status == 503:
            headers.append((b"retry-after", str(RETRY_AFTER_S).encode()))
        else:
            headers.append((b"connection", b"close"))
        return Answer(refused.status, headers, body)

    def _asked_once(self, path: str) -> Answer:
        scope = {"method": "GET", "path": path, "query_string": b""}
        return self._answer(environ_of(scope, {"host": "localhost"}, b"", ""))


READING = ("GET", "HEAD", "OPTIONS")


class CallerAccounts:
    """Whose tokens and sessions those are that came last: who asks again and again costs no look into the database each time."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[float, str]] = {}

    def of(self, said: str, now: float) -> str | None:
        """The account of what a head says, `now` by the clock of the loop; None where it has to be asked."""
        until, account = self._known.get(_digest(said), (now, ""))
        return account if now < until else None

    def keep(self, said: str, account: str, now: float) -> None:
        """Remember it for CALLER_S; what came first goes where there are too many."""
        known = _digest(said)
        self._known.pop(known, None)
        if len(self._known) >= CALLERS:
            del self._known[next(iter(self._known))]
        self._known[known] = now + CALLER_S, account


def _digest(said: str) -> bytes:
    """In place of a token itself, which stands in no more memory than it must."""
    return blake2b(said.encode(), digest_size=16).digest()


class _Gate:
    """Lets so many through at a time; while they stand nobody queues behind them. Belongs to one event loop."""

    def __init__(self, most: int, limits: Limits) -> None:
        self._places = asyncio.Semaphore(most)
        self._limits = limits
        self._moved = 0.0
        """When somebody last came through or left, by the clock of the loop."""

    @asynccontextmanager
    async def passed(self) -> AsyncIterator[None]:
        """Within; raises RefusedRequest where that takes too long, at once where nobody has left for long."""
        loop = asyncio.get_running_loop()
        if self._places.locked() and loop.time() - self._moved > self._limits.stands_s:
            raise busy("What came before still waits, most likely for the database.")
        try:
            async with asyncio.timeout(self._limits.wait_s):
                await self._places.acquire()
        except TimeoutError:
            raise busy("No thread became free for it.") from None
        self._moved = loop.time()
        try:
            yield
        finally:
            self._places.release()
            self._moved = loop.time()


class _Threads:
    """Threads for one kind of request, and how many may run or wait there: in all, and of one caller."""

    def __init__(self, name: str, threads: int, waiting: int, each: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._most = waiting
        self._each = each
        self._taken = 0
        self._taken_by: Counter[str] = Counter()

    @contextmanager
    def place(self, caller: str) -> Iterator[None]:
        """A place; raises RefusedRequest at once where there is none."""
        if self._taken_by[caller] >= self._each:
            raise busy("Too much that you asked for is still being worked out.")
        if self._taken >= self._most:
            raise busy("Too many requests wait to be answered.")
        self._taken += 1
        self._taken_by[caller] += 1
        try:
            yield
        finally:
            self._taken -= 1
            self._taken_by[caller] -= 1
            if not self._taken_by[caller]:
                del self._taken_by[caller]

    async def run(self, context: Context, work: Callable[..., T], *given: Any) -> T:
        """The result of work in one of the threads. A request keeps its context, whichever thread goes on with it."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: context.run(work, *given))


@dataclass(slots=True)
class _Body:
    data: bytearray = field(default_factory=bytearray)
    claimed: str = ""


def environ_of(scope: Scope, headers: Mapping[str, str], body: bytes, length: str) -> WSGIEnvironment:
    """The request as WSGI (PEP 3333) has it. Names with an underscore are dropped: they would pass for those with a hyphen."""
    server, port = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope.get("raw_path") or scope["path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server,
        "SERVER_PORT": str(port or 80),
        "SERVER_PROTOCOL": f"HTTP/{scope.get('http_version', '1.1')}",
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, text in headers.items():
        if "_" not in name and name not in ("content-length", "transfer-encoding"):
            environ[_variable(name)] = text
    if length:
        environ["CONTENT_LENGTH"] = length
    return environ


@lru_cache(maxsize=256)
def _variable(name: str) -> str:
    return "CONTENT_TYPE" if name == "content-type" else "HTTP_" + name.upper().replace("-", "_")


def _by_name(scope: Scope) -> dict[str, str]:
    """The headers by name in lower case; what stands there twice is one value, as HTTP has it (RFC 9110, 5.3)."""
    found: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name, text = raw.decode("latin-1"), value.decode("latin-1")
        found[name] = f"{found[name]}{'; ' if name == 'cookie' else ','}{text}" if name in found else text
    return found


def busy(why: str) -> RefusedRequest:
    """503 with `Retry-After`, and why."""
    return RefusedRequest(503, "Busy", f"{why} Send it again in a moment.")


def _caller(scope: Scope, headers: Mapping[str, str]) -> str:
    """Who asks, as far as the head tells: their token or session, else their address."""
    return headers.get("authorization") or headers.get("cookie") or str((scope.get("client") or ("",))[0])


async def _send_whole(answer: Answer, send: Send) -> None:
    await _start(answer, send)
    await send(_piece(answer.body, more=False))


async def _start(answer: Answer, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})


def _piece(body: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}
