"""The few places where SQLite and PostgreSQL are spoken to differently: upserts, sets of ids, text they both accept."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypeAlias, cast

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    Table,
    TableValuedAlias,
    Text,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite

StoredRow: TypeAlias = Row[tuple[object, ...]]
"""A row as the database gives it, its columns as attributes."""
Statement: TypeAlias = Select[tuple[object, ...]]
"""What is asked of the database, whatever its columns."""


def insert_into(conn: Connection, table: Table) -> postgresql.Insert:
    """An INSERT that knows ON CONFLICT; both dialects spell it alike."""
    return upsert(conn.dialect.name, table)


def upsert(dialect: str, table: Table) -> postgresql.Insert:
    """As `insert_into`, for a statement that is built once per dialect."""
    if dialect == "postgresql":
        return postgresql.insert(table)
    return cast("postgresql.Insert", sqlite.insert(table))


def among(conn: Connection, column: ColumnElement[str], values: Iterable[str]) -> ColumnElement[bool]:
    """Whether the column holds one of the values: one bound parameter however many there are, so the statement stays cached."""
    if _is_postgres(conn):
        return column == any_(_array(values))
    return column.in_(select(_json_each(values).c.value))


def among_given(dialect: str, column: ColumnElement[str]) -> ColumnElement[bool]:
    """As `among`, for a statement that is built once per dialect: its values come as the parameter `given`, see `bind_values`."""
    if dialect == "postgresql":
        return column == any_(bindparam("given", type_=ARRAY(Text)))
    return column.in_(select(given_rows(dialect).c.value))


def given_rows(dialect: str) -> FromClause:
    """The values of the parameter `given` as a table with one column `value`."""
    if dialect == "postgresql":
        array = bindparam("given", type_=ARRAY(Text))
        rows: FromClause = (
            func.unnest(array, type_=Text).table_valued("value", name="given_ids").render_derived()
        )
        return rows
    each: FromClause = func.json_each(bindparam("given", type_=Text), type_=Text).table_valued(
        "value", name="given_ids"
    )
    return each


def bind_values(conn: Connection, values: Iterable[str]) -> list[str] | str:
    """Values in the form in which the parameter `given` takes them."""
    return list(values) if _is_postgres(conn) else json.dumps(list(values))


def scan_column(conn: Connection, column: Column[Any]) -> ColumnElement[object]:
    """The column in a form that no index of SQLite serves: reading most of a table row by row from an index is four times dearer."""
    form: ColumnElement[object] = column
    if not _is_postgres(conn):
        form = literal_column(f"+{column.table.name}.{column.name}", column.type)
    return form


def hold(conn: Connection, name: str) -> None:
    """Other transactions that hold the same name wait until this one ends. SQLite has one writer at a time anyway."""
    if _is_postgres(conn):
        conn.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def plain(words: str, limit: int) -> str:
    """Text that both databases take: no NUL and no lone surrogate (PostgreSQL refuses them), at most `limit` characters."""
    return words[:limit].replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _is_postgres(conn: Connection) -> bool:
    return conn.dialect.name == "postgresql"


def _array(values: Iterable[str]) -> ColumnElement[object]:
    return bindparam(None, list(values), type_=ARRAY(Text), unique=True)


def _json_each(values: Iterable[str]) -> TableValuedAlias:
    return func.json_each(json.dumps(list(values)), type_=Text).table_valued("value", name="given")
