"""JSON read by a type. Whatever prepares a type for it does so here, one thread at a time.

msgspec (0.22) looks up the fields of a class when it first meets it, and shows them to other threads before all are there:
a second thread that prepares the same class meanwhile reads a null pointer, and the process dies without a word.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import TypeVar

import msgspec

T = TypeVar("T")

_PREPARATION = RLock()
LONGEST_REASON = 200
"""Characters. Some errors say the whole value."""


def decoder(
    shape: type[T], revive: Callable[[type[object], object], object] | None = None
) -> msgspec.json.Decoder[T]:
    """Make a decoder of this type, to be kept: making one costs more than most texts. `revive` makes what msgspec does not know."""
    with _PREPARATION:
        return msgspec.json.Decoder(shape, dec_hook=revive)


def decode(text: bytes | str, shape: type[T]) -> T:
    """Read a text as a value of this type; raises msgspec.DecodeError. For texts that come seldom."""
    return decoder(shape).decode(text)


def convert(value: object, shape: type[T]) -> T:
    """Take JSON that is parsed already for a value of this type; raises msgspec.ValidationError."""
    with _PREPARATION:
        return msgspec.convert(value, shape)


def reason(error: Exception) -> str:
    """Why a text could not be read, short enough to stand in a sentence."""
    return str(error)[:LONGEST_REASON]
