"""What names mean, with a deadline: the system asks a silent name server for as long as it likes (resolv.conf(5)), and nobody can cut it off.

So it asks in threads of ours, of which there are few; who wants the answer goes on without it.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address
from typing import Generic, TypeVar, cast

LONGEST_S = 8.0
"""How long a look-up is waited for: the second of two name servers is asked after 5 seconds, and may still answer."""
MOST = 16
"""How many look-ups of a process the system is busy with at once."""
POSTGRESQL = 5432
T = TypeVar("T")


@dataclass(slots=True)
class _Flight(Generic[T]):
    """A look-up that the system is busy with, for all who want the same; `overdue` once somebody did not get it in time."""

    ask: Callable[[], T]
    landed: threading.Event = field(default_factory=threading.Event)
    answer: T | None = None
    error: OSError | None = None
    overdue: bool = False


class NameLookups:
    """Look-ups in at most `most` threads, one for each thing asked. They are daemons: the process ends without them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._flights: dict[Hashable, _Flight[object]] = {}
        self._changed = threading.Condition()

    def answer(self, question: Hashable, ask: Callable[[], T], seconds: float) -> T:
        """What `ask` gives, within so many seconds. Raises OSError: its own, or socket.gaierror (EAI_AGAIN) where there is no answer in time,
        at once where the system hangs on every look-up that it may be busy with.
        """
        end = time.monotonic() + seconds
        with self._changed:
            flight = self._joined(question, ask, end)
        if not flight.landed.wait(max(end - time.monotonic(), 0.0)):
            with self._changed:
                if not flight.landed.is_set():
                    flight.overdue = True
                    self._changed.notify_all()
                    raise _no_answer()
        if flight.error is not None:
            raise type(flight.error)(*flight.error.args)
        return cast("T", flight.answer)

    def _joined(self, question: Hashable, ask: Callable[[], object], end: float) -> _Flight[object]:
        """The flight of this question, a new one as soon as there is a thread for it."""
        while question not in self._flights:
            if len(self._flights) < self._most:
                flight = self._flights[question] = _Flight(ask)
                try:
                    name = "name look-up"
                    threading.Thread(
                        target=self._fly, args=(question, flight), name=name, daemon=True
                    ).start()
                except RuntimeError:  # the system gives no thread
                    del self._flights[question]
                    raise _no_answer() from None
                return flight
            if all(one.overdue for one in self._flights.values()):
                raise _no_answer()
            if not self._changed.wait(max(end - time.monotonic(), 0.0)):
                raise _no_answer()
        return self._flights[question]

    def _fly(self, question: Hashable, flight: _Flight[object]) -> None:
        try:
            flight.answer = flight.ask()
        except OSError as error:
            flight.error = error
        except Exception as error:
            flight.error = socket.gaierror(socket.EAI_NONAME, str(error))
        with self._changed:
            flight.landed.set()
            del self._flights[question]
            self._changed.notify_all()


def _no_answer() -> socket.gaierror:
    return socket.gaierror(socket.EAI_AGAIN, "no name server answers in time")


LOOKUPS = NameLookups(MOST)
"""Those of this process. Nothing is started before somebody asks."""


def addresses(
    host: str, port: int, seconds: float | None = None, family: int = socket.AF_UNSPEC
) -> tuple[str, ...]:
    """The addresses of a host to connect to by TCP, best first; a number is its own. Raises socket.gaierror where it has none, or nobody says."""
    host = host.strip("[]")
    try:
        ip_address(host)
    except ValueError:
        pass
    else:
        return (host,)
    ask = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM)
    wait = LONGEST_S if seconds is None else min(seconds, LONGEST_S)
    found = LOOKUPS.answer((host, port, family), ask, wait)
    return tuple(dict.fromkeys(str(place[0]) for *_, place in found))


def connection_to(host: str, port: int, seconds: float) -> socket.socket:
    """A connection by TCP to the first address of a host that takes one, each tried for so many seconds. Raises OSError."""
    refused: OSError | None = None
    for address in addresses(host, port, seconds):
        try:
            return socket.create_connection((address, port), seconds)
        except OSError as error:
            refused = error
    raise refused or _no_answer()


def libpq_hosts(given: Mapping[str, object], seconds: float) -> dict[str, str]:
    """Parameters of PostgreSQL's driver with the addresses of its hosts, all found within so many seconds, for it would look them up without a deadline;
    raises OSError where none has any.

    Each address stands beside its name, which a certificate is held against, in a list as the driver goes through it
    (https://www.postgresql.org/docs/current/libpq-connect.html, 33.1.1.3). Nothing where no name is looked up here: a socket of the
    machine, addresses that are said, a service that a file describes.
    """
    hosts = str(given.get("host") or "").split(",")
    ports = str(given.get("port") or "").split(",")
    if given.get("hostaddr") or given.get("service") or all(one[:1] in ("", "/", "@") for one in hosts):
        return {}
    end = time.monotonic() + seconds
    found: list[tuple[str, str, str]] = []
    failed: OSError | None = None
    for host, port in zip(hosts, ports if len(ports) == len(hosts) else ports[:1] * len(hosts), strict=True):
        if host[:1] in ("", "/", "@"):
            found.append((host, "", port))
            continue
        left = max(end - time.monotonic(), 0.0)
        try:
            found += [(host, address, port) for address in addresses(host, int(port or POSTGRESQL), left)]
        except OSError as error:
            failed = error
    if failed is not None and not found:
        raise failed
    return dict(zip(("host", "hostaddr", "port"), map(",".join, zip(*found, strict=True)), strict=True))


def own_name(seconds: float = LONGEST_S) -> str:
    """What this machine calls itself to a server of mail: its whole name, else an address (RFC 5321, 4.1.3)."""
    try:
        return LOOKUPS.answer("this machine", _own_name, seconds)
    except OSError:
        return "[127.0.0.1]"


def _own_name() -> str:
    whole = socket.getfqdn()
    return whole if "." in whole else f"[{socket.gethostbyname(socket.gethostname())}]"
