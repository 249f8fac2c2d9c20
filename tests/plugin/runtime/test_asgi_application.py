"""What the event loop does with clients, spoken to by the protocol that the server speaks (ASGI 3)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import asdict
from typing import Any

import pytest

from plugin.access.authorization.permission import Lane
from plugin.runtime.serving.asgi_application import (
    AsgiApplication,
    CallerAccounts,
    Limits,
    RefusedRequest,
    _Threads,
)
from tests.event_loop import run_apart

SEEN: ContextVar[str] = ContextVar("SEEN", default="")


class Client:
    """One request: sends these pieces of a body, then nothing more where it is `slow`, and reads `reads` pieces of the answer."""

    def __init__(
        self,
        path: str = "/echo",
        *pieces: bytes,
        method: str = "POST",
        headers: dict[str, str] | None = None,
        slow: bool = False,
        gone: bool = False,
        reads: int = 1_000_000,
    ) -> None:
        length = {"content-length": str(sum(map(len, pieces)))} if pieces else {}
        given = {"host": "okr", **length, **(headers or {})}
        self.scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"a=1&b=%C3%A9",
            "scheme": "http",
            "client": ("192.0.2.7", "4711"),
            "server": ("127.0.0.1", "8080"),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items()],
        }
        self.left = [*pieces] or [b""]
        self.slow, self.gone, self.reads = slow, gone, reads
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.whole = False

    async def receive(self) -> dict[str, Any]:
        if self.left:
            piece = self.left.pop(0)
            return {
                "type": "http.request",
                "body": piece,
                "more_body": bool(self.left) or self.slow or self.gone,
            }
        if self.gone:
            return {"type": "http.disconnect"}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        if not self.reads:
            await asyncio.Event().wait()
        self.reads -= 1
        self.body += message["body"]
        self.whole = not message["more_body"]


class Echo:
    """A WSGI application: says what it was sent, streams at /long, waits at /wait until it may go on."""

    def __init__(self) -> None:
        self.asked = 0
        self.closed = threading.Event()
        self.may_go_on = threading.Event()
        self.environ: dict[str, Any] = {}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        self.asked += 1
        self.environ = environ
        SEEN.set(environ["PATH_INFO"])
        start_response("200 OK", [("Content-Type", "text/plain"), ("X-Path", environ["PATH_INFO"])])
        if environ["PATH_INFO"] == "/long":
            return Long(self)
        if environ["PATH_INFO"] == "/wait":
            assert self.may_go_on.wait(20)
        return [environ["wsgi.input"].read()]


class Long:
    """An answer of three pieces after the one that is sent at once."""

    def __init__(self, echo: Echo) -> None:
        self.echo = echo
        self.pieces = iter([b"x" * 2000, b"a", b"b", b"c"])

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        assert SEEN.get() == "/long", "another context, though it is the same request"
        return next(self.pieces)

    def close(self) -> None:
        self.echo.closed.set()


def most(path: str, _headers: Any) -> int:
    return 0 if path == "/unproved" else 4000


def lane(_method: str, path: str) -> Lane:
    return "heavy" if path == "/wait" else "quick"


def served(echo: Callable[..., Any], *clients: Client, **limits: Any) -> None:
    """All of them at once."""

    async def all_of_them() -> None:
        app = AsgiApplication(echo, Limits(**{"threads": 2, "whole": 1000, **limits}), most, lanes=lane)
        await asyncio.gather(*(app(one.scope, one.receive, one.send) for one in clients))

    run_apart(asyncio.wait_for(all_of_them(), 30))


def test_a_request_reaches_flask_whole_and_its_answer_the_client() -> None:
    echo, client = (
        Echo(),
        Client(
            "/a%20b/c%C3%A9",
            b"one ",
            b"two",
            headers={"x-name": "value", "x_name": "forged", "cookie": "a=1", "content-type": "text/x"},
        ),
    )
    served(echo, client)
    assert (client.status, client.body, client.whole) == (200, b"one two", True)
    assert client.headers["content-type"] == "text/plain"
    expected = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/a b/c\xc3\xa9",
        "QUERY_STRING": "a=1&b=%C3%A9",
        "CONTENT_LENGTH": "7",
        "CONTENT_TYPE": "text/x",
        "HTTP_X_NAME": "value",
        "HTTP_COOKIE": "a=1",
        "REMOTE_ADDR": "192.0.2.7",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
    }
    assert {name: echo.environ[name] for name in expected} == expected


def test_slow_bodies_take_no_thread_and_are_cut_off() -> None:
    slow = [Client("/echo", b"begun", headers={"content-length": "900"}, slow=True) for _ in range(20)]
    quick = Client("/echo", b"whole")
    served(echo := Echo(), *slow, quick, body_s=0.3)
    assert (quick.status, quick.body) == (200, b"whole")
    assert {(one.status, one.headers["connection"]) for one in slow} == {(408, "close")}
    assert echo.asked == 1


def test_slow_bodies_take_no_place_of_those_whose_work_takes_long() -> None:
    slow = [
        Client("/wait", b"begun", headers={"authorization": str(number), "content-length": "900"}, slow=True)
        for number in range(3)
    ]
    whole = Client("/wait", b"x")
    (echo := Echo()).may_go_on.set()
    served(echo, *slow, whole, beside_waiting=2, beside_each=1, body_s=0.3)
    assert (whole.status, whole.body) == (200, b"x")
    assert {one.status for one in slow} == {408}


def test_an_answer_that_breaks_off_is_closed_as_one_that_ends() -> None:
    closed: list[str] = []

    class Broken:
        def __iter__(self) -> Iterator[bytes]:
            yield b"begun"
            raise LookupError

        def close(self) -> None:
            closed.append("closed")

    def app(_environ: Any, start_response: Callable[..., Any]) -> Any:
        start_response("200 OK", [])
        return Broken()

    with pytest.raises(LookupError):
        served(app, Client(method="GET"))
    assert closed == ["closed"]


def test_who_goes_away_before_the_end_of_a_body_is_forgotten() -> None:
    gone = Client("/echo", b"begun", headers={"content-length": "900"}, gone=True)
    served(echo := Echo(), gone)
    assert (gone.status, echo.asked) == (0, 0)


def test_bodies_together_have_a_limit_and_what_is_over_it_is_refused_at_once() -> None:
    slow = [Client("/echo", b"x" * 900, headers={"content-length": "950"}, slow=True) for _ in range(2)]
    more, small = Client("/echo", b"y" * 900), Client("/echo", b"z")
    served(Echo(), *slow, more, small, bodies=2000, body_s=0.3)
    assert (more.status, more.headers["retry-after"]) == (503, "2")
    assert (small.status, small.body) == (200, b"z")


@pytest.mark.parametrize(("size", "status"), [(899, 200), (900, 200), (901, 503)])
def test_a_body_that_just_fits_is_taken(size: int, status: int) -> None:
    served(Echo(), client := Client("/echo", b"x" * size), bodies=900)
    assert client.status == status


def test_what_one_process_lets_clients_take() -> None:
    mebibyte = 1024 * 1024
    assert asdict(Limits(threads=7)) == {
        "threads": 7,
        "kept": 2,
        "waiting": 1024,
        "wait_s": 5.0,
        "stands_s": 2.0,
        "bodies": 96 * mebibyte,
        "body_s": 30.0,
        "stall_s": 30.0,
        "whole": mebibyte,
        "in_pieces": 4,
        "beside": 2,
        "beside_waiting": 16,
        "beside_each": 4,
    }


def test_too_many_that_wait_for_a_thread_are_refused_at_once_and_the_others_answered() -> None:
    echo = Echo()
    waiting = [Client("/wait", b"x") for _ in range(3)]
    late = Client("/echo", b"x")

    async def scenario() -> None:
        app = AsgiApplication(echo, Limits(threads=2, waiting=3), most)
        tasks = [asyncio.create_task(app(one.scope, one.receive, one.send)) for one in waiting]
        await asyncio.sleep(0)
        await app(late.scope, late.receive, late.send)
        echo.may_go_on.set()
        await asyncio.gather(*tasks)

    run_apart(asyncio.wait_for(scenario(), 30))
    assert (late.status, late.headers["retry-after"]) == (503, "2")
    assert [one.status for one in waiting] == [200, 200, 200]


def test_what_only_reads_has_threads_that_nobody_who_writes_can_hold() -> None:
    """Held up by a database that takes no writes, say; the eighth of eight threads answers still."""
    echo = Echo()
    writes = [Client("/wait", b"x") for _ in range(6)]
    reads = [Client("/echo", method="GET") for _ in range(4)]

    async def scenario() -> None:
        app = AsgiApplication(echo, Limits(threads=4, kept=1), most)
        tasks = [asyncio.create_task(app(one.scope, one.receive, one.send)) for one in writes]
        for one in reads:
            await app(one.scope, one.receive, one.send)
        assert [one.status for one in writes] == [0] * 6
        assert echo.asked == 3 + len(reads)
        echo.may_go_on.set()
        await asyncio.gather(*tasks)

    run_apart(asyncio.wait_for(scenario(), 30))
    assert [one.status for one in reads] == [200] * 4
    assert [one.status for one in writes] == [200] * 6


def test_nobody_queues_behind_threads_that_stand() -> None:
    """Who waits is let go after a time; who comes once none has become free for long is told at once; and then all is as before."""
    echo = Echo()
    held = [Client("/wait", method="GET") for _ in range(2)]
    waits, late, after = (Client("/echo", method="GET") for _ in range(3))

    async def scenario() -> None:
        app = AsgiApplication(echo, Limits(threads=2, kept=0, wait_s=0.3, stands_s=0.1), most)
        tasks = [asyncio.create_task(app(one.scope, one.receive, one.send)) for one in held]
        await asyncio.sleep(0)
        await app(waits.scope, waits.receive, waits.send)
        await app(late.scope, late.receive, late.send)
        echo.may_go_on.set()
        await asyncio.gather(*tasks)
        await app(after.scope, after.receive, after.send)

    run_apart(asyncio.wait_for(scenario(), 30))
    assert [one.status for one in (*held, waits, late, after)] == [200, 200, 503, 503, 200]
    assert waits.body.startswith(b"No thread became free for it.")
    assert late.body.startswith(b"What came before still waits")
    assert late.headers["retry-after"] == "2"


def test_long_work_waits_for_its_own_threads_and_the_quick_is_answered_meanwhile() -> None:
    echo = Echo()
    long = [Client("/wait", headers={"authorization": f"Bearer {number}"}) for number in range(5)]
    same, other = (Client("/wait", headers={"authorization": f"Bearer {name}"}) for name in ("0", "x"))
    quick = Client("/echo", b"x")

    async def scenario() -> None:
        limits = Limits(threads=1, beside=2, beside_waiting=5, beside_each=1)
        app = AsgiApplication(echo, limits, most, lanes=lane)
        tasks = [asyncio.create_task(app(one.scope, one.receive, one.send)) for one in long[:4]]
        await asyncio.sleep(0)
        await app(same.scope, same.receive, same.send)
        tasks.append(asyncio.create_task(app(long[4].scope, long[4].receive, long[4].send)))
        await asyncio.sleep(0)
        await app(other.scope, other.receive, other.send)
        await app(quick.scope, quick.receive, quick.send)
        assert quick.status == 200
        assert [one.status for one in long] == [0] * 5
        echo.may_go_on.set()
        await asyncio.gather(*tasks)

    run_apart(asyncio.wait_for(scenario(), 30))
    assert (same.status, other.status) == (503, 503)
    assert same.body == b"Too much that you asked for is still being worked out. Send it again in a moment.\n"
    assert [one.status for one in long] == [200] * 5


@pytest.mark.parametrize(
    ("client", "length", "read"),
    [
        (Client("/unproved", b"x" * 900), "0", b""),
        (Client("/echo", b"x" * 5000), "5000", b""),
        (Client("/echo", b"x" * 3000, b"y" * 3000, headers={"content-length": "", "transfer-encoding": "chunked"}), "6000", None),
        (Client("/echo", method="GET"), None, b""),
    ],
    ids=["nothing to prove it", "said to be too large", "too large without saying so", "no body"],
)  # fmt: skip
def test_what_is_not_worth_reading_is_left_to_flask_to_refuse(
    client: Client, length: str | None, read: bytes | None
) -> None:
    served(echo := Echo(), client)
    assert echo.environ.get("CONTENT_LENGTH") == length
    if read is not None:
        assert client.body == read


def test_a_long_answer_is_sent_piece_by_piece() -> None:
    client = Client("/long", method="GET")
    served(echo := Echo(), client)
    assert client.body == b"x" * 2000 + b"abc"
    assert client.whole
    assert echo.closed.is_set()


def test_a_long_answer_that_nobody_reads_is_cut_off_and_closed() -> None:
    deaf, quick = Client("/long", method="GET", reads=1), Client("/echo", b"x")
    served(echo := Echo(), deaf, quick, stall_s=0.2)
    assert not deaf.whole
    assert echo.closed.is_set()
    assert quick.status == 200


def test_long_answers_at_once_have_a_limit() -> None:
    deaf = [Client("/long", method="GET", reads=1) for _ in range(4)]
    served(Echo(), *deaf, stall_s=0.3, in_pieces=1)
    assert sorted(one.status for one in deaf) == [200, 503, 503, 503]


def test_an_answer_that_never_changes_is_given_without_a_thread() -> None:
    echo = Echo()
    client = Client("/always", method="GET")

    async def scenario() -> None:
        app = AsgiApplication(echo, Limits(threads=1), most, constant=("/always",))
        assert echo.asked == 1
        await app(client.scope, client.receive, client.send)

    run_apart(scenario())
    assert (client.status, client.headers["x-path"], echo.asked) == (200, "/always", 1)


def test_other_things_that_a_server_says_are_let_pass() -> None:
    async def scenario() -> None:
        app = AsgiApplication(Echo(), Limits(threads=1), most)
        await app({"type": "lifespan"}, Client().receive, Client().send)

    run_apart(scenario())


def test_whose_token_it_is_is_asked_once_for_a_while() -> None:
    echo, asked = Echo(), list[str]()
    echo.may_go_on.set()

    def callers(environ: Any) -> str:
        asked.append(environ["HTTP_AUTHORIZATION"])
        return "account 1" if environ["HTTP_AUTHORIZATION"] != "none" else ""

    async def one_after_the_other() -> list[int]:
        app = AsgiApplication(echo, Limits(threads=2), most, lanes=lane, callers=callers)
        clients = [
            Client("/wait", headers={"authorization": said}) for said in ["a", "a", "none", "b", "none", "a"]
        ]
        for one in clients:
            await app(one.scope, one.receive, one.send)
        return [one.status for one in clients]

    assert run_apart(asyncio.wait_for(one_after_the_other(), 30)) == [200] * 6
    assert asked == ["a", "none", "b"]
    assert echo.asked == 6


def test_an_account_is_remembered_for_ten_seconds_and_of_so_many_alone() -> None:
    accounts = CallerAccounts()
    accounts.keep("Bearer ä", "account 1", 100.0)
    accounts.keep("Bearer b", "", 101.0)
    assert [accounts.of("Bearer ä", now) for now in (100.0, 109.9, 110.0)] == ["account 1", "account 1", None]
    assert [accounts.of("Bearer b", now) for now in (110.9, 111.0)] == ["", None]
    assert accounts.of("Bearer c", 100.0) is None
    for number in range(1023):
        accounts.keep(f"Bearer {number}", "account 2", 102.0)
    assert accounts.of("Bearer ä", 102.0) is None
    assert [accounts.of(said, 102.0) for said in ("Bearer b", "Bearer 0", "Bearer 1022")] == [
        "",
        "account 2",
        "account 2",
    ]
    accounts.keep("Bearer b", "account 3", 103.0)
    accounts.keep("Bearer d", "account 4", 103.0)
    assert [accounts.of(said, 104.0) for said in ("Bearer b", "Bearer d", "Bearer 0")] == [
        "account 3",
        "account 4",
        None,
    ]


def test_a_body_is_whole_where_nothing_is_said_of_more() -> None:
    """ASGI 3, "Request": `more_body` is false where it is missing."""
    client = Client("/echo", b"whole")

    async def receive() -> dict[str, Any]:
        if not client.left:
            raise AssertionError("nobody asks for more")
        return {"type": "http.request", "body": client.left.pop()}

    client.receive = receive  # type: ignore[method-assign]
    served(Echo(), client)
    assert (client.status, client.body) == (200, b"whole")


def test_places_are_counted_for_each_caller_and_given_back_one_by_one() -> None:
    threads = _Threads("test", 1, 4, 2)

    def refused(caller: str) -> str:
        try:
            with threads.place(caller):
                return ""
        except RefusedRequest as told:
            return told.detail.partition(".")[0]

    mine, others = (
        "Too much that you asked for is still being worked out",
        "Too many requests wait to be answered",
    )
    with threads.place("ada"):
        with threads.place("ada"):
            assert [refused("ada"), refused("bo")] == [mine, ""]
            with threads.place("bo"), threads.place("bo"):
                assert [refused("ada"), refused("bo"), refused("cy")] == [mine, mine, others]
            assert [refused("ada"), refused("cy")] == [mine, ""]
        assert refused("ada") == ""
        with threads.place("ada"):
            assert refused("ada") == mine
    assert (threads._taken, dict(threads._taken_by)) == (0, {})
