"""People, tokens and one's own account by API: what the pages do, with the same rules, and every secret shown once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connectors.store.people import accounts, audit
from connectors.store.people import tokens as store
from connectors.store.schema import idempotency_answer as answers
from plugin.access.authentication import tokens
from plugin.access.authorization import members

PASSWORD = "correct horse battery staple"
KIM = {"email": "kim@acme.example", "name": "Kim", "role": "editor"}


def people(api: Any, method: str, path: str = "", body: object = None, **more: Any) -> Any:
    """A request by a token that may look after people."""
    return api.call(method, f"/people{path}", body, role="people", **more)


def number_of(api: Any, email: str) -> int:
    return int(members.find(api.connector, email).id)


@pytest.fixture
def kim(own_api: Any) -> int:
    return int(people(own_api, "POST", body=KIM).json["person"]["id"])


def test_everybody_is_listed_page_by_page(api: Any) -> None:
    found = api.all("/people", limit=2)
    assert [one["email"] for one in found] == [f"{name}@acme.example" for name in api.tokens]
    assert api.get(f"/people/{found[0]['id']}") == found[0]
    assert not {"password", "password_hash"} & set(found[0])
    assert api.call("GET", "/people/999999").status_code == 404


def test_somebody_is_added_and_signs_in_with_the_password_that_is_shown_once(own_api: Any) -> None:
    key = {"Idempotency-Key": "add kim"}
    made = people(own_api, "POST", body=KIM, headers=key)
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    person, password = made.json["person"], made.json["password"]
    assert made.headers["Location"] == f"/api/v1/people/{person['id']}"
    assert (person["email"], person["role"], person["signs_in_by"]) == (KIM["email"], "editor", ["password"])
    again = people(own_api, "POST", body=KIM, headers=key)
    assert (again.json["person"], again.json["password"]) == (person, None)
    with own_api.connector.store.read() as conn:
        assert password not in str(conn.execute(answers.select()).all())
        assert password not in str(audit.recent(conn, 9))
    assert Session(own_api).sign_in(KIM["email"], password)
    without = people(own_api, "POST", body={"email": "lee@acme.example", "password": False}).json
    assert (without["password"], without["person"]["signs_in_by"]) == (None, [])


def test_roles_closing_opening_passwords_and_removal(own_api: Any, kim: int) -> None:
    assert people(own_api, "PUT", f"/{kim}/role", {"role": "viewer"}).json["role"] == "viewer"
    password = people(own_api, "POST", f"/{kim}/password").json["password"]
    there = Session(own_api)
    assert there.sign_in(KIM["email"], password)
    assert people(own_api, "POST", f"/{kim}/sign-out").status_code == 200
    assert not there.is_in()
    assert there.sign_in(KIM["email"], password)
    assert people(own_api, "POST", f"/{kim}/disable").json["disabled_at"]
    assert not there.is_in()
    assert people(own_api, "POST", f"/{kim}/enable").json["disabled_at"] is None
    assert people(own_api, "DELETE", f"/{kim}").status_code == 200
    assert people(own_api, "DELETE", f"/{kim}").status_code == 404
    whats = [one["what"] for one in own_api.get("/audit", limit=30)["items"] if "kim" in str(one["detail"])]
    assert whats[:2] == ["account removed", "account enabled"]
    assert {"role changed", "password changed", "signed out everywhere", "account disabled"} <= set(whats)


def test_the_only_admin_stays(own_api: Any, problem_of: Callable[..., Any]) -> None:
    other, me = number_of(own_api, "admin@acme.example"), number_of(own_api, "people@acme.example")
    assert people(own_api, "DELETE", f"/{other}").status_code == 200
    for refused in (
        people(own_api, "DELETE", f"/{me}"),
        people(own_api, "POST", f"/{me}/disable"),
        people(own_api, "PUT", f"/{me}/role", {"role": "editor"}),
    ):
        assert "only admin" in problem_of(refused)["detail"]
        assert refused.status_code == 422


def test_no_other_scope_changes_who_comes_in(own_api: Any, kim: int, problem_of: Callable[..., Any]) -> None:
    for method, path, body in (
        ("POST", "", {"email": "lee@acme.example"}),
        ("PUT", f"/{kim}/role", {"role": "admin"}),
        ("POST", f"/{kim}/password", None),
        ("POST", f"/{kim}/disable", None),
        ("POST", f"/{kim}/enable", None),
        ("POST", f"/{kim}/sign-out", None),
        ("DELETE", f"/{kim}", None),
    ):
        refused = own_api.call(method, f"/people{path}", body, role="admin")
        assert refused.status_code == 403
        assert "scope people" in problem_of(refused)["detail"]
    assert members.find(own_api.connector, KIM["email"]).role == "editor"


def test_a_scope_does_not_outlive_the_role(own_api: Any) -> None:
    people(own_api, "POST", body=KIM)
    with own_api.connector.store.write() as conn:
        accounts.set_role(conn, number_of(own_api, "people@acme.example"), "editor")
    assert people(own_api, "POST", body={"email": "lee@acme.example"}).status_code == 403


def test_tokens_are_made_in_person_shown_once_and_revoked(
    own_api: Any, problem_of: Callable[..., Any]
) -> None:
    members.add(own_api.connector, "lee@acme.example", "Lee", "editor", PASSWORD, "test")
    lee = Session(own_api)
    assert lee.sign_in("lee@acme.example", PASSWORD)
    asked = {"name": "nightly", "scopes": ["read", "write"], "days": 7}
    assert lee.call("POST", "/tokens", asked, forged=True).status_code == 400
    made = lee.call("POST", "/tokens", asked, headers={"Idempotency-Key": "one"})
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    again = lee.call("POST", "/tokens", asked, headers={"Idempotency-Key": "one"})
    assert again.json == {**made.json, "text": None}
    own_api.tokens["lee"] = made.json["text"]
    assert own_api.call("GET", "/me", role="lee").json["may"] == "editor"
    [listed] = own_api.call("GET", "/tokens", role="lee").json["items"]
    assert (listed["name"], listed["scopes"], "text" in listed) == ("nightly", ["read", "write"], False)
    for method, path, body in (("POST", "/tokens", asked), ("DELETE", f"/tokens/{listed['id']}", None)):
        refused = own_api.call(method, path, body, role="lee")
        assert refused.status_code == 403
        assert "a token cannot do it" in problem_of(refused)["detail"]
    assert problem_of(lee.call("POST", "/tokens", {**asked, "scopes": ["admin"]}))["status"] == 422
    assert lee.call("DELETE", f"/tokens/{tokens_of(own_api, 'admin')}").status_code == 404
    assert lee.call("DELETE", f"/tokens/{listed['id']}").status_code == 200
    assert own_api.call("GET", "/me", role="lee").status_code == 401


def test_ones_own_password_and_sessions(own_api: Any, problem_of: Callable[..., Any]) -> None:
    members.add(own_api.connector, "lee@acme.example", "Lee", "viewer", PASSWORD, "test")
    here, there = Session(own_api), Session(own_api)
    assert here.sign_in("lee@acme.example", PASSWORD)
    assert there.sign_in("lee@acme.example", PASSWORD)
    wrong = here.call("POST", "/me/password", {"current": "guess", "new": "a quite different sentence"})
    assert "current password" in problem_of(wrong)["detail"]
    changed = here.call("POST", "/me/password", {"current": PASSWORD, "new": "a quite different sentence"})
    assert changed.status_code == 200
    assert here.is_in()
    assert not there.is_in()
    assert there.sign_in("lee@acme.example", "a quite different sentence")
    assert here.call("POST", "/me/sign-out-everywhere").status_code == 200
    assert not here.is_in()
    assert not there.is_in()


def tokens_of(api: Any, role: str) -> int:
    """The number of a token that is somebody else's."""
    text = tokens.hash_of(api.tokens[role])
    with api.connector.store.read() as conn:
        found = store.valid(conn, text, api.connector.clock())
    assert found is not None
    return int(found.id)


class Session:
    """Somebody who signed in by the form, and calls the API with the cookie."""

    def __init__(self, api: Any) -> None:
        self.client = api.app.test_client()

    def _token(self, path: str) -> str:
        page = self.client.get(path, headers={"Accept": "text/html"}, follow_redirects=True).text
        return str(page.split('name="csrf_token" value="')[1].split('"')[0])

    def sign_in(self, email: str, password: str) -> bool:
        sent = {"csrf_token": self._token("/sign-in"), "email": email, "password": password}
        return bool(self.client.post("/sign-in", data=sent).status_code == 302)

    def is_in(self) -> bool:
        return bool(self.client.get("/api/v1/me").status_code == 200)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: dict[str, str] | None = None,
        forged: bool = False,
    ) -> Any:
        sent = dict(headers or {})
        if not forged:
            sent["X-CSRFToken"] = self._token("/account")
        return self.client.open(f"/api/v1{path}", method=method, headers=sent, json=body)
