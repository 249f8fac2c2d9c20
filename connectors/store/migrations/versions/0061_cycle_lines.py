"""What the lists of cycles that are over show: each objective as it stood, from the records of closings, and from the ends that were noted.

An objective that was carried on had left the list of its closed cycle.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

LONGEST = 4_000
SEVERITY = ("off_track", "at_risk", "unknown", "pending", "on_track", "achieved")
FINEST = 10**18
LATEST = 10**15 - 1
LAST_NUMBER = 2**63 - 1
UNPRINTED = dict.fromkeys(range(32), " ")
HEADLINE = (
    *(
        "id",
        "title",
        "health",
        "key",
        "owner",
        "project_key",
        "cycle_id",
        "commitment",
        "progress",
        "delivery",
    ),
    *("outcome", "expected", "flags", "aligned_to", "confidence", "team", "perspective", "span"),
)
IN_THE_NUMBER = ("counted", "not_achieved", "checked_in", "beside")
TEXTS = ("project", "owner", "health", "place", "progress", "changed", "words", "owner_words")
AFTER = ("headline", "served", "counted")


def upgrade() -> None:
    op.create_table(
        "cycle_list",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("site", "cycle")),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", "cycle", name=op.f("pk_cycle_list")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "cycle_line",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("site", "cycle", "id", *TEXTS)),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("changed_at", "ends_at")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in AFTER),
        sa.PrimaryKeyConstraint("site", "cycle", "id", name=op.f("pk_cycle_line")),
    )
    op.create_index(op.f("ix_cycle_line_site_id"), "cycle_line", ("site", "id"))
    op.create_table(
        "cycle_alignment",
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("site", "cycle", "objective_id", "target_id")
        ),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "site", "cycle", "objective_id", "target_id", name=op.f("pk_cycle_alignment")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_cycle_alignment_site_cycle_target_id"), "cycle_alignment", ("site", "cycle", "target_id")
    )
    _fill(op.get_bind())
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ANALYZE cycle_line")
        op.execute("ANALYZE cycle_alignment")


def downgrade() -> None:
    for name in ("cycle_alignment", "cycle_line", "cycle_list"):
        op.drop_table(name)


def _fill(conn: sa.Connection) -> None:
    closed = _closed(conn)
    ends = _table("cycle_end", "site", "objective_id", "cycle_id", "ends_at", "noted_at", "content")
    told: dict[tuple[str, str], dict[str, tuple[int, list[str]]]] = {}
    lists = dict(closed)
    for row in conn.execute(sa.select(ends).order_by(ends.c.site, ends.c.cycle_id, ends.c.objective_id)):
        whose, end = (row.site, row.cycle_id), json.loads(zlib.decompress(row.content))
        served = [one["id"] for one in end.get("aligned") or () if one["id"] != row.objective_id]
        told.setdefault(whose, {})[row.objective_id] = (row.ends_at, served)
        if whose not in closed:
            lists[whose] = 0
            _keep(conn, whose, end["state"], row.noted_at, (row.ends_at, served))
    records = _table(
        "closing", "site", "number", "cycle_id", "version", "kind", "objective_id", "at", "content"
    )
    for whose, version in closed.items():
        mine = (records.c.site == whose[0], records.c.cycle_id == whose[1], records.c.version == version)
        found = sa.select(records).where(*mine, records.c.kind == "objective").order_by(records.c.number)
        for row in conn.execute(found):
            state = json.loads(zlib.decompress(row.content))["state"]
            _keep(conn, whose, state, row.at, told.get(whose, {}).get(row.objective_id, (row.at, [])))
    rows = [
        {"site": site, "cycle": _plain(cycle), "version": version} for (site, cycle), version in lists.items()
    ]
    if rows:
        conn.execute(sa.insert(_table("cycle_list", "site", "cycle", "version")), rows)


def _closed(conn: sa.Connection) -> dict[tuple[str, str], int]:
    """The version of each cycle that is closed now, by site and cycle."""
    acts = _table("closing", "site", "number", "cycle_id", "version", "kind")
    last: dict[tuple[str, str], tuple[str, int]] = {}
    wanted = sa.select(acts).where(acts.c.kind != "objective").order_by(acts.c.site, acts.c.number)
    for row in conn.execute(wanted):
        last[row.site, row.cycle_id] = (row.kind, row.version)
    return {whose: version for whose, (kind, version) in last.items() if kind == "closed"}


def _keep(
    conn: sa.Connection,
    whose: tuple[str, str],
    state: dict[str, Any],
    changed_at: int,
    end: tuple[int, list[str]],
) -> None:
    site, cycle = whose[0], _plain(whose[1])
    line = _line(site, cycle, state, changed_at, end)
    conn.execute(sa.insert(_table("cycle_line", *line)), line)
    aligned = [
        {"site": site, "cycle": cycle, "objective_id": state["id"], "target_id": target, "position": position}
        for position, target in enumerate(dict.fromkeys(state.get("aligned_to") or ()))
    ]
    if aligned:
        conn.execute(sa.insert(_table("cycle_alignment", *aligned[0])), aligned)


def _line(
    site: str, cycle: str, state: dict[str, Any], changed_at: int, end: tuple[int, list[str]]
) -> dict[str, Any]:
    id_, key, owner = state["id"], state.get("key") or "", state.get("owner") or ""
    head = {name: state[name] for name in sorted(HEADLINE) if name in state}
    return {
        "site": site,
        "cycle": cycle,
        "id": id_,
        "project": _plain(state.get("project_key") or ""),
        "owner": _plain(owner),
        "health": str(SEVERITY.index(state["health"]["level"])),
        "place": _place(key or id_, site, id_),
        "progress": _progress(state.get("progress")),
        "changed": f"{LATEST - max(changed_at, 0):015d}",
        "words": _plain(f"{key} {state.get('title') or ''}".casefold()),
        "owner_words": _plain(_plain(owner).casefold()),
        "number": min(int(id_), LAST_NUMBER) if id_.isdecimal() else LAST_NUMBER,
        "team": _plain(state.get("team") or ""),
        "changed_at": changed_at,
        "ends_at": end[0],
        "headline": _text(head),
        "served": _text(end[1]),
        "counted": _text(sorted(_counted(state))),
    }


def _counted(state: dict[str, Any]) -> Iterator[str]:
    """The issues that make up its numbers."""
    every: set[str] = {state.get("issue_id") or ""}
    ledgers = [state.get("ledger"), state.get("beside")]
    for one in state.get("key_results") or ():
        every.add(one.get("issue_id") or "")
        ledgers.append(one["measurement"].get("ledger"))
    for row in _rows(ledgers):
        if row.get("disposition") in IN_THE_NUMBER:
            every.add(row["id"])
    return (one for one in every if one.isdigit())


def _rows(ledgers: Iterable[dict[str, Any] | None]) -> Iterator[dict[str, Any]]:
    return (row for ledger in ledgers for row in (ledger or {}).get("rows") or ())


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in columns))


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
