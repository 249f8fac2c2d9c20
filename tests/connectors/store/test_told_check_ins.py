"""Which check-ins are told to those who subscribed: what is new, and what came late into the order of the ids."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.store.database.engine import Store
from connectors.store.database.instant import to_ms
from connectors.store.schema.numbers import check_in
from connectors.store.subscriptions.subscriptions import check_in_ids

NOW = datetime(2026, 11, 9, 9, tzinfo=UTC)
OLD, LATELY, JUST = NOW - timedelta(hours=1, milliseconds=1), NOW - timedelta(hours=1), NOW


def kept(store: Store, *rows: tuple[int, datetime, str, str | None]) -> None:
    """Check-ins by id: when, of which site, and how they ended."""
    with store.write() as conn:
        conn.execute(
            check_in.insert(),
            [
                {
                    "id": id_, "site": site, "objective_id": "1", "key_result_id": "1/a", "measure": "", "note": "", "by": "ada",
                    "at": to_ms(at), "ended_how": how,
                }
                for id_, at, site, how in rows
            ],
        )  # fmt: skip


def told(store: Store, after: int, limit: int = 100) -> list[int]:
    with store.read() as conn:
        return check_in_ids(conn, "main", after, NOW, limit)


@pytest.mark.parametrize(
    ("id_", "at", "is_told"),
    [
        (501, OLD, True),  # whatever its time is: it was never told
        (500, OLD, False),
        (500, LATELY, True),  # a transaction that began earlier and ended later may have the lower id
        (499, JUST, True),
        (301, JUST, True),
        (300, JUST, False),
        (301, OLD, False),
        (1, JUST, False),
    ],
)
def test_what_came_of_late_is_looked_at_a_little_before_the_last_one(
    sqlite_store: Store, id_: int, at: datetime, is_told: bool
) -> None:
    kept(sqlite_store, (id_, at, "main", None))
    assert told(sqlite_store, 500) == ([id_] if is_told else [])


def test_what_was_imported_or_is_of_another_site_is_not_told(sqlite_store: Store) -> None:
    kept(
        sqlite_store,
        (4, JUST, "main", "replaced"),
        (3, JUST, "main", "imported"),
        (2, JUST, "other", None),
        (1, JUST, "main", None),
    )
    assert told(sqlite_store, 0) == [1, 4]
    assert told(sqlite_store, 0, limit=1) == [1]
