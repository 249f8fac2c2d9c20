"""Accounts, sessions, tokens and what was done as rows: each word for what is there, and none for what is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.store.lists.records import WriteRecord
from connectors.store.people.accounts import Account
from connectors.store.people.audit import AuditEntry
from connectors.store.people.tokens import ApiToken
from plugin.pages.views.accounts.people import account_row, browser_name, session_row, token_row
from plugin.pages.views.accounts.record import act_row, show_value, write_row
from plugin.use_cases.accounts.own_account import SessionSummary

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ADA = Account(7, "ada@acme.example", "Ada", None, "editor", NOW - HOUR, None)
TOKEN = ApiToken(3, 7, "CI", frozenset({"write", "read"}), NOW - HOUR, None, None)
WRITTEN = WriteRecord(
    1, NOW, "main", "PLAT-1", "OKR progress", 50, None, "40 to 50", None, "said", "10001", "r1", "event"
)


@pytest.mark.parametrize(
    ("password", "identity", "said"),
    [
        (None, None, "not yet: set a password"),
        ("hash", None, "password"),
        (None, ("https://id.example", "ada"), "single sign-on"),
        ("hash", ("https://id.example", "ada"), "password and single sign-on"),
    ],
)
def test_by_what_somebody_signs_in(password, identity, said):
    one = replace(ADA, password_hash=password, identity=identity)
    assert account_row(one, 1, False, NOW, UTC).signs_in == said


@pytest.mark.parametrize(("me", "factor", "off"), [(7, False, None), (8, True, HOUR)])
def test_an_account_is_the_one_of_who_looks_or_another_on_or_off(me, factor, off):
    disabled = None if off is None else NOW - off
    row = account_row(replace(ADA, disabled_at=disabled), me, factor, NOW, UTC)
    assert (row.is_me, row.factor) == (me == 7, factor)
    assert (row.disabled and row.disabled.ago) == (None if off is None else "60 min ago")
    assert (row.id, row.email, row.name, row.role) == (7, "ada@acme.example", "Ada", "editor")


@pytest.mark.parametrize(
    ("expires", "expired"), [(None, False), (-HOUR, True), (timedelta(0), True), (HOUR, False)]
)
def test_a_token_has_expired_from_its_instant_on(expires, expired):
    at = None if expires is None else NOW + expires
    row = token_row(replace(TOKEN, expires_at=at), NOW, UTC)
    assert row.expired is expired
    assert (row.expires and row.expires.iso) == (None if at is None else at.isoformat())
    assert (row.scopes, row.used) == ("read, write", None)


def test_a_session_says_when_it_began_and_when_it_was_seen():
    summary = SessionSummary("s1", NOW - 2 * HOUR, NOW - HOUR, "203.0.113.7", "curl/8.5.0", True)
    row = session_row(summary, NOW, UTC)
    assert (row.begun.ago, row.seen.ago, row.is_this) == ("2 h ago", "60 min ago", True)
    assert (row.name, row.browser, row.address) == ("s1", "curl/8.5.0", "203.0.113.7")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 OPR/120.0", "Opera on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18.5 Safari/605.1", "Safari on macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) Safari/604.1", "Safari on iPad"),
        ("Lynx on Linux", "Linux"),
        ("Firefox", "Firefox"),
        ("x" * 41, "x" * 40),
        ("", ""),
    ],
)  # fmt: skip
def test_a_browser_is_called_what_people_call_it(said, name):
    assert browser_name(said) == name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "empty"),
        ("", ""),
        (0, "0"),
        (62.5, "62.5"),
        (True, "true"),
        ({"value": "On track"}, "On track"),
        ({"value": None}, "empty"),
        ({"value": "On track", "id": "1"}, "On track"),
        ({"self": "https://jira/10101", "value": "On track", "id": "10101", "disabled": False}, "On track"),
        ({"value": "On track", "child": "1"}, '{"value": "On track", "child": "1"}'),
        ({"id": "1"}, '{"id": "1"}'),
        ([], ""),
        (["b", "a"], "b, a"),
        (["a", 1], '["a", 1]'),
        ({"name": "Jürgen"}, '{"name": "Jürgen"}'),
        ("ab" * 32, "abababababab…"),
        ("ab" * 31, "ab" * 31),
        ("ab" * 33, "ab" * 33),
        ("é" * 200, "é" * 200),
        ("é" * 201, "é" * 200),
        (["é" * 201], "é" * 200),
    ],
)
def test_a_value_of_jira_is_shown_as_people_call_it(value, text):
    assert show_value(value) == text


@pytest.mark.parametrize(
    ("outcome", "said", "level"),
    [
        (None, "under way", "pending"),
        ("written", "written", "on_track"),
        ("confirmed", "confirmed", "on_track"),
        ("refused", "refused", "off_track"),
        ("failed", "failed", "off_track"),
        ("held", "held", "at_risk"),
        ("dropped", "dropped", "pending"),
    ],
)
def test_what_became_of_a_write_is_a_word_and_a_colour(outcome, said, level):
    row = write_row(replace(WRITTEN, outcome=outcome), NOW, UTC)
    assert (row.outcome, row.level) == (said, level)
    assert (row.before, row.after, row.issue, row.field) == ("50", "empty", "PLAT-1", "OKR progress")
    assert (row.reason, row.note, row.cause, row.revision) == ("40 to 50", "said", "event", "r1")


def test_an_act_is_shown_with_the_names_of_what_it_did():
    entry = AuditEntry(1, NOW, "main", "ada@acme.example", "token made", {"expires_at": None, "scopes": ["read"]})  # fmt: skip
    row = act_row(entry, NOW, UTC)
    assert row.detail == (("expires at", "empty"), ("scopes", "read"))
    assert (row.who, row.what, row.site, row.at.ago) == (
        "ada@acme.example",
        "token made",
        "main",
        "just now",
    )
