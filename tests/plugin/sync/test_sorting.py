"""Which issues a batch of deliveries touches, whatever their order and however often they come."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.jira import Hints
from connectors.store.work.inbox import Delivery, DeliveryStatus
from plugin.sync.intake.triage import BEGINNING, DeliveryBatch, sort_deliveries

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
IDS = {"PLAT-7": "10007", "PLAT-9": "10009"}


def delivery(number: int, body: Any) -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Delivery(number, "main", f"d-{number}", NOW, "", raw, DeliveryStatus.PENDING, "", 0)


def sort(*bodies: Any, echo: Any = lambda hints: False) -> DeliveryBatch:
    return sort_deliveries([delivery(number, body) for number, body in enumerate(bodies)], echo, IDS.get)


def event(name: str, issue: str | None = None, items: Any = None, **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"webhookEvent": name, "timestamp": 1, **more}
    if issue:
        body["issue"] = {"id": issue, "key": f"PLAT-{issue[-1]}", "fields": {}}
    if items:
        body["changelog"] = {"id": "1", "items": items}
    return body


STATUS = {"field": "status", "fieldId": "status", "from": "1", "to": "2"}
PARENT = {"field": "IssueParentAssociation", "fieldId": "parent", "from": "10007", "to": "10009"}


@pytest.mark.parametrize(
    ("body", "touched"),
    [
        (event("jira:issue_created", "10001"), {"10001"}),
        (event("jira:issue_updated", "10001", [STATUS]), {"10001"}),
        (event("jira:issue_deleted", "10001"), {"10001"}),
        (event("jira:issue_updated", "10001", [PARENT]), {"10001", "10007", "10009"}),
        (
            event("issuelink_created", issueLink={"sourceIssueId": 10001, "destinationIssueId": 10002}),
            {"10001", "10002"},
        ),
    ],
)
def test_every_event_that_matters_names_its_issues(body: Any, touched: set[str]) -> None:
    batch = sort(body)

    assert touched <= batch.touched
    assert batch.verdicts == {0: ("done", body["webhookEvent"])}


@pytest.mark.parametrize("body", [b"no json", b"[]", b"42", {"webhookEvent": 7}, {"hello": "world"}])
def test_what_says_nothing_is_ignored_with_a_reason(body: Any) -> None:
    batch = sort(body)

    assert batch.touched == set()
    status, note = batch.verdicts[0]
    assert status == "ignored"
    assert note


def test_an_echo_touches_nothing() -> None:
    def is_echo(hints: Hints) -> bool:
        return hints.issue_ids == frozenset({"10001"})

    batch = sort(
        event("jira:issue_updated", "10001", [STATUS]),
        event("jira:issue_updated", "10002", [STATUS]),
        echo=is_echo,
    )

    assert batch.touched == {"10002"}
    assert batch.verdicts[0] == ("done", "echo of our own write")


def test_an_echo_tells_when_its_issue_was_edited() -> None:
    dated, undated = (event("jira:issue_updated", id_, [STATUS]) for id_ in ("10001", "10002"))
    dated["issue"]["fields"]["updated"] = "2026-11-02T08:59:30.000+0000"
    batch = sort(dated, undated, echo=lambda _hints: True)
    assert batch.echoes == {"10001": datetime(2026, 11, 2, 8, 59, 30, tzinfo=UTC)}
    assert (batch.touched, batch.edited) == (set(), {})


def test_a_property_is_named_beside_the_fields() -> None:
    ours, theirs = (
        event("issue_property_set", id_, property={"key": key, "value": 1})
        for id_, key in (("10001", "okr"), ("10002", "theirs"))
    )
    told = [delivery(number, body) for number, body in enumerate((ours, theirs))]
    batch = sort_deliveries(told, lambda _hints: False, IDS.get, frozenset({"property:okr"}))
    assert batch.changed_fields == {"10001": {"property:okr"}}
    assert batch.verdicts[1] == ("ignored", "a property that the mapping does not write")


def test_changed_fields_are_kept_by_issue() -> None:
    batch = sort(
        event("jira:issue_updated", "10001", [STATUS]),
        event("jira:issue_updated", "10001", [{**STATUS, "fieldId": "customfield_10016"}]),
    )

    assert batch.changed_fields["10001"] >= {"status", "customfield_10016"}


def test_order_and_repetition_do_not_matter() -> None:
    bodies = [
        event("jira:issue_updated", "10001", [PARENT]),
        event("jira:issue_created", "10002"),
        event("jira:issue_deleted", "10003"),
        event("issuelink_deleted", issueLink={"sourceIssueId": 10004, "destinationIssueId": 10005}),
    ]
    once = sort(*bodies)
    for seed in range(20):
        again = bodies * 3
        random.Random(seed).shuffle(again)
        batch = sort(*again)
        assert batch.touched == once.touched
        assert batch.changed_fields == once.changed_fields


def test_an_issue_that_is_named_by_its_key_alone_is_looked_up_and_not_taken_for_dated() -> None:
    dated = event("jira:issue_updated", "10007", [STATUS])
    dated["issue"]["fields"]["updated"] = "2026-11-02T09:00:20.000+0000"
    batch = sort({"issueKey": "PLAT-7"}, {"issueKey": "PLAT-99"}, dated)
    assert (batch.touched, batch.keys) == ({"10007"}, {"PLAT-99"})
    assert (batch.unsure, batch.edited) == ({"10007"}, {})
    assert batch.verdicts[1] == ("done", "request of an automation rule")


PARENTED = event("jira:issue_updated", "10004", [PARENT])


def test_a_batch_says_when_its_issues_were_last_edited_at_least_where_it_is_told() -> None:
    def edited(issue: str, at: str) -> dict[str, Any]:
        body = event("jira:issue_updated", issue, [STATUS])
        body["issue"]["fields"]["updated"] = f"2026-11-02T09:00:{at}.000+0000"
        return body

    link = event("issuelink_created", issueLink={"sourceIssueId": 10002, "destinationIssueId": 10003})
    batch = sort(edited("10001", "20"), edited("10001", "10"), edited("10002", "30"), link, PARENTED)

    assert batch.edited == {
        "10001": NOW.replace(second=20),
        "10007": BEGINNING,
        "10009": BEGINNING,
    }


def test_an_issue_of_which_one_delivery_tells_no_time_is_not_taken_for_dated() -> None:
    """In either order: what the undated one is about may be later than all that is told."""
    dated = event("jira:issue_updated", "10001", [STATUS])
    dated["issue"]["fields"]["updated"] = "2026-11-02T09:00:20.000+0000"
    other = json.loads(json.dumps(dated).replace("10001", "10002"))
    undated = event("jira:issue_updated", "10001", [STATUS])

    for bodies in ([dated, undated, other], [undated, other, dated]):
        assert sort(*bodies).edited == {"10002": NOW.replace(second=20)}


def test_when_it_was_is_not_asked_of_what_came_before_a_search_showed_it() -> None:
    """After an outage: links and comments tell no time. Of a deletion Jira is asked alone all the same."""
    link = event("issuelink_created", issueLink={"sourceIssueId": 10002, "destinationIssueId": 10003})
    undated = event("jira:issue_updated", "10001", [STATUS])
    told = [
        delivery(at, body) for at, body in enumerate([link, undated, event("jira:issue_deleted", "10004")])
    ]

    def edited(by: datetime) -> dict[str, datetime]:
        return sort_deliveries(told, lambda _hints: False, IDS.get, shown_by_now=by).edited

    assert edited(NOW) == {}
    assert edited(NOW + timedelta(seconds=1)) == dict.fromkeys(["10001", "10002", "10003"], BEGINNING)
