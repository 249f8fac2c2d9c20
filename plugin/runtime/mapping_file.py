"""What happens to the mapping file of the settings when the connector starts."""

from __future__ import annotations

from pathlib import Path

from connectors.store.mappings import revisions
from mappings.diagnostic import MappingError
from mappings.document.text.source import decode_text
from plugin.access.authorization.actor import SETTINGS
from plugin.runtime.connector import Connector, Refusal
from plugin.sync.bindings import bound_text
from plugin.use_cases.mappings.mapping_life import activate


def adopt_mapping_file(connector: Connector) -> list[str]:
    """Activate the settings' mapping file where no mapping is active yet; say so where it differs from the active one."""
    path = connector.settings.mapping
    if path is None or not connector.sites:
        return []
    site = next(iter(connector.sites))
    text = _read(path)
    with connector.store.read() as conn:
        active = revisions.active(conn, site)
    if active is None:
        adopted = activate(connector, SETTINGS, site, text, file=str(path))
        return [f"Activated {path} as revision {adopted.preview.revision}."]
    try:
        catalogue = connector.catalogue(site)
        with connector.store.read() as conn:
            revision = bound_text(conn, site, text, catalogue, str(path))[0].revision
    except MappingError as error:
        return [f"{path} has errors; revision {active.revision} stays active.", str(error)]
    if revision == active.revision:
        return []
    return [f"{path} differs from the active revision. Preview it: jira-okr mapping preview {path}"]


def _read(path: Path) -> str:
    try:
        return decode_text(path.read_bytes(), str(path))
    except (OSError, MappingError) as error:
        raise Refusal(
            f"JIRA_OKR_MAPPING is not usable: {path.absolute()} cannot be read ({error}). "
            "It should be: the path of a mapping document (YAML)."
        ) from None
