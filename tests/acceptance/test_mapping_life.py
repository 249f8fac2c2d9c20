"""An admin's day: take a preset, change it, check it against the live Jira, preview, activate, look back, roll back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mappings import presets

CHANGED = ("new: 0, indeterminate: 0.5, done: 1", "new: 0, indeterminate: 0, done: 1")


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    """The preset of the demo, with work in progress counting nothing."""
    path = tmp_path / "mapping.yaml"
    text = presets.text("epics-as-objectives")
    path.write_text(text.replace(*CHANGED), encoding="utf-8")
    return path


def calls(world: Any) -> int:
    return sum(world.sandbox.site.calls.by_endpoint.values())


def test_a_preview_tells_what_would_happen_with_no_call_to_jira_and_activation_does_exactly_that(
    world: Any, command: Any, mapping: Path, eventually: Any
) -> None:
    before = world.states()
    asked = calls(world)
    preview = command("mapping", "preview", str(mapping), "--json")

    assert calls(world) == asked
    assert world.states() == before
    assert preview["writes"] > 0
    told = {one["key"]: one["after"]["progress"] for one in preview["objectives"]}
    assert told

    edits = sum(world.sandbox.site.calls.edits.values())
    command("mapping", "activate", str(mapping), "--preview", preview["hash"], "--accept-large-change")
    eventually(lambda: world.idle())

    after = world.states()
    assert {key: float(after[key].progress) for key in told} == pytest.approx(told)
    assert sum(world.sandbox.site.calls.edits.values()) - edits == preview["calls"]
    assert command("mapping", "preview", str(mapping), "--json")["writes"] == 0


def test_activation_is_refused_where_the_world_moved_since_the_preview(
    world: Any, command: Any, mapping: Path, eventually: Any
) -> None:
    preview = command("mapping", "preview", str(mapping), "--json")
    story, epic = world.open_story()
    before = world.states()[epic].progress
    world.move(story, "Done")
    eventually(lambda: world.states()[epic].progress != before)

    result = command("mapping", "activate", str(mapping), "--preview", preview["hash"], exit_code=None)

    assert "world moved" in result
    assert command("mapping", "history", "--json")[0]["active"]
    assert len(command("mapping", "history", "--json")) == 1


def test_history_diff_rollback_and_the_identity_of_export_and_import(
    world: Any, command: Any, mapping: Path, tmp_path: Path
) -> None:
    first = command("mapping", "history", "--json")[0]["revision"]
    command("mapping", "activate", str(mapping), "--accept-large-change")

    changes = command("mapping", "diff", first, "--json")
    assert [change["path"] for change in changes] == ["statuses.by_category"]

    exported = tmp_path / "exported.yaml"
    exported.write_text(command("mapping", "export"), encoding="utf-8")
    assert command("mapping", "diff", str(exported), "--json") == []

    command("mapping", "rollback", "--accept-large-change")
    active = [one["revision"] for one in command("mapping", "history", "--json") if one["active"]]
    assert active == [first]


def test_a_mapping_with_ten_errors_gives_ten_diagnostics_with_line_and_column(
    command: Any, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(
        """version: 1
name: Wrong Name
scope: project in (PLAT
colour: blue
fields:
  points: {id: customfield_10016}
cycles:
  - {id: q4, start: 2026-12-31, end: 2026-10-01}
statuses:
  by_category: {new: 2}
objectives:
  - id: epics
    select: issuetype = Epic AND status was Done
    cycle: q5
    key_results:
      - id: delivery
        select: type in (Story
        relation: descendant
        progress: {kind: delivery, weight: pionts}
      - id: delivery
        select: type = Bug
        progress: {kind: delivrey}
""",
        encoding="utf-8",
    )

    found = command("mapping", "validate", str(path), "--json", exit_code=1)

    errors = [one for one in found if one["severity"] == "error"]
    assert len(errors) >= 10, [one["message"] for one in errors]
    assert all(one["line"] > 0 and one["column"] > 0 and one["message"] and one["code"] for one in errors)
    assert {one["file"] for one in errors} == {str(path)}


@pytest.mark.parametrize("name", presets.names())
def test_every_preset_passes_the_live_check_and_computes(
    world: Any, command: Any, tmp_path: Path, name: str
) -> None:
    path = tmp_path / f"{name}.yaml"
    path.write_text(command("mapping", "presets", name), encoding="utf-8")

    found = command("mapping", "check", str(path), "--json", exit_code=None)

    assert [one for one in found if one["severity"] == "error"] == []
    command("mapping", "activate", str(path), "--accept-large-change")
    command("sync", "--json")
