"""The tables of the mirror: what was read of issues."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text

from connectors.store.schema import columns

issue = Table(
    "issue",
    columns.metadata,
    columns.site(),
    columns.part("id"),
    columns.text("key"),
    columns.text("project_id"),
    columns.text("type_id"),
    columns.text("status_id"),
    Column("parent_id", Text),
    columns.number("updated"),
    columns.text("content"),
    Index(None, "site", "parent_id", "id"),
    Index(None, "site", "key"),
    Index(None, "site", "updated", "id"),
)

link = Table(
    "link",
    columns.metadata,
    columns.site(),
    columns.part("issue_id"),
    columns.part("phrase"),
    columns.part("other_id"),
    Index(None, "site", "other_id"),
    sqlite_with_rowid=False,
)

former_key = Table(
    "former_key",
    columns.metadata,
    columns.site(),
    columns.part("key"),
    columns.text("issue_id"),
    Index(None, "site", "issue_id"),
    sqlite_with_rowid=False,
)

former_title = Table(
    "former_title",
    columns.metadata,
    columns.site(),
    columns.part("issue_id"),
    columns.part("digest"),
    columns.text("title"),
    columns.number("at"),
)

state_change = Table(
    "state_change",
    columns.metadata,
    columns.site(),
    columns.part("issue_id"),
    Column("at", BigInteger, primary_key=True),
    columns.part("kind"),
    columns.part("thing_id"),
    columns.text("name"),
    columns.text("was"),
    columns.text("now"),
    Index(None, "site", "at"),
    sqlite_with_rowid=False,
)

issue_history = Table(
    "issue_history",
    columns.metadata,
    columns.site(),
    columns.part("issue_id"),
    columns.number("updated"),
    columns.text("fields"),
    columns.text("content"),
    sqlite_with_rowid=False,
)

candidate = Table(
    "candidate",
    columns.metadata,
    columns.site(),
    columns.part("query"),
    columns.part("issue_id"),
    sqlite_with_rowid=False,
)

candidate_query = Table(
    "candidate_query",
    columns.metadata,
    columns.site(),
    columns.part("query"),
    columns.text("revision"),
    columns.text("jql"),
)
