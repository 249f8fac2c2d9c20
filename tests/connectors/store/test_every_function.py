"""Every function of the store that is asked on a connection: what it gives of rows that lie just before, in and just after the instant it asks about,
under the names it asks for and under others, and which rows it changes. Word for word, one file for each room.

A row is kept of what a small company has in each table, or invented where it has none, and beside it the same under other names and at other instants.
"""

from __future__ import annotations

import inspect
import types
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from sqlalchemy import Boolean, Connection, Integer, Table, delete, insert, select
from sqlalchemy.exc import IntegrityError

from connectors.store.database.instant import to_ms
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.schema import metadata
from mappings.facts.issue import Issue
from mappings.rollup.state import ObjectiveState
from tests.connectors.store.test_every_neighbour import Names, invented
from tests.plugin.api.test_acts import what_waits
from tests.small_company import a_company

ROOT = Path(__file__).parents[3]
TOLD = Path(__file__).parent / "told"
SITE, OTHER = "main", "other"
NOW = datetime(2026, 11, 10, 9, tzinfo=UTC)
DAY_MS = 24 * 60 * 60 * 1000
LONGEST, LONGEST_THING, MOST = 60, 240, 6
"""Of a text and of a thing so many letters are told, of a list so many entries."""
INSTANTS = ("at", "since", "until", "after", "before", "seen", "begun", "expires", "created", "updated")
"""How columns end that hold instants."""


def rooms() -> dict[str, list[tuple[str, Callable[..., Any]]]]:
    """By room of the store its functions that take a connection first."""
    found: dict[str, list[tuple[str, Callable[..., Any]]]] = {}
    for path in sorted((ROOT / "connectors/store").rglob("*.py")):
        room = path.relative_to(ROOT / "connectors/store").parts[0]
        if room in ("migrations", "schema", "database") or room.endswith(".py"):
            continue
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for own, one in vars(import_module(name)).items():
            public = inspect.isfunction(one) and one.__module__ == name and not own.startswith("_")
            if public and next(iter(inspect.signature(one).parameters), "") == "conn":
                found.setdefault(room, []).append((f"{path.stem}.{own}", one))
    return found


NAMES = Names(
    {
        **dict.fromkeys(("site", "of_site"), SITE),
        **dict.fromkeys(("objective_id", "objective", "issue_id", "id_", "root", "above_id"), "10002"),
        **dict.fromkeys(
            ("ids", "issue_ids", "objective_ids", "root_ids", "changed", "rows", "roots"), ("10002", "10003")
        ),
        **dict.fromkeys(("keys", "names"), ("PLAT-2", "PLAT-3")),
        **dict.fromkeys(("key", "issue_key", "issue"), "PLAT-2"),
        **dict.fromkeys(("cycle", "cycle_id"), "2026-Q4"),
        **dict.fromkeys(("kpi_id", "kpi", "name"), "open-bugs"),
        **dict.fromkeys(("field_id",), "customfield_10060"),
        **dict.fromkeys(("day", "today"), NOW.date()),
        **dict.fromkeys(("people",), ("5b10", "5b11")),
        "status": "done",
        "outcome": "held",
        **dict.fromkeys(("email", "by", "who", "actor"), "editor@acme.example"),
    }
)
PLAIN: dict[type, Any] = {
    datetime: NOW,
    date: NOW.date(),
    timedelta: timedelta(hours=1),
    int: 1,
    str: "x",
    bool: False,
    float: 0.5,
    bytes: zlib.compress(b"{}"),
    Fraction: Fraction(1, 2),
}
REAL: dict[type, Any] = {}
"""An issue and an objective of the company."""
UNKNOWN = object()


def hints_of(what: Any) -> dict[str, Any]:
    """The types that are said; those that are imported for the type checker alone too."""
    return get_type_hints(what, localns={"ObjectiveState": ObjectiveState}, include_extras=True)


def value_of(name: str, kind: Any) -> Any:
    """Something of this type, named so that it meets the rows there are; UNKNOWN where nobody knows what."""
    origin, parts = get_origin(kind), get_args(kind)
    known = NAMES.by_name.get(name, UNKNOWN)
    if origin in (Union, types.UnionType):
        return next(
            (
                found
                for one in parts
                if one is not type(None) and (found := value_of(name, one)) is not UNKNOWN
            ),
            UNKNOWN,
        )
    if origin is Annotated:
        return value_of(name, parts[0])
    if origin is Literal:
        return parts[0]
    if origin in (Iterable, Collection, Sequence, Set, list, tuple, set, frozenset):
        if isinstance(known, tuple):
            return known
        wanted = parts[:1] if origin is not tuple or parts[1:] == (...,) else parts
        made = [value_of(name.removesuffix("s"), one) for one in wanted]
        if any(one is UNKNOWN for one in made):
            return UNKNOWN
        return frozenset(made) if origin in (set, frozenset, Set) else tuple(made)
    if origin in (Mapping, dict):
        key, one = value_of("objective_id", parts[0]), value_of(name.removesuffix("s"), parts[1])
        return UNKNOWN if key is UNKNOWN or one is UNKNOWN else {key: one}
    if origin is Callable:
        return (lambda one="": one) if parts[0] else (lambda: "x")
    if kind is object:
        return {"a": 1}
    if kind in (Issue, ObjectiveState):
        return REAL.get(kind, UNKNOWN)
    if kind is int and name in ("limit", "most", "size"):
        return 2
    if kind in PLAIN:
        return known if isinstance(known, kind) else PLAIN[kind]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    if isinstance(kind, type) and is_dataclass(kind):
        hints = hints_of(kind)
        made = {one.name: value_of(one.name, hints[one.name]) for one in fields(kind) if one.init}
        needed = {
            one.name for one in fields(kind) if one.default is MISSING and one.default_factory is MISSING
        }
        made = {part: value for part, value in made.items() if value is not UNKNOWN or part in needed}
        return UNKNOWN if any(value is UNKNOWN for value in made.values()) else kind(**made)
    return UNKNOWN


def arguments(asked: Callable[..., Any]) -> dict[str, Any] | None:
    """What it is given beside the connection; None where that is not known here."""
    hints = hints_of(asked)
    given = {}
    for one in list(inspect.signature(asked).parameters.values())[1:]:
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD):
            continue
        value = value_of(one.name, hints[one.name])
        if value is UNKNOWN and one.default is inspect.Parameter.empty:
            return None
        if value is not UNKNOWN:
            given[one.name] = value
    return given


def fill(conn: Connection) -> None:
    """Let functions put something into tables that hold nothing yet."""
    driver: Any = conn.connection.driver_connection
    before = held(conn)
    for functions in rooms().values():
        for _, asked in functions:
            given = arguments(asked)
            if given is None:
                continue
            nested, changes = conn.begin_nested(), driver.total_changes
            try:
                asked(conn, **given)
            except Exception:  # it puts nothing
                nested.rollback()
                continue
            after = held(conn) if driver.total_changes != changes else before
            news = any(rows and not before[table] for table, rows in after.items())
            losses = any(len(rows) < len(before[table]) for table, rows in after.items())
            if news and not losses:
                nested.commit()
                before = after
            else:
                nested.rollback()


def short(value: object) -> str:
    """A value as it is told: texts and lists not whole."""
    if isinstance(value, Enum):
        return str(value.value)
    if is_dataclass(value) and not isinstance(value, type):
        said = ", ".join(
            f"{one.name}={short(getattr(value, one.name))}"
            for one in fields(value)
            if getattr(value, one.name) not in (None, "", (), {})
        )
        told = f"{type(value).__name__}({said})"
        return told if len(told) <= LONGEST_THING else f"{told[:LONGEST_THING]}…"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        with suppress(zlib.error):  # else it is not packed, or with words that stand elsewhere
            return f"packed {short(zlib.decompress(value).decode())}"
    if isinstance(value, str | bytes):
        return repr(value) if len(value) <= LONGEST else f"{value[:LONGEST]!r}…{len(value)}"
    if isinstance(value, Mapping):
        pairs = [f"{short(key)}: {short(one)}" for key, one in value.items()]
        return f"{{{_some(pairs)}}}"
    if isinstance(value, set | frozenset):
        return f"{{{_some(sorted(map(short, value)))}}}"
    if isinstance(value, list | tuple):
        return f"[{_some([short(one) for one in value])}]"
    return repr(value)


def _some(told: list[str]) -> str:
    more = f" … {len(told)}" if len(told) > MOST else ""
    return ", ".join(told[:MOST]) + more


def is_instant(name: str) -> bool:
    return name.endswith(INSTANTS) or name in ("heard", "first", "last")


def multiply(conn: Connection) -> None:
    """Each table holds what there is, or something invented, and the same at other instants, under other names, and of another site."""
    for table in metadata.sorted_tables:
        rows = [dict(row) for row in conn.execute(select(table).limit(3)).mappings()]
        rows = rows or [packed(invented(table, NAMES, {}))]
        put(conn, table, named(rows[0]))
        put(conn, table, bare(table, rows[0]))
        for number, row in enumerate(rows):
            for shift, name in ((0, ""), (-1, ""), (1, ""), (-DAY_MS, "9"), (0, "9"), (DAY_MS, "")):
                changed = dict(row)
                for column in table.c:
                    value = changed.get(column.name)
                    if column.name == "site" and shift == -DAY_MS:
                        changed["site"] = OTHER
                    elif column.name == "site":
                        continue
                    elif is_instant(column.name) and isinstance(column.type, Integer) and value is not None:
                        changed[column.name] = to_ms(NOW) + shift
                    elif column.primary_key and isinstance(value, str) and not column.foreign_keys:
                        changed[column.name] = f"{value}{name or ('' if shift == 0 else f'~{number}{shift}')}"
                if changed == row and number == 0:
                    continue
                put(conn, table, changed)


def packed(row: dict[str, Any]) -> dict[str, Any]:
    """The same, with bytes that can be unpacked."""
    return {name: zlib.compress(value) if isinstance(value, bytes) else value for name, value in row.items()}


def named(row: Mapping[str, Any]) -> dict[str, Any]:
    """The same, called as is asked for."""
    known = {name: NAMES.by_name.get(name) for name, value in row.items() if isinstance(value, str)}
    return {**row, **{name: value for name, value in known.items() if isinstance(value, str)}}


def bare(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """The same with nothing where nothing may stand, under another name."""
    keys = {
        one.name
        for one in table.primary_key.columns
        if isinstance(row.get(one.name), str) and one.name != "site" and not one.foreign_keys
    }
    return {
        one.name: None if one.nullable else f"{row[one.name]}~bare" if one.name in keys else row.get(one.name)
        for one in table.c
    }


def put(conn: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """A row, numbered anew; nothing where there is one of its name."""
    drawn = {
        one.name
        for one in table.primary_key.columns
        if one.name == "id" and isinstance(one.type, Integer) and not isinstance(one.type, Boolean)
    }
    nested = conn.begin_nested()
    try:
        conn.execute(insert(table).values({name: value for name, value in row.items() if name not in drawn}))
    except IntegrityError:
        nested.rollback()
    else:
        nested.commit()


Rows = dict[str, list[tuple[Any, ...]]]


def held(conn: Connection) -> Rows:
    """Every row by its table, in order."""
    driver: Any = conn.connection.driver_connection
    return {name: driver.execute(statement).fetchall() for name, statement in EVERY.items()}


EVERY = {
    one.name: f"SELECT {', '.join(column.name for column in one.c)} FROM {one.name}"
    for one in metadata.sorted_tables
}  # names of ours


def effects(before: Rows, after: Rows) -> Iterator[str]:
    """Which rows came, went and changed, and in what."""
    for table, rows in after.items():
        if rows == before[table]:
            continue
        columns = [one.name for one in metadata.tables[table].c]
        own = [one.name in metadata.tables[table].primary_key.columns for one in metadata.tables[table].c]
        now, then = (_by_name(found, own) for found in (rows, before[table]))
        if gone := sorted(then.keys() - now.keys()):
            yield f"  {table} loses {_some(gone)}"
        for name in sorted(now.keys() - then.keys()):
            yield f"  {table} gains {', '.join(f'{column} {short(value)}' for column, value in zip(columns, now[name], strict=True) if value not in (None, ''))}"
        for name in sorted(now.keys() & then.keys()):
            pairs = zip(columns, then[name], now[name], strict=True)
            if said := ", ".join(
                f"{column} {short(old)} → {short(new)}" for column, old, new in pairs if old != new
            ):
                yield f"  {table} {name}: {said}"


def _by_name(rows: Iterable[tuple[Any, ...]], own: Sequence[bool]) -> dict[str, tuple[Any, ...]]:
    return {" ".join(str(value) for value, mine in zip(row, own, strict=True) if mine): row for row in rows}


def told(conn: Connection, functions: Iterable[tuple[str, Callable[..., Any]]]) -> str:
    """What each function gives and changes; what it changes is undone."""
    before = held(conn)
    driver: Any = conn.connection.driver_connection
    lines: list[str] = []
    for name, asked in functions:
        given = arguments(asked)
        if given is None:
            continue
        nested = conn.begin_nested()
        changes = driver.total_changes
        try:
            found = asked(conn, **given)
            if isinstance(found, Iterator | types.GeneratorType):
                found = list(found)
            said = short(found)
        except Exception as error:  # what it raises is told
            said = f"raises {type(error).__name__}"
        lines.append(f"{name} → {said}")
        if driver.total_changes != changes:
            lines += effects(before, held(conn))
        nested.rollback()
    return "\n".join(lines) + "\n"


@pytest.fixture
def company(hand: Any, begin: Callable[..., Any]) -> Any:
    """The small company, in which something waits."""
    begin(hand, a_company)
    what_waits(hand)
    return hand


def test_what_every_function_gives_and_changes(company: Any, tmp_path: Path) -> None:
    """A change has to be seen: what is told now is kept beside, to be taken over where it is meant."""
    wrong = []
    with company.connector.store.write() as conn:
        conn.execute(delete(metadata.tables["caller"]))  # who called, and when, is drawn
        REAL[Issue] = mirror.get(conn, SITE, ["10002"])["10002"]
        REAL[ObjectiveState] = next(
            one.state for one in objectives.load_all(conn, SITE) if one.state.id == "10002"
        )
        fill(conn)
        multiply(conn)
        for room, functions in rooms().items():
            there, golden = tmp_path / f"{room}.txt", TOLD / f"{room}.txt"
            there.write_text(told(conn, functions))
            if not golden.exists() or there.read_text() != golden.read_text():
                wrong.append(f"cp {there} {golden}")
        conn.rollback()
    assert wrong == [], "where it is meant"


def test_every_function_of_the_store_is_asked() -> None:
    """But for those of which nobody knows here what they are to be given: they have tests of their own."""
    REAL.update({Issue: object(), ObjectiveState: object()})
    unasked = {
        f"{room}/{name}"
        for room, functions in rooms().items()
        for name, asked in functions
        if arguments(asked) is None
    }
    assert unasked == {
        *("cycles/cycle_locks.add", "cycles/cycle_locks.lift"),
        "mappings/bindings.get",
        "people/audit_chain.load_where",
        *("work/outbox.take", "work/outbox.note_failed"),
    }
