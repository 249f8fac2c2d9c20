"""Which issues of the mirror are meant by ids and keys that stand somewhere, with the words that would give them away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, or_, select

from connectors.store.database import json_text
from connectors.store.database.sql import among
from connectors.store.mirror import former_titles
from connectors.store.schema import former_key, issue


@dataclass(frozen=True, slots=True)
class Mention:
    """An issue that is meant somewhere: its key and its title, and those it had before."""

    id: str
    key: str
    title: str
    former_keys: tuple[str, ...] = ()
    former_titles: tuple[str, ...] = ()


class _Title(msgspec.Struct):
    summary: str = ""


def mentions(conn: Connection, site: str, ids: Iterable[str], keys: Iterable[str]) -> dict[str, Mention]:
    """By id; what the mirror does not hold is left out."""
    asked, named = set(ids), list(keys)
    former = select(former_key.c.key, former_key.c.issue_id).where(
        former_key.c.site == site, among(conn, former_key.c.key, named)
    )
    asked |= {row.issue_id for row in conn.execute(former)}
    meant = or_(among(conn, issue.c.id, asked), among(conn, issue.c.key, named))
    rows = conn.execute(
        select(issue.c.id, issue.c.key, issue.c.content).where(issue.c.site == site, meant)
    ).all()
    mine = (former_key.c.site == site, among(conn, former_key.c.issue_id, [row.id for row in rows]))
    before: dict[str, list[str]] = {}
    for row in conn.execute(select(former_key.c.key, former_key.c.issue_id).where(*mine)):
        before.setdefault(row.issue_id, []).append(row.key)
    called = former_titles.load_titles(conn, site, [row.id for row in rows])
    decode = json_text.decoder(_Title).decode
    return {
        row.id: Mention(
            id=row.id,
            key=row.key,
            title=decode(row.content).summary,
            former_keys=tuple(before.get(row.id, ())),
            former_titles=called.get(row.id, ()),
        )
        for row in rows
    }
