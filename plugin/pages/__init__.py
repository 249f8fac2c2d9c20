"""The pages people look at: a Flask blueprint over a `Sources` port. A new page is one file in a room here and one line in PAGES."""

from __future__ import annotations

from flask import Blueprint, Response

from plugin.access.authorization.permission import needs
from plugin.pages.cycles import cycle_review
from plugin.pages.frame.assets import STATIC, asset_address, styles, styles_version
from plugin.pages.frame.errors import register_errors
from plugin.pages.frame.guard import refuse_nul, set_headers
from plugin.pages.frame.page import Page
from plugin.pages.frame.person_names import person_namer
from plugin.pages.frame.poll import answer_poll
from plugin.pages.health import sync_health
from plugin.pages.kpis import kpis
from plugin.pages.meeting import alignment_map, brief, presentation
from plugin.pages.objectives import objective, objectives
from plugin.pages.practice import practice, scorecard
from plugin.pages.sources import Sources
from plugin.pages.views.objectives.listing import initials

PAGES: tuple[Page, ...] = (
    objectives.PAGE,
    objective.PAGE,
    kpis.PAGE,
    scorecard.PAGE,
    cycle_review.PAGE,
    practice.PAGE,
    presentation.PAGE,
    brief.PAGE,
    alignment_map.PAGE,
    sync_health.PAGE,
)


def pages_blueprint(sources: Sources, pages: tuple[Page, ...] = PAGES) -> Blueprint:
    """All pages, their static files and the error pages. Navigation shows what is in `pages` and nothing else."""
    blueprint = Blueprint(
        "pages", __name__, template_folder="templates", static_folder=str(STATIC), static_url_path="/assets"
    )
    for page in pages:
        page.register(blueprint, sources)
    register_errors(blueprint)
    blueprint.add_app_template_filter(person_namer(sources), "named")
    blueprint.add_app_template_filter(initials)

    @blueprint.get("/assets/styles.css", endpoint="styles")
    @needs("public")
    def style_sheets() -> Response:
        """All style sheets in one answer."""
        return Response(styles(), mimetype="text/css")

    asset = asset_address()
    navigation = tuple(page for page in pages if page.endpoint is not None)
    blueprint.app_context_processor(
        lambda: {"asset": asset, "styles_version": styles_version(), "navigation": navigation}
    )
    blueprint.before_request(refuse_nul)
    blueprint.after_request(set_headers)
    blueprint.after_request(answer_poll)
    return blueprint
