"""What becomes of the mapping file of the settings when the connector starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.store.mappings import revisions
from connectors.store.people import audit
from connectors.store.schema import activation
from mappings import presets
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.demonstration import PRESET, Demo
from plugin.runtime.mapping_file import adopt_mapping_file


def started(connector: Connector, path: Path | None) -> list[str]:
    connector.settings = connector.settings.model_copy(update={"mapping": path})
    return adopt_mapping_file(connector)


def active(connector: Connector) -> str | None:
    with connector.store.read() as conn:
        found = revisions.active(conn, "main")
    return found.revision if found is not None else None


def test_the_file_is_activated_where_nothing_is_and_told_of_where_it_differs(
    demo: Demo, tmp_path: Path
) -> None:
    connector, file = demo.connector, tmp_path / "mapping.yaml"
    before = active(connector)
    assert started(connector, None) == []
    file.write_text(presets.text(PRESET))
    assert started(connector, file) == [], "it is the active one"
    file.write_text(f"# Another remark.\n{presets.text(PRESET)}")
    another = started(connector, file)
    file.write_text(presets.text(PRESET).replace("id: epics", "id: ours"))
    told = started(connector, file)
    assert told == [f"{file} differs from the active revision. Preview it: jira-okr mapping preview {file}"]
    assert another in ([], told)
    file.write_text("version: 1\nobjectives: nothing\n")
    first, errors = started(connector, file)
    assert first == f"{file} has errors; revision {before} stays active."
    assert str(file) in errors
    assert active(connector) == before

    with connector.store.write() as conn:
        conn.execute(activation.delete())
    file.write_text(presets.text(PRESET))
    assert started(connector, file) == [f"Activated {file} as revision {before}."]
    assert active(connector) == before
    with connector.store.read() as conn:
        assert audit.recent(conn, 1)[0].who == "settings"

    connector.sites = {}
    assert started(connector, file) == [], "there is nothing that it could be of"
    connector.sites = {"main": None}  # type: ignore[dict-item]
    with pytest.raises(Refusal, match=r"JIRA_OKR_MAPPING is not usable: .*nowhere\.yaml cannot be read"):
        started(connector, tmp_path / "nowhere.yaml")
