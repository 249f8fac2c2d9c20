"""People: by page, and by command line; and there is always an admin left."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from connectors.store.people import accounts, audit
from plugin.access.authentication import tokens
from plugin.access.authorization import members
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.access.authorization.refusal import AccessRefusal
from plugin.cli import cli
from plugin.use_cases.record import chain

PASSWORD = "correct horse battery staple"


def account_of(house, email):
    with house.connector.store.read() as conn:
        return accounts.by_email(conn, email)


def test_an_admin_adds_somebody_who_can_sign_in(house) -> None:
    page = house.signed_in("admin").post(
        "/people", "/people", email=" Kim@acme.example", name="Kim", role="editor"
    )
    password = re.search(r"secret-text[^>]*>([^<]+)<", page.text).group(1)
    kim = house.browser()
    assert kim.sign_in("kim@acme.example", password).status_code == 302
    assert account_of(house, "kim@acme.example").role == "editor"
    assert password not in str(house.log())


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"email": "viewer@acme.example"}, "has an account already"),
        ({"email": "nobody"}, "Write an e-mail address"),
        ({"role": "owner"}, "is no role. Roles: viewer, editor, admin"),
    ],
)
def test_a_slip_is_said(house, fields, said) -> None:
    house.account("viewer")
    good = {"email": "kim@acme.example", "name": "Kim", "role": "viewer"}
    answer = house.signed_in("admin").post("/people", "/people", **{**good, **fields})
    assert answer.status_code == 422
    assert said in answer.text.replace("&#39;", "'")


def test_roles_passwords_and_closing_by_page(house) -> None:
    admin, viewer = house.signed_in("admin"), house.signed_in("viewer")
    person = account_of(house, "viewer@acme.example")
    assert admin.post(f"/people/{person.id}/role", "/people", role="editor").status_code == 302
    assert account_of(house, person.email).role == "editor"
    page = admin.post(f"/people/{person.id}/password", "/people").text
    fresh = re.search(r"secret-text[^>]*>([^<]+)<", page).group(1)
    assert not viewer.is_in()
    assert viewer.sign_in(person.email, fresh).status_code == 302
    admin.post(f"/people/{person.id}/disable", "/people")
    assert not viewer.is_in()
    assert "closed" in admin.get("/people").text
    admin.post(f"/people/{person.id}/enable", "/people")
    assert viewer.sign_in(person.email, fresh).status_code == 302
    whats = [what for _, what, _ in house.log() if what != "signed in"]
    assert whats == ["account enabled", "account disabled", "password changed", "role changed"]


def test_signing_somebody_out_and_removing_them_by_page(house) -> None:
    admin, viewer = house.signed_in("admin"), house.signed_in("viewer")
    person = account_of(house, "viewer@acme.example")
    token = tokens.issue(house.connector, person, "export", ["read"], 30, "test")
    admin.post(f"/people/{person.id}/sign-out", "/people")
    assert not viewer.is_in()
    ask = {"Authorization": f"Bearer {token}"}
    assert house.app.test_client().get("/health", headers=ask).status_code == 200
    admin.post(f"/people/{person.id}/remove", "/people")
    assert account_of(house, person.email) is None
    assert house.app.test_client().get("/health", headers=ask).status_code == 401
    assert [what for _, what, _ in house.log()][1:3] == ["account removed", "signed out everywhere"]


@pytest.mark.parametrize("path", ["/people/999/role", "/people/1/explode", f"/people/{2**63}/role"])
def test_what_is_not_there_cannot_be_changed(house, path) -> None:
    assert house.signed_in("admin").post(path, "/people", role="viewer").status_code == 404


def test_the_only_admin_stays_one(house) -> None:
    admin = house.account("admin")
    house.account("viewer")
    for change in (
        lambda: members.change_role(house.connector, admin, "viewer", "x"),
        lambda: members.disable(house.connector, admin, "x"),
        lambda: members.remove(house.connector, admin, "x"),
    ):
        with pytest.raises(AccessRefusal, match="only admin"):
            change()
    second = house.account("admin", "second@acme.example")
    members.disable(house.connector, admin, "x")
    with pytest.raises(AccessRefusal, match="only admin"):
        members.change_role(house.connector, second, "editor", "x")


@pytest.fixture
def command(house, monkeypatch):
    """Runs `jira-okr` on the database of the house."""
    monkeypatch.setenv("JIRA_OKR_DATABASE_URL", house.connector.settings.database_url)

    def run(*words: str, typed: str = "", exit_code: int = 0):
        result = CliRunner().invoke(cli, list(words), input=typed)
        assert result.exit_code == exit_code, (result.output, result.exception)
        return result if result.exception and not isinstance(result.exception, SystemExit) else result.output

    return run


def test_people_by_command(house, command) -> None:
    assert "Nobody has an account yet" in command("user", "list")
    assert command("user", "add", "lee@acme.example", "--role", "admin", typed=PASSWORD + "\n") == (
        "Added lee@acme.example as admin.\n"
    )
    command("user", "add", "kim@acme.example", "--no-password")
    [kim, lee] = json.loads(command("user", "list", "--json"))
    assert (lee["email"], lee["role"], lee["signs_in_by"]) == ("lee@acme.example", "admin", "password")
    assert kim["signs_in_by"] == ""
    command("user", "role", "kim@acme.example", "editor")
    command("user", "disable", "kim@acme.example")
    assert json.loads(command("user", "list", "--json"))[0]["disabled_at"]
    command("user", "enable", "KIM@acme.example")
    assert "editor" in command("user", "list")
    assert command("user", "sign-out", "kim@acme.example") == "kim@acme.example is signed out everywhere.\n"
    command("user", "remove", "kim@acme.example", typed="n\n", exit_code=1)
    assert command("user", "remove", "kim@acme.example", "--yes") == "kim@acme.example is removed.\n"
    assert len(json.loads(command("user", "list", "--json"))) == 1
    command("user", "password", "lee@acme.example", typed="a quite different sentence\n")
    browser = house.browser()
    assert browser.sign_in("lee@acme.example", "a quite different sentence").status_code == 302


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["user", "remove", "nobody@acme.example"], "There is no account nobody@acme.example"),
        (["user", "role", "nobody@acme.example", "viewer"], "There is no account nobody@acme.example"),
        (["user", "add", "kim@acme.example"], "at least 12 characters"),
        (["token", "revoke", "7"], "There is no token 7"),
        (["token", "create", "nobody@acme.example", "--name", "x"], "There is no account"),
    ],
)
def test_what_does_not_work_says_what_does(command, words, said) -> None:
    result = command(*words, typed="short\n", exit_code=1)
    assert isinstance(result.exception, AccessRefusal)
    assert said in str(result.exception)


def test_tokens_by_command(house, command) -> None:
    house.account("editor")
    assert "No tokens yet" in command("token", "list")
    made = json.loads(
        command(
            "token",
            "create",
            "editor@acme.example",
            "--name",
            "job",
            "--scope",
            "write",
            "--days",
            "7",
            "--json",
        )
    )
    answer = house.app.test_client().get("/health", headers={"Authorization": f"Bearer {made['token']}"})
    assert answer.status_code == 200
    [kept] = json.loads(command("token", "list", "--json"))
    assert (kept["account"], kept["name"], kept["scopes"]) == ("editor@acme.example", "job", ["write"])
    assert made["token"] not in command("token", "list")
    assert command("token", "revoke", str(kept["id"])) == "Revoked job.\n"
    assert [who for who, what, _ in house.log() if what.startswith("token")] == ["command line"] * 2


def test_personal_data_is_handed_out_and_erased_by_page(house) -> None:
    """By the address alone, with an account or without; nothing is erased that was not meant twice."""
    admin, kim = house.signed_in("admin"), house.account(email="kim@acme.example")
    with house.connector.store.write() as conn:
        audit.note(conn, "lee@acme.example", "did something", house.clock(), {"account": kim.email})
        audit.note(conn, "gone@acme.example", "did something", house.clock())
    assert "Personal data" in admin.get("/people").text
    assert "Erase somebody" in admin.get("/people/data").text

    def out(address):
        return admin.post("/people/data", "/people/data", **{"out-email": address})

    def erase(address, again):
        fields = {"erase-email": address, "erase-confirm": again}
        return admin.post("/people/erase", "/people/data", **fields)

    given = out("Kim@acme.example")
    assert given.headers["Content-Disposition"] == 'attachment; filename="personal-data.jsonl"'
    rows = [json.loads(line) for line in given.text.splitlines()]
    assert {row["table"] for row in rows} >= {"account", "audit"}
    assert "password_hash" not in given.text
    for address, said in (
        ("stranger@acme.example", "Nothing here names"),
        ("kim", "Write an e-mail address"),
        ("", "Write the e-mail address"),
    ):
        refused = out(address)
        assert (refused.status_code, said in refused.text) == (422, True), refused.text

    for address, again, said in (
        (kim.email, "", "write the same address once more"),
        (kim.email, "lee@acme.example", "write the same address once more"),
        ("admin@acme.example", "admin@acme.example", "Nobody erases themselves"),
        ("stranger@acme.example", "stranger@acme.example", "Nothing here names"),
    ):
        refused = erase(address, again)
        assert (refused.status_code, said in refused.text) == (422, True), refused.text
    assert account_of(house, kim.email) is not None
    for address in (kim.email, "gone@acme.example"):
        assert erase(address, address.upper()).status_code == 302
        assert "say “erased person" in admin.get("/people/data").text
        assert "Nothing here names" in out(address).text
    assert account_of(house, kim.email) is None
    assert chain.verify(house.connector, COMMAND_LINE).findings == ()
    assert house.signed_in("viewer").post("/people/erase").status_code == 403
