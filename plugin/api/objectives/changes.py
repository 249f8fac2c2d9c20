"""`/changes`: every change of an objective's numbers or health, in order. Whoever keeps the cursor misses none."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from plugin.api.protocol.lookup import site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.cursor import cursor, list_name, number_after
from plugin.doors.model import LONGEST_CURSOR, MOST_ROWS, USUAL_ROWS, JsonShape, SiteQuery
from plugin.use_cases.objectives.objective_values import exact_text, number
from plugin.use_cases.objectives.objectives import NumberedPoint, SavedObjective, news

ROUTES = Routes()


class ChangeJson(JsonShape):
    """One change: where the objective stood before (null: it is new, or was unknown) and from `at` on. `gone`: it is none any more."""

    at: datetime
    site: str
    objective: str
    key: str | None
    title: str | None
    gone: bool
    progress_before: float | None
    progress: float | None
    progress_exact: str | None
    delivery: float | None
    outcome: float | None
    health_before: str | None
    health: str
    mapping_revision: str


class ChangesJson(JsonShape):
    """Changes in order. `next` is always there: keep it, and ask with it again later. `more`: ask again at once."""

    items: list[ChangeJson]
    next: str = Field(description="Always there: keep it, and ask with it again later.")
    more: bool


class ChangesQuery(SiteQuery):
    """From where on."""

    since: str | None = Field(
        None,
        max_length=LONGEST_CURSOR,
        description="`next` of the last answer; the beginning where left out.",
    )
    limit: int = Field(USUAL_ROWS, ge=1, le=MOST_ROWS, description="How many changes at most.")


@ROUTES.get("/changes", "viewer", "Changes of objectives in order, from a cursor on.")
def changes(caller: Caller, query: ChangesQuery) -> Reply[ChangesJson]:
    """The feed."""
    site = site_of(caller, query)
    name = list_name(f"changes:{site}", SiteQuery(site=None))
    begun = number_after(query.since, name) or 0
    found = news(caller.connector, caller.actor, site, query.limit + 1, begun)
    shown = found[: query.limit]
    last = shown[-1][0].id if shown else begun
    return Reply(
        ChangesJson(
            items=[change_json(one, saved) for one, saved in shown],
            next=cursor(name, last),
            more=len(found) > len(shown),
        )
    )


def change_json(one: NumberedPoint, saved: SavedObjective | None) -> ChangeJson:
    """One change as an answer shows it."""
    return ChangeJson(
        at=one.point.at,
        site=one.site,
        objective=one.objective_id,
        key=saved.state.key if saved else None,
        title=saved.state.title if saved else None,
        gone=saved is None,
        progress_before=number(one.progress_before),
        progress=number(one.point.progress),
        progress_exact=exact_text(one.point.progress),
        delivery=number(one.point.delivery),
        outcome=number(one.point.outcome),
        health_before=one.health_before,
        health=one.point.health.value,
        mapping_revision=one.point.mapping_revision,
    )
