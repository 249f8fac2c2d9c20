"""The OpenAPI 3.1 document, made of the operations and the very shapes that read requests and write answers."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from plugin.api.keys import HEADER, LONGEST
from plugin.api.model import Page
from plugin.api.operation import JSON, Operation
from plugin.api.parameters import PATH_MEANINGS, PATH_TYPES
from plugin.api.problem import MEDIA, Problem

PREFIX = "/api/v1"
REF = "#/components/schemas/{model}"
ABOUT = """Everything the pages of the connector do, for programs. Send an API token as `Authorization: Bearer okr_…`.

Numbers are floats; the exact fraction stands beside as text. Null is unknown, never 0. Errors are problem+json (RFC 9457).
Lists go by page: send `next` back as `cursor`. Writes take an `Idempotency-Key`, which is kept for 24 hours."""


SECURITY = {
    "token": {"type": "http", "scheme": "bearer"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "jira_okr",
        "description": "Somebody who signed in by the page; with https the name begins with __Host-. Changes also send X-CSRFToken.",
    },
}


def document(operations: Iterable[Operation], version: str) -> dict[str, Any]:
    """The whole document."""
    operations = list(operations)
    schemas, places = components(operations)
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        path = paths.setdefault(PREFIX + one.path, {})
        path[one.method.lower()] = described(one, schemas, places)
    return {
        "openapi": "3.1.0",
        "info": {"title": "OKR connector for Jira", "version": version, "description": ABOUT},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": SECURITY,
        },
        "security": [{"token": []}],
    }


Places = dict[Any, dict[str, Any]]


def components(operations: list[Operation]) -> tuple[dict[str, Any], Places]:
    """The schemas by name, and where each model's own stands."""
    asked: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (model, "validation") for one in operations for model in (one.query, one.body) if model is not None
    ]
    given: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (model, "serialization") for one in operations for model in models_of(one)
    ]
    also: tuple[type[BaseModel], JsonSchemaMode] = (Problem, "serialization")
    wanted = list(dict.fromkeys([*asked, *given, also]))
    found, whole = models_json_schema(wanted, ref_template=REF)
    places = {model: place for (model, _), place in found.items()}
    for name, shape in whole["$defs"].items():
        if name.startswith("Page_"):
            shape["description"] = " ".join((Page.__doc__ or "").split())
    return dict(sorted(whole["$defs"].items())), places


def models_of(one: Operation) -> list[type[BaseModel]]:
    """The shapes an operation may answer with."""
    items = (_item(shape) for shape in one.answers.values() if shape is not None)
    return list(items)


def _item(shape: Any) -> type[BaseModel]:
    inner: type[BaseModel] = shape.__args__[0] if getattr(shape, "__origin__", None) is list else shape
    return inner


def described(one: Operation, schemas: dict[str, Any], places: Places) -> dict[str, Any]:
    """One operation."""
    found: dict[str, Any] = {
        "operationId": one.name,
        "tags": [one.tag],
        "summary": one.summary,
        "description": _said(one),
        "parameters": [*_path(one), *_query(one, schemas, places), *_headers(one)],
        "responses": _responses(one, places),
    }
    if one.body is not None:
        required = bool(schemas[_name(places[one.body])].get("required"))
        found["requestBody"] = {"required": required, "content": {JSON: {"schema": places[one.body]}}}
    if one.permission == "public":
        found["security"] = []
    if one.in_person:
        found["security"] = [{"session": []}]
    return found


def _said(one: Operation) -> str:
    doc = " ".join((one.handler.__doc__ or "").split())
    who = "Open to everybody." if one.permission == "public" else f"Takes the role {one.permission}."
    if one.scope:
        who += f" A token needs the scope {one.scope}."
    if one.in_person:
        who += " Takes somebody who signed in; a token cannot do it."
    return f"{doc} {who}".strip()


def _path(one: Operation) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in one.path.split("/") if part.startswith("{")]
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": PATH_MEANINGS[name],
            "schema": TypeAdapter(PATH_TYPES[name]).json_schema(),
        }
        for name in names
    ]


def _query(one: Operation, schemas: dict[str, Any], places: Places) -> list[dict[str, Any]]:
    if one.query is None:
        return []
    shape = schemas[_name(places[one.query])]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in shape.get("required", ()),
            "description": schema.get("description", ""),
            "schema": _present(schema),
        }
        for name, schema in shape.get("properties", {}).items()
    ]


def _present(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that is left out is left out: there is no null in a query."""
    kept = {name: value for name, value in schema.items() if name not in ("description", "title")}
    if kept.get("default", 0) is None:
        del kept["default"]
    choices = [choice for choice in kept.get("anyOf", ()) if choice != {"type": "null"}]
    if "anyOf" not in kept or len(choices) != 1:
        return kept
    del kept["anyOf"]
    return {**kept, **choices[0]}


def _headers(one: Operation) -> list[dict[str, Any]]:
    found = []
    if one.changes:
        text = {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[ -~]+$"}
        found.append(
            _header(HEADER, "The same key gives the same answer again, and nothing is done twice.", text)
        )
    if one.matched:
        found.append(_header("If-Match", "The ETag of the mapping you saw as active.", {"type": "string"}))
        found.append(_header("If-None-Match", "`*` where no mapping is active yet.", {"type": "string"}))
    return found


def _header(name: str, meaning: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": meaning, "schema": schema}


def _responses(one: Operation, places: Places) -> dict[str, Any]:
    content = {media: {"schema": _answer(media, shape, places)} for media, shape in one.answers.items()}
    found: dict[str, Any] = {
        str(one.status): {"description": HTTPStatus(one.status).phrase, "content": content},
        "4XX": _problem("The request was not served; `remedy` says what to do.", places),
        "5XX": _problem("The connector or Jira could not serve it now.", places),
    }
    if one.method == "GET":
        found["304"] = {"description": "You have it already (If-None-Match)."}
    return found


def _problem(meaning: str, places: Places) -> dict[str, Any]:
    return {"description": meaning, "content": {MEDIA: {"schema": places[Problem]}}}


def _answer(media: str, shape: Any, places: Places) -> dict[str, Any]:
    if shape is None:
        return {"type": "string"} if media.startswith("text/") else {}
    if _item(shape) is not shape:
        return {"type": "array", "items": places[_item(shape)]}
    return places[shape]


def _name(place: dict[str, Any]) -> str:
    return str(place["$ref"]).rsplit("/", 1)[-1]
