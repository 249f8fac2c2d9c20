"""What a newcomer is told to open or to type exists: the index of complaints, the targets of make, the hooks."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def complaints() -> dict[str, list[str]]:
    """The files to open by complaint."""
    table = CONTRIBUTING.partition("## Somebody says")[2].partition("\n## ")[0]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    return {row[0].strip("| "): re.findall(r"`([\w./-]+)`", row[1]) for row in rows}


@pytest.mark.parametrize("complaint", complaints())
def test_each_file_of_the_index_is_there(complaint: str) -> None:
    paths = complaints()[complaint]
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_index_leads_into_each_package_and_each_room_of_the_use_cases() -> None:
    paths = [path for found in complaints().values() for path in found]
    rooms = {room.name for room in (ROOT / "plugin/use_cases").iterdir() if (room / "__init__.py").exists()}
    assert {path.partition("/")[0] for path in paths} >= {"mappings", "connectors", "plugin"}
    assert {path.split("/")[2] for path in paths if path.startswith("plugin/use_cases/")} >= rooms


def test_make_help_tells_every_target() -> None:
    if shutil.which("make") is None:
        pytest.skip("make is not here")
    told = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split()[0] for line in told.splitlines()} == TARGETS
    assert "check" in TARGETS


def test_ci_runs_what_make_check_runs() -> None:
    commands = [line for line in (ROOT / ".ci/run").read_text().splitlines() if line.startswith("make ")]
    recipe = MAKEFILE.partition("\ncheck:")[2].partition("\n\n")[0]
    assert [line.strip().replace("$(MAKE)", "make") for line in recipe.splitlines()[1:]] == commands
    assert {"make lint", "make test"} < set(commands)


def test_the_hooks_call_targets_of_make() -> None:
    hooks = YAML(typ="safe").load(ROOT / ".pre-commit-config.yaml")["repos"]
    assert [one["repo"] for one in hooks] == ["local"]
    entries = [hook["entry"] for hook in hooks[0]["hooks"]]
    assert entries == ["make format", "make lint", "make test"]
    assert {entry.removeprefix("make ") for entry in entries} <= TARGETS
