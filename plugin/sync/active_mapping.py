"""Which mapping rules: what was read or measured under a former one is neither landed nor stored."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from sqlalchemy import Connection

from connectors.store import StoreError
from connectors.store.mappings import bindings, revisions
from plugin.sync.context import Context

T = TypeVar("T")
MOST_TRIES = 5


class FormerMapping(StoreError):
    """Another mapping came into force meanwhile. It is tried again under that one, as after a locked database."""

    def __init__(self, site: str) -> None:
        super().__init__(
            f"another mapping came into force for {site} while something was read for the former one",
            "the store",
            "nothing; it is read again under that one",
            passing=True,
        )


def rules(conn: Connection, context: Context) -> bool:
    """Whether the mapping of this context is the one that rules, bound as it is now."""
    form = context.binding
    if not _is_active(conn, context):
        return False
    return form is None or bindings.version(conn, context.site, context.mapping.revision) in (None, form)


def require(conn: Connection, context: Context) -> None:
    """In the transaction that lands what was read: a former mapping may leave out what the one that rules takes in, and knows
    nothing of whom it concerns. Raises FormerMapping.
    """
    if not _is_active(conn, context):
        raise FormerMapping(context.site)


def under_the_ruling(ruling: Callable[[], Context], read: Callable[[Context], T]) -> T:
    """What `read` gives under the mapping that rules: begun again where another came into force meanwhile, or its names came to mean more."""
    for _ in range(MOST_TRIES - 1):
        with suppress(FormerMapping):
            return read(ruling())
    return read(ruling())


def _is_active(conn: Connection, context: Context) -> bool:
    return revisions.active_name(conn, context.site) in (None, context.mapping.revision)
