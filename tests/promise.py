"""What a release promises to those who build on it, one line each: mapping version 1, the API v1, settings and metrics. A line may come, and none may go before the next major version.

Write what is promised from a release on, on its commit: `python -m tests.promise tests/architecture/promised.txt` (docs/compatibility.md says what each line means).
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from connectors.store.jobs.counts import ProcessCounts
from mappings.document.editor_schema import json_schema
from plugin.api import current_document
from plugin.runtime.processes.metrics import StateCollector
from plugin.runtime.settings import PREFIX, Settings
from plugin.use_cases.health.status import Installation, SiteStatus

METHODS = ("get", "post", "put", "patch", "delete")
DEPRECATE = "Keep it until the next major version, mark it as deprecated in its description and in the changelog, and put the new one beside it (docs/compatibility.md)."
NEEDED = "must be given"
"""What a line says of what a request has to say: such a line may go, and none may come to a request that was there."""


def promises() -> list[str]:
    """Every line, in order."""
    return sorted({*api(), *settings(Settings, PREFIX), *metrics(), *mapping()})


def broken(promised: Collection[str], now: Collection[str]) -> list[str]:
    """What of this was promised and is no more, each with what to do; empty where everything is kept. What is new is free."""
    known = {_owner(line) for line in promised}
    gone = [one for one in sorted(set(promised) - set(now)) if not one.endswith(NEEDED)]
    asked = [one for one in sorted(set(now) - set(promised)) if one.endswith(NEEDED) and _owner(one) in known]
    return [
        *(f"{one}: this was promised. {DEPRECATE}" for one in gone),
        *(f"{one}: what was sent until now does not say it. Give it a default." for one in asked),
    ]


def _owner(line: str) -> str:
    """The operation or the part that a line is about."""
    return line.split(" takes ")[0].split(" gives ")[0].split(" .")[0]


def api() -> Iterator[str]:
    """Operations with what they take and give, and the parts of what goes to and fro."""
    document: Any = current_document()
    for path, item in document["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            operation = item[method]
            name = f"api {method.upper()} {path}"
            yield f"{name} operationId {operation['operationId']}"
            for one in operation.get("parameters", ()):
                yield f"{name} takes {one['in']} {one['name']}"
                if one.get("required"):
                    yield f"{name} takes {one['in']} {one['name']} {NEEDED}"
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                yield f"{name} takes {kind} {said(content.get('schema', {}))}"
            for status, answer in operation.get("responses", {}).items():
                for kind, content in answer.get("content", {}).items():
                    yield f"{name} gives {status} {kind} {said(content.get('schema', {}))}"
    sent = taken(document)
    for name, shape in document["components"]["schemas"].items():
        yield from parts(f"api part {name}", shape, needs=name in sent)


def taken(document: Any) -> set[str]:
    """The parts that requests hold, at any depth."""
    bodies = [
        operation["requestBody"]
        for item in document["paths"].values()
        for method, operation in item.items()
        if method in METHODS and "requestBody" in operation
    ]
    found, waiting = set[str](), set(named(bodies))
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= set(named(document["components"]["schemas"].get(name, {}))) - found
    return found


def named(value: Any) -> Iterator[str]:
    """The parts that a schema refers to."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref":
                yield inner.rpartition("/")[2]
            else:
                yield from named(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from named(inner)


def settings(model: type[BaseModel], prefix: str) -> Iterator[str]:
    """Their names in the environment."""
    for name, field in model.model_fields.items():
        kinds = (
            get_args(field.annotation)
            if get_origin(field.annotation) in (Union, UnionType)
            else (field.annotation,)
        )
        inner = [one for one in kinds if isinstance(one, type) and issubclass(one, BaseModel)]
        if inner:
            yield from settings(inner[0], f"{prefix}{name.upper()}__")
        else:
            yield f"setting {prefix}{name.upper()}"


def metrics() -> Iterator[str]:
    """Each with its labels."""
    at = datetime(2026, 11, 2, tzinfo=UTC)
    counted = ProcessCounts(calls={"main|GET|field|ok": 1})
    for family in StateCollector(Installation(at, (SiteStatus("main", at),), (), counted)).collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        yield f"metric {name} {family.type}"
        for label in family._labelnames:  # type: ignore[attr-defined]
            yield f"metric {name} label {label}"


def mapping() -> Iterator[str]:
    """The keys of a mapping document, and the words that they take."""
    schema: Any = json_schema()
    yield from parts("mapping document", schema, needs=True)
    for name, shape in schema["$defs"].items():
        yield from parts(f"mapping part {name}", shape, needs=True)


def parts(name: str, shape: Any, *, needs: bool) -> Iterator[str]:
    """The properties of a part with what they hold; for what is taken, which of them have to be given."""
    for word in shape.get("enum", ()):
        yield f"{name} word {word}"
    for key, inner in shape.get("properties", {}).items():
        kinds = said(inner).split("|")
        for kind in kinds:
            yield f"{name} .{key} {kind}"
        if not needs and not {"null", "any"} & set(kinds):
            yield f"{name} .{key} is never null"
        if needs and key in shape.get("required", ()):
            yield f"{name} .{key} {NEEDED}"


def said(schema: Any) -> str:
    """What a schema takes, in short: types, parts and words, with | between them."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    for together in ("anyOf", "oneOf", "allOf"):
        if together in schema:
            return "|".join(sorted({one for each in schema[together] for one in said(each).split("|")}))
    if "const" in schema:
        return f"'{schema['const']}'"
    if "enum" in schema:
        return "|".join(sorted(f"'{one}'" for one in schema["enum"]))
    kind = schema.get("type", "any")
    if kind == "array":
        return "|".join(f"[{one}]" for one in said(schema.get("items", {})).split("|"))
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return "|".join(f"{{{one}}}" for one in said(schema["additionalProperties"]).split("|"))
    return "|".join(sorted(kind)) if isinstance(kind, list) else str(kind)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text("\n".join(promises()) + "\n", encoding="utf-8")
