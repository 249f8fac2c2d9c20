"""Accounts and tokens, changed at each door: the same state, the same entry in the audit log, the same refusal."""

from __future__ import annotations

import pytest

from connectors.store.people import accounts
from plugin.access.actor import COMMAND_LINE, Actor
from plugin.access.permission import Permission
from plugin.access.refusal import Refused
from plugin.use_cases.accounts import people, tokens
from plugin.use_cases.accounts.own_account import own_account
from plugin.use_cases.permission import NotAllowed

LEE = "lee@acme.example"
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


def by_page(doors):
    return doors.page(f"/people/{lee_of(doors).id}/disable").status_code == 302


def by_command(doors):
    return doors.command("user", "disable", LEE).exit_code == 0


@pytest.mark.parametrize("door", [by_page, by_command])
def test_an_account_is_closed_alike_at_each_door(admin, door):
    assert door(admin)
    assert lee_of(admin).disabled_at is not None
    assert admin.audited()[-1] == ("account disabled", {"account": LEE}, "")


def test_the_last_admin_stays_one_at_each_door(admin):
    me = admin.connector
    with me.store.read() as conn:
        account = accounts.by_email(conn, "admin@acme.example")
    told = "is the only admin. Make somebody else an admin first."
    assert told in admin.page(f"/people/{account.id}/disable").get_data(as_text=True)
    assert told in str(admin.command("user", "disable", account.email).exception)
    with pytest.raises(Refused, match="only admin"):
        people.disable(me, COMMAND_LINE, account)
    with me.store.read() as conn:
        assert accounts.by_email(conn, account.email).disabled_at is None


def test_a_viewer_looks_after_nobody_and_has_tokens_of_their_own_alone(admin):
    lee = lee_of(admin)
    for act in (people.disable, people.enable, people.sign_out, people.remove):
        with pytest.raises(NotAllowed, match="takes the role admin"):
            act(admin.connector, VIEWER, lee)
    as_lee = Actor(LEE, Permission.VIEWER, lee.id)
    text, made = tokens.make(
        admin.connector, as_lee, own_account(admin.connector, as_lee), "export", ["read"], 7
    )
    assert text.startswith("okr_")
    assert [one.id for one in tokens.list_own(admin.connector, as_lee)] == [made.id]
    with pytest.raises(Refused, match="one's own account"):
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
