"""The brief: how everything stands on one sheet, as a page that prints and as slides."""

from __future__ import annotations

from flask import Blueprint, Response, request

from plugin.access.authorization.permission import needs
from plugin.pages.frame.page import Page, render
from plugin.pages.objectives.objective_address import objective_address, site_in_address
from plugin.pages.sources import Sources
from plugin.pages.views.kpis.kpi import kpi_row
from plugin.pages.views.meeting.meeting import meeting_view
from plugin.pages.views.objectives.listing import ListRow
from plugin.pages.views.words.freshness import pulse

PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
BAD = ("off_track", "at_risk")


def register(blueprint: Blueprint, sources: Sources) -> None:
    @blueprint.get("/brief", endpoint="brief")
    @needs("viewer", lane="heavy")
    def brief() -> str:
        view = meeting_view(sources.meeting(), sources.now(), sources.zone)
        sites = sources.site_names()
        rows = [kpi_row(one, site_in_address(one.site, sites)) for one in sources.kpis()]
        return render(
            "brief.html",
            "objectives",
            view=view,
            address=objective_address,
            kpis=[one for one in rows if one.tone in BAD],
            quiet=sum(one.tone in ("pending", "unknown") for one in rows),
            pulse=pulse(sources.vitals(), sources.now(), sources.zone),
        )

    @blueprint.get("/brief.pptx", endpoint="brief_slides")
    @needs("viewer", lane="heavy")
    def brief_slides() -> Response:
        """The same as slides; each figure leads to its ledger."""
        from plugin.pages.views.meeting.slides import slides  # a library that no other page needs

        view = meeting_view(sources.meeting(), sources.now(), sources.zone)

        def ledger(one: ListRow) -> str:
            return f"{request.url_root.rstrip('/')}{objective_address(one.name, one.site)}#why"

        named = {"Content-Disposition": 'attachment; filename="brief.pptx"'}
        return Response(slides(view, ledger), mimetype=PPTX, headers=named)


PAGE = Page("brief", "Brief", register)
