"""An objective says by how many others it is served, and how many of them no list of its cycle has."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.store import Store
from connectors.store.numbers import objectives
from docs.screenshots.company import REVISION, seeded
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.api.objectives.objectives import objective_json
from plugin.doors.exports import objective_row
from plugin.mcp.objectives import objective_shape
from plugin.runtime.connector import Connector
from plugin.runtime.settings import Settings
from plugin.use_cases.objectives.objective_columns import Output, values
from plugin.use_cases.objectives.objective_lines import every_line

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
FORMER, RUNNING = "2026-Q3", "2026-Q4"


@pytest.fixture
def connector(sqlite_store: Store) -> Connector:
    """Three objectives serve one, two of them from the cycle before; the one serves itself, too, which is none."""
    plain = replace(seeded().saved[0].state, aligned_to=(), cycle_id=RUNNING)
    states = [replace(plain, id="1", key="CORE-1", aligned_to=("1",))]
    states += [
        replace(plain, id=str(number), key=f"CORE-{number}", aligned_to=("1",), cycle_id=cycle)
        for number, cycle in ((2, RUNNING), (3, FORMER), (4, FORMER))
    ]
    with sqlite_store.write() as conn:
        for state in states:
            objectives.save(conn, "main", state, REVISION, NOW)
    return Connector(Settings(_env_file=None), sqlite_store, {}, lambda: NOW)


def test_every_door_tells_of_those_that_its_cycle_has_not(connector: Connector) -> None:
    one, *others = every_line(connector, COMMAND_LINE, "main")
    assert [(each.served.by, each.served.elsewhere) for each in (one, *others)] == [(3, 2), *[(0, 0)] * 3]
    for told in (objective_json(one), objective_row(one), objective_shape(one, None)):
        assert (told.model_dump()["served_by"], told.model_dump()["served_elsewhere"]) == (3, 2)
    assert (values(one, Output.JSON)["served_by"], values(one, Output.JSON)["served_elsewhere"]) == (3, 2)
