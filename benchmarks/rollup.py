"""How dear the numbers are: a full assessment beside reading the same issues, and one changed issue beside all of them.

    python -m benchmarks rollup [--quick]
    python -m benchmarks.rollup --profile

The reading is that of the mirror: JSON rows out of a SQLite file, decoded with msgspec. Both are taken in the same run, on
the same machine, and printed as a ratio. Aims: reading and assessing together at most 2 x the reading alone; one changed
issue in a small fraction of all.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.ratio import Ratio
from connectors.store.mirror.issue_text import IssueReader, text_of
from mappings.document.binder import bind
from mappings.document.mapping import Mapping
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue, IssueType, JiraValue, Project, Status, User
from mappings.facts.moment import Moment
from mappings.rollup.measurement import affected_objectives, assess, assess_one

T = TypeVar("T")
START = datetime(2026, 10, 1, 8, tzinfo=UTC)
NOW = Moment(datetime(2026, 11, 15, 12, tzinfo=UTC))
PROJECTS = [Project(str(place), key, key.title()) for place, key in enumerate(("PLAT", "CORE", "GROW"), 1)]
PEOPLE = [User(f"account-{place}", f"Person {place}") for place in range(200)]
STATUSES = [
    Status("1", "To Do", "new"),
    Status("3", "In Progress", "indeterminate"),
    Status("10012", "In Review", "indeterminate"),
    Status("5", "Done", "done"),
]
RESOLUTIONS = [JiraValue("1", "Done")] * 9 + [JiraValue("2", "Won't Do")]
TYPES = {
    "Epic": IssueType("1", "Epic", 1),
    "Key Result": IssueType("2", "Key Result"),
    "Story": IssueType("3", "Story"),
    "Sub-task": IssueType("4", "Sub-task", -1),
}
EPIC_SIZE = 50
ISSUES, QUICK_ISSUES = 100_000, 20_000

DOCUMENT: dict[str, Any] = {
    "version": 1,
    "name": "bench",
    "scope": "project in (PLAT, CORE, GROW)",
    "fields": {
        "points": {"id": "customfield_10016"},
        "kr_start": {"id": "customfield_10051"},
        "kr_current": {"id": "customfield_10052"},
        "kr_target": {"id": "customfield_10053"},
        "weight": {"id": "customfield_10054"},
    },
    "statuses": {"overrides": [{"when": "project = CORE", "by_status": {"10012": "0.8"}}]},
    "cycles": [{"id": "2026-Q4", "start": "2026-10-01", "end": "2026-12-31"}],
    "objectives": [
        {
            "id": "epics",
            "select": "issuetype = Epic AND labels = okr",
            "cycle": "2026-Q4",
            "key_results": [
                {
                    "id": "metric",
                    "select": 'issuetype = "Key Result"',
                    "weight": {"field": "weight"},
                    "progress": {
                        "kind": "transition",
                        "start": "kr_start",
                        "current": "kr_current",
                        "target": "kr_target",
                    },
                },
                {
                    "id": "delivery",
                    "select": "issuetype in (Story, Sub-task)",
                    "relation": "descendant",
                    "progress": {"kind": "delivery", "weight": "points"},
                },
            ],
        }
    ],
}


def issues(count: int) -> Iterator[Issue]:
    """Epics of fifty: two key results, stories with points, and sub-tasks below some of them."""
    rng = random.Random(7)
    epic = story = 0
    for id_ in range(10_001, 10_001 + count):
        place = (id_ - 10_001) % EPIC_SIZE
        if place == 0:
            epic = id_
            yield _issue(rng, id_, "Epic", None, {})
        elif place <= 2:
            fields: dict[str, object] = {
                "customfield_10051": 0,
                "customfield_10052": rng.randrange(100),
                "customfield_10053": 100,
            }
            yield _issue(rng, id_, "Key Result", epic, fields | {"customfield_10054": rng.randrange(1, 4)})
        elif place % 5:
            story = id_
            fields = {"customfield_10016": rng.choice([None, 1, 2, 3, 5, 8.0])}
            yield _issue(rng, id_, "Story", epic, fields)
        else:
            yield _issue(rng, id_, "Sub-task", story or epic, {})


def _issue(rng: random.Random, id_: int, type_: str, parent: int | None, fields: dict[str, object]) -> Issue:
    status = rng.choice(STATUSES)
    done = status.category == "done"
    created = START + timedelta(minutes=rng.randrange(40_000))
    return Issue(
        str(id_),
        f"PLAT-{id_}",
        rng.choice(PROJECTS),
        TYPES[type_],
        status,
        created,
        created + timedelta(days=3),
        f"{type_} number {id_} with a summary of a common length",
        rng.choice(RESOLUTIONS) if done else None,
        JiraValue("3", "Medium"),
        str(parent) if parent else None,
        ("okr", "team-a") if type_ == "Epic" else (),
        assignee=rng.choice(PEOPLE),
        reporter=rng.choice(PEOPLE),
        creator=rng.choice(PEOPLE),
        resolved=created + timedelta(days=3) if done else None,
        status_changed=created + timedelta(days=2),
        fields=fields,
    )


def fill(path: Path, count: int) -> None:
    """A table of JSON rows, as the mirror keeps them."""
    with sqlite3.connect(path) as conn:
        conn.execute("create table issue (id text primary key, content text not null)")
        rows = ((issue.id, text_of(issue)) for issue in issues(count))
        conn.executemany("insert into issue values (?, ?)", rows)


def read(path: Path) -> list[Issue]:
    """All issues of the table."""
    reader = IssueReader()
    with sqlite3.connect(path) as conn:
        return [reader.read(content) for (content,) in conn.execute("select content from issue")]


def timed(work: Callable[[], T], rounds: int = 3) -> tuple[float, T]:
    """The best of some rounds in seconds of the processor (others may be busy beside us), and what came of it."""
    best, result = float("inf"), None
    for _ in range(rounds):
        result = None
        gc.collect()
        gc.disable()  # as the product does while it reads and measures many issues
        before = time.process_time()
        result = work()
        best = min(best, time.process_time() - before)
        gc.enable()
    assert result is not None
    return best, result


def one_changed(mapping: Mapping, forest: Forest) -> int:
    """A story moves: find the objectives it concerns and assess these from their own subtrees."""
    story = forest.by_id["10020"]
    concerned = affected_objectives(mapping, forest, None, story, NOW)
    for id_ in concerned:
        part = Forest.of([forest.by_id[id_], *forest.descendants(id_)])
        assess_one(mapping, part, id_, NOW)
    return len(concerned)


def profiled(mapping: Mapping, found: list[Issue]) -> None:
    """Where the time of a full assessment goes."""
    with cProfile.Profile() as profile:
        assess(mapping, Forest.of(found), NOW, ledgers=False)
    pstats.Stats(profile).sort_stats("cumtime").print_stats(40)


def main(quick: bool = False, profile: bool = False) -> list[Ratio]:
    """From reading to numbers and to ledgers beside the reading alone, and one changed issue beside all of them."""
    mapping = bind(Document.model_validate(DOCUMENT), Catalogue())
    count = QUICK_ISSUES if quick else ISSUES
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mirror.db"
        fill(path, count)
        reading, found = timed(lambda: read(path))
        indexing, forest = timed(lambda: Forest.of(found))
        assessing, _ = timed(lambda: assess(mapping, forest, NOW, ledgers=False))
        explaining, _ = timed(lambda: assess(mapping, forest, NOW))
        single, _ = timed(lambda: one_changed(mapping, forest), 5)
    if profile:
        profiled(mapping, found)
    shape, rows = f"{count:,} issues", "reading the rows"
    to_numbers, to_ledgers = reading + indexing + assessing, reading + indexing + explaining
    return [
        Ratio(f"{shape}, reading to numbers", to_numbers, reading, "s", at_most=2.0, theirs_name=rows),
        Ratio(f"{shape}, reading to ledgers", to_ledgers, reading, "s", theirs_name=rows),
        Ratio(
            "one changed issue", single, indexing + assessing, "s", at_most=0.01, theirs_name=f"all {shape}"
        ),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", action="store_true")
    for figure in main(profile=parser.parse_args().profile):
        print(f"{figure.name}: {figure.value:.3g} x {figure.theirs_name}")
