"""The KPI board: what the mapping watches, the band that is healthy, and where each stands."""

from __future__ import annotations

from flask import Blueprint

from plugin.access.permission import needs
from plugin.pages.page import Page, rendered
from plugin.pages.sources import Sources
from plugin.pages.views.kpi import kpi_row


def register(blueprint: Blueprint, sources: Sources) -> None:
    @blueprint.get("/kpis", endpoint="kpis")
    @needs("viewer")
    def kpis() -> str:
        now, zone = sources.now(), sources.zone
        return rendered("kpis.html", "kpis", rows=[kpi_row(one, now, zone) for one in sources.kpis()])


PAGE = Page("kpis", "KPIs", register, "kpis")
