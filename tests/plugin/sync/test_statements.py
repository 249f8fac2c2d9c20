"""What lists ask of the database does not grow with the objectives that they tell of."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from plugin.use_cases.cycles.cycles import list_cycles
from plugin.use_cases.objectives.due_check_ins import due_check_ins
from tests.actors import TESTER
from tests.quarter import MAPPING


def test_many_objectives_cost_no_more_statements_than_one(hand: Any) -> None:
    hand.activate(f"{MAPPING}check_ins: {{who: owners}}\n")
    hand.clock.pass_by(days=20)
    said: list[str] = []
    event.listen(hand.connector.store.engine, "before_cursor_execute", lambda *given: said.append(given[2]))

    def asked(objectives: int) -> list[int]:
        for _ in range(objectives):
            hand.issue("Key Result", hand.issue("Epic", labels=["okr", "2026-Q4"]))
        hand.sync()
        found = []
        for told in (due_check_ins, list_cycles):
            said.clear()
            assert told(hand.connector, TESTER, "main")
            found.append(len(said))
        return found

    assert asked(1) == asked(3)
