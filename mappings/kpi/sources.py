"""What a mapping may write under `source` of a KPI, one entry a kind. Where the readings then come from is in `connectors/metrics`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal, Union

from pydantic import Field

from mappings.document.part import MOST_PARTS, Part
from mappings.facts.moment import Weekday
from mappings.progress.options import FieldAlias, Jql, Number

OperandName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


@dataclass(frozen=True, slots=True)
class StatusName:
    """Marks an option that holds the name of a status, or its id. It is checked, and bound to ids."""


Statuses = Annotated[tuple[Annotated[str, StatusName()], ...], Field(min_length=1)]
Window = Annotated[str, Field(pattern=r"^(period|[1-9][0-9]{0,3}[dw])$")]
Statistic = Annotated[str, Field(pattern=r"^(p[0-9]{2}|median|mean|min|max|sum)$")]
Hour = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Url = Annotated[str, Field(pattern=r"^https?://[^\s/@]+(/\S*)?$", max_length=2_000)]
Timeout = Annotated[str, Field(pattern=r"^([1-9]|[12][0-9]|30)s$")]
Category = Literal["new", "indeterminate", "done"]


class SourceOptions(Part):
    """Base of the options of every source. JQL among them is marked as in progress rules, and checked."""

    kind: str


class JqlCountOptions(SourceOptions):
    """How many mirrored issues a JQL selects."""

    kind: Literal["jql_count"]
    jql: Annotated[str, Jql()]


class FieldOfIssuesOptions(SourceOptions):
    """Numbers of a field over the mirrored issues that a JQL selects; `missing` says what an issue without one is."""

    jql: Annotated[str, Jql()]
    field: Annotated[str, FieldAlias()]
    missing: Literal["skip", "zero", "unknown"] = "skip"


class JqlSumOptions(FieldOfIssuesOptions):
    """What a field comes to over the issues that a JQL selects."""

    kind: Literal["jql_sum"]


class JqlAvgOptions(FieldOfIssuesOptions):
    """What a field is in the mean over the issues that a JQL selects."""

    kind: Literal["jql_avg"]


class JiraFieldOptions(SourceOptions):
    """What a field of one issue holds; the issue is followed through moves."""

    kind: Literal["jira_field"]
    issue: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]+-[0-9]+$")]
    field: Annotated[str, FieldAlias()]


class StartPart(Part):
    """When an item is started: in a status of this category, or in one of these; by its first entry ever or its last."""

    category: Category = "indeterminate"
    status: Statuses = ()
    entry: Literal["first", "last"] = "first"


class EndPart(Part):
    """When an item is done: in a status of this category, or in one of these."""

    category: Category = "done"
    status: Statuses = ()


class WorkingPart(Part):
    """The local hours in which people work."""

    days: tuple[Weekday, ...] = Field(min_length=1)
    from_: Hour = Field(alias="from")
    to: Hour


class FlowOptions(SourceOptions):
    """What all flow sources have: which issues are items, over which window up to the end of the period, and when one is done."""

    select: Annotated[str, Jql()]
    window: Window = "30d"
    end: EndPart = EndPart()
    finish: Literal["last", "first"] = "last"


class DurationOptions(FlowOptions):
    """A statistic of durations: by which clock, in which unit, and of how many items at least."""

    statistic: Statistic = "p85"
    unit: Literal["days", "hours"] = "days"
    clock: Literal["elapsed", "calendar_days", "working_hours"] = "elapsed"
    working: WorkingPart | None = None
    min_items: int = Field(default=1, ge=1, le=1_000_000)


class LeadTimeOptions(DurationOptions):
    """From creation to finish, of the items finished in the window."""

    kind: Literal["lead_time"]


class CycleTimeOptions(DurationOptions):
    """From start to finish, of the items finished in the window."""

    kind: Literal["cycle_time"]
    start: StartPart = StartPart()


class WorkItemAgeOptions(SourceOptions):
    """From start to the end of the period, of the items in progress then."""

    kind: Literal["work_item_age"]
    select: Annotated[str, Jql()]
    start: StartPart = StartPart()
    statistic: Statistic = "p85"
    unit: Literal["days", "hours"] = "days"
    clock: Literal["elapsed", "calendar_days", "working_hours"] = "elapsed"
    working: WorkingPart | None = None
    min_items: int = Field(default=1, ge=1, le=1_000_000)


class ThroughputOptions(FlowOptions):
    """How many items were finished in the window."""

    kind: Literal["throughput"]


class FlowEfficiencyOptions(FlowOptions):
    """Time in active statuses over the time from start to finish, of the items finished in the window."""

    kind: Literal["flow_efficiency"]
    start: StartPart = StartPart()
    active: Statuses = ()
    clock: Literal["elapsed", "working_hours"] = "elapsed"
    working: WorkingPart | None = None
    min_items: int = Field(default=1, ge=1, le=1_000_000)


class MttrOptions(DurationOptions):
    """How long incidents restored in the window were not done. Left out, `start` is their creation."""

    kind: Literal["mttr"]
    start: StartPart | None = None
    reopened: Literal["repair", "whole"] = "repair"
    statistic: Statistic = "mean"
    unit: Literal["days", "hours"] = "hours"


class MtbfOptions(SourceOptions):
    """Time up over the failures that began in the window; with `time: all` the whole window over them."""

    kind: Literal["mtbf"]
    select: Annotated[str, Jql()]
    window: Window = "30d"
    end: EndPart = EndPart()
    time: Literal["up", "all"] = "up"
    unit: Literal["days", "hours"] = "hours"


class HttpJsonOptions(SourceOptions):
    """A number in a JSON document of another server; `connection` names the secret that is sent along."""

    kind: Literal["http_json"]
    url: Url
    pointer: Annotated[str, Field(pattern=r"^(/([^/~]|~[01])*)*$", max_length=1_000)]
    scale: Number = Decimal(1)
    timeout: Timeout = "10s"
    connection: str | None = None


class RangePart(Part):
    """Samples over the window, so far apart."""

    step: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,4}[smhd]$")]


class PrometheusOptions(SourceOptions):
    """What a query of Prometheus comes to at the end of the period; with `range` over the window."""

    kind: Literal["prometheus"]
    url: Url
    query: str = Field(min_length=1, max_length=10_000)
    range: RangePart | None = None
    window: Window = "period"
    timeout: Timeout = "10s"
    connection: str | None = None


class SqlOptions(SourceOptions):
    """The one cell that a SELECT gives; `:from` and `:to` are the instants between which the period lies."""

    kind: Literal["sql"]
    connection: str
    query: str = Field(pattern=r"^\s*(?i:select|with)\b[^;]*;?\s*$", max_length=10_000)


class PushOptions(SourceOptions):
    """Readings that programs send, or that are imported from a file."""

    kind: Literal["push"]


class CsvOptions(SourceOptions):
    """Readings that are imported from a file."""

    kind: Literal["csv"]


class FormulaOptions(SourceOptions):
    """Closed arithmetic over the readings of other KPIs; `of` names them for `expr`."""

    kind: Literal["formula"]
    expr: str
    of: dict[OperandName, str] = Field(min_length=1, max_length=MOST_PARTS)


SOURCE_OPTIONS: tuple[type[SourceOptions], ...] = (
    JqlCountOptions,
    JqlSumOptions,
    JqlAvgOptions,
    JiraFieldOptions,
    LeadTimeOptions,
    CycleTimeOptions,
    WorkItemAgeOptions,
    ThroughputOptions,
    FlowEfficiencyOptions,
    MttrOptions,
    MtbfOptions,
    HttpJsonOptions,
    PrometheusOptions,
    SqlOptions,
)
"""Sources that are asked."""
UNASKED_OPTIONS: tuple[type[SourceOptions], ...] = (PushOptions, CsvOptions, FormulaOptions)
"""Sources that nobody asks: readings are brought, or worked out from others."""

if TYPE_CHECKING:  # made from the tuples, which a type checker cannot follow
    KpiSource = SourceOptions
else:
    KpiSource = Annotated[
        Union[(*SOURCE_OPTIONS, *UNASKED_OPTIONS)],
        Field(discriminator="kind"),
    ]
