"""A key result that is proposed as a KPI, as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from mappings.kpi.creation import Hindrance
from plugin.use_cases.kpis.promotions import ShownPromotion


@dataclass(frozen=True, slots=True)
class PromotionRow:
    """One proposal: `text` is the KPI as it would stand in the mapping, `hindrance` why none can be written of itself."""

    site: str
    name: str
    title: str
    objective: str
    cycles: int
    text: str
    hindrance: str


def promotion_row(one: ShownPromotion) -> PromotionRow:
    """One proposal for the page."""
    upkeep = one.upkeep
    hindrance = f"{one.kpi.message} {one.kpi.remedy}" if isinstance(one.kpi, Hindrance) else ""
    objective = upkeep.objective.key or upkeep.objective.title
    return PromotionRow(
        site=one.site,
        name=one.name,
        title=upkeep.key_result.title,
        objective=objective,
        cycles=upkeep.cycles,
        text=one.text,
        hindrance=hindrance,
    )
