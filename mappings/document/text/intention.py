"""What a writer meant by a value that cannot stand where it stands. Every guess is tried by the schema itself before it is offered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationError

from mappings.document.schema import Document
from mappings.document.text.places import Path

MOST_GUESSES = 20
"""Guesses about this many values of one document: each costs a look at the whole document."""
SWITCHES = {"yes": True, "on": True, "y": True, "no": False, "off": False, "n": False}
ID = re.compile(r"[0-9]+|[a-z]+_[0-9]+")
PROJECT_KEY = re.compile(r"[A-Z][A-Z0-9_]+")
NUMBER = re.compile(r"([-+]?[0-9][0-9 _\u00a0\u202f]*)(?:([.,])([0-9]+))?\s*(%?)")

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "where": ("select", "when"),
    "jql": ("select", "when"),
    "filter": ("select", "when"),
    "query": ("select", "when", "scope"),
    "project": ("scope",),
    "projects": ("scope",),
    "percent": ("share",),
    "label": ("name", "title"),
    "summary": ("title", "name"),
    "title": ("name",),
    "name": ("title",),
    "type": ("kind",),
    "field": ("id",),
    "key": ("id",),
    "goal": ("target",),
    "baseline": ("start",),
    "from": ("start",),
    "until": ("target", "end"),
    "to": ("target", "end"),
    "value": ("current",),
    "assignee": ("owner",),
    "team": ("owner",),
    "timezone": ("time_zone",),
    "tz": ("time_zone",),
    "thresholds": ("health",),
    "write": ("write_back", "set"),
    "writeback": ("write_back",),
    "keyresults": ("key_results",),
    "quarter": ("cycle",),
    "period": ("cycle",),
}
"""Words people write for a key that has another name here, the likeliest first."""


def synonym(word: str, known: Iterable[str]) -> str:
    """The key of this place that people also call `word`, or an empty text."""
    valid = frozenset(known)
    keys = SYNONYMS.get(re.sub(r"[^a-z]", "", word.casefold()), ())
    return next((key for key in keys if key in valid), "")


def guess_value(plain: object, path: Path, value: object, keys: Iterable[str] = ()) -> str:
    """What to write at `path` instead of `value`, as YAML; empty where no guess would be taken. `keys` are those a part has here."""
    for guess, written in guesses(value, tuple(keys)):
        if _fits(plain, path, guess):
            return written
    return ""


def guesses(value: object, keys: tuple[str, ...]) -> Iterator[tuple[object, str]]:
    """What may be meant, the likeliest first, each with how it is written."""
    if isinstance(value, str):
        yield from _numbers(value)
        if value.casefold() in SWITCHES:
            switch = SWITCHES[value.casefold()]
            yield switch, str(switch).lower()
        if value.casefold() != value:
            yield value.casefold(), value.casefold()
    if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
        likeliest = "id" if ID.fullmatch(str(value)) else "name"
        for key in sorted(keys, key=lambda key: key != likeliest):
            yield {key: value}, f"{{{key}: {_written(value)}}}"
        yield [value], f"[{_written(value)}]"
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        if all(PROJECT_KEY.fullmatch(one) for one in value):
            yield (text := f"project in ({', '.join(value)})"), text
        if len(value) == 1:
            yield value[0], value[0]


def decimal_comma(mapping: object, key: object) -> str:
    """The number that a decimal comma inside `{ }` has cut in two, with a point: `0.5` of `{a: 0,5}`; empty where none was cut."""
    if not isinstance(mapping, dict) or mapping.get(key, "") is not None or not str(key).isdecimal():
        return ""
    before = list(mapping)[: list(mapping).index(key)]
    whole = mapping[before[-1]] if before else None
    return f"{whole}.{key}" if isinstance(whole, int) and not isinstance(whole, bool) else ""


def number_in(text: str) -> str:
    """The number that a text such as `10 %` or `0,5` says, as YAML has it; empty where it is none, or where only the writer knows."""
    return next((written for _, written in _numbers(text)), "")


def _numbers(text: str) -> Iterator[tuple[object, str]]:
    """A number in a text: in quotes, with a decimal comma, with a percent sign (as it stands, and as a share of 1)."""
    found = NUMBER.fullmatch(text.strip())
    if found is None:
        return
    whole, sign, decimals, percent = found.groups()
    if sign == "," and len(decimals) == 3:
        return  # thousands or decimals: only the writer knows
    try:
        number = Decimal(re.sub(r"[^-+0-9]", "", whole) + (f".{decimals}" if decimals else ""))
    except InvalidOperation:
        return
    for one in (number, number / 100) if percent else (number,):
        exact = int(one) if one == one.to_integral_value() else one.normalize()
        written = f"{exact:f}" if isinstance(exact, Decimal) else str(exact)
        yield exact, f"{written} without quotes" if written == text else written


def _written(value: object) -> str:
    """A value as it stands inside `{ }`."""
    plain = not isinstance(value, str) or re.fullmatch(r"[^\W\d_][\w ./-]*", value)
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


def _fits(plain: object, path: Path, guess: object) -> bool:
    """Whether the schema has nothing against this value at this place."""
    try:
        Document.model_validate(_with(plain, path, guess))
    except ValidationError as error:
        return not any(_below(detail["loc"], path) for detail in error.errors(include_url=False))
    return True


def _below(loc: tuple[int | str, ...], path: Path) -> bool:
    """Whether a place of pydantic's, which names branches of unions too, lies at or below a place of the document."""
    parts = iter(loc)
    return all(any(part == one for one in parts) for part in path)


def _with(data: Any, path: Path, guess: object) -> Any:
    if not path:
        return guess
    first, rest = path[0], path[1:]
    if isinstance(data, list) and isinstance(first, int):
        return [_with(one, rest, guess) if index == first else one for index, one in enumerate(data)]
    return {**data, first: _with(data[first], rest, guess)}
