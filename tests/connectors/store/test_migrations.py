"""The tables grow from release to release, with everything in them."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import zlib
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, inspect, select

from connectors.store import Store, open_store, upgrade
from connectors.store.absence import gaps
from connectors.store.database import json_text, schema_upgrade
from connectors.store.mappings import revisions
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.people import saved_views
from connectors.store.schema import cycle_end, forecast, metadata
from connectors.store.work import due, inbox
from connectors.store.writes import writes

FIXTURES = sorted(Path(__file__).parent.glob("revision_*.sql"))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/okr.sqlite3"
    return str(request.getfixturevalue("postgres_url"))


def test_the_revisions_make_exactly_the_tables_the_code_uses(store: Store) -> None:
    with store.read() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_numbers_are_given_by_the_database_where_the_code_says_so_and_nowhere_else(
    postgres_store: Store,
) -> None:
    """`compare_metadata` compares neither this nor how SQLite keeps the rows."""
    with postgres_store.read() as conn:
        asked = (
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
            " AND (column_default LIKE 'nextval(%' OR is_identity = 'YES')"
        )
        given = {(table, column) for table, column in conn.exec_driver_sql(asked.replace("%", "%%"))}
    said = {
        (table.name, table.autoincrement_column.name)
        for table in metadata.tables.values()
        if table.autoincrement_column is not None
    }
    assert given == said


def test_sqlite_keeps_the_rows_of_a_table_as_the_code_says(sqlite_store: Store) -> None:
    with sqlite_store.read() as conn:
        asked = "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
        made = {name: sql.rstrip().endswith("WITHOUT ROWID") for name, sql in conn.exec_driver_sql(asked)}
    said = {
        name: not table.dialect_options["sqlite"]["with_rowid"] for name, table in metadata.tables.items()
    }
    assert {name: made[name] for name in said} == said


def test_each_revision_of_a_release_has_data_to_be_upgraded() -> None:
    assert [path.stem for path in FIXTURES] == ["revision_0001"], (
        "add one for each revision that a release ended with"
    )
    assert "0001" in schema_upgrade.known_revisions()


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_data_of_a_former_revision_is_read_by_this_release(empty_url: str, fixture: Path) -> None:
    store = open_store(empty_url)
    with store.write() as conn:
        schema_upgrade.to_head(conn, fixture.stem.removeprefix("revision_"))
        bytes_type = "BLOB" if store.dialect == "sqlite" else "BYTEA"
        for statement in fixture.read_text().replace("BYTES", bytes_type).splitlines():
            conn.exec_driver_sql(statement)
    upgrade(store)
    store.check()
    _everything_is_there(store)
    store.close()


def _everything_is_there(store: Store) -> None:
    with store.read() as conn:
        assert mirror.get(conn, "main", ["10001"])["10001"].type.name == "Epic"
        assert mirror.id_of_key(conn, "main", "OLD-1") == "10001"
        assert [found.body for found in inbox.load_pending(conn, 9)] == [b"{}"]
        assert due.pending_count(conn, "main") == 1
        saved = objectives.load(conn, "main", "10001")
        assert saved is not None
        assert saved.state.progress == Fraction(5, 8)
        assert objectives.depending_on(conn, "main", ["10001"]) == {"10001"}
        assert len(objectives.history(conn, "main", "10001")) == 1
        written = writes.last_write(conn, "main", "10001", "customfield_1")
        assert written is not None
        assert written.after == 63
        ruling = revisions.active(conn, "main")
        assert ruling is not None
        assert ruling.text == "version: 1"


def test_favourites_by_key_are_held_by_id(empty_url: str) -> None:
    """Also where the issue was moved since; what is not known, or could be meant in two sites, stays as it is."""
    at = "created_at, generation) VALUES"
    rows = [
        f"INSERT INTO account (id, email, name, role, {at} (1, 'v@acme.example', 'V', 'viewer', 0, 0)",
        *(
            f"INSERT INTO objective (site, id, mapping_revision, computed_at, changed_at, headline, content) VALUES ('{site}', '{id_}', 'r', 0, 0, '{{}}', '{{}}')"
            for site, id_ in (("a", "1"), ("a", "@growth"), ("a", "5"), ("b", "5"))
        ),
        *(
            f"INSERT INTO issue (site, id, key, project_id, type_id, status_id, updated, content) VALUES ('{site}', '{id_}', '{key}', '1', '1', '1', 0, 'BYTES')"
            for site, id_, key in (("a", "1", "PLAT-1"), ("a", "5", "PLAT-5"), ("b", "5", "PLAT-5"))
        ),
        "INSERT INTO alias (site, key, issue_id) VALUES ('a', 'OLD-1', '1')",
    ]
    kept = {
        "/objectives/PLAT-1": "/objectives/1",
        "/objectives/OLD-1?row=7": "/objectives/1?row=7",
        "/objectives/growth": "/objectives/@growth",
        "/objectives/PLAT-5": "/objectives/PLAT-5",
        "/objectives/PLAT-5?site=b": "/objectives/5?site=b",
        "/objectives/NONE-1": "/objectives/NONE-1",
        "/?cycle=all": "/?cycle=all",
    }
    rows += [
        f"INSERT INTO saved_view (account_id, name, address, at) VALUES (1, '{name}', '{address}', 0)"
        for name, address in enumerate(kept)
    ]
    store = open_store(empty_url)
    with store.write() as conn:
        schema_upgrade.to_head(conn, "0041")
        for statement in rows:
            conn.exec_driver_sql(statement)
    upgrade(store)
    with store.read() as conn:
        found = {int(one.name): one.address for one in saved_views.load_views(conn, 1)}
    store.close()
    assert [found[number] for number in range(len(kept))] == list(kept.values())


def test_what_answers_left_out_is_read_where_blanks_joined_it(empty_url: str) -> None:
    store = open_store(empty_url)
    columns = "site, issue, issue_id, issue_key, field, parent, reason, remedy, since, seen_at, omitted"
    with store.write() as conn:
        schema_upgrade.to_head(conn, "0052")
        for issue, omitted in (("1", "duedate customfield_10016"), ("2", ""), ("3", "labels")):
            conn.exec_driver_sql(
                f"INSERT INTO gap ({columns}) VALUES ('main', '{issue}', '{issue}', 'A-{issue}', '', '', 'No.', '', 0, 0, '{omitted}')"
            )
    upgrade(store)
    with store.read() as conn:
        found = [one.gap.omitted for one in gaps.open_gaps(conn, "main")]
    store.close()
    assert found == [("duedate", "customfield_10016"), (), ("labels",)]


def test_who_goes_back_has_a_row_for_each_day_of_a_judged_forecast(empty_url: str) -> None:
    """Each is counted once there: a joined row would count for one day."""
    store = open_store(empty_url)
    upgrade(store)
    said = {"1/2": (3, "2026-11-09"), "3/4": (2, "2026-11-08"), "1/4": (1, "2026-11-07")}
    config = schema_upgrade._config()
    with store.write() as conn:
        conn.execute(
            insert(forecast),
            [
                {
                    "site": "main",
                    "objective_id": "1",
                    "key_result_id": key_result,
                    "day": day,
                    "cycle": "2026-Q4",
                }
                | {
                    "reached": 0,
                    "probability": probability,
                    "judged_on": "2026-11-10",
                    "came_true": 1,
                    "days": days,
                }
                for key_result in ("a", "b")
                for probability, (days, day) in said.items()
            ],
        )
        config.attributes["connection"] = conn
        command.downgrade(config, "0073")
        found = conn.exec_driver_sql("SELECT * FROM forecast").mappings().all()
    store.close()
    for key_result in ("a", "b"):
        mine = [row for row in found if row["key_result_id"] == key_result]
        assert Counter(row["probability"] for row in mine) == {"1/2": 3, "3/4": 2, "1/4": 1}
        assert {row["day"] for row in mine} == {f"2026-11-0{day}" for day in range(4, 10)}
    assert {(row["cycle"], row["judged_on"], row["came_true"]) for row in found} == {
        ("2026-Q4", "2026-11-10", 1)
    }


def test_what_was_noted_of_ends_as_fractions_is_numbers(empty_url: str) -> None:
    """Only where a field has readings: words that look so are left alone."""
    fields = {"customfield_1": "5/1", "customfield_2": "-5/2", "customfield_3": "1/2", "customfield_4": 7}
    readings = {
        f"customfield_{number}": [{"at": "2026-09-01T00:00:00Z", "value": "5/1"}] for number in (1, 2, 4)
    }
    issue = json_text.encode({"id": "7", "fields": fields, "readings": readings})
    content = json_text.encode({"state": {"progress": "5/1"}, "aligned": None, "issues": [issue]})
    other = json_text.encode({"state": {"progress": "1/2"}, "aligned": None, "issues": []})
    store = open_store(empty_url)
    with store.write() as conn:
        schema_upgrade.to_head(conn, "0076")
        for id_, text in (("7", content), ("8", other)):
            conn.execute(
                insert(cycle_end).values(
                    site="main", objective_id=id_, cycle_id="2026-Q3", ends_at=0, noted_at=0,
                    mapping_revision="r", doubts="[]", content=zlib.compress(text.encode()),
                )
            )  # fmt: skip
    upgrade(store)
    with store.read() as conn:
        found = {
            row.objective_id: json.loads(zlib.decompress(row.content))
            for row in conn.execute(select(cycle_end))
        }
    store.close()
    assert found["8"] == json.loads(other)
    (kept,) = found["7"].pop("issues")
    assert found["7"] == {"state": {"progress": "5/1"}, "aligned": None}
    assert json.loads(kept)["readings"] == readings
    assert json.loads(kept)["fields"] == {**fields, "customfield_1": 5, "customfield_2": -2.5}


def test_an_upgrade_that_fails_leaves_nothing_behind(empty_url: str) -> None:
    store = open_store(empty_url)

    def broken_off() -> None:
        with store.write() as conn:
            schema_upgrade.to_head(conn)
            raise RuntimeError("power went")

    with pytest.raises(RuntimeError, match="power"):
        broken_off()
    with store.read() as conn:
        assert inspect(conn).get_table_names() == []
    upgrade(store)
    store.check()
    store.close()


def test_processes_that_start_together_upgrade_once(empty_url: str) -> None:
    stores = [open_store(empty_url) for _ in range(3)]
    threads = [threading.Thread(target=upgrade, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.check()
        store.close()


def test_the_migrations_are_found_from_any_directory(tmp_path: Path) -> None:
    program = "from connectors.store import *; s = open_store('sqlite:///okr.sqlite3'); upgrade(s); s.check()"
    root = str(Path(__file__).parents[3])
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, env={"PYTHONPATH": root})
