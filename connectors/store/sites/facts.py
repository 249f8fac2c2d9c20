"""Small JSON values of a site by name: the catalogue snapshot, watermarks, the last resync, drift."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from connectors.store.database import json_text
from connectors.store.database.sql import upsert
from connectors.store.schema import fact

_CONTENT = select(fact.c.content).where(
    fact.c.site == bindparam("of_site"), fact.c.name == bindparam("of_name")
)


def get(conn: Connection, site: str, name: str, shape: Any = object) -> Any:
    """The value, as the type `shape` (a dataclass, say) where one is named; None where there is none."""
    text = conn.execute(_CONTENT, {"of_site": site, "of_name": name}).scalar()
    return None if text is None else json_text.decode(text, shape)


def known(conn: Connection, site: str, name: str) -> bool:
    """Whether there is such a fact; some are long, and this does not read them."""
    return (
        conn.execute(select(fact.c.name).where(fact.c.site == site, fact.c.name == name)).first() is not None
    )


def put(conn: Connection, site: str, name: str, value: object) -> None:
    """Keep the value in the place of the former one: plain JSON values, or anything a dataclass of them."""
    content = json_text.encode(value)
    conn.execute(_keeping(conn.dialect.name), {"site": site, "name": name, "content": content})


@cache
def _keeping(dialect: str) -> Any:
    statement = upsert(dialect, fact)
    return statement.on_conflict_do_update(
        index_elements=[fact.c.site, fact.c.name], set_={"content": statement.excluded.content}
    )


def take(conn: Connection, site: str, name: str, shape: Any = object) -> Any:
    """The value, and from now on there is none: of those who take it together, one gets it. None where there is none."""
    mine = (fact.c.site == site, fact.c.name == name)
    text = conn.execute(delete(fact).where(*mine).returning(fact.c.content)).scalar()
    return None if text is None else json_text.decode(text, shape)
