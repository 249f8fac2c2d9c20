"""Accounts and tokens, changed at each door: the same state, the same entry in the audit log, the same refusal."""

from __future__ import annotations

import pytest

from connectors.store.people import accounts, audit
from plugin.access.authorization.actor import COMMAND_LINE, Actor
from plugin.access.authorization.permission import Permission
from plugin.access.authorization.refusal import AccessRefusal
from plugin.use_cases.accounts import people, tokens
from plugin.use_cases.accounts.own_account import own_account
from plugin.use_cases.permission import PermissionRefusal

LEE = "lee@acme.example"
KIM = "kim@acme.example"
NEW_PASSWORD = "another horse, another battery"
VIEWER = Actor("vic@acme.example", Permission.VIEWER)


@pytest.fixture
def admin(doors_of):
    """The doors for an admin, and Lee, who is a viewer."""
    doors = doors_of("admin")
    people.add(doors.connector, COMMAND_LINE, LEE, "Lee", "viewer", None)
    return doors


def lee_of(doors):
    with doors.connector.store.read() as conn:
        return accounts.by_email(conn, LEE)


def by_page(doors, act, **form):
    return doors.page(f"/people/{lee_of(doors).id}/{act}", **form).status_code in (200, 302)


def by_api(doors, act, **body):
    path = f"/people/{lee_of(doors).id}"
    if act == "remove":
        return doors.api("DELETE", path).status_code == 200
    method = "PUT" if act == "role" else "POST"
    return doors.api(method, f"{path}/{act}", body or None).status_code == 200


def by_command(doors, act, **more):
    words = {"role": more.values(), "remove": ["--yes"]}.get(act, ())
    return doors.command("user", act, LEE, *words, typed=f"{NEW_PASSWORD}\n").exit_code == 0


CHANGES = {
    "role": ("role changed", {"account": LEE, "from": "viewer", "to": "editor"}),
    "disable": ("account disabled", {"account": LEE}),
    "enable": ("account enabled", {"account": LEE}),
    "sign-out": ("signed out everywhere", {"account": LEE}),
    "password": ("password changed", {"account": LEE}),
    "remove": ("account removed", {"account": LEE}),
}


@pytest.mark.parametrize("door", [by_page, by_api, by_command])
@pytest.mark.parametrize("act", CHANGES)
def test_an_account_is_changed_alike_at_each_door(admin, door, act):
    if act == "enable":
        people.disable(admin.connector, COMMAND_LINE, lee_of(admin))
    before = lee_of(admin)
    assert door(admin, act, **({"role": "editor"} if act == "role" else {}))
    assert admin.audited()[-1] == (*CHANGES[act], "")
    after = lee_of(admin)
    if act == "remove":
        assert after is None
        return
    assert after.role == ("editor" if act == "role" else "viewer")
    assert (after.disabled_at is not None) == (act == "disable")
    assert (after.password_hash is not None) == (act == "password")
    assert (after.email, after.name, after.created_at) == (before.email, before.name, before.created_at)


def add_by_page(doors):
    return doors.page("/people", email=KIM, name="Kim", role="editor").status_code == 200


def add_by_api(doors):
    body = {"email": KIM, "name": "Kim", "role": "editor"}
    return doors.api("POST", "/people", body).status_code == 201


def add_by_command(doors):
    words = ("user", "add", KIM, "--name", "Kim", "--role", "editor")
    return doors.command(*words, typed=f"{NEW_PASSWORD}\n").exit_code == 0


@pytest.mark.parametrize("door", [add_by_page, add_by_api, add_by_command])
def test_an_account_is_added_alike_at_each_door(admin, door):
    assert door(admin)
    with admin.connector.store.read() as conn:
        kim = accounts.by_email(conn, KIM)
        *_, entry = (one for one in reversed(audit.recent(conn, 100)) if one.what == "account added")
    assert (kim.email, kim.name, kim.role, kim.disabled_at) == (KIM, "Kim", "editor", None)
    assert kim.password_hash is not None
    assert (entry.detail, entry.site) == ({"account": KIM, "role": "editor"}, "")


def test_the_last_admin_stays_one_at_each_door(admin):
    me = admin.connector
    with me.store.read() as conn:
        account = accounts.by_email(conn, "admin@acme.example")
    told = "is the only admin. Make somebody else an admin first."
    assert told in admin.page(f"/people/{account.id}/disable").get_data(as_text=True)
    assert told in str(admin.command("user", "disable", account.email).exception)
    with pytest.raises(AccessRefusal, match="only admin"):
        people.disable(me, COMMAND_LINE, account)
    with me.store.read() as conn:
        assert accounts.by_email(conn, account.email).disabled_at is None


def test_a_viewer_looks_after_nobody_and_has_tokens_of_their_own_alone(admin):
    lee = lee_of(admin)
    for act in (people.disable, people.enable, people.sign_out, people.remove):
        with pytest.raises(PermissionRefusal, match="takes the role admin"):
            act(admin.connector, VIEWER, lee)
    as_lee = Actor(LEE, Permission.VIEWER, lee.id, admin.connector.clock())
    text, made = tokens.make(
        admin.connector, as_lee, own_account(admin.connector, as_lee), "export", ["read"], 7
    )
    assert text.startswith("okr_")
    assert [one.id for one in tokens.list_own(admin.connector, as_lee)] == [made.id]
    with pytest.raises(AccessRefusal, match="one's own account"):
        tokens.make(
            admin.connector,
            as_lee,
            people.person_called(admin.connector, COMMAND_LINE, "admin@acme.example"),
            "x",
            ["read"],
            7,
        )
    assert tokens.revoke_own(admin.connector, VIEWER, made.id) is None
    assert tokens.revoke_own(admin.connector, as_lee, made.id).name == "export"
    assert admin.audited()[-1] == ("token revoked", {"account": LEE, "token": "export"}, "")


@pytest.mark.parametrize(("email", "said"), [("kim", "address"), (KIM, "has an account already")])
def test_no_password_is_read_for_an_account_that_cannot_be(admin, email, said, monkeypatch):
    assert add_by_command(admin)
    monkeypatch.setattr("plugin.cli.accounts.user.asked_password", lambda: pytest.fail("it was asked"))
    found = admin.command("user", "add", email)
    assert (found.exit_code, said in str(found.exception)) == (1, True)
