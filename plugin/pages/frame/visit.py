"""What a route that changes something asks of the visit: which site, who it is, what they may do, in which zone they read."""

from __future__ import annotations

from datetime import datetime, tzinfo

from flask import abort

from plugin.access.authorization.person import current, current_actor
from plugin.pages.stored_sources import StoredSources
from plugin.pages.views.words.moments import MomentText, when
from plugin.runtime.connector import Connector, Site
from plugin.use_cases.mappings import drafts
from plugin.use_cases.mappings.drafts import Draft

SERIAL = f"int(max={2**63 - 1})"
"""Of a route, the numbers that databases give to rows: what is larger is no address of ours."""


def known_site(connector: Connector, name: str) -> Site:
    """The site of this name; 404 where there is none."""
    site = connector.known_site(name)
    if site is None:
        known = ", ".join(connector.sites) or "none yet"
        abort(404, description=f"There is no site “{name}”. Known sites: {known}.")
    return site


def may(permission: str) -> bool:
    """Whether the person who looks may do this; where nobody has an account everybody may."""
    person = current()
    return person is None or person.may(permission)


def draft_of(connector: Connector, site: str) -> Draft | None:
    """The draft of the person who asks."""
    return drafts.own_draft(connector, current_actor(), site)


def show_moment(connector: Connector, at: datetime) -> MomentText:
    """An instant as a page shows it."""
    return when(at, connector.clock(), zone(connector))


def zone(connector: Connector) -> tzinfo:
    """The zone of the active mapping."""
    return StoredSources(connector).zone
