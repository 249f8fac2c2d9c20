"""What commands show of texts that others wrote: the words, and nothing that a terminal would obey."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from plugin.cli import cli
from plugin.cli.operation import demo
from plugin.cli.operation.demo import invitation
from plugin.cli.terminal.output import show_table
from plugin.use_cases.sites import database
from plugin.use_cases.sites.database import RestoreTrial


@pytest.mark.parametrize(
    "title",
    ["Ship [/b] now", "[red]alert[/red]", "[link=https://evil.example]Jira[/link]", "a :bomb: b", "[", "[/]"],
)
def test_a_title_stands_in_a_table_as_it_was_written(title, capsys) -> None:
    show_table(title, ("Issue",), ((title,),))
    assert capsys.readouterr().out.count(title) == 2


@pytest.mark.parametrize("code", ["\x1b]0;owned\x07", "\x1b[2J", "\x9b2J", "\r", "\x08", "\u202e"])
def test_a_title_gives_the_terminal_no_orders(code, capsys) -> None:
    show_table("Table", ("Issue",), ((f"before{code}after",),))
    shown = capsys.readouterr().out
    assert not set(shown) & set("\x1b\x07\x9b\r\x08\u202e")
    assert "before" in shown
    assert "after" in shown


def test_the_invitation_of_the_demo_says_each_thing_in_its_place() -> None:
    told = invitation("http://pages", "http://board", ("kim@acme.example", "a password"), "jira-okr status")
    assert told.splitlines()[1:5] == [
        "  OKR pages      http://pages",
        "  Sign in as     kim@acme.example   password a password",
        "  Sandbox Jira   http://board   (each card says which number it feeds: drag one, and watch)",
        "  In a terminal  jira-okr status",
    ]
    assert told.splitlines()[-1] == "  Stop with Ctrl-C."


@pytest.mark.parametrize(
    ("findings", "state", "code"),
    [
        ((), "restores", 0),
        (("page 7 is torn", "a table lacks"), "CANNOT BE RESTORED AS IT SHOULD", 1),
    ],
)
def test_what_came_of_a_backup_that_was_tried_is_told_line_by_line(
    monkeypatch, findings: tuple[str, ...], state: str, code: int
) -> None:
    trial = RestoreTrial("0007", "0068", {"issue": 2, "due": 1}, findings)
    monkeypatch.setattr(database, "prove", lambda *_: trial)
    told = CliRunner().invoke(cli, ["db", "verify", "a.backup"])
    first, *rest = told.output.splitlines()
    assert first == f"a.backup {state}: revision 0007, brought to 0068, 3 rows in 2 tables."
    assert (rest, told.exit_code) == ([f"  {line}" for line in findings], code)
    as_json = CliRunner().invoke(cli, ["db", "verify", "a.backup", "--json"])
    assert json.loads(as_json.output) == {
        "file": "a.backup",
        "ok": not findings,
        "revision": "0007",
        "upgraded_to": "0068",
        "rows": {"issue": 2, "due": 1},
        "findings": list(findings),
    }
    assert as_json.exit_code == code


@pytest.mark.parametrize(
    ("findings", "advice", "said"),
    [
        ((), (), ["a place: revision 0068, undamaged"]),
        ((), ("make room",), ["a place: revision 0068, undamaged", "  make room"]),
        (
            ("page 7 is torn",),
            ("restore it",),
            ["a place: revision 0068, NOT READY", "  page 7 is torn", "  restore it"],
        ),
    ],
)
def test_how_the_database_stands_is_told_line_by_line(
    monkeypatch, findings: tuple[str, ...], advice: tuple[str, ...], said: list[str]
) -> None:
    found = SimpleNamespace(where="a place", revision="0068", findings=findings, advice=advice)
    monkeypatch.setattr(database, "health", lambda *_: found)
    told = CliRunner().invoke(cli, ["db", "check"])
    assert (told.output.splitlines(), told.exit_code) == (said, int(bool(findings)))
    as_json = json.loads(CliRunner().invoke(cli, ["db", "check", "--json"]).output)
    assert as_json == {
        "database": "a place",
        "revision": "0068",
        "ok": not findings,
        "findings": list(findings),
        "advice": list(advice),
    }


def test_a_demo_that_is_served_has_everything_to_look_at_and_one_for_once_the_numbers_alone(
    monkeypatch, tmp_path: Path
) -> None:
    """It watches bugs and feeds goals, and its pages know where they stand."""
    begun: list[dict[str, object]] = []

    @contextmanager
    def world(_folder: Path, **how: object) -> Iterator[object]:
        begun.append(how)
        yield SimpleNamespace(connector=None)

    monkeypatch.setattr(demo, "demo_world", world)
    monkeypatch.setattr(demo, "free_port", lambda _host, port, _words: port)
    for name in ("serve_demo", "first_sync", "show_result", "configure_logs"):
        monkeypatch.setattr(demo, name, lambda *_: None)
    folder = ["--folder", str(tmp_path)]
    assert (
        CliRunner()
        .invoke(cli, ["demo", *folder, "--port", "8", "--sandbox-port", "9", "--seed", "3"])
        .exit_code
        == 0
    )
    assert CliRunner().invoke(cli, ["demo", *folder, "--once", "--seed", "4"]).exit_code == 0
    assert begun == [
        {"seed": 3, "sandbox_port": 9, "watches": True, "port": 8, "base_url": "http://127.0.0.1:8"},
        {"seed": 4},
    ]
