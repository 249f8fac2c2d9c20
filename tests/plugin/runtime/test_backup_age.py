"""How old the last backup is stands in the metrics, whoever made it; of none there is no sample."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path

from connectors.clock import system_clock
from plugin.runtime.composition import build_connector
from plugin.runtime.processes.metrics import render_metrics
from plugin.runtime.settings import Settings, read_settings
from plugin.use_cases.health.status import installation
from plugin.use_cases.sites import database
from tests.actors import TESTER


def age(settings: Settings, later: timedelta) -> float | None:
    connector = build_connector(settings, lambda: system_clock() + later)
    try:
        text = render_metrics(installation(connector, TESTER)).decode()
    finally:
        connector.store.close()
    found = re.search(r"^jira_okr_backup_age_seconds (\S+)$", text, re.MULTILINE)
    return None if found is None else float(found[1])


def test_the_age_of_the_last_backup(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "okr.sqlite3"
    shutil.copyfile(sqlite_template, path)
    settings = read_settings(
        env_file=None,
        database_url=f"sqlite:///{path}",
        secret_key="an invented key that is long enough to sign",
    )
    assert age(settings, timedelta(0)) is None
    database.back_up(settings, TESTER, tmp_path / "copy.sqlite3")
    found = age(settings, timedelta(days=3))
    assert found is not None
    assert 259_200 <= found < 259_260
    database.note_backup(settings, TESTER, "okr.dump")
    later = age(settings, timedelta(days=1))
    assert later is not None
    assert 86_400 <= later < 86_460
    trial = database.prove(settings, TESTER, tmp_path / "copy.sqlite3")
    assert trial.findings == ()
