"""That a Jira does not answer: one record per site, which all workers share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, select, update

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import StoredRow, insert_into
from connectors.store.schema import outage as table

Kind = Literal["unreachable", "sign_in", "limited", "refused"]
_ANSWERS: dict[str, object] = {
    "kind": None,
    "since": None,
    "tries": 0,
    "next_try": None,
    "whole": 0,
    "error": "",
    "remedy": "",
}
"""The columns while Jira answers: the row stays, for whoever changes it next has to wait for it."""


@dataclass(frozen=True, slots=True)
class Outage:
    """Jira is out since `since`, after `tries` failures in a row. `whole`: nothing works, not only the reading of deliveries."""

    kind: Kind
    since: datetime
    tries: int
    next_try: datetime
    whole: bool
    error: str
    remedy: str

    @property
    def needs_a_person(self) -> bool:
        """Whether it will hardly end by itself."""
        return self.kind in ("sign_in", "refused")


def load_standing(conn: Connection, site: str) -> Outage | None:
    """The outage of a site, None where Jira answers as far as is known."""
    row = conn.execute(select(table).where(table.c.site == site)).first()
    return None if row is None else _outage(row)


def change(conn: Connection, site: str, step: Callable[[Outage | None], Outage | None]) -> Outage | None:
    """Put what `step` makes of it in its place and give it back; other workers wait meanwhile."""
    conn.execute(insert_into(conn, table).on_conflict_do_nothing(), {"site": site, **_ANSWERS})
    row = conn.execute(select(table).where(table.c.site == site).with_for_update()).one()
    changed = step(_outage(row))
    conn.execute(update(table).where(table.c.site == site).values(_values(changed)))
    return changed


def _outage(row: StoredRow) -> Outage | None:
    if row.kind is None:
        return None
    since, next_try = from_ms(row.since), from_ms(row.next_try)
    return Outage(
        kind=row.kind,
        since=since,
        tries=row.tries,
        next_try=next_try,
        whole=bool(row.whole),
        error=row.error,
        remedy=row.remedy,
    )


def _values(outage: Outage | None) -> dict[str, object]:
    if outage is None:
        return _ANSWERS
    return {
        "kind": outage.kind,
        "since": to_ms(outage.since),
        "tries": outage.tries,
        "next_try": to_ms(outage.next_try),
        "whole": int(outage.whole),
        "error": outage.error,
        "remedy": outage.remedy,
    }
