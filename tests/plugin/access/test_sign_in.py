"""Signing in with a password: sessions, throttling, what is and what is not told."""

from __future__ import annotations

import time

import pytest

from connectors.store.people import accounts
from plugin.access.authentication.destination import safe_destination
from plugin.access.authorization import members

PASSWORD = "correct horse battery staple"


def test_the_page_asked_for_is_reached_after_signing_in(house) -> None:
    house.account("viewer")
    browser = house.browser()
    away = browser.get("/health?site=main")
    assert (away.status_code, away.location) == (302, "/sign-in?next=/health%3Fsite%3Dmain")
    assert 'value="/health?site=main"' in browser.get(away.location).text
    answer = browser.sign_in("Viewer@ACME.example ", PASSWORD, next="/health?site=main")
    assert (answer.status_code, answer.location) == (302, "/health?site=main")
    assert browser.get("/health").status_code == 200


@pytest.mark.parametrize(
    "wanted",
    [
        None, "", "//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)",
        "/\t/evil.example", "\\\\evil.example", "/ok\nSet-Cookie: a=b", "evil.example", "/" + "a" * 3000, "///evil.example",
    ],
)  # fmt: skip
def test_no_other_place_is_ever_led_to(wanted) -> None:
    assert safe_destination(wanted) == "/"


@pytest.mark.parametrize("wanted", ["/", "/health", "/objectives/PLAT-1?a=b&c=%2F%2Fx", "/why/PLAT-1#ledger"])
def test_pages_of_ours_are_led_to(wanted) -> None:
    assert safe_destination(wanted) == wanted


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(house) -> None:
    cookie = signed_in_cookie(house.signed_in("viewer"))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_over_https_the_cookie_is_secure_and_bound_to_the_host(house_with) -> None:
    house = house_with(base_url="https://okr.test")
    house.account("viewer")
    browser = house.browser()
    browser.client.environ_base["wsgi.url_scheme"] = "https"
    page = browser.get("/sign-in", base_url="https://okr.test")
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith("__Host-jira_okr=")
    assert "Secure" in cookie
    assert "max-age=31536000" in page.headers["Strict-Transport-Security"]


def signed_in_cookie(browser) -> str:
    browser.client.delete_cookie("jira_okr", domain="localhost")
    answer = browser.sign_in("viewer@acme.example", PASSWORD)
    return answer.headers["Set-Cookie"]


def test_signing_in_carries_nothing_over(house) -> None:
    house.account("viewer")
    browser = house.browser()
    browser.get("/sign-in")
    with browser.client.session_transaction() as planted:
        planted["planted"] = "by somebody else"
        before = planted["csrf_token"]
    browser.sign_in("viewer@acme.example", PASSWORD)
    with browser.client.session_transaction() as session:
        assert "planted" not in session
        assert session.get("csrf_token") != before


@pytest.mark.parametrize(
    ("email", "password"), [("viewer@acme.example", "wrong"), ("nobody@acme.example", PASSWORD), ("", "")]
)
def test_what_is_wrong_is_not_said(house, email, password) -> None:
    house.account("viewer")
    answer = house.browser().sign_in(email, password)
    assert answer.status_code == 401
    assert "do not go together" in answer.text


def test_a_closed_account_is_told_no_more_than_a_stranger(house) -> None:
    account = house.account("viewer")
    with house.connector.store.write() as conn:
        accounts.disable(conn, account.id, house.clock())
    answer = house.browser().sign_in(account.email, PASSWORD)
    assert (answer.status_code, "do not go together" in answer.text) == (401, True)
    assert house.log()[0] == (
        account.email,
        "sign-in failed",
        {"from": "127.0.0.1", "reason": "account disabled"},
    )


def test_an_unknown_address_takes_as_long_as_a_known_one(house, monkeypatch) -> None:
    from argon2 import PasswordHasher

    from plugin.access.authentication import passwords

    slow = PasswordHasher(time_cost=2, memory_cost=32768, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: slow)
    known = passwords.hash_password(PASSWORD)
    passwords._nobodys.cache_clear()
    passwords.matches(None, "warm up")
    times = {}
    for name, kept in (("known", known), ("unknown", None)):
        begun = time.process_time()
        for _ in range(5):
            assert not passwords.matches(kept, "wrong")
        times[name] = time.process_time() - begun
    passwords._nobodys.cache_clear()
    assert 0.4 < times["unknown"] / times["known"] < 2.5


def test_guessing_is_slowed_down_and_the_right_password_does_not_help_then(house) -> None:
    house.account("viewer")
    browser = house.browser()
    for _ in range(5):
        assert browser.sign_in("viewer@acme.example", "guess").status_code == 401
    answer = browser.sign_in("viewer@acme.example", PASSWORD)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")
    assert "Wait 15 minutes" in answer.text
    house.clock.forward(minutes=15, seconds=1)
    assert browser.sign_in("viewer@acme.example", PASSWORD).status_code == 302


def test_others_may_sign_in_while_one_is_held_off(house) -> None:
    house.account("viewer")
    house.account("editor")
    browser = house.browser()
    for _ in range(7):
        browser.sign_in("viewer@acme.example", "guess")
    assert browser.sign_in("editor@acme.example", PASSWORD).status_code == 302


def test_one_address_cannot_try_account_after_account(house) -> None:
    house.account("viewer")
    browser = house.browser()
    for number in range(50):
        assert browser.sign_in(f"somebody{number}@acme.example", "guess").status_code == 401
    assert browser.sign_in("viewer@acme.example", PASSWORD).status_code == 429


def test_a_customer_of_ipv6_cannot_try_account_after_account_from_addresses_of_one_network(house) -> None:
    house.account("viewer")
    browser = house.browser()

    def tried(email: str, password: str, address: str) -> int:
        browser.client.environ_base["REMOTE_ADDR"] = address
        return browser.sign_in(email, password).status_code

    for number in range(50):
        assert tried(f"somebody{number}@acme.example", "guess", f"2001:db8:1:2::{number + 1:x}") == 401
    assert tried("viewer@acme.example", PASSWORD, "2001:db8:1:2:ffff::1") == 429
    assert tried("viewer@acme.example", PASSWORD, "2001:db8:1:3::1") == 302


def test_success_forgets_the_attempts(house) -> None:
    house.account("viewer")
    for _ in range(3):
        browser = house.browser()
        for _ in range(4):
            browser.sign_in("viewer@acme.example", "guess")
        assert browser.sign_in("viewer@acme.example", PASSWORD).status_code == 302


def test_a_session_ends_when_nobody_uses_it(house) -> None:
    browser = house.signed_in("viewer")
    for _ in range(4):
        house.clock.forward(hours=7)
        assert browser.is_in()
    house.clock.forward(hours=8)
    assert not browser.is_in()


def test_a_session_ends_after_a_week_however_busy(house) -> None:
    browser = house.signed_in("viewer")
    for _ in range(27):
        house.clock.forward(hours=6)
        assert browser.is_in()
    house.clock.forward(hours=6)
    assert not browser.is_in()


def test_signing_out_ends_the_session_here(house) -> None:
    browser = house.signed_in("viewer")
    answer = browser.post("/sign-out")
    assert (answer.status_code, answer.location) == (302, "/sign-in")
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert not browser.is_in()


def test_a_copied_cookie_is_dead_after_signing_out_and_other_sessions_live(house) -> None:
    here, there = house.signed_in("viewer"), house.signed_in("viewer")
    copied = here.client.get_cookie("jira_okr").value
    thief = house.browser()
    thief.client.set_cookie("jira_okr", copied)
    assert thief.is_in()
    here.post("/sign-out")
    assert not thief.is_in()
    thief.client.set_cookie("jira_okr", copied)
    assert not thief.is_in()
    assert there.is_in()
    assert here.sign_in("viewer@acme.example", PASSWORD).status_code == 302
    assert here.is_in()


def test_signing_in_anew_ends_the_session_that_was_there(house) -> None:
    browser = house.signed_in("viewer")
    copied = browser.client.get_cookie("jira_okr").value
    house.account("editor")
    page = browser.get("/account").text
    sent = {"csrf_token": page.split('name="csrf_token" value="')[1].split('"')[0]}
    answer = browser.client.post(
        "/sign-in", data={**sent, "email": "editor@acme.example", "password": PASSWORD}
    )
    assert answer.status_code == 302
    thief = house.browser()
    thief.client.set_cookie("jira_okr", copied)
    assert not thief.is_in()
    assert browser.is_in()


def test_a_session_is_of_the_person_and_not_of_whoever_gets_their_number(house) -> None:
    gone = house.signed_in("viewer")
    account = members.find(house.connector, "viewer@acme.example")
    members.remove(house.connector, account, "test")
    house.clock.forward(seconds=1)
    assert house.account("admin").id == account.id, "SQLite gives the number again"
    assert not gone.is_in()


def test_signing_out_everywhere_ends_every_session(house) -> None:
    here, there = house.signed_in("viewer"), house.signed_in("viewer")
    assert here.post("/account/sign-out-everywhere").status_code == 302
    assert not here.is_in()
    assert not there.is_in()
    assert house.log()[0][1] == "signed out everywhere"


def test_another_password_ends_every_other_session(house) -> None:
    here, there = house.signed_in("viewer"), house.signed_in("viewer")
    fields = {
        "current": PASSWORD,
        "password": "a quite different sentence",
        "again": "a quite different sentence",
    }
    assert here.post("/account/password", **fields).status_code == 302
    assert here.is_in()
    assert not there.is_in()
    assert house.browser().sign_in("viewer@acme.example", PASSWORD).status_code == 401
    assert house.browser().sign_in("viewer@acme.example", "a quite different sentence").status_code == 302


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"current": "wrong"}, "current password is not right"),
        ({"again": "something else entirely"}, "not the same"),
        ({"password": "short", "again": "short"}, "at least 12"),
        ({"password": "aaaaaaaaaaaaaaaa", "again": "aaaaaaaaaaaaaaaa"}, "different characters"),
        ({"password": "viewer@acme.example", "again": "viewer@acme.example"}, "not your e-mail"),
    ],
)
def test_a_password_is_not_changed_for_a_bad_one(house, fields, said) -> None:
    browser = house.signed_in("viewer")
    good = {
        "current": PASSWORD,
        "password": "a quite different sentence",
        "again": "a quite different sentence",
    }
    answer = browser.post("/account/password", **{**good, **fields})
    assert (answer.status_code, said in answer.text) == (422, True)
    assert house.browser().sign_in("viewer@acme.example", PASSWORD).status_code == 302


def test_a_cookie_signed_with_another_key_is_no_session(house, house_with) -> None:
    browser = house.signed_in("admin")
    cookie = browser.client.get_cookie("jira_okr", domain="localhost")
    other = house_with(secret_key="another key altogether and long enough").browser()
    other.client.set_cookie("jira_okr", cookie.value, domain="localhost")
    assert not other.is_in()


def test_roles_and_closing_count_from_the_next_request_on(house) -> None:
    browser = house.signed_in("admin")
    assert browser.get("/audit").status_code == 200
    with house.connector.store.write() as conn:
        account = accounts.by_email(conn, "admin@acme.example")
        accounts.set_role(conn, account.id, "viewer")
    assert browser.get("/audit").status_code == 403
    with house.connector.store.write() as conn:
        accounts.disable(conn, account.id, house.clock())
    assert not browser.is_in()


def test_sign_ins_are_in_the_audit_log_and_passwords_are_not(house) -> None:
    house.account("viewer")
    browser = house.browser()
    browser.sign_in("viewer@acme.example", "a wrong secret")
    browser.sign_in("secret typed in the wrong field", "x")
    browser.sign_in("viewer@acme.example", PASSWORD)
    assert house.log() == [
        ("viewer@acme.example", "signed in", {"from": "127.0.0.1", "by": "password"}),
        ("unknown account", "sign-in failed", {"from": "127.0.0.1", "reason": "no such account"}),
        ("viewer@acme.example", "sign-in failed", {"from": "127.0.0.1", "reason": "wrong password"}),
    ]


def test_a_form_from_elsewhere_is_refused(house) -> None:
    browser = house.signed_in("admin")
    before = house.log()
    for path in ("/account/tokens", "/sign-out", "/people", "/sign-in"):
        answer = browser.client.post(path, data={"name": "x", "scope": "admin", "days": "30"})
        assert (answer.status_code, "Send it again" in answer.text) == (400, True)
    assert house.log() == before


def test_pages_around_people_are_kept_by_no_cache(house) -> None:
    browser = house.signed_in("viewer")
    assert browser.get("/account/tokens").headers["Cache-Control"] == "no-store"
    assert browser.get("/").headers["Cache-Control"] == "private, no-cache"


def test_an_address_behind_a_trusted_proxy_is_the_visitors(house_with) -> None:
    house = house_with(trusted_proxies=1)
    house.account("viewer")
    browser = house.browser()
    browser.client.environ_base["HTTP_X_FORWARDED_FOR"] = "198.51.100.9, 203.0.113.7"
    browser.sign_in("viewer@acme.example", PASSWORD)
    assert house.log()[0][2]["from"] == "203.0.113.7"


def test_without_a_trusted_proxy_the_header_is_not_believed(house) -> None:
    house.account("viewer")
    browser = house.browser()
    browser.client.environ_base["HTTP_X_FORWARDED_FOR"] = "203.0.113.7"
    browser.sign_in("viewer@acme.example", PASSWORD)
    assert house.log()[0][2]["from"] == "127.0.0.1"
