"""How work is marked due, behind what people did or beside it, and who waits for whom: said with each call, seen by no number."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from connectors.store.database import sql
from connectors.store.schema import due
from connectors.store.work import candidates
from plugin.jobs.schedules import look_at_pace
from plugin.sync.context import Context
from plugin.sync.reconcile import candidates as filled
from plugin.sync.resync.full_read import resync


def waiting(conn: Any) -> dict[str, int]:
    """Of what is due whether it waits behind what people did, by objective."""
    return {row.objective_id: row.bulk for row in conn.execute(due.select())}


def test_what_a_first_read_finds_waits_behind_what_people_do_meanwhile(dozen: Any) -> None:
    resync(dozen.context)
    with dozen.connector.store.read() as conn:
        found = waiting(conn)
        assert found
        assert set(found.values()) == {1}


def test_a_mark_says_whether_it_waits_behind_what_people_did(firm: Any) -> None:
    with firm.connector.store.write() as conn:
        firm.context.mark(conn, ["10001"], "an event")
        firm.context.mark(conn, ["10002"], "a read", bulk=True)
    with firm.connector.store.read() as conn:
        assert waiting(conn) == {"10001": 0, "10002": 1}


def test_what_a_new_day_moves_waits_behind_what_people_did(firm: Any) -> None:
    firm.clock.pass_by(days=40)
    look_at_pace(firm.connector, "main", lambda: None)
    with firm.connector.store.read() as conn:
        assert set(waiting(conn).values()) == {1}


def test_who_fills_candidates_waits_for_others_that_do(firm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[str] = []
    monkeypatch.setattr(sql, "hold", lambda _conn, name: held.append(name))
    filled.fill(firm.context, {"key = X-1": SimpleNamespace(matches=lambda _issue, _moment: False)})  # type: ignore[dict-item]
    assert held == ["main:candidates"]
    with firm.connector.store.read() as conn:
        assert "key = X-1" in candidates.queries(conn, "main", firm.context.mapping.revision)


@pytest.mark.parametrize(("api", "fields"), [(3, ()), (2, ("present", "former"))])
def test_histories_of_data_center_alone_tell_of_fields_by_their_names(
    api: int, fields: tuple[str, ...]
) -> None:
    known = SimpleNamespace(api=api, catalogue=SimpleNamespace(fields=("present",)), former_names=("former",))
    assert Context.called_fields.fget(known) == fields  # type: ignore[attr-defined]
