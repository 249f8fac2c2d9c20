"""The rules around signing in by themselves, without a server: how often, for how long, where to, and who may what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from connectors.store import Store, open_store
from connectors.store.database.instant import to_ms
from connectors.store.people import sign_in_attempts
from connectors.store.people.accounts import Account
from connectors.store.people.sign_in_attempts import Attempts
from plugin.access import audit_export
from plugin.access.authentication import passwords, sessions, throttle, tokens
from plugin.access.authentication.destination import safe_destination
from plugin.access.authentication.provider import ALGORITHMS, CLOCK_SKEW_S, TIMEOUT_S, identity_of, role_of
from plugin.access.authentication.sessions import holds
from plugin.access.authentication.throttle import WINDOW, attempt, note_success, noteworthy, wait
from plugin.access.authorization import actor, members
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission, Rule, lesser, needs, rule_of
from plugin.access.authorization.person import Person
from plugin.access.authorization.refusal import AccessRefusal
from plugin.runtime.settings import OidcSettings
from tests.empty_database import lay_empty_database

NOW = datetime(2026, 11, 9, 9, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
SECOND, MOMENT = timedelta(seconds=1), timedelta(milliseconds=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    lay_empty_database(tmp_path / "okr.sqlite3")
    opened = open_store(f"sqlite:///{tmp_path / 'okr.sqlite3'}")
    yield opened
    opened.close()


def test_attempts_are_counted_in_windows_of_a_quarter_of_an_hour(store: Store) -> None:
    moments = [NOW, NOW + QUARTER - MOMENT, NOW + QUARTER]
    with store.write() as conn:
        found = [sign_in_attempts.count(conn, "ada", moment, WINDOW) for moment in moments]
    assert QUARTER == WINDOW
    assert found == [Attempts(1, NOW), Attempts(2, NOW), Attempts(1, NOW + QUARTER)]


def test_a_clock_that_was_far_ahead_locks_nobody_out(store: Store) -> None:
    year = timedelta(days=365)
    for _ in range(9):
        attempt(store, "ada@acme.example", "10.0.0.1", NOW + year)
    assert not attempt(store, "ada@acme.example", "10.0.0.1", NOW)


def test_an_office_that_knows_its_passwords_is_never_locked_out(store: Store) -> None:
    for number in range(120):
        email = f"p{number}@acme.example"
        assert not attempt(store, email, "10.2.0.1", NOW)
        with store.write() as conn:
            note_success(conn, email, "10.2.0.1")
    assert heard(store, "ada@acme.example", *["10.2.0.1"] * 9) == 5


def test_who_has_to_wait_waits_for_the_end_of_the_window_and_a_second_at_least() -> None:
    assert wait(Attempts(5, NOW), 5, NOW) == timedelta(0)
    assert wait(Attempts(6, NOW), 5, NOW) == QUARTER
    assert wait(Attempts(6, NOW), 5, NOW + timedelta(minutes=14)) == timedelta(minutes=1)
    assert wait(Attempts(6, NOW), 5, NOW + QUARTER - MOMENT) == SECOND


def heard(store: Store, email: str, *addresses: str) -> int:
    """How many attempts from these addresses are heard before the first that is not."""
    for number, address in enumerate(addresses):
        if attempt(store, email, address, NOW):
            return number
    return len(addresses)


def test_how_many_attempts_are_heard(store: Store) -> None:
    """Of one at one address, of one from everywhere, and of everybody at one address."""
    assert heard(store, "ada@acme.example", *["10.0.0.1"] * 9) == 5
    assert heard(store, "bob@acme.example", *(f"10.1.0.{n}" for n in range(200))) == 100
    people = [attempt(store, f"p{n}@acme.example", "10.2.0.1", NOW) for n in range(60)]
    assert people.index(QUARTER) == 50
    assert not attempt(store, "ada@acme.example", "10.0.0.1", NOW + QUARTER)


def test_who_knew_the_password_begins_anew_at_this_address(store: Store) -> None:
    assert heard(store, "ada@acme.example", *["10.0.0.1"] * 4) == 4
    with store.write() as conn:
        note_success(conn, " Ada@ACME.example", "10.0.0.1")
    assert heard(store, "ada@acme.example", *["10.0.0.1"] * 9) == 5


def test_refusals_at_the_provider_are_noted_fifty_times_an_address(store: Store) -> None:
    assert [noteworthy(store, "10.0.0.1", NOW) for _ in range(52)] == [True] * 50 + [False] * 2
    assert noteworthy(store, "10.0.0.2", NOW) is True
    assert noteworthy(store, "10.0.0.1", NOW + QUARTER) is True


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/" + "a" * 1_999, "/" + "a" * 1_999),
        ("/" + "a" * 2_000, "/"),
        ("/a!b", "/a!b"),
        ("/a b", "/"),
        ("/a\x7fb", "/"),
        ("/a~b", "/a~b"),
        ("/ä", "/ä"),
    ],
)
def test_the_edges_of_where_one_is_led(wanted: str, led_to: str) -> None:
    assert safe_destination(wanted) == led_to


ACCOUNT = Account(7, "ada@acme.example", "Ada", None, "editor", NOW, None, generation=2)
CLAIM = {
    "id": "x",
    "account": 7,
    "generation": 2,
    "since": to_ms(NOW),
    "begun": to_ms(NOW),
    "seen": to_ms(NOW),
}


@pytest.mark.parametrize(
    ("claimed", "later", "stands"),
    [
        ({}, timedelta(0), True),
        ({"account": 8}, timedelta(0), False),
        ({"generation": 1}, timedelta(0), False),
        ({"since": to_ms(NOW) + 1}, timedelta(0), False),
        ({"seen": "now"}, timedelta(0), False),
        ({"begun": None}, timedelta(0), False),
        ({}, timedelta(hours=8) - MOMENT, True),
        ({}, timedelta(hours=8) + MOMENT, False),
        ({"seen": to_ms(NOW + timedelta(days=7))}, timedelta(days=7) - MOMENT, True),
        ({"seen": to_ms(NOW + timedelta(days=7))}, timedelta(days=7) + MOMENT, False),
        ({"begun": to_ms(NOW + QUARTER), "seen": to_ms(NOW + QUARTER)}, timedelta(0), False),
        ({"seen": to_ms(NOW + QUARTER)}, timedelta(0), False),
    ],
)
def test_how_long_a_session_stands_and_for_whom(
    claimed: dict[str, Any], later: timedelta, stands: bool
) -> None:
    assert holds({**CLAIM, **claimed}, ACCOUNT, NOW + later) is stands


def test_a_closed_account_has_no_sessions() -> None:
    assert holds(CLAIM, replace(ACCOUNT, disabled_at=NOW), NOW) is False


def test_what_a_route_declares() -> None:
    @needs("viewer")
    def plain() -> None: ...

    @needs("admin", signed=True, in_person=True, scope="people")
    def special() -> None: ...

    assert rule_of("x", plain) == Rule(Permission.VIEWER, signed=False, in_person=False, scope="")
    assert rule_of("x", special) == Rule(Permission.ADMIN, signed=True, in_person=True, scope="people")
    assert rule_of("nobody-declared-this", object()) is None


def test_permissions_rise_and_the_lesser_of_two_rules() -> None:
    order = [Permission.PUBLIC, Permission.VIEWER, Permission.EDITOR, Permission.ADMIN]
    assert [[one.includes(other) for other in order] for one in order] == [
        [True, False, False, False],
        [True, True, False, False],
        [True, True, True, False],
        [True, True, True, True],
    ]
    assert lesser(Permission.ADMIN, Permission.VIEWER) is Permission.VIEWER
    assert lesser(Permission.VIEWER, Permission.ADMIN) is Permission.VIEWER


def test_a_declared_route_needs_no_word_of_its_own() -> None:
    assert rule_of("webhooks.receive", object()) == Rule(Permission.PUBLIC, signed=True)
    assert rule_of("operations.healthz", object()) == Rule(Permission.PUBLIC, signed=False, operations=True)
    assert rule_of("pages.objectives", object()) == Rule(Permission.VIEWER)


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (set(), "public"),
        ({"unknown"}, "public"),
        ({"read"}, "viewer"),
        ({"read", "write"}, "editor"),
        ({"write", "unknown"}, "editor"),
        ({"admin", "read"}, "admin"),
        ({"people"}, "admin"),
    ],
)
def test_a_token_may_the_most_that_one_of_its_scopes_does(scopes: set[str], allowed: str) -> None:
    assert tokens.allowance(frozenset(scopes)) == allowed


@pytest.mark.parametrize(
    ("password", "weak"),
    [
        ("abcdefghijk", "Choose a password of at least 12 characters; a few unrelated words do well."),
        ("bridle tongs", ""),
        ("abcdeabcdeab", "Choose a password of more different characters."),
        ("bridle tongs copper " * 51, ""),
        ("abcdef" * 171, "Choose a password of at most 1024 characters."),
        ("Somebody.Long@Acme.example", "Choose a password that is not your e-mail address."),
        ("SOMEBODY.LONG", "Choose a password that is not your e-mail address."),
        ("somebody.long!", ""),
    ],
)
def test_what_is_too_weak_a_password(password: str, weak: str) -> None:
    assert passwords.weakness(password, "somebody.long@acme.example") == weak


def test_a_password_is_known_by_its_hash_and_nobody_has_none() -> None:
    kept = passwords.hash_password("a good long password")
    assert kept.startswith("$argon2id$")
    assert (passwords.matches(kept, "a good long password"), passwords.matches(kept, "another")) == (
        True,
        False,
    )
    assert passwords.matches(None, "the password of nobody at all") is False
    assert passwords.matches("no hash", "a good long password") is False
    assert passwords.is_outdated(kept) is False
    weaker = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash("a good long password")
    assert passwords.is_outdated(weaker) is True


@pytest.mark.parametrize(
    ("email", "good"),
    [
        ("lee@acme.example", True),
        (" lee@acme.example ", True),
        ("a@b", True),
        ("@acme.example", False),
        ("lee@", False),
        ("lee", False),
        ("lee smith@acme.example", False),
        ("lee\u200b@acme.example", False),
        ("a" * 241 + "@acme.example", True),
        ("a" * 242 + "@acme.example", False),
    ],
)
def test_what_is_an_address(email: str, good: bool) -> None:
    if good:
        assert members.good_email(email) == email.strip()
        return
    with pytest.raises(AccessRefusal, match="Write an e-mail address") as caught:
        members.good_email(email)
    assert caught.value.about == "email"


def test_what_is_a_role() -> None:
    assert [members.known_role(role) for role in ("viewer", "editor", "admin")] == [
        "viewer",
        "editor",
        "admin",
    ]
    for none in ("public", "Admin", ""):
        with pytest.raises(AccessRefusal, match=r"is no role\. Roles: viewer, editor, admin\."):
            members.known_role(none)


@pytest.mark.parametrize(
    ("password_hash", "identity", "ways"),
    [
        (None, None, []),
        ("hash", None, ["password"]),
        (None, ("i", "s"), ["oidc"]),
        ("hash", ("i", "s"), ["password", "oidc"]),
    ],
)
def test_by_what_an_account_signs_in(
    password_hash: str | None, identity: tuple[str, str] | None, ways: list[str]
) -> None:
    assert members.ways_in(replace(ACCOUNT, password_hash=password_hash, identity=identity)) == ways


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("unix socket", "unix socket"),
        ("x" * 101, "x" * 100),
        ("", ""),
    ],
)
def test_where_somebody_tries_from(address: str, place: str) -> None:
    assert throttle.neighbourhood(address) == place


CLAIMS = {"sub": "s-1", "email": "ada@acme.example", "email_verified": True, "name": "Ada"}


@pytest.mark.parametrize(
    ("changed", "email", "verified", "name"),
    [
        ({}, "ada@acme.example", True, "Ada"),
        ({"email_verified": "true"}, "ada@acme.example", False, "Ada"),
        ({"email_verified": 1}, "ada@acme.example", False, "Ada"),
        ({"email": 5}, "", True, "Ada"),
        ({"name": None, "preferred_username": "ada"}, "ada@acme.example", True, "ada"),
        ({"name": None}, "ada@acme.example", True, "ada@acme.example"),
        ({"name": None, "email": None}, "", True, "s-1"),
    ],
)
def test_whom_the_provider_vouches_for(
    changed: dict[str, Any], email: str, verified: bool, name: str
) -> None:
    claims = {**CLAIMS, **changed}
    found = identity_of("https://i", claims)
    assert (found.issuer, found.subject, found.email, found.email_verified, found.name) == (
        "https://i", "s-1", email, verified, name,
    )  # fmt: skip
    assert found.claims == claims


@pytest.mark.parametrize(
    ("said", "role_claim", "default", "role"),
    [
        (["a", "b"], "g", "viewer", "admin"),
        (["a", "e"], "g", "viewer", "editor"),
        ("a", "g", "none", "viewer"),
        (["unknown", 5], "g", "editor", "editor"),
        (["unknown"], "g", "none", None),
        (None, "g", "viewer", "viewer"),
        (["b"], None, "viewer", "viewer"),
    ],
)
def test_the_role_that_claims_give(said: Any, role_claim: str | None, default: Any, role: str | None) -> None:
    settings = OidcSettings(
        issuer="https://i",
        client_id="c",
        client_secret="s",
        role_claim=role_claim,
        roles={"a": "viewer", "e": "editor", "b": "admin"},
        default_role=default,
    )
    assert role_of(settings, {"g": said}) == role


def test_only_signatures_of_the_provider_are_taken() -> None:
    assert {one[:2] for one in ALGORITHMS} == {"RS", "PS", "ES", "Ed"}
    assert len(ALGORITHMS) == 11
    assert (TIMEOUT_S, CLOCK_SKEW_S) == (10, 60)


def test_how_somebody_is_named_and_what_they_may() -> None:
    ada = Person(7, "ada@acme.example", "Ada", Permission.EDITOR)
    by_token = replace(ada, token="nightly", scopes=frozenset({"read"}))
    assert (ada.label, by_token.label) == ("ada@acme.example", "ada@acme.example (token nightly)")
    assert by_token.actor == Actor("ada@acme.example (token nightly)", Permission.EDITOR, 7)
    assert [ada.may(one) for one in ("public", "viewer", "editor", "admin")] == [True, True, True, False]
    assert [ada.actor.may(one) for one in Permission] == [True, True, True, False]


@pytest.mark.parametrize(
    ("who", "label", "role"),
    [
        (actor.COMMAND_LINE, "command line", "admin"),
        (actor.SETTINGS, "settings", "admin"),
        (actor.CALENDAR, "calendar", "editor"),
        (actor.DEMONSTRATION, "demo", "admin"),
        (actor.FORGE, "Forge app", "editor"),
        (actor.NOBODY, "nobody", "public"),
        (actor.MONITORING, "monitoring", "viewer"),
    ],
)
def test_who_acts_without_an_account(who: Actor, label: str, role: str) -> None:
    assert (who.label, who.role, who.account_id) == (label, role, 0)


def test_a_token_lasts_a_year_at_most_and_a_session_a_week() -> None:
    assert (tokens.DEFAULT_DAYS, tokens.LONGEST_DAYS, tokens.PREFIX) == (90, 366, "okr_")
    assert (timedelta(hours=8), timedelta(days=7)) == (sessions.IDLE, sessions.LONGEST)
    assert timedelta(minutes=1) == sessions.SEEN_EVERY
    assert tokens.hash_of("okr_x") == "998698ca066e0099f97c2e789095db47456513acfbd4e124a400a849dfd0a67b"


@dataclass
class Entry:
    at: datetime
    who: str
    detail: object


def test_the_audit_log_is_exported_row_by_row() -> None:
    rows = [{"at": NOW, "who": "Ärne", "detail": {"at": NOW}}, {"at": NOW, "who": "=1+1", "detail": None}]
    assert list(audit_export.as_json(iter(rows))) == [
        '[\n{"at": "2026-11-09T09:00:00+00:00", "who": "Ärne", "detail": {"at": "2026-11-09T09:00:00+00:00"}}',
        ',\n{"at": "2026-11-09T09:00:00+00:00", "who": "=1+1", "detail": null}',
        "\n]\n",
    ]
    assert list(audit_export.as_json(iter([]))) == ["[]\n"]
    assert list(audit_export.as_csv(iter(rows), Entry)) == [
        "at,who,detail\r\n",
        '2026-11-09T09:00:00+00:00,Ärne,"{""at"": ""2026-11-09T09:00:00+00:00""}"\r\n',
        "2026-11-09T09:00:00+00:00,'=1+1,\r\n",
    ]


@pytest.mark.parametrize(
    "password", ["Password12345!", "qwertyuiop12", "liverpool2026!", "abcdefghijkl", "passwordpassword"]
)
def test_what_is_on_the_lists_of_those_who_guess_is_refused(password: str) -> None:
    assert "guessed too soon" in passwords.weakness(password, "lee@acme.example")


@pytest.mark.parametrize(
    "password", ["correct horse battery staple", "a quite different sentence", "N8Gz-pq2_WqL0xTf"]
)
def test_what_nobody_guesses_is_taken(password: str) -> None:
    assert passwords.weakness(password, "lee@acme.example") == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("fast;=cmd()", "fast;'=cmd()"),
        ("fast; @sum", "fast; '@sum"),
        ("one\n=two", "one\n'=two"),
        ("less, -5 ms; more", "less, -5 ms; more"),
    ],
)
def test_a_formula_behind_a_separator_is_text_too(text: str, shown: str) -> None:
    assert audit_export.cell(text) == shown
