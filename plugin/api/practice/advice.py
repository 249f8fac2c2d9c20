"""`/advice`: what the craft of OKRs lets one advise on the objectives as they stand. It moves no number and blocks nothing."""

from __future__ import annotations

from pydantic import Field

from plugin.api.protocol.lookup import site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.model import JsonShape, SiteQuery, Word
from plugin.doors.refusal import not_found
from plugin.next_steps import CYCLES
from plugin.use_cases.cycles.cycles import UnknownCycle
from plugin.use_cases.practice.advice import advice_values, list_advice

ROUTES = Routes()


class AdviceQuery(SiteQuery):
    """On which objectives."""

    cycle: Word | None = Field(
        None, description="Of the objectives of this cycle; of those that run where it is left out."
    )


class AdviceJson(JsonShape):
    """One piece of advice: a stable code, the issue (or team) it is about, what is so, and what to do."""

    code: str
    about: str
    said: str
    remedy: str


class AdviceListJson(JsonShape):
    """All that there is to advise."""

    items: list[AdviceJson]


@ROUTES.get("/advice", "viewer", "What can be advised on the objectives as they stand.", heavy=True)
def advice(caller: Caller, query: AdviceQuery) -> Reply[AdviceListJson]:
    """Too many or too few objectives and key results, nobody's, without an end or a measure, only outputs, achieved every time."""
    try:
        found = list_advice(caller.connector, caller.actor, site_of(caller, query), query.cycle)
    except UnknownCycle:
        raise not_found("cycle", query.cycle, CYCLES) from None
    return Reply(AdviceListJson(items=[AdviceJson.model_validate(advice_values(one)) for one in found]))
