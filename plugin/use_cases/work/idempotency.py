"""Answers given under an idempotency key, kept for a day, so that asking again does nothing again."""

from __future__ import annotations

from datetime import timedelta

from connectors.store.people import idempotency
from connectors.store.people.idempotency import StoredAnswer
from plugin.runtime.connector import Connector

__all__ = ["StoredAnswer", "keep", "release", "take"]

KEPT = timedelta(hours=24)
UNDER_WAY = timedelta(minutes=10)
"""A request that is still being served after this died with its process; its key may be used again."""


def take(connector: Connector, who: str, key: str, fingerprint: str) -> StoredAnswer | None:
    """Take this key for a request; None where it is ours now, else what stands under it."""
    now = connector.clock()
    with connector.store.write() as conn:
        idempotency.prune(conn, now - KEPT)
        former = idempotency.begin(conn, who, key, fingerprint, now)
        if former is not None and former.content is None and now - former.at > UNDER_WAY:
            idempotency.release(conn, who, key)
            former = idempotency.begin(conn, who, key, fingerprint, now)
    return former


def keep(connector: Connector, who: str, key: str, content: object) -> None:
    """Keep the answer under its key."""
    with connector.store.write() as conn:
        idempotency.finish(conn, who, key, content)


def release(connector: Connector, who: str, key: str) -> None:
    """Give the key back: nothing stands behind it."""
    with connector.store.write() as conn:
        idempotency.release(conn, who, key)
