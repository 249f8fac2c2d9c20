"""What a WSGI application answers, taken in pieces: the first at once, those of a long answer when somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Answer:
    """What Flask answers: `rest` is None where `body` is all of it, else the pieces that come after it."""

    status: int
    headers: Headers
    body: bytes
    rest: Iterator[bytes] | None = None
    close: Callable[[], object] = bool


def first_part(app: WSGIApplication, environ: WSGIEnvironment, whole: int) -> Answer:
    """What it answers, as far as it is sent at once: all of it up to about `whole` bytes, else the first of its pieces."""
    begun: list[tuple[int, Headers]] = []
    body = bytearray()

    def start_response(
        status: str, headers: list[tuple[str, str]], _error: object = None
    ) -> Callable[[bytes], object]:
        begun.append((int(status[:3]), _encoded(headers)))
        return body.extend

    pieces = app(environ, start_response)
    close: Callable[[], object] = getattr(pieces, "close", bool)
    try:
        rest = iter(pieces)
        for piece in rest:
            body += piece
            if len(body) > whole:
                return Answer(*begun[-1], bytes(body), rest, close)
    except BaseException:
        close()
        raise
    close()
    return Answer(*begun[-1], bytes(body))


def next_piece(rest: Iterator[bytes], size: int) -> bytes | None:
    """What comes next of an answer, a good deal of it: lines of a table are small, and each piece takes a thread. None at its end."""
    piece = bytearray()
    for one in rest:
        piece += one
        if len(piece) >= size:
            break
    return bytes(piece) or None


def _encoded(headers: list[tuple[str, str]]) -> Headers:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
