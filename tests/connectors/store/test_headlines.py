"""What lists read of each objective: kept with every save, and filled in for what was saved by former releases."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy import text

from connectors.store import Store, open_store, upgrade
from connectors.store.database import json_text, schema_upgrade
from connectors.store.database.instant import to_ms
from connectors.store.database.json_text import encode
from connectors.store.numbers import objectives
from mappings.rollup.state import ObjectiveState
from plugin.use_cases.objectives.objective_list import Headline, headlines

FORMER = text(
    "INSERT INTO objective (site, id, mapping_revision, computed_at, changed_at, content)"
    " VALUES (:site, :id, 'r1', 1, 2, :content)"
)


def of_then(content: str) -> str:
    """A state as it was kept before people said how confident they are, and before teams and days of their own; a list reads it all the same."""
    told = json.loads(content)
    del told["confidence"], told["team"], told["perspective"], told["span"]
    return json_text.encode(told)


def test_a_list_reads_what_was_saved_last(
    store: Store, an_objective: Callable[..., ObjectiveState], now: datetime
) -> None:
    told = {"title": 'Größer "\u0000" \u2014', "owner": "Ada", "aligned_to": ("9",), "flags": ("late",)}
    state = an_objective("1", outcome=Fraction(1, 3), cycle_id="Q4", commitment="aspirational", **told)
    with store.write() as conn:
        objectives.save(conn, "main", an_objective("1", None), "r1", now)
        objectives.save(conn, "main", state, "r2", now)
        objectives.save(conn, "other", an_objective("2"), "r1", now)
        (found,) = headlines(conn, "main")
    assert found.changed_at == now
    assert {name: getattr(found.state, name) for name in objectives.HEADLINE} == {
        name: getattr(state, name) for name in objectives.HEADLINE
    }


def test_all_that_a_list_reads_is_kept() -> None:
    assert {name.removesuffix("_text") for name in Headline.__struct_fields__} == set(objectives.HEADLINE)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_a_former_release_saved_is_filled_in(
    database: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    an_objective: Callable[..., ObjectiveState],
    now: datetime,
) -> None:
    sqlite = database == "sqlite"
    store = open_store(f"sqlite:///{tmp_path}/o.db" if sqlite else request.getfixturevalue("postgres_url"))
    states = [an_objective(f"1{place}", title=f'Größer "\u0000" {place}') for place in range(601)]
    states.append(an_objective("@none", None))
    with store.write() as conn:
        schema_upgrade.to_head(conn, "0007")
        for site in ("main", "other"):
            rows = [{"site": site, "id": one.id, "content": of_then(encode(one))} for one in states]
            conn.execute(FORMER, rows)
    upgrade(store)
    store.check()
    with store.write() as conn:
        for site in ("main", "other"):
            found = dict.fromkeys(objectives.headlines(conn, site))
            assert {one.state.confidence for one in headlines(conn, site)} == {None}
            assert set(found) == {(of_then(objectives.headline_text(one)), 2) for one in states}
        objectives.save(conn, "main", states[0], "r1", now)
        assert objectives.load(conn, "main", states[0].id).computed_at.timestamp() * 1000 == to_ms(now)
    store.close()
