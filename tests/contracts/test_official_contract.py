"""The official contract can be loaded, and it bites: a wrong answer is found. The sandbox's own tests compare every answer with it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import msgspec
import pytest
import requests
from flask import Response, request

from connectors.sandbox import CONNECTOR, SandboxServer

SIGNED_IN = (CONNECTOR.email, CONNECTOR.token)


@pytest.fixture(scope="module")
def checking() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "contract_checking", Path(__file__).with_name("checking.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def contract(checking):
    path = checking.contract_file()
    if path is None:
        pytest.skip(checking.MISSING)
    return checking.Contract(path)


READS = [
    "serverInfo",
    "myself",
    "field",
    "field/search",
    "status",
    "statuses/search",
    "issuetype",
    "project",
    "project/search",
    "project/PLAT",
    "project/PLAT/statuses",
    "priority",
    "priority/search",
    "resolution",
    "resolution/search",
    "issueLinkType",
    "statuscategory",
    "user/search?query=a",
    "mypermissions?permissions=EDIT_ISSUES,ADMINISTER",
    "issue/PLAT-1",
    "issue/PLAT-1/editmeta",
    "issue/PLAT-1/transitions",
    "issue/PLAT-1/changelog",
    "issue/PLAT-1/properties",
    "issue/PLAT-1/remotelink",
    "issue/PLAT-1/comment",
    "issue/CORE-2?expand=changelog,names,transitions,editmeta",
    "issueLink/10001",
    "issue/createmeta/PLAT/issuetypes",
    "issue/createmeta/PLAT/issuetypes/10000",
    "search/jql?jql=project=PLAT&fields=*all",
    "search/jql?jql=project=PLAT&fields=summary&expand=names,changelog",
    "search",
    "issue/NOPE-1",
    "project/NOPE",
    "issueLink/1",
]


@pytest.mark.parametrize("path", READS)
def test_an_answer_keeps_the_contract(shared, path):
    server, problems = shared
    problems.clear()
    answer = requests.get(f"{server.url}/rest/api/3/{path}", auth=SIGNED_IN, timeout=10)
    assert answer.status_code in (200, 404, 410), answer.text
    assert problems == []


@pytest.fixture(scope="module")
def shared(contract, checking):
    problems: list[str] = []
    with SandboxServer(seed=1) as server:
        checking.watch(server.app, contract, problems)
        yield server, problems


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("search/jql", {"jql": "issuetype = Epic", "fields": ["*all"]}),
        ("search/approximate-count", {"jql": "issuetype = Epic"}),
        ("jql/parse", {"queries": ["project = PLAT", "="]}),
        ("issue/bulkfetch", {"issueIdsOrKeys": ["PLAT-1", "PLAT-2"], "fields": ["*all"]}),
        ("changelog/bulkfetch", {"issueIdsOrKeys": ["PLAT-1", "PLAT-2", "PLAT-3"]}),
        ("issue", {"fields": {"project": {"key": "PLAT"}, "issuetype": {"name": "Task"}, "summary": "new"}}),
        ("issue", {"fields": {"project": {"key": "PLAT"}, "issuetype": {"name": "Task"}}}),
        ("issue/PLAT-1/remotelink", {"object": {"url": "https://okr.example", "title": "why"}}),
        ("issue/PLAT-1/comment", {"body": {"type": "doc", "version": 1, "content": []}}),
    ],
)
def test_a_post_keeps_the_contract(shared, path, body):
    server, problems = shared
    problems.clear()
    answer = requests.post(f"{server.url}/rest/api/3/{path}", json=body, auth=SIGNED_IN, timeout=10)
    assert answer.status_code in (200, 201, 400), answer.text
    assert problems == []


def test_a_wrong_answer_is_found(contract, shared):
    server, _ = shared
    with server.app.test_request_context("/rest/api/3/search/jql", method="POST", json={"jql": "x"}):
        good = Response(b'{"issues":[],"isLast":true}', content_type="application/json")
        assert contract.problems(good) == []
        for wrong in ({"issues": [], "total": 0}, {"issues": 5}, {"issues": [{"id": 1}]}):
            bad = Response(msgspec.json.encode(wrong), content_type="application/json")
            assert contract.problems(bad), (wrong, request.path)
