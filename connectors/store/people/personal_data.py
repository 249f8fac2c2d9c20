"""What is kept of a person by their address, wherever it is: to be given out, and to be erased.

Every text of every table is looked at, so that no table can be forgotten; left out is what Jira tells of its own people.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Connection, Table, Text, delete, func, or_, select, update

from connectors.store.schema import (
    account,
    audit,
    delivery,
    idempotency_answer,
    issue,
    issue_history,
    metadata,
    opt_out,
    outbox,
    told_level,
)

OF_JIRA = (issue, issue_history, delivery)
"""Copies of what Jira says, of which Jira is the place to erase it; deliveries are forgotten by themselves."""
OF_THEIRS = (outbox, opt_out, told_level)
"""Rows that are of one recipient, who is gone."""


@dataclass(frozen=True, slots=True)
class PersonalRow:
    """One row that names a person."""

    table: str
    values: dict[str, object]


def rows(
    conn: Connection, email: str, account_id: int | None, hidden: frozenset[str]
) -> Iterator[PersonalRow]:
    """Every row that names the address or is of the account, without the columns that are nobody's to see (hashes and sealed secrets)."""
    for table in _tables():
        named = [_names(column, email) for column in _texts(table)]
        if account_id is not None and "account_id" in table.columns:
            named.append(table.columns["account_id"] == account_id)
        if not named:
            continue
        for row in conn.execute(select(table).where(or_(*named))).mappings():
            kept = {str(name): value for name, value in row.items() if name not in hidden}
            yield PersonalRow(table.name, {k: v for k, v in kept.items() if not isinstance(v, bytes)})


def erase(conn: Connection, email: str, stand_in: str) -> int:
    """Put the stand-in wherever the address stood, but for the audit log and the account itself; how many rows."""
    changed = 0
    for table in _tables():
        if table in OF_THEIRS:
            changed += conn.execute(delete(table).where(func.lower(table.c.recipient) == email)).rowcount
        if table in (audit, account, idempotency_answer):
            continue
        for column in _texts(table):
            for found, made in spellings(email, stand_in):
                values = {column.name: func.replace(column, found, made)}
                changed += conn.execute(update(table).where(_holds(column, found)).values(values)).rowcount
    return changed


def spellings(email: str, stand_in: str) -> tuple[tuple[str, str], ...]:
    """How an address stands in the store: alone, before the name of a token, and as a text within a document."""
    quoted = json.dumps(email, ensure_ascii=False)
    return (
        (email, stand_in),
        (f"{email} (token ", f"{stand_in} (token "),
        (quoted, json.dumps(stand_in)),
        (f"{quoted[:-1]} (token ", f'"{stand_in} (token '),
    )


def _tables() -> list[Table]:
    return [table for table in metadata.sorted_tables if table not in OF_JIRA]


def _texts(table: Table) -> list[Column[str]]:
    return [column for column in table.columns if isinstance(column.type, Text)]


def reword_text(text: str, email: str, stand_in: str) -> str:
    """A text of the store with the stand-in wherever the address stood: at its beginning as a label, or quoted within."""
    if text == email or text.startswith(f"{email} (token "):
        return stand_in + text[len(email) :]
    for found, made in spellings(email, stand_in)[2:]:
        text = text.replace(found, made)
    return text


def _holds(column: Column[str], found: str) -> ColumnElement[bool]:
    """Whether the column holds this spelling; what is not quoted begins the text, else it may be the end of another address."""
    if found.startswith('"'):
        return column.contains(found, autoescape=True)
    return column.startswith(found, autoescape=True) if found.endswith("(token ") else column == found


def _names(column: Column[str], email: str) -> ColumnElement[bool]:
    return or_(*(_holds(column, found) for found, _ in spellings(email, "")))
