"""What reads of a site and what holds its writes gets tables of its own, out of the values by name in `fact`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FACT = sa.table("fact", sa.column("site"), sa.column("name"), sa.column("content"))
RUN = sa.table("resync_run", sa.column("site"), sa.column("content"))
FAILURE = "read_failure:"


def upgrade() -> None:
    _table("read_wish", ["site"], numbers=("asked", "served", "at"))
    _table("full_read", ["site"], ("revision?",), ("at", "issues?", "wrong?"))
    _table("recent_read", ["site"], numbers=("at?", "wrong", "wrong_at?"))
    _table("watermark", ["site", "place"], ("under",), ("at",))
    _table("read_failure", ["site", "kind"], ("error", "remedy"), ("since", "at", "tries"))
    _table("last_reconcile", ["site"], numbers=("at",))
    _table("batch_size", ["site"], numbers=("deliveries",))
    _table("tombstone", ["site", "issue_id"], numbers=("at",), sqlite_with_rowid=False)
    op.create_index(op.f("ix_tombstone_at"), "tombstone", ["at"])
    _table("brake", ["site", "objective_id"], ("reason", "doubts"), ("at", "changes"))
    _table("edit_permit", ["site", "project"], numbers=("may",))
    _table("candidate_query", ["site", "query"], ("revision", "jql"))
    _move_reads()
    _move_work()


def _table(
    name: str, key: list[str], texts: tuple[str, ...] = (), numbers: tuple[str, ...] = (), **options: Any
) -> None:
    """Columns whose name ends with a question mark may be empty."""
    typed = [(column, sa.Text()) for column in texts] + [(column, sa.BigInteger()) for column in numbers]
    op.create_table(
        name,
        *(sa.Column(column, sa.Text(), nullable=False) for column in key),
        *(sa.Column(column.rstrip("?"), type_, nullable=column.endswith("?")) for column, type_ in typed),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}")),
        **options,
    )


def _move_reads() -> None:
    wanted = dict(_taken("resync_wanted"))
    _fill(
        "read_wish",
        [{"site": site, "asked": 1, "served": 0, "at": _instant(at)} for site, at in wanted.items()],
    )
    _count_wishes(wanted)
    revisions, drifts = dict(_taken("resynced_revision")), dict(_taken("drift"))
    full = [
        {
            "site": site,
            "at": _instant(at),
            "revision": revisions.get(site),
            "issues": drifts.get(site, {}).get("read"),
            "wrong": drifts.get(site, {}).get("issues"),
        }
        for site, at in _taken("last_resync")
    ]
    _fill("full_read", full)
    recent, wrong = dict(_taken("last_recent")), dict(_taken("drift_recent"))
    rows = []
    for site in sorted(recent.keys() | wrong.keys()):
        found = wrong.get(site)
        rows.append(
            {
                "site": site,
                "at": _instant(recent[site]) if site in recent else None,
                "wrong": found["issues"] if found else 0,
                "wrong_at": _instant(found["at"]) if found else None,
            }
        )
    _fill("recent_read", rows)
    marks = [("active", _taken("watermark")), ("coming", _taken("watermark_ahead"))]
    _fill(
        "watermark",
        [
            {"site": site, "place": place, "at": _instant(mark["at"]), "under": mark["under"]}
            for place, found_marks in marks
            for site, mark in found_marks
            if isinstance(mark, dict)
        ],
    )
    failures = [
        {
            "site": site,
            **{name: one[name] for name in ("kind", "tries", "error", "remedy")},
            **{name: _instant(one[name]) for name in ("since", "at")},
        }
        for kind in ("full", "recent")
        for site, one in _taken(FAILURE + kind)
    ]
    _fill("read_failure", failures)


def _count_wishes(wanted: dict[str, Any]) -> None:
    """A read that is under way names the wish it serves by its count."""
    bind = op.get_bind()
    for site, content in bind.execute(sa.select(RUN.c.site, RUN.c.content)).all():
        reached = json.loads(content)
        serves = reached.get("wanted") is not None and reached["wanted"] == wanted.get(site)
        told = json.dumps({**reached, "wanted": int(serves)})
        bind.execute(sa.update(RUN).where(RUN.c.site == site).values(content=told))


def _move_work() -> None:
    _fill("last_reconcile", [{"site": site, "at": _instant(at)} for site, at in _taken("last_reconcile")])
    _fill("batch_size", [{"site": site, "deliveries": size} for site, size in _taken("portion")])
    _fill(
        "tombstone",
        [
            {"site": site, "issue_id": id_, "at": _instant(at) + 1}
            for site, left in _taken("forgotten")
            for id_, at in left.items()
        ],
    )
    brakes = [
        {
            "site": site,
            "objective_id": id_,
            "reason": held["reason"],
            "at": _instant(held["at"]),
            "changes": held["count"],
            "doubts": json.dumps(held.get("rows", {}).get(id_, {})),
        }
        for site, held in _taken("brake")
        for id_ in held["objectives"]
    ]
    _fill("brake", brakes)
    permits = [
        {"site": site, "project": key, "may": int(may)}
        for site, known in _taken("may_edit")
        for key, may in known.items()
    ]
    _fill("edit_permit", permits)
    _fill(
        "candidate_query",
        [
            {"site": site, "query": _query(jql), "revision": known["revision"], "jql": jql}
            for site, known in _taken("candidates")
            for jql in known["queries"]
        ],
    )


def _taken(name: str) -> Iterator[tuple[str, Any]]:
    """The values of this name by site, those that hold something; they leave the old table."""
    bind = op.get_bind()
    rows = bind.execute(sa.select(FACT.c.site, FACT.c.content).where(FACT.c.name == name)).all()
    bind.execute(sa.delete(FACT).where(FACT.c.name == name))
    values = ((site, json.loads(content)) for site, content in rows)
    return iter([(site, value) for site, value in values if value is not None])


def _fill(name: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        op.bulk_insert(sa.table(name, *(sa.column(column) for column in rows[0])), rows)


def _instant(text: str) -> int:
    """Epoch milliseconds of an ISO time. Something else than a time meant at any rate that there was one: long ago."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0
    return _ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _ms(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


def _query(jql: str) -> str:
    return hashlib.sha256(jql.encode()).hexdigest()[:32]
