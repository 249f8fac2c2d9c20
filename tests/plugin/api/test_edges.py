"""The edges of the API: what a client sends wrongly or seldom, and exactly what it is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import BadRequest, HTTPException

from plugin.access.authentication.throttle import neighbourhood
from plugin.api import operations
from plugin.api.accounts.own_account import PasswordBody
from plugin.api.protocol.failures import of_http
from plugin.doors.cursor import cursor, position
from plugin.doors.model import Query, RequestPart
from plugin.doors.refusal import RequestRefusal
from plugin.runtime.application import create_app, lanes


def test_what_costs_minutes_is_heavy_and_nothing_else_is() -> None:
    heavy = {f"{one.method} {one.path}" for one in operations() if one.heavy}
    assert heavy == {
        "PUT /sites/{site}/mapping",
        "POST /sites/{site}/mapping/rollback",
        "POST /mappings/validate",
        "POST /sites/{site}/mapping/check",
        "POST /sites/{site}/mapping/preview",
        "POST /sites/{site}/mapping/preview-as-of",
        "POST /sites/{site}/mapping/preview-as-of/histories",
        "POST /sites/{site}/mapping/reword",
        "POST /sites/{site}/mapping/try",
        "POST /sites/{site}/mapping/fit",
        "POST /sites/{site}/fields",
        "GET /sites/{site}/fields",
        "DELETE /sites/{site}/fields/{field}",
        "GET /diagnostics",
        "GET /people/{person}/data",
        "POST /people/{person}/erase",
        "GET /sites/{site}/visibility",
        "PUT /sites/{site}/visibility",
        "PUT /people/{person}/jira/{site}",
        "GET /exports/objectives",
        "GET /cycles/{cycle}/lock",
        "POST /cycles/{cycle}/lock",
        "POST /cycles/{cycle}/unlock",
        "GET /sites/{site}/kept",
        "GET /missing",
        "GET /exports/ledgers",
        "GET /exports/history",
        "GET /exports/audit",
        "GET /advice",
        "GET /practice",
        "POST /objectives/{objective}/histories",
        "POST /objectives/{objective}/ledger",
        "GET /cycles/{cycle}/replay",
        "POST /cycles/{cycle}/replay",
        "POST /cycles/{cycle}/histories",
        "GET /plan",
        "POST /plan/apply",
        "POST /sites/{site}/test",
        "POST /sites/{site}/webhook",
        "POST /sites/{site}/webhook/secret",
        "POST /sites",
        "PUT /sites/{site}/credential",
        "PUT /sites/{site}/goals-account",
        "DELETE /sites/{site}/goals-account",
        "POST /consent",
        "POST /digests/{digest}/send",
        "POST /outbox/retry",
        "POST /imports",
        "POST /subscriptions/{subscription}/test",
        "POST /imports/columns",
        "GET /goals",
        "GET /goals/check",
        "POST /goals/link",
        "POST /goals/try",
    }


def test_what_costs_minutes_has_threads_of_its_own(api: Any) -> None:
    app = create_app(api.connector)
    lane = lanes(app)
    for method, path, expected in (
        ("POST", "/api/v1/mappings/validate", "heavy"),
        ("GET", "/api/v1/exports/ledgers", "heavy"),
        ("GET", "/api/v1/objectives", "quick"),
        ("GET", "/mapping/main/preview", "heavy"),
        ("GET", "/practice", "heavy"),
        ("GET", "/brief", "heavy"),
        ("GET", "/review/main/2026-Q4/replay", "heavy"),
        ("POST", "/review/main/2026-Q4/histories", "heavy"),
        ("GET", "/review", "heavy"),
        ("POST", "/review/main/2026-Q4/close", "heavy"),
        ("POST", "/review/main/2026-Q4/learning", "heavy"),
        ("POST", "/review/main/2026-Q4/typed", "heavy"),
        ("GET", "/", "quick"),
        ("POST", "/webhooks/jira/main", "quick"),
        ("GET", "/nowhere", "quick"),
        ("DELETE", "/practice", "quick"),
    ):
        assert lane(method, path) == expected, (method, path)


def test_a_parameter_that_stands_twice_is_refused_where_one_is_meant(
    api: Any, problem_of: Callable[..., Any]
) -> None:
    for path, twice in (("/objectives", "limit=1&limit=2"), ("/writes", "site=main&site=main")):
        found = problem_of(api.call("GET", f"{path}?{twice}"))
        name = twice.partition("=")[0]
        assert (found["status"], [one["pointer"] for one in found["errors"]]) == (422, [f"?{name}"])
        assert "2 times" in found["detail"]
    health = api.get("/objectives", health=["on_track", "at_risk"])["items"]
    assert {one["health"]["level"] for one in health} <= {"on_track", "at_risk"}


@pytest.mark.parametrize("path", ["/api/v1/nowhere", "/api/v1/objectives/X-1/nothing"])
def test_what_no_operation_answers_is_a_problem_document_too(
    api: Any, problem_of: Callable[..., Any], path: str
) -> None:
    assert (
        problem_of(api.client.get(path, headers={"Authorization": f"Bearer {api.tokens['viewer']}"}))[
            "status"
        ]
        == 404
    )


def test_a_400_that_no_view_answered_is_a_problem_document(
    own_api: Any, problem_of: Callable[..., Any]
) -> None:
    """Some requests are refused before it is known whose they are: the pages' answer to that is a web page."""

    def broken() -> None:
        raise BadRequest("Not like this.")

    own_api.app.before_request_funcs.setdefault(None, []).insert(0, broken)
    found = problem_of(own_api.call("GET", "/nowhere"))
    assert (found["status"], found["title"]) == (400, "Bad Request")


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        (cursor("other", 1), (int,)),
        (cursor("list", "1"), (int,)),
        (cursor("list", -1), (int,)),
        (cursor("list", 1, 2), (int,)),
        (cursor("list"), (int,)),
        (cursor("list", 10**30), (int,)),
        (cursor("list", True), (int,)),
        ("%%%", (int,)),
        ("", (int,)),
    ],
)
def test_a_cursor_of_another_shape_is_refused(text: str, shape: tuple[type, ...]) -> None:
    with pytest.raises(RequestRefusal) as refused:
        position(text, "list", shape)
    assert refused.value.status == 422
    assert position(cursor("list", 7), "list", (int,)) == [7]
    assert position(None, "list", (int,)) is None


def test_since_is_an_instant_in_any_zone_and_never_a_guess(api: Any, problem_of: Callable[..., Any]) -> None:
    key = api.get("/objectives")["items"][0]["key"]
    whole = api.all(f"/objectives/{key}/history")
    at = whole[-1]["at"]
    assert at.endswith("Z")
    same = at.replace("Z", "+00:00")
    assert api.all(f"/objectives/{key}/history", since=at) == whole[-1:]
    assert api.all(f"/objectives/{key}/history", since=same) == whole[-1:]
    assert api.all(f"/objectives/{key}/history", since="2199-01-01T00:00:00+14:00") == []
    for wrong in ("2026-11-02T09:00:00", "yesterday", "1e9", ""):
        answer = api.call("GET", f"/objectives/{key}/history?since={quote(wrong)}")
        assert [one["pointer"] for one in problem_of(answer)["errors"]] == ["?since"], wrong


def test_the_site_in_the_body_decides(api: Any, problem_of: Callable[..., Any]) -> None:
    bodies = {one.path: one.shapes["body"].model_fields for one in operations() if "body" in one.shapes}
    assert {path for path, fields in bodies.items() if "site" in fields} == IN_THE_BODY.keys()
    for path, body in IN_THE_BODY.items():
        found = problem_of(api.call("POST", path, {**body, "site": "nowhere"}))
        assert (found["status"], found["title"]) == (404, "No such site"), path


IN_THE_BODY: dict[str, dict[str, Any]] = {
    "/plan/apply": {"objectives": ["X-1"]},
    "/refusals/retry": {"objective": "X-1"},
    "/refusals/discard": {"objective": "X-1"},
    "/held/release": {"objectives": ["X-1"]},
    "/held/drop": {"objectives": ["X-1"]},
    "/gaps/accept": {"issue": "X-1"},
    "/gaps/reopen": {"issue": "X-1"},
    "/losses/accept": {"names": ["X-1"]},
    "/losses/dismiss": {"names": ["X-1"]},
    "/goals/link": {"objective": "X-1", "goal": "HELLO-1"},
    "/goals/try": {"goal": "HELLO-1"},
    "/cycles/{cycle}/close": {},
    "/cycles/{cycle}/reopen": {"reason": "counted twice"},
    "/cycles/{cycle}/carry": {},
    "/cycles/{cycle}/carry/undo": {"objectives": ["X-1"]},
    "/cycles/{cycle}/lock": {},
    "/cycles/{cycle}/unlock": {"reason": "agreed anew"},
    "/outbox/retry": {"key": "digest|mail|lead@acme.example|weekly|2026-11-30"},
}


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("no address", "no address"),
    ],
)
def test_who_shares_a_bucket_of_attempts(address: str, place: str) -> None:
    assert neighbourhood(address) == place


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/objectives/a%00b", "{objective}"),
        ("/sites/ma%20in/mapping/revisions/abcd", "{site}"),
        ("/sites/main/mapping/revisions/zzzz", "{revision}"),
        ("/people/0", "{person}"),
    ],
)
def test_a_wrong_part_of_an_address_is_named(
    api: Any, problem_of: Callable[..., Any], path: str, pointer: str
) -> None:
    found = problem_of(api.call("GET", path))
    assert (found["status"], [one["pointer"] for one in found["errors"]]) == (422, [pointer])
    assert found["detail"].startswith(f"{pointer}: ")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"text": "a",\n oops}', "Invalid JSON: key must be a string at line 2 column 2"),
        (b"null", "Input should be an object"),
        (b'{"text": "\xff"}', "The body is not UTF-8: invalid start byte at byte 10."),
    ],
)
def test_a_body_that_is_no_json_object_is_told_where(
    api: Any, problem_of: Callable[..., Any], body: bytes, detail: str
) -> None:
    answer = api.call("POST", "/mappings/validate", data=body, content_type="application/json")
    found = problem_of(answer)
    assert [(one["pointer"], one["detail"]) for one in found["errors"]] == [("", detail)]
    assert (found["status"], found["remedy"] != "") == (422, True)


def test_a_day_in_a_body_is_a_day_and_nothing_is_taken_for_one(
    api: Any, problem_of: Callable[..., Any]
) -> None:
    path = f"/objectives/{api.get('/objectives')['items'][0]['key']}/check-ins"
    for until, pointers in {
        "2026-12-01": ["/key_result"],
        "2026-12-01T00:00:00": ["/until"],
        "soon": ["/until"],
        20261201: ["/until"],
        True: ["/until"],
    }.items():
        found = problem_of(api.call("POST", path, {"key_result": "none", "value": 1, "until": until}))
        assert [one["pointer"] for one in found["errors"]] == pointers, until


def test_where_nothing_is_asked_nothing_may_stand(api: Any, problem_of: Callable[..., Any]) -> None:
    for answer, pointer in (
        (api.call("GET", "/me?as=kim"), "?as"),
        (api.call("GET", "/sites/main/mapping?revision=abcd"), "?revision"),
        (api.call("POST", "/deliveries/1/replay", {"force": True}), "/force"),
        (api.call("POST", "/plan/apply?site=main", {"objectives": ["X-1"]}), "?site"),
    ):
        found = problem_of(answer)
        assert (found["status"], [one["pointer"] for one in found["errors"]]) == (422, [pointer])
    assert api.call("POST", "/deliveries/1/replay", data=b"x", content_type="text/plain").status_code == 415


def test_a_fault_of_http_that_bears_no_number_is_ours() -> None:
    with Flask("edges").test_request_context():
        told = of_http(HTTPException("odd"))
    assert (told.status_code, told.json["status"]) == (500, 500)


def shapes(of: type[BaseModel]) -> set[type[BaseModel]]:
    return {of}.union(*(shapes(one) for one in of.__subclasses__()))


def test_of_two_bounds_of_a_property_the_narrower_holds() -> None:
    """That of a `Field` beside a type which has one too was forgotten: a code of 500 digits, a password of 500 letters at most."""
    for shape in shapes(RequestPart) | shapes(Query):
        for name, one in shape.model_fields.items():
            longest = [at for part in one.metadata if (at := getattr(part, "max_length", None)) is not None]
            assert not longest or longest[-1] == min(longest), (shape, name, longest)
    assert len(PasswordBody(current="c" * 1024, new="n" * 1024).new) == 1024
    for wrong in ({"current": "c" * 1025, "new": "n"}, {"current": "", "new": "n"}):
        with pytest.raises(ValidationError):
            PasswordBody.model_validate(wrong)
