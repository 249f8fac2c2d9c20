"""Mapping text to active revision: the file named in the settings, or a text handed in."""

from __future__ import annotations

from connectors.store import revisions
from mappings.diagnostic import MappingError
from plugin.connector import Connector, bound_mapping


def activate_text(connector: Connector, site: str, text: str, by: str, file: str = "") -> str:
    """Check a mapping text against the site's catalogue, store it as a revision and make it the active one."""
    mapping = bound_mapping(text, connector.catalogue(site), file)
    now = connector.clock()
    with connector.store.write() as conn:
        revisions.add(conn, site, text, mapping.revision, by, now)
        revisions.activate(conn, site, mapping.revision, by, now, "")
    return mapping.revision


def adopt_mapping_file(connector: Connector) -> list[str]:
    """Activate the settings' mapping file where no mapping is active yet; say so where it differs from the active one."""
    path = connector.settings.mapping
    if path is None or not connector.sites:
        return []
    site = next(iter(connector.sites))
    text = path.read_text(encoding="utf-8")
    with connector.store.read() as conn:
        active = revisions.active(conn, site)
    if active is None:
        return [
            f"Activated {path} as revision {activate_text(connector, site, text, 'settings', str(path))}."
        ]
    try:
        revision = bound_mapping(text, connector.catalogue(site), str(path)).revision
    except MappingError as error:
        return [f"{path} has errors; revision {active.revision} stays active.", str(error)]
    if revision == active.revision:
        return []
    return [f"{path} differs from the active revision. Preview it: jira-okr mapping preview {path}"]
