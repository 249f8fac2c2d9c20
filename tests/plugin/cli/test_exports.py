"""`jira-okr export`: the same tables as the API gives, to a file or to standard output."""

from __future__ import annotations

import csv
import io
import json
import stat
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connectors.sandbox import CONNECTOR
from connectors.store.numbers import objectives
from plugin.cli import cli
from plugin.cli.work.sync import sync_site
from plugin.runtime.connector import Refusal
from plugin.runtime.demonstration import Demo

Run = Callable[..., Result]


@pytest.fixture
def export(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `jira-okr export` on a synced world."""
    sync_site(demo.connector, "main")
    settings = {
        "DATABASE_URL": demo.connector.settings.database_url,
        "SECRET_KEY": "an invented key that is long enough",
        "JIRA__URL": demo.sandbox.url,
        "JIRA__EMAIL": CONNECTOR.email,
        "JIRA__TOKEN": CONNECTOR.token,
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"JIRA_OKR_{name}", value)
    return lambda *words: CliRunner().invoke(cli, ["export", *words])


def rows(told: Result) -> list[dict[str, Any]]:
    assert told.exit_code == 0, (told.output, told.exception)
    found: list[dict[str, Any]] = json.loads(told.stdout)
    return found


def test_every_table_is_written_as_csv_and_as_json(export: Run, demo: Demo, tmp_path: Path) -> None:
    for name in ("objectives", "ledgers", "history", "audit"):
        found = rows(export(name, "--format", "json"))
        assert found
        file = tmp_path / f"{name}.csv"
        told = export(name, "--output", str(file))
        count = len(found) + (name == "audit")  # that the record was exported is on record
        assert (told.stdout, f"{count:,} rows" in told.stderr) == ("", True)
        lines = list(csv.DictReader(io.StringIO(file.read_text())))
        assert len(lines) == count
        assert set(lines[0]) == set(found[0])
        assert [path.name for path in tmp_path.glob("*.part")] == []
        assert stat.S_ISREG(file.stat().st_mode)
    with demo.connector.store.read() as conn:
        states = {saved.state.id: saved.state for saved in objectives.load_all(conn, "main")}
    assert {row["id"] for row in rows(export("objectives", "--format", "json"))} == set(states)
    shares = dict.fromkeys(states, Fraction(0))
    for row in rows(export("ledgers", "--format", "json")):
        shares[row["objective"]] += Fraction(row["share"]) if row["ledger"] == "headline" else 0
    assert shares == {id_: state.progress or 0 for id_, state in states.items()}


def test_filters_are_those_of_the_list(export: Run) -> None:
    whole = rows(export("objectives", "--format", "json"))
    level, project = whole[0]["health"], whole[0]["project"]
    chosen = rows(export("objectives", "--format", "json", "--health", level, "--project", project))
    assert chosen == [row for row in whole if (row["health"], row["project"]) == (level, project)]
    points = rows(export("history", "--format", "json", "--objective", whole[0]["id"]))
    assert {row["objective"] for row in points} == {whole[0]["id"]}
    assert rows(export("audit", "--format", "json", "--until", "2020-01-01")) == []


def test_what_cannot_be_written_or_is_not_there_is_said(export: Run, tmp_path: Path) -> None:
    nowhere = export("objectives", "--output", str(tmp_path / "none" / "o.csv"))
    assert isinstance(nowhere.exception, Refusal)
    assert "cannot be written" in str(nowhere.exception)
    unknown = export("objectives", "--site", "acme")
    assert unknown.exit_code == 2
    assert "Known sites: main" in " ".join(unknown.output.split())
    assert export("objectives", "--health", "splendid").exit_code == 2
    too_long = export("objectives", "--text", "x" * 501)
    assert too_long.exit_code == 2
    assert "--text" in too_long.output
    assert export("audit", "--site", "no site").exit_code == 2
