"""What the client sends, held against the official description of Jira Cloud's API."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

import pytest
from openapi_schema_validator import OAS30Validator

from connectors.jira import JiraOutage
from connectors.jira.write.transition import WorkflowTransition
from mappings.facts.issue import Status
from mappings.write_back.plan import Change
from mappings.write_back.targets import remote_link, writings_of


@pytest.fixture(scope="module")
def contract():
    given = os.environ.get("JIRA_OPENAPI_DIR")
    folder = Path(given) if given else Path(__file__).resolve().parents[4] / "shared" / "contracts"
    path = folder / "jira-cloud-platform-v3.json"
    if not path.is_file():
        pytest.skip("set JIRA_OPENAPI_DIR to the folder of Jira's OpenAPI documents to run this test")
    return json.loads(path.read_text())


def ask_everything(cloud):
    """One call of every kind that sends a body or a query."""
    list(cloud.search("project = PLAT", ["customfield_10016"], reconcile=["10001"]))
    list(cloud.search_ids("project = PLAT"))
    cloud.count("project = PLAT")
    cloud.jql_errors("project = PLAT")
    cloud.read(["10001"], ["customfield_10016"])
    cloud.readings(["10001"], ["customfield_10016"])
    cloud.permissions("PLAT", ["EDIT_ISSUES"])
    cloud.edit("10001", {"customfield_10016": 1})
    cloud.edit_fields("10001")
    cloud.put_property("10001", "okr.sync", {"a": 1})
    cloud.create_types("10000")
    cloud.create_fields("10000", "10007")
    with suppress(JiraOutage):  # the answer names no issue
        cloud.create({"summary": "Open bugs", "parent": {"id": "10001"}}, {"jira-okr.kpi": {"episode": 1}})
    cloud.ways_on("10001")
    cloud.take("10001", WorkflowTransition("31", "Done", Status("10001", "Done", "done"), screen=False))
    link = {"title": "OKR: 62 % — why?", "url": "https://okr.acme.example/why/10001", "summary": "At risk"}
    changes = [Change("10001", "PLAT-1", "link:okr", "", None, after, "") for after in (link, None)]
    for _, writing in writings_of(changes):
        cloud.tell(writing.request, notify=False)
    for request in remote_link.TARGET.readings({"10001": ["link:okr"]}, lambda _issue, _place: None):
        cloud.ask(request)


@pytest.fixture
def calls(stub, answer, cloud):
    empty = answer(
        json={
            "issues": [],
            "isLast": True,
            "count": 0,
            "queries": [{}],
            "issueChangeLogs": [],
            "permissions": {},
            "fields": {},
            "issueTypes": [],
            "values": [],
            "transitions": [],
            "id": 10000,
        }
    )
    done = answer(204)
    stub.answer = lambda asked: stub.asked.append(asked) or (empty if speaks(asked) else done)
    ask_everything(cloud)
    return stub.asked


def speaks(asked):
    """Whether Jira has something to say to this: to what it reads, makes and keeps under a key, but not to edits, transitions and deletions."""
    path = asked.path
    if asked.method == "GET" or "/properties/" in path or path.endswith("/remotelink"):
        return asked.method != "DELETE"
    return asked.method == "POST" and not path.endswith("/transitions")


def operation(contract, asked):
    """The operation whose path fits, the most literal one first."""
    parts = asked.path.split("/")
    fitting = [
        (path.count("{"), found[asked.method.lower()])
        for path, found in contract["paths"].items()
        if asked.method.lower() in found
        and len(path.split("/")) == len(parts)
        and all(
            mine == theirs or theirs.startswith("{")
            for mine, theirs in zip(parts, path.split("/"), strict=True)
        )
    ]
    assert fitting, f"{asked.method} {asked.path} is not in the contract"
    return min(fitting, key=lambda found: found[0])[1]


def test_every_call_is_one_that_jira_knows(contract, calls):
    assert len(calls) >= 16
    for asked in calls:
        found = operation(contract, asked)
        known = {parameter["name"] for parameter in found.get("parameters", ()) if parameter["in"] == "query"}
        assert set(asked.query) <= known, asked.path
        assert not found.get("deprecated"), asked.path


def test_every_body_fits_its_schema(contract, calls):
    for asked in calls:
        content = operation(contract, asked).get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if asked.body is None or not schema:
            assert asked.body is None or content, asked.path
            continue
        OAS30Validator({**schema, "components": contract["components"]}).validate(asked.body)
