"""Which mirrored issues a JQL of the mapping selects, kept so that one objective need not look through all of them.

Holds at least what is selected: an issue too many does no harm, one too few is a bug. Queries are those of one mapping revision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, select

from connectors.store.database import sql
from connectors.store.database.sql import among, insert_into
from connectors.store.schema import candidate, candidate_query


def hold(conn: Connection, site: str) -> None:
    """Other transactions that fill or land wait until this one ends."""
    sql.hold(conn, f"{site}:candidates")


def queries(conn: Connection, site: str, revision: str) -> frozenset[str]:
    """The JQLs whose issues are known under this mapping revision."""
    mine = (candidate_query.c.site == site, candidate_query.c.revision == revision)
    return frozenset(conn.execute(select(candidate_query.c.jql).where(*mine)).scalars())


def ids(conn: Connection, site: str, wanted: Iterable[str]) -> frozenset[str]:
    """Ids of the issues these JQLs select; ask only for queries that are known."""
    mine = (candidate.c.site == site, among(conn, candidate.c.query, [_name(jql) for jql in wanted]))
    return frozenset(conn.execute(select(candidate.c.issue_id).where(*mine)).scalars())


def fill(conn: Connection, site: str, revision: str, found: Mapping[str, Iterable[str]]) -> None:
    """Make queries known: issue ids by JQL. What was known under another revision is forgotten. Hold the site before."""
    if not queries(conn, site, revision):
        for table in (candidate, candidate_query):
            conn.execute(delete(table).where(table.c.site == site))
    rows = [
        {"site": site, "query": _name(jql), "issue_id": issue_id}
        for jql, issue_ids in found.items()
        for issue_id in sorted(set(issue_ids))
    ]
    if rows:
        conn.execute(insert_into(conn, candidate).on_conflict_do_nothing(), rows)
    known = [{"site": site, "query": _name(jql), "revision": revision, "jql": jql} for jql in sorted(found)]
    if known:
        conn.execute(insert_into(conn, candidate_query).on_conflict_do_nothing(), known)


def land(conn: Connection, site: str, jql: str, gone: Iterable[str], come: Iterable[str]) -> None:
    """Follow changed issues: those a known query no longer selects, and those it does."""
    name = _name(jql)
    mine = (candidate.c.site == site, candidate.c.query == name)
    conn.execute(delete(candidate).where(*mine, among(conn, candidate.c.issue_id, gone)))
    rows = [{"site": site, "query": name, "issue_id": issue_id} for issue_id in sorted(come)]
    if rows:
        conn.execute(insert_into(conn, candidate).on_conflict_do_nothing(), rows)


def _name(jql: str) -> str:
    return hashlib.sha256(jql.encode()).hexdigest()[:32]
