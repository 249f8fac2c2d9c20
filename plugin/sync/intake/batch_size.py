"""How many deliveries are taken at once: half as many where Jira grants too few calls for them, more again as batches go well.

A batch that is cut short by a limit has landed nothing. One that needs more calls than are granted at once would be begun, and
cut short, for ever.
"""

from __future__ import annotations

from sqlalchemy import Connection

from connectors.store.work import batch_sizes

WHOLE = 500
GROWTH = 10
"""A tenth more after each batch that went well."""


def portion(conn: Connection, site: str) -> int:
    """How many to take now."""
    kept = batch_sizes.get(conn, site)
    return WHOLE if kept is None else kept


def cut_short(conn: Connection, site: str, taken: int) -> None:
    """A batch of so many ran into a limit."""
    batch_sizes.put(conn, site, max(1, taken // 2))


def went_well(conn: Connection, site: str, taken: int) -> None:
    """A batch of so many, fewer than a whole one, came to its end."""
    more = taken + max(1, taken // GROWTH)
    if more < WHOLE:
        batch_sizes.put(conn, site, more)
    else:
        batch_sizes.clear(conn, site)
