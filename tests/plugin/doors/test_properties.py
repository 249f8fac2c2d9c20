"""What commands, the API and the use cases behind them make of one thing: each property and sentence says what is its own, and what is not known says nothing.

Each such function is given an invented thing of which everything is known and told apart, and one of which nothing is. What it makes of them stands in `properties.txt`,
and in `views.txt` what the pages make.
"""

from __future__ import annotations

import dataclasses
import enum
import importlib
import inspect
import json
import types
import typing
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from pydantic import BaseModel

ROOT = Path(__file__).parents[3]
PROPERTIES = Path(__file__).with_name("properties.txt")
VIEWS = Path(__file__).with_name("views.txt")
FOLDERS = ("plugin/cli", "plugin/api", "plugin/doors", "plugin/use_cases")
WORDS = ("_values", "_json", "_said", "_words")
DEEPEST = 7
LATELY = datetime(2026, 11, 2, 9, tzinfo=UTC)
MANY = (frozenset, set, list, tuple, Collection, Iterable, Sequence, AbstractSet)


class UninventableValue(Exception):
    """Of such a type nothing is invented here."""


def invented(kind: Any, name: str, depth: int = 0, *, known: bool) -> Any:
    """A value of a type, told apart from others by its name; where nothing is `known`, the least that the type allows."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if depth > DEEPEST:
        raise UninventableValue(name)
    if hasattr(kind, "__value__"):
        return invented(kind.__value__, name, depth, known=known)
    if origin is typing.Annotated:
        return invented(args[0], name, depth, known=known)
    if origin in (types.UnionType, typing.Union):
        if not known and types.NoneType in args:
            return None
        return invented(next(one for one in args if one is not types.NoneType), name, depth, known=known)
    if origin is typing.Literal:
        return args[-1 if known else 0]
    if inspect.isclass(kind) and issubclass(kind, enum.Enum):
        return list(kind)[-1 if known else 0]
    if origin in (dict, Mapping, Counter):
        key, value = (args * 2)[:2] if origin is not Counter else (args[0], int)
        inside = {
            invented(key, f"{name}.key", depth + 1, known=True): invented(value, name, depth + 1, known=known)
        }
        return inside if known else {}
    if origin is tuple and args[1:] != (Ellipsis,):
        return tuple(invented(one, f"{name}.{at}", depth + 1, known=known) for at, one in enumerate(args))
    if origin in MANY:
        of = origin if isinstance(origin, type) and origin in (frozenset, set, list) else tuple
        return of([invented(args[0], name, depth + 1, known=known)] if known else [])
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = typing.get_type_hints(kind)
        return kind(
            **{
                one.name: invented(hints[one.name], f"{name}.{one.name}", depth + 1, known=known)
                for one in dataclasses.fields(kind)
                if one.init
            }
        )
    return plain(kind, name, known=known)


def plain(kind: Any, name: str, *, known: bool) -> Any:
    number = zlib.crc32(name.encode()) % 9000 + 1000 if known else 0
    values: dict[Any, Any] = {
        str: name if known else "",
        bool: known,
        int: number,
        float: number + 0.5 if known else 0.0,
        Fraction: Fraction(number, 9973),
        datetime: LATELY + timedelta(minutes=number),
        date: LATELY.date() + timedelta(days=number),
        timedelta: timedelta(minutes=number),
        object: name,
    }
    if kind not in values:
        raise UninventableValue(f"{name}: {kind}")
    return values[kind]


def functions(folders: Iterable[str], words: tuple[str, ...]) -> Iterator[tuple[str, Callable[..., object]]]:
    """Those that are called by what they make, or all that others may call where no words are given."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            module = importlib.import_module(
                ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            )
            for name, one in vars(module).items():
                own = inspect.isfunction(one) and one.__module__ == module.__name__
                wanted = name.endswith(words) if words else not name.startswith("_")
                if own and wanted and not name.startswith("show_"):
                    yield f"{module.__name__}.{name}", one


def made(function: Callable[..., object], *, known: bool) -> str:
    """What it makes of invented things, as a program reads it."""
    given = {
        one.name: invented(eval(one.annotation, vars(inspect.getmodule(function))), one.name, known=known)
        for one in inspect.signature(function).parameters.values()
        if one.default is one.empty
    }
    found = function(**given)
    found = getattr(found, "value", found)
    told = found.model_dump(mode="json") if isinstance(found, BaseModel) else found
    text = json.dumps(told, indent=1, default=shown, ensure_ascii=False)
    if " at 0x" in text:
        raise UninventableValue("it makes what has no words")
    return text


def shown(value: object) -> object:
    """What JSON has no word for."""
    if isinstance(value, Iterator):
        return list(value)
    return sorted(map(str, value)) if isinstance(value, AbstractSet) else str(value)


def held(there: Path, found: Iterable[tuple[str, Callable[..., object]]], declared: Path) -> None:
    """What these make stands where it stood."""
    parts: list[str] = []
    for name, function in found:
        try:
            whole, bare = made(function, known=True), made(function, known=False)
        except (UninventableValue, TypeError, NameError, ValueError, AttributeError, LookupError):
            continue
        parts.append(f"# {name}\n{whole}\n{bare}\n")
    there.write_text("".join(parts))
    assert there.read_text() == declared.read_text(), f"where it is meant: cp {there} {declared}"


def test_each_property_says_its_own_and_what_is_not_known_says_nothing(tmp_path: Path) -> None:
    held(tmp_path / PROPERTIES.name, functions(FOLDERS, WORDS), PROPERTIES)


def test_what_pages_show_of_one_thing_stays(tmp_path: Path) -> None:
    held(tmp_path / VIEWS.name, functions(["plugin/pages/views"], ()), VIEWS)
