"""The changes of issues that KPIs or people look back at, one row an issue, each with the `updated` of the issue up to which it is whole.

A row is as good as its issue is old: where the mirror has a later `updated`, or other fields are asked for, it is read again. One that was
read while another change might still get the same `updated` is open: it is kept as of just before, and read once more.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, and_, delete, exists, or_, select, update

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import among, insert_into
from connectors.store.schema import issue
from connectors.store.schema import issue_history as table
from mappings.explain.past import FieldChange

Entry = tuple[int, str, str | None, str | None, str | None]
"""A change: when, of which field, what it held before as id and as text, what it holds since as id."""
AT_ONCE = 1_000
PLAIN = 300
OPEN = 1
"""By so many milliseconds what is open is dated back."""


def nowhere(_updated: datetime) -> bool:
    """No instant is so near that what is open is taken for whole."""
    return False


def load_known(
    conn: Connection,
    site: str,
    updated: Mapping[str, datetime],
    fields: Iterable[str],
    is_near: Callable[[datetime], bool] = nowhere,
) -> dict[str, tuple[FieldChange, ...]]:
    """The histories of these issues (id → `updated`) that are whole up to then, of these fields.

    What is open counts where that instant is so near that nobody can know better yet.
    """
    found: dict[str, tuple[FieldChange, ...]] = {}
    told, ids = _digest(fields), list(updated)
    for at in range(0, len(ids), AT_ONCE):
        mine = (table.c.site == site, among(conn, table.c.issue_id, ids[at : at + AT_ONCE]))
        for row in conn.execute(select(table).where(*mine, table.c.fields == told)):
            asked = updated[row.issue_id]
            if row.updated >= to_ms(asked) or (row.updated >= to_ms(asked) - OPEN and is_near(asked)):
                found[row.issue_id] = _steps(row.content)
    return found


def put(
    conn: Connection,
    site: str,
    histories: Mapping[str, Iterable[FieldChange]],
    updated: Mapping[str, datetime],
    fields: Iterable[str],
    left_open: Collection[str] = (),
) -> None:
    """Keep the histories of issues that were last updated then; those that are `left_open` are to be read once more."""
    told = _digest(fields)
    rows = [
        {
            "site": site,
            "issue_id": issue_id,
            "updated": to_ms(updated[issue_id]) - OPEN * (issue_id in left_open),
            "fields": told,
            "content": _packed([_entry(step) for step in steps]),
        }
        for issue_id, steps in histories.items()
    ]
    if rows:
        statement = insert_into(conn, table)
        news = {name: statement.excluded[name] for name in ("updated", "fields", "content")}
        key = [table.c.site, table.c.issue_id]
        conn.execute(statement.on_conflict_do_update(index_elements=key, set_=news), rows)


def prune(conn: Connection, site: str) -> None:
    """Forget the histories of issues that are gone."""
    there = exists().where(issue.c.site == table.c.site, issue.c.id == table.c.issue_id)
    conn.execute(delete(table).where(table.c.site == site, ~there))


def overtaken(conn: Connection, site: str, fields: Iterable[str]) -> dict[str, datetime]:
    """The issues that were touched after their history was read, or whose history was read for other fields, each with its `updated`.

    Nothing where no history is kept.
    """
    its = (issue.c.site == table.c.site, issue.c.id == table.c.issue_id)
    found = select(issue.c.id, issue.c.updated).join(table, and_(*its))
    late = or_(issue.c.updated > table.c.updated, table.c.fields != _digest(fields))
    rows = conn.execute(found.where(table.c.site == site, late))
    return {row.id: from_ms(row.updated) for row in rows}


def overtake(conn: Connection, site: str) -> None:
    """Whatever is kept has to be read again; until then none is known to be whole."""
    conn.execute(update(table).where(table.c.site == site).values(updated=0))


def _digest(fields: Iterable[str]) -> str:
    return hashlib.sha256(" ".join(sorted(fields)).encode()).hexdigest()[:16]


def _packed(entries: list[Entry]) -> str:
    """As text, for short histories are stored best so; from a few changes on compressed, else SQLite takes a page for each issue."""
    text = json_text.encode(entries)
    return text if len(text) <= PLAIN else base64.b85encode(zlib.compress(text.encode())).decode()


def _unpacked(content: str) -> str:
    return content if content.startswith("[") else zlib.decompress(base64.b85decode(content)).decode()


def _entry(step: FieldChange) -> Entry:
    return to_ms(step.at), step.field_id, step.before_id, step.before_text, step.after_id


def _steps(content: str) -> tuple[FieldChange, ...]:
    entries = json_text.decode(_unpacked(content), list[Entry])
    return tuple(
        FieldChange(
            at=from_ms(at), field_id=field_id, before_id=before_id, before_text=before_text, after_id=after_id
        )
        for at, field_id, before_id, before_text, after_id in entries
    )
