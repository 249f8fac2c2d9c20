"""What we ask of Jira is what its official contracts describe, on both deployments: path, method, query and body; and how often we ask."""

from __future__ import annotations

import inspect
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator

from connectors.jira import Jira
from tests.contracts.life import Asked, Life, contract

IN_NO_CONTRACT = {
    "/rest/webhooks/1.0/webhook": "admin webhooks are documented in prose alone, on both deployments",
    "/rest/jira-webhook/1.0/webhooks": "the same, where Jira 10 of Data Center has moved them to",
    "/rest/pat/latest/tokens": "personal access tokens are documented in prose alone",
}
"""What is asked for though no contract describes it, and why."""
ANY_JSON = {"type": "string", "format": "json", "example": None}
"""How Data Center's contract writes the body of an entity property, whose text says that it is any JSON."""


@pytest.fixture(scope="module")
def official(contracts: Path, life: Life) -> dict[str, Any]:
    return bent(contract(contracts, life.deployment))


def bent(said: dict[str, Any]) -> dict[str, Any]:
    """Data Center's contract where it contradicts its own examples and texts; nothing else.

    It types every field of an issue as an object, also a summary; the value of an entity property, which is any JSON, as text; and the
    ends of a change, which may be empty, as text as well.
    """
    schemas = said["components"]["schemas"]
    if "EntityPropertyBean" in schemas:
        for name in ("IssueUpdateBean", "IssueBean"):
            schemas[name]["properties"]["fields"]["additionalProperties"] = {}
        schemas["EntityPropertyBean"]["properties"]["value"] = {}
        for name in ("from", "fromString", "to", "toString"):
            schemas["ChangeItemBean"]["properties"][name]["nullable"] = True
    return said


def operation(official: dict[str, Any], asked: Asked) -> dict[str, Any] | None:
    """The operation whose path fits, the most literal one first."""
    parts = _numbered(asked.path, official).split("/")
    fitting = [
        (path.count("{"), operations[asked.method.lower()])
        for path, operations in official["paths"].items()
        if asked.method.lower() in operations and _fits(path.split("/"), parts)
    ]
    return min(fitting, key=lambda found: found[0])[1] if fitting else None


def _numbered(path: str, official: dict[str, Any]) -> str:
    """Cloud answers by version 2 what its contract of version 3 describes."""
    cloud = "/rest/api/3/myself" in official["paths"]
    return path.replace("/rest/api/2/", "/rest/api/3/") if cloud else path


def _fits(theirs: list[str], mine: list[str]) -> bool:
    return len(theirs) == len(mine) and all(
        one == other or other.startswith("{") for one, other in zip(mine, theirs, strict=True)
    )


def _unknown_to_all(asked: Asked) -> bool:
    return any(asked.path.startswith(prefix) for prefix in IN_NO_CONTRACT)


def problems(official: dict[str, Any], asked: Asked) -> list[str]:
    """What the contract has against a call."""
    said = operation(official, asked)
    call = f"{asked.method} {asked.path}"
    if said is None:
        return [f"{call} is in no contract"]
    known = {one["name"] for one in said.get("parameters", ()) if one["in"] == "query"}
    needed = {
        one["name"] for one in said.get("parameters", ()) if one["in"] == "query" and one.get("required")
    }
    found = [f"{call} knows no parameter {name}" for name in asked.query if name not in known]
    found += [f"{call} has to be given {name}" for name in needed - set(asked.query)]
    if str(asked.status) not in said["responses"]:
        found.append(f"{call} is not said to answer {asked.status}")
    return found + _body_problems(official, said, call, asked.body)


def _body_problems(official: dict[str, Any], said: dict[str, Any], call: str, body: object) -> list[str]:
    content = said.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    if body is None:
        return [f"{call} takes a body"] if said.get("requestBody", {}).get("required") else []
    if not content:
        return [f"{call} takes no body"]
    if not schema or schema == ANY_JSON:
        return []
    validator = OAS30Validator({**schema, "components": official["components"]})
    return [
        f"{call}: {problem.message:.200} at {list(problem.path)}" for problem in validator.iter_errors(body)
    ]


def test_every_call_is_one_of_the_contract_with_what_it_names_and_a_body_that_fits(
    official: dict[str, Any], life: Life
) -> None:
    wrong = {
        problem for asked in life.asked if not _unknown_to_all(asked) for problem in problems(official, asked)
    }
    assert wrong == set()
    assert len(life.asked) > 100


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        (Asked("GET", "/rest/api/{}/nothing", (), None, 200, None), "is in no contract"),
        (Asked("PUT", "/rest/api/{}/myself/x", (), {}, 200, None), "is in no contract"),
        (
            Asked("GET", "/rest/api/{}/issue/1/editmeta", ("fancy",), None, 200, None),
            "knows no parameter fancy",
        ),
        (Asked("GET", "/rest/api/{}/issue/1/editmeta", (), {"a": 1}, 200, None), "takes no body"),
        (Asked("PUT", "/rest/api/{}/issue/1", (), {"fields": 3}, 204, None), "is not of type 'object'"),
        (Asked("PUT", "/rest/api/{}/issue/1", (), {"fields": {}}, 418, None), "is not said to answer 418"),
    ],
)
def test_a_wrong_call_is_found(official: dict[str, Any], life: Life, asked: Asked, problem: str) -> None:
    version = "3" if life.deployment == "cloud" else "2"
    made = Asked(asked.method, asked.path.format(version), asked.query, asked.body, asked.status, None)
    assert any(problem in said for said in problems(official, made))


def test_every_answer_of_the_double_has_the_shape_of_the_contract(
    official: dict[str, Any], life: Life
) -> None:
    """On Cloud the sandbox's own tests hold it against the whole of the contract."""
    if life.deployment == "cloud":
        return
    wrong = {
        problem
        for asked in life.asked
        if not _unknown_to_all(asked)
        for problem in _answer_problems(official, asked)
    }
    assert wrong == set()


def _answer_problems(official: dict[str, Any], asked: Asked) -> list[str]:
    said = operation(official, asked) or {}
    content = said.get("responses", {}).get(str(asked.status), {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    if not schema or asked.answer is None:
        return []
    # Of a list it describes what stands in it, as its texts say ("a list of all …").
    answers = asked.answer if isinstance(asked.answer, list) and "$ref" in schema else [asked.answer]
    validator = OAS30Validator({**schema, "components": official["components"]})
    return [
        f"{asked.method} {asked.path}: {problem.message:.200} at {list(problem.path)}"
        for one in answers
        for problem in validator.iter_errors(one)
    ]


def test_the_life_asks_in_every_way_that_the_client_has(life: Life) -> None:
    public = {name for name, _ in inspect.getmembers(Jira, inspect.isfunction) if not name.startswith("_")}
    assert life.ways | {"in_background", "close"} == public


def test_a_first_sync_costs_data_center_few_calls_more_than_cloud(life: Life) -> None:
    """Data Center's parents are looked up by their keys, and it shows properties with single issues only: those that a property is written to."""
    asked = Counter(_sort(one) for one in life.first_sync)
    assert life.issues > 300
    assert asked["page"] == -(-life.issues // 100)
    assert asked["history"] == 2
    assert asked["parents"] <= (0 if life.deployment == "cloud" else 1)
    assert asked["single"] == (0 if life.deployment == "cloud" else life.key_results)
    assert asked["other"] <= 20


def _sort(asked: Asked) -> str:
    body = asked.body if isinstance(asked.body, dict) else {}
    jql, last = str(body.get("jql", "")), asked.path.rsplit("/", 1)[-1]
    if asked.method in ("PUT", "DELETE") or last == "remotelink":
        return "write"
    if last == "bulkfetch" or "expand" in body:
        return "history"
    if jql.startswith("key in"):
        return "parents"
    if jql and "ORDER BY" in jql:
        return "page"
    return "single" if asked.path.rsplit("/", 2)[-2] == "issue" else "other"
