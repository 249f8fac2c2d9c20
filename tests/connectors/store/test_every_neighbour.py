"""Every function of the store that is asked for a site is asked beside two others, one before and one behind it by name, which hold rows
in every table: it gives what it gave when the site was alone, and leaves what is theirs as it was. So does what is asked for something of a site beside
what has another name there.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, Connection, Float, Integer, LargeBinary, Table, insert, select
from sqlalchemy.exc import IntegrityError

from connectors.store import Store
from connectors.store.database.instant import to_ms
from connectors.store.schema import metadata

ROOT = Path(__file__).parents[3]
SITE, NEIGHBOURS = "main", ("a", "zz")
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LEFT_OUT = {"imported", "fold"}
"""What is of all sites although it is asked for one."""
FEWEST = 310
"""So many functions can be asked by now; of the others nobody knows here what they are to be given."""
NAMING = (
    *("objective_id", "issue_id", "cycle_id", "cycle", "revision", "mapping_revision", "name", "kpi_id"),
    *("id_", "ids", "issue_ids", "objective_ids", "root_ids", "people", "keys", "account_id"),
)
"""The parameters by which something of a site is meant, and nothing else of it."""
FEWEST_NAMED = 130
OTHER, ELSE = "other", 8
BESIDES = {
    "cycles.closings.load_standing": "which cycles are closed says every act of the site",
    "mappings.revisions.get": "whether it rules says every activation of the site",
    "numbers.objectives.of_other_revisions": "it is asked for those",
    "work.objective_traits.among": "some circumstances are of the whole site",
}
"""What is named, and yet tells of what has another name too; and why."""


@dataclass
class Names:
    """What a parameter or a column of a name is given: the same for both, so that rows and questions meet."""

    by_name: dict[str, Any] = field(default_factory=dict)

    def value(self, name: str, annotation: str) -> Any:
        """None where it is not known."""
        if name in self.by_name:
            return self.by_name[name]
        kinds = {"datetime": NOW, "date": NOW.date(), "int": 7, "str": "x", "bool": False, "float": 1.0}
        return kinds.get(annotation)


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Those of the store that take a connection and a site first."""
    for path in sorted((ROOT / "connectors/store").rglob("*.py")):
        if {"migrations", "schema"} & set(path.parts):
            continue
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for own, found in vars(import_module(name)).items():
            if inspect.isfunction(found) and found.__module__ == name and not own.startswith("_"):
                parameters = list(inspect.signature(found).parameters)
                if parameters[:2] == ["conn", "site"] and own not in LEFT_OUT:
                    yield f"{name.removeprefix('connectors.store.')}.{own}", found


def arguments(names: Names, asked: Callable[..., Any]) -> dict[str, Any] | None:
    """What it needs beside connection and site; None where that is not known here."""
    given = {}
    for one in list(inspect.signature(asked).parameters.values())[2:]:
        if one.default is not inspect.Parameter.empty:
            continue
        value = names.value(one.name, str(one.annotation))
        if value is None:
            return None
        given[one.name] = value
    return given


def told(conn: Connection, asked: Callable[..., Any], given: Mapping[str, Any]) -> object:
    """What it gives, read to its end, or what it raises."""
    try:
        found = asked(conn, SITE, **given)
        return list(found) if isinstance(found, Iterator | types.GeneratorType) else found
    except Exception as error:
        return type(error)


def rows_of(conn: Connection, table: Table, site: str) -> list[dict[str, Any]]:
    return [dict(row) for row in conn.execute(select(table).where(table.c.site == site)).mappings()]


def theirs(conn: Connection) -> dict[str, Any]:
    """What the neighbours hold."""
    tables = [one for one in metadata.sorted_tables if "site" in one.c]
    return {
        f"{one.name} of {site}": sorted(map(repr, rows_of(conn, one, site)))
        for one in tables
        for site in NEIGHBOURS
    }


def counts(column: Column[Any]) -> bool:
    """Whether one more is another number, and no name of a row."""
    kept = column.primary_key or column.foreign_keys or column.unique
    return isinstance(column.type, Integer) and not isinstance(column.type, Boolean) and not kept


def invented(table: Table, names: Names, parents: Mapping[str, Any]) -> dict[str, Any]:
    """A row that we do not hold, named by what is asked for."""
    row: dict[str, Any] = {}
    for column in table.c:
        [*keys] = column.foreign_keys
        known = names.value(column.name, "")
        if keys and keys[0].column.table.name in parents:
            row[column.name] = parents[keys[0].column.table.name]
        elif isinstance(known, datetime | date):
            row[column.name] = to_ms(NOW)
        elif isinstance(known, str) and not isinstance(column.type, Integer | Float | LargeBinary | JSON):
            row[column.name] = known
        elif (column.primary_key and column.autoincrement is True) or (
            column.name == "id" and isinstance(column.type, Integer)
        ):
            continue
        elif isinstance(column.type, Boolean):
            row[column.name] = True
        elif isinstance(column.type, Integer):
            row[column.name] = to_ms(NOW) if column.name.endswith("at") else 7
        elif isinstance(column.type, Float):
            row[column.name] = 1.0
        elif isinstance(column.type, LargeBinary):
            row[column.name] = b"{}"
        else:
            row[column.name] = "x"
    return row


def move_in(conn: Connection, names: Names) -> set[str]:
    """The neighbours hold what we hold with other numbers, and everywhere something that we do not. The tables in which they stand."""
    there: set[str] = set()
    for site in NEIGHBOURS:
        new: dict[str, dict[Any, Any]] = {}
        parents: dict[str, Any] = {}
        for table in metadata.sorted_tables:
            if "site" in table.c:
                rows = rows_of(conn, table, SITE)
            else:
                above = [
                    (one, key.column.table.name)
                    for one in table.c
                    for key in one.foreign_keys
                    if key.column.table.name in new
                ]
                if not above:
                    continue
                (column, parent), *_ = above
                rows = [
                    dict(row) for row in conn.execute(select(table).where(column.in_(new[parent]))).mappings()
                ]
            own_id = next(
                (
                    one
                    for one in table.primary_key.columns
                    if one.name == "id" and isinstance(one.type, Integer)
                ),
                None,
            )
            for row in [*rows, None]:
                changed = invented(table, names, parents) if row is None else dict(row)
                if "site" in table.c:
                    changed["site"] = site
                former = changed.pop("id", None) if own_id is not None else None
                for column in table.c:
                    for key in column.foreign_keys:
                        moved = new.get(key.column.table.name, {})
                        changed[column.name] = moved.get(changed.get(column.name), changed.get(column.name))
                    if (
                        row is not None
                        and counts(column)
                        and changed.get(column.name) is not None
                        and column.name not in names.by_name
                    ):
                        changed[column.name] += 1
                nested = conn.begin_nested()
                try:
                    done = conn.execute(insert(table).values(changed))
                except IntegrityError:
                    nested.rollback()
                    continue
                nested.commit()
                there.add(table.name)
                if own_id is not None:
                    (number,) = done.inserted_primary_key or (None,)
                    new.setdefault(table.name, {})[former] = number
                    parents[table.name] = number
    return there


@pytest.fixture
def store_of_the_demo(synced_demo: Any, tmp_path: Path) -> Iterator[Store]:
    with synced_demo(tmp_path) as demo:
        yield demo.connector.store


def known_names(conn: Connection) -> Names:
    """Of what there is: an objective, its issues, the mapping that rules."""

    def some(table: str, column: str) -> list[Any]:
        of = metadata.tables[table]
        return list(conn.execute(select(of.c[column]).where(of.c.site == SITE).distinct().limit(5)).scalars())

    objectives, revision = some("objective", "id"), some("objective", "mapping_revision")[0]
    cycle = next(one for one in some("listing", "cycle") if one)
    one_each = {
        "objective_id": objectives[0],
        "issue_id": objectives[0],
        "cycle_id": cycle,
        "cycle": cycle,
        "revision": revision,
        "mapping_revision": revision,
        "name": "pace",
        "day": NOW.date(),
        "today": NOW.date(),
        "kpi_id": "uptime",
    }
    several = dict.fromkeys(
        ("ids", "issue_ids", "objective_ids", "root_ids", "id_s", "people", "keys"), objectives
    )
    return Names({**one_each, **several})


Asked = Mapping[str, tuple[Callable[..., Any], Mapping[str, Any]]]
"""By name what of the store is asked, and with what."""


def answers(conn: Connection, asked: Asked) -> dict[str, object]:
    """What each says; what it changes is undone."""
    found: dict[str, object] = {}
    for name, (function, given) in asked.items():
        nested = conn.begin_nested()
        found[name] = told(conn, function, given)
        nested.rollback()
    return found


def differences(
    conn: Connection, asked: Asked, alone: Mapping[str, object], held: Callable[[Connection], object]
) -> tuple[set[str], set[str]]:
    """Which of them say something else than alone, and which change what is held."""
    other, changing = set[str](), set[str]()
    before = held(conn)
    driver: Any = conn.connection.driver_connection
    for name, (function, given) in asked.items():
        nested = conn.begin_nested()
        changes = driver.total_changes
        if told(conn, function, given) != alone[name]:
            other.add(name)
        if driver.total_changes != changes and held(conn) != before:
            changing.add(name)
        nested.rollback()
    return other, changing


def test_neighbours_neither_count_nor_lose_anything(store_of_the_demo: Store) -> None:
    with store_of_the_demo.write() as conn:
        names = known_names(conn)
        asked = {
            name: (function, given)
            for name, function in functions()
            if (given := arguments(names, function)) is not None
        }
        alone = answers(conn, asked)
        tables = move_in(conn, names)
        other, changing = differences(conn, asked, alone, theirs)
    assert (other, changing) == (set(), set())
    assert len(asked) >= FEWEST
    held = {one.name for one in metadata.sorted_tables if "site" in one.c}
    assert held - tables <= {"account_person"}, "a table that is empty says nothing"


def name_otherwise(conn: Connection, names: Names) -> set[str]:
    """The site itself holds something under another name in every table. The tables in which it stands."""
    there: set[str] = set()
    for table in metadata.sorted_tables:
        if "site" not in table.c:
            continue
        row = invented(table, names, {})
        row |= {name: OTHER for name, value in row.items() if isinstance(value, str)}
        row |= {name: ELSE for name in row if name == "account_id"}
        nested = conn.begin_nested()
        try:
            conn.execute(insert(table).values({**row, "site": SITE}))
        except IntegrityError:
            nested.rollback()
            continue
        nested.commit()
        there.add(table.name)
    return there


def named_otherwise(conn: Connection) -> dict[str, list[str]]:
    """What of the site has another name."""
    found = {
        table.name: [repr(row) for row in rows_of(conn, table, SITE) if OTHER in row.values()]
        for table in metadata.sorted_tables
        if "site" in table.c
    }
    return {name: sorted(rows) for name, rows in found.items()}


def test_what_has_another_name_neither_counts_nor_goes(store_of_the_demo: Store) -> None:
    with store_of_the_demo.write() as conn:
        names = known_names(conn)
        asked = {
            name: (function, given)
            for name, function in functions()
            if (given := arguments(names, function)) and given.keys() & set(NAMING)
        }
        alone = answers(conn, asked)
        tables = name_otherwise(conn, names)
        other, changing = differences(conn, asked, alone, named_otherwise)
    assert changing == set()
    assert other == BESIDES.keys()
    assert len(asked) >= FEWEST_NAMED
    assert len(tables) > 90, "a table that is empty says nothing"
