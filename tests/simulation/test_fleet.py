"""Real processes, killed with SIGKILL while they work: whatever they leave behind, the others finish it, and nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from fleet import remains
from fleet.story import Story
from stormy_world.verdict import (
    dead_letters,
    repeated_writes,
    too_many_writes,
    wrong_fields,
    wrong_mirror,
    wrong_past,
    wrong_states,
)

pytestmark = pytest.mark.slow


CHECKS = (
    wrong_fields,
    wrong_mirror,
    wrong_states,
    wrong_past,
    dead_letters,
    repeated_writes,
    too_many_writes,
)


def test_serve_over_sqlite_outlives_kills(tmp_path: Path, fleet_seed: int) -> None:
    outlived(Story(fleet_seed, f"sqlite:///{tmp_path / 'okr.sqlite3'}", tmp_path))


def test_serve_and_workers_over_postgresql_outlive_kills(
    postgres_url: str, tmp_path: Path, fleet_seed: int
) -> None:
    outlived(Story(fleet_seed, postgres_url, tmp_path))


def outlived(story: Story) -> None:
    found: list[str] = []
    try:
        story.begin()
        story.storm()
        story.settle()
        found = [one for check in CHECKS for one in check(story)]
        story.eventually(lambda: not list(remains.claims_left(story.tables)), "no claim is left")
    except Exception as problem:
        found.append(f"{type(problem).__name__}: {problem}")
        raise AssertionError(told(story, found)) from problem
    finally:
        story.end()
    assert not found, told(story, found)


def told(story: Story, found: list[str]) -> str:
    """What went wrong, everything that happened, where the data are, and how to try the same seed again."""
    engine = "postgresql" if story.distributed else "sqlite"
    path = story.chronicle.keep(story.folder)
    if story.connector is not None:
        remains.keep(story.tables, story.folder / "tables")
    again = f"JIRA_OKR_SIMULATION_SEEDS={story.seed} pytest tests/simulation/test_fleet.py -k {engine}"
    return "\n".join(
        [
            f"seed {story.seed} on {engine} ({story.deployment}, {story.fleet.kills} kills):",
            *found,
            f"again, though processes never interleave twice in the same way: {again}",
            f"kept: {path}, the logs and the tables beside it",
            story.chronicle.text(),
        ]
    )
