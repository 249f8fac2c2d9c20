"""How dear the mirror is: putting and streaming issues, beside the bare driver doing the same to the same tables.

    python -m benchmarks.store_upsert [--issues 100000]

The other side is `sqlite3` alone: executemany of ready rows into the same tables with the same conflict clause, and fetching
the rows without decoding them. Ours encodes, compares, keeps links and former keys, and decodes.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.ratio import Ratio
from connectors.store import Store, open_store, upgrade
from connectors.store.database.instant import to_ms
from connectors.store.mirror import mirror
from connectors.store.mirror.issue_text import text_of
from mappings.facts.issue import Issue, IssueType, JiraValue, Link, Project, Status, User

START = datetime(2026, 10, 1, 8, tzinfo=UTC)
PEOPLE = [User(f"account-{place}", f"Person {place}") for place in range(200)]
STATUSES = [
    Status("1", "To Do", "new"),
    Status("3", "In Progress", "indeterminate"),
    Status("5", "Done", "done"),
]
BARE_UPSERT = """
INSERT INTO issue (site, id, key, project_id, type_id, status_id, parent_id, updated, content)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (site, id) DO UPDATE SET key = excluded.key, project_id = excluded.project_id, type_id = excluded.type_id,
status_id = excluded.status_id, parent_id = excluded.parent_id, updated = excluded.updated, content = excluded.content
WHERE excluded.updated >= issue.updated
"""


def main(quick: bool = False) -> list[Ratio]:
    """The ratios, over 100,000 issues or, quickly, over 20,000."""
    return measure(20_000 if quick else 100_000)


def measure(number: int) -> list[Ratio]:
    """Ours and the bare driver's rates in one run, each on a file of its own."""
    issues = [_issue(place) for place in range(number)]
    with tempfile.TemporaryDirectory() as directory:
        store = open_store(f"sqlite:///{directory}/ours.sqlite3")
        upgrade(store)
        bare = _bare_file(Path(directory) / "bare.sqlite3")
        put = _rate(number, lambda: _put(store, issues))
        bare_put = _rate(number, lambda: _put_bare(bare, issues))
        again = _rate(number, lambda: _put(store, issues))
        read = _rate(number, lambda: _read(store))
        bare_read = _rate(number, lambda: _read_bare(bare))
        store.close()
        bare.close()
    return [
        Ratio(
            "mirror.put, new issues",
            put,
            bare_put,
            "issues/s",
            at_least=0.4,
            theirs_name="sqlite3 executemany",
        ),
        Ratio(
            "mirror.put, unchanged issues",
            again,
            bare_put,
            "issues/s",
            at_least=0.6,
            theirs_name="sqlite3 executemany",
        ),
        Ratio("mirror.every", read, bare_read, "issues/s", theirs_name="sqlite3 rows, not decoded"),
    ]


def _issue(place: int) -> Issue:
    return Issue(
        id=str(10_000 + place),
        key=f"PLAT-{place}",
        project=Project("1", "PLAT", "Platform"),
        type=IssueType("10", "Story"),
        status=STATUSES[place % 3],
        created=START,
        updated=START + timedelta(seconds=place * 7_919 % 1_000_000),
        summary=f"An invented story, number {place}",
        priority=JiraValue("3", "Medium"),
        parent_id=str(10_000 + place // 50) if place else None,
        labels=("okr",),
        assignee=PEOPLE[place % 200],
        reporter=PEOPLE[place // 200 % 200],
        links=(Link("1", "Blocks", "blocks", str(10_000 + place // 2)),) if place % 10 == 0 else (),
        fields={"customfield_10016": float(place % 13)},
    )


def _bare_file(path: Path) -> sqlite3.Connection:
    prepared = open_store(f"sqlite:///{path}")
    upgrade(prepared)
    prepared.close()
    bare = sqlite3.connect(path, isolation_level=None)
    bare.execute("PRAGMA synchronous=NORMAL")
    return bare


def _rate(number: int, work: Callable[[], int]) -> float:
    start = time.perf_counter()
    done = work()
    if done != number:
        raise RuntimeError(f"{done} of {number} issues came through")
    return number / (time.perf_counter() - start)


def _put(store: Store, issues: list[Issue]) -> int:
    with store.write() as conn:
        mirror.put(conn, "main", issues)
        return mirror.count(conn, "main")


def _put_bare(bare: sqlite3.Connection, issues: list[Issue]) -> int:
    bare.execute("BEGIN IMMEDIATE")
    bare.executemany(BARE_UPSERT, _bare_rows(issues))
    bare.execute("COMMIT")
    return len(issues)


def _bare_rows(issues: list[Issue]) -> Iterator[tuple[object, ...]]:
    for one in issues:
        facts = (one.project.id, one.type.id, one.status.id, one.parent_id, to_ms(one.updated))
        yield ("main", one.id, one.key, *facts, text_of(one))


def _read(store: Store) -> int:
    with store.read() as conn:
        return sum(1 for _ in mirror.every(conn, "main"))


def _read_bare(bare: sqlite3.Connection) -> int:
    return sum(1 for _ in bare.execute("SELECT content FROM issue NOT INDEXED WHERE site = 'main'"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=100_000)
    for ratio in measure(parser.parse_args().issues):
        print(f"{ratio.name}: {ratio.ours:,.0f} against {ratio.theirs:,.0f} {ratio.unit} ({ratio.value:.2f})")
