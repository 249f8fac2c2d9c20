"""A check-in, made and withdrawn at each door: the same is kept, the same objective is due, the same entry stands in the audit log."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from connectors.store.numbers import check_ins as kept
from connectors.store.numbers import comments
from connectors.store.numbers.comments import KeptComment
from connectors.store.work import due
from mappings.explain.check_in import Measure
from mappings.explain.confidence import Confidence, ConfidenceLevel, SpokenConfidence
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.use_cases.check_ins import check_ins
from plugin.use_cases.objectives import objectives
from plugin.use_cases.objectives.objectives import RowSelection

UNTIL = "2198-12-31"
NOTE = "Told by the team."


@pytest.fixture
def delivery(company):
    """An objective, and a key result of it that is made of deliveries."""
    for saved in objectives.every_objective(company.connector, COMMAND_LINE, RowSelection(sites=("main",))):
        for key_result in saved.state.key_results:
            if key_result.kind == "delivery" and key_result.contributing:
                return saved.state, key_result
    raise LookupError("no delivery in the demo")


def say_by_page(doors, objective, key_result):
    form = {
        "key_result": key_result.id,
        "value": "62 %",
        "note": NOTE,
        "until": UNTIL,
        "delta": "5",
        "confidence": "7",
    }
    assert doors.page(f"/objectives/{objective.key}/check-ins", **form).status_code == 302


def say_by_api(doors, objective, key_result):
    body = {
        "key_result": key_result.id,
        "value": 0.62,
        "note": NOTE,
        "until": UNTIL,
        "delta": 0.05,
        "confidence": "7",
    }
    assert doors.api("POST", f"/objectives/{objective.key}/check-ins", body).status_code == 201


def say_by_command(doors, objective, key_result):
    words = ("check-in", "add", objective.key, key_result.id, "62", "--note", NOTE)
    assert doors.command(*words, "--until", UNTIL, "--delta", "5", "--confidence", "7").exit_code == 0


def withdraw_by_page(doors, objective, number):
    assert doors.page(f"/objectives/{objective.key}/check-ins/{number}/withdraw").status_code == 302


def withdraw_by_api(doors, objective, number):
    assert doors.api("DELETE", f"/objectives/{objective.key}/check-ins/{number}").status_code == 200


def withdraw_by_command(doors, objective, number):
    assert doors.command("check-in", "withdraw", objective.key, str(number)).exit_code == 0


WAYS = {
    "page": (say_by_page, withdraw_by_page),
    "api": (say_by_api, withdraw_by_api),
    "command": (say_by_command, withdraw_by_command),
}
BY = {
    "page": "admin@acme.example",
    "api": "admin@acme.example (token a program)",
    "command": "command line",
}


def due_now(doors):
    with doors.connector.store.read() as conn:
        return due.pending_count(conn, "main")


def test_a_check_in_is_made_and_withdrawn_alike_at_each_door(company, delivery):
    objective, key_result = delivery
    for door, (say, withdraw) in WAYS.items():
        begun, entries = due_now(company), len(company.audited())
        say(company, objective, key_result)
        kept = check_ins.list_check_ins(company.connector, COMMAND_LINE, "main", objective.id)[0]
        about = kept.check_in
        assert (about.objective_id, about.key_result_id) == (objective.id, key_result.id), door
        assert (about.measure, about.value, about.note) == (Measure.PROGRESS, Fraction(31, 50), NOTE), door
        assert (about.until, about.delta) == (date(2198, 12, 31), Fraction(1, 20)), door
        assert about.confidence == SpokenConfidence(Confidence(ConfidenceLevel.ON, 7), BY[door], about.at), (
            door
        )
        assert (about.derived, about.by) == (key_result.measurement.progress, BY[door]), door
        withdraw(company, objective, about.id)
        ended = check_ins.list_check_ins(company.connector, COMMAND_LINE, "main", objective.id)[0]
        assert (ended.ended_how, ended.ended_by, ended.check_in) == ("withdrawn", BY[door], about), door
        made, withdrawn = company.audited()[entries:]
        detail = {
            "check_in": about.id,
            "objective": objective.id,
            "key_result": key_result.id,
            "said": "62 %",
            "until": UNTIL,
            "delta": "5 %",
            "note": NOTE,
            "confidence": "7",
        }
        assert {**made[1], "derived": None} == {**detail, "derived": None}, door
        assert (made[0], made[2]) == ("key result checked in", "main"), door
        assert withdrawn == ("check-in withdrawn", made[1], "main"), door
        assert due_now(company) == max(begun, 1), door


def test_what_is_no_key_result_is_refused_at_each_door_with_those_there_are(company, delivery):
    objective, _ = delivery
    before = company.audited()
    told = f"there is no key result “nothing” here; name one of: {objective.key_results[0].key}"
    form = {"key_result": "nothing", "value": "62"}
    assert told in company.page(f"/objectives/{objective.key}/check-ins", **form).get_data(as_text=True)
    body = {"key_result": "nothing", "value": 0.62}
    answer = company.api("POST", f"/objectives/{objective.key}/check-ins", body)
    assert (answer.status_code, told in answer.json["detail"]) == (422, True)
    assert told in str(company.command("check-in", "add", objective.key, "nothing", "62").exception)
    assert check_ins.list_check_ins(company.connector, COMMAND_LINE, "main", objective.id) == ()
    assert company.audited() == before


def test_a_confidence_alone_overrides_nothing_at_any_door(company, delivery):
    objective, key_result = delivery
    path = f"/objectives/{objective.key}/check-ins"
    said = {"page": "at risk", "api": "at", "command": "3/10"}
    assert (
        company.page(
            path, key_result=key_result.id, confidence=said["page"], value="", delta="10"
        ).status_code
        == 302
    )
    body = {"key_result": key_result.id, "confidence": said["api"]}
    answer = company.api("POST", path, body)
    assert (answer.status_code, answer.json["value"], answer.json["confidence"]) == (201, None, "at")
    words = ("check-in", "add", objective.key, key_result.id, "--confidence", said["command"])
    assert company.command(*words).exit_code == 0
    with company.connector.store.read() as conn:
        standing = kept.load_standing(conn, "main", objective.id)[objective.id, key_result.id]
    assert (standing.value, standing.until, standing.delta) == (None, None, None)
    assert standing.confidence.confidence == Confidence(ConfidenceLevel.OFF, 3)
    wrong = company.command("check-in", "add", objective.key, key_result.id, "--confidence", "11").exception
    assert (
        str(wrong)
        == "confidence: “11” is no confidence: write 0 to 10, or one of: on track, at risk, off track"
    )
    nothing = company.command("check-in", "add", objective.key, key_result.id).exception
    assert str(nothing) == "value: say a value, how confident you are, or a note"
    for one in check_ins.list_check_ins(company.connector, COMMAND_LINE, "main", objective.id):
        check_ins.withdraw(company.connector, COMMAND_LINE, "main", objective.id, one.check_in.id)
    with company.connector.store.read() as conn:
        assert kept.load_standing(conn, "main", objective.id) == {}


def test_a_comment_that_was_refused_is_told_at_each_door(company):
    every = objectives.every_objective(company.connector, COMMAND_LINE, RowSelection(sites=("main",)))
    pairs = ((saved.state, one) for saved in every for one in saved.state.key_results if one.issue_id)
    objective, issue = next(pairs)
    at = datetime(2026, 11, 10, 9, tzinfo=UTC)
    made = [
        KeptComment(issue.issue_id, "10", at, at, "Ada", "okr 47,5", "“47,5” is no number here"),
        KeptComment(issue.issue_id, "11", at, at, "Bo", "okr 9 %"),
    ]
    with company.connector.store.write() as conn:
        comments.replace(conn, "main", issue.issue_id, made)
    page = company.look(f"/objectives/{objective.key}")
    assert ("okr 47,5" in page, "“47,5” is no number here. Edit it in Jira." in page, "okr 9 %" in page) == (
        True,
        True,
        False,
    )
    answer = company.api("GET", f"/objectives/{objective.key}/comments?limit=1")
    assert [(one["comment"], one["fault"]) for one in answer.json["items"]] == [("11", None)]
    answer = company.api("GET", f"/objectives/{objective.key}/comments?limit=1&cursor={answer.json['next']}")
    assert (answer.json["items"][0]["fault"], answer.json["next"]) == (made[0].fault, None)
    told = company.command("check-in", "comments", objective.key, "--json").stdout
    assert [(one["by"], one["line"], one["fault"]) for one in json.loads(told)] == [
        ("Bo", "okr 9 %", None),
        ("Ada", "okr 47,5", "“47,5” is no number here"),
    ]


def test_nothing_is_due_where_the_mapping_asks_for_no_check_ins(company):
    answer = company.api("GET", "/check-ins/due")
    assert (answer.status_code, answer.json) == (200, {"items": [], "next": None})
    assert company.command("check-in", "due").stdout == "No check-in is due.\n"
