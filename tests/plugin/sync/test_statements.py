"""What the list of cycles asks of the database does not grow with the objectives that run in them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from plugin.use_cases.cycles.cycles import list_cycles
from tests.actors import TESTER
from tests.quarter import MAPPING


def test_many_objectives_cost_the_cycles_no_more_statements_than_one(hand: Any) -> None:
    hand.activate(MAPPING)
    said: list[str] = []
    event.listen(hand.connector.store.engine, "before_cursor_execute", lambda *given: said.append(given[2]))

    def asked(more: int) -> tuple[int, int]:
        for _ in range(more):
            hand.issue("Key Result", hand.issue("Epic", labels=["okr", "2026-Q4"]))
        hand.sync()
        said.clear()
        (shown,) = list_cycles(hand.connector, TESTER, "main")
        return shown.objectives, len(said)

    (one, statements), (many, as_many) = asked(1), asked(3)
    assert (one, many, as_many) == (1, 4, statements)
