"""The shape of a mapping document, version 1. Shape only: cross-references and meaning are checked in `validation`."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, create_model
from pydantic_core import PydanticCustomError

from mappings.digest.recipient import PATTERN
from mappings.document.part import MOST_PARTS, Alias, Part
from mappings.facts.moment import Weekday, duration
from mappings.kpi.sources import KpiSource
from mappings.progress import ProgressOptions
from mappings.progress.delivery import MissingWeight, RowWeight
from mappings.progress.options import DECIMALS, MOST_WEIGHTS, Day, Number
from mappings.write_back.targets import rule_keys

LONGEST_DAYS = 3_660
"""Ten years: longer than any cycle."""
LONGEST_GRACE = 31
"""Days after its end within which a period of a KPI is settled."""


def _bounded_duration(text: str) -> str:
    if not 1 <= duration(text).days <= LONGEST_DAYS:
        raise PydanticCustomError(
            "duration_range", "from 1d to {most}d is wanted here", {"most": str(LONGEST_DAYS)}
        )
    return text


def _bounded_grace(text: str) -> str:
    minutes = int(text[:-1]) * {"m": 1, "h": 60, "d": 1_440}[text[-1]]
    if minutes > LONGEST_GRACE * 1_440:
        raise PydanticCustomError(
            "grace_range", "at most {most}d is wanted here", {"most": str(LONGEST_GRACE)}
        )
    return text


Jql = str
Duration = Annotated[str, Field(pattern=r"^[0-9]{1,5}[dw]$"), AfterValidator(_bounded_duration)]
Grace = Annotated[str, Field(pattern=r"^[0-9]{1,4}[mhd]$"), AfterValidator(_bounded_grace)]
Category = Literal["new", "indeterminate", "done"]
Share = Annotated[Decimal, Field(ge=0, le=1, decimal_places=DECIMALS)]
Pace = Annotated[Decimal, Field(ge=0, le=2, decimal_places=DECIMALS)]
"""Progress ÷ expected progress; far beyond 1 it can only be a percentage that was meant as a share."""


class FieldPart(Part):
    """A field alias. `id` decides; `name` is for the reader, or is resolved to an id at check time when `id` is missing."""

    id: str | None = None
    name: str | None = None


class OverridePart(Part):
    """A refinement of status → fraction for the issues `when` selects (all where it is absent); keys are status ids or names."""

    when: Jql | None = None
    by_status: dict[str, Share] = Field(default={}, max_length=MOST_PARTS)
    by_category: dict[Category, Share] = Field(default={})


DEFAULT_EXCLUDED = (
    'resolution in ("Won\'t Do", "Won\'t Fix", Duplicate, "Cannot Reproduce", Incomplete, Declined)'
)


NOTHING = "none"
"""Written for `excluded` where nothing is to be excluded: an empty JQL would mean everything."""


class StatusesPart(Part):
    """How a status becomes a fraction, and what closed issues count as."""

    by_category: dict[Category, Share] = Field(
        default={"new": Decimal(0), "indeterminate": Decimal("0.5"), "done": Decimal(1)}
    )
    overrides: tuple[OverridePart, ...] = Field(default=(), max_length=MOST_PARTS)
    excluded: Jql = DEFAULT_EXCLUDED
    """`none` excludes nothing."""
    not_achieved: Jql | None = None


class ThresholdsPart(Part):
    """Pace thresholds of a cycle; below `at_risk` is off track."""

    on_track: Pace = Decimal("0.7")
    at_risk: Pace = Decimal("0.4")


FactsOf = Literal["end", "close"]
"""Whose facts an objective of a cycle that has ended stands by: those of its last millisecond, or those of now until it is closed."""
CloseAfter = (
    Literal["never"] | Annotated[str, Field(pattern=r"^[0-9]{1,5}[dw]$"), AfterValidator(_bounded_duration)]
)
"""So long after its last day a cycle is closed by itself."""
LockAfter = Annotated[str, Field(pattern=r"^[0-9]{1,5}[dw]$"), AfterValidator(_bounded_duration)]
"""So long after its first day a cycle is locked by itself."""


class CyclePart(Part):
    """A cycle; both ends are days that count."""

    id: str
    start: Day
    end: Day
    name: str | None = None
    stale_after: Duration = "14d"
    health: ThresholdsPart = ThresholdsPart()
    working_days: tuple[Weekday, ...] | None = None
    lock: LockAfter | None = None
    close_after: CloseAfter = "60d"
    measured: FactsOf = "end"


PeriodName = Literal["month", "quarter", "tertial", "half", "year"]
YearStart = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$")]
"""Month and day; no later than the 28th, so that every month has it."""
CURRENT = "current"
"""Written for the id of a cycle: the one that runs at the moment that is asked."""


class CyclesPart(Part):
    """Cycles that recur by rule and never end; a listed one stands in the place of the one of the same id."""

    every: PeriodName | Annotated[tuple[PeriodName, ...], Field(min_length=1, max_length=5)] | None = None
    starts: YearStart = "01-01"
    stale_after: Duration = "14d"
    health: ThresholdsPart = ThresholdsPart()
    working_days: tuple[Weekday, ...] | None = None
    lock: LockAfter | None = None
    close_after: CloseAfter = "60d"
    measured: FactsOf = "end"
    listed: tuple[CyclePart, ...] = Field(default=(), max_length=MOST_PARTS)


CyclesList = Annotated[tuple[CyclePart, ...], Field(max_length=MOST_PARTS)]


class FieldSource(Part):
    """A value read from a field of the issue."""

    field: Alias


class LabelSource(Part):
    """The cycle whose id, behind this prefix, is one of the issue's labels (`okr-` finds `okr-2026-Q4`; empty: the bare id)."""

    label: str


class VersionSource(Part):
    """The cycle whose id, behind this prefix, is the name of one of the issue's fix versions."""

    version: str


class SpanPart(Part):
    """The first and the last day of an objective's own span, each in a field of the issue."""

    start: Alias | None = None
    end: Alias


class DatesSource(Part):
    """The objective has days of its own: it runs in the cycle that holds the last of them."""

    dates: SpanPart


class PerspectiveLabel(Part):
    """The perspective that stands behind this prefix in one of the issue's labels (`bsc-` finds `bsc-finance`)."""

    label: str = Field(
        min_length=1, description="What stands before the perspective in a label: bsc- for bsc-finance."
    )


CycleSource = str | FieldSource | LabelSource | VersionSource | DatesSource


class LinkRelation(Part):
    """Issues of which the objective says this phrase ("is measured by")."""

    link: str


class JqlRelation(Part):
    """Issues the JQL selects, whatever their place in the hierarchy."""

    jql: Jql


class JqlFieldRelation(Part):
    """Issues selected by the JQL a person wrote into this field of the key-result issue itself."""

    jql_field: Alias


Relation = Literal["child", "descendant"] | LinkRelation | JqlRelation | JqlFieldRelation


Aliases = Annotated[tuple[Alias, ...], Field(min_length=1, max_length=MOST_WEIGHTS)]
"""Fields of which the first that is filled counts."""


class WeightPart(Part):
    """A weight read from a field, or the first of several that is filled; what is missing takes the mean of its counted siblings
    unless said otherwise.
    """

    field: Alias | Aliases
    missing: Literal["siblings_mean", "zero", "one", "error"] = "siblings_mean"


Weight = Number | Alias | Aliases | WeightPart


class AlignmentPart(Part):
    """Objectives of which this one says the phrase, or one written here by its id; it moves their number only with `contributes`."""

    link: str | None = None
    objective: str | None = None
    contributes: bool = False
    weight: Weight | None = None


class RollupPart(Part):
    """How contributing key results become the objective's number."""

    method: Literal["weighted_mean", "mean", "minimum", "done_ratio"] = "weighted_mean"
    headline: Literal["outcome_first", "all"] = "outcome_first"
    health: Literal["worst", "weighted"] = "worst"
    same_issue: Literal["count_once", "split", "both"] = "count_once"


class TeamPart(Part):
    """Who objectives belong to: what a field of their issue says, or their project where no field is named."""

    field: Alias | None = Field(
        default=None, description="Alias of the field that says the team; the project where it is left out."
    )
    names: dict[str, str] = Field(
        default={},
        max_length=MOST_PARTS,
        description="What teams are called: by project key or id, or by what the field holds (its value or id).",
    )


class KeyResultPart(Part):
    """Which issues are the key results of an objective and how their progress is derived."""

    id: str
    name: str | None = None
    select: Jql | None = None
    relation: Relation = "child"
    as_: Literal["one_key_result", "each_issue"] | None = Field(default=None, alias="as")
    weight: Weight | None = None
    commitment: Literal["committed", "aspirational"] | None = None
    subtasks: Literal["selected", "through_parent"] = "selected"
    progress: ProgressOptions


class ObjectivePart(Part):
    """What is an objective: issues a JQL selects, or one written here (`title`) for which no Jira issue stands."""

    id: str
    select: Jql | None = None
    title: str | None = None
    owner: str | None = None
    team: str | None = Field(
        default=None, description="The team of an objective for which no Jira issue stands."
    )
    perspective: str | FieldSource | PerspectiveLabel | None = Field(
        default=None,
        description="finance, customer, process, learning, or a word of your own; or where the issue says it: {label: prefix}, {field: alias}. It groups and decides no number.",
    )
    cycle: CycleSource | None = None
    commitment: Literal["committed", "aspirational"] = "committed"
    aligned_to: AlignmentPart | str | None = None
    rollup: RollupPart = RollupPart()
    key_results: tuple[KeyResultPart, ...] = Field(default=(), max_length=MOST_PARTS)


class BandPart(Part):
    """A healthy band; bounds are inclusive."""

    at_least: Number | None = None
    at_most: Number | None = None


class LabelRelation(Part):
    """What is made belongs to its objective by this label."""

    label: str = Field(
        pattern=r"^[^\s]{1,255}$", description="The label by which what is made belongs to its objective."
    )


class CreatedFields(Part):
    """Number fields of the issue that is made. Start and target are written once, the current value is followed."""

    start: Alias | None = Field(default=None, description="Alias of the number field for where it starts.")
    current: Alias | None = Field(
        default=None, description="Alias of the number field that follows what the KPI is worth."
    )
    target: Alias | None = Field(
        default=None, description="Alias of the number field for the edge of the band."
    )


class CreatePart(Part):
    """As what, and where, the issue of a key result is made in Jira; without a project in that of its objective."""

    type: str = Field(min_length=1, description="The issue type, by name or id.")
    project: str | None = None
    relation: Literal["child"] | LabelRelation = Field(
        default="child",
        description="How it belongs to its objective: child, or {label: …} where no issue stands for that.",
    )
    fields: CreatedFields = Field(
        default=CreatedFields(), description="Number fields of the issue that is made, by alias."
    )


class PromotePart(Part):
    """When a KPI out of its band becomes a key result, and what is made of it in Jira."""

    after: int = Field(default=3, ge=1, le=1_000)
    objective: str | None = None
    mode: Literal["propose", "create"] = "propose"
    create: CreatePart | None = None


class RevertPart(Part):
    """When a key result back in the band becomes a watched KPI again."""

    after: int = Field(default=5, ge=1, le=1_000)


class PointPart(Part):
    """The band that is healthy from a local day on, in the place of `healthy`."""

    from_: Day = Field(alias="from")
    at_least: Number | None = None
    at_most: Number | None = None


class TargetsPart(Part):
    """Bands by date: each holds until the next one (`step`), or runs straight to it (`linear`)."""

    shape: Literal["step", "linear"] = "step"
    points: tuple[PointPart, ...] = Field(min_length=1, max_length=MOST_PARTS)


class KpiPart(Part):
    """A KPI to watch."""

    id: str
    name: str
    source: KpiSource
    owner: str | None = None
    unit: str | None = None
    direction: Literal["up", "down", "keep"] | None = None
    healthy: BandPart
    watch: BandPart | None = None
    indicator: Literal["leading", "lagging"] | None = None
    perspective: str | None = None
    cadence: Literal["each", "hourly", "daily", "weekly", "monthly", "quarterly"] = "daily"
    grace: Grace | None = None
    aggregate: Literal["last", "sum", "mean", "min", "max"] = "last"
    min_readings: int = Field(default=1, ge=1, le=10_000)
    targets: TargetsPart | None = None
    promote: PromotePart | None = None
    revert: RevertPart | None = None


Target = Literal["objective", "key_result", "row"]
Subject = Target | Literal["parent"]
"""What an issue is to the mapping where it is written to; a plain parent is written to by `rows` and `parents`."""


class WritePart(Part):
    """To what issues a rule of `write_back` writes."""

    @property
    def subject(self) -> Subject:
        """What these issues are to the mapping."""
        said: Target | None = getattr(self, "target", None)
        return said or "parent"

    @property
    def one(self) -> str:
        """One of these issues, in words: `an objective`."""
        return f"{'an' if self.subject[0] in 'aeiou' else 'a'} {self.subject.replace('_', ' ')}"


class RulePart(WritePart):
    """What is written to the issues of objectives, key results or rows, or of sums of `rows` to plain `parents`.

    The keys for what is written come from the targets.
    """

    target: Target | None = None
    rows: Jql | None = None
    """Empty for everything below."""
    parents: Jql | None = None
    relation: Literal["child", "descendant"] = "child"
    weight: RowWeight = "equal"
    missing: MissingWeight = "siblings_mean"
    on_leave: Literal["clear", "leave"] = "clear"


if TYPE_CHECKING:  # made from the targets, which a type checker cannot follow
    WriteBackPart = RulePart
else:
    _FIRST = ("target", "rows", "parents", "relation", "weight", "missing")
    _OWN = {name: (info.rebuild_annotation(), info.default) for name, info in RulePart.model_fields.items()}
    _KEYS = {**{name: _OWN[name] for name in _FIRST}, **rule_keys(), "on_leave": _OWN["on_leave"]}
    WriteBackPart = create_model("WriteBackPart", __base__=WritePart, __doc__=RulePart.__doc__, **_KEYS)


class BrakePart(Part):
    """A plan that changes more than `share` of the written values, and more than `floor` of them, waits for a person."""

    share: Share = Decimal("0.3")
    floor: int = Field(default=10, ge=0, le=1_000_000)


class CheckInsPart(Part):
    """Check-ins by comment on key results, who may make them, and when one is due."""

    every: Duration = "7d"
    on: Weekday = "fri"
    who: Literal["owners", "anyone", "editors"] = "owners"
    delivery: bool = False


class CoveragePart(Part):
    """Which work should serve an objective, and by what it is weighed."""

    select: Jql | None = Field(
        default=None,
        description="JQL: the work that should serve objectives; left out, issues of the basic level that are no objective or key result.",
    )
    weight: Alias | Aliases | None = Field(
        default=None, description="A field alias, or several of which the first that is filled counts."
    )


LEVELLED = "level is not EMPTY"
RestrictedPolicy = Literal["leave_out", "count", "refuse"]


class RestrictedPart(Part):
    """Which issues fewer people may see than the numbers that they would be in, and what becomes of those."""

    when: Jql = Field(
        default=LEVELLED,
        description="JQL: the issues that are restricted; left out, those that have a security level.",
    )
    policy: RestrictedPolicy = Field(
        description="leave_out: they are in no number; count: as any other; refuse: no number that one of them is in is written.",
    )


Recipient = Annotated[str, Field(pattern=PATTERN)]
"""`mail:lead@example.org`, `slack:okr` for the webhook of Slack that the settings call `okr`, or `owners` for whoever is to be reminded."""


ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class QuietPart(Part):
    """When nobody is told anything: hours of the local day, over midnight where they end before they begin, and whole days."""

    from_: ClockTime | None = Field(
        None, alias="from", description="From which local time on, such as 18:00."
    )
    to: ClockTime | None = Field(None, description="Until which local time, such as 08:00.")
    days: tuple[Weekday, ...] = Field(default=(), max_length=6, description="Days that are quiet as a whole.")


class TellPart(Part):
    """What people are told by themselves: by the week, where something changed or where a check-in is due, when in local time, and who."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")
    every: Literal["week", "change", "due"] = Field(
        "week",
        description="How often: week, a digest; change, an alert ten minutes after something changed; due, a reminder on the day on which check-ins are due.",
    )
    on: Weekday = Field("mon", description="On which day of the week, in the time zone of the mapping.")
    at: ClockTime = Field("09:00", description="At which local time, such as 09:00.")
    to: tuple[Recipient, ...] = Field(
        min_length=1,
        max_length=MOST_PARTS,
        description="Who gets it: mail:lead@example.org, or slack:okr, teams:okr, google-chat:okr, webhook:okr for a webhook that the settings call okr; a reminder goes to owners, too: to each what waits for them.",
    )
    about: tuple[Literal["objectives", "kpis", "concerns"], ...] = Field(
        ("objectives", "kpis"),
        min_length=1,
        max_length=3,
        description="What an alert is about: healths of objectives, levels of KPIs, and concerns about the connector itself.",
    )
    quiet: QuietPart | None = Field(None, description="When nobody is told; what is due waits for its end.")
    empty: Literal["skip", "send"] = Field(
        "skip", description="What becomes of it in a week in which nothing happened: skip, or send."
    )


class Document(Part):
    """A whole mapping document."""

    version: Literal[1]
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")
    site: str = Field("main", pattern=r"^[^\s]{1,63}$")
    scope: Jql
    time_zone: str | None = None
    week_starts: Weekday | None = Field(
        default=None,
        description="On which day a week of startOfWeek() and endOfWeek() begins: mon where Jira's weeks do; sun where it is left out.",
    )
    fields: dict[Alias, FieldPart] = Field(default={}, max_length=MOST_PARTS)
    statuses: StatusesPart = StatusesPart()
    cycles: CyclesPart | CyclesList = ()
    team: Literal["project"] | TeamPart | None = Field(
        default=None,
        description="Who objectives belong to: project, or {field: alias, names: {…}}. Left out, they belong to no team.",
    )
    objectives: tuple[ObjectivePart, ...] = Field(default=(), max_length=MOST_PARTS)
    kpis: tuple[KpiPart, ...] = Field(default=(), max_length=MOST_PARTS)
    write_back: tuple[WriteBackPart, ...] = Field(default=(), max_length=MOST_PARTS)
    check_ins: CheckInsPart | None = None
    coverage: CoveragePart | None = Field(
        default=None, description="Which work should serve objectives, and by what it is weighed."
    )
    restricted: RestrictedPolicy | RestrictedPart | None = Field(
        default=None,
        description="What becomes of issues that fewer people may see than the numbers that they would be in: leave_out, count or refuse, or {when: JQL, policy: …}. Left out, they count.",
    )
    brake: BrakePart = BrakePart()
    tell: tuple[TellPart, ...] = Field(default=(), max_length=MOST_PARTS)
