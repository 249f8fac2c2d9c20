"""What the list of objectives filters and sorts by, in a narrow table of its own, and the order of alignments.

SQLite reads whole rows: beside the states, five thousand objectives are thirty megabytes; here they are one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

AT_ONCE = 500
LONGEST = 4_000
SEVERITY = ("off_track", "at_risk", "unknown", "pending", "on_track", "achieved")
FINEST = 10**18
LATEST = 10**15 - 1
LAST_NUMBER = 2**63 - 1
UNPRINTED = dict.fromkeys(range(32), " ")


def upgrade() -> None:
    op.create_table(
        "listing",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("site", "id")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("cycle", "project", "owner", "health")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("place", "progress", "changed")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("words", "owner_words")),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", "id", name=op.f("pk_listing")),
        sqlite_with_rowid=False,
    )
    kinds = ("site", "cycle", "project", "owner", "health")
    op.create_index(op.f("ix_listing_site_cycle_project_owner_health"), "listing", kinds)
    op.create_index(op.f("ix_listing_site_number_id"), "listing", ("site", "number", "id"))
    op.drop_table("alignment")
    op.create_table(
        "alignment",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("objective_id", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", "objective_id", "target_id", name=op.f("pk_alignment")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_alignment_site_target_id_position"), "alignment", ("site", "target_id", "position")
    )
    _fill(op.get_bind())
    if op.get_bind().dialect.name == "postgresql":
        # Without statistics it places thousands forty times slower, and they come by themselves only minutes later.
        op.execute("ANALYZE listing")
        op.execute("ANALYZE alignment")


def _fill(conn: sa.Connection) -> None:
    lines = _table("listing", *_line("", {"id": "", "health": {"level": "unknown"}}, 0))
    alignments = _table("alignment", "site", "objective_id", "target_id", "position")
    for rows in _parts(conn):
        heads = [(site, json.loads(text), changed) for site, _, text, changed in rows]
        conn.execute(sa.insert(lines), [_line(*one) for one in heads])
        aligned = [line for site, head, _ in heads for line in _aligned(site, head)]
        if aligned:
            conn.execute(sa.insert(alignments), aligned)


def _parts(conn: sa.Connection) -> Iterator[list[Any]]:
    """All rows, some hundreds at a time."""
    table = _table("objective", "site", "id", "headline", "changed_at")
    place = sa.tuple_(table.c.site, table.c.id)
    statement = sa.select(table).order_by(table.c.site, table.c.id)
    rows = list(conn.execute(statement.limit(AT_ONCE)))
    while rows:
        yield rows
        last = sa.tuple_(sa.literal(rows[-1].site), sa.literal(rows[-1].id))
        rows = list(conn.execute(statement.where(place > last).limit(AT_ONCE)))


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in columns))


def _line(site: str, head: dict[str, Any], changed_at: int) -> dict[str, Any]:
    id_, key, owner = head["id"], head.get("key") or "", head.get("owner") or ""
    return {
        "site": site,
        "id": id_,
        "cycle": _plain(head.get("cycle_id") or ""),
        "project": _plain(head.get("project_key") or ""),
        "owner": _plain(owner),
        "health": str(SEVERITY.index(head["health"]["level"])),
        "place": _place(key or id_, site, id_),
        "progress": _progress(head.get("progress")),
        "changed": f"{LATEST - max(changed_at, 0):015d}",
        "words": _plain(f"{key} {head.get('title') or ''}".casefold()),
        "owner_words": _plain(_plain(owner).casefold()),
        "number": min(int(id_), LAST_NUMBER) if id_.isdecimal() else LAST_NUMBER,
    }


def _place(name: str, site: str, id_: str) -> str:
    prefix, _, digits = name.rpartition("-")
    if not (digits.isdecimal() and digits.isascii()):
        prefix, digits = name, ""
    digits = digits.lstrip("0")
    parts = (prefix, f"{len(digits):04d}{digits}", site, id_)
    return "\x01".join(_plain(part).translate(UNPRINTED) for part in parts)


def _progress(text: str | None) -> str:
    if text is None:
        return "x"
    return f"{int(min(max(Fraction(text), Fraction(0)), Fraction(10)) * FINEST):020d}"


def _plain(text: str) -> str:
    return text.replace("\x00", "\ufffd")[:LONGEST].encode("utf-8", "replace").decode("utf-8")


def _aligned(site: str, head: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for position, target in enumerate(dict.fromkeys(head.get("aligned_to") or ())):
        yield {"site": site, "objective_id": head["id"], "target_id": target, "position": position}
