"""The rules around signing in by themselves, without a server: how often, for how long, where to, and who may what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.store import Store, open_store
from connectors.store.database.instant import to_ms
from connectors.store.people import sign_in_attempts
from connectors.store.people.accounts import Account
from connectors.store.people.sign_in_attempts import Attempts
from plugin.access.authentication.destination import safe_destination
from plugin.access.authentication.sessions import holds
from plugin.access.authentication.throttle import WINDOW, attempt, noteworthy, succeeded, wait
from plugin.access.authorization.permission import Permission, Rule, lesser, needs, rule_of
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
        succeeded(conn, " Ada@ACME.example", "10.0.0.1")
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
