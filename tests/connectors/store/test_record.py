"""The chain of the audit log and the erasing of a person, on both databases."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import Text, create_engine, literal, select

from connectors.store import Store
from connectors.store.people import accounts, audit, audit_chain, open_sessions, second_factors
from connectors.store.people.audit_chain import Seal
from connectors.store.people.open_sessions import OpenSession
from connectors.store.personal import personal_data
from connectors.store.personal.spellings import PersonSpellings

KIM = "kim@acme.example"
DAY = timedelta(days=1)


def test_entries_are_bound_once_and_forgotten_from_the_beginning(store: Store, now: datetime) -> None:
    salt = count()
    with store.write() as conn:
        for number in range(5):
            audit.note(conn, KIM, f"act {number}", now + number * DAY, {"account": KIM})
        assert audit_chain.unbound(conn) == 5
        assert audit_chain.bind(conn, lambda: str(next(salt))) == 5
        assert audit_chain.bind(conn, lambda: str(next(salt))) == 0
        links = list(audit_chain.links(conn))
        assert [one.position for one in links] == [1, 2, 3, 4, 5]
        assert audit_chain.end(conn) == (5, links[-1].chain)
        last = audit_chain.older(conn, now + 3 * DAY)
        assert last is not None
        assert last.position == 3
        for position, at in ((2, now), (3, now), (5, now + DAY)):
            audit_chain.put_seal(conn, Seal(position=position, chain="c", at=at, signature="s"))
        assert [one.position for one in audit_chain.seals(conn)] == [3, 5]
        assert audit_chain.forget_until(conn, 3) == 3
        assert [one.position for one in audit_chain.links(conn)] == [4, 5]


def test_a_record_that_was_forgotten_to_its_end_goes_on_behind_its_last_seal(
    store: Store, now: datetime
) -> None:
    with store.write() as conn:
        for number in range(3):
            audit.note(conn, KIM, f"act {number}", now, {"account": KIM})
        audit_chain.bind(conn, lambda: "salt")
        assert audit_chain.end(conn) is not None
        audit_chain.put_seal(conn, Seal(position=3, chain="c", at=now, signature="s"))
        assert audit_chain.forget_until(conn, 3) == 3
        assert audit_chain.end(conn) == (3, "c")
        audit.note(conn, KIM, "act 4", now, {"account": KIM})
        audit_chain.bind(conn, lambda: "salt")
        assert [one.position for one in audit_chain.links(conn)] == [4]


def test_what_was_done_about_a_kpi_is_told_of_none_that_is_called_alike(store: Store, now: datetime) -> None:
    with store.write() as conn:
        for kpi in ("open_bugs", "open-bugs", "open_bugs_2", "openXbugs"):
            audit.note(conn, KIM, f"accepted a KPI as {kpi}", now, {"kpi": kpi, "episode": 1}, "main")
        found = audit.of_kpi(conn, "main", "open_bugs", 10)
    assert [one.what for one in found] == ["accepted a KPI as open_bugs"]


def test_a_person_is_found_and_erased_wherever_they_stand(store: Store, now: datetime) -> None:
    with store.write() as conn:
        kim = accounts.add(conn, KIM, "Kim", "viewer", None, now) or 0
        accounts.add(conn, f"a{KIM}", "Another", "viewer", None, now)
        opened = OpenSession(id="s", account_id=kim, begun=now, seen=now, address="10.0.0.1", browser="b")
        open_sessions.begin(conn, opened, now - DAY)
        second_factors.put(conn, kim, b"sealed")
        second_factors.confirm(conn, kim, now)
        second_factors.put_codes(conn, kim, ["one", "two"])
        assert second_factors.use_step(conn, kim, 7)
        assert not second_factors.use_step(conn, kim, 7)
        assert second_factors.use_code(conn, kim, "one")
        assert not second_factors.use_code(conn, kim, "one")
        assert second_factors.codes_left(conn, kim) == 1
        known = personal_data.known_as(conn, KIM, accounts.get(conn, kim))
        rows = list(personal_data.rows(conn, known, kim, frozenset({"hash", "sealed"})))
        assert {one.table for one in rows} == {"account", "open_session", "second_factor", "recovery_code"}
        accounts.remove(conn, kim)
        assert open_sessions.load_sessions(conn, kim) == []
        assert personal_data.erase(conn, known, "erased person 1", now) == 0
        assert [one.email for one in accounts.load_all(conn)] == [f"a{KIM}"]


LEE = PersonSpellings(
    KIM,
    ("Kim O'Löe",),
    ("5b10ac8d82e05b22cc7d4ef5", "557058:3c0f-11", "kim", "248289761001", "248289761001223"),
)


@pytest.mark.parametrize(
    "text",
    [
        f"a{KIM}",
        f"{KIM}.au, {KIM}-two, x.{KIM}, o'{KIM}",
        "Kim, kim and Löe; Kim O'Löe-Park, Hakim O'Löe, Kim O'Löes",
        "x5b10ac8d82e05b22cc7d4ef5",
        '{"by":"kim","subject":"kim2","at":248289761001}',
        "248289761001",
    ],
)
def test_words_of_others_stay_as_they_were(text: str) -> None:
    assert LEE.reword(text, "nobody") == text
    assert not list(LEE.sentences(text))


@pytest.mark.parametrize(
    ("text", "made"),
    [
        (KIM.upper(), "nobody"),
        (f"{KIM} (token nightly)", "nobody (token nightly)"),
        (f"Ask <{KIM}>, or mail:{KIM}.", "Ask <nobody>, or mail:nobody."),
        ("/views?owner%3dkim%40acme.example&x", "/views?owner%3dnobody&x"),
        ("kim  o'löe's way, KIM O'LÖE", "nobody's way, nobody"),
        (unicodedata.normalize("NFD", "Kim O'Löe"), "nobody"),
        ("of 557058:3c0f-11, 557058%3A3c0f-11", "of nobody, nobody"),
        ('{"person":"kim","by":"kim"}', '{"person":"nobody","by":"kim"}'),
        ('{"said":"line\\nkim@acme.example"}', '{"said":"line\\nnobody"}'),
        ('["Kim O\'L\\u00f6e"]', '["nobody"]'),
        ('["{\\"by\\":\\"kim@acme.example\\"}"]', '["{\\"by\\":\\"nobody\\"}"]'),
        ('{"kim@acme.example": 1}', '{"nobody": 1}'),
        ("248289761001223", "nobody"),
    ],
)
def test_a_person_is_found_in_every_spelling(text: str, made: str) -> None:
    assert LEE.reword(text, "nobody") == made
    assert list(LEE.sentences(text))
    column = literal(text, Text)
    with create_engine("sqlite://").connect() as conn:
        assert conn.execute(select(personal_data.may_name(column, LEE))).scalar()
