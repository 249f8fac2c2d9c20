"""An echo is proven by what it says, whoever the actor is; anything else is read again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.sandbox import CONNECTOR, PEOPLE
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.edits import edit
from connectors.sandbox.site_state.state import person
from connectors.store.work import inbox
from connectors.store.writes.writes import Write, WriteOutcome
from mappings.facts.catalogue import Field
from mappings.write_back.echo import EventValue
from mappings.write_back.targets.field import field_place
from plugin.sync.intake import echo
from plugin.sync.refresh.reread import refresh

PROGRESS = "customfield_10060"
BOTH = pytest.mark.parametrize("firm", ["cloud", "datacenter"], indirect=True)
NUMBER = Field("customfield_10060", "OKR progress", "number")
HEALTH = Field("customfield_10061", "OKR health", "option")
WORDS = Field("customfield_10062", "OKR summary", "string", custom="textfield")


@pytest.mark.parametrize(
    ("field", "told", "value", "same"),
    [
        (NUMBER, EventValue(True, 62), 62, True),
        (NUMBER, EventValue(True, 62.0), 62, True),
        (NUMBER, EventValue(True, 61), 62, False),
        (NUMBER, EventValue(True, None), 62, False),
        (NUMBER, EventValue(True, None), None, True),
        (NUMBER, EventValue(False, text="62"), 62, True),
        (NUMBER, EventValue(False, text="62.0"), 62, True),
        (NUMBER, EventValue(False, text="60"), 62, False),
        (NUMBER, EventValue(False, text="many"), 62, False),
        (NUMBER, EventValue(False), None, True),
        (NUMBER, EventValue(False), 0, False),
        (HEALTH, EventValue(True, {"id": "7", "value": "On track", "self": "x"}), {"id": "7"}, True),
        (HEALTH, EventValue(True, {"id": "8", "value": "At risk"}), {"id": "7"}, False),
        (HEALTH, EventValue(False, id="7", text="On track"), {"id": "7"}, True),
        (HEALTH, EventValue(False, id="8", text="At risk"), {"id": "7"}, False),
        (HEALTH, EventValue(False), None, True),
    ],
)
def test_what_an_event_says_is_compared_with_what_was_written(
    field: Field, told: EventValue, value: object, same: bool
) -> None:
    place = field_place(field)
    assert place is not None
    assert place.says(told, value) is same


def a_write(outcome: WriteOutcome | None) -> Write:
    """Our write of 62 over 50."""
    at = datetime(2026, 11, 9, 9, tzinfo=UTC)
    settled = None if outcome is None else at
    return Write(
        1, "1", "r", "event", at, "1", "PLAT-1", PROGRESS, "OKR progress", 50, 62, "", outcome, "", settled
    )


@pytest.mark.parametrize(
    ("said", "write", "mirrored", "ours"),
    [
        (EventValue(True, 62), a_write(WriteOutcome.WRITTEN), 62, True),
        (EventValue(True, 62), a_write(WriteOutcome.WRITTEN), 50, False),
        (EventValue(True, 62), a_write(None), 50, True),
        (EventValue(True, 62), a_write(None), 62, True),
        (EventValue(True, 61), a_write(None), 61, False),
        (EventValue(True, 61), a_write(WriteOutcome.WRITTEN), 62, False),
        (EventValue(True, 62), None, 62, False),
        (None, a_write(WriteOutcome.WRITTEN), 62, False),
    ],
)
def test_a_value_is_ours_where_we_wrote_it_last_and_the_mirror_has_it_or_waits_for_it(
    said: EventValue | None, write: Write | None, mirrored: object, ours: bool
) -> None:
    place = field_place(NUMBER)
    assert place is not None
    assert echo._is_ours(place, said, write, mirrored) is ours


def told(firm: Any) -> list[str]:
    """The deliveries of everything since the last time are taken in; what became of each."""
    with firm.connector.store.write() as conn:
        for number, event in enumerate(firm.heard):
            for message in firm.sandbox.site.webhooks.messages(event):
                name = f"{len(firm.notes)}-{number}"
                inbox.store(conn, "main", name, message.body, firm.clock())
    firm.heard.clear()
    refresh(firm.context, "w")
    with firm.connector.store.read() as conn:
        notes = [one.note for one in inbox.recent(conn, "main", 50)]
    new = notes[: len(notes) - len(firm.notes)]
    firm.notes[:] = notes
    firm.work_off()
    return new


@pytest.fixture
def heard(firm: Any) -> Any:
    """A firm whose events are kept for `told`."""
    firm.heard, firm.notes = [], []
    firm.sandbox.site.webhooks.create(
        {
            "name": "ours",
            "url": "http://127.0.0.1:9/nowhere",
            "events": ["jira:issue_updated", "jira:issue_created", "jira:issue_deleted"],
        }
    )
    firm.sandbox.sandbox.listeners[:] = [firm.heard.append]
    return firm


def set_by_hand(firm: Any, issue_id: str, value: object, account: Any) -> None:
    record = firm.sandbox.sandbox.records[issue_id]
    version = "3" if firm.deployment == "cloud" else "2"
    edit(firm.sandbox.sandbox, record, {"fields": {PROGRESS: value}}, version, person(account))


@BOTH
@pytest.mark.parametrize("account", [CONNECTOR, PEOPLE[0]], ids=["shared", "another"])
def test_a_hand_edit_of_our_field_is_healed_at_once_under_any_account(heard: Any, account: Any) -> None:
    epic = heard.records(scheme.EPIC)[0].id
    right = heard.in_jira(epic)
    assert right not in (None, 7)

    set_by_hand(heard, epic, 7, account)
    assert told(heard) == ["jira:issue_updated"]
    assert heard.in_jira(epic) == right

    heard.calls()
    assert told(heard) == ["echo of our own write"], "of the write that healed it"
    assert heard.calls("") == 0


@BOTH
def test_a_value_of_ours_from_before_is_no_echo(heard: Any) -> None:
    """We wrote two values a minute apart; somebody brings the first one back."""
    epic = heard.records(scheme.EPIC)[0].id
    first = heard.in_jira(epic)
    for story in [one for one in heard.records() if one.parent_id == epic]:
        done = {"status": scheme.DONE, "resolution": scheme.RESOLUTIONS[0]}
        record = heard.sandbox.sandbox.records[story.id]
        heard.sandbox.sandbox.add(replace(record, **done, updated=heard.clock(), cache={}), record.creator)
    heard.clock.pass_by(minutes=1)
    told(heard)
    assert heard.in_jira(epic) == 100
    told(heard)

    set_by_hand(heard, epic, first, CONNECTOR)

    assert told(heard) == ["jira:issue_updated"]
    assert heard.in_jira(epic) == 100


def test_our_write_beside_another_change_is_read_again(heard: Any) -> None:
    epic = heard.records(scheme.EPIC)[0]
    right = heard.in_jira(epic.id)
    set_by_hand(heard, epic.id, 7, PEOPLE[0])
    told(heard)
    body = json.loads(
        next(m.body for event in heard.heard for m in heard.sandbox.site.webhooks.messages(event))
    )
    body["changelog"]["items"].append({"field": "summary", "fieldId": "summary", "toString": "Another"})
    with heard.connector.store.write() as conn:
        inbox.store(conn, "main", "both", json.dumps(body).encode(), heard.clock())
    heard.heard.clear()

    assert told(heard) == ["jira:issue_updated"]
    assert heard.in_jira(epic.id) == right
