"""Holds what is sent to Atlassian's GraphQL gateway, and what a double answers, against the official types."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    build_schema,
    parse,
    validate,
)

MISSING = (
    "set JIRA_OPENAPI_DIR to the directory with atlassian-goals.graphql to compare with the official types"
)
PATH = "/gateway/api/graphql"


def contract() -> GraphQLSchema | None:
    """The official types, or None where they are not at hand."""
    named = os.environ.get("JIRA_OPENAPI_DIR")
    place = Path(named) if named else Path(__file__).parents[3] / "shared" / "contracts"
    found = place / "atlassian-goals.graphql"
    return build_schema(found.read_text()) if found.is_file() else None


def wrong_query(official: GraphQLSchema, text: str) -> list[str]:
    """What the official types have against a query."""
    return [one.message for one in validate(official, parse(text))]


def wrong_answer(official: GraphQLSchema, text: str, data: Mapping[str, Any]) -> list[str]:
    """What the official types have against the data that answers a query: too much, too little, or of another type."""
    operation = next(one for one in parse(text).definitions if isinstance(one, OperationDefinitionNode))
    reads = operation.operation is OperationType.QUERY
    root = official.query_type if reads else official.mutation_type
    assert root is not None
    return list(_wrong(root, operation.selection_set, data, "data"))


def _wrong(type_: Any, selected: SelectionSetNode | None, value: Any, way: str) -> Iterator[str]:
    if isinstance(type_, GraphQLNonNull):
        if value is None:
            yield f"{way} must not be null"
        else:
            yield from _wrong(type_.of_type, selected, value, way)
    elif value is None:
        return
    elif isinstance(type_, GraphQLList):
        if not isinstance(value, list):
            yield f"{way} is no list"
            return
        for place, one in enumerate(value):
            yield from _wrong(type_.of_type, selected, one, f"{way}.{place}")
    elif isinstance(type_, GraphQLObjectType):
        yield from _wrong_object(type_, selected, value, way)
    else:
        yield from _wrong_leaf(type_, value, way)


def _wrong_object(
    type_: GraphQLObjectType, selected: SelectionSetNode | None, value: Any, way: str
) -> Iterator[str]:
    asked = {
        (one.alias or one.name).value: one
        for one in (selected.selections if selected else ())
        if isinstance(one, FieldNode)
    }
    if not isinstance(value, dict) or asked.keys() != value.keys():
        yield f"{way} has not just {sorted(asked)}: {value!r:.200}"
        return
    for name, node in asked.items():
        yield from _wrong(
            type_.fields[node.name.value].type, node.selection_set, value[name], f"{way}.{name}"
        )


def _wrong_leaf(type_: Any, value: Any, way: str) -> Iterator[str]:
    if isinstance(type_, GraphQLEnumType):
        right = value in type_.values
    else:
        assert isinstance(type_, GraphQLScalarType)
        kinds: dict[str, tuple[type, ...]] = {
            "Int": (int,),
            "Float": (int, float),
            "Boolean": (bool,),
        }
        right = type(value) in kinds.get(type_.name, (str,))
    if not right:
        yield f"{way} is no {type_}: {value!r:.100}"


def watch(app: Flask, official: GraphQLSchema, problems: list[str]) -> None:
    """Compare every query that the app is sent, and every answer it gives, from now on."""

    def compare(response: Response) -> Response:
        answered = response.get_json(silent=True)
        if request.path != PATH or response.status_code != 200 or not isinstance(answered, dict):
            return response
        asked = request.get_json()
        if set(answered) - {"data", "errors"} or not answered:
            problems.append(f"an answer of the gateway has not just data and errors: {answered!r:.200}")
        if answered.get("data") is not None and not answered.get("errors"):
            problems.extend(wrong_query(official, asked["query"]))
            problems.extend(wrong_answer(official, asked["query"], answered["data"]))
        return response

    app.after_request_funcs.setdefault(None, []).append(compare)
