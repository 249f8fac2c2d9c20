"""What is told of an objective wherever several stand below each other: one tuple of descriptions.

The page, the API, the exports, the commands, what can be filtered by and sorted by, and the tests follow from it. A column that is
sorted or filtered by is kept in the database too (`connectors.store.lists.list_line`, `connectors.store.lists.statements`); a test holds both together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from fractions import Fraction
from typing import Any, Protocol

from connectors.store.lists.list_rows import RowSelection
from mappings.explain.confidence import Confidence
from mappings.explain.week import WeekMove
from mappings.numbers import rounded
from mappings.rollup.health import ACHIEVED_AT
from mappings.rollup.state import HealthLevel
from plugin.use_cases.objectives.objective_lines import ObjectiveLine
from plugin.use_cases.objectives.objective_list import Head
from plugin.use_cases.objectives.objective_values import (
    exact_text,
    health_values,
    key_result_values,
    number,
    percent_text,
)


class Output(StrEnum):
    """What tells columns to programs."""

    API = "api"
    EXPORT = "export"
    JSON = "json"
    """The JSON of commands."""


EVERYWHERE = frozenset(Output)
PROGRAMS = frozenset({Output.API, Output.JSON})


class TableRow(Protocol):
    """What a row for people is made of: where an objective stands, and what its week did."""

    @property
    def state(self) -> Head: ...
    @property
    def week(self) -> WeekMove | None: ...


@dataclass(frozen=True, slots=True)
class Filter:
    """A way to narrow the list: its name, how it is explained at the API and at the command line, and the question it becomes.

    `asked` names the part of `connectors.store.lists.list_rows.RowSelection`; where that holds several values, so does the question. `choices`
    are the only values that it takes, of which several can be wanted.
    """

    name: str
    description: str
    help: str
    asked: str
    listed: bool = False
    choices: type[Enum] | None = None


@dataclass(frozen=True, slots=True)
class ListOrder:
    """A way to sort the list: its name in addresses (a key of `connectors.store.lists.statements.ORDERS`), and in words."""

    name: str
    label: str
    usual: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One thing that is told of each objective.

    `exact` is the value for programs and `type` its type; `text` is the text for people. `outputs` says which programs are told,
    `on_page` and `in_table` whether the list page and the tables of commands have it. `type` None: what the API gives is made of
    several parts, and described there.
    """

    key: str
    label: str
    exact: Callable[[ObjectiveLine], object] | None = None
    type: object = None
    text: Callable[[TableRow], str] | None = None
    outputs: frozenset[Output] = EVERYWHERE
    on_page: bool = False
    in_table: bool = False
    filter: Filter | None = None
    order: ListOrder | None = None
    description: str | None = None


def _share(value: Fraction | None, head: Head) -> str:
    return percent_text(value, 0, ACHIEVED_AT[head.commitment])


def _beside(value: Fraction | None, head: Head) -> str:
    return "—" if value is None else _share(value, head)


def _pace(head: Head) -> str:
    return "" if head.pace is None else f"{float(head.pace):.2f}"


def _points(told: Confidence | None) -> int | None:
    return None if told is None else told.points


def _level(told: Confidence | None) -> str | None:
    return None if told is None else told.level.value


def _own_day(head: Head, place: int) -> str | None:
    return None if head.span is None else head.span[place].isoformat()


def week_text(week: WeekMove | None) -> str:
    """Points since a week ago, with their sign; a dash where they are not known."""
    if week is None or week.total is None:
        return "—"
    points = rounded(week.total * 100, 0)
    return f"{points:+}" if points else "0"


TEXT, NUMBER = str | None, float | None

OBJECTIVE_COLUMNS: tuple[Column, ...] = (
    Column("site", "Site", lambda line: line.site, str, outputs=frozenset({Output.API, Output.EXPORT})),
    Column("id", "Id", lambda line: line.saved.state.id, str),
    Column(
        key="key",
        label="Key",
        exact=lambda line: line.saved.state.key,
        type=str,
        text=lambda row: row.state.key,
        in_table=True,
        order=ListOrder("key", "Key"),
    ),
    Column(
        key="title",
        label="Objective",
        exact=lambda line: line.saved.state.title,
        type=str,
        text=lambda row: row.state.title,
        on_page=True,
        in_table=True,
        filter=Filter(
            "text",
            "Part of the title or the key, in any case.",
            "Only objectives with this in their title or key.",
            "text",
        ),
    ),
    Column(
        "url",
        "Address",
        lambda line: line.url,
        TEXT,
        outputs=frozenset({Output.API}),
        description="Where people see its issue in Jira.",
    ),
    Column("rule", "Rule", lambda line: line.saved.state.rule_id, str, outputs=PROGRAMS),
    Column(
        key="project",
        label="Project",
        exact=lambda line: line.saved.state.project_key,
        type=str,
        text=lambda row: row.state.project_key,
        filter=Filter(
            "project",
            "The key of a project.",
            "Only objectives of this project (its key).",
            "projects",
            listed=True,
        ),
    ),
    Column(
        key="team",
        label="Team",
        exact=lambda line: line.saved.state.team,
        type=TEXT,
        text=lambda row: row.state.team or "",
        filter=Filter(
            "team",
            "The team, as the mapping calls it.",
            "Only objectives of this team.",
            "teams",
            listed=True,
        ),
        description="Who it belongs to; null where the mapping knows no teams, or nothing says one.",
    ),
    Column(
        key="perspective",
        label="Perspective",
        exact=lambda line: line.saved.state.perspective,
        type=TEXT,
        text=lambda row: row.state.perspective or "",
        description="finance, customer, process, learning or another word; null where nothing says one.",
    ),
    Column(
        key="owner",
        label="Owner",
        exact=lambda line: line.saved.state.owner,
        type=TEXT,
        text=lambda row: row.state.owner or "",
        on_page=True,
        filter=Filter(
            "owner", "The owner's name, in any case.", "Only objectives of this owner.", "owner_words"
        ),
    ),
    Column(
        key="cycle",
        label="Cycle",
        exact=lambda line: line.saved.state.cycle_id,
        type=TEXT,
        text=lambda row: row.state.cycle_id or "",
        filter=Filter(
            "cycle", "The id of a cycle.", "Only objectives of this cycle (its id).", "cycles", listed=True
        ),
    ),
    Column(
        key="own_start",
        label="Own first day",
        exact=lambda line: _own_day(line.saved.state, 0),
        type=TEXT,
        text=lambda row: _own_day(row.state, 0) or "",
        description="The first of the days of its own, YYYY-MM-DD; null where its days are those of its cycle.",
    ),
    Column(
        key="own_end",
        label="Own last day",
        exact=lambda line: _own_day(line.saved.state, 1),
        type=TEXT,
        text=lambda row: _own_day(row.state, 1) or "",
        description="The last of the days of its own, YYYY-MM-DD; null where its days are those of its cycle.",
    ),
    Column(
        key="commitment",
        label="Commitment",
        exact=lambda line: line.saved.state.commitment,
        type=str,
        text=lambda row: row.state.commitment,
    ),
    Column(
        key="progress",
        label="Progress",
        exact=lambda line: number(line.saved.state.progress),
        type=NUMBER,
        text=lambda row: _share(row.state.progress, row.state),
        on_page=True,
        in_table=True,
        order=ListOrder("progress", "Least progress first"),
    ),
    Column(
        key="week",
        label="Week",
        exact=lambda line: None if line.week is None else number(line.week.total),
        type=NUMBER,
        text=lambda row: week_text(row.week),
        on_page=True,
        in_table=True,
        description="By how much it moved since a week ago, as a share of 1; null where it was unknown at either end, or its history is shorter.",
    ),
    Column(
        "week_exact",
        "Week",
        lambda line: None if line.week is None else exact_text(line.week.total),
        TEXT,
        outputs=frozenset({Output.API}),
    ),
    Column(
        "week_causes",
        "What moved it this week",
        lambda line: [] if line.week is None else list(line.week.causes),
        list[str],
        outputs=PROGRAMS,
        description="The strongest causes of the week's change, in words.",
    ),
    Column(
        "week_causes",
        "What moved it this week",
        lambda line: "" if line.week is None else "; ".join(line.week.causes),
        str,
        outputs=frozenset({Output.EXPORT}),
    ),
    Column("progress_exact", "Progress", lambda line: exact_text(line.saved.state.progress), TEXT),
    Column(
        key="delivery",
        label="Delivery",
        exact=lambda line: number(line.saved.state.delivery),
        type=NUMBER,
        text=lambda row: _beside(row.state.delivery, row.state),
        on_page=True,
    ),
    Column(
        "delivery_exact",
        "Delivery",
        lambda line: exact_text(line.saved.state.delivery),
        TEXT,
        outputs=frozenset({Output.API}),
    ),
    Column(
        key="outcome",
        label="Outcome",
        exact=lambda line: number(line.saved.state.outcome),
        type=NUMBER,
        text=lambda row: _beside(row.state.outcome, row.state),
        on_page=True,
    ),
    Column(
        "outcome_exact",
        "Outcome",
        lambda line: exact_text(line.saved.state.outcome),
        TEXT,
        outputs=frozenset({Output.API}),
    ),
    Column(
        key="expected",
        label="Expected",
        exact=lambda line: number(line.saved.state.expected),
        type=NUMBER,
        text=lambda row: percent_text(row.state.expected),
        in_table=True,
    ),
    Column(
        "expected_exact",
        "Expected",
        lambda line: exact_text(line.saved.state.expected),
        TEXT,
        outputs=frozenset({Output.API}),
    ),
    Column(
        key="pace",
        label="Pace",
        exact=lambda line: number(line.saved.state.pace),
        type=NUMBER,
        text=lambda row: _pace(row.state),
        in_table=True,
    ),
    Column(
        "health",
        "Health",
        lambda line: health_values(line.saved.state.health),
        text=lambda row: row.state.health.level.value.replace("_", " "),
        outputs=PROGRAMS,
        on_page=True,
        in_table=True,
        filter=Filter(
            "health",
            "One or more levels.",
            "Only this health; may be given several times.",
            "health",
            listed=True,
            choices=HealthLevel,
        ),
        order=ListOrder("health", "Worst health first", usual=True),
    ),
    Column(
        "health",
        "Health",
        lambda line: line.saved.state.health.level.value,
        str,
        outputs=frozenset({Output.EXPORT}),
    ),
    Column(
        "health_rule",
        "Rule of health",
        lambda line: line.saved.state.health.rule,
        str,
        outputs=frozenset({Output.EXPORT}),
    ),
    Column(
        key="confidence",
        label="Confidence",
        exact=lambda line: _points(line.saved.state.confidence),
        type=int | None,
        text=lambda row: "—" if row.state.confidence is None else row.state.confidence.said,
        on_page=True,
        description="Points of 10, the lowest that was said of a contributing key result; null where a word was said, or nothing.",
    ),
    Column(
        "confidence_level",
        "Confidence level",
        lambda line: _level(line.saved.state.confidence),
        TEXT,
        description="`on`, `at` or `off`; null where nothing was said.",
    ),
    Column("forecast", "Forecast", outputs=frozenset(), on_page=True),
    Column("trend", "Trend", outputs=frozenset(), on_page=True),
    Column("flags", "Flags", lambda line: list(line.saved.state.flags), list[str], outputs=PROGRAMS),
    Column(
        "aligned_to",
        "Aligned to",
        lambda line: list(line.saved.state.aligned_to),
        list[str],
        outputs=PROGRAMS,
        filter=Filter(
            "aligned_to",
            "The id of the objective they serve.",
            "Only objectives that serve this one (its id).",
            "aligned_to",
        ),
    ),
    Column(
        "served_by",
        "Served by",
        lambda line: line.served.by,
        int,
        description="How many objectives are aligned to it, of any cycle: `aligned_to` lists them.",
    ),
    Column(
        "served_elsewhere",
        "Served by other cycles",
        lambda line: line.served.elsewhere,
        int,
        description="How many of them are of another cycle than its own: they count in it, but no list of its cycle has them.",
    ),
    Column(
        "key_results",
        "Key results",
        lambda line: [key_result_values(one) for one in line.saved.state.key_results],
        outputs=PROGRAMS,
    ),
    Column(
        "key_results",
        "Key results",
        lambda line: len(line.saved.state.key_results),
        int,
        outputs=frozenset({Output.EXPORT}),
    ),
    Column(
        "mapping_revision",
        "Mapping",
        lambda line: line.saved.mapping_revision,
        str,
        outputs=frozenset({Output.API, Output.EXPORT}),
    ),
    Column(
        "computed_at",
        "Computed",
        lambda line: line.saved.computed_at,
        datetime,
        outputs=frozenset({Output.API}),
    ),
    Column(
        "changed_at",
        "Changed",
        lambda line: line.saved.changed_at,
        datetime,
        outputs=frozenset({Output.API, Output.EXPORT}),
        on_page=True,
        order=ListOrder("changed", "Last changed first"),
    ),
)


def columns_for(output: Output) -> tuple[Column, ...]:
    """What is told by an output."""
    return tuple(column for column in OBJECTIVE_COLUMNS if output in column.outputs)


def filters() -> tuple[Filter, ...]:
    """Every way to narrow the list."""
    return tuple(column.filter for column in OBJECTIVE_COLUMNS if column.filter is not None)


def narrow_rows(site: str, given: Callable[[str], Any]) -> RowSelection:
    """The objectives of a site that pass what is `given` for each filter by its name: a text, a list of choices, or None."""
    asked: dict[str, Any] = {}
    for one in filters():
        value = given(one.name)
        if one.choices is not None:
            asked[one.asked] = tuple(value or ())
        elif one.listed:
            asked[one.asked] = (value,) if value else ()
        else:
            asked[one.asked] = value or ""
    return RowSelection(sites=(site,), **asked)


def orders() -> tuple[ListOrder, ...]:
    """Every way to sort the list, the usual one first."""
    found = (column.order for column in OBJECTIVE_COLUMNS if column.order is not None)
    return tuple(sorted(found, key=lambda order: not order.usual))


def values(line: ObjectiveLine, output: Output) -> dict[str, object]:
    """What a program is told of one objective by an output, by key of the column."""
    return {column.key: column.exact(line) for column in columns_for(output) if column.exact is not None}


def table_labels() -> tuple[str, ...]:
    """The head of a table for people."""
    return tuple(column.label for column in OBJECTIVE_COLUMNS if column.in_table)


def table_row(row: TableRow) -> tuple[str, ...]:
    """One row of a table for people."""
    return tuple(
        column.text(row) for column in OBJECTIVE_COLUMNS if column.in_table and column.text is not None
    )
