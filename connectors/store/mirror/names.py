"""What objectives are called, many at once and without their ledgers."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection, select

from connectors.store.database import json_text
from connectors.store.database.sql import among
from connectors.store.schema import objective


class ObjectiveName(msgspec.Struct, frozen=True, gc=False):
    """Key (empty where no issue stands for it) and title."""

    key: str = ""
    title: str = ""


def names(conn: Connection, site: str, ids: Iterable[str]) -> dict[str, ObjectiveName]:
    """By id, in one statement; those that are no objectives any more are left out."""
    ids = list(ids)
    if not ids:
        return {}
    mine = (objective.c.site == site, among(conn, objective.c.id, ids))
    decode = json_text.decoder(ObjectiveName).decode
    found = conn.execute(select(objective.c.id, objective.c.headline).where(*mine))
    return {id_: decode(headline) for id_, headline in found}
