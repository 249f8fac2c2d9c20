"""Sessions that are listed and ended, first passwords, tokens that outlive a session, entry by an operator's link, single sign-on alone."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from connectors.store.people import accounts, open_sessions
from plugin.access.authentication.sessions import LONGEST
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.access.authorization.refusal import AccessRefusal
from plugin.cli import cli
from plugin.runtime.settings import SettingsError, read_settings
from plugin.use_cases.accounts import people, set_up, sign_in_link
from plugin.use_cases.accounts.people import person_called

PASSWORD, OWN = "correct horse battery staple", "a quite different sentence"
OIDC = {"issuer": "https://login.test", "client_id": "okr", "client_secret": "a client secret"}


def stored(house):
    with house.connector.store.read() as conn:
        return [
            one
            for account in accounts.load_all(conn)
            for one in open_sessions.load_sessions(conn, account.id)
        ]


def test_one_sees_where_one_is_signed_in_and_ends_it(house) -> None:
    phone, desk = house.signed_in("viewer"), house.signed_in("viewer")
    page = desk.get("/account").text
    [other] = re.findall(r"/account/sessions/([^/]+)/end", page)
    assert "this one" in page
    assert desk.post(f"/account/sessions/{other}/end").status_code == 302
    assert not phone.is_in()
    assert desk.is_in()
    assert house.log()[0][:2] == ("viewer@acme.example", "session ended")


def test_that_a_session_is_used_is_kept_once_a_minute_whatever_cookie_is_sent(house) -> None:
    browser = house.signed_in("viewer")
    [opened] = stored(house)
    first = browser.client.get_cookie("jira_okr")
    assert first is not None
    seen = []
    for _ in range(3):
        house.clock.forward(seconds=40)
        for _ in range(2):
            browser.client.set_cookie(first.key, first.value)
            assert browser.is_in()
            house.clock.forward(seconds=1)
        seen.append((stored(house)[0].seen - opened.seen).seconds)
    assert seen == [0, 82, 82]


def test_nobody_ends_a_session_of_somebody_else(house) -> None:
    house.signed_in("admin")
    viewer = house.signed_in("viewer")
    for one in stored(house):
        assert viewer.client.get("/account").status_code == 200
        assert one.id not in viewer.get("/account").text
    assert viewer.post("/account/sessions/000000000000/end").status_code == 404


def test_a_session_of_which_nothing_is_stored_has_ended(house) -> None:
    browser = house.signed_in("viewer")
    with house.connector.store.write() as conn:
        assert open_sessions.end_all(conn) == 1
    assert not browser.is_in()


def test_sessions_that_ended_by_themselves_are_forgotten(house) -> None:
    for _ in range(3):
        house.signed_in("viewer")
        house.clock.forward(seconds=LONGEST.total_seconds() + 1)
    house.signed_in("viewer")
    assert len(stored(house)) == 1


def test_a_password_that_somebody_else_chose_opens_nothing_but_its_change(house) -> None:
    people.add(house.connector, COMMAND_LINE, "kim@acme.example", "Kim", "admin", PASSWORD)
    kim = house.browser()
    kim.sign_in("kim@acme.example", PASSWORD)
    assert kim.get("/health").location == "/account"
    assert kim.client.get("/api/v1/people", headers={"Accept": "application/json"}).status_code == 403
    assert "Choose a password of your own first" in kim.get("/account").text
    same = kim.post("/account/password", current=PASSWORD, password=PASSWORD, again=PASSWORD)
    assert same.status_code == 422
    assert kim.post("/account/password", current=PASSWORD, password=OWN, again=OWN).status_code == 302
    assert kim.get("/health").status_code == 200
    again = house.browser()
    again.sign_in("kim@acme.example", OWN)
    assert again.get("/health").status_code == 200


def test_a_long_token_takes_somebody_who_said_of_late_who_they_are(house) -> None:
    browser = house.signed_in("viewer")
    house.clock.forward(minutes=16)

    def make(days):
        return browser.post("/account/tokens", "/account/tokens", name="job", scope="read", days=days)

    assert "confirm that it is you" in browser.get("/account/tokens").text
    assert make("7").status_code == 422
    assert "okr_" in make("1").text.split("secret-text", 1)[1]
    browser.post("/account/identity", "/account/identity", current=PASSWORD)
    assert make("7").status_code == 200


def test_admins_see_tokens_of_everybody_and_take_them_away(house) -> None:
    house.signed_in("viewer").post(
        "/account/tokens", "/account/tokens", name="nightly", scope="read", days="7"
    )
    admin = house.signed_in("admin")
    page = admin.get("/people/tokens").text
    assert "nightly" in page
    assert "viewer@acme.example" in page
    assert house.signed_in("viewer").get("/people/tokens").status_code == 403
    [path] = re.findall(r'action="(/people/tokens/\d+/revoke)"', page)
    assert admin.post(path, "/people/tokens").status_code == 302
    assert "Nobody has made a token yet" in admin.get("/people/tokens").text


def test_an_operator_lets_somebody_in_once(house) -> None:
    account = house.account("admin")
    address = sign_in_link.make_link(house.connector, COMMAND_LINE, account)
    path = address.removeprefix("http://okr.test")
    browser = house.browser()
    assert browser.get(path).status_code == 200
    assert browser.post(path, path).status_code == 302
    assert browser.is_in()
    assert house.browser().get(path).status_code == 410
    late = sign_in_link.make_link(house.connector, COMMAND_LINE, account).removeprefix("http://okr.test")
    house.clock.forward(minutes=15)
    assert house.browser().get(late).status_code == 410


@pytest.fixture
def alone(house_with):
    """A house where people come by the provider alone."""
    return house_with(local_accounts="off", oidc=OIDC)


def test_with_single_sign_on_alone_no_password_opens_anything(alone) -> None:
    alone.account("admin")
    browser = alone.browser()
    page = browser.get("/sign-in").text
    assert 'name="password"' not in page
    assert "jira-okr user let-in" in page
    with pytest.raises(AccessRefusal, match="Passwords are off"):
        people.add(alone.connector, COMMAND_LINE, "kim@acme.example", "Kim", "viewer", PASSWORD)
    account = person_called(alone.connector, COMMAND_LINE, "admin@acme.example")
    with pytest.raises(AccessRefusal, match="Passwords are off"):
        people.set_password(alone.connector, COMMAND_LINE, account, PASSWORD)
    path = sign_in_link.make_link(alone.connector, COMMAND_LINE, account).removeprefix("http://okr.test")
    assert browser.post(path, path).status_code == 302
    assert browser.is_in()
    assert 'name="current"' not in browser.get("/account").text


def test_passwords_that_are_switched_off_end_the_sessions_they_began(house) -> None:
    browser = house.signed_in("viewer")
    house.connector.settings = house.connector.settings.model_copy(update={"local_accounts": "off"})
    assert not browser.is_in()


def test_without_passwords_the_first_admin_is_named_by_command(alone) -> None:
    assert "--no-password" in (set_up.invite(alone.connector, COMMAND_LINE, "http://x") or "")
    people.add(alone.connector, COMMAND_LINE, "kim@acme.example", "Kim", "admin", None)
    assert set_up.invite(alone.connector, COMMAND_LINE, "http://x") is None


def test_passwords_are_not_off_where_there_is_no_provider() -> None:
    with pytest.raises(SettingsError, match="JIRA_OKR_LOCAL_ACCOUNTS"):
        read_settings(env_file=None, local_accounts="off")


def test_operators_see_sessions_and_second_factors_by_command(house, monkeypatch) -> None:
    monkeypatch.setenv("JIRA_OKR_DATABASE_URL", house.connector.settings.database_url)
    house.account("viewer")
    run = lambda *words: CliRunner().invoke(cli, ["user", *words])  # noqa: E731
    assert "signed in nowhere" in run("sessions", "viewer@acme.example").output
    assert "the password alone" in run("second-factor", "viewer@acme.example").output
    assert "/let-in/" in run("let-in", "viewer@acme.example").output
