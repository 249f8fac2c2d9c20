"""What a shell completes is what the commands are: the table that stands for them agrees with each."""

from __future__ import annotations

import pytest
from click.shell_completion import ShellComplete

from plugin.cli import cli
from plugin.cli.completion import TABLE, VARIABLE, is_completing, stand_in, table


def words(monkeypatch: pytest.MonkeyPatch, *typed: str, begun: str = "") -> list[str]:
    monkeypatch.setenv(VARIABLE, "bash_complete")
    shell = ShellComplete(cli, {}, "jira-okr", VARIABLE)
    return [one.value for one in shell.get_completions(list(typed), begun)]


def test_the_table_says_what_the_commands_are() -> None:
    assert table(cli) == TABLE.read_text(encoding="utf-8"), "write it anew: make completion"


def test_commands_options_and_their_values_are_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert words(monkeypatch, begun="mapp") == ["mapping"]
    assert words(monkeypatch, "mapping", begun="pre") == ["presets", "preview"]
    assert words(monkeypatch, "mapping", "try", begun="--is") == ["--issue"]
    assert "sales" in words(monkeypatch, "setup", "--preset", begun="sa")


def test_a_command_that_is_run_is_the_command_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert not is_completing()
    monkeypatch.setenv(VARIABLE, "bash_source")
    assert not is_completing()
    assert stand_in("nope") is None
