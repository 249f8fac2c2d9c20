"""Answers given under an idempotency key, kept for a day, so that asking again does nothing again."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from connectors import typed_json
from connectors.store.people import idempotency
from connectors.store.people.idempotency import StoredAnswer
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.permission import PUBLIC, act

__all__ = ["IdempotencyKeyLimit", "StoredAnswer", "content_of", "keep", "release", "take"]

T = TypeVar("T")

KEPT = timedelta(hours=24)
MOST = 10_000
"""Keys of one account that are kept at a time: each holds a whole answer for a day."""
UNDER_WAY = timedelta(minutes=10)
"""A request that is still being served after this died with its process; its key may be used again."""


class IdempotencyKeyLimit(Refusal):
    """So many keys of this account are kept that another one has to wait."""


@act(PUBLIC)
def take(connector: Connector, _actor: Actor, who: str, key: str, fingerprint: str) -> StoredAnswer | None:
    """Take this key for a request; None where it is ours now, else what stands under it. Raises IdempotencyKeyLimit."""
    now = connector.clock()
    with connector.store.write() as conn:
        idempotency.prune(conn, now - KEPT)
        former = idempotency.begin(conn, who, key, fingerprint, now)
        if former is not None and former.content is None and now - former.at > UNDER_WAY:
            idempotency.release(conn, who, key)
            former = idempotency.begin(conn, who, key, fingerprint, now)
        if former is None and idempotency.count(conn, who) > MOST:
            raise IdempotencyKeyLimit(f"This account used {MOST:,} idempotency keys within a day.")
    return former


@act(PUBLIC)
def keep(connector: Connector, _actor: Actor, who: str, key: str, content: object) -> None:
    """Keep the answer under its key."""
    with connector.store.write() as conn:
        idempotency.finish(conn, who, key, content)


def content_of(answer: StoredAnswer, shape: type[T]) -> T:
    """What was kept, in the shape in which it was handed over."""
    return typed_json.convert(answer.content, shape)


@act(PUBLIC)
def release(connector: Connector, _actor: Actor, who: str, key: str) -> None:
    """Give the key back: nothing stands behind it."""
    with connector.store.write() as conn:
        idempotency.release(conn, who, key)
