"""What could stand at a place of a mapping document that is being typed: keys and values of the schema, and names of the live site."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from pydantic.json_schema import JsonSchemaValue

from mappings.document.editor_schema import json_schema
from mappings.document.schema import CURRENT
from mappings.facts.catalogue import Catalogue
from mappings.fields import field_type
from mappings.jql.text.words import as_value
from mappings.progress import option_names
from mappings.progress.options import FieldAlias, Jql

MOST = 60
JQL_KEYS = frozenset(
    {"scope", "select", "when", "excluded", "not_achieved", "jql", "rows", "parents"}
) | option_names(Jql)
ALIAS_KEYS = frozenset({"weight", "field", "jql_field"}) | option_names(FieldAlias)
JQL_WORDS = ("AND", "OR", "NOT", "in", "not in", "is EMPTY", "is not EMPTY", "project", "issuetype", "status",
             "statusCategory", "labels", "resolution", "priority", "parent", "created", "updated", "assignee")  # fmt: skip

_WORD = re.compile(r"[\w.\-]*$")
_NAME = re.compile(r":\s+([^{}:,]*)$")
"""Names of fields are of several words; what is typed of one begins behind its key."""
_KEY = re.compile(r"^(\s*)(?:- )*([\w.\-\"']+)\s*:")
_JOIN = re.compile(r"\b(?:and|or)\b", re.IGNORECASE)
_CLAUSE = re.compile(r"(\w+)\s*(?:!?=|!?~|not in|in)\s*\(?[^()]*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing to put in: `text` replaces the `replaces` characters before the cursor; `label` and `detail` are for the reader."""

    text: str
    label: str
    detail: str
    replaces: int


@dataclass(frozen=True, slots=True)
class CursorPlace:
    """Where the cursor is: the keys above it, the key whose value is being typed (if one is), and what is typed so far."""

    path: tuple[str, ...]
    key: str | None
    typed: str
    line: str


def complete(text: str, line: int, column: int, catalogue: Catalogue) -> list[Suggestion]:
    """What could stand before the cursor (line and column count from 1), the likeliest first."""
    spot = spot_at(text, line, column)
    found = _values(spot, text, catalogue) if spot.key else _keys(spot, text)
    wanted = spot.typed.strip("\"'").casefold()
    fitting = [one for one in found if wanted in one[0].casefold() or wanted in one[1].casefold()]
    fitting.sort(key=lambda one: not one[1].casefold().startswith(wanted))
    unique = {one[0]: one for one in reversed(fitting)}
    chosen = list(dict.fromkeys(one[0] for one in fitting))[:MOST]
    return [Suggestion(name, unique[name][1], unique[name][2], len(spot.typed)) for name in chosen]


Found = tuple[str, str, str]


def spot_at(text: str, line: int, column: int) -> CursorPlace:
    """Read the place from indentation and, within a line, from braces; the text need not be a valid document yet."""
    lines = text.split("\n")[: max(line, 1)]
    here = (lines[-1] if lines else "")[: max(column - 1, 0)]
    typed = _WORD.search(here)
    word = typed.group() if typed else ""
    path = _path_above(lines[:-1], _indent(here))
    inner, key = _within(here[: len(here) - len(word)])
    named = _NAME.search(here) if path[:1] == ["fields"] and key is not None else None
    return CursorPlace((*path, *inner), key, named.group(1) if named else word, here)


def _path_above(lines: list[str], indent: int) -> list[str]:
    path: list[str] = []
    for text in reversed(lines):
        match = _KEY.match(text)
        if match is None or text.lstrip().startswith("#"):
            continue
        depth = len(match.group(1))
        item = text.lstrip().startswith("- ")
        begins = depth + 2 if item else depth
        if begins < indent or (depth < indent and not item):
            path.insert(0, match.group(2).strip("\"'"))
            indent = depth if not item else depth + 1
    return path


def _indent(text: str) -> int:
    bare = text.lstrip(" ")
    return len(text) - len(bare) + (2 if bare.startswith("- ") else 0)


def _within(here: str) -> tuple[list[str], str | None]:
    """The keys opened on this line, and the key whose value comes next."""
    keys: list[str] = []
    key: str | None = None
    for part in re.finditer(r"([\w.\-]+)\s*:(?=\s|$)|([{,}])|(\"[^\"]*\"|'[^']*')", here):
        name, brace, _ = part.groups()
        if name:
            key = name
        elif brace == "{" and key is not None:
            keys.append(key)
            key = None
        elif brace == "," and keys:
            key = None
        elif brace == "}" and keys:
            keys.pop()
            key = None
    return keys, key


def _keys(spot: CursorPlace, text: str) -> Iterator[Found]:
    for schema in _schemas_at(spot.path):
        for name, described in schema.get("properties", {}).items():
            yield f"{name}: ", name, str(described.get("description", ""))
    if spot.path[-1:] == ("set",):
        yield from ((f"{alias}: ", alias, "a field alias") for alias in aliases(text))


def _values(spot: CursorPlace, text: str, catalogue: Catalogue) -> Iterator[Found]:
    key = spot.key or ""
    if key in JQL_KEYS:
        yield from _jql(spot, catalogue)
        return
    if spot.path[:1] == ("fields",) and key in ("id", "name"):
        yield from _fields(key, catalogue)
        return
    if key == "cycle":
        yield (CURRENT, CURRENT, "the cycle that runs")
        yield from ((id_, id_, "a cycle") for id_ in listed_ids(text))
    if key in ALIAS_KEYS:
        yield from ((alias, alias, "a field alias") for alias in aliases(text))
    for schema in _schemas_at((*spot.path, key)):
        yield from ((str(value), str(value), "") for value in _enumerated(schema))


def _fields(key: str, catalogue: Catalogue) -> Iterator[Found]:
    for field in catalogue.fields:
        if field_type(field) is not None:
            shown = field.id if key == "id" else as_value(field.name)
            yield shown, field.name, f"{field.type} · {field.id}"


def _jql(spot: CursorPlace, catalogue: Catalogue) -> Iterator[Found]:
    clause = _CLAUSE.search(_JOIN.split(spot.line)[-1])
    named = _names_of(clause.group(1).casefold(), catalogue) if clause else None
    if named is not None:
        yield from ((as_value(name), name, "") for name in dict.fromkeys(named))
        return
    yield from ((word, word, "JQL") for word in JQL_WORDS)
    yield from (
        (as_value(field.name), field.name, f"{field.type} · {field.id}") for field in catalogue.fields
    )


def _names_of(field: str, catalogue: Catalogue) -> Iterable[str] | None:
    known: Mapping[str, Iterable[str]] = {
        "project": [project.key for project in catalogue.projects],
        "issuetype": [one.name for one in catalogue.issue_types],
        "type": [one.name for one in catalogue.issue_types],
        "status": [one.name for one in catalogue.statuses],
        "statuscategory": ["To Do", "In Progress", "Done"],
        "resolution": [one.name for one in catalogue.resolutions],
        "priority": [one.name for one in catalogue.priorities],
    }
    return known.get(field)


def aliases(text: str) -> list[str]:
    """The field aliases a text defines, even where the rest of it cannot be read."""
    match = re.search(r"^fields:[ ]*\n((?:[ ]+.*\n?|[ ]*\n)*)", text, re.MULTILINE)
    return re.findall(r"^ {1,4}([\w.\-]+):", match.group(1), re.MULTILINE) if match else []


def listed_ids(text: str) -> list[str]:
    """The ids of cycles a text lists, even where the rest of it cannot be read."""
    match = re.search(r"^cycles:.*\n((?:[ ]+.*\n?|[ ]*\n)*)", text, re.MULTILINE)
    return re.findall(r"\bid:[ ]*[\"']?([\w.\-]+)", match.group(1)) if match else []


@cache
def _schema() -> JsonSchemaValue:
    return json_schema()


def _schemas_at(path: tuple[str, ...]) -> list[JsonSchemaValue]:
    """Every schema that could hold at this path; entries of lists and of named maps are passed through."""
    current = list(_alternatives(_schema()))
    for key in path:
        current = [deeper for schema in current for deeper in _into(schema, key)]
    return current


def _into(schema: JsonSchemaValue, key: str) -> Iterator[JsonSchemaValue]:
    if key in schema.get("properties", {}):
        yield from _alternatives(schema["properties"][key])
    elif isinstance(schema.get("additionalProperties"), dict):
        yield from _alternatives(schema["additionalProperties"])


def _alternatives(schema: JsonSchemaValue) -> Iterator[JsonSchemaValue]:
    if "$ref" in schema:
        yield from _alternatives(_schema()["$defs"][schema["$ref"].rpartition("/")[2]])
        return
    for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _alternatives(one)
    if isinstance(schema.get("items"), dict):
        yield from _alternatives(schema["items"])
    yield schema


def _enumerated(schema: JsonSchemaValue) -> Iterable[object]:
    if "const" in schema:
        return [schema["const"]]
    if schema.get("type") == "boolean":
        return ["true", "false"]
    return schema.get("enum", ())  # type: ignore[no-any-return]
