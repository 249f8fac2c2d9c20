"""What a site that was added here keeps sealed beside its own credentials: read, and put in the place of what was there."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.store.people import audit
from connectors.store.sites import sites
from connectors.store.sites.sites import SavedSite
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.credentials_vault import vault
from plugin.runtime.saved_sites import open_sites, require_added


def kept_site(connector: Connector, site: str, settings: str) -> SavedSite:
    """The site as it is kept; Refusal for one of the settings, which are changed there: `settings` names them."""
    given = connector.settings.jira
    if given is not None and given.name == site:
        raise Refusal(f"The site {site!r} comes from the settings. Set {settings}, and restart.")
    require_added(connector, site)
    with connector.store.read() as conn:
        saved = sites.get(conn, site)
    if saved is None:
        raise _changed(site)
    return saved


def keep_secrets(
    connector: Connector,
    saved: SavedSite,
    secrets: dict[str, str],
    by: str,
    what: str,
    detail: Mapping[str, object],
) -> None:
    """In the place of what was there; the audit log says `what` was done, and by whom. Refusal where somebody else changed the site since it was read."""
    now, name = connector.clock(), saved.name
    with connector.store.write() as conn:
        if sites.to_change(conn, name) != saved:
            raise _changed(name)
        sites.put(conn, name, saved.settings, vault(connector.settings).seal(secrets), now)
        audit.note(conn, by, what, now, detail, name)
    open_sites(connector)


def _changed(site: str) -> Refusal:
    return Refusal(f"The site {site!r} was changed or removed meanwhile, and nothing was done. Try again.")
