"""What people said key results stand at. A check-in ends when it is withdrawn or another takes its place; it is never deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from itertools import zip_longest

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, insert, or_, select, update

from connectors.store.database.instant import from_ms, maybe_from_ms, to_ms
from connectors.store.database.json_text import fraction_of, fraction_text
from connectors.store.database.sql import Statement, StoredRow, among, among_given, bind_values, plain
from connectors.store.schema import check_in as table
from mappings.explain.check_in import LONGEST_NOTE, CheckIn, CheckIns, Measure
from mappings.explain.confidence import SpokenConfidence, confidence_of

LONGEST_NAME = 500
REPLACED, WITHDRAWN, CLEARED, RETRACTED = "replaced", "withdrawn", "cleared", "retracted"
CARRIED, IMPORTED = "carried", "imported"
"""How a check-in ends: by a later one; by a person, or by a comment, that takes it back; a comment that was edited or deleted says
nothing any more, as if it had never been there; one of an objective that was carried into another cycle (`carried`) stays in the old one; one
that was made in another tool (`imported`) is told of its day, and never says what stands today."""
SAID_STILL = or_(table.c.ended_how.is_(None), table.c.ended_how != RETRACTED)
"""But for what a comment says no longer."""


@dataclass(frozen=True, slots=True)
class KeptCheckIn:
    """A check-in and how it ended (`replaced`, `withdrawn`, `cleared`, `retracted`, `carried` or `imported`), by whom and when; all None while it stands, and where it says no value."""

    check_in: CheckIn
    ended_at: datetime | None = None
    ended_by: str | None = None
    ended_how: str | None = None

    @property
    def stands(self) -> bool:
        """Whether it is the one whose value counts."""
        return self.ended_at is None and self.check_in.value is not None

    @property
    def retracted(self) -> bool:
        """Whether the comment that said it says it no longer: it is told as if it had never been there."""
        return self.ended_how == RETRACTED


def add(conn: Connection, site: str, check_in: CheckIn) -> CheckIn:
    """Keep a check-in in the place of the one that stood, unless it says no value; it comes back with its number."""
    if check_in.value is not None:
        _end(conn, _with_value(site, check_in), check_in.by, check_in.at, REPLACED)
    number = conn.execute(insert(table).values(_values(site, check_in)).returning(table.c.id)).scalar_one()
    return replace(check_in, id=number)


def add_of_comment(conn: Connection, site: str, check_in: CheckIn, updated: datetime) -> CheckIn:
    """Keep what a comment says, at its place in time: a later one stands on."""
    row = {**_values(site, check_in), "comment_updated": to_ms(updated)}
    number = conn.execute(insert(table).values(row).returning(table.c.id)).scalar_one()
    _put_in_order(conn, site, check_in)
    return replace(check_in, id=number)


def add_imported(conn: Connection, site: str, check_in: CheckIn) -> None:
    """Keep what was said in another tool as having ended with its moment."""
    ended = {
        "ended_at": to_ms(check_in.at),
        "ended_by": plain(check_in.by, LONGEST_NAME),
        "ended_how": IMPORTED,
    }
    conn.execute(insert(table).values({**_values(site, check_in), **ended}))


def of_comment(conn: Connection, site: str, comment_ids: Iterable[str]) -> list[tuple[CheckIn, datetime]]:
    """What comments say now, and when each was edited last; what is retracted says nothing any more."""
    statement = _every(site).where(among(conn, table.c.comment_id, comment_ids), SAID_STILL)
    return [
        (_kept(row).check_in, from_ms(row.comment_updated))
        for row in conn.execute(statement.order_by(table.c.id))
    ]


def retract(conn: Connection, site: str, check_in: CheckIn, now: datetime) -> None:
    """Take back what a comment said that says it no longer, as if it had never been there."""
    ended = {"ended_at": to_ms(now), "ended_by": plain(check_in.by, LONGEST_NAME), "ended_how": RETRACTED}
    conn.execute(update(table).where(table.c.site == site, table.c.id == check_in.id).values(ended))
    _put_in_order(conn, site, check_in)


def _put_in_order(conn: Connection, site: str, about: CheckIn) -> None:
    """Of all that was said of a key result the last stands; equal times: the greater comment. What a person withdrew stays so."""
    live = or_(table.c.ended_how.is_(None), table.c.ended_how.not_in([RETRACTED, IMPORTED]))
    ruling = or_(table.c.value.is_not(None), table.c.clears.is_not(None))
    mine = (table.c.objective_id == about.objective_id, table.c.key_result_id == about.key_result_id)
    rows = list(conn.execute(_every(site).where(*mine, live, ruling)))
    rows.sort(key=lambda row: (row.at, int(row.comment_id or 0), row.id))
    for row, after in zip_longest(rows, rows[1:]):
        if row.ended_how in (WITHDRAWN, CARRIED):
            continue
        how = None if after is None else CLEARED if after.clears else REPLACED
        ended = {
            "ended_at": None if after is None else after.at,
            "ended_by": None if after is None else after.by,
            "ended_how": how,
        }
        if (row.ended_at, row.ended_how) != (ended["ended_at"], how):
            conn.execute(update(table).where(table.c.id == row.id).values(ended))


def withdraw(conn: Connection, site: str, number: int, by: str, now: datetime) -> KeptCheckIn | None:
    """End a check-in that stands, or that says no value; None where there is no such one."""
    found = conn.execute(_every(site).where(table.c.id == number, table.c.ended_at.is_(None))).one_or_none()
    if found is None:
        return None
    check_in = _kept(found).check_in
    which = table.c.id == number if check_in.value is None else _with_value(site, check_in)
    _end(conn, which, by, now, WITHDRAWN)
    return KeptCheckIn(check_in, now, by, WITHDRAWN)


def leave_behind(conn: Connection, site: str, objective_id: str, by: str, now: datetime) -> None:
    """Leave what was said of an objective behind as it is carried into another cycle: there nobody has said it, nor how sure they are.

    What was replaced or cleared stays behind too: it shall not stand again there when the comment that ended it is deleted.
    """
    mine = and_(table.c.site == site, table.c.objective_id == objective_id)
    _end(conn, mine, by, now, CARRIED)
    ended = table.c.ended_how.in_([REPLACED, CLEARED])
    conn.execute(update(table).where(mine, ended).values(ended_how=CARRIED))


def load_standing(conn: Connection, site: str, objective_id: str | None = None) -> CheckIns:
    """The check-ins that stand, of one objective or of the whole site; the latest of each key result.

    Each with the confidence that was said last, in a check-in that was not withdrawn; where no value stands, the check-in that said it.
    """
    if objective_id is not None:
        return standing_among(conn, site, [objective_id])
    return _latest(_kept(row) for row in conn.execute(_STANDING, {"of_site": site}))


def standing_among(conn: Connection, site: str, objective_ids: Iterable[str]) -> CheckIns:
    """As `load_standing`, of these objectives."""
    asked = {"of_site": site, "given": bind_values(conn, objective_ids)}
    return _latest(_kept(row) for row in conn.execute(_standing_among(conn.dialect.name), asked))


def load_as_stood(conn: Connection, site: str, at: datetime) -> CheckIns:
    """As `load_standing`, of a whole site at an instant; what a comment says no longer had never been there."""
    statement = _every(site).where(table.c.at <= to_ms(at), SAID_STILL).order_by(table.c.at, table.c.id)
    return _latest(_until(_kept(row), at) for row in conn.execute(statement))


def _until(kept: KeptCheckIn, at: datetime) -> KeptCheckIn:
    ended_later = kept.ended_at is not None and kept.ended_at > at
    return replace(kept, ended_at=None, ended_by=None, ended_how=None) if ended_later else kept


def _latest(in_order: Iterable[KeptCheckIn]) -> CheckIns:
    values: dict[tuple[str, str], CheckIn] = {}
    spoken: dict[tuple[str, str], CheckIn] = {}
    for kept in in_order:
        one = kept.check_in
        place = (one.objective_id, one.key_result_id)
        if kept.stands:
            values[place] = one
        if one.confidence is not None and kept.ended_how in (None, REPLACED):
            spoken[place] = replace(one, value=None, until=None, delta=None)
    return spoken | {
        place: replace(one, confidence=spoken[place].confidence if place in spoken else None)
        for place, one in values.items()
    }


def load_all(conn: Connection, site: str, objective_id: str) -> Sequence[KeptCheckIn]:
    """Every check-in of an objective, ended ones too, the latest first."""
    statement = _every(site).where(table.c.objective_id == objective_id).order_by(table.c.id.desc())
    return [_kept(row) for row in conn.execute(statement)]


def last_said(
    conn: Connection, site: str, objective_ids: Iterable[str]
) -> Mapping[tuple[str, str], datetime]:
    """By objective and key result when anything was said of it last; what a comment says no longer was not."""
    place = (table.c.objective_id, table.c.key_result_id)
    mine = (table.c.site == site, among(conn, table.c.objective_id, objective_ids), SAID_STILL)
    rows = conn.execute(select(*place, func.max(table.c.at)).where(*mine).group_by(*place))
    return {(objective_id, key_result_id): from_ms(at) for objective_id, key_result_id, at in rows}


def load(conn: Connection, site: str, number: int) -> KeptCheckIn | None:
    """One check-in, or None."""
    row = conn.execute(_every(site).where(table.c.id == number)).one_or_none()
    return None if row is None else _kept(row)


_TAKEN_BACK = and_(table.c.ended_how.is_not(None), table.c.ended_how != REPLACED)
_STANDING = (
    select(table)
    .where(table.c.site == bindparam("of_site"))
    .where(or_(table.c.ended_at.is_(None), and_(table.c.confidence.is_not(None), ~_TAKEN_BACK)))
    .order_by(table.c.at, table.c.id)
)


@cache
def _standing_among(dialect: str) -> Statement:
    return _STANDING.where(among_given(dialect, table.c.objective_id))


def _every(site: str) -> Statement:
    return select(table).where(table.c.site == site)


def _with_value(site: str, check_in: CheckIn) -> ColumnElement[bool]:
    return and_(
        table.c.site == site,
        table.c.objective_id == check_in.objective_id,
        table.c.key_result_id == check_in.key_result_id,
        table.c.value.is_not(None),
    )


def _end(conn: Connection, which: ColumnElement[bool], by: str, now: datetime, how: str) -> None:
    ended = {"ended_at": to_ms(now), "ended_by": plain(by, LONGEST_NAME), "ended_how": how}
    conn.execute(update(table).where(which, table.c.ended_at.is_(None)).values(ended))


def _values(site: str, check_in: CheckIn) -> dict[str, object]:
    return {
        "site": site,
        "objective_id": check_in.objective_id,
        "key_result_id": check_in.key_result_id,
        "measure": check_in.measure.value,
        "value": fraction_text(check_in.value),
        "derived": fraction_text(check_in.derived),
        "note": plain(check_in.note, LONGEST_NOTE),
        "by": plain(check_in.by, LONGEST_NAME),
        "at": to_ms(check_in.at),
        "until": None if check_in.until is None else check_in.until.isoformat(),
        "delta": fraction_text(check_in.delta),
        "confidence": None if check_in.confidence is None else check_in.confidence.confidence.text,
        "comment_id": check_in.comment,
        "clears": 1 if check_in.clears else None,
    }


def _kept(row: StoredRow) -> KeptCheckIn:
    told = None if row.confidence is None else confidence_of(row.confidence)
    check_in = CheckIn(
        objective_id=row.objective_id,
        key_result_id=row.key_result_id,
        measure=Measure(row.measure),
        value=fraction_of(row.value),
        by=row.by,
        at=from_ms(row.at),
        note=row.note,
        until=None if row.until is None else date.fromisoformat(row.until),
        delta=fraction_of(row.delta),
        derived=fraction_of(row.derived),
        id=row.id,
        confidence=None if told is None else SpokenConfidence(told, row.by, from_ms(row.at)),
        comment=row.comment_id,
        clears=bool(row.clears),
    )
    return KeptCheckIn(check_in, maybe_from_ms(row.ended_at), row.ended_by, row.ended_how)
