"""API tokens: by header, scoped, expiring, revocable; hashes alone are kept."""

from __future__ import annotations

import re

import pytest

from connectors.store.people import accounts, tokens
from plugin.access.authentication import tokens as access
from plugin.access.authorization.permission import Permission, Rule
from plugin.access.authorization.person import Person
from plugin.access.authorization.refusal import AccessRefusal
from plugin.doors.guard import forbidden
from plugin.use_cases.work import idempotency
from tests.actors import TESTER

API = "/api/v1/objectives"
PAGE = "/health"


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def test_a_token_opens_the_api_for_a_program(house) -> None:
    text = access.issue(house.connector, house.account("viewer"), "export", ["read"], 30, "test")
    client = house.app.test_client()
    assert client.get(API).status_code == 401
    assert client.get(PAGE, headers=bearer(text)).status_code == 200
    answer = client.get(API, headers=bearer(text))
    assert answer.status_code not in (401, 403)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "header",
    [
        "Bearer okr_wrong",
        "Bearer",
        "Basic bGVlOnNlY3JldA==",
        "okr_x",
        "Bearer " + "x" * 9999,
        "Bearer okr_\u00e9",
    ],
)
def test_a_wrong_header_is_refused_in_the_words_of_http(house, header) -> None:
    answer = house.app.test_client().get(API, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.mimetype == "application/problem+json"
    assert "jira-okr token create" in answer.json["remedy"]


def test_a_wrong_token_is_never_made_good_by_a_cookie(house) -> None:
    browser = house.signed_in("admin")
    assert browser.get("/audit").status_code == 200
    assert browser.get("/audit", headers=bearer("okr_wrong")).status_code == 401


def test_a_token_ends_by_time_by_revoking_and_with_its_account(house) -> None:
    account = house.account("viewer")
    ask = lambda text: house.app.test_client().get(PAGE, headers=bearer(text)).status_code  # noqa: E731
    short = access.issue(house.connector, account, "short", ["read"], 1, "test")
    long = access.issue(house.connector, account, "long", ["read"], 30, "test")
    house.clock.forward(days=1)
    assert (ask(short), ask(long)) == (401, 200)
    with house.connector.store.read() as conn:
        [_, kept] = tokens.load_all(conn)
    assert access.revoke(house.connector, kept.id, "test").name == "long"
    assert ask(long) == 401
    last = access.issue(house.connector, account, "last", ["read"], 30, "test")
    with house.connector.store.write() as conn:
        accounts.disable(conn, account.id, house.clock())
    assert ask(last) == 401


def test_its_use_is_remembered(house) -> None:
    text = access.issue(house.connector, house.account("viewer"), "export", ["read"], 30, "test")
    house.clock.forward(hours=5)
    house.app.test_client().get(API, headers=bearer(text))
    with house.connector.store.read() as conn:
        assert tokens.load_all(conn)[0].last_used_at == house.clock()


def test_the_text_is_kept_nowhere(house, tmp_path) -> None:
    text = access.issue(house.connector, house.account("viewer"), "export", ["read"], 30, "test")
    for path in tmp_path.glob("okr.sqlite3*"):
        assert text.encode() not in path.read_bytes()
    assert text not in str(house.log())


@pytest.mark.parametrize(
    ("role", "scopes", "allowed"),
    [
        ("admin", ["read"], Permission.VIEWER),
        ("admin", ["write"], Permission.EDITOR),
        ("admin", ["admin", "read"], Permission.ADMIN),
        ("editor", ["read", "write"], Permission.EDITOR),
    ],
)
def test_a_token_does_what_its_scopes_allow(house, role, scopes, allowed) -> None:
    text = access.issue(house.connector, house.account(role), "x", scopes, 30, "test")
    assert access.bearer(house.connector, f"Bearer {text}").role is allowed


def test_a_token_does_no_more_than_its_account_may_by_now(house) -> None:
    account = house.account("admin")
    text = access.issue(house.connector, account, "x", ["admin"], 30, "test")
    with house.connector.store.write() as conn:
        accounts.set_role(conn, account.id, "viewer")
    assert access.bearer(house.connector, f"Bearer {text}").role is Permission.VIEWER


@pytest.mark.parametrize(
    ("name", "scopes", "days", "said"),
    [
        ("", ["read"], 30, "Give the token a name"),
        ("x", [], 30, "Nothing is no scope"),
        ("x", ["all"], 30, "all is no scope"),
        ("x", ["write"], 30, "cannot give the scope write"),
        ("x", ["read"], 0, "1 to 366 days"),
        ("x", ["read"], 367, "1 to 366 days"),
    ],
)
def test_what_is_not_to_be_had_is_refused_with_the_reason(house, name, scopes, days, said) -> None:
    with pytest.raises(AccessRefusal, match=said):
        access.issue(house.connector, house.account("viewer"), name, scopes, days, "test")


def test_by_page_a_token_is_made_shown_once_and_revoked(house) -> None:
    browser = house.signed_in("editor")
    made = browser.post(
        "/account/tokens", "/account/tokens", name="night <job>", scope=["read", "write"], days="30"
    )
    text = re.search(r"okr_[\w-]{40,}", made.text).group()
    assert house.app.test_client().get(PAGE, headers=bearer(text)).status_code == 200
    page = browser.get("/account/tokens").text
    assert text not in page
    assert "night &lt;job&gt;" in page
    with house.connector.store.read() as conn:
        [kept] = tokens.load_all(conn)
    assert browser.post(f"/account/tokens/{kept.id}/revoke", "/account/tokens").status_code == 302
    assert house.app.test_client().get(API, headers=bearer(text)).status_code == 401
    assert [what for _, what, _ in house.log()][:3] == ["token refused", "token revoked", "token created"]


def test_nobody_revokes_the_tokens_of_others_by_page(house) -> None:
    access.issue(house.connector, house.account("admin"), "x", ["admin"], 30, "test")
    with house.connector.store.read() as conn:
        [kept] = tokens.load_all(conn)
    assert house.signed_in("viewer").post(f"/account/tokens/{kept.id}/revoke").status_code == 404


def test_a_slip_in_the_form_is_said(house) -> None:
    answer = house.signed_in("viewer").post("/account/tokens", name="x", scope="admin", days="30")
    assert (answer.status_code, "cannot give the scope admin" in answer.text) == (422, True)


def test_a_token_under_another_scheme_is_none(house) -> None:
    text = access.issue(house.connector, house.account("viewer"), "export", ["read"], 30, "test")
    client = house.app.test_client()
    for scheme, status in (("Bearer", 200), ("bearer", 200), ("Basic", 401), ("Token", 401)):
        answer = client.get(PAGE, headers={"Authorization": f"{scheme} {text}"})
        assert (answer.status_code == 200) == (status == 200), scheme


def test_who_may_not_is_told_what_it_takes(house) -> None:
    read = Person(1, "a@b.example", "A", Permission.VIEWER, "export", ("read",))
    signed = Person(1, "a@b.example", "A", Permission.VIEWER)
    scoped, role = Rule(Permission.ADMIN, scope="people"), Rule(Permission.ADMIN)
    with house.app.test_request_context("/api/v1/people"):
        told = [
            forbidden(person, rule).json["detail"] for person in (read, signed) for rule in (scoped, role)
        ]
    takes = "This takes the role admin; "
    assert told[0] == "This takes a token with the scope people, made by an admin."
    assert [one.startswith(takes) for one in told] == [False, True, True, True]


def test_keys_of_requests_are_kept_so_many_of_one_account_and_no_more(house, monkeypatch) -> None:
    monkeypatch.setattr(idempotency, "MOST", 3)
    take = lambda key: idempotency.take(house.connector, TESTER, "1", key, "asked")  # noqa: E731
    assert [take(key) for key in ("a", "b", "c")] == [None] * 3
    with pytest.raises(idempotency.IdempotencyKeyLimit):
        take("d")
    assert take("a") is not None
    assert idempotency.take(house.connector, TESTER, "2", "d", "asked") is None
    house.clock.forward(days=1, seconds=1)
    assert take("d") is None
