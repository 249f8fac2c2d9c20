"""Restricted issues from Jira's security level to the written number: check, preview, activation, ledger, plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.sandbox.site_state.scheme import CONNECTOR, VIEWER
from connectors.store.numbers import objectives
from connectors.store.people import accounts
from mappings.rollup.state import ObjectiveState
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.use_cases.mappings.mapping_life import activate
from plugin.use_cases.visibility.account_people import tie
from tests.plugin.api.conftest import synced

if TYPE_CHECKING:
    from tests.plugin.api.conftest import Api


def counted_rows(state: ObjectiveState) -> list[str]:
    ledgers = (one.measurement.ledger for one in state.key_results)
    return [row.id for each in ledgers for row in each.rows if row.share and row.id.isdigit()]


@pytest.fixture
def secured(own_api: Api) -> tuple[Api, str, str]:
    """An objective of PLAT, one counted row of which has a level that its readers are not in."""
    with own_api.connector.store.read() as conn:
        states = [
            one.state for one in objectives.load_objectives(conn, "main") if one.state.project_key == "PLAT"
        ]
    running = max(one.cycle_id or "" for one in states)
    state = next(one for one in states if one.cycle_id == running and len(set(counted_rows(one))) > 2)
    row = counted_rows(state)[0]
    own_api.sandbox.sandbox.groups["directors"] = frozenset({CONNECTOR.id})
    own_api.sandbox.sandbox.secure(row, "directors")
    return own_api, state.id, row


def codes(api: Api, text: str) -> dict[str, str]:
    answer = api.call("POST", "/sites/main/mapping/check", {"text": text})
    assert answer.status_code == 200, answer.text
    found = answer.json["findings"]
    return {one["code"]: one["detail"] for one in found}


def live(api: Api, text: str) -> None:
    activate(api.connector, COMMAND_LINE, "main", text, large=True)
    synced(api.connector)


@pytest.mark.slow
def test_what_a_security_level_hides_leaves_the_number_or_keeps_it_from_being_written(
    secured: tuple[Api, str, str],
) -> None:
    api, objective, row = secured
    records = api.sandbox.sandbox.records
    with api.connector.store.read() as conn:
        account = accounts.by_email(conn, "viewer@acme.example")
    assert account is not None
    tie(api.connector, COMMAND_LINE, account, "main", VIEWER.id)
    text, key = api.get("/sites/main/mapping")["text"], records[row].key
    found = codes(api, text)
    assert key in found["restricted-counted"]
    assert f"{VIEWER.name} (1 of 2 asked) may not see 1 issue ({key})" in found["wider-readers"]
    whole = api.get(f"/objectives/{objective}")["delivery"]

    live(api, text + "\nrestricted: leave_out\n")
    ledgers = api.get(f"/objectives/{objective}/ledger")["key_results"]
    rows = {one["id"]: one for each in ledgers for one in each["rows"]}
    assert (rows[row]["disposition"], rows[row]["reason"]) == ("excluded", "restricted, left out")
    assert api.get(f"/objectives/{objective}")["delivery"] not in (None, whole)
    assert not {"restricted-counted", "wider-readers"} & codes(api, text + "\nrestricted: leave_out\n").keys()
    held = dict(records[objective].customs)

    refusing = text + "\nrestricted: refuse\n"
    assert key in codes(api, refusing)["restricted-refused"]
    live(api, refusing)
    told = api.get(f"/objectives/{objective}")
    assert told["delivery"] == whole
    assert "not written to Jira: 1 restricted issue counts in it" in told["flags"]
    assert dict(records[objective].customs) == held
    again = api.call("POST", "/sites/main/mapping/preview", {"text": refusing}).json
    assert [(one["id"], one["unwritten"]) for one in again["objectives"] if one["unwritten"]] == [
        (objective, "1 restricted issue counts in it")
    ]
