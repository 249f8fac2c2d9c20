"""What was written while a clock was far ahead, and would hold something up for as long once it is right again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, Connection, or_, select, update

from connectors.store.database.instant import to_ms
from connectors.store.jobs.schedules import FARTHEST
from connectors.store.schema import (
    activation_run,
    background_job,
    caller,
    delivery,
    due,
    idempotency_answer,
    import_plan,
    kpi_failure,
    oauth_grant,
    outage,
    outbox,
    pause,
    process,
)

SKEW = timedelta(minutes=10)
"""What has happened already lies no further ahead than the clocks of two machines are apart."""
LONGEST_WAIT = timedelta(hours=32)
"""Jira is believed when it asks for a day, lengthened by 30 % at most; an event that was not acknowledged waits for a day."""

HOLDING = (
    (due.c.run_after, {due.c.run_after: LONGEST_WAIT, due.c.since: SKEW}),
    (due.c.since, {due.c.since: SKEW}),
    (due.c.lease_until, {due.c.lease_until: FARTHEST}),
    (delivery.c.lease_until, {delivery.c.lease_until: FARTHEST}),
    (outbox.c.next_at, {outbox.c.next_at: LONGEST_WAIT, outbox.c.made_at: SKEW}),
    (outbox.c.made_at, {outbox.c.made_at: SKEW}),
    (import_plan.c.lease_until, {import_plan.c.lease_until: FARTHEST}),
    (oauth_grant.c.lease_until, {oauth_grant.c.lease_until: FARTHEST}),
    (pause.c.until, {pause.c.until: LONGEST_WAIT}),
    (outage.c.next_try, {outage.c.next_try: LONGEST_WAIT}),
    (activation_run.c.seen, {activation_run.c.seen: SKEW}),
    (background_job.c.seen, {background_job.c.seen: SKEW}),
    (caller.c.at, {caller.c.at: SKEW}),
    (process.c.at, {process.c.at: SKEW}),
    (kpi_failure.c.tried_at, {kpi_failure.c.tried_at: SKEW}),
    (idempotency_answer.c.at, {idempotency_answer.c.at: SKEW}),
)
"""Each instant that something waits for or goes by, and how far ahead of now a right clock sets what shows that it is wrong."""


def is_any(conn: Connection, now: datetime) -> bool:
    """Whether anything lies further ahead: a look that keeps nobody from writing."""
    found = (select(column).where(_ahead(signs, now)).limit(1) for column, signs in HOLDING)
    return any(conn.execute(one).first() is not None for one in found)


def end(conn: Connection, now: datetime) -> int:
    """Put what lies further ahead at now, so that it runs out as anything else; how many were put so."""
    ended = 0
    for column, signs in HOLDING:
        ahead = update(column.table).where(_ahead(signs, now))
        ended += conn.execute(ahead.values({column.name: to_ms(now)})).rowcount
    return ended


def _ahead(signs: Mapping[Column[int], timedelta], now: datetime) -> ColumnElement[bool]:
    return or_(*(sign > to_ms(now + farthest) for sign, farthest in signs.items()))
