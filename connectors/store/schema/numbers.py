"""The tables of numbers: objectives, what lists need of them, their history, KPIs, check-ins."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text, text

from connectors.store.schema import columns

WAITING = text("key_result_id = '' AND judged_on IS NULL")
"""Which forecasts say that those of an objective wait for the end of a cycle: few, among all of its key results."""
JUDGED = text("came_true IS NOT NULL")
"""Which forecasts are counted."""

objective = Table(
    "objective",
    columns.metadata,
    columns.site(),
    columns.part("id"),
    columns.text("mapping_revision"),
    columns.number("computed_at"),
    columns.number("changed_at"),
    columns.text("headline"),
    columns.text("content"),
)

listing = Table(
    "listing",
    columns.metadata,
    columns.site(),
    columns.part("id"),
    columns.text("cycle"),
    columns.text("project"),
    columns.text("owner"),
    columns.text("health"),
    columns.text("place"),
    columns.text("progress"),
    columns.text("changed"),
    columns.text("words"),
    columns.text("owner_words"),
    columns.number("number"),
    Column("team", Text, nullable=False, server_default=""),
    Index(None, "site", "cycle", "project", "owner", "health", "team"),
    Index(None, "site", "number", "id"),
    sqlite_with_rowid=False,
)

dependency = Table(
    "dependency",
    columns.metadata,
    columns.site(),
    columns.part("issue_id"),
    columns.part("objective_id"),
    Index(None, "site", "objective_id"),
    sqlite_with_rowid=False,
)

alignment = Table(
    "alignment",
    columns.metadata,
    columns.site(),
    columns.part("objective_id"),
    columns.part("target_id"),
    columns.number("position"),
    Index(None, "site", "target_id", "position"),
    sqlite_with_rowid=False,
)

history = Table(
    "history",
    columns.metadata,
    columns.serial(),
    columns.text("site"),
    columns.text("objective_id"),
    columns.number("at"),
    Column("progress", Text),
    Column("delivery", Text),
    Column("outcome", Text),
    Column("expected", Text),
    columns.text("health"),
    columns.text("mapping_revision"),
    Column("backfilled", BigInteger, nullable=False, server_default="0"),
    Index(None, "site", "objective_id", "at"),
)

snapshot = Table(
    "snapshot",
    columns.metadata,
    columns.serial(),
    columns.text("site"),
    columns.text("objective_id"),
    columns.number("at"),
    columns.text("mapping_revision"),
    Column("backfilled", BigInteger, nullable=False, server_default="0"),
    Column("content", LargeBinary, nullable=False),
    Column("base_id", BigInteger),
    Index(None, "site", "objective_id", "at"),
)

snapshot_base = Table(
    "snapshot_base",
    columns.metadata,
    columns.serial(),
    columns.text("site"),
    columns.text("objective_id"),
    Column("content", LargeBinary, nullable=False),
    Column("base_id", BigInteger),
    Index(None, "site", "objective_id"),
)

closing = Table(
    "closing",
    columns.metadata,
    columns.site(),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    columns.text("cycle_id"),
    columns.number("version"),
    columns.text("kind"),
    columns.text("objective_id"),
    columns.number("at"),
    Column("content", LargeBinary, nullable=False),
    columns.text("former"),
    columns.text("hash"),
    Index(None, "site", "cycle_id", "version"),
    Index(None, "site", "objective_id"),
)

carry = Table(
    "carry",
    columns.metadata,
    columns.site(),
    columns.part("objective_id"),
    columns.part("cycle_id"),
    columns.text("from_cycle"),
    columns.number("at"),
    columns.text("by"),
    columns.text("state"),
    columns.text("note"),
    columns.text("content"),
    Column("copy_id", Text),
    Column("made", Text),
    Index(None, "site", "from_cycle"),
    Index(None, "site", "copy_id"),
    sqlite_with_rowid=False,
)

promotion = Table(
    "promotion",
    columns.metadata,
    columns.site(),
    columns.part("key_result"),
    columns.text("until"),
    columns.number("at"),
    columns.text("by"),
    sqlite_with_rowid=False,
)

last_write = Table(
    "last_write",
    columns.metadata,
    columns.site(),
    columns.part("objective_id"),
    columns.text("cycle_id"),
    columns.number("version"),
    sqlite_with_rowid=False,
)

cycle_lock = Table(
    "cycle_lock",
    columns.metadata,
    columns.site(),
    columns.part("cycle_id"),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("until", BigInteger),
    columns.text("by"),
    columns.text("reason"),
    columns.text("lifted_by"),
    Column("content", LargeBinary, nullable=False),
)

learning = Table(
    "learning",
    columns.metadata,
    columns.site(),
    columns.part("cycle_id"),
    columns.part("objective_id"),
    columns.number("at"),
    columns.text("said"),
    columns.text("by"),
    sqlite_with_rowid=False,
)

cycle_end = Table(
    "cycle_end",
    columns.metadata,
    columns.site(),
    columns.part("objective_id"),
    columns.part("cycle_id"),
    columns.number("ends_at"),
    columns.number("noted_at"),
    columns.text("mapping_revision"),
    columns.text("doubts"),
    Column("content", LargeBinary, nullable=False),
    Index(None, "site", "cycle_id"),
)

cycle_list = Table(
    "cycle_list",
    columns.metadata,
    columns.site(),
    columns.part("cycle"),
    columns.number("version"),
    sqlite_with_rowid=False,
)

cycle_line = Table(
    "cycle_line",
    columns.metadata,
    columns.site(),
    columns.part("cycle"),
    columns.part("id"),
    columns.text("project"),
    columns.text("owner"),
    columns.text("health"),
    columns.text("place"),
    columns.text("progress"),
    columns.text("changed"),
    columns.text("words"),
    columns.text("owner_words"),
    columns.number("number"),
    columns.text("team"),
    columns.number("changed_at"),
    columns.number("ends_at"),
    columns.text("headline"),
    columns.text("served"),
    columns.text("counted"),
    Index(None, "site", "id"),
)

cycle_alignment = Table(
    "cycle_alignment",
    columns.metadata,
    columns.site(),
    columns.part("cycle"),
    columns.part("objective_id"),
    columns.part("target_id"),
    columns.number("position"),
    Index(None, "site", "cycle", "target_id"),
    sqlite_with_rowid=False,
)

kpi_state = Table(
    "kpi_state",
    columns.metadata,
    columns.site(),
    columns.part("kpi_id"),
    columns.text("content"),
    columns.number("updated_at"),
)

kpi_reading = Table(
    "kpi_reading",
    columns.metadata,
    columns.site(),
    columns.part("kpi_id"),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("value", Text),
    Column("received", BigInteger, nullable=False, server_default="0"),
    Column("source", Text, nullable=False, server_default="push"),
    Column("note", Text, nullable=False, server_default=""),
    sqlite_with_rowid=False,
)

kpi_former_reading = Table(
    "kpi_former_reading",
    columns.metadata,
    columns.serial(),
    columns.text("site"),
    columns.text("kpi_id"),
    columns.number("at"),
    Column("value", Text),
    columns.number("received"),
    Index(None, "site", "kpi_id", "at"),
)

kpi_period = Table(
    "kpi_period",
    columns.metadata,
    columns.site(),
    columns.part("kpi_id"),
    Column("last", BigInteger, primary_key=True, autoincrement=False),
    columns.text("content"),
    sqlite_with_rowid=False,
)

kpi_failure = Table(
    "kpi_failure",
    columns.metadata,
    columns.site(),
    columns.part("kpi_id"),
    Column("last", BigInteger, primary_key=True, autoincrement=False),
    columns.text("kind"),
    columns.text("reason"),
    columns.text("remedy"),
    columns.number("tried_at"),
    columns.number("attempts"),
    sqlite_with_rowid=False,
)

forecast = Table(
    "forecast",
    columns.metadata,
    columns.site(),
    columns.part("objective_id"),
    columns.part("key_result_id"),
    columns.part("day"),
    columns.text("cycle"),
    columns.number("reached"),
    *(Column(name, Text) for name in ("probability", "judged_on")),
    Column("came_true", BigInteger),
    Column("days", BigInteger, nullable=False, server_default="1"),
    Index(
        "ix_forecast_waiting", "site", "cycle", "objective_id", sqlite_where=WAITING, postgresql_where=WAITING
    ),
    Index("ix_forecast_judged", "site", "cycle", sqlite_where=JUDGED, postgresql_where=JUDGED),
    sqlite_with_rowid=False,
)

check_in = Table(
    "check_in",
    columns.metadata,
    columns.serial(),
    *(columns.text(name) for name in ("site", "objective_id", "key_result_id", "measure", "note", "by")),
    *(Column(name, Text) for name in ("value", "derived", "until", "delta", "ended_by", "ended_how")),
    Column("confidence", Text),
    columns.number("at"),
    Column("ended_at", BigInteger),
    Column("comment_id", Text),
    Column("comment_updated", BigInteger),
    Column("clears", BigInteger),
    Index(None, "site", "objective_id"),
    Index(None, "site", "comment_id"),
)

check_in_reply = Table(
    "check_in_reply",
    columns.metadata,
    columns.serial(),
    *(columns.text(name) for name in ("site", "said", "by")),
    *(columns.number(name) for name in ("check_in_id", "at")),
    Index(None, "site", "check_in_id"),
)

comment = Table(
    "comment",
    columns.metadata,
    columns.site(),
    columns.part("issue_id"),
    columns.part("comment_id"),
    columns.number("updated"),
    columns.number("at"),
    columns.text("by"),
    columns.text("line"),
    Column("fault", Text),
    sqlite_with_rowid=False,
)

comment_read = Table(
    "comment_read",
    columns.metadata,
    columns.site(),
    columns.part("issue_id"),
    columns.number("updated"),
    columns.number("read_at"),
    sqlite_with_rowid=False,
)

badge = Table(
    "badge",
    columns.metadata,
    columns.part("token"),
    *(columns.text(name) for name in ("site", "kind", "subject", "words", "by")),
    columns.number("at"),
    Index(None, "site", "at"),
)
