"""A check-in from the command to Jira's field and back, and what stays when Jira moves on."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from connectors.clock import system_clock
from connectors.store.mappings import revisions
from connectors.store.mirror import mirror
from connectors.store.numbers import check_ins, objectives
from connectors.store.people import audit
from connectors.store.work import due
from mappings.explain.check_in import Measure
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.sync.drain import drain
from plugin.use_cases.check_ins.check_ins import (
    CheckInRefusal,
    Statement,
    check_in,
    keep,
    typed_delta,
    typed_value,
    withdraw,
)
from plugin.use_cases.mappings.mapping_life import preview_text
from plugin.use_cases.objectives.movement import list_marks
from tests.actors import TESTER

ADA, BO = Actor("Ada", Permission.EDITOR), Actor("Bo", Permission.EDITOR)


@pytest.fixture
def one(quiet: Any) -> Any:
    """An objective whose number is what has been delivered, with work still to do; its key result stands first."""
    for objective_id in quiet.objectives():
        state = now_at(quiet, objective_id)
        found = [
            kr for kr in state.key_results if kr.contributing and kr.kind == "delivery" and unfinished(kr)
        ]
        if found and len(state.ledger.rows) == 1:
            return replace(state, key_results=tuple(found))
    raise LookupError("no such objective in the demo")


def unfinished(key_result: Any) -> list[str]:
    """Ids of issues that are still to do."""
    return [row.id for row in key_result.measurement.ledger.rows if row.progress not in (None, 1)]


def now_at(quiet: Any, objective_id: str) -> Any:
    with quiet.connector.store.read() as conn:
        return objectives.load(conn, "main", objective_id).state


def test_what_is_said_is_written_to_jira_and_what_is_withdrawn_is_taken_back(
    quiet: Any, command: Any, one: Any
) -> None:
    before = quiet.in_jira(one.id)
    code, said = command(
        "check-in", "add", one.key, one.key_results[0].id, "97 %", "--note", "nearly", "--json"
    )
    assert code == 0, said
    number = json.loads(said)["id"]
    with quiet.connector.store.read() as conn:
        assert due.pending_count(conn, "main") == 1
        assert audit.recent(conn, 1)[0].what == "key result checked in"
    drain(lambda: quiet.context)
    state = now_at(quiet, one.id)
    assert state.progress == Fraction(97, 100)
    assert state.ledger.exact
    assert quiet.in_jira(one.id) == 97 != before
    code, text = command("check-in", "list", one.key)
    assert code == 0
    assert "97 %" in text
    assert "nearly" in text
    assert command("check-in", "withdraw", one.key, str(number))[0] == 0
    drain(lambda: quiet.context)
    assert quiet.in_jira(one.id) == before
    assert now_at(quiet, one.id).progress == one.progress
    assert "Nobody has checked in" in command("check-in", "list", one.key)[1]
    _, text = command("check-in", "list", one.key, "--all", "--json")
    assert [kept["ended_how"] for kept in json.loads(text)] == ["withdrawn"]
    with quiet.connector.store.read() as conn:
        name = one.key_results[0].key or one.key_results[0].title
        assert [mark.text for mark in list_marks(conn, "main", one.id)] == [
            f"command line checked in 97 % for {name}",
            f"command line withdrew the check-in of 97 % for {name}",
        ]


def test_when_the_derived_value_moves_the_check_in_stays_and_keeping_it_says_it_anew(
    quiet: Any, one: Any
) -> None:
    connector, key_result = quiet.connector, one.key_results[0]
    made = check_in(
        connector, ADA, "main", one.id, Statement(key_result.id, Fraction(97, 100), delta=Fraction(0))
    )
    assert made.derived == key_result.measurement.progress
    done = next(status for status in quiet.context.catalogue.statuses if status.category == "done")
    with connector.store.write() as conn:
        (issue,) = mirror.get(conn, "main", unfinished(key_result)[:1]).values()
        mirror.put(conn, "main", [replace(issue, status=done, resolution=None)])
        due.mark(conn, "main", [one.id], connector.clock(), "a test")
    drain(lambda: quiet.context)
    ruling = now_at(quiet, one.id).key_results[0].check_in
    assert (ruling.rule, now_at(quiet, one.id).progress) == ("derived-moved", Fraction(97, 100))
    assert now_at(quiet, one.id).flags
    again = keep(connector, BO, "main", one.id, made.id, None)
    assert again is not None
    assert (again.derived, again.value, again.by) == (ruling.derived, made.value, "Bo")
    drain(lambda: quiet.context)
    state = now_at(quiet, one.id)
    assert (state.key_results[0].check_in.rule, state.flags) == ("standing", one.flags)
    assert withdraw(connector, BO, "main", one.id, made.id) is None
    assert withdraw(connector, BO, "main", "other", again.id) is None


def test_a_preview_leaves_check_ins_alone(quiet: Any, one: Any) -> None:
    connector = quiet.connector
    check_in(connector, ADA, "main", one.id, Statement(one.key_results[0].id, Fraction(97, 100)))
    drain(lambda: quiet.context)
    with connector.store.read() as conn:
        text = revisions.active(conn, "main").text
    assert preview_text(connector, TESTER, "main", text).preview.changed == ()


@pytest.mark.parametrize(
    ("said", "part"),
    [
        (Statement("nowhere", Fraction(1, 2)), "key_result"),
        (Statement("", Fraction(1, 2)), "key_result"),
        (Statement("delivery", Fraction(3, 2)), "value"),
        (Statement("delivery", Fraction(1, 2), until=date(2020, 1, 1)), "until"),
        (Statement("delivery", Fraction(1, 2), delta=None), "until"),
    ],
)
def test_what_cannot_be_kept_says_which_part(quiet: Any, one: Any, said: Statement, part: str) -> None:
    with pytest.raises(CheckInRefusal) as refused:
        check_in(quiet.connector, ADA, "main", one.id, said)
    assert [name for name, _ in refused.value.faults] == [part]
    with quiet.connector.store.read() as conn:
        assert check_ins.load_all(conn, "main", one.id) == []
        assert due.pending_count(conn, "main") == 0


def test_a_wrong_word_on_the_command_line_is_explained(command: Any, one: Any) -> None:
    kr = one.key_results[0].id
    assert command("check-in", "add", one.key, kr, "much")[0] == 1
    assert command("check-in", "add", one.key, kr, "-5")[0] == 1  # a value, and no option that is not there
    assert command("check-in", "add", one.key, kr, "50", "--dleta", "5")[0] == 2
    assert command("check-in", "add", one.key, kr, "50", "--delta", "none")[0] == 1
    assert command("check-in", "add", "NOPE-1", kr, "50")[0] == 1
    assert command("check-in", "withdraw", one.key, "99")[0] == 1
    later = (system_clock().date() + timedelta(days=9)).isoformat()
    assert command("check-in", "add", one.key, kr, "50", "--delta", "none", "--until", later)[0] == 0


def test_typed_numbers_are_read_as_people_mean_them() -> None:
    assert typed_value(" 62.5 % ", Measure.PROGRESS) == Fraction(5, 8)
    assert typed_value("−3", Measure.CURRENT) == -3
    assert typed_delta("") is None
    assert typed_delta("10 %") == Fraction(1, 10)
