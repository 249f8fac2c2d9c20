"""The Jira sites: those there are, adding one (tested at once), testing, removing."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from connectors.jira.errors import JiraError
from connectors.store import inbox, mirror, revisions, sites
from plugin.access.permission import needs
from plugin.connector import Connector, NotReady, Site
from plugin.credential_expiry import Expiry, day_given, expiry_at
from plugin.pages.address import public_address
from plugin.pages.page import rendered
from plugin.pages.views.moments import When
from plugin.pages.visit import known_site, shown, who
from plugin.renewing import renew
from plugin.saved_sites import (
    NewSite,
    Tested,
    add_site,
    deployment_of,
    new_secret,
    remove_site,
    test_site,
    webhook_address,
)


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
        connector.look()
        return rendered(
            "sites.html", "sites", cards=[card(connector, one) for one in connector.sites.values()]
        )

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
    def remove(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return removed_or_not(connector, site)


def card(connector: Connector, site: Site) -> SiteCard:
    """What the list says of a site."""
    with connector.store.read() as conn:
        active = revisions.active(conn, site.name)
        latest = inbox.recent(conn, site.name, 1)
        saved = sites.get(conn, site.name)
        issues = mirror.count(conn, site.name)
    return SiteCard(
        site.name,
        site.browse_url,
        str(saved.settings.get("deployment", "")) if saved else "",
        issues,
        active.revision if active else "",
        shown(connector, latest[0].received_at) if latest else None,
        saved is not None,
        site.token_expires.isoformat() if site.token_expires else "",
        expiry_at(site.token_expires, connector.clock()),
    )


def site_page(connector: Connector, site: Site, tested: Tested | None = None, failure: str = "") -> str:
    """One site as HTML, with where its webhook goes; `tested` is what Jira has just said."""
    return rendered(
        "site.html",
        "sites",
        card=card(connector, site),
        tested=tested,
        failure=failure,
        webhook=public_address(
            connector, webhook_address(connector, site, deployment_of(connector, site.name))
        ),
        secret=site.webhook_secret,
    )


def tested_page(connector: Connector, site: Site) -> ResponseReturnValue:
    """What Jira says to us now, or why it does not."""
    try:
        return site_page(connector, site, test_site(site))
    except JiraError as error:
        return site_page(connector, site, failure=f"{error.message} {error.remedy}".strip()), 502


def renewed_or_not(connector: Connector, site: Site) -> ResponseReturnValue:
    """Keep the token of the form, where one was typed, and its day; else why not."""
    token = request.form.get("token", "").strip()
    try:
        renew(connector, site.name, token, day_given(request.form.get("token_expires", "")), who())
    except JiraError as error:
        return site_page(connector, site, failure=f"{error.message} {error.remedy}".strip()), 422
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
    remove_site(connector, site, who())
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
        return add_site(connector, given(), who()), ""
    except JiraError as error:
        return None, f"{error.message} {error.remedy}".strip()
    except (NotReady, ValueError) as error:
        return None, str(error)
