"""What a week did to an objective is one figure, whoever asks: API, file, tools, the tables of commands and the list page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from connectors.store import Store
from mappings.document.mapping import Mapping
from mappings.explain.week import WeekMove
from mappings.facts.issue import Issue
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.api.objectives.objectives import objective_json
from plugin.doors.exports import ObjectiveRow, as_csv, objective_row
from plugin.mcp.objectives import objective_shape
from plugin.pages.views.objectives.listing import row
from plugin.runtime.connector import Connector
from plugin.runtime.memory import Memory
from plugin.runtime.settings import read_settings
from plugin.use_cases.objectives.objective_columns import Output, table_labels, table_row, values
from plugin.use_cases.objectives.objective_lines import ObjectiveLine, every_line, line
from plugin.use_cases.objectives.objective_list import START, RowSelection, list_objectives
from plugin.use_cases.objectives.objectives import objective

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
DAY = timedelta(days=1)
MOVED = WeekMove(Fraction(1, 4), ("PLAT-3 moved to Done",))


@pytest.fixture
def connector(sqlite_store: Store) -> Connector:
    return Connector(read_settings(None), sqlite_store, {}, lambda: NOW)


@pytest.fixture
def moved(
    lived: Callable[..., Any], bound: Callable[..., Mapping], document: Any, an_issue: Callable[..., Issue]
) -> None:
    """One of four stories was done ten days ago, a second one yesterday."""
    issues = [an_issue(1), an_issue(2, "done"), an_issue(3), an_issue(4), an_issue(5)]
    later = [an_issue(1), an_issue(2, "done"), an_issue(3, "done"), an_issue(4), an_issue(5)]
    mapping = bound(document)
    lived((NOW - 10 * DAY, mapping, issues), (NOW - DAY, mapping, later))


@pytest.mark.usefixtures("moved")
def test_a_week_is_told_alike_at_every_door(connector: Connector) -> None:
    (one,) = every_line(connector, COMMAND_LINE, "main")
    assert one.week == MOVED
    given = objective_json(one).model_dump()
    assert (given["week"], given["week_exact"], given["week_causes"]) == (
        0.25,
        "1/4",
        ["PLAT-3 moved to Done"],
    )
    told = values(one, Output.JSON)
    assert (told["week"], told["week_causes"]) == (0.25, ["PLAT-3 moved to Done"])
    header, text = (part.strip().split(",") for part in as_csv(ObjectiveRow, [objective_row(one)]))
    file = dict(zip(header, text, strict=True))
    assert (file["week"], file["week_causes"]) == ("0.25", "PLAT-3 moved to Done")
    assert dict(zip(table_labels(), table_row(one), strict=True))["Week"] == "+25"
    tool = objective_shape(one, None)
    assert (tool.week.value, tool.week_causes) == (0.25, ["PLAT-3 moved to Done"])
    (listed,) = list_objectives(connector, COMMAND_LINE, RowSelection(("main",)), START, 10).rows
    assert listed.week == MOVED
    assert row(listed, NOW, UTC).week.text == "+25"
    saved = objective(connector, COMMAND_LINE, "main", "1")
    assert saved is not None
    assert line(connector, COMMAND_LINE, "main", saved) == ObjectiveLine("main", saved, None, MOVED)


def test_a_quiet_week_is_nought_and_a_short_history_unknown(
    connector: Connector,
    lived: Callable[..., Any],
    bound: Callable[..., Mapping],
    document: Any,
    an_issue: Callable[..., Issue],
) -> None:
    lived((NOW - 6 * DAY, bound(document), [an_issue(1), an_issue(2, "done"), an_issue(3)]))
    (one,) = every_line(connector, COMMAND_LINE, "main")
    assert one.week is None
    assert dict(zip(table_labels(), table_row(one), strict=True))["Week"] == "—"
    connector.clock = lambda: NOW + 7 * DAY
    (one,) = every_line(connector, COMMAND_LINE, "main")
    assert one.week == WeekMove(Fraction(0), ())
    assert dict(zip(table_labels(), table_row(one), strict=True))["Week"] == "0"


@pytest.mark.usefixtures("moved")
def test_what_a_week_did_is_kept_by_its_connector_alone(connector: Connector, sqlite_store: Store) -> None:
    other = Connector(read_settings(None), sqlite_store, {}, lambda: NOW)
    every_line(connector, COMMAND_LINE, "main")
    assert (len(connector.weeks), len(other.weeks)) == (1, 0)


def test_of_more_than_fit_the_longest_unused_are_forgotten() -> None:
    memory: Memory[str, str] = Memory(2)
    made: list[str] = []
    for key in "abacab":
        memory.known(key, lambda key=key: made.append(key) or key)
    assert (made, len(memory)) == (["a", "b", "c", "b"], 2)
