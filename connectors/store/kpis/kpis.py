"""What each KPI was read as, how its settled periods were judged, and where it stands. Decides nothing about it.

A reading that is corrected takes the place of the former, which is kept beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    delete,
    insert,
    literal,
    select,
    text,
    union,
    union_all,
)

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, maybe_from_ms, to_ms
from connectors.store.database.json_text import fraction_of, fraction_text
from connectors.store.database.sql import Statement, StoredRow, among, insert_into, plain
from connectors.store.schema import kpi_failure, kpi_former_reading, kpi_period, kpi_reading, kpi_state
from mappings.facts.local_time import MILLISECOND, whole_ms
from mappings.kpi.episode import EpisodeStep, KpiState
from mappings.kpi.reading import LONGEST_NOTE, FormerReading, KpiReading, Receipt, receive
from mappings.kpi.steps import Judgement

LONGEST_SOURCE = 100
MOST_AT_ONCE = 50
"""So many KPIs are asked for in one statement."""
HAS_KEY_RESULT = '%"key_result":"%'
"""What the content of a state holds where it names an issue."""
HAS_LEFT = '%"left":"%'
"""The same where the mapping has no such KPI any more."""


def put(conn: Connection, site: str, kpi_id: str, state: KpiState, now: datetime) -> None:
    """Keep the state of a KPI."""
    statement = insert_into(conn, kpi_state).values(
        site=site, kpi_id=kpi_id, content=json_text.encode(state), updated_at=to_ms(now)
    )
    news = {"content": statement.excluded.content, "updated_at": statement.excluded.updated_at}
    conn.execute(
        statement.on_conflict_do_update(index_elements=[kpi_state.c.site, kpi_state.c.kpi_id], set_=news)
    )


def get(conn: Connection, site: str, kpi_id: str) -> KpiState:
    """The state of a KPI; one of which nothing was counted is watched."""
    content = conn.execute(select(kpi_state.c.content).where(*_mine(kpi_state, site, kpi_id))).scalar()
    return KpiState() if content is None else json_text.decode(content, KpiState)


def open_key_results(conn: Connection, site: str) -> dict[str, KpiState]:
    """The state of each KPI whose key result stands in Jira and is open."""
    mine = (kpi_state.c.site == site, kpi_state.c.content.like(HAS_KEY_RESULT))
    rows = conn.execute(select(kpi_state.c.kpi_id, kpi_state.c.content).where(*mine))
    found = {row.kpi_id: json_text.decode(row.content, KpiState) for row in rows}
    return {id_: state for id_, state in found.items() if state.key_result is not None}


def list_known(conn: Connection, site: str) -> frozenset[str]:
    """Ids of all KPIs of which anything is kept, whether the mapping has them or not."""
    kept = union(
        *(
            select(table.c.kpi_id).where(table.c.site == site)
            for table in (kpi_state, kpi_reading, kpi_period)
        )
    )
    return frozenset(conn.execute(kept).scalars())


def load_departed(conn: Connection, site: str) -> dict[str, KpiState]:
    """The state of each KPI that the mapping has no more."""
    mine = (kpi_state.c.site == site, kpi_state.c.content.like(HAS_LEFT))
    rows = conn.execute(select(kpi_state.c.kpi_id, kpi_state.c.content).where(*mine))
    found = {row.kpi_id: json_text.decode(row.content, KpiState) for row in rows}
    return {id_: state for id_, state in found.items() if state.left is not None}


def forget(conn: Connection, site: str, kpi_id: str) -> None:
    """Forget all that is kept of a KPI."""
    for table in (kpi_reading, kpi_former_reading, kpi_period, kpi_failure, kpi_state):
        conn.execute(delete(table).where(*_mine(table, site, kpi_id)))


def lock_site(conn: Connection, site: str) -> None:
    """Others who read or count for this site wait here until the transaction ends; SQLite has one writer at a time anyway."""
    if conn.dialect.name == "postgresql":
        conn.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"{site}:kpis"}
        )


def record(conn: Connection, site: str, kpi_id: str, news: Sequence[KpiReading]) -> tuple[Receipt, ...]:
    """Keep what came in, in this order, and say of each what it was; a reading that stood before a correction stays as a former one."""
    if not news:
        return ()
    first, last = min(one.at for one in news), max(one.at for one in news)
    standing = {one.at: one for one in readings(conn, site, kpi_id, first, last + MILLISECOND)}
    receipts: list[Receipt] = []
    changed: dict[datetime, KpiReading] = {}
    former: list[dict[str, object]] = []
    for one in news:
        at = whole_ms(one.at)
        known = standing.get(at)
        receipt, standing[at] = receive(known, replace(one, at=at))
        receipts.append(receipt)
        if receipt is not Receipt.UNCHANGED:
            changed[at] = standing[at]
        if receipt is Receipt.CORRECTED and known is not None:
            said = {"value": fraction_text(known.value), "received": to_ms(known.received)}
            former.append({"site": site, "kpi_id": kpi_id, "at": to_ms(at), **said})
    if former:
        conn.execute(insert(kpi_former_reading), former)
    _put(conn, site, kpi_id, changed.values())
    return tuple(receipts)


def _put(conn: Connection, site: str, kpi_id: str, changed: Iterable[KpiReading]) -> None:
    rows = [
        {
            "site": site,
            "kpi_id": kpi_id,
            "at": to_ms(one.at),
            "value": fraction_text(one.value),
            "received": to_ms(one.received),
            "source": plain(one.source, LONGEST_SOURCE),
            "note": plain(one.note, LONGEST_NOTE),
        }
        for one in changed
    ]
    if not rows:
        return
    statement = insert_into(conn, kpi_reading)
    key = [kpi_reading.c.site, kpi_reading.c.kpi_id, kpi_reading.c.at]
    news = {name: statement.excluded[name] for name in ("value", "received", "source", "note")}
    conn.execute(statement.on_conflict_do_update(index_elements=key, set_=news), rows)


def readings(
    conn: Connection,
    site: str,
    kpi_id: str,
    since: datetime | None = None,
    before: datetime | None = None,
    limit: int | None = None,
) -> tuple[KpiReading, ...]:
    """What was read in [since, before), the oldest first; with `limit` the latest so many of it."""
    statement = _between(_readings(site, kpi_id), kpi_reading, since, before)
    rows = conn.execute(statement.order_by(kpi_reading.c.at.desc()).limit(limit)).all()
    if not rows:
        return ()
    former = _former(conn, site, kpi_id, rows[-1].at, rows[0].at)
    return tuple(_reading(row, former.get(row.at, ())) for row in reversed(rows))


def instants(
    conn: Connection, site: str, kpi_ids: Iterable[str], among_these: Iterable[datetime]
) -> frozenset[tuple[str, datetime]]:
    """Of which of these KPIs there are readings at which of these instants."""
    mine = (kpi_reading.c.site == site, among(conn, kpi_reading.c.kpi_id, kpi_ids))
    at = kpi_reading.c.at.in_(sorted({to_ms(one) for one in among_these}))
    rows = conn.execute(select(kpi_reading.c.kpi_id, kpi_reading.c.at).where(*mine, at))
    return frozenset((row.kpi_id, from_ms(row.at)) for row in rows)


def latest_known(conn: Connection, site: str, kpi_id: str, before: datetime) -> datetime | None:
    """The instant of the latest reading before this one that has a value."""
    statement = select(kpi_reading.c.at).where(
        *_mine(kpi_reading, site, kpi_id), kpi_reading.c.value.is_not(None), kpi_reading.c.at < to_ms(before)
    )
    found = conn.execute(statement.order_by(kpi_reading.c.at.desc()).limit(1)).scalar()
    return None if found is None else from_ms(found)


def judge(conn: Connection, site: str, kpi_id: str, judgements: Iterable[Judgement]) -> None:
    """Keep how periods were judged; one that is kept already stays as it was."""
    rows = [
        {"site": site, "kpi_id": kpi_id, "last": to_ms(one.period.last), "content": json_text.encode(one)}
        for one in judgements
    ]
    if rows:
        conn.execute(insert_into(conn, kpi_period).on_conflict_do_nothing(), rows)


def judgements(
    conn: Connection,
    site: str,
    kpi_id: str,
    since: datetime | None = None,
    before: datetime | None = None,
    limit: int | None = None,
) -> Mapping[datetime, Judgement]:
    """How the periods were judged whose last millisecond lies in [since, before), by that; with `limit` the latest so many."""
    statement = select(kpi_period.c.content).where(*_mine(kpi_period, site, kpi_id))
    if since is not None:
        statement = statement.where(kpi_period.c.last >= to_ms(since))
    if before is not None:
        statement = statement.where(kpi_period.c.last < to_ms(before))
    rows = conn.execute(statement.order_by(kpi_period.c.last.desc()).limit(limit)).scalars()
    found = (json_text.decode(content, Judgement) for content in rows)
    return {one.period.last: one for one in found}


@dataclass(frozen=True, slots=True)
class KpiFigure:
    """Where a KPI stood when its last period with a value was settled, and the instant of its latest reading with a value; None where there is none."""

    judgement: Judgement | None
    read_at: datetime | None


def figures(conn: Connection, site: str, kpi_ids: Sequence[str]) -> dict[str, KpiFigure]:
    """That of each of these: two seeks in an index for each, in few statements."""
    found: dict[str, KpiFigure] = {}
    for first in range(0, len(kpi_ids), MOST_AT_ONCE):
        asked = [_figure(site, one) for one in kpi_ids[first : first + MOST_AT_ONCE]]
        for row in conn.execute(union_all(*asked)):
            judged = None if row.content is None else json_text.decode(row.content, Judgement)
            found[row.kpi_id] = KpiFigure(judged, maybe_from_ms(row.at))
    return found


def _figure(site: str, kpi_id: str) -> Select[tuple[str, str, int]]:
    judged = select(kpi_period.c.content).where(*_mine(kpi_period, site, kpi_id))
    read = select(kpi_reading.c.at).where(*_mine(kpi_reading, site, kpi_id), kpi_reading.c.value.is_not(None))
    return select(
        literal(kpi_id).label("kpi_id"),
        judged.order_by(kpi_period.c.last.desc()).limit(1).scalar_subquery().label("content"),
        read.order_by(kpi_reading.c.at.desc()).limit(1).scalar_subquery().label("at"),
    )


def turns(conn: Connection, site: str, since: datetime) -> list[tuple[str, Judgement]]:
    """By KPI the periods that ended since then and at which the state machine did something, the oldest first."""
    mine = (kpi_period.c.site == site, kpi_period.c.last >= to_ms(since))
    turned = kpi_period.c.content.not_like(f'%"transition":"{EpisodeStep.STAYED}"%')
    found = select(kpi_period.c.kpi_id, kpi_period.c.content).where(*mine, turned).order_by(kpi_period.c.last)
    return [(row.kpi_id, json_text.decode(row.content, Judgement)) for row in conn.execute(found)]


def _readings(site: str, kpi_id: str) -> Statement:
    return select(kpi_reading).where(*_mine(kpi_reading, site, kpi_id))


def _between(
    statement: Statement, table: Table, since: datetime | None, before: datetime | None
) -> Statement:
    if since is not None:
        statement = statement.where(table.c.at >= to_ms(since))
    return statement if before is None else statement.where(table.c.at < to_ms(before))


def _former(
    conn: Connection, site: str, kpi_id: str, first: int, last: int
) -> dict[int, tuple[FormerReading, ...]]:
    """The values that were corrected, by instant, each the oldest first."""
    rows = conn.execute(
        select(kpi_former_reading)
        .where(*_mine(kpi_former_reading, site, kpi_id), kpi_former_reading.c.at.between(first, last))
        .order_by(kpi_former_reading.c.id)
    )
    found: defaultdict[int, tuple[FormerReading, ...]] = defaultdict(tuple)
    for row in rows:
        found[row.at] += (FormerReading(fraction_of(row.value), from_ms(row.received)),)
    return found


def _reading(row: StoredRow, former: tuple[FormerReading, ...]) -> KpiReading:
    return KpiReading(
        at=from_ms(row.at),
        value=fraction_of(row.value),
        received=from_ms(row.received),
        source=row.source,
        note=row.note,
        former=former,
    )


def _mine(table: Table, site: str, kpi_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.site == site, table.c.kpi_id == kpi_id
