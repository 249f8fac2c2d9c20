"""Numbers that are public as badges and cards: what is public, making it so, and taking it back."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField

from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.forms import LineField, PageForm, require_text
from plugin.pages.frame.page import render
from plugin.pages.frame.visit import known_site, show_moment
from plugin.pages.views.words.moments import MomentText
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.badges import badges
from plugin.use_cases.badges.badges import BadgeKind, ShownBadge

PAGE = "sites"


class BadgeForm(PageForm):
    """Of what, and what is said beside it."""

    kind = SelectField("Of", choices={"objective": "an objective", "cycle": "a cycle"})
    subject = LineField(
        "Which one",
        [require_text("Name an objective by its key, as PLAT-12, or a cycle by its id, as 2026-Q4.")],
    )
    words = LineField(
        "Words beside the number",
        description="In the place of its title, which stays unsaid. Without them: OKR.",
        render_kw={"maxlength": 60},
    )


@dataclass(frozen=True, slots=True)
class BadgeLine:
    """A badge in the list."""

    one: ShownBadge
    at: MomentText


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/sites/<site>/badges", endpoint="badges")
    @needs("admin")
    def all_badges(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return badges_page(connector, site, BadgeForm())

    @blueprint.post("/sites/<site>/badges", endpoint="publish_badge")
    @needs("admin")
    def publish(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return published_or_not(connector, site)

    @blueprint.post("/sites/<site>/badges/<token>/revoke", endpoint="revoke_badge")
    @needs("admin")
    def revoke(site: str, token: str) -> ResponseReturnValue:
        known_site(connector, site)
        gone = badges.revoke(connector, current_actor(), site, token)
        flash("It is public no more." if gone else "There is no such badge any more.")
        return redirect(url_for("control.badges", site=site))


def badges_page(connector: Connector, site: str, form: BadgeForm) -> str:
    """What is public of a site, with the form of another."""
    found = badges.list_badges(connector, current_actor(), site)
    rows = [BadgeLine(one, show_moment(connector, one.badge.at)) for one in found]
    return render("badges.html", PAGE, site=site, form=form, rows=rows)


def published_or_not(connector: Connector, site: str) -> ResponseReturnValue:
    """Public from now on, or what is wrong."""
    form = BadgeForm(request.form)
    if form.validate():
        kind: BadgeKind = "cycle" if form.kind.data == "cycle" else "objective"
        try:
            badges.publish(connector, current_actor(), site, kind, form.subject.data, form.words.data)
        except Refusal as error:
            form.refuse_for(error)
        else:
            flash("Public from now on, for whoever has the address.")
            return redirect(url_for("control.badges", site=site))
    return badges_page(connector, site, form), 422
