"""Writes that Jira refused in its own words: one row per objective, issue and field, until it takes them or nothing is wanted there.

None is for ever: of those that are refused alike one is tried again as a probe, and where it passes all of them are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, select, update

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import StoredRow, insert_into, plain
from connectors.store.schema import refusal as table
from mappings.write_back.plan import Change

LONGEST_TEXT = 2_000
_OF_OBJECTIVE = select(table.c.issue_id, table.c.field_id, table.c.after).where(
    table.c.site == bindparam("site"),
    table.c.objective_id == bindparam("objective"),
    table.c.mapping_revision == bindparam("revision"),
    table.c.probing == 0,
)
_PLACES = select(table).where(
    table.c.site == bindparam("site"), table.c.objective_id == bindparam("objective")
)


@dataclass(frozen=True, slots=True)
class RefusedField:
    """One field that could not be written, what Jira said, and what to do about it.

    `before` is what Jira has there and `after` what it should have, as JSON values; `probing`: it is tried with the next reconcile.
    """

    site: str
    objective_id: str
    issue_id: str
    issue_key: str
    field_id: str
    field_name: str
    message: str
    remedy: str
    mapping_revision: str
    at: datetime
    before: object = None
    after: object = None
    probing: bool = False

    @property
    def group(self) -> tuple[str, str, str]:
        """What is refused alike: the field, the project, and the reason without the issue's name."""
        return (self.field_id, self.issue_key.rpartition("-")[0], self.message.replace(self.issue_key, "…"))


def put(
    conn: Connection,
    site: str,
    objective_id: str,
    change: Change,
    message: str,
    remedy: str,
    mapping_revision: str,
    now: datetime,
) -> None:
    """Keep a refusal in the place of the former one of this field."""
    statement = insert_into(conn, table).values(
        site=site,
        objective_id=objective_id,
        issue_id=change.issue_id,
        field_id=change.field_id,
        issue_key=change.issue_key,
        field_name=plain(change.field_name, LONGEST_TEXT),
        message=plain(message, LONGEST_TEXT),
        remedy=plain(remedy, LONGEST_TEXT),
        mapping_revision=mapping_revision,
        at=to_ms(now),
        before=json_text.encode(change.before),
        after=json_text.encode(change.after),
        probing=0,
    )
    key = [table.c.site, table.c.objective_id, table.c.issue_id, table.c.field_id]
    news = {
        name: statement.excluded[name]
        for name in (
            "issue_key",
            "field_name",
            "message",
            "remedy",
            "mapping_revision",
            "at",
            "before",
            "after",
            "probing",
        )
    }
    conn.execute(statement.on_conflict_do_update(index_elements=key, set_=news))


def load_values(
    conn: Connection, site: str, objective_id: str, mapping_revision: str
) -> dict[tuple[str, str], object]:
    """What is not tried, by issue id and field id: the value that was refused last. A probe is tried, and what was refused under
    another mapping revision.
    """
    rows = conn.execute(
        _OF_OBJECTIVE, {"site": site, "objective": objective_id, "revision": mapping_revision}
    )
    return {(row.issue_id, row.field_id): json_text.decode(row.after, object) for row in rows}


def load_all(
    conn: Connection, site: str | None = None, objective_id: str | None = None
) -> list[RefusedField]:
    """Every standing refusal, or those of one objective, the latest first."""
    statement = select(table).order_by(table.c.at.desc(), table.c.issue_key, table.c.field_id)
    if site is not None:
        statement = statement.where(table.c.site == site)
    if objective_id is not None:
        statement = statement.where(table.c.objective_id == objective_id)
    return [_refused(row) for row in conn.execute(statement)]


def count(conn: Connection, site: str) -> int:
    """How many stand."""
    return conn.execute(select(func.count()).select_from(table).where(table.c.site == site)).scalar_one()


def keep(conn: Connection, site: str, objective_id: str, wanted: Iterable[Change]) -> frozenset[str]:
    """What an objective has to write by now: refusals of anything else go, the others say what is wanted.

    A probe that goes, or leaves its group with its issue, was not tried: the oldest that is refused alike is tried in its place.
    The objectives that have to be reconciled for it.
    """
    changes = {(change.issue_id, change.field_id): change for change in wanted}
    untried: set[tuple[str, str, str]] = set()
    for row in conn.execute(_PLACES, {"site": site, "objective": objective_id}).all():
        change = changes.get((row.issue_id, row.field_id))
        one = _refused(row)
        mine = _row_of(one)
        if one.probing and (change is None or replace(one, issue_key=change.issue_key).group != one.group):
            untried.add(one.group)
        if change is None:
            conn.execute(delete(table).where(*mine))
            continue
        news = {
            "issue_key": change.issue_key,
            "before": json_text.encode(change.before),
            "after": json_text.encode(change.after),
        }
        if any(getattr(row, name) != value for name, value in news.items()):
            conn.execute(update(table).where(*mine).values(news))
    return _hand_on(conn, site, untried) if untried else frozenset()


def _hand_on(conn: Connection, site: str, groups: set[tuple[str, str, str]]) -> frozenset[str]:
    """Try the oldest of each of these groups, but where one of it is tried already."""
    standing = [one for one in reversed(load_all(conn, site)) if one.group in groups]
    tried = {one.group for one in standing if one.probing}
    oldest: dict[tuple[str, str, str], RefusedField] = {}
    for one in standing:
        if one.group not in tried:
            oldest.setdefault(one.group, one)
    return _tried(conn, oldest.values())


def probe(
    conn: Connection, site: str, concerns: Callable[[RefusedField], bool] = lambda _: True
) -> frozenset[str]:
    """Try one of each group again, the oldest, of those that it `concerns`; the objectives that have to be reconciled for it."""
    oldest: dict[tuple[str, str, str], RefusedField] = {}
    for one in reversed(load_all(conn, site)):
        if concerns(one):
            oldest.setdefault(one.group, one)
    return _tried(conn, oldest.values())


def try_again(
    conn: Connection, site: str, objective_id: str, issue_id: str | None = None, field_id: str | None = None
) -> int:
    """Try those of an objective again (of one issue, of one field) with its next reconcile; how many there are."""
    mine = _chosen(site, objective_id, issue_id, field_id)
    return conn.execute(update(table).where(*mine).values(probing=1)).rowcount


def note_passed(
    conn: Connection, site: str, objective_id: str, places: Iterable[tuple[str, str]]
) -> frozenset[str]:
    """Jira took what it had refused at these places (issue id and field id): that stands no more. Where it was a probe all that
    is refused alike is tried again; the objectives that have to be reconciled for it.
    """
    taken = frozenset(places)
    rows = conn.execute(_PLACES, {"site": site, "objective": objective_id}).all()
    mine = [_refused(row) for row in rows if (row.issue_id, row.field_id) in taken]
    if not mine:
        return frozenset()
    for one in mine:
        conn.execute(delete(table).where(*_row_of(one)))
    groups = {one.group for one in mine if one.probing}
    alike = [one for one in load_all(conn, site) if one.group in groups] if groups else []
    return _tried(conn, alike)


def _tried(conn: Connection, chosen: Iterable[RefusedField]) -> frozenset[str]:
    marked: set[str] = set()
    for one in chosen:
        conn.execute(update(table).where(*_row_of(one)).values(probing=1))
        marked.add(one.objective_id)
    return frozenset(marked)


def _row_of(one: RefusedField) -> tuple[ColumnElement[bool], ...]:
    return _chosen(one.site, one.objective_id, one.issue_id, one.field_id)


def _chosen(
    site: str, objective_id: str, issue_id: str | None, field_id: str | None
) -> tuple[ColumnElement[bool], ...]:
    mine = [table.c.site == site, table.c.objective_id == objective_id]
    if issue_id is not None:
        mine.append(table.c.issue_id == issue_id)
    if field_id is not None:
        mine.append(table.c.field_id == field_id)
    return tuple(mine)


def _refused(row: StoredRow) -> RefusedField:
    return RefusedField(
        site=row.site,
        objective_id=row.objective_id,
        issue_id=row.issue_id,
        issue_key=row.issue_key,
        field_id=row.field_id,
        field_name=row.field_name,
        message=row.message,
        remedy=row.remedy,
        mapping_revision=row.mapping_revision,
        at=from_ms(row.at),
        before=json_text.decode(row.before, object),
        after=json_text.decode(row.after, object),
        probing=bool(row.probing),
    )


def clear(
    conn: Connection, site: str, objective_id: str, issue_id: str | None = None, field_id: str | None = None
) -> int:
    """Forget refusals of an objective (of one issue, of one field): the next reconcile tries again. How many there were."""
    return conn.execute(delete(table).where(*_chosen(site, objective_id, issue_id, field_id))).rowcount
