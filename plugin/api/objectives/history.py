"""`/objectives/…/history` and `/objectives/…/movement`: where an objective stood, and what moved it between two moments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from pydantic import Field

from mappings.explain.cause import cause, row_cause
from mappings.explain.marks import MarkKind
from mappings.explain.movement import Effect, Movement
from mappings.rollup.rows.ledger import Contribution
from plugin.api.objectives.objectives import ObjectiveNameJson
from plugin.api.protocol.addresses import ObjectiveAddress
from plugin.api.protocol.lookup import objective_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.cursor import cursor, list_name, position
from plugin.doors.model import Instant, JsonShape, Page, PageQuery, SiteQuery, Word
from plugin.doors.refusal import RequestRefusal, invalid
from plugin.doors.rows import PointJson, RowJson, point_json
from plugin.next_steps import Door
from plugin.use_cases.objectives import objectives
from plugin.use_cases.objectives.moments import SINCE, UNTIL, MovementQuestion, UnknownMoment
from plugin.use_cases.objectives.movement import ToldMovement, no_history
from plugin.use_cases.objectives.objective_values import contribution_values, exact_text, number
from plugin.use_cases.objectives.objectives import HistoryPoint, from_ms, to_ms

ROUTES = Routes()

MOST_EFFECTS = 2000


class MarkJson(JsonShape):
    """Something that happened to an objective beside its number: a target changed, a check-in, scope that came or went."""

    at: datetime
    kind: MarkKind
    text: str


class MarksJson(JsonShape):
    """Everything that is marked in the history, oldest first."""

    items: list[MarkJson]


class HistoryQuery(PageQuery):
    """From when on."""

    since: Instant | None = Field(None, description="Only points at or after this instant.")


class PartJson(JsonShape):
    """One part of a movement; the parts sum exactly to Δ."""

    part: str
    effect: float
    effect_exact: str


class EffectJson(JsonShape):
    """What one row did to the number, and how it stood before and after; null where there was none."""

    part: str
    id: str
    key: str
    title: str
    said: str
    effect: float | None
    effect_exact: str | None
    before: RowJson | None
    after: RowJson | None


class MovementJson(JsonShape):
    """What moved the headline between two moments. Where a number is unknown at either end there is no Δ and there are no parts.

    `reconstructed`: the beginning was worked out from Jira's history. With more than one revision, what the change of the mapping
    itself did is the part `re-mapped`.
    """

    objective: ObjectiveNameJson
    since: datetime
    until: datetime
    before: float | None
    before_exact: str | None
    after: float | None
    after_exact: str | None
    change: float | None
    change_exact: str | None
    said: str
    parts: list[PartJson]
    rows: list[EffectJson] = Field(description="The rows that moved it, each with its effect.")
    rows_left_out: int
    reconstructed: bool
    revisions: list[str]


class MovementQuery(SiteQuery):
    """Between which moments."""

    since: Word | None = Field(None, description=SINCE)
    until: Word | None = Field(None, description=UNTIL)


@ROUTES.get("/objectives/{objective}/history", "viewer", "Where an objective stood, oldest first.")
def history(caller: Caller, path: ObjectiveAddress, query: HistoryQuery) -> Reply[Page[PointJson]]:
    """Oldest first."""
    site, saved = objective_of(caller, path, query)
    name = list_name(f"history:{site}:{saved.state.id}", query)
    begun = position(query.cursor, name, (int, int))
    since = query.since if begun is None else from_ms(min(int(begun[0]), 253402300799000))
    points = objectives.history(caller.connector, caller.actor, site, saved.state.id, since)
    if begun is not None:
        points = points[int(begun[1]) :]
    shown = points[: query.limit]
    more = len(points) > len(shown)
    return Reply(
        Page[PointJson](
            items=[point_json(one) for one in shown], next=cursor_after(name, shown, begun) if more else None
        )
    )


def cursor_after(name: str, shown: Sequence[HistoryPoint], begun: list[str | int] | None) -> str:
    """The cursor after these points: the instant of the last, and how many points of that instant were given."""
    last = to_ms(shown[-1].at)
    same = sum(to_ms(one.at) == last for one in shown)
    if begun is not None and begun[0] == last:
        same += int(begun[1])
    return cursor(name, last, same)


@ROUTES.get(
    "/objectives/{objective}/marks",
    "viewer",
    "What happened beside the number: targets changed, check-ins, scope that came or went.",
)
def marks(caller: Caller, path: ObjectiveAddress, query: SiteQuery) -> Reply[MarksJson]:
    """Oldest first; targets and scope day by day."""
    site, saved = objective_of(caller, path, query)
    found = objectives.marks(caller.connector, caller.actor, site, saved.state.id)
    return Reply(MarksJson(items=[MarkJson(at=one.at, kind=one.kind, text=one.text) for one in found]))


@ROUTES.get(
    "/objectives/{objective}/movement",
    "viewer",
    "What moved an objective between two moments, issue by issue, summing exactly.",
)
def movement(caller: Caller, path: ObjectiveAddress, query: MovementQuery) -> Reply[MovementJson]:
    """What changed since."""
    site, saved = objective_of(caller, path, query)
    asked = MovementQuestion(query.since, query.until)
    try:
        found = objectives.movement(caller.connector, caller.actor, site, saved.state, asked)
    except UnknownMoment as error:
        raise invalid(f"?{error.place}", error.message, error.remedy) from error
    if found.movement is None:
        why = no_history(found)
        status, title = (403, "Not shown") if found.is_withheld else (409, "No history")
        raise RequestRefusal(status, title, why.message, why.remedy_at(Door.API))
    named = ObjectiveNameJson(id=saved.state.id, key=saved.state.key, title=saved.state.title)
    return Reply(movement_json(named, found, found.movement))


def movement_json(named: ObjectiveNameJson, found: ToldMovement, moved: Movement) -> MovementJson:
    """A movement as an answer shows it, the strongest rows first."""
    rows = sorted(moved.rows, key=lambda row: -abs(row.effect or Fraction(0)))
    return MovementJson(
        objective=named,
        since=found.since,
        until=found.until,
        before=number(moved.before),
        before_exact=exact_text(moved.before),
        after=number(moved.after),
        after_exact=exact_text(moved.after),
        change=number(moved.total),
        change_exact=exact_text(moved.total),
        said=cause(moved),
        parts=[
            PartJson(part=part.value, effect=float(effect), effect_exact=str(effect))
            for part, effect in moved.parts.items()
        ],
        rows=[effect_json(row) for row in rows[:MOST_EFFECTS]],
        rows_left_out=max(0, len(rows) - MOST_EFFECTS),
        reconstructed=found.reconstructed,
        revisions=list(found.revisions),
    )


def effect_json(row: Effect) -> EffectJson:
    """What one row did."""
    return EffectJson(
        part=row.part.value,
        id=row.id,
        key=row.key,
        title=row.title,
        said=row_cause(row),
        effect=number(row.effect),
        effect_exact=exact_text(row.effect),
        before=row_json(row.before),
        after=row_json(row.after),
    )


def row_json(row: Contribution | None) -> RowJson | None:
    """One row of a ledger as an answer shows it."""
    return None if row is None else RowJson.model_validate(contribution_values(row))
