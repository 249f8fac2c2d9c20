"""Whose numbers people read in Jira who may not see all that they count."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.site_state.scheme import CONNECTOR, VIEWER
from connectors.store.people import accounts
from connectors.store.visibility import account_people
from connectors.store.visibility.account_people import AccountPerson, PersonProof
from plugin.access.authorization import members
from plugin.use_cases.mappings.number_readers import wider_numbers
from tests.quarter import MAPPING


def test_somebody_who_left_jira_reads_nothing_there_and_the_others_are_asked(hand: Any) -> None:
    epic = hand.issue("Epic", labels=["okr", "2026-Q4"])
    story = hand.issue("Story", epic)
    hand.activate(MAPPING)
    hand.sync()
    sandbox, now = hand.sandbox.sandbox, hand.clock()
    sandbox.groups["directors"] = frozenset({CONNECTOR.id})
    sandbox.secure(story, "directors")
    for person, name in (("left-long-ago", "Lee"), (VIEWER.id, "Vera")):
        members.add(hand.connector, f"{name}@acme.example".lower(), name, "viewer", None, "tests")
        with hand.connector.store.write() as conn:
            account = accounts.by_email(conn, f"{name}@acme.example".lower())
            assert account is not None
            account_people.put(
                conn,
                AccountPerson(
                    account_id=account.id,
                    site="main",
                    person=person,
                    name=name,
                    proof=PersonProof.ADMIN,
                    proven_at=now,
                ),
            )
    (found,) = wider_numbers(hand.connector, "main", hand.context.mapping)
    assert (found.readers, found.asked) == (("Vera",), 3)
    assert found.hidden.keys == (sandbox.records[story].key,)
