"""What all seeds of one run share, because it is dear to make: an upgraded store, the bound mappings."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from pathlib import Path

from flask import Flask
from sqlalchemy import delete
from stormy_world.clock import VirtualClock
from stormy_world.forge_app import FIELDS, ON_KEY_RESULTS, ON_OBJECTIVES, found_app
from stormy_world.goals import found_goals, goal_keys
from stormy_world.jira import connected, sandbox_site
from stormy_world.perils import Perils
from stormy_world.planning import by_plan

from connectors.goals import goals_of
from connectors.jira.http.address import Deployment
from connectors.store import Store, open_store, upgrade
from connectors.store.schema import metadata
from mappings import presets
from mappings.document.binder import bind
from mappings.document.mapping import Mapping
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Catalogue
from plugin.runtime.application import create_app
from plugin.runtime.connector import Connector
from plugin.runtime.settings import Settings, read_settings

DEPLOYMENTS: tuple[Deployment, ...] = ("cloud", "datacenter")
OURS = Path(__file__).with_name("mapping.yaml")
PRESETS = ("epics-as-objectives", "initiatives-and-epics", "labels-and-links", "okr-issue-types")
PROGRESS = "      okr_progress: {value: progress_percent}\n"


@dataclass(frozen=True, slots=True)
class Ground:
    """What a site of one deployment offers, as the connector learns it, and the mappings a seed chooses from."""

    deployment: Deployment
    catalogue: Catalogue
    mappings: tuple[Mapping, ...] = field(repr=False)
    texts: dict[str, str] = field(repr=False)
    """What was written, by revision."""
    planned: Mapping = field(repr=False)
    """The one that goes by sprints and versions, which stands for itself: only where they move is it chosen."""

    def mapping(self, name: str) -> Mapping:
        """The mapping of this name."""
        return next(one for one in self.mappings if one.document.name == name)


@dataclass(frozen=True, slots=True)
class Stage:
    """A store whose tables are emptied between seeds, and the ground of each deployment."""

    store: Store
    settings: Settings
    grounds: dict[Deployment, Ground] = field(repr=False)
    door: Connector = field(repr=False)
    app: Flask = field(repr=False)

    def open_for(self, connector: Connector) -> Flask:
        """The application, which is dear to make, at the door of another world now."""
        self.door.store, self.door.sites, self.door.clock = connector.store, connector.sites, connector.clock
        self.door.monotonic, self.door.modes = connector.monotonic, connector.modes
        self.door.forget(*connector.sites)
        return self.app

    def clear(self) -> None:
        """Forget the seed before."""
        with self.store.write() as conn:
            for table in reversed(metadata.sorted_tables):
                conn.execute(delete(table))


def stage(url: str) -> Stage:
    """Open the database and bind every mapping."""
    store = open_store(url)
    upgrade(store)
    settings = read_settings(
        env_file=None,
        database_url=url,
        secret_key="a-key-of-the-storms-long-enough-for-all",
        gather_seconds=0,
        base_url="https://okr.example.test",
    )
    door = Connector(settings, store, {}, VirtualClock())
    return Stage(store, settings, {one: ground(one) for one in DEPLOYMENTS}, door, create_app(door))


def ground(deployment: Deployment) -> Ground:
    """Ask an empty site of this deployment for its catalogue, as the connector does, and bind every mapping to it."""
    clock = VirtualClock()
    site = sandbox_site(clock, None, deployment)
    if deployment == "cloud":
        found_app(site.sandbox)
    jira, _ = connected(site, Perils(random.Random(0)), clock, governed=False)
    catalogue = jira.catalogue()
    if deployment == "cloud":
        found_goals(site.sandbox)
        catalogue = replace(catalogue, goals=goals_of(jira).board())
    bound = {text: bind(read_document(text).require(), catalogue) for text in texts(deployment)}
    written = {mapping.revision: text for text, mapping in bound.items()}
    planned = by_plan(texts(deployment)[0])
    by_sprint = bind(read_document(planned).require(), catalogue)
    written[by_sprint.revision] = planned
    return Ground(deployment, catalogue, tuple(bound.values()), written, by_sprint)


def texts(deployment: Deployment, *, fed: bool = True) -> list[str]:
    """The mappings that take part. On Data Center ours also writes a long text, which is wiki text there; on Cloud it feeds goals and writes fields of the Forge app, where they are `fed`."""
    ours = OURS.read_text()
    if deployment == "cloud" and fed:
        listed = ", ".join(f'"{issue}": {key}' for issue, key in goal_keys().items())
        ours = ours.replace(
            "    property:", f"    goal: {{goals: {{{listed}}}}}\n{ON_OBJECTIVES}    property:", 1
        )
        ours = ours.replace("statuses:", f"{FIELDS}statuses:", 1)
        ours = ours.replace("  - target: key_result\n", f"  - target: key_result\n{ON_KEY_RESULTS}", 1)
    if deployment == "datacenter":
        notes = "  okr_notes: {name: OKR notes}\nstatuses:"
        ours = ours.replace("statuses:", notes, 1).replace(
            PROGRESS, PROGRESS + "      okr_notes: {value: summary}\n", 1
        )
    return [ours, *(presets.text(name) for name in PRESETS)]
