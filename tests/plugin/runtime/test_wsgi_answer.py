"""What an application answers, taken in pieces: how much at once, what is left, and that it is closed once, whatever happens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from plugin.runtime.serving.wsgi_answer import first_part, next_piece


class Pieces:
    """The pieces of an answer, which know whether they were closed."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self.pieces, self.closed = pieces, 0

    def __iter__(self) -> Iterator[bytes]:
        for one in self.pieces:
            if isinstance(one, Exception):
                raise one
            yield one

    def close(self) -> None:
        self.closed += 1


def answering(pieces: Iterable[bytes]) -> Any:
    def app(_environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("201 Created", [("X-Name", "Öl"), ("Content-Type", "text/plain")])
        return pieces

    return app


def test_what_is_short_is_taken_whole_and_closed() -> None:
    pieces = Pieces(b"ab", b"", b"cd")
    answer = first_part(answering(pieces), {}, 4)
    assert (answer.status, answer.body, answer.rest) == (201, b"abcd", None)
    assert answer.headers == [(b"x-name", b"\xd6l"), (b"content-type", b"text/plain")]
    assert pieces.closed == 1
    answer.close()
    assert pieces.closed == 1


def test_what_is_longer_is_left_open_for_whoever_reads_on() -> None:
    pieces = Pieces(b"ab", b"cde", b"f", b"gh", b"i")
    answer = first_part(answering(pieces), {}, 4)
    assert (answer.body, pieces.closed) == (b"abcde", 0)
    assert answer.rest is not None
    assert next_piece(answer.rest, 3) == b"fgh"
    assert next_piece(answer.rest, 3) == b"i"
    assert next_piece(answer.rest, 3) is None
    assert pieces.closed == 0
    answer.close()
    assert pieces.closed == 1


def test_a_piece_ends_where_it_is_as_large_as_was_asked() -> None:
    rest = iter([b"ab", b"cd", b"e"])
    assert [next_piece(rest, 2) for _ in range(4)] == [b"ab", b"cd", b"e", None]


def test_what_breaks_is_closed_and_told() -> None:
    pieces = Pieces(b"ab", ValueError("broken"))
    with pytest.raises(ValueError, match="broken"):
        first_part(answering(pieces), {}, 4)
    assert pieces.closed == 1


def test_what_was_begun_anew_is_answered_as_it_was_said_last_and_what_is_written_comes_first() -> None:
    def app(_environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("A", "b")])
        start_response("500 Internal Server Error", [("C", "d")])(b"written ")
        return [b"and told"]

    answer = first_part(app, {}, 100)
    assert (answer.status, answer.headers, answer.body) == (500, [(b"c", b"d")], b"written and told")
