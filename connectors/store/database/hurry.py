"""How long whoever asks the database can wait for one statement: people and Jira for seconds, long work for as long as it takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_SECONDS: ContextVar[float | None] = ContextVar("statement_seconds", default=None)


@contextmanager
def hurry(seconds: float) -> Iterator[None]:
    """Within the block a statement that PostgreSQL works on for longer is ended: StoreError, and what it locked is free again."""
    token = _SECONDS.set(seconds)
    try:
        yield
    finally:
        _SECONDS.reset(token)


def statement_limit() -> float | None:
    """Seconds that a statement may take here; None where nobody is in a hurry."""
    return _SECONDS.get()
