"""What is written of a forecast is what the page of the objective says of it, on the same day."""

from __future__ import annotations

from pathlib import Path

from connectors.clock import system_clock
from connectors.store.numbers import objectives
from mappings import presets
from mappings.numbers import percent
from plugin.cli.work.sync import sync_site
from plugin.runtime.demonstration import demo_world
from plugin.use_cases.forecasts.forecasts import forecast_of
from plugin.use_cases.mappings.mapping_life import activate, preview_text
from tests.actors import TESTER

KEY = "jira-okr.outlook"
VALUES = "[forecast_probability, forecast_date]"
MAPPING = presets.text("epics-as-objectives") + (
    f"\n  - {{target: objective, property: {{key: {KEY}, values: {VALUES}, round: 1, unknown: leave}}}}\n"
)


def test_what_is_written_is_what_the_page_says(tmp_path: Path) -> None:
    with demo_world(tmp_path, clock=system_clock, resync_minutes=0) as demo:
        activate(demo.connector, TESTER, "main", MAPPING, large=True)
        sync_site(demo.connector, "main")
        with demo.connector.store.read() as conn:
            states = [one.state for one in objectives.load_all(conn, "main") if one.state.issue_id]
        told = {state.id: forecast_of(demo.connector, TESTER, "main", state.id) for state in states}
        held = {id_: kept.get(KEY) for id_, kept in demo.sandbox.sandbox.properties.items()}
        likely = {id_: percent(one.probability, 1) for id_, one in told.items() if one and one.probability}
        assert len(likely) > 3
        assert {id_: held[id_]["forecast_probability"] for id_ in likely} == {
            id_: float(chance) for id_, chance in likely.items() if chance is not None
        }
        assert any(held[id_]["forecast_date"] for id_ in likely)
        assert not preview_text(demo.connector, TESTER, "main", MAPPING).preview.plans, (
            "nothing more to write"
        )
