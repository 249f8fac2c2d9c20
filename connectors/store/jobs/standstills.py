"""What was written while a clock was far ahead, and would hold something up for as long once it is right again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, update

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


def end(conn: Connection, now: datetime) -> int:
    """Put what lies further ahead at now, so that it runs out as anything else; how many were put so."""
    ended = 0
    for column, signs in HOLDING:
        ahead = or_(*(sign > to_ms(now + farthest) for sign, farthest in signs.items()))
        ended += conn.execute(update(column.table).where(ahead).values({column.name: to_ms(now)})).rowcount
    return ended
