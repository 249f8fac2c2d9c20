"""What all seeds of one run share, because it is dear to make: an upgraded store, the bound mappings."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import delete

from connectors.sandbox import CONNECTOR, Sandbox
from connectors.sandbox.catalogue import catalogue_of
from connectors.store import Store, open_store, upgrade
from connectors.store.schema import metadata
from mappings import presets
from mappings.catalogue import Catalogue
from mappings.mapping import Mapping
from plugin.connector import bound_mapping
from plugin.settings import Settings, read_settings

OURS = Path(__file__).with_name("mapping.yaml")
PRESETS = ("epics-as-objectives", "initiatives-and-epics", "labels-and-links", "okr-issue-types")


@dataclass(frozen=True, slots=True)
class Stage:
    """A store whose tables are emptied between seeds, and the mappings a seed chooses from."""

    store: Store
    settings: Settings
    catalogue: Catalogue
    mappings: tuple[Mapping, ...] = field(repr=False)

    def clear(self) -> None:
        """Forget the seed before."""
        with self.store.write() as conn:
            for table in reversed(metadata.sorted_tables):
                conn.execute(delete(table))


def stage(url: str) -> Stage:
    """Open the database and bind every mapping."""
    store = open_store(url)
    upgrade(store)
    catalogue = catalogue_of(Sandbox(), CONNECTOR)
    texts = [OURS.read_text(), *(presets.text(name) for name in PRESETS)]
    settings = read_settings(env_file=None, database_url=url)
    return Stage(store, settings, catalogue, tuple(bound_mapping(text, catalogue) for text in texts))
