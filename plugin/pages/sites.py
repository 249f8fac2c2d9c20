"""The Jira sites: those there are, adding one (tested at once), testing, removing."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugin.access.permission import needs
from plugin.access.person import acting
from plugin.pages.address import public_address
from plugin.pages.page import rendered
from plugin.pages.views.moments import When
from plugin.pages.visit import known_site, shown
from plugin.runtime.connector import Connector, NotReady, Site
from plugin.runtime.saved_sites import new_secret
from plugin.use_cases.health.credential_expiry import Expiry, day_given
from plugin.use_cases.health.faults import JiraError, told
from plugin.use_cases.sites.sites import (
    NewSite,
    SiteStanding,
    Tested,
    add,
    attempt,
    list_sites,
    one_site,
    remove,
    renew,
)
from plugin.use_cases.sites.webhook import target


@dataclass(frozen=True, slots=True)
class SiteCard:
    """One site in the list."""

    name: str
    url: str
    deployment: str
    issues: int
    revision: str
    delivery: When | None
    removable: bool
    token_expires: str
    credential: Expiry


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/sites", endpoint="sites")
    @needs("admin")
    def all_sites() -> ResponseReturnValue:
        cards = [card(connector, one) for one in list_sites(connector, acting())]
        return rendered("sites.html", "sites", cards=cards)

    @blueprint.get("/sites/<site>", endpoint="site")
    @needs("admin")
    def one_site(site: str) -> ResponseReturnValue:
        return site_page(connector, known_site(connector, site))

    @blueprint.post("/sites/<site>/test", endpoint="test_site")
    @needs("admin")
    def test(site: str) -> ResponseReturnValue:
        return tested_page(connector, known_site(connector, site))

    @blueprint.post("/sites/<site>/credential", endpoint="renew_site")
    @needs("admin")
    def credential(site: str) -> ResponseReturnValue:
        return renewed_or_not(connector, known_site(connector, site))

    @blueprint.post("/sites/<site>/remove", endpoint="remove_site")
    @needs("admin")
    def forget(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return removed_or_not(connector, site)


def card(connector: Connector, site: SiteStanding) -> SiteCard:
    """What the list says of a site."""
    return SiteCard(
        site.name,
        site.url,
        site.deployment,
        site.issues,
        site.mapping_revision or "",
        shown(connector, site.last_delivery) if site.last_delivery else None,
        site.added,
        site.token_expires.isoformat() if site.token_expires else "",
        site.credential,
    )


def site_page(connector: Connector, site: Site, tested: Tested | None = None, failure: str = "") -> str:
    """One site as HTML, with where its webhook goes; `tested` is what Jira has just said."""
    wanted = target(connector, acting(), site.name)
    return rendered(
        "site.html",
        "sites",
        card=card(connector, one_site(connector, acting(), site.name)),
        tested=tested,
        failure=failure,
        webhook=public_address(connector, wanted.address),
        secret=wanted.secret,
    )


def tested_page(connector: Connector, site: Site) -> ResponseReturnValue:
    """What Jira says to us now, or why it does not."""
    try:
        return site_page(connector, site, attempt(connector, acting(), site.name))
    except JiraError as error:
        return site_page(connector, site, failure=told(error)), 502


def renewed_or_not(connector: Connector, site: Site) -> ResponseReturnValue:
    """Keep the token of the form, where one was typed, and its day; else why not."""
    token = request.form.get("token", "").strip()
    try:
        renew(connector, acting(), site.name, token, day_given(request.form.get("token_expires", "")))
    except JiraError as error:
        return site_page(connector, site, failure=told(error)), 422
    except (NotReady, ValueError) as error:
        return site_page(connector, site, failure=str(error)), 422
    flash(f"Jira takes the new token of {site.name}." if token else f"The day is kept with {site.name}.")
    return redirect(url_for("control.site", site=site.name))


def removed_or_not(connector: Connector, site: str) -> ResponseReturnValue:
    """Forget the site where its name was typed to confirm."""
    if request.form.get("confirm", "").strip() != site:
        return site_page(
            connector, connector.site(site), failure=f"Nothing was removed: type {site} to confirm it."
        ), 422
    remove(connector, acting(), site)
    flash(f"The site {site} is forgotten, and its credentials with it. Remove its webhook in Jira too.")
    return redirect(url_for("control.sites"))


def given() -> NewSite:
    """A new site as the form says it. A secret of ours is put in where none was typed."""
    form = request.form
    is_cloud = form.get("deployment", "cloud") == "cloud"
    token = form.get("token", "").strip()
    return NewSite(
        name=form.get("name", "").strip(),
        url=form.get("url", "").strip(),
        api_base=form.get("api_base", "").strip(),
        email=form.get("email", "").strip() if is_cloud else "",
        token=token if is_cloud else "",
        pat="" if is_cloud else token,
        webhook_secret=new_secret(),
        token_expires=day_given(form.get("token_expires", "")),
    )


def added_or_not(connector: Connector) -> tuple[Tested | None, str]:
    """Test and keep the site of the form; else why not."""
    try:
        return add(connector, acting(), given()), ""
    except JiraError as error:
        return None, told(error)
    except (NotReady, ValueError) as error:
        return None, str(error)
