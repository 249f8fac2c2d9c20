"""The client of Atlassian Goals: what it asks is right by the official types, what it hears it says, and what is refused it tells apart."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from connectors.goals import goals_of, operations
from connectors.goals.gateway import refusal
from connectors.goals.operations import GatewayOperation
from connectors.goals.shapes import Extensions, Problem, Update, words_of
from connectors.jira import BasicCredentials, JiraAddress, connect
from connectors.jira.http.errors import (
    AuthFailure,
    IncompleteRead,
    JiraError,
    JiraOutage,
    JiraRefusal,
    RateLimitError,
)
from connectors.sandbox import CONNECTOR, PEOPLE, VIEWER, Fault
from connectors.sandbox.goals.goal import CLOUD_ID
from mappings.facts.goal import Goal, GoalMetric, GoalUpdate
from tests.contracts.gateway import wrong_answer, wrong_query

OPERATIONS = [one for one in vars(operations).values() if isinstance(one, GatewayOperation)]


def adf(text: str) -> str:
    inner = [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]
    return json.dumps({"type": "doc", "version": 1, "content": inner})


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_what_is_asked_is_right_by_the_official_types(official: Any, operation: Any) -> None:
    assert wrong_query(official, operation.text) == []
    assert f"{operation.name}" in operation.text
    assert '@optIn(to: "Townsquare")' in operation.text


def test_the_check_bites(official: Any) -> None:
    query = "query q { goals_byId(goalId: 1) { key isArchived status { score } } }"
    good = {"goals_byId": {"key": "A-1", "isArchived": False, "status": None}}
    assert wrong_answer(official, query, good) == []
    for wrong in (
        {"goals_byId": {"key": None, "isArchived": False, "status": None}},
        {"goals_byId": {"key": "A-1", "isArchived": "no", "status": None}},
        {"goals_byId": {"key": "A-1", "isArchived": False, "status": {"score": "1"}}},
        {"goals_byId": {"key": "A-1", "isArchived": False}},
        {"goals_byId": []},
    ):
        assert wrong_answer(official, query, wrong), wrong
    assert wrong_query(official, "query q { goals_byId(goalId: 1) { nothing } }")


def test_goals_are_listed_with_what_they_stand_at(server: Any, goals: Any) -> None:
    book = server.sandbox.goals
    there = book.named("NORTH-2")
    book.post(there.ari, PEOPLE[0], None, 45, adf("Slower than we hoped"), {})
    said = {
        "goalId": there.ari,
        "name": "Availability",
        "type": "NUMERIC",
        "value": 99.8,
        "source": "jira-okr",
    }
    book.measure(there.ari, CONNECTOR, {**said, "externalEntityId": "kr-1"}, 99.5, 99.95)
    listed = {one.key: one for one in goals.every()}
    assert list(listed) == ["NORTH-1", "NORTH-2", "NORTH-3"]
    assert listed["NORTH-2"].latest is None
    found = goals.standing([there.ari, "ari:nothing", there.ari])
    update, [target] = there.updates[0], there.targets
    assert found == {
        there.ari: Goal(
            id=there.ari,
            key="NORTH-2",
            name="Be there",
            url=f"{server.url}/o/northwind/s/{CLOUD_ID}/goal/NORTH-2",
            status="at_risk",
            scoring="OKR",
            owner="OKR Connector",
            may_post=True,
            latest=GoalUpdate(
                update.ari, update.at, PEOPLE[0].id, PEOPLE[0].name, "at_risk", 45, "Slower than we hoped"
            ),
            metrics=(
                GoalMetric(
                    target.id, target.metric.id, "Availability", ("jira-okr", "kr-1"), 99.5, 99.95, 99.8
                ),
            ),
        )
    }
    assert update.at.replace(microsecond=0) == datetime(2026, 11, 22, 9, 0, update.at.second, tzinfo=UTC)
    assert (goals.cloud_id, goals.scoring()) == (CLOUD_ID, "OKR")


def test_every_page_is_read_and_archived_goals_are_left_out(server: Any, goals: Any) -> None:
    for number in range(117):
        server.sandbox.goals.add(f"Goal {number}", CONNECTOR)
    server.sandbox.goals.named("NORTH-60").archived = True
    found = [one.key for one in goals.every()]
    assert found == [f"NORTH-{number}" for number in range(1, 121) if number != 60]
    assert len(goals.standing(one.ari for one in server.sandbox.goals.goals.values())) == 120


def test_who_may_not_post_is_said_so(server: Any) -> None:
    jira = connect(
        JiraAddress("main", server.url, BasicCredentials(VIEWER.email, VIEWER.token), deployment="cloud")
    )
    goals = goals_of(jira)
    ids = [one.id for one in goals.every()]
    assert [one.may_post for one in goals.standing(ids).values()] == [False, False, False]
    jira.close()


def test_the_gateway_is_at_the_address_that_people_browse(server: Any) -> None:
    account = BasicCredentials(CONNECTOR.email, CONNECTOR.token)
    elsewhere = JiraAddress("main", server.url, account, api_base="http://127.0.0.1:9/ex", deployment="cloud")
    assert len(list(goals_of(connect(elsewhere)).every())) == 3


def test_one_client_is_kept_for_a_site_counts_its_calls_and_is_closed_with_it(server: Any) -> None:
    account = BasicCredentials(CONNECTOR.email, CONNECTOR.token)
    elsewhere = JiraAddress("main", server.url, account, api_base="http://127.0.0.1:9/ex", deployment="cloud")
    jira = connect(elsewhere)
    seen: list[str] = []
    jira.transport.observer = lambda call, _outcome: seen.append(call.endpoint)
    first = goals_of(jira)
    assert (len(list(first.every())), first.cloud_id) == (3, CLOUD_ID)
    jira.close()
    again = goals_of(jira)
    assert (again is first, again.cloud_id, len(list(again.every()))) == (True, CLOUD_ID, 3)
    assert len(seen) == 3, "two lists, and by what the site is known asked once"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault("rate_limit", path="/gateway/"), RateLimitError),
        (Fault("unauthorized", path="/gateway/"), AuthFailure),
        (Fault("status", path="/gateway/", status=503), JiraOutage),
        (Fault("status", path="/gateway/", status=403), JiraOutage),
        (Fault("status", path="/gateway/", status=403, shape="jira"), JiraRefusal),
        (Fault("status", path="/gateway/", status=200), JiraOutage),
        (Fault("status", path="/gateway/", status=200, shape="list"), IncompleteRead),
        (Fault("status", path="/gateway/", status=200, shape="empty"), IncompleteRead),
        (Fault("torn", path="/gateway/", times=2), JiraOutage),
    ],
    ids=lambda one: f"{one.kind} {one.status} {one.shape}" if isinstance(one, Fault) else one.__name__,
)
def test_what_is_no_answer_is_never_taken_for_one(server: Any, goals: Any, fault: Fault, kind: Any) -> None:
    server.faults.add(fault)
    with pytest.raises(kind):
        list(goals.every())
    server.faults.clear()
    assert len(list(goals.every())) == 3


@pytest.mark.parametrize(
    ("statuses", "kind", "status"),
    [
        ([400], JiraRefusal, 400),
        ([None], JiraRefusal, 400),
        ([403], JiraRefusal, 403),
        ([404, 403], JiraRefusal, 404),
        ([404, 401], AuthFailure, 401),
        ([403, 429], RateLimitError, None),
        ([403, 500], JiraOutage, 500),
        ([503], JiraOutage, 503),
    ],
)
def test_a_refusal_is_judged_by_the_worst_of_its_parts(statuses: Any, kind: Any, status: int | None) -> None:
    problems = [Problem("No.", Extensions(one) if one else None) for one in statuses]
    error = refusal(problems)
    assert type(error) is kind
    assert getattr(error, "status", None) == status
    assert isinstance(error, JiraError)


def test_a_site_without_goals_and_one_that_nobody_knows(server: Any, goals: Any) -> None:
    server.sandbox.goals.on = False
    with pytest.raises(JiraRefusal) as found:
        list(goals.every())
    assert (found.value.status, found.value.messages) == (404, ("This site does not have Goals.",))
    assert "jira-okr" not in found.value.message
    assert "Atlassian Goals" in found.value.remedy


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        (None, ""),
        (adf("62 %"), "62 %"),
        ("plain", "plain"),
        ("[1]", "[1]"),
        ('{"type": "doc", "content": 5}', ""),
    ],
)
def test_the_words_of_a_summary(summary: str | None, words: str) -> None:
    assert words_of(summary) == words


def test_a_page_that_leads_nowhere_is_no_end(server: Any, goals: Any, monkeypatch: Any) -> None:
    from connectors.goals import client

    for number in range(60):
        server.sandbox.goals.add(f"Goal {number}", CONNECTOR)
    silent = client.LIST.text.replace("hasNextPage endCursor", "hasNextPage")
    monkeypatch.setattr(client, "LIST", replace(client.LIST, text=silent))
    with pytest.raises(IncompleteRead):
        list(goals.every())


def test_an_update_is_posted_as_a_document_with_a_link(server: Any, goals: Any) -> None:
    there = server.sandbox.goals.named("NORTH-2")
    goals.post(there.ari, "at_risk", 45, "45 % · at risk", "https://okr.acme.example/why/100")
    [update] = there.updates
    assert (update.new, update.creator, words_of(update.summary)) == (
        ("at_risk", 45),
        CONNECTOR,
        "45 % · at risk — why?",
    )
    [paragraph] = json.loads(update.summary)["content"]
    assert paragraph["content"][1] == {
        "type": "text",
        "text": "why?",
        "marks": [{"type": "link", "attrs": {"href": "https://okr.acme.example/why/100"}}],
    }
    goals.post(there.ari, "pending", None, "0 %", None)
    assert (there.status, words_of(there.updates[-1].summary)) == ("pending", "0 %")
    for status, score in (("pending", 5), ("great", None)):
        with pytest.raises(JiraRefusal) as refused:
            goals.post(there.ari, status, score, "0 %", None)
        assert refused.value.status == 400
    assert len(there.updates) == 2


def metric(name: str, value: float, target: float = 10) -> dict[str, object]:
    return {"name": name, "type": "NUMERIC", "start": 0.0, "target": target, "value": value}


def test_metrics_are_found_again_by_their_origin_and_those_of_others_stay(server: Any, goals: Any) -> None:
    book = server.sandbox.goals
    there = book.named("NORTH-2")
    theirs = {"goalId": there.ari, "name": "Kim's", "type": "NUMERIC", "value": 1.0}
    book.measure(there.ari, PEOPLE[0], theirs, 0, 5)
    wanted = {"1": metric("One", 3), "2": metric("Two", 4)}
    for _ in range(2):
        goals.measure(there.ari, wanted, [], "100")
    goals.measure(there.ari, {"1": metric("One", 5, 20), "3": metric("Three", 1)}, ["2", "7"], "100")
    assert [
        (one.metric.name, one.metric.source, one.metric.external_id, one.start, one.metric.value, one.target)
        for one in there.targets
    ] == [
        ("Kim's", "MANUAL", None, 0, 1.0, 5),
        ("One", "jira-okr", "1", 0.0, 5.0, 20.0),
        ("Three", "jira-okr", "3", 0.0, 1.0, 10.0),
    ]
    assert list(there.work_items) == [f"ari:cloud:jira:{CLOUD_ID}:issue/100"]
    assert there.updates == []
    with pytest.raises(JiraRefusal) as gone:
        goals.measure("ari:nothing", wanted, [], "100")
    assert gone.value.status == 404


def test_where_not_all_metrics_are_seen_none_is_added_twice(server: Any, goals: Any) -> None:
    book = server.sandbox.goals
    goal = book.named("NORTH-2")
    ours = {"10012": {"name": "Ours", "type": "NUMERIC", "start": 0.0, "target": 10.0, "value": 3.0}}
    for number in range(51):
        theirs = {"goalId": goal.ari, "name": f"Theirs {number}", "type": "NUMERIC", "value": 1.0}
        book.measure(goal.ari, PEOPLE[0], theirs, 0, 5)
    with pytest.raises(JiraRefusal, match="more than 50 metrics"):
        goals.measure(goal.ari, ours, [], "10001")
    assert len(goal.targets) == 51


def test_a_moment_without_a_zone_is_of_utc() -> None:
    update = msgspec.convert(
        {"ari": "a", "newScore": 0, "creationDate": "2026-11-22T09:00:00"}, Update
    ).made()
    assert update.at == datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
