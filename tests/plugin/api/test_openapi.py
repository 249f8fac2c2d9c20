"""The document that the library makes says of every shape what pydantic says of it: no word is lost, and no null asked for."""

from __future__ import annotations

import re
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from plugin.api import current_document, operations
from plugin.api.protocol.glossary import MEANINGS, describe_properties
from plugin.doors.model import Query, RequestPart


def told(schema: Any) -> Any:
    """A schema without what says nothing: a default of null, and whether a whole number is written 1 or 1.0."""
    if isinstance(schema, dict):
        return {name: told(one) for name, one in schema.items() if not (name == "default" and one is None)}
    if isinstance(schema, list):
        return [told(one) for one in schema]
    return float(schema) if type(schema) is int else schema


def test_no_word_of_a_shape_is_lost_on_the_way_into_the_document(api: Any) -> None:
    documented = api.get("/openapi.json")["components"]["schemas"]
    bodies = {one.shapes["body"] for one in operations() if "body" in one.shapes}
    _, whole = models_json_schema(
        [(body, "validation") for body in bodies], ref_template="#/components/schemas/{model}"
    )
    wanted = dict(whole["$defs"])
    for shape in (shape for one in operations() for shape in one.answers.values() if shape is not None):
        listed: Any = list[shape]
        made = TypeAdapter(listed).json_schema(
            mode="serialization", ref_template="#/components/schemas/{model}"
        )
        wanted |= made["$defs"]
    assert len(wanted) > 90
    wanted = describe_properties({"components": {"schemas": wanted}})["components"]["schemas"]
    assert {name: told(documented.get(name)) for name in wanted} == {
        name: told(one) for name, one in wanted.items()
    }


def test_every_property_says_what_it_is() -> None:
    schemas = current_document()["components"]["schemas"]
    named = {
        (shape, name): one
        for shape, schema in schemas.items()
        for name, one in schema.get("properties", {}).items()
    }
    assert len(named) > 500
    silent = [place for place, one in named.items() if not one.get("description")]
    assert silent == [], (
        "say it by Field(description=…), of a column by its own, or in plugin/api/protocol/glossary.py"
    )


def test_only_what_says_nothing_itself_is_given_the_meaning_of_its_name() -> None:
    name = next(one for one in MEANINGS if "." not in one)
    given = {name: {"description": "its own"}, "nobody_knows_this": {}}
    document = {
        "components": {"schemas": {"Own": {"properties": given}, "Plain": {"properties": {name: {}}}}}
    }
    described = describe_properties(document)["components"]["schemas"]
    assert described["Own"]["properties"] == {name: {"description": "its own"}, "nobody_knows_this": {}}
    assert described["Plain"]["properties"] == {name: {"description": MEANINGS[name]}}


def test_every_meaning_of_a_name_is_of_a_property_that_says_nothing_itself() -> None:
    schemas = current_document()["components"]["schemas"]
    told = {
        (shape, name, one.get("description"))
        for shape, schema in schemas.items()
        for name, one in schema.get("properties", {}).items()
    }
    of_shapes = {f"{shape}.{name}": said for shape, name, said in told if f"{shape}.{name}" in MEANINGS}
    by_name = {name for shape, name, said in told if said is not None and said == MEANINGS.get(name)}
    own = {meaning: said for meaning, said in MEANINGS.items() if "." in meaning}
    assert of_shapes == own
    assert by_name == {meaning for meaning in MEANINGS if "." not in meaning}


def test_no_meaning_only_says_the_name_once_more() -> None:
    empty = [
        name
        for name, said in MEANINGS.items()
        if re.fullmatch(
            rf"(The|Each|Its|Which) {name.rpartition('.')[2].replace('_', ' ')}s?( it is)?\\.", said
        )
    ]
    assert empty == []


def test_no_two_shapes_share_a_name() -> None:
    """The document and the place of an error are found by it."""
    shapes = {shape for one in operations() for shape in one.shapes.values()} | {Query, RequestPart}
    assert sorted(shape.__name__ for shape in shapes) == sorted({shape.__name__ for shape in shapes})


def test_a_parameter_that_may_be_left_out_is_never_null(api: Any) -> None:
    found = api.get("/openapi.json")["paths"]["/api/v1/objectives"]["get"]["parameters"]
    schemas = {one["name"]: one["schema"] for one in found if not one["required"]}
    assert {
        name for name, one in schemas.items() if "null" in str(one) or one.get("default", 0) is None
    } == set()
    assert (schemas["limit"]["type"], schemas["limit"]["default"]) == ("integer", 50)
    assert schemas["health"]["items"] == {"$ref": "#/components/schemas/HealthLevel"}
    assert (schemas["health"]["type"], schemas["site"]["type"]) == ("array", "string")


def test_a_change_says_what_it_takes_beside_its_body(api: Any) -> None:
    paths = api.get("/openapi.json")["paths"]
    activated = paths["/api/v1/sites/{site}/mapping"]["put"]
    headers = {one["name"]: one["required"] for one in activated["parameters"] if one["in"] == "header"}
    assert headers == {"Idempotency-Key": False, "If-Match": False, "If-None-Match": False}
    assert activated["requestBody"]["required"]
    rolled_back = paths["/api/v1/sites/{site}/mapping/rollback"]["post"]
    assert rolled_back["requestBody"] == {
        "required": False,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/RollbackBody"}}},
    }


def test_an_answer_of_two_kinds_and_one_in_person_are_told_as_such(api: Any) -> None:
    paths = api.get("/openapi.json")["paths"]
    answer = paths["/api/v1/exports/objectives"]["get"]["responses"]
    assert answer["200"]["content"] == {
        "text/csv": {"schema": {"type": "string"}},
        "application/x-ndjson": {"schema": {}},  # a row of the array below a line
        "application/json": {
            "schema": {"type": "array", "items": {"$ref": "#/components/schemas/ObjectiveRow"}}
        },
    }
    assert set(answer) == {"200", "304", "4XX", "5XX"}
    assert paths["/api/v1/openapi.json"]["get"]["security"] == []
    assert paths["/api/v1/tokens"]["post"]["security"] == [{"session": []}]
    assert "security" not in paths["/api/v1/tokens"]["get"]


def test_the_schema_of_a_query_is_made_once() -> None:
    """The library asks for it with every request; making it costs more than everything else of a short one."""
    queries = [one.shapes["query"] for one in operations() if "query" in one.shapes]
    assert len(queries) > 20
    assert all(query.model_json_schema() is query.model_json_schema() for query in queries)


def test_what_is_made_links_to_what_is_asked_of_it_next(api: Any) -> None:
    """By these a client, and whoever tries all of it one after the other, gets from one operation to the next."""
    document = api.get("/openapi.json")
    called = {
        one["operationId"]: (path, one)
        for path, methods in document["paths"].items()
        for one in methods.values()
    }
    linked = {
        (one["operationId"], name)
        for _, one in called.values()
        for answer in one["responses"].values()
        for name in answer.get("links", {})
    }
    assert ("plan_import", "apply_import") in linked
    made = [one for one in operations() if one.status == 201]
    assert [one.name for one in made if not one.links and one.name not in STANDS_ALONE] == []
    for one in made:
        for name, parameters in one.links.items():
            path, _ = called[name]
            assert set(re.findall(r"{([a-z_]+)}", path)) == parameters.keys(), (one.name, name)
            for expression in parameters.values():
                if expression.startswith("$response.body#/"):
                    answer = called[one.name][1]["responses"]["201"]["content"]["application/json"]["schema"]
                    assert pointed(
                        document, answer, expression.removeprefix("$response.body#/").split("/")
                    ), expression
                else:
                    part = expression.removeprefix("$request.path.")
                    assert f"{{{part}}}" in called[one.name][0], expression


STANDS_ALONE = {"add_site", "begin_factor"}
"""A site is asked by the name that whoever adds it gives; of a second factor everybody has one, which no address names."""


def pointed(document: Any, schema: Any, parts: list[str]) -> bool:
    """Whether a value stands at this place of an answer."""
    for part in parts:
        while "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        schema = schema.get("properties", {}).get(part)
        if schema is None:
            return False
    return True
