"""What is asked of the database: by the list of cycles no more for many objectives than for one, by an idle process little."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from plugin.jobs import orphans
from plugin.jobs.embedded_engine import LOOK_AT_CLOCK, QUIET_SECONDS, REST_SECONDS, EmbeddedEngine
from plugin.jobs.schedules import Schedules
from plugin.runtime import saved_sites
from plugin.use_cases.cycles.cycles import list_cycles
from tests.actors import TESTER
from tests.quarter import MAPPING

WORKERS = 4


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


def test_an_idle_minute_asks_at_most_five_hundred_statements(firm: Any) -> None:
    """Everything that looks by itself, as often as it does in a minute; transactions are counted as statements, too."""
    said: list[str] = []
    connector = firm.connector
    event.listen(connector.store.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    schedules = Schedules(connector)
    engine = EmbeddedEngine(connector, WORKERS, schedules)

    def asked(work: Callable[[], object]) -> int:
        said.clear()
        work()
        return len(said)

    schedules.run_due()
    asked(engine._next_work)  # a new connection of the database is told how to be used
    firm.clock.pass_by(minutes=1)
    each_minute = asked(schedules.run_due)
    assert each_minute > len(schedules.due()) == 0
    look, others = asked(engine._next_work), (WORKERS - 1) / REST_SECONDS
    in_a_minute = {
        "clock": asked(schedules.due) * 60 / LOOK_AT_CLOCK,
        "workers": look * 60 * (1 / QUIET_SECONDS + others),
        "orphans": asked(lambda: orphans.free_orphans(connector.store)) * 60 / orphans.LOOK_SECONDS,
        "sites": asked(saved_sites.Watch(connector).look) * 60 / saved_sites.LOOK_SECONDS,
        "each minute": each_minute,
    }
    assert all(in_a_minute.values())
    assert sum(in_a_minute.values()) <= 500, in_a_minute
