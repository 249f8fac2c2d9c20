"""Domain values as JSON text and back, exactly: fractions stay fractions ("1/3"), sets stay sets, key order never differs."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, TypeVar

import msgspec

from connectors import typed_json

T = TypeVar("T")


def encode(value: object) -> str:
    """JSON text; equal values give equal text."""
    return _encoder().encode(value).decode()


def decode(text: str, shape: type[T]) -> T:
    """The value of this type that was encoded."""
    kind: Any = shape
    decoded: T = decoder(kind).decode(text)
    return decoded


@cache
def decoder(shape: Any) -> msgspec.json.Decoder[Any]:
    """The decoder of one type, made once."""
    return typed_json.decoder(shape, revive)


def fraction_text(value: Fraction | None) -> str | None:
    """`n/d`, or None for what is unknown."""
    return None if value is None else f"{value.numerator}/{value.denominator}"


@lru_cache(maxsize=50_000)
def fraction_of(text: str | None) -> Fraction | None:
    """The fraction of such text; what repeats (weights, shares of equal rows) is made once."""
    if text is None:
        return None
    numerator, _, denominator = text.partition("/")
    return Fraction(int(numerator), int(denominator or "1"))


def revive(shape: type[Any], value: Any) -> Any:
    """What msgspec leaves to us: `object` is any JSON value, fractions come as text."""
    if shape is Fraction:
        return fraction_of(value)
    if shape is object:
        return value
    raise NotImplementedError(f"{shape} is not kept as JSON")


def _plainly(value: Any) -> str:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    raise NotImplementedError(f"{type(value)} is not kept as JSON")


@cache
def _encoder() -> msgspec.json.Encoder:
    hook: Callable[[Any], Any] = _plainly
    return msgspec.json.Encoder(enc_hook=hook, order="deterministic")
