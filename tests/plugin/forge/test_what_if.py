"""What the page may make a number again of: exact figures that come to it, and nothing where the rules alone do not."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from mappings.rollup.methods import METHODS, MeasuredRow
from mappings.rollup.structure.what_if import calculation_of
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.use_cases.objectives.objectives import SavedObjective, list_all
from tests.forge_company import World


def asked(world: World, issue_id: str | None) -> Any:
    extension = None if issue_id is None else {"issue": {"id": issue_id}}
    return world.get("/api/what-if", "okr-context", context__extension=extension)


def test_every_number_is_made_again_of_what_is_told(world: World) -> None:
    told = {
        one.state.id: asked(world, one.state.id).json["calculation"]
        for one in list_all(world.connector, COMMAND_LINE, "main")
        if one.state.issue_id
    }
    known = {id_: found for id_, found in told.items() if found is not None}
    assert len(known) >= 6
    assert {one["reading"] is None for found in known.values() for one in found["key_results"]} == {
        True,
        False,
    }
    for id_, found in known.items():
        rows = [
            MeasuredRow(Fraction(row["weight"]), Fraction(row["progress"]), row["level"] == "achieved")
            for row in found["rows"]
            if row["progress"] is not None
        ]
        [state] = [
            one.state for one in list_all(world.connector, COMMAND_LINE, "main") if one.state.id == id_
        ]
        assert METHODS[found["method"]](rows).total == Fraction(found["progress"]) == state.progress
        assert found["level"] == state.health.level.value


def test_nothing_is_told_where_nothing_can_be_tried(world: World) -> None:
    assert asked(world, "999999").json == {"calculation": None}
    assert asked(world, None).status_code == 400


def test_a_number_that_the_rules_do_not_come_to_is_not_offered(world: World) -> None:
    context = world.connector.context("main")
    saved: SavedObjective = next(
        one for one in list_all(world.connector, COMMAND_LINE, "main") if one.state.progress
    )
    rule = next(one for one in context.mapping.objectives if one.part.id == saved.state.rule_id)
    cycle = context.mapping.cycles.get(saved.state.cycle_id or "")
    assert cycle is not None
    assert calculation_of(saved.state, rule, cycle.health, {}, ended=False) is not None
    other = replace(saved.state, progress=Fraction(1, 997))
    assert calculation_of(other, rule, cycle.health, {}, ended=False) is None
