"""What is routed, what is documented and what is allowed are the same set; every error is a problem document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from openapi_spec_validator import validate

from plugin.access.authorization.permission import rule_of
from plugin.api import operations

ROLES = ("viewer", "editor", "admin")


def test_every_route_is_documented_and_every_documented_operation_routed(api: Any) -> None:
    routed = {
        (method, rule.rule.replace("<", "{").replace(">", "}"))
        for rule in api.app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD"}
    }
    paths = api.get("/openapi.json")["paths"]
    documented = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert routed == documented


def test_the_document_is_valid_and_every_operation_is_told_in_words(api: Any) -> None:
    document = api.get("/openapi.json")
    validate(document)
    assert document["openapi"] == "3.1.0"
    told = [one for methods in document["paths"].values() for one in methods.values()]
    assert len({one["operationId"] for one in told}) == len(told) == len(operations())
    assert [one["operationId"] for one in told if not one["summary"] or not one["description"]] == []
    shapes = [one for one in document["components"]["schemas"].values() if one.get("type") == "object"]
    assert [shape["title"] for shape in shapes if not shape.get("description")] == []


BEGUN = {"apply_import", "read_for_preview", "start_reconstruction", "start_sync"}
MADE = {
    *("add_person", "add_site", "begin_factor", "check_in", "make_token"),
    *("plan_import", "publish_badge", "reply_to_check_in", "subscribe"),
}
MATCHED = {"activate_mapping", "drop_draft", "keep_draft", "roll_back_mapping"}


def test_what_is_made_what_is_only_begun_and_what_takes_what_was_seen() -> None:
    """Programs go by it: everything else answers 200, and asks for no If-Match."""
    told = {one.name: one.status for one in operations() if one.status != 200}
    assert told == dict.fromkeys(MADE, 201) | dict.fromkeys(BEGUN, 202)
    assert {one.name for one in operations() if one.matched} == MATCHED


def test_every_route_declares_its_permission_itself(api: Any) -> None:
    for one in operations():
        rule = rule_of(f"api.{one.name}", api.app.view_functions[f"api.{one.name}"])
        assert rule is not None
        assert rule.permission == one.permission
        assert (rule.in_person, rule.scope) == (one.in_person, one.scope)
        assert (
            one.permission != "viewer" or not one.changes or one.in_person or one.name == "validate_mapping"
        )


@pytest.mark.parametrize("one", operations(), ids=lambda one: one.name)
def test_nobody_does_what_takes_a_higher_role(api: Any, problem_of: Callable[..., Any], one: Any) -> None:
    path = one.path
    for part in ("site", "objective", "delivery", "revision", "preset", "person", "token", "kpi"):
        path = path.replace(f"{{{part}}}", "1234")
    needed = one.permission
    if needed != "public":
        refused = api.call(one.method, path, role=None)
        assert refused.status_code == 401
        problem_of(refused)
    for role in ROLES[: ROLES.index(needed) if needed in ROLES else 0]:
        assert problem_of(api.call(one.method, path, role=role))["status"] == 403


def test_errors_are_problem_documents_with_a_remedy(api: Any, problem_of: Callable[..., Any]) -> None:
    answers = {
        404: api.call("GET", "/nowhere"),
        405: api.call("DELETE", "/objectives"),
        413: api.call("POST", "/mappings/validate", {"text": "x" * 3_000_000}),
        415: api.call("POST", "/mappings/validate", data="text", content_type="text/plain"),
        422: api.call("GET", "/objectives", query_string={"limit": "0", "helath": "on_track"}),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        found = problem_of(answer)
        assert found["remedy"]
        assert found["type"].startswith("urn:jira-okr:problem:")
    assert answers[405].headers["Allow"]
    assert {one["pointer"] for one in answers[422].json["errors"]} == {"?limit", "?helath"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"objectives": []}, "/objectives"),
        ({"objectives": ["PLAT-1", 5]}, "/objectives/1"),
        ({"objectives": ["a\x00b"]}, "/objectives/0"),
        ({"objectives": ["PLAT-1"], "force": True}, "/force"),
        ([], ""),
    ],
)
def test_a_wrong_body_is_refused_at_the_place(
    api: Any, problem_of: Callable[..., Any], body: Any, pointer: str
) -> None:
    found = problem_of(api.call("POST", "/plan/apply", body))
    assert found["status"] == 422
    assert [one["pointer"] for one in found["errors"]] == [pointer]


@pytest.mark.parametrize("text", [b"{", b"\xff", b'{"text": "\\ud800"}', b"nul", b"[" * 5000])
def test_what_is_no_json_is_refused(api: Any, problem_of: Callable[..., Any], text: bytes) -> None:
    answer = api.call("POST", "/mappings/validate", data=text, content_type="application/json")
    assert problem_of(answer)["status"] == 422


def test_a_fault_of_ours_shows_nothing_of_itself(
    api: Any, problem_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.connector, "clock", lambda: 1 / 0)
    answer = api.call("GET", "/objectives", role=None)
    assert answer.status_code in (401, 500)
    assert "ZeroDivision" not in answer.text


def test_me_says_who_the_token_is(api: Any) -> None:
    said = api.call("GET", "/me", role="editor").json
    assert said == {"email": "editor@acme.example", "name": "Editor", "may": "editor", "token": "tests"}


def test_what_has_not_changed_is_not_sent_again(api: Any) -> None:
    first = api.call("GET", "/objectives")
    again = api.call("GET", "/objectives", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = api.call(
        "GET", "/objectives", query_string={"limit": 1}, headers={"If-None-Match": first.headers["ETag"]}
    )
    assert other.status_code == 200
