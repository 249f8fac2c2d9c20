"""The KPI board, and one KPI: the bands, the last settled period, what is so far, and what was counted and why."""

from __future__ import annotations

from flask import Blueprint, abort, request

from mappings.kpi.band import KpiLevel
from plugin.access.authorization.permission import needs
from plugin.pages.frame.choice import chosen
from plugin.pages.frame.page import Page, render
from plugin.pages.frame.visit import may
from plugin.pages.objectives.objective_address import site_in_address
from plugin.pages.sources import Sources
from plugin.pages.views.kpis.departure import departure_row
from plugin.pages.views.kpis.kpi import kpi_groups, kpi_row, kpi_view, level_tally
from plugin.pages.views.kpis.kpi_forms import AcceptanceForm, ReadingForm
from plugin.pages.views.kpis.promotion import promotion_row
from plugin.use_cases.kpis.board import ShownKpi
from plugin.use_cases.kpis.kpi_words import level_word

LEVELS = tuple(level.value for level in KpiLevel)
KINDS = ("leading", "lagging")
WORST_FIRST = (KpiLevel.UNHEALTHY, KpiLevel.WATCH, KpiLevel.NO_DATA, KpiLevel.HEALTHY)


def register(blueprint: Blueprint, sources: Sources) -> None:
    @blueprint.get("/kpis", endpoint="kpis")
    @needs("viewer")
    def kpis() -> str:
        sites = sources.site_names()
        level, site = chosen("level", LEVELS), chosen("site", sorted(sites))
        kind, flat = chosen("kind", KINDS), chosen("group", ("none",)) == "none"
        every = sorted(sources.kpis(), key=lambda one: WORST_FIRST.index(one.standing.level))
        here = [one for one in every if site in ("", one.site)]
        rows = [
            (one, kpi_row(one, site_in_address(one.site, sites)))
            for one in here
            if level in ("", one.standing.level.value) and kind in ("", one.part.indicator)
        ]
        proposed = sources.promotions() if may("editor") else ()
        return render(
            "kpis.html",
            "kpis",
            groups=kpi_groups(rows, by_perspective=not flat),
            flat=flat,
            grouped=any(one.part.perspective for one in here),
            kinds=[one for one in KINDS if any(each.part.indicator == one for each in here)],
            kind=kind,
            level=level,
            site=site,
            tally=level_tally(one.standing.level for one in here),
            only=" ".join(part for part in (level and level_word(KpiLevel(level)), kind, site) if part),
            promotions=[promotion_row(one) for one in proposed],
            departures=[departure_row(one, sources.zone) for one in sources.departed_kpis()],
        )

    @blueprint.get("/kpis/<id_>", endpoint="kpi")
    @needs("viewer")
    def kpi(id_: str) -> str:
        return kpi_page(sources, meant(sources, id_))


def meant(sources: Sources, id_: str) -> ShownKpi:
    """The KPI of the address, which names the site where several have one of this id."""
    named = request.args.get("site")
    found = [one for one in sources.kpi(id_) if named in (None, one.site)]
    return found[0] if found else abort(404, f"The active mapping has no KPI “{id_}”.")


def kpi_page(
    sources: Sources,
    one: ShownKpi,
    reading: ReadingForm | None = None,
    acceptance: AcceptanceForm | None = None,
    undecided: str = "",
) -> str:
    """One KPI as HTML, with what was typed and why it could not be kept; `undecided` says why what is proposed could not be dismissed."""
    site = site_in_address(one.site, sources.site_names())
    view = kpi_view(one, site, sources.now())
    return render(
        "kpi.html",
        "kpis",
        view=view,
        reading=reading or ReadingForm(),
        acceptance=acceptance or AcceptanceForm(),
        undecided=undecided,
    )


PAGE = Page("kpis", "KPIs", register, "kpis")
