"""What was promised with a major version is kept: a removal or another name fails here, and says how it is done instead."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tests.promise import NEEDED, broken, promises

ROOT = Path(__file__).parents[2]
PROMISED = Path(__file__).parent / "promised.txt"


def test_everything_that_was_promised_is_kept() -> None:
    promised = PROMISED.read_text(encoding="utf-8").splitlines()
    assert len(promised) > 4000
    assert broken(promised, promises()) == []


def test_what_goes_is_called_otherwise_or_has_to_be_said_is_told_and_what_comes_is_free() -> None:
    promised = [
        "api GET /x gives 200 X",
        "api part X .total number",
        "setting A",
        f"api part Y .old string {NEEDED}",
    ]
    assert (
        broken(
            promised, [*promised, "setting B", "api part X .more string", f"api part Z .id string {NEEDED}"]
        )
        == []
    )
    assert broken(promised, promised[:3]) == []
    (gone,) = broken(promised, [*promised[:2], "setting RENAMED_A", promised[3]])
    assert gone.startswith("setting A: this was promised. Keep it until the next major version")
    (asked,) = broken(promised, [*promised, f"api part Y .new {NEEDED}"])
    assert asked.endswith("Give it a default.")


def test_the_version_is_the_same_wherever_it_is_written() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert re.search(rf"^## {re.escape(version)} \(", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    written = [
        found
        for path in (*(ROOT / "deploy").rglob("kustomization.yaml"), ROOT / "docs/operations.md")
        for found in re.findall(r'(?:newTag: "|jira-okr:)(\d+\.\d+\.\d+)', path.read_text())
    ]
    assert set(written) == {version}
    assert len(written) >= 3
