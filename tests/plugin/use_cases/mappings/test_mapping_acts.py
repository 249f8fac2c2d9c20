"""Drafts, activation, sign-in and the first account: acts with an actor, allowed by role and in the audit log, whatever the door."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.clock import system_clock
from connectors.store.mappings import revisions
from plugin.access.authorization.actor import COMMAND_LINE, NOBODY, Actor
from plugin.access.authorization.permission import Permission
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.settings import read_settings
from plugin.use_cases.accounts import set_up
from plugin.use_cases.accounts.sign_in import SignInResult, WrongSignIn, sign_in
from plugin.use_cases.mappings import drafts, mapping_life
from plugin.use_cases.permission import PermissionRefusal
from plugin.use_cases.work.site_read import begin_reading

ADA, BO = Actor("ada@acme.example", Permission.ADMIN, 7), Actor("bo@acme.example", Permission.ADMIN, 8)
EDITOR = Actor("ed@acme.example", Permission.EDITOR, 9)
PASSWORD = "correct horse battery staple"


def test_a_draft_is_its_owners_and_audited_when_it_begins_and_ends(doors):
    connector = doors.connector
    kept = drafts.keep(connector, ADA, "main", "version: 1\r\n", "r1")
    assert (kept.text, kept.base) == ("version: 1\n", "r1")
    assert drafts.keep(connector, ADA, "main", "version: 2").base == "r1"
    assert drafts.own_draft(connector, ADA, "main").text == "version: 2"
    assert drafts.own_draft(connector, BO, "main") is None
    assert drafts.own_draft(connector, replace(BO, role=Permission.VIEWER), "main") is None
    drafts.drop(connector, BO, "main")
    drafts.drop(connector, ADA, "main")
    drafts.drop(connector, ADA, "main")
    assert drafts.own_draft(connector, ADA, "main") is None
    assert doors.audited() == [
        ("mapping draft begun", {"base": "r1"}, "main"),
        ("mapping draft dropped", {}, "main"),
    ]


def test_who_is_no_admin_changes_no_mapping(doors):
    connector = doors.connector
    for act, *words in (
        (drafts.keep, "version: 1"),
        (drafts.drop,),
        (mapping_life.check_text, "version: 1"),
        (mapping_life.glance_text, "version: 1"),
        (mapping_life.preview_text, "version: 1"),
        (mapping_life.activate, "version: 1"),
        (mapping_life.begin_activation, "version: 1"),
        (mapping_life.rollback,),
        (begin_reading, "version: 1"),
    ):
        with pytest.raises(PermissionRefusal, match="takes the role admin; ed@acme"):
            act(connector, EDITOR, "main", *words)
    assert doors.audited() == []


def test_a_command_that_expects_another_mapping_is_told_which_rules_and_what_to_do(doors):
    connector = doors.connector
    with connector.store.write() as conn:
        for name, who in (("0a11", "ada"), ("0b22", "bo")):
            revisions.add(conn, "main", "version: 1", name, who, connector.clock())
            revisions.activate(conn, "main", name, who, connector.clock())
    refused = doors.command("mapping", "rollback", "--expect", "0a")
    said = str(refused.exception)
    assert isinstance(refused.exception, Refusal)
    assert "bo activated revision 0b22 at " in said
    assert "Preview again, then give --expect 0b22." in said
    unknown = doors.command("mapping", "rollback", "--expect", "f")
    assert "No revision alone begins with 'f'" in str(unknown.exception)
    with connector.store.read() as conn:
        assert revisions.active_name(conn, "main") == "0b22"


def test_the_first_account_is_made_by_nobody_yet_with_the_link_that_an_admin_was_given(sqlite_store):
    connector = Connector(read_settings(None), sqlite_store, {}, system_clock)
    with pytest.raises(PermissionRefusal):
        set_up.make_link(connector, NOBODY, "http://okr.test")
    text = set_up.make_link(connector, COMMAND_LINE, "http://okr.test").rpartition("/")[2]
    assert set_up.is_needed(connector, NOBODY)
    assert set_up.is_valid(connector, NOBODY, text)
    made = set_up.make_first_account(connector, NOBODY, text, "Lee@acme.example", "Lee", PASSWORD)
    assert (made.email, made.role) == ("lee@acme.example", "admin")
    assert not set_up.is_needed(connector, NOBODY)
    assert not set_up.is_valid(connector, NOBODY, text)
    signed_in = sign_in(connector, NOBODY, "lee@acme.example", PASSWORD, "203.0.113.7")
    assert isinstance(signed_in, SignInResult)
    assert signed_in.account.id == made.id
    assert isinstance(sign_in(connector, NOBODY, "lee@acme.example", "a guess", "203.0.113.7"), WrongSignIn)
