"""The ledger of writes once it is old: of each place the last write of each outcome stays, so that whatever is asked of a place has the same answer.

What waits for a person or is under way is never old. A plan goes with the last of its changes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, select

from connectors.store.database.deletion import delete_where
from connectors.store.database.engine import Store
from connectors.store.database.instant import to_ms
from connectors.store.schema import plan as plans
from connectors.store.schema import write as table
from connectors.store.writes.writes import WriteOutcome

_THERE = WriteOutcome.WRITTEN.value
_SAME = case((table.c.outcome == WriteOutcome.CONFIRMED.value, _THERE), else_=table.c.outcome)


def thin(
    store: Store, site: str, before: datetime, going_on: Callable[[], None] = lambda: None
) -> tuple[int, int]:
    """How many writes and plans of before this instant went. `going_on`: see `delete_where`."""
    at = to_ms(before)
    writes = delete_where(store, table, _followed(site, at), going_on)
    return writes, delete_where(store, plans, _empty(site, at), going_on)


def _followed(site: str, at: int) -> ColumnElement[bool]:
    """Whether a later write of the same place, as old, ended the same way; found there after a crash is written."""
    later = table.alias("later")
    same = case((later.c.outcome == WriteOutcome.CONFIRMED.value, _THERE), else_=later.c.outcome)
    newer = select(later.c.id).where(
        later.c.site == table.c.site,
        later.c.issue_id == table.c.issue_id,
        later.c.field_id == table.c.field_id,
        later.c.at >= table.c.at,
        later.c.at < at,
        later.c.id > table.c.id,
        same == _SAME,
    )
    settled = and_(table.c.outcome.is_not(None), table.c.outcome != WriteOutcome.HELD.value)
    return and_(table.c.site == site, table.c.at < at, settled, newer.correlate(table).exists())


def _empty(site: str, at: int) -> ColumnElement[bool]:
    changes = select(table.c.id).where(table.c.plan_id == plans.c.id)
    return and_(plans.c.site == site, plans.c.at < at, ~changes.correlate(plans).exists())
