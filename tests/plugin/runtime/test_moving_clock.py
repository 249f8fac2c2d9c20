"""The clock of the demo is one for all processes that work on its data, and nobody else has one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.clock import system_clock
from plugin.runtime.demonstration import write_settings
from plugin.runtime.moving_clock import MovingClock, clock_of
from plugin.runtime.settings import Settings, SettingsError, read_settings

NOW = datetime(2026, 11, 9, 9, tzinfo=UTC)


def test_whoever_reads_the_file_has_the_time_at_once_and_it_never_goes_back(tmp_path: Path) -> None:
    file = tmp_path / "demo.clock"
    pages, command = (MovingClock(lambda: NOW, file) for _ in range(2))
    assert (pages(), command()) == (NOW, NOW)
    for days in (1, 3):
        pages.move_to(NOW + timedelta(days=days))
        assert (pages(), command()) == (NOW + timedelta(days=days),) * 2
    command.move_to(NOW)
    assert pages() == NOW + timedelta(days=3)
    assert MovingClock(lambda: NOW, file)() == NOW + timedelta(days=3)


def test_settings_of_a_demo_alone_have_another_time_than_the_machine(tmp_path: Path) -> None:
    assert clock_of(Settings(_env_file=None)) is system_clock
    MovingClock(system_clock, tmp_path / "demo.clock").move_to(system_clock() + timedelta(days=2))
    database = f"sqlite:///{tmp_path / 'demo.sqlite3'}"
    settings = Settings(_env_file=None, database_url=database, demo_clock=tmp_path / "demo.clock")
    ahead = clock_of(settings)() - system_clock()
    assert timedelta(days=1, hours=23) < ahead <= timedelta(days=2)


@pytest.mark.parametrize("database", ["sqlite:///data/okr.sqlite3", "postgresql://okr@db.acme.example/okr"])
def test_no_other_database_goes_by_the_time_of_the_demo(database: str, tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError, match=r"JIRA_OKR_DEMO_CLOCK is not usable .* the database is not the demo's"
    ):
        read_settings(env_file=None, database_url=database, demo_clock=tmp_path / "demo.clock")


def test_a_file_that_holds_no_number_is_no_time(tmp_path: Path) -> None:
    file = tmp_path / "demo.clock"
    file.write_text("tomorrow")
    with pytest.raises(ValueError, match="tomorrow"):
        MovingClock(lambda: NOW, file)()


def test_commands_beside_a_demo_are_told_of_its_clock_where_it_has_one(tmp_path: Path) -> None:
    file, clock = tmp_path / "demo.env", tmp_path / "demo.clock"
    given = {"database_url": f"sqlite:///{tmp_path / 'demo.sqlite3'}"}
    write_settings(file, Settings(_env_file=None, **given))
    assert "DEMO_CLOCK" not in file.read_text()
    write_settings(file, Settings(_env_file=None, demo_clock=clock, **given))
    assert f"JIRA_OKR_DEMO_CLOCK={clock}\n" in file.read_text()
