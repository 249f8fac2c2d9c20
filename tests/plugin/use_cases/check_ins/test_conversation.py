"""The conversation on a check-in: the same answer at each door, whose it is to take back, and no number that follows from it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup

from connectors.store.numbers import check_ins as kept
from connectors.store.personal import personal_data
from connectors.store.personal.spellings import PersonSpellings
from mappings.explain.check_in import LONGEST_NOTE, CheckIn, Measure
from plugin.access.authorization.actor import COMMAND_LINE, Actor
from plugin.access.authorization.permission import Permission
from plugin.use_cases.check_ins import check_ins, conversation
from plugin.use_cases.check_ins.check_ins import Statement
from plugin.use_cases.check_ins.conversation import ReplyRefusal
from plugin.use_cases.objectives import objectives
from plugin.use_cases.objectives.objectives import RowSelection
from plugin.use_cases.permission import PermissionRefusal

KIM = Actor("kim@acme.example", Permission.EDITOR, 901)
LEE = Actor("lee@acme.example", Permission.EDITOR, 902)


@pytest.fixture
def said(company):
    """An objective, and a check-in of it that says how sure somebody is."""
    every = objectives.every_objective(company.connector, COMMAND_LINE, RowSelection(sites=("main",)))
    state = next(one.state for one in every if one.state.key_results)
    wanted = Statement(key_result=state.key_results[0].id, value=None, note="The vendor slipped.")
    return state, check_ins.check_in(company.connector, COMMAND_LINE, "main", state.id, wanted)


def replies(company, state):
    return conversation.list_replies(company.connector, COMMAND_LINE, "main", state.id)


def test_an_answer_is_kept_told_and_taken_back_at_each_door(company, said):
    state, about = said
    path, before = f"/objectives/{state.key}", due_now(company)
    answered = f"{path}/check-ins/{about.id}/replies"
    entries = len(company.audited())
    assert company.page(answered, answer="Which of the two?").status_code == 302
    assert company.api("POST", answered, {"said": "The one in Lyon."}).status_code == 201
    assert company.command("check-in", "reply", state.key, str(about.id), "Thanks.").exit_code == 0
    found = replies(company, state)
    assert [(one.check_in, one.key_result_id, one.said, one.by) for one in found] == [
        (about.id, about.key_result_id, "Which of the two?", "admin@acme.example"),
        (about.id, about.key_result_id, "The one in Lyon.", "admin@acme.example (token a program)"),
        (about.id, about.key_result_id, "Thanks.", "command line"),
    ]
    detail = {"check_in": about.id, "objective": state.id, "key_result": about.key_result_id}
    assert company.audited()[entries:] == [
        ("check-in answered", {"reply": one.id, **detail}, "main") for one in found
    ]
    page = BeautifulSoup(company.look(path), "html.parser")
    assert [one.get_text() for one in page.select(".talk .reply")] == [one.said for one in found]
    first = company.api("GET", f"{path}/replies?limit=2").json
    rest = company.api("GET", f"{path}/replies?limit=2&cursor={first['next']}").json
    assert [one["said"] for one in first["items"] + rest["items"]] == [one.said for one in found]
    told = json.loads(company.command("check-in", "replies", state.key, "--json").stdout)
    assert [(one["id"], one["check_in"], one["said"]) for one in told] == [
        (one.id, one.check_in, one.said) for one in found
    ]
    assert "Which of the two?" in company.command("check-in", "replies", state.key).stdout
    by_page, by_api, by_command = (one.id for one in found)
    assert company.page(f"{path}/replies/{by_page}/take-back").status_code == 302
    assert company.api("DELETE", f"{path}/replies/{by_api}").status_code == 200
    assert company.command("check-in", "take-back", state.key, str(by_command)).exit_code == 0
    assert replies(company, state) == ()
    assert company.audited()[-1][0] == "answer to a check-in taken back"
    gone = company.api("DELETE", f"{path}/replies/{by_api}")
    assert (gone.status_code, "/replies." in gone.json["remedy"]) == (404, True)
    assert f"has no answer {by_command}" in str(
        company.command("check-in", "take-back", state.key, str(by_command)).exception
    )
    assert due_now(company) == before  # no number follows


def due_now(company):
    with company.connector.store.read() as conn:
        return kept.load_standing(conn, "main")


def test_what_is_no_answer_is_refused_and_what_was_typed_stays(company, said):
    state, about = said
    path = f"/objectives/{state.key}/check-ins/{about.id}/replies"
    page = company.page(path, answer="   ")
    assert page.status_code == 422
    assert "Say something: an answer is a text." in page.get_data(as_text=True)
    long = "x" * (LONGEST_NOTE + 1)
    assert company.page(path, answer=long).status_code == 422
    assert long in company.page(path, answer=long).get_data(as_text=True)
    assert company.api("POST", path, {"said": long}).status_code == 422
    assert company.api("POST", path, {"said": "  "}).status_code == 409
    assert company.api("POST", path.replace(str(about.id), "99999"), {"said": "x"}).status_code == 409
    page = company.page(path.replace(str(about.id), "99999"), answer="Typed at length")
    assert page.status_code == 422
    assert "There is no check-in 99999 of this objective. You wrote: Typed at length" in page.get_data(
        as_text=True
    )
    assert "There is no check-in 99999" in str(
        company.command("check-in", "reply", state.key, "99999", "x").exception
    )
    assert replies(company, state) == ()


def test_it_is_taken_back_by_who_gave_it_or_an_admin_and_given_by_editors(company, said):
    state, about = said
    connector = company.connector
    with pytest.raises(PermissionRefusal):
        conversation.reply(connector, replace(KIM, role=Permission.VIEWER), "main", state.id, about.id, "x")
    by_program = replace(KIM, label=f"{KIM.label} (token nightly)")
    one = conversation.reply(connector, by_program, "main", state.id, about.id, "Mine")
    with pytest.raises(ReplyRefusal, match=KIM.label.replace(".", r"\.")):
        conversation.take_back(connector, LEE, "main", state.id, one.id)
    assert conversation.take_back(connector, LEE, "main", "another", one.id) is None
    assert conversation.take_back(connector, KIM, "main", state.id, one.id) == one
    assert conversation.take_back(connector, KIM, "main", state.id, one.id) is None
    other = conversation.reply(connector, LEE, "main", state.id, about.id, "Theirs")
    assert conversation.take_back(connector, COMMAND_LINE, "main", state.id, other.id) == other


def test_a_comment_that_says_it_no_longer_takes_its_answers_along(company, said):
    state, about = said
    at = datetime(2026, 11, 10, 9, tzinfo=UTC)
    by_comment = CheckIn(
        objective_id=state.id,
        key_result_id=about.key_result_id,
        measure=Measure.PROGRESS,
        value=None,
        by="Ada",
        at=at,
        note="by comment",
        comment="77",
    )
    with company.connector.store.write() as conn:
        made = kept.add_of_comment(conn, "main", by_comment, at)
    one = conversation.reply(company.connector, KIM, "main", state.id, made.id, "Heard")
    assert replies(company, state) == (one,)
    with company.connector.store.write() as conn:
        kept.retract(conn, "main", made, at)
    assert replies(company, state) == ()
    with pytest.raises(ReplyRefusal, match="was deleted, or says something else"):
        conversation.reply(company.connector, KIM, "main", state.id, made.id, "Heard?")


def test_an_answer_is_of_the_data_of_its_person(company, said):
    state, about = said
    conversation.reply(company.connector, KIM, "main", state.id, about.id, "Mine")
    with company.connector.store.write() as conn:
        mine = [
            one
            for one in personal_data.rows(conn, PersonSpellings(KIM.label), None, frozenset())
            if one.table == "check_in_reply"
        ]
        assert [one.values["said"] for one in mine] == ["Mine"]
        personal_data.erase(conn, PersonSpellings(KIM.label), "erased person 1", company.connector.clock())
    (one,) = replies(company, state)
    assert (one.by, one.said) == ("erased person 1", "Mine")
    with pytest.raises(ReplyRefusal, match="erased person 1"):
        conversation.take_back(company.connector, KIM, "main", state.id, one.id)
    conversation.take_back(company.connector, COMMAND_LINE, "main", state.id, one.id)
