"""What is asked of the database: by the list of cycles no more for many objectives than for one, by an idle process little."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from connectors.sandbox.site_state import scheme
from connectors.store.work import inbox
from plugin.jobs import orphans
from plugin.jobs.embedded_engine import LOOK_AT_CLOCK, QUIET_SECONDS, REST_SECONDS, EmbeddedEngine
from plugin.jobs.schedules import Schedules
from plugin.runtime import saved_sites
from plugin.sync.work import turn
from plugin.use_cases.cycles.cycles import list_cycles
from tests.actors import TESTER
from tests.quarter import MAPPING
from tests.statements import listen_to

WORKERS = 4


def test_many_objectives_cost_the_cycles_no_more_statements_than_one(hand: Any) -> None:
    hand.activate(MAPPING)
    said = listen_to(hand.connector.store.engine)

    def asked(more: int) -> tuple[int, int]:
        for _ in range(more):
            hand.issue("Key Result", hand.issue("Epic", labels=["okr", "2026-Q4"]))
        hand.sync()
        list_cycles(hand.connector, TESTER, "main")  # a new connection of the database is told how to be used
        hand.connector.modes = (float("-inf"), {})  # known for some seconds, however many these take
        said.clear()
        (shown,) = list_cycles(hand.connector, TESTER, "main")
        return shown.objectives, len(said)

    (one, statements), (many, as_many) = asked(1), asked(3)
    assert (one, many, as_many) == (1, 4, statements)


def test_an_idle_minute_asks_at_most_five_hundred_statements(firm: Any) -> None:
    """Everything that looks by itself, as often as it does in a minute; transactions are counted as statements, too."""
    connector = firm.connector
    said = listen_to(connector.store.engine)
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


def test_an_event_asks_little_of_the_database_and_of_jira_and_a_storm_no_more(firm: Any) -> None:
    """From the delivery to the written field: one read by id and one edit, be it one changed story of an objective or nine."""
    said = listen_to(firm.connector.store.engine)
    epic = firm.records(scheme.EPIC)[0]
    stories = [one for one in firm.records() if one.parent_id == epic.id]
    context = replace(firm.context, quiet=timedelta(0))

    def served(changed: int, points: float) -> tuple[int, dict[str, int]]:
        for at, story in enumerate(stories[:changed]):
            firm.edit(story, **{scheme.POINTS: points + at})
            body = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": story.id}}).encode()
            with firm.connector.store.write() as conn:
                inbox.store(conn, "main", f"{story.id} {points}", body, firm.clock(), "jira:issue_updated")
        firm.calls()
        said.clear()
        done = turn(context, "worker")
        calls = dict(firm.sandbox.site.calls.by_endpoint)
        assert (done.deliveries, done.reconciled) == (changed, 1)
        assert done.written > 0
        return len(said), calls

    served(1, 40)
    (one, calls), (storm, as_many) = served(1, 400), served(len(stories), 1_000)
    assert len(stories) == 9
    assert calls == as_many == {"POST /rest/api/3/issue/bulkfetch": 1, "PUT /rest/api/3/issue/{}": 1}
    assert one <= 75
    assert storm <= one + 5
