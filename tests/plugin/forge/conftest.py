"""Two installations of the Forge app are paired, with a site each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.store.forge import installations
from connectors.store.forge.installations import InstallationKey
from connectors.store.schema import delivery
from tests.forge import APP_ID, PRODUCTION
from tests.forge_company import NORTH, SOUTH, World, company_with_forge


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, synced_demo: Callable[..., Any]) -> Iterator[World]:
    with company_with_forge(synced_demo, tmp_path_factory.mktemp("forge")) as made:
        yield made


@pytest.fixture
def world(house: World) -> World:
    """Both installations as they are after pairing; nothing else is left by the test before."""
    with house.connector.store.write() as conn:
        for site, cloud, own in (("main", NORTH, "0a3a"), ("south", SOUTH, "0b4b")):
            key = InstallationKey(APP_ID, PRODUCTION, cloud)
            named = f"ari:cloud:ecosystem::installation/{own}"
            installations.pair(conn, key, "PRODUCTION", named, site, house.now, url=house.sandbox.url)
        conn.execute(delivery.delete())
    house.forge.answer = None
    return house
