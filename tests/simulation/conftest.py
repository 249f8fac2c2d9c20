"""A stage for storms per process, on SQLite, and one per test on PostgreSQL; which seeds run is read from the environment."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

sys.path.insert(0, str(Path(__file__).parent))

from stormy_world.stage import Stage, stage

SEEDS, COUNT = "JIRA_OKR_SIMULATION_SEEDS", "JIRA_OKR_SIMULATION_COUNT"
EVERY_DAY = 2
STORMS_PER_FLEET = 100
"""A fleet of real processes takes as long as dozens of storms: it sails once for so many of them."""


def seeds() -> list[int]:
    """`JIRA_OKR_SIMULATION_SEEDS=17,4` names them, `JIRA_OKR_SIMULATION_COUNT=5000` counts them from 0."""
    named = os.environ.get(SEEDS)
    if named:
        return [int(seed) for seed in named.split(",")]
    return list(range(int(os.environ.get(COUNT, EVERY_DAY))))


def fleet_seeds() -> list[int]:
    """The same seeds where they are named, else a fair share of their number."""
    if os.environ.get(SEEDS):
        return seeds()
    return list(range(max(1, len(seeds()) // STORMS_PER_FLEET)))


KNOWN: dict[int, str] = {}
"""Seeds that fail for a reason not found yet, with what is wrong. A change of the code may tell another story under the same number."""


def known(seed: int) -> list[pytest.MarkDecorator]:
    """Marks of a seed that is known to fail."""
    return [pytest.mark.xfail(reason=KNOWN[seed])] if seed in KNOWN else []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each seed is a test of its own."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", [pytest.param(seed, marks=known(seed)) for seed in seeds()])
    if "seed_on_postgres" in metafunc.fixturenames:
        metafunc.parametrize("seed_on_postgres", seeds()[1:3] or seeds())
    if "fleet_seed" in metafunc.fixturenames:
        metafunc.parametrize("fleet_seed", fleet_seeds())


@pytest.fixture(scope="session")
def sqlite_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = stage(f"sqlite:///{tmp_path_factory.mktemp('storm') / 'okr.sqlite3'}")
    yield made
    made.store.close()


@pytest.fixture
def postgres_stage(postgres_url: str) -> Iterator[Stage]:
    made = stage(postgres_url)
    yield made
    made.store.close()


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """A storm makes thousands of log lines, which say nothing that its verdict does not."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)
