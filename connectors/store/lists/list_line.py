"""The line of an objective that lists filter and sort by, kept beside its state and made of text that both databases order alike.

Lists go by these columns, byte by byte, and read a state only where it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from functools import cache

from sqlalchemy import Connection, Insert, delete, insert

from connectors.store.database.instant import to_ms
from connectors.store.database.sql import among, plain, upsert
from connectors.store.schema import alignment, listing
from mappings.rollup.health import SEVERITY
from mappings.rollup.state import ObjectiveState

FINEST = 10**18
"""Progress is ordered to this part of a whole."""
LATEST = 10**15 - 1
LAST_NUMBER = 2**63 - 1
LONGEST = 4_000
UNKNOWN_LAST = "x"
BETWEEN = "\x01"
"""Stands between the parts of a place; no part holds anything lower than a blank."""
_UNPRINTED = dict.fromkeys(range(32), " ")


def values(site: str, state: ObjectiveState, changed_at: datetime) -> dict[str, str | int]:
    """The columns of one objective; nothing (no cycle, no project, no owner, no team) is the empty text."""
    owner = storable_text(state.owner or "")
    return {
        "site": site,
        "id": state.id,
        "cycle": storable_text(state.cycle_id or ""),
        "project": storable_text(state.project_key),
        "owner": owner,
        "health": str(SEVERITY[state.health.level]),
        "place": place(state.key or state.id, site, state.id),
        "progress": progress_place(state.progress),
        "changed": f"{LATEST - max(to_ms(changed_at), 0):015d}",
        "words": fold_text(f"{state.key} {state.title}"),
        "owner_words": fold_text(owner),
        "number": number(state.id),
        "team": storable_text(state.team or ""),
    }


def storable_text(text: str) -> str:
    """Text as both databases take it; what they do not take stays something, so that it is never taken for nothing."""
    return plain(text.replace("\x00", "\ufffd"), LONGEST)


def fold_text(text: str) -> str:
    """Text in which a search finds any case."""
    return storable_text(text.casefold())


def place(name: str, site: str, objective_id: str) -> str:
    """Where a name stands among others: PLAT-9 before PLAT-10; site and id tell apart what has the same name."""
    prefix, _, digits = name.rpartition("-")
    if not (digits.isdecimal() and digits.isascii()):
        prefix, digits = name, ""
    digits = digits.lstrip("0")
    parts = (prefix, f"{len(digits):04d}{digits}", site, objective_id)
    return BETWEEN.join(storable_text(part).translate(_UNPRINTED) for part in parts)


def progress_place(progress: Fraction | None) -> str:
    """Least progress first, unknown last."""
    if progress is None:
        return UNKNOWN_LAST
    return f"{int(min(max(progress, Fraction(0)), Fraction(10)) * FINEST):020d}"


def number(objective_id: str) -> int:
    """Numeric ids in numeric order, anything else after them (`mappings.facts.forest.issue_order`)."""
    return min(int(objective_id), LAST_NUMBER) if objective_id.isdecimal() else LAST_NUMBER


def keep(conn: Connection, line: dict[str, str | int], former: dict[str, str | int] | None) -> None:
    """Keep the line of an objective where it says something new."""
    if line == former:
        return
    conn.execute(_keeping(conn.dialect.name), line)


@cache
def _keeping(dialect: str) -> Insert:
    statement = upsert(dialect, listing)
    news = {column.name: statement.excluded[column.name] for column in listing.c if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=[listing.c.site, listing.c.id], set_=news)


def keep_alignment(conn: Connection, site: str, state: ObjectiveState, former: tuple[str, ...]) -> None:
    """Keep what an objective is aligned to, in its order."""
    if former == state.aligned_to:
        return
    conn.execute(delete(alignment).where(alignment.c.site == site, alignment.c.objective_id == state.id))
    rows = [
        {"site": site, "objective_id": state.id, "target_id": target, "position": position}
        for position, target in enumerate(dict.fromkeys(state.aligned_to))
    ]
    if rows:
        conn.execute(insert(alignment), rows)


def forget(conn: Connection, site: str, ids: Iterable[str]) -> None:
    """Take these objectives out of every list."""
    ids = list(ids)
    for table, column in ((listing, listing.c.id), (alignment, alignment.c.objective_id)):
        conn.execute(delete(table).where(table.c.site == site, among(conn, column, ids)))
