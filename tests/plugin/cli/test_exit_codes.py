"""Exit codes and `--json`, held against every command that is registered: 0 done, 1 something is wrong, 2 wrong usage."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from connectors.store.database.engine import open_store
from connectors.store.people import audit
from plugin.cli import cli

SPEAKS_OTHERWISE = {
    "serve": "goes on until stopped",
    "setup": "asks a person step by step",
    "worker": "goes on until stopped",
    "sandbox": "goes on until stopped",
    "mcp": "speaks a protocol until it is closed",
    "mapping export": "prints a document",
    "mapping schema": "is JSON",
    "mapping presets": "prints a document",
    "export objectives": "has --format",
    "export ledgers": "has --format",
    "export history": "has --format",
    "export audit": "has --format",
    "export person": "is JSON lines",
    "export okrs": "is JSON",
    "user let-in": "prints an address",
}
ONLY_DO = {
    *("mapping activate", "mapping rollback", "mapping import"),
    *("site add", "site test", "site remove", "site renew", "site reseal", "site connect"),
    *("webhook delete", "webhook rotate"),
    "forge unpair",
    *(
        "user add",
        "user role",
        "user disable",
        "user enable",
        "user remove",
        "user sign-out",
        "user password",
    ),
    *(
        "token revoke",
        "db upgrade",
        "db backup",
        "db restore",
        "db restored",
        "erase",
        "user second-factor",
        "cycle reopen",
        "cycle learn",
        "cycle lock",
        "cycle unlock",
        "digest resume",
        "digest suspend",
        "db backed-up",
        "badge revoke",
        "subscription remove",
        "subscription replay",
        "subscription pause",
        "subscription resume",
    ),
}
"""What they did is one sentence, and whether they did it is the exit code."""
GIVEN = {"file": "mapping.yaml", "number": "1", "value": "40%", "before": "active", "names": "CORE-1"}
MORE = {
    "cycle learnings": ["2026-Q4"],
    "check-in add": ["--until", "2026-12-01", "--by", "a@acme.example"],
    "forecast": ["CORE-1"],
    "mapping presets": ["epics-as-objectives"],
    "cycle reopen": ["--reason", "counted twice"],
    "cycle unlock": ["--reason", "agreed anew"],
    "cycle replay": ["--mapping", "then"],
    "kpi accept": ["--issue", "CORE-1"],
    "import": ["--from", "columns"],
    "subscription replay": ["--since", "2026-11-01"],
}


def every(command: click.Command, name: str = "") -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        asked = click.Context(command)
        for word in command.list_commands(asked):
            below = command.get_command(asked, word)
            assert below is not None
            yield from every(below, f"{name} {word}".strip())
    else:
        yield name, command


EVERY = dict(every(cli))
FILTERS_BY_SITE = "export audit"
"""What happened to sites that are gone is told, too; see `test_the_audit_log_of_a_site_that_is_gone_is_told`."""
WITH_SITE = [
    name
    for name, one in EVERY.items()
    if name != FILTERS_BY_SITE and any("--site" in param.opts for param in one.params)
]


def arguments(command: click.Command) -> list[str]:
    """Something for every argument and required option."""
    asked = [param for param in command.params if isinstance(param, click.Argument)]
    return [GIVEN.get(one.name or "", "CORE-1") for one in asked if one.required or one.name in GIVEN]


@pytest.fixture
def run(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command of a connector that knows the site `main`; Jira is never there."""
    (tmp_path / "mapping.yaml").write_text("version: 1\n")
    (tmp_path / "okr.sqlite3").write_bytes(sqlite_template.read_bytes())
    monkeypatch.chdir(tmp_path)
    environment = {
        "JIRA_OKR_DATABASE_URL": f"sqlite:///{tmp_path / 'okr.sqlite3'}",
        "JIRA_OKR_JIRA__URL": "http://127.0.0.1:9",
        "JIRA_OKR_JIRA__EMAIL": "a@acme.example",
        "JIRA_OKR_JIRA__TOKEN": "an invented token",
        "JIRA_OKR_SECRET_KEY": "an invented key that is long enough to sign",
    }

    def invoke(*words: str, **more: str | None) -> Result:
        return CliRunner().invoke(cli, list(words), env=environment | more)

    return invoke


@pytest.mark.parametrize("name", WITH_SITE)
def test_a_site_that_is_not_there_is_wrong_usage_and_names_those_that_are(
    run: Callable[..., Result], name: str
) -> None:
    ended = run(*name.split(), *arguments(EVERY[name]), *MORE.get(name, ()), "--site", "nowhere")
    assert ended.exit_code == 2, (ended.output, ended.exception)
    assert "there is no site called 'nowhere'. Known sites: main." in ended.output


def test_the_audit_log_of_a_site_that_is_gone_is_told_and_of_none_that_never_was(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    never = run("export", "audit", "--site", "nowhere")
    assert never.exit_code == 2
    assert "there is no site called 'nowhere'. Known sites: main." in never.output
    store = open_store(f"sqlite:///{tmp_path / 'okr.sqlite3'}")
    with store.write() as conn:
        audit.note(conn, "ada@acme.example", "site removed", datetime(2026, 11, 1, tzinfo=UTC), {}, "gone")
    store.close()
    gone = run("export", "audit", "--site", "gone")
    assert gone.exit_code == 0, gone.output
    assert "site removed" in gone.stdout


@pytest.mark.parametrize("words", ["site test", "site renew", "site remove"])
def test_so_it_is_where_the_site_is_what_a_command_is_about(run: Callable[..., Result], words: str) -> None:
    ended = run(*words.split(), "nowhere")
    assert ended.exit_code == 2, (ended.output, ended.exception)
    assert "there is no site called 'nowhere'. Known sites: main." in ended.output
    known = run("site", "remove", "main")
    assert known.exit_code == 1
    assert "If it comes from the settings" in str(known.exception)


def test_no_site_at_all_is_no_wrong_usage_and_says_what_to_do(run: Callable[..., Result]) -> None:
    none = {"JIRA_OKR_JIRA__URL": None, "JIRA_OKR_JIRA__EMAIL": None, "JIRA_OKR_JIRA__TOKEN": None}
    ended = run("status", **none)
    assert ended.exit_code == 1
    assert "JIRA_OKR_JIRA__URL" in str(ended.exception)
    found = json.loads(run("check", "--json", **none).output)
    assert [(one["what"], one["ok"]) for one in found] == [("database", True), ("site", False)]


@pytest.mark.parametrize("name", sorted(EVERY))
def test_every_command_explains_itself_and_refuses_what_it_does_not_know(
    run: Callable[..., Result], name: str
) -> None:
    told = run(*name.split(), "--help")
    assert told.exit_code == 0
    assert EVERY[name].help
    refused = run(*name.split(), "--no-such-option")
    assert refused.exit_code == 2
    assert "Error: " in refused.output


def test_what_reports_speaks_json() -> None:
    """A command without `--json` is on one of the two lists, and no command with it."""
    without = {name for name, one in EVERY.items() if not any("--json" in p.opts for p in one.params)}
    assert without == ONLY_DO | set(SPEAKS_OTHERWISE)


LIGHT = """
import sys
from plugin.cli import cli
try:
    cli(prog_name="jira-okr")
except SystemExit:
    pass
print(sorted(name for name in ("sqlalchemy", "pydantic", "flask", "plugin.runtime", "mappings.document") if name in sys.modules))
"""


@pytest.mark.parametrize(
    ("words", "environment", "told"),
    [
        (["--version"], {}, "jira-okr, version "),
        (
            [],
            {"_JIRA_OKR_COMPLETE": "bash_complete", "COMP_WORDS": "jira-okr stat", "COMP_CWORD": "1"},
            "plain,status\n",
        ),
        (
            [],
            {
                "_JIRA_OKR_COMPLETE": "bash_complete",
                "COMP_WORDS": "jira-okr mapping try --ru",
                "COMP_CWORD": "3",
            },
            "plain,--rule\n",
        ),
    ],
    ids=["version", "completion", "completion below a command"],
)
def test_what_a_shell_waits_for_imports_no_more_than_it_needs(
    words: list[str], environment: dict[str, str], told: str
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LIGHT, *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.startswith(told)
    assert ended.stdout.endswith("[]\n")


WATCHED = """
import gc
import click
LOOKED = gc.isenabled()
@click.command()
def watched() -> None:
    click.echo(f"{LOOKED}, {gc.isenabled()}")
"""


def test_no_garbage_is_looked_for_in_what_a_command_imports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "watched_command.py").write_text(WATCHED)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("plugin.cli.COMMANDS", {"watched": "watched_command:watched"})
    assert CliRunner().invoke(cli, ["watched"]).output == "False, True\n"


@pytest.mark.parametrize(
    ("words", "near"), [(["staus"], "'status'"), (["maping"], "'mapping'"), (["mapping", "chek"], "'check'")]
)
def test_a_command_that_there_is_not_is_answered_with_those_that_are_near(
    words: list[str], near: str
) -> None:
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 2
    assert near in result.output
    assert f"No such command '{words[-1]}'" in result.output
