"""The OpenAPI 3.1 document. The library makes it of the operations and the very shapes that read requests and write answers."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from typing import Any

from flask_openapi.blueprint import APIBlueprint
from flask_openapi.models import OPENAPI3_REF_TEMPLATE
from flask_openapi.models.info import Info
from flask_openapi.models.schema import Schema
from flask_openapi.openapi import OpenAPI
from pydantic import BaseModel, Field, TypeAdapter
from pydantic.json_schema import JsonSchemaValue

from plugin.api.protocol.glossary import describe_properties
from plugin.api.protocol.keys import HEADER, LONGEST
from plugin.api.protocol.operation import JSON, Operation
from plugin.doors.problem import MEDIA, Problem

PREFIX = "/api/v1"
ABOUT = """Everything the pages of the connector do, for programs. Send an API token as `Authorization: Bearer okr_…`.

Numbers are floats; the exact fraction stands beside as text. Null is unknown, never 0. Errors are problem+json (RFC 9457).
Lists go by page: send `next` back as `cursor`. Writes take an `Idempotency-Key`, which is kept for 24 hours."""


SECURITY: JsonSchemaValue = {
    "token": {"type": "http", "scheme": "bearer"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "jira_okr",
        "description": "Somebody who signed in by the page; with https the name begins with __Host-. Changes also send X-CSRFToken.",
    },
}


class ChangeHeaders(BaseModel):
    """What a change takes beside its body. Only described here; `plugin.api.protocol.keys` reads it."""

    key: str = Field(
        default_factory=str,
        alias=HEADER,
        min_length=1,
        max_length=LONGEST,
        pattern="^[ -~]+$",
        description="The same key gives the same answer again, and nothing is done twice.",
    )


class MatchedHeaders(ChangeHeaders):
    """What a change of a mapping or a draft takes as well. Only described here; the operation reads it."""

    match: str = Field(
        default_factory=str,
        alias="If-Match",
        description="The ETag of what you saw: the active mapping, or your draft.",
    )
    none_match: str = Field(
        default_factory=str, alias="If-None-Match", description="`*` where there is none yet."
    )


def document(operations: Iterable[Operation], version: str) -> JsonSchemaValue:
    """The whole document."""
    app = OpenAPI(
        "api",
        doc_ui=False,
        info=Info(title="OKR connector for Jira", version=version, description=ABOUT),
        security_schemes=SECURITY,
        openapi_extensions={"security": [{"token": []}]},
        validation_error_status="4XX",
        validation_error_model=Problem,
    )
    app.openapi_version = "3.1.0"
    blueprint = APIBlueprint("api", "api", url_prefix=PREFIX)
    for one in operations:
        describe(blueprint, one)
    app.register_api(blueprint)
    return describe_properties(app.api_doc)


def describe(blueprint: APIBlueprint, one: Operation) -> None:
    """Tells the library of one operation."""

    def view() -> None: ...

    headers = {"header": MatchedHeaders if one.matched else ChangeHeaders} if one.changes else {}
    view.__annotations__ = {**headers, **one.shapes}
    route = getattr(blueprint, one.method.lower())
    route(
        one.rule,
        endpoint=one.name,
        operation_id=one.name,
        tags=[{"name": one.tag}],
        summary=one.summary,
        description=_said(one),
        responses=_responses(one, blueprint),
        openapi_extensions=_security(one),
        **_body(one),
    )(view)


def _said(one: Operation) -> str:
    doc = " ".join((one.handler.__doc__ or "").split())
    who = "Open to everybody." if one.permission == "public" else f"Takes the role {one.permission}."
    if one.scope:
        who += f" A token needs the scope {one.scope}."
    if one.in_person:
        who += " Takes somebody who signed in; a token cannot do it."
    return f"{doc} {who}".strip()


def _body(one: Operation) -> JsonSchemaValue:
    """A body of which every part may be left out may be left out; the library takes each for required."""
    shape = one.shapes.get("body")
    if shape is None or any(field.is_required() for field in shape.model_fields.values()):
        return {}
    place = {"$ref": OPENAPI3_REF_TEMPLATE.format(model=shape.__name__)}
    return {"request_body": {"required": False, "content": {JSON: {"schema": place}}}}


def _security(one: Operation) -> JsonSchemaValue:
    if one.permission == "public":
        return {"security": []}
    return {"security": [{"session": []}]} if one.in_person else {}


def _responses(one: Operation, blueprint: APIBlueprint) -> JsonSchemaValue:
    content = {media: {"schema": _answer(media, shape, blueprint)} for media, shape in one.answers.items()}
    found: JsonSchemaValue = {
        str(one.status): {"description": HTTPStatus(one.status).phrase, "content": content},
        "4XX": _problem("The request was not served; `remedy` says what to do.", blueprint),
        "5XX": _problem("The connector or Jira could not serve it now.", blueprint),
    }
    if one.links:
        found[str(one.status)]["links"] = {
            name: {"operationId": name, "parameters": dict(parameters)}
            for name, parameters in one.links.items()
        }
    if one.method == "GET":
        found["304"] = {"description": "You have it already (If-None-Match)."}
    return found


def _problem(meaning: str, blueprint: APIBlueprint) -> JsonSchemaValue:
    return {"description": meaning, "content": {MEDIA: {"schema": _answer(JSON, Problem, blueprint)}}}


def _answer(media: str, shape: Any, blueprint: APIBlueprint) -> JsonSchemaValue:
    """The schema of an answer; the library itself knows but one model, and that as JSON."""
    if shape is None:
        return {"type": "string"} if media.startswith("text/") else {}
    found, parts = _schema(shape)
    blueprint.components_schemas.update(parts)
    return found


@cache
def _schema(shape: Any) -> tuple[JsonSchemaValue, dict[str, Schema]]:
    """A shape as it is referred to, and all that it is made of: once, however many operations answer with it."""
    kind: Any = list[shape]
    whole = TypeAdapter(kind).json_schema(mode="serialization", ref_template=OPENAPI3_REF_TEMPLATE)
    return whole["items"], {name: Schema(**one) for name, one in whole["$defs"].items()}
