"""What `jira-okr setup` does to a file that is there already."""

from __future__ import annotations

from pathlib import Path

import pytest

from mappings.presets.adaptation import Adaptation
from plugin.cli.operation.setup import keep
from plugin.runtime.connector import Refusal
from plugin.use_cases.mappings.first_mapping import FittedPreset

FITTED = FittedPreset(Adaptation("scope: project = SEA\n", (), ()), ("SEA",), 1, 1)


def test_a_mapping_that_somebody_changed_is_taken_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "my-mapping.yaml"
    assert keep(FITTED, file, True) == FITTED
    assert file.read_text() == FITTED.adaptation.text
    file.write_text("scope: project = TIN  # ours\n")
    assert keep(FITTED, file, True).adaptation.text == "scope: project = TIN  # ours\n"
    assert file.read_text() == "scope: project = TIN  # ours\n"


def test_who_wants_to_begin_anew_is_told_how_and_the_file_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "my-mapping.yaml"
    file.write_text("ours")
    monkeypatch.setattr("click.confirm", lambda *_, **__: False)
    with pytest.raises(Refusal, match="--mapping"):
        keep(FITTED, file, False)
    assert file.read_text() == "ours"
