"""`jira-okr moved` and `jira-okr history backfill` over a synced demo company."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.clock import system_clock
from connectors.sandbox import CONNECTOR
from connectors.store.numbers import objectives
from plugin.cli import cli
from plugin.cli.work.sync import sync_site
from plugin.runtime.connector import Refusal
from plugin.runtime.demonstration import demo_world


def test_a_movement_is_told_once_the_past_is_reconstructed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with demo_world(tmp_path, clock=system_clock) as demo:
        sync_site(demo.connector, "main")
        settings = {
            "DATABASE_URL": demo.connector.settings.database_url,
            "JIRA__URL": demo.sandbox.url,
            "JIRA__EMAIL": CONNECTOR.email,
            "JIRA__TOKEN": CONNECTOR.token,
        }
        for name, value in settings.items():
            monkeypatch.setenv(f"JIRA_OKR_{name}", value)
        with demo.connector.store.read() as conn:
            saved = [
                one for one in objectives.load_all(conn, "main") if one.state.progress and one.state.cycle_id
            ]
        key = saved[-1].state.key
        early = CliRunner().invoke(cli, ["moved", key, "--since", "2026-01-01"])
        assert isinstance(early.exception, Refusal)
        assert "begins on" in str(early.exception)
        known = json.loads(CliRunner().invoke(cli, ["moved", key, "--since", "cycle", "--json"]).stdout)
        done = CliRunner().invoke(cli, ["history", "backfill", "--days", "20"])
        assert done.exit_code == 0, done.output
        assert " to Jira." in done.output
        told = json.loads(CliRunner().invoke(cli, ["moved", key, "--since", "week", "--json"]).stdout)
        plain = CliRunner().invoke(cli, ["moved", key])
        wrong = CliRunner().invoke(cli, ["moved", key, "--since", "once"])
        asked = ("explain", key, "--at", known["since"], "--json")
        past = json.loads(CliRunner().invoke(cli, asked).stdout)
        early = str(datetime.fromisoformat(known["since"]) - timedelta(hours=1))
        said = CliRunner().invoke(cli, ["explain", key, "--at", early, "--mapping", "then"])
        never = CliRunner().invoke(cli, ["explain", key, "--at", "once"])
    assert known["total"] == "0"  # history begins on the way of the cycle: what is known of it is told
    assert told["reconstructed"]
    parts = [Fraction(part) for part in told["parts"].values()]
    assert sum(parts, Fraction(0)) == Fraction(told["total"])
    assert "→" in plain.output
    assert wrong.exit_code == 2
    assert past["as_of"]["certainty"] == "exact"
    assert past["as_of"]["at"] == known["since"]
    assert Fraction(past["headline"]["total"] or 0) == sum(
        (Fraction(row["share"]) for row in past["headline"]["rows"]), Fraction(0)
    )
    assert "No mapping ruled yet at that time" in str(said.exception)
    assert (never.exit_code, "no moment" in never.output) == (2, True)
