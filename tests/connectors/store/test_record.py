"""The chain of the audit log and the erasing of a person, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

from connectors.store import Store
from connectors.store.people import accounts, audit, audit_chain, open_sessions, personal_data, second_factors
from connectors.store.people.audit_chain import Seal
from connectors.store.people.open_sessions import OpenSession

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
        rows = list(personal_data.rows(conn, KIM, kim, frozenset({"hash", "sealed"})))
        assert {one.table for one in rows} == {"account", "open_session", "second_factor", "recovery_code"}
        accounts.remove(conn, kim)
        assert open_sessions.load_sessions(conn, kim) == []
        assert personal_data.erase(conn, KIM, "erased person 1") == 0
        assert [one.email for one in accounts.load_all(conn)] == [f"a{KIM}"]


def test_words_of_others_stay_as_they_were() -> None:
    same = (f"a{KIM}", f'{{"by": "a{KIM}"}}', f"ask {KIM} about it")
    assert [personal_data.reword_text(text, KIM, "nobody") for text in same] == list(same)
    told = (KIM, f"{KIM} (token nightly)", f'{{"by": "{KIM}", "as": "{KIM} (token x)"}}')
    assert [personal_data.reword_text(text, KIM, "nobody") for text in told] == [
        "nobody",
        "nobody (token nightly)",
        '{"by": "nobody", "as": "nobody (token x)"}',
    ]
