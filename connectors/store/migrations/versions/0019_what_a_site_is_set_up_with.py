"""What a site is set up with (catalogue, drafts, names, activations, background jobs) gets tables of its own, out of `fact`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FACT = sa.table("fact", sa.column("site"), sa.column("name"), sa.column("content"))
DRAFT = "draft:"
ERRAND = "errand:"


def upgrade() -> None:
    _table("catalogue", ["site"], ("content",), ("read_at?",))
    _table("api_version", ["site"], numbers=("version",))
    _table("webhook_state", ["site"], ("events?", "filters"), ("registered?", "enabled", "at"))
    op.create_table(
        "draft",
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", "account_id", name=op.f("pk_draft")),
    )
    _table("name_comparison", ["site"], ("revision", "renames", "absences"), ("at",))
    _table(
        "activation_run",
        ["site"],
        ("revision", "text", "file", "by", "failed"),
        ("large", "began", "seen", "done", "total?", "held"),
    )
    _table(
        "coming_mapping", ["site"], ("text", "revision", "scope", "fields", "metrics"), ("began", "complete")
    )
    _table("backfill", ["site"], ("revision",), ("at", "points"))
    _table("set_up_link", ["hash"], numbers=("until",))
    _table(
        "background_job",
        ["site", "name"],
        ("by", "state", "said", "todo"),
        ("began", "seen", "done", "total?", "at_first", "counting?"),
    )
    _move_site()
    _move_mapping()
    _move_work()


def _table(name: str, key: list[str], texts: tuple[str, ...] = (), numbers: tuple[str, ...] = ()) -> None:
    """Columns whose name ends with a question mark may be empty."""
    typed = [(column, sa.Text()) for column in texts] + [(column, sa.BigInteger()) for column in numbers]
    op.create_table(
        name,
        *(sa.Column(column, sa.Text(), nullable=False) for column in key),
        *(sa.Column(column.rstrip("?"), type_, nullable=column.endswith("?")) for column, type_ in typed),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}")),
    )


def _move_site() -> None:
    read = dict(_taken("catalogue_at"))
    _fill(
        "catalogue",
        [
            {
                "site": site,
                "content": json.dumps(content),
                "read_at": _ms(read[site]) if site in read else None,
            }
            for site, content in _taken("catalogue")
        ],
    )
    _fill("api_version", [{"site": site, "version": version} for site, version in _taken("api")])
    _fill(
        "webhook_state",
        [
            {
                "site": site,
                "registered": None if state["registered"] is None else int(state["registered"]),
                "enabled": int(state["enabled"]),
                "at": _ms(state["at"]),
                "events": None if state.get("events") is None else json.dumps(state["events"]),
                "filters": json.dumps(state.get("filters", [])),
            }
            for site, state in _taken("webhook_state")
        ],
    )


def _move_mapping() -> None:
    drafts = [
        {
            "site": site,
            "account_id": int(name.removeprefix(DRAFT)),
            "text": draft["text"],
            "base": draft["base"],
            "at": _ms(draft["at"]),
        }
        for site, name, draft in _all_taken(DRAFT)
    ]
    _fill("draft", drafts)
    _fill(
        "name_comparison",
        [
            {
                "site": site,
                "revision": found["revision"],
                "at": _ms(found["at"]),
                "renames": json.dumps(found.get("renames", [])),
                "absences": json.dumps(found.get("absences", [])),
            }
            for site, found in _taken("names")
        ],
    )
    _fill(
        "activation_run",
        [
            {
                "site": site,
                **{name: run[name] for name in ("revision", "text", "file", "by")},
                **{name: _ms(run[name]) for name in ("began", "seen")},
                "large": int(run["large"]),
                "done": run.get("done", 0),
                "total": run.get("total"),
                "failed": run.get("failed", ""),
                "held": int(run.get("held", False)),
            }
            for site, run in _taken("activating")
        ],
    )
    _fill(
        "coming_mapping",
        [
            {
                "site": site,
                **{name: coming[name] for name in ("text", "revision", "scope")},
                **{name: json.dumps(coming[name]) for name in ("fields", "metrics")},
                "began": _ms(coming["began"]),
                "complete": int(coming.get("complete", False)),
            }
            for site, coming in _taken("coming")
        ],
    )
    _fill(
        "backfill",
        [
            {"site": site, "revision": made["revision"], "at": _ms(made["at"]), "points": made["points"]}
            for site, made in _taken("backfilled")
        ],
    )


def _move_work() -> None:
    links = [{"hash": link["hash"], "until": link["until"]} for _, link in _taken("set_up_link")]
    _fill("set_up_link", links)
    jobs = [
        {
            "site": site,
            "name": name.removeprefix(ERRAND),
            "by": job["by"],
            **{part: _ms(job[part]) for part in ("began", "seen")},
            "state": job.get("state", "running"),
            "done": job.get("done", 0),
            "total": job.get("total"),
            "said": job.get("said", ""),
            "todo": job.get("todo", ""),
            "at_first": job.get("at_first", 0),
            "counting": _ms(job["counting"]) if job.get("counting") else None,
        }
        for site, name, job in _all_taken(ERRAND)
    ]
    _fill("background_job", jobs)


def _taken(name: str) -> Iterator[tuple[str, Any]]:
    """The values of this name by site, those that hold something; they leave the old table."""
    return iter([(site, value) for site, _, value in _values(FACT.c.name == name)])


def _all_taken(prefix: str) -> list[tuple[str, str, Any]]:
    """The same for all names that begin so."""
    return _values(FACT.c.name.startswith(prefix))


def _values(which: sa.ColumnElement[bool]) -> list[tuple[str, str, Any]]:
    bind = op.get_bind()
    rows = bind.execute(sa.select(FACT.c.site, FACT.c.name, FACT.c.content).where(which)).all()
    bind.execute(sa.delete(FACT).where(which))
    values = [(site, name, json.loads(content)) for site, name, content in rows]
    return [(site, name, value) for site, name, value in values if value is not None]


def _fill(name: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        op.bulk_insert(sa.table(name, *(sa.column(column) for column in rows[0])), rows)


def _ms(text: str) -> int:
    """Epoch milliseconds of an ISO time."""
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)
