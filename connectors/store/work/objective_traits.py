"""Which of the rarer things an objective has, asked in one statement: of what it does not have nothing more is asked.

Most objectives have none of them, and to ask for each by itself is most of what a reconcile would cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    Table,
    Text,
    bindparam,
    exists,
    literal,
    or_,
    select,
    union,
)

from connectors.store.cycles.carries import UNDER_WAY
from connectors.store.database.sql import among_given, bind_values
from connectors.store.schema import (
    brake,
    carry,
    check_in,
    closing,
    cycle_end,
    due,
    gap,
    plan,
    refusal,
    write,
)
from connectors.store.writes.writes import WriteOutcome


class ObjectiveTrait(StrEnum):
    """What an objective may have. `closing` and `gap` are of its site: some cycle was closed, some gap waits for a person."""

    BUSY = "busy"
    """In somebody's hands, or failed: at the last attempt, or for good."""
    UNDER_WAY = "under_way"
    """Written, and the process died before the answer came."""
    HELD = "held"
    REFUSED = "refused"
    BRAKED = "braked"
    TO_CARRY = "to_carry"
    CARRIED = "carried"
    CHECKED_IN = "checked_in"
    CYCLE_ENDED = "cycle_ended"
    CLOSING = "closing"
    GAP = "gap"


LOOSE = frozenset(
    {
        ObjectiveTrait.BUSY,
        ObjectiveTrait.UNDER_WAY,
        ObjectiveTrait.HELD,
        ObjectiveTrait.REFUSED,
        ObjectiveTrait.BRAKED,
        ObjectiveTrait.TO_CARRY,
    }
)
"""What only a reconcile settles: without any of these an objective may be let be where nothing differs."""


@dataclass(frozen=True, slots=True)
class ObjectiveTraits:
    """By circumstance the objectives that have it; one of the site has no objectives."""

    of: Mapping[ObjectiveTrait, frozenset[str]] = field(default_factory=dict)

    def __contains__(self, one: ObjectiveTrait) -> bool:
        return one in self.of

    @property
    def loose(self) -> frozenset[str]:
        """The objectives of which something is open."""
        return frozenset().union(*(self.of.get(one, frozenset()) for one in LOOSE))


def among(conn: Connection, site: str, objective_ids: Iterable[str]) -> ObjectiveTraits:
    """The circumstances of these objectives and of their site."""
    asked = {"site": site, "given": bind_values(conn, objective_ids)}
    found: dict[ObjectiveTrait, set[str]] = {}
    for what, objective_id in conn.execute(_among(conn.dialect.name), asked):
        found.setdefault(ObjectiveTrait(what), set()).add(objective_id)
    return ObjectiveTraits({what: frozenset(ids) for what, ids in found.items()})


@cache
def _among(dialect: str) -> CompoundSelect[str, str]:
    site = bindparam("site", type_=Text)

    def having(what: ObjectiveTrait, table: Table, *more: ColumnElement[bool]) -> Select[str, str]:
        mine = (table.c.site == site, among_given(dialect, table.c.objective_id))
        return select(_word(what), table.c.objective_id).where(*mine, *more)

    def written(what: ObjectiveTrait, outcome: ColumnElement[bool]) -> Select[str, str]:
        return having(what, plan, plan.c.id == write.c.plan_id, outcome)

    def of_site(what: ObjectiveTrait, table: Table, *more: ColumnElement[bool]) -> Select[str, str]:
        return select(_word(what), literal("", Text)).where(exists().where(table.c.site == site, *more))

    busy = or_(due.c.worker.is_not(None), due.c.error.is_not(None), due.c.buried_at.is_not(None))
    return union(
        having(ObjectiveTrait.BUSY, due, busy),
        written(ObjectiveTrait.UNDER_WAY, write.c.outcome.is_(None)),
        written(ObjectiveTrait.HELD, write.c.outcome == WriteOutcome.HELD.value),
        having(ObjectiveTrait.REFUSED, refusal),
        having(ObjectiveTrait.BRAKED, brake),
        having(ObjectiveTrait.TO_CARRY, carry, carry.c.state.in_([one.value for one in UNDER_WAY])),
        having(ObjectiveTrait.CARRIED, carry),
        select(_word(ObjectiveTrait.CARRIED), carry.c.copy_id).where(
            carry.c.site == site, among_given(dialect, carry.c.copy_id)
        ),
        having(ObjectiveTrait.CHECKED_IN, check_in),
        having(ObjectiveTrait.CYCLE_ENDED, cycle_end),
        of_site(ObjectiveTrait.CLOSING, closing),
        of_site(ObjectiveTrait.GAP, gap, gap.c.accepted_at.is_(None)),
    )


def _word(what: ObjectiveTrait) -> ColumnElement[str]:
    return literal(what.value, Text)
