"""Which scope each call takes: what we say where one is missing, and what the sandbox asks for, against Jira's official contract."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from connectors.jira.http.call import call_of
from connectors.jira.sign_in.scopes import scope_of
from connectors.sandbox.traffic.scopes import scope_of_call

ASKED = (
    "GET /serverInfo",
    "GET /myself",
    "GET /mypermissions",
    "GET /user/search",
    "GET /field",
    "GET /status",
    "GET /issuetype",
    "GET /priority",
    "GET /resolution/search",
    "GET /issueLinkType",
    "GET /project/search",
    "GET /project/{projectIdOrKey}",
    "GET /issue/createmeta/{projectIdOrKey}/issuetypes",
    "GET /issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}",
    "POST /search/jql",
    "POST /search/approximate-count",
    "POST /issue/bulkfetch",
    "POST /changelog/bulkfetch",
    "GET /issue/{issueIdOrKey}",
    "GET /issue/{issueIdOrKey}/editmeta",
    "GET /issue/{issueIdOrKey}/comment",
    "GET /issue/{issueIdOrKey}/transitions",
    "GET /issue/{issueIdOrKey}/remotelink",
    "GET /issue/{issueIdOrKey}/properties/{propertyKey}",
    "GET /field/search",
    "POST /field",
    "GET /field/{fieldId}/context",
    "POST /field/{fieldId}/context/{contextId}/option",
    "POST /field/{id}/trash",
    "GET /issuetypescreenscheme/project",
    "GET /issuetypescreenscheme/mapping",
    "GET /screenscheme",
    "GET /screens/{screenId}/tabs",
    "POST /screens/{screenId}/tabs/{tabId}/fields",
    "POST /issue",
    "PUT /issue/{issueIdOrKey}",
    "POST /issue/{issueIdOrKey}/transitions",
    "POST /issue/{issueIdOrKey}/remotelink",
    "DELETE /issue/{issueIdOrKey}/remotelink",
    "PUT /issue/{issueIdOrKey}/properties/{propertyKey}",
    "DELETE /issue/{issueIdOrKey}/properties/{propertyKey}",
)
"""What we ask of Jira Cloud."""
FREE = ("GET /serverInfo",)


@pytest.fixture(scope="module")
def contract() -> dict[str, dict[str, dict[str, object]]]:
    named = os.environ.get("JIRA_OPENAPI_DIR")
    folder = Path(named) if named else Path(__file__).parents[3] / "shared" / "contracts"
    file = folder / "jira-cloud-platform-v3.json"
    if not file.is_file():
        pytest.skip("set JIRA_OPENAPI_DIR to the folder of Jira's OpenAPI documents to run this test")
    paths: dict[str, dict[str, dict[str, object]]] = json.loads(file.read_text(encoding="utf-8"))["paths"]
    return paths


def test_the_scopes_are_those_of_the_contract(contract) -> None:
    said, asked, named = {}, {}, {}
    for one in ASKED:
        method, _, path = one.partition(" ")
        security = contract[f"/rest/api/3{path}"][method.lower()]["security"]
        said[one] = next(entry["OAuth2"] for entry in security if "OAuth2" in entry)
        place = "/rest/api/3" + path.replace("{issueIdOrKey}", "10001").replace(
            "{fieldId}", "customfield_10060"
        ).replace("field/{id}", "field/customfield_10060").replace("{", "").replace("}", "")
        scope = scope_of_call(method, place)
        asked[one] = [scope] if scope else []
        if one not in FREE:
            found = scope_of(call_of(method, place))
            named[one] = [found.name] if found else []
    assert asked == said
    assert named == {one: scopes for one, scopes in said.items() if one not in FREE}


def test_the_webhooks_of_an_app_take_the_scope_for_them_besides_reading(contract) -> None:
    for method, path in (("get", ""), ("post", ""), ("delete", ""), ("put", "/refresh")):
        place = f"/rest/api/3/webhook{path}"
        security = contract[place][method]["security"]
        said = next(entry["OAuth2"] for entry in security if "OAuth2" in entry)
        found = scope_of(call_of(method.upper(), place))
        assert found is not None
        assert said == ["read:jira-work", found.name]
        assert scope_of_call(method.upper(), place) == found.name
