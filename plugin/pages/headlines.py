"""What a list needs of each objective, read from the store without decoding a single ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import Connection, select

from connectors.store import json_text
from connectors.store.instant import from_ms
from connectors.store.json_text import fraction_of
from connectors.store.objectives import HistoryPoint
from connectors.store.schema import history, objective
from connectors.store.sql import among
from mappings.state import Health, HealthLevel


@dataclass(frozen=True, slots=True)
class Headline:
    """The fields of an `ObjectiveState` a list shows; whatever else is stored is skipped unread."""

    id: str
    title: str
    progress: Fraction | None
    health: Health
    key: str = ""
    owner: str | None = None
    project_key: str = ""
    cycle_id: str | None = None
    commitment: str = "committed"
    delivery: Fraction | None = None
    outcome: Fraction | None = None
    expected: Fraction | None = None
    flags: tuple[str, ...] = ()
    aligned_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SavedHeadline:
    """A headline and when its numbers or its health last changed."""

    state: Headline
    changed_at: datetime


def headlines(conn: Connection, site: str) -> list[SavedHeadline]:
    """Every objective of a site, in no order."""
    rows = conn.execute(select(objective.c.content, objective.c.changed_at).where(objective.c.site == site))
    decode = json_text.decoder(Headline).decode
    return [SavedHeadline(decode(content), from_ms(changed)) for content, changed in rows]


def histories(conn: Connection, site: str, ids: Iterable[str]) -> Mapping[str, list[HistoryPoint]]:
    """The points of several objectives in one statement, oldest first."""
    mine = (history.c.site == site, among(conn, history.c.objective_id, ids))
    found: dict[str, list[HistoryPoint]] = defaultdict(list)
    for row in conn.execute(select(history).where(*mine).order_by(history.c.at, history.c.id)):
        found[row.objective_id].append(
            HistoryPoint(
                from_ms(row.at),
                fraction_of(row.progress),
                fraction_of(row.delivery),
                fraction_of(row.outcome),
                fraction_of(row.expected),
                HealthLevel(row.health),
                row.mapping_revision,
            )
        )
    return found
