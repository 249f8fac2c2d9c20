"""The second factor of a local account: set up, asked for, used once, recovered, taken away."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from connectors.store.people import accounts, second_factors
from plugin.access.authentication import second_factor
from plugin.access.authorization.actor import COMMAND_LINE, Actor
from plugin.access.authorization.permission import Permission
from plugin.access.authorization.refusal import AccessRefusal
from plugin.use_cases.accounts import second_factor as use_case
from tests.plugin.access.conftest import House

PASSWORD = "correct horse battery staple"
SECRET_TEXT = re.compile(r'<code class="secret-text">([^<]+)</code>')


def code_of(secret: str, at: datetime) -> str:
    """What an app shows then: made here by the recipe of RFC 6238, not by our function."""
    return TOTP(base64.b32decode(secret), 6, SHA1(), 30).generate(int(at.timestamp())).decode()


def test_codes_are_those_of_the_standard() -> None:
    """The example of RFC 6238, appendix B: 94287082 at second 59, of which apps show the last six digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert second_factor.step_of(secret, "287 082", datetime.fromtimestamp(59, UTC)) == 1
    assert second_factor.step_of(secret, "287082", datetime.fromtimestamp(59 + 30, UTC)) == 1
    assert second_factor.step_of(secret, "287082", datetime.fromtimestamp(59 + 31, UTC)) is None
    assert (
        second_factor.step_of(secret, "\uff12\uff18\uff17\uff10\uff18\uff12", datetime.fromtimestamp(59, UTC))
        is None
    )


@pytest.fixture
def secured(house):
    """A house, a browser of a viewer with a second factor, its secret and the recovery codes."""
    browser = house.signed_in("viewer")
    page = browser.post("/account/second-factor", "/account/second-factor").text
    assert "<svg" in page
    [secret] = SECRET_TEXT.findall(page)
    done = browser.post(
        "/account/second-factor/confirm", "/account/second-factor", code=code_of(secret, house.clock())
    )
    assert done.status_code == 200, done.text
    codes = SECRET_TEXT.findall(done.text)
    assert len(codes) == 10
    house.clock.forward(minutes=1)
    return house, browser, secret, codes


def by_password(house):
    browser = house.browser()
    answer = browser.sign_in("viewer@acme.example", PASSWORD, next="/health")
    assert answer.location.startswith("/sign-in/code")
    assert not browser.is_in()
    return browser


def give(browser, code, status=302):
    answer = browser.post("/sign-in/code", "/sign-in/code?next=/health", code=code, next="/health")
    assert answer.status_code == status, answer.text
    return answer


def test_the_password_alone_lets_nobody_in(secured) -> None:
    house, _, secret, _ = secured
    browser = by_password(house)
    give(browser, "000000", 401)
    assert not browser.is_in()
    assert give(browser, code_of(secret, house.clock())).location == "/health"
    assert browser.is_in()
    assert house.log()[0][2]["by"] == "password and code"
    assert [what for _, what, detail in house.log() if detail.get("reason") == "wrong code"] == [
        "sign-in failed"
    ]


def test_a_code_works_once(secured) -> None:
    house, _, secret, _ = secured
    code = code_of(secret, house.clock())
    give(by_password(house), code)
    give(by_password(house), code, 401)


def test_a_clock_that_was_ahead_locks_nobody_out(secured) -> None:
    house, _, secret, _ = secured
    house.clock.forward(days=365)
    give(by_password(house), code_of(secret, house.clock()))
    house.clock.forward(days=-365)
    code = code_of(secret, house.clock())
    give(by_password(house), code)
    give(by_password(house), code, 401)


def test_a_recovery_code_works_once_and_is_said(secured) -> None:
    house, browser, _, codes = secured
    give(by_password(house), codes[3].upper())
    give(by_password(house), codes[3], 401)
    assert "9 codes are" in browser.get("/account/second-factor").text
    with house.connector.store.read() as conn:
        [account] = accounts.load_all(conn)
        assert codes[0] not in str(second_factors.get(conn, account.id))


def test_guessing_codes_is_slowed_down_although_the_password_is_right(secured) -> None:
    house, _, secret, _ = secured
    browser = by_password(house)
    for _ in range(5):
        give(browser, "000000", 401)
    assert "Retry-After" in give(browser, code_of(secret, house.clock()), 429).headers
    house.clock.forward(minutes=16)
    again = by_password(house)
    give(again, code_of(secret, house.clock()))


def test_what_is_half_done_runs_out(secured) -> None:
    house, _, _secret, _ = secured
    browser = by_password(house)
    house.clock.forward(minutes=6)
    answer = browser.client.get("/sign-in/code")
    assert answer.location == "/sign-in"
    assert not browser.is_in()


def test_setting_up_takes_somebody_who_said_of_late_who_they_are(house) -> None:
    browser = house.signed_in("viewer")
    house.clock.forward(minutes=16)
    answer = browser.post("/account/second-factor", "/account/second-factor")
    assert answer.location.startswith("/account/identity")
    wrong = browser.post("/account/identity", "/account/identity", current="not this one at all")
    assert wrong.status_code == 422
    right = browser.post(
        "/account/identity", "/account/identity", current=PASSWORD, next="/account/second-factor"
    )
    assert right.location == "/account/second-factor"
    assert "otpauth://" in browser.post("/account/second-factor", "/account/second-factor").text


def test_only_the_app_itself_shows_that_it_makes_the_right_codes(house) -> None:
    """A recovery code of some former time, or a wrong one, sets nothing up."""
    account = house.account("viewer")
    actor = Actor(account.email, Permission.VIEWER, account.id, proved_at=house.clock())
    secret = use_case.begin(house.connector, actor).secret
    with house.connector.store.write() as conn:
        use_case._keep(conn, account, ["former-code"])
    for wrong in ("former-code", "000000x", ""):
        with pytest.raises(AccessRefusal, match="That is not the code of now"):
            use_case.confirm(house.connector, actor, wrong, "192.0.2.7")
        assert not use_case.factor_state(house.connector, actor).asked
    assert len(use_case.confirm(house.connector, actor, code_of(secret, house.clock()), "192.0.2.7")) == 10
    assert use_case.factor_state(house.connector, actor).asked


def test_who_has_one_says_it_with_both(secured) -> None:
    house, browser, secret, _ = secured
    house.clock.forward(minutes=16)
    ask = lambda **said: browser.post("/account/identity", "/account/identity", current=PASSWORD, **said)  # noqa: E731
    assert ask(code="").status_code == 422
    assert ask(code=code_of(secret, house.clock())).status_code == 302


def test_an_admin_takes_away_what_was_lost(secured) -> None:
    house, _, _, _ = secured
    account = next(one for one in accounts_of(house) if one.role == "viewer")
    admin = house.signed_in("admin")
    assert "with a second factor" in admin.get("/people").text
    assert admin.post(f"/people/{account.id}/second-factor", "/people").status_code == 302
    assert house.browser().sign_in("viewer@acme.example", PASSWORD).location == "/"
    assert house.log()[1][:2] == ("admin@acme.example", "second factor removed")
    assert not use_case.with_factor(house.connector, COMMAND_LINE)


def test_what_is_not_there_is_not_taken_away(house) -> None:
    account = house.account("viewer")
    with pytest.raises(AccessRefusal, match=r"viewer@acme\.example has no second factor"):
        use_case.remove_for(house.connector, COMMAND_LINE, account)
    assert "second factor removed" not in [what for _, what, _ in house.log()]


def test_its_owner_takes_it_away(secured) -> None:
    house, browser, _, _ = secured
    assert browser.post("/account/second-factor/remove", "/account/second-factor").status_code == 302
    assert house.browser().sign_in("viewer@acme.example", PASSWORD).location == "/"


def accounts_of(house):
    with house.connector.store.read() as conn:
        return accounts.load_all(conn)


def test_where_all_have_to_have_one_nothing_opens_before(tmp_path, store) -> None:
    house = House(store, tmp_path, second_factor="required")
    browser = house.signed_in("viewer")
    for path in ("/", "/health", "/account/tokens"):
        assert browser.client.get(path).location == "/account/second-factor"
    refused = browser.client.get("/api/v1/objectives", headers={"Accept": "application/json"})
    assert (refused.status_code, refused.json["title"]) == (403, "Second factor to be set up")
    assert "Set up a second factor first" in browser.get("/account/second-factor").text
    page = browser.post("/account/second-factor", "/account/second-factor").text
    code = code_of(SECRET_TEXT.findall(page)[0], house.clock())
    assert (
        browser.post("/account/second-factor/confirm", "/account/second-factor", code=code).status_code == 200
    )
    assert browser.client.get("/health").status_code == 200
    browser.post("/account/second-factor/remove", "/account/second-factor")
    assert browser.client.get("/health").location == "/account/second-factor"
