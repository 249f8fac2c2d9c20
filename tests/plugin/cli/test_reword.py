"""`jira-okr mapping reword`: what Jira has renamed, written into a file, or printed of the active mapping."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.sandbox import CONNECTOR
from connectors.sandbox.site_state import scheme
from mappings import presets
from plugin.cli import cli
from plugin.runtime.demonstration import Demo


def test_a_file_and_the_active_mapping_take_the_names_of_today(
    demo: Demo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = {
        "DATABASE_URL": demo.connector.settings.database_url,
        "SECRET_KEY": "an invented key that is long enough",
        "JIRA__URL": demo.sandbox.url,
        "JIRA__EMAIL": CONNECTOR.email,
        "JIRA__TOKEN": CONNECTOR.token,
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"JIRA_OKR_{name}", value)
    fields = demo.sandbox.sandbox.fields
    fields[scheme.POINTS] = replace(fields[scheme.POINTS], name="Effort", clauses=("cf[10016]", "Effort"))
    demo.connector.catalogue("main", fresh=True)
    text = presets.text("epics-as-objectives")
    expected = text.replace("{name: Story point estimate}", "{name: Effort}")
    file = tmp_path / "okr.yaml"
    file.write_text(text)

    told = CliRunner().invoke(cli, ["mapping", "reword", str(file)])
    assert (told.exit_code, told.stdout) == (0, "")
    assert told.stderr == "1 place says another name now.\n"
    assert file.read_text() == expected

    again = CliRunner().invoke(cli, ["mapping", "reword", str(file)])
    assert again.stderr == "0 places say another name now.\n"
    active = CliRunner().invoke(cli, ["mapping", "reword"])
    assert "{name: Effort}" in active.stdout
    assert "Story point estimate" not in active.stdout
