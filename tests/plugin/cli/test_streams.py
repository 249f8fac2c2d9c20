"""What a command says of a fault goes where a pipe does not take it; and what it is given reaches what it calls."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from connectors.store.database.engine import open_store
from connectors.store.people import audit
from plugin.cli import cli, main


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["status"], 1, "No Jira site is known yet."),
        (["status", "--nothing"], 2, "--nothing"),
        (["mapping", "check", "none.yaml"], 2, "does not exist"),
    ],
)
def test_a_fault_is_said_beside_what_a_program_reads(
    words: list[str], code: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JIRA_OKR_DATABASE_URL", f"sqlite:///{tmp_path / 'okr.sqlite3'}")
    monkeypatch.setattr("sys.argv", ["jira-okr", *words])
    with CliRunner().isolation() as (out, err, _), pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == code
    assert (out.getvalue(), said in err.getvalue().decode()) == (b"", True)


class Stopped(Exception):
    """So far, and no further."""


@pytest.mark.parametrize(
    ("written", "version"), [("10.3", (10, 3, 0)), ("9.12.5", (9, 12, 5)), ("11.0.1", (11, 0, 1))]
)
def test_the_sandbox_is_of_the_version_that_is_written(
    written: str, version: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[Any] = []

    def sandbox(seed: int, port: int, **more: Any) -> Any:
        served.append((seed, port, more))
        raise Stopped

    monkeypatch.setattr("plugin.cli.operation.sandbox.sandbox", sandbox)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    words = ["sandbox", "--seed", "3", "--port", "0", "--data-center", "--jira-version", written]
    ended = CliRunner().invoke(cli, words)
    assert isinstance(ended.exception, Stopped)
    assert served == [(3, 0, {"data_center": True, "version": version, "context": ""})]


def test_a_backup_that_another_tool_wrote_is_on_record(sqlite_template: Path, tmp_path: Path) -> None:
    file = tmp_path / "okr.sqlite3"
    file.write_bytes(sqlite_template.read_bytes())
    environment = {"JIRA_OKR_DATABASE_URL": f"sqlite:///{file}"}
    assert (
        CliRunner().invoke(cli, ["db", "backed-up", "okr.dump"], env=environment).output
        == "Noted: okr.dump.\n"
    )
    store = open_store(environment["JIRA_OKR_DATABASE_URL"])
    with store.read() as conn:
        (found,) = audit.recent(conn, 10)
    store.close()
    assert (found.who, found.detail["file"]) == ("command line", "okr.dump")


def test_nothing_is_served_where_the_port_for_health_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def serve(*_given: Any) -> None:
        raise Stopped

    monkeypatch.setattr("plugin.cli.operation.serve.serve_until_stopped", serve)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environment = {
            "JIRA_OKR_DATABASE_URL": f"sqlite:///{tmp_path / 'okr.sqlite3'}",
            "JIRA_OKR_HEALTH_PORT": str(taken.getsockname()[1]),
        }
        ended = CliRunner().invoke(cli, ["serve", "--host", "127.0.0.1", "--port", "0"], env=environment)
    assert "JIRA_OKR_HEALTH_PORT" in str(ended.exception)
    free = CliRunner().invoke(cli, ["serve", "--host", "127.0.0.1", "--port", "0"], env=environment)
    assert isinstance(free.exception, Stopped)
