"""Our own copy of the mapped facts of each issue, by issue id. Keeps what it is given; asks nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import islice
from typing import TypedDict

from sqlalchemy import Connection, Delete, Select, bindparam, func, select
from sqlalchemy import delete as delete_from
from sqlalchemy.dialects.postgresql import Insert

from connectors.store.database.engine import read_memory
from connectors.store.database.instant import from_ms, maybe_from_ms, to_ms
from connectors.store.database.sql import (
    Statement,
    StoredRow,
    among,
    among_given,
    bind_values,
    given_rows,
    insert_into,
    scan_column,
    upsert,
)
from connectors.store.mirror import former_titles
from connectors.store.mirror.issue_text import IssueMemory, IssueReader, text_of
from connectors.store.schema import former_key, former_title, issue, link
from connectors.store.visibility import past_sights
from mappings.facts.issue import Issue

PUT_AT_ONCE = 2_000
READ_AT_ONCE = 1_000

_Before = Mapping[str, tuple[str, int, str]]


class HeldIssues(Mapping[str, Issue]):
    """Issues as the mirror has them, by id, whose rows are locked until the transaction ends. Each is read when it is asked for."""

    def __init__(self, rows: _Before, reader: IssueReader) -> None:
        self.rows = rows
        self.text_of = reader.text_of if isinstance(reader, IssueMemory) else text_of
        self._reader = reader
        self._issues: dict[str, Issue] = {}

    def __getitem__(self, id_: str) -> Issue:
        found = self._issues.get(id_)
        if found is None:
            found = self._issues[id_] = self._reader.read(self.rows[id_][2])
        return found

    def __contains__(self, id_: object) -> bool:
        return id_ in self.rows

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


class _MirrorRow(TypedDict):
    site: str
    id: str
    key: str
    project_id: str
    type_id: str
    status_id: str
    parent_id: str | None
    updated: int
    content: str


def put(
    conn: Connection, site: str, issues: Iterable[Issue], held: HeldIssues | None = None
) -> frozenset[str]:
    """Keep these issues; the ids whose facts really changed. What is older than what we have (`updated`) changes nothing.

    `held`: what this transaction has read and locked of them, and has not changed since; it is not asked for again.
    """
    changed: set[str] = set()
    source = iter(issues)
    while batch := list(islice(source, PUT_AT_ONCE)):
        changed |= _put_batch(conn, site, _newest_by_id(batch), held)
    return frozenset(changed)


def get(
    conn: Connection, site: str, ids: Iterable[str], memory: IssueMemory | None = None
) -> dict[str, Issue]:
    """The issues we have of these ids. What the memory has read of them is not read again."""
    return {found.id: found for found in _read(conn, _by_id(conn.dialect.name), site, ids, memory)}


def hold(conn: Connection, site: str, ids: Iterable[str], memory: IssueMemory | None = None) -> HeldIssues:
    """As `get`, and nobody else changes them until this transaction ends. Ask for all at once: rows are locked in id order."""
    return HeldIssues(_before(conn, site, ids), memory or IssueReader())


def change(conn: Connection, site: str, id_: str, how: Callable[[Issue], Issue]) -> Issue | None:
    """Keep what `how` makes of an issue that we have; the issue as it was, None where we have none of this id."""
    before = _before(conn, site, [id_])
    if id_ not in before:
        return None
    known = IssueReader().read(before[id_][2])
    _keep(conn, site, {id_: how(known)}, before)
    return known


def delete(conn: Connection, site: str, ids: Iterable[str]) -> None:
    """Forget these issues, their links, and their former keys and titles."""
    ids = list(ids)
    if not ids:
        return
    past_sights.keep_of_departing(conn, site, ids)
    for table, column in (
        (issue, issue.c.id),
        (link, link.c.issue_id),
        (former_key, former_key.c.issue_id),
        (former_title, former_title.c.issue_id),
    ):
        conn.execute(delete_from(table).where(table.c.site == site, among(conn, column, ids)))


def subtree(conn: Connection, site: str, root_ids: Iterable[str]) -> list[Issue]:
    """The roots and everything below them by parent; a circle in the data is walked once."""
    return _read(conn, _below(conn.dialect.name), site, root_ids)


def load_above(conn: Connection, site: str, ids: Iterable[str]) -> list[Issue]:
    """Every issue above these in Jira's hierarchy, with these themselves. A circle is walked once."""
    return _read(conn, _above(conn.dialect.name), site, ids)


def load_below(conn: Connection, site: str, root_ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """By root its own id and those of everything below it by parent. A transaction that only reads walks once, however often it asks."""
    found, known = {}, read_memory(conn)
    for root in root_ids:
        walked = None if known is None else known.get((load_below, site, root))
        ids: frozenset[str] = walked if isinstance(walked, frozenset) else _below_ids(conn, site, root)
        found[root] = ids
        if known is not None:
            known[load_below, site, root] = ids
    return found


def _below_ids(conn: Connection, site: str, root: str) -> frozenset[str]:
    asked = {"site": site, "given": bind_values(conn, [root])}
    return frozenset(conn.execute(_tree(conn.dialect.name), asked).scalars())


def children(conn: Connection, site: str, ids: Iterable[str]) -> list[Issue]:
    """The issues whose parent is one of these."""
    return _read(conn, _children(conn.dialect.name), site, ids)


def load_linked(conn: Connection, site: str, ids: Iterable[str]) -> list[Issue]:
    """The issues that these link to or that link to these, by any phrase."""
    return _read(conn, _linked(conn.dialect.name), site, ids)


def every(conn: Connection, site: str) -> Iterator[Issue]:
    """All issues in no order, streamed: memory stays flat however many there are. Read on within the same transaction."""
    reader = IssueReader()
    for row in _stream(conn, select(issue.c.content).where(scan_column(conn, issue.c.site) == site)):
        yield reader.read(row.content)


def ids(conn: Connection, site: str) -> Iterator[tuple[str, datetime]]:
    """Id and `updated` of all issues, streamed."""
    for row in _stream(conn, select(issue.c.id, issue.c.updated).where(issue.c.site == site)):
        yield row.id, from_ms(row.updated)


def count(conn: Connection, site: str) -> int:
    """How many issues we have."""
    return conn.execute(select(func.count()).select_from(issue).where(issue.c.site == site)).scalar_one()


def sizes(conn: Connection, site: str, project_ids: Iterable[str]) -> dict[str, int]:
    """How many issues of these projects we have."""
    mine = (issue.c.site == site, among(conn, issue.c.project_id, project_ids))
    counted = select(issue.c.project_id, func.count()).where(*mine).group_by(issue.c.project_id)
    return dict(iter(conn.execute(counted)))


def by_place(conn: Connection, site: str, ids: Iterable[str]) -> dict[tuple[str, str], list[str]]:
    """Those of these issues that we have, by the ids of their project and type. No issue is read."""
    found: dict[tuple[str, str], list[str]] = {}
    wanted = select(issue.c.project_id, issue.c.type_id, issue.c.id).where(issue.c.site == site)
    for project_id, type_id, id_ in conn.execute(wanted.where(among(conn, issue.c.id, ids))).all():
        found.setdefault((project_id, type_id), []).append(id_)
    return found


def id_of_key(conn: Connection, site: str, key: str) -> str | None:
    """The id of the issue that has this key, else of the one that had it last before it moved."""
    holders = select(issue.c.updated, issue.c.id).where(issue.c.site == site, issue.c.key == key)
    # Sorted here: for ORDER BY … LIMIT 1 SQLite would walk the whole index by `updated`.
    current: list[tuple[int, str]] = sorted((updated, id_) for updated, id_ in conn.execute(holders))
    if current:
        return current[-1][1]
    former = select(former_key.c.issue_id).where(former_key.c.site == site, former_key.c.key == key)
    return conn.execute(former).scalar()


def former_keys(conn: Connection, site: str) -> dict[str, str]:
    """Ids by keys that issues had before they were moved."""
    rows = conn.execute(select(former_key.c.key, former_key.c.issue_id).where(former_key.c.site == site))
    return {row.key: row.issue_id for row in rows}


def newest(conn: Connection, site: str) -> datetime | None:
    """The latest `updated` we have: where an incremental read goes on."""
    latest = conn.execute(select(func.max(issue.c.updated)).where(issue.c.site == site)).scalar()
    return maybe_from_ms(latest)


def _newest_by_id(batch: Sequence[Issue]) -> dict[str, Issue]:
    """By id and sorted by it: PostgreSQL locks rows in this order, so two writers never wait for each other in a circle."""
    kept: dict[str, Issue] = {}
    for found in batch:
        seen = kept.get(found.id)
        if seen is None or found.updated >= seen.updated:
            kept[found.id] = found
    return dict(sorted(kept.items()))


def _put_batch(conn: Connection, site: str, batch: Mapping[str, Issue], held: HeldIssues | None) -> set[str]:
    if held is None:
        return _keep(conn, site, batch, _before(conn, site, batch))
    rest = [id_ for id_ in batch if id_ not in held]
    before = {**held.rows, **_before(conn, site, rest)} if rest else held.rows
    return _keep(conn, site, batch, before, held.text_of)


def _keep(
    conn: Connection,
    site: str,
    batch: Mapping[str, Issue],
    before: _Before,
    said: Callable[[Issue], str] = text_of,
) -> set[str]:
    """What is news among the batch, whose rows are locked."""
    news = ((found, text) for found in batch.values() if _is_news(found, text := said(found), before))
    rows = [_row(site, found, text) for found, text in news]
    if rows:
        conn.execute(_upsert(conn.dialect.name), rows)
        changed = [batch[row["id"]] for row in rows]
        reader = IssueReader()
        earlier = {one.id: reader.read(before[one.id][2]) for one in changed if one.id in before}
        _keep_links(conn, site, changed, earlier)
        _keep_former_keys(conn, site, rows, before)
        _keep_former_titles(conn, site, changed, earlier)
    return {row["id"] for row in rows}


def _before(conn: Connection, site: str, ids: Iterable[str]) -> _Before:
    """Key, `updated` and content of what we have. The rows stay locked, so that what is news now is news when it is written."""
    found = conn.execute(_locked(conn.dialect.name), {"site": site, "given": bind_values(conn, ids)})
    return {issue_id: (key, updated, content) for issue_id, key, updated, content in found.all()}


def _is_news(found: Issue, text: str, before: _Before) -> bool:
    if found.id not in before:
        return True
    _, updated, content = before[found.id]
    return text != content and to_ms(found.updated) >= updated


@cache
def _upsert(dialect: str) -> Insert:
    """The condition repeats what was just read: a writer that came between on a new id must not be overwritten either."""
    statement = upsert(dialect, issue)
    news = {
        column.name: statement.excluded[column.name]
        for column in issue.c
        if column.name not in ("site", "id")
    }
    return statement.on_conflict_do_update(
        index_elements=[issue.c.site, issue.c.id],
        set_=news,
        where=statement.excluded.updated >= issue.c.updated,
    )


@cache
def _unlinking(dialect: str) -> Delete:
    return delete_from(link).where(link.c.site == bindparam("site"), among_given(dialect, link.c.issue_id))


def _keep_links(conn: Connection, site: str, changed: Sequence[Issue], earlier: Mapping[str, Issue]) -> None:
    linked = {id_: _links(found) for id_, found in earlier.items()}
    changed = [found for found in changed if linked.get(found.id, _NO_LINKS) != _links(found)]
    known = [found.id for found in changed if linked.get(found.id)]
    if known:
        conn.execute(_unlinking(conn.dialect.name), {"site": site, "given": bind_values(conn, known)})
    rows = [
        {"site": site, "issue_id": found.id, "phrase": phrase, "other_id": other}
        for found in changed
        for phrase, other in sorted(_links(found))
    ]
    if rows:
        conn.execute(insert_into(conn, link).on_conflict_do_nothing(), rows)


_NO_LINKS: frozenset[tuple[str, str]] = frozenset()


def _links(found: Issue) -> frozenset[tuple[str, str]]:
    """The phrases, as they are compared, and the issues at the other ends."""
    return frozenset((each.phrase.casefold(), each.issue_id) for each in found.links)


def _keep_former_keys(conn: Connection, site: str, rows: Sequence[_MirrorRow], before: _Before) -> None:
    former = [
        {"site": site, "key": before[row["id"]][0], "issue_id": row["id"]}
        for row in rows
        if row["id"] in before and before[row["id"]][0] != row["key"]
    ]
    if former:
        statement = insert_into(conn, former_key)
        conn.execute(
            statement.on_conflict_do_update(
                index_elements=[former_key.c.site, former_key.c.key],
                set_={"issue_id": statement.excluded.issue_id},
            ),
            former,
        )


def _keep_former_titles(
    conn: Connection, site: str, changed: Sequence[Issue], earlier: Mapping[str, Issue]
) -> None:
    for found in changed:
        before = earlier.get(found.id)
        if before is not None and before.summary != found.summary:
            former_titles.keep(conn, site, {found.id: before.summary}, to_ms(found.updated))


def _row(site: str, found: Issue, text: str) -> _MirrorRow:
    return {
        "site": site,
        "id": found.id,
        "key": found.key,
        "project_id": found.project.id,
        "type_id": found.type.id,
        "status_id": found.status.id,
        "parent_id": found.parent_id,
        "updated": to_ms(found.updated),
        "content": text,
    }


# Statements of every reconcile are built once: building one takes SQLAlchemy longer than the database takes to answer it.
_CONTENTS = select(issue.c.content).where(issue.c.site == bindparam("site"))


@cache
def _by_id(dialect: str) -> Select[str]:
    return _CONTENTS.where(among_given(dialect, issue.c.id))


@cache
def _children(dialect: str) -> Select[str]:
    return _CONTENTS.where(among_given(dialect, issue.c.parent_id))


@cache
def _below(dialect: str) -> Select[str]:
    return _CONTENTS.where(issue.c.id.in_(_tree(dialect)))


@cache
def _tree(dialect: str) -> Select[str]:
    tree = select(given_rows(dialect).c.value.label("id")).cte("tree", recursive=True)
    under = select(issue.c.id).join(tree, issue.c.parent_id == tree.c.id)
    tree = tree.union(under.where(issue.c.site == bindparam("site")))
    return select(tree.c.id)


@cache
def _above(dialect: str) -> Select[str]:
    tree = select(given_rows(dialect).c.value.label("id")).cte("tree", recursive=True)
    parents = select(issue.c.parent_id).join(tree, issue.c.id == tree.c.id)
    tree = tree.union(parents.where(issue.c.site == bindparam("site"), issue.c.parent_id.is_not(None)))
    return _CONTENTS.where(issue.c.id.in_(select(tree.c.id)))


@cache
def _linked(dialect: str) -> Select[str]:
    mine = link.c.site == bindparam("site")
    there = select(link.c.other_id).where(mine, among_given(dialect, link.c.issue_id))
    back = select(link.c.issue_id).where(mine, among_given(dialect, link.c.other_id))
    return _CONTENTS.where(issue.c.id.in_(there.union(back)))


@cache
def _locked(dialect: str) -> Select[str, str, int, str]:
    wanted = (issue.c.site == bindparam("site"), among_given(dialect, issue.c.id))
    columns = select(issue.c.id, issue.c.key, issue.c.updated, issue.c.content)
    return columns.where(*wanted).order_by(issue.c.id).with_for_update()


def _read(
    conn: Connection,
    statement: Select[str],
    site: str,
    ids: Iterable[str],
    memory: IssueMemory | None = None,
) -> list[Issue]:
    reader = memory or IssueReader()
    rows = conn.execute(statement, {"site": site, "given": bind_values(conn, ids)})
    return [reader.read(content) for part in rows.partitions(READ_AT_ONCE) for (content,) in part]


def _stream(conn: Connection, statement: Statement) -> Iterator[StoredRow]:
    options = {"stream_results": True, "yield_per": READ_AT_ONCE}
    with conn.execute(
        statement, execution_options=options
    ) as result:  # closed too where nobody reads to the end
        for part in result.partitions():
            yield from part
