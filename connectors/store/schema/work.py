"""The tables of work: deliveries, what is due, what is written to Jira, held, and refused by it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Table, Text, text

from connectors.store.schema import columns

WAITING = text("outcome IS NULL OR outcome = 'held'")
"""Which writes are under way or wait for a person: few, among all that ever were."""

delivery = Table(
    "delivery",
    columns.metadata,
    columns.serial(),
    columns.text("site"),
    columns.text("identifier"),
    columns.number("received_at"),
    columns.text("event"),
    columns.text("status"),
    columns.text("note"),
    columns.number("attempts"),
    Column("settled_at", BigInteger),
    Column("worker", Text),
    Column("lease_until", BigInteger),
    Column("body", LargeBinary, nullable=False),
    Column("size", BigInteger),
    Column("base_id", BigInteger),
    Index("uq_delivery_site_identifier", "site", "identifier", unique=True),
    Index(None, "status", "received_at", "id", "site"),
)

delivery_base = Table(
    "delivery_base",
    columns.metadata,
    columns.serial(),
    columns.text("site"),
    Column("body", LargeBinary, nullable=False),
)

delivery_count = Table(
    "delivery_count",
    columns.metadata,
    columns.serial(),
    columns.text("site"),
    columns.text("status"),
    columns.number("number"),
    Index(None, "site"),
)

delivery_source = Table(
    "delivery_source",
    columns.metadata,
    columns.site(),
    columns.part("source"),
    Column("at", BigInteger),
    Column("former_at", BigInteger),
)

due = Table(
    "due",
    columns.metadata,
    columns.site(),
    columns.part("objective_id"),
    columns.number("generation"),
    columns.text("reason"),
    columns.number("since"),
    columns.number("run_after"),
    columns.number("attempts"),
    Column("worker", Text),
    Column("lease_until", BigInteger),
    Column("claimed", BigInteger),
    Column("error", Text),
    Column("remedy", Text),
    Column("buried_at", BigInteger),
    Column("bulk", BigInteger, nullable=False, server_default="0"),
    Index(None, "bulk", "run_after"),
    sqlite_with_rowid=False,
)

plan = Table(
    "plan",
    columns.metadata,
    columns.serial(),
    columns.text("site"),
    columns.text("objective_id"),
    columns.text("mapping_revision"),
    columns.text("cause"),
    columns.number("at"),
    Index(None, "site", "objective_id"),
)

write = Table(
    "write",
    columns.metadata,
    columns.serial(),
    Column("plan_id", BigInteger, ForeignKey("plan.id", ondelete="CASCADE"), nullable=False),
    columns.text("site"),
    columns.text("issue_id"),
    columns.text("issue_key"),
    columns.text("field_id"),
    columns.text("field_name"),
    columns.text("before"),
    columns.text("after"),
    columns.text("reason"),
    columns.number("at"),
    Column("outcome", Text),
    columns.text("note"),
    Column("settled_at", BigInteger),
    Column("stays", BigInteger, nullable=False, server_default="0"),
    Column("until", Text),
    Index(None, "plan_id"),
    Index(None, "site", "issue_id", "field_id", "at"),
    Index("ix_write_waiting", "site", "outcome", sqlite_where=WAITING, postgresql_where=WAITING),
)

write_count = Table(
    "write_count",
    columns.metadata,
    columns.serial(),
    columns.text("site"),
    columns.text("outcome"),
    columns.number("number"),
    Index(None, "site"),
)

written_value = Table(
    "written_value",
    columns.metadata,
    columns.site(),
    columns.part("issue_id"),
    columns.part("field_id"),
    *(columns.text(name) for name in ("issue_key", "field_name", "objective_id", "after")),
    Column("stays", BigInteger, nullable=False, server_default="0"),
    Column("until", Text),
    Index(None, "site", "objective_id"),
    sqlite_with_rowid=False,
)

refusal = Table(
    "refusal",
    columns.metadata,
    columns.site(),
    columns.part("objective_id"),
    columns.part("issue_id"),
    columns.part("field_id"),
    columns.text("issue_key"),
    columns.text("field_name"),
    columns.text("message"),
    columns.text("remedy"),
    columns.text("mapping_revision"),
    columns.number("at"),
    Column("before", Text, nullable=False, server_default="null"),
    Column("after", Text, nullable=False, server_default="null"),
    Column("probing", BigInteger, nullable=False, server_default="0"),
)

gap = Table(
    "gap",
    columns.metadata,
    columns.site(),
    columns.part("issue"),
    columns.text("issue_id"),
    columns.text("issue_key"),
    columns.text("field"),
    columns.text("parent"),
    columns.text("reason"),
    columns.text("remedy"),
    columns.text("omitted"),
    columns.number("since"),
    columns.number("seen_at"),
    Column("accepted_at", BigInteger),
    Column("accepted_by", Text),
)

hidden_parent = Table(
    "hidden_parent",
    columns.metadata,
    columns.site(),
    columns.part("key"),
    columns.number("at"),
)

loss = Table(
    "loss",
    columns.metadata,
    columns.site(),
    columns.part("issue_id"),
    columns.text("issue_key"),
    columns.text("title"),
    columns.text("project_key"),
    columns.text("state"),
    columns.text("reason"),
    columns.number("at"),
    columns.text("by"),
    columns.text("objectives"),
)

drift = Table(
    "drift",
    columns.metadata,
    columns.site(),
    columns.part("objective_id"),
    columns.number("issues"),
    columns.number("at"),
    sqlite_with_rowid=False,
)

outage = Table(
    "outage",
    columns.metadata,
    columns.site(),
    Column("kind", Text),
    Column("since", BigInteger),
    columns.number("tries"),
    Column("next_try", BigInteger),
    columns.number("whole"),
    columns.text("error"),
    columns.text("remedy"),
)

last_reconcile = Table("last_reconcile", columns.metadata, columns.site(), columns.number("at"))

batch_size = Table("batch_size", columns.metadata, columns.site(), columns.number("deliveries"))

tombstone = Table(
    "tombstone",
    columns.metadata,
    columns.site(),
    columns.part("issue_id"),
    columns.number("at"),
    Index(None, "at"),
    sqlite_with_rowid=False,
)

brake = Table(
    "brake",
    columns.metadata,
    columns.site(),
    columns.part("objective_id"),
    columns.text("reason"),
    columns.number("at"),
    columns.number("changes"),
    columns.text("doubts"),
)

permit = Table(
    "permit",
    columns.metadata,
    columns.site(),
    columns.part("project"),
    columns.part("permission"),
    columns.number("may"),
    sqlite_with_rowid=False,
)

outbox = Table(
    "outbox",
    columns.metadata,
    columns.site(),
    columns.part("key"),
    columns.text("digest"),
    columns.text("recipient"),
    columns.text("state"),
    columns.number("made_at"),
    columns.number("next_at"),
    columns.number("attempts"),
    columns.text("note"),
    columns.text("content"),
    Index(None, "site", "state", "next_at"),
    sqlite_with_rowid=False,
)

opt_out = Table(
    "opt_out",
    columns.metadata,
    columns.site(),
    columns.part("digest"),
    columns.part("recipient"),
    columns.number("at"),
    sqlite_with_rowid=False,
)

told_level = Table(
    "told_level",
    columns.metadata,
    columns.site(),
    columns.part("alert"),
    columns.part("recipient"),
    columns.part("subject"),
    columns.text("level"),
    Column("since", BigInteger),
    sqlite_with_rowid=False,
)

import_plan = Table(
    "import_plan",
    columns.metadata,
    columns.serial(),
    *(columns.text(name) for name in ("site", "tool", "file", "by", "state", "note", "revision", "content")),
    columns.number("at"),
    Column("worker", Text),
    Column("lease_until", BigInteger),
    Index(None, "site", "at"),
)

import_row = Table(
    "import_row",
    columns.metadata,
    columns.site(),
    columns.part("tool"),
    columns.part("identity"),
    columns.number("plan_id"),
    Column("tried_at", BigInteger),
    *(columns.text(name) for name in ("issue_id", "issue_key", "note", "content")),
    Column("joined", BigInteger, nullable=False, server_default="0"),
    Index(None, "site", "plan_id"),
)

subscription = Table(
    "subscription",
    columns.metadata,
    columns.site(),
    columns.part("id"),
    *(columns.text(name) for name in ("url", "events", "by", "state", "note")),
    *(columns.number(name) for name in ("at", "history_after", "check_in_after")),
    Column("failing_since", BigInteger),
    Column("secret", LargeBinary, nullable=False),
)
