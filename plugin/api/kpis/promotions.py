"""`/promotions`: key results that were achieved cycle after cycle and are proposed as KPIs."""

from __future__ import annotations

from pydantic import Field

from plugin.api.protocol.lookup import site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.model import JsonShape, Page, RequestPart, SiteQuery
from plugin.use_cases.kpis import promotions
from plugin.use_cases.kpis.promotions import promoted_values, promotion_values

ROUTES = Routes()


class PromotionJson(JsonShape):
    """One proposal: `kpi` and `text` are what would stand in the mapping, `hindrance` why none can be written of itself."""

    key_result: str
    key: str
    title: str
    objective: str = Field(description="Key or id of its objective, in the last cycle of them.")
    cycles: int = Field(description="Closed cycles running in which it was achieved.")
    kpi: str | None
    text: str
    hindrance: str | None


class PromotionBody(RequestPart):
    """The key result that is meant."""

    key_result: str = Field(min_length=1, max_length=255, description="Its key or id.")


class PromotedKpiJson(JsonShape):
    """The KPI that was made, its text, and the whole mapping with it, which is the draft of the account now."""

    kpi: str
    text: str
    mapping: str = Field(description="The whole mapping with the KPI in it.")


@ROUTES.get("/promotions", "viewer", "Key results that are proposed as KPIs.")
def list_promotions(caller: Caller, query: SiteQuery) -> Reply[Page[PromotionJson]]:
    """What was achieved in each of the last three closed cycles and is not watched yet."""
    found = promotions.list_promotions(caller.connector, caller.actor, site_of(caller, query))
    return Reply(
        Page[PromotionJson](items=[PromotionJson.model_validate(promotion_values(one)) for one in found])
    )


@ROUTES.post("/promotions/accept", "admin", "Take a key result that is proposed as a KPI into a draft.")
def accept_promotion(caller: Caller, query: SiteQuery, body: PromotionBody) -> Reply[PromotedKpiJson]:
    """The KPI is added to the draft of the account, begun from the mapping that rules where there is none; activate it to watch it.

    409 where it is not proposed, or no KPI can be written of itself.
    """
    made = promotions.promote(caller.connector, caller.actor, site_of(caller, query), body.key_result)
    return Reply(PromotedKpiJson.model_validate(promoted_values(made)))


@ROUTES.post("/promotions/dismiss", "editor", "Say no to a key result that is proposed as a KPI.")
def dismiss_promotion(caller: Caller, query: SiteQuery, body: PromotionBody) -> Reply[Page[PromotionJson]]:
    """It is proposed again after three further cycles in which it is achieved. What is proposed still is given. 409 where it is not proposed."""
    site = site_of(caller, query)
    promotions.dismiss_promotion(caller.connector, caller.actor, site, body.key_result)
    found = promotions.list_promotions(caller.connector, caller.actor, site)
    return Reply(
        Page[PromotionJson](items=[PromotionJson.model_validate(promotion_values(one)) for one in found])
    )
