"""A name server that hangs holds nobody for longer than they wait, and what never comes back does not pile up."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from connectors import name_lookup
from connectors.name_lookup import NameLookups, addresses, connection_to, libpq_hosts

PATIENT = 60.0


@pytest.fixture
def hanging() -> Iterator[Callable[[], str]]:
    """A look-up that hangs until the test is over."""
    over = threading.Event()

    def hang() -> str:
        assert over.wait(PATIENT)
        return "late"

    yield hang
    over.set()


def threads() -> set[threading.Thread]:
    return {one for one in threading.enumerate() if one.name == "name look-up"}


def test_who_waits_goes_on_as_beside_an_outage(hanging: Callable[[], str]) -> None:
    with pytest.raises(socket.gaierror, match="no name server answers in time") as failure:
        NameLookups(1).answer("one", hanging, 0.01)
    assert failure.value.errno == socket.EAI_AGAIN


def test_where_every_thread_hangs_the_next_is_refused_without_a_wait(hanging: Callable[[], str]) -> None:
    lookups, before = NameLookups(3), threads()
    for number in range(3):
        with pytest.raises(socket.gaierror):
            lookups.answer(number, hanging, 0.0)
    asked: list[str] = []
    for number in range(100):
        # whoever waited would wait for longer than any test may take
        with pytest.raises(socket.gaierror, match="no name server answers in time"):
            lookups.answer(f"another {number}", lambda: asked.append("asked"), 1e6)
    assert asked == []
    assert len(threads() - before) == 3


def test_one_name_that_hangs_takes_one_thread_however_many_ask(hanging: Callable[[], str]) -> None:
    lookups, before = NameLookups(3), threads()
    for _ in range(20):
        with pytest.raises(socket.gaierror):
            lookups.answer("slow.acme.example", hanging, 0.0)
    assert len(threads() - before) == 1
    assert lookups.answer("quick.acme.example", lambda: "there", PATIENT) == "there"


def test_the_answer_that_comes_late_frees_the_thread() -> None:
    lookups, over = NameLookups(1), threading.Event()
    with pytest.raises(socket.gaierror):
        lookups.answer("one", lambda: over.wait(PATIENT), 0.0)
    over.set()
    while True:
        try:
            assert lookups.answer("two", lambda: "there", PATIENT) == "there"
        except socket.gaierror:
            continue
        break


def test_where_look_ups_are_only_many_the_next_waits_for_its_turn() -> None:
    lookups, begun, over = NameLookups(1), threading.Event(), threading.Event()

    def look_up() -> str:
        begun.set()
        assert over.wait(PATIENT)
        return "first"

    found: list[str] = []
    first = threading.Thread(target=lambda: found.append(lookups.answer("one", look_up, PATIENT)))
    first.start()
    assert begun.wait(PATIENT)
    second = threading.Thread(target=lambda: found.append(lookups.answer("two", lambda: "second", PATIENT)))
    second.start()
    over.set()
    first.join(PATIENT)
    second.join(PATIENT)
    assert sorted(found) == ["first", "second"]


def test_those_who_ask_the_same_at_once_share_the_failure() -> None:
    lookups, over = NameLookups(1), threading.Event()

    def unknown() -> str:
        assert over.wait(PATIENT)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    failures: list[Exception] = []

    def ask() -> None:
        with pytest.raises(socket.gaierror) as failure:
            lookups.answer("one", unknown, PATIENT)
        failures.append(failure.value)

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    over.set()
    for thread in asking:
        thread.join(PATIENT)
    assert {str(one) for one in failures} == {"[Errno -2] Name or service not known"}
    assert len({id(one) for one in failures}) == 3, "each has a traceback of its own"


def test_a_number_is_asked_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a: pytest.fail("it is no name"))
    assert addresses("192.0.2.1", 443) == ("192.0.2.1",)
    assert addresses("[2001:db8::1]", 443) == ("2001:db8::1",)


def test_a_name_with_an_empty_part_has_no_address() -> None:
    with pytest.raises(socket.gaierror):
        addresses("a..example", 443)


def test_each_address_of_a_name_is_tried_until_one_takes_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(name_lookup, "addresses", lambda *_a: ("127.0.0.2", "127.0.0.1"))
        with connection_to("log.acme.example", port, 5.0) as made:
            assert made.getpeername() == ("127.0.0.1", port)
    with pytest.raises(ConnectionRefusedError):
        connection_to("log.acme.example", port, 5.0)


def test_a_process_ends_while_a_look_up_hangs() -> None:
    text = """
import socket, threading
from connectors.name_lookup import addresses
assert not [one for one in threading.enumerate() if one is not threading.main_thread()]
socket.getaddrinfo = lambda *_a: threading.Event().wait()
try:
    addresses("jira.acme.example", 443, 0.01)
except socket.gaierror as error:
    print(error.strerror)
"""
    ended = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout == "no name server answers in time\n"


ADDRESSES = {"db.acme.example": ("192.0.2.1", "2001:db8::1"), "second.acme.example": ("192.0.2.7",)}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, {}),
        ({"host": None, "port": 5432}, {}),
        ({"host": "/run/postgresql"}, {}),
        ({"host": "@hidden"}, {}),
        ({"host": "db.acme.example", "hostaddr": "192.0.2.9"}, {}),
        ({"host": "db.acme.example", "service": "okr"}, {}),
        (
            {"host": "second.acme.example"},
            {"host": "second.acme.example", "hostaddr": "192.0.2.7", "port": ""},
        ),
        (
            {"host": "db.acme.example", "port": 6543},
            {
                "host": "db.acme.example,db.acme.example",
                "hostaddr": "192.0.2.1,2001:db8::1",
                "port": "6543,6543",
            },
        ),
        (
            {"host": "db.acme.example,/run/postgresql,second.acme.example", "port": "1,2,3"},
            {
                "host": "db.acme.example,db.acme.example,/run/postgresql,second.acme.example",
                "hostaddr": "192.0.2.1,2001:db8::1,,192.0.2.7",
                "port": "1,1,2,3",
            },
        ),
        (
            {"host": "gone.acme.example,second.acme.example", "port": "5432"},
            {"host": "second.acme.example", "hostaddr": "192.0.2.7", "port": "5432"},
        ),
    ],
)
def test_the_driver_of_postgresql_is_told_where_its_hosts_are(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, object], told: dict[str, str]
) -> None:
    asked: list[tuple[str, int]] = []

    now = [100.0]

    def look_up(host: str, port: int, seconds: float) -> tuple[str, ...]:
        asked.append((host, port))
        assert seconds == 105.0 - now[0], "what is left of the time for all of them"
        now[0] += 2.0
        if host not in ADDRESSES:
            raise socket.gaierror(socket.EAI_AGAIN, "no name server answers in time")
        return ADDRESSES[host]

    monkeypatch.setattr(name_lookup, "addresses", look_up)
    monkeypatch.setattr(name_lookup.time, "monotonic", lambda: now[0])
    assert libpq_hosts(given, 5.0) == told
    assert all(port for _, port in asked)


def test_where_no_host_has_an_address_the_driver_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_asked: object) -> tuple[str, ...]:
        raise socket.gaierror(socket.EAI_AGAIN, "no name server answers in time")

    monkeypatch.setattr(name_lookup, "addresses", nobody)
    with pytest.raises(socket.gaierror, match="no name server answers in time"):
        libpq_hosts({"host": "db.acme.example,second.acme.example"}, 5.0)
