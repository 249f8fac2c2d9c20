"""What is made of replies nobody asks for every day: comments, create screens, transitions, look-ups; and what no reply of Jira's looks like."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from connectors.jira import (
    BasicCredentials,
    BearerCredentials,
    IgnoredBody,
    Jira,
    JiraAddress,
    JiraOutage,
    JiraRefusal,
    Transport,
    read_hints,
)
from connectors.jira.http import allowance, errors, transport
from connectors.jira.http.allowance import interval_of
from connectors.jira.http.call import Call, call_of
from connectors.jira.http.errors import AuthFailure, IncompleteRead, classify, read_messages
from connectors.jira.http.estimate import (
    CallEstimate,
    Estimate,
    estimate,
    estimate_searching,
    estimate_single_reads,
)
from connectors.jira.http.governor import Rates
from connectors.jira.http.limit import Limit, RemainingCalls, read_left, read_limit, scope_of
from connectors.jira.metadata import paged_lists
from connectors.jira.metadata.server import ServerInfo
from connectors.jira.metadata.token_end import token_end
from connectors.jira.read import (
    bulk,
    changelog,
    comments,
    lookup,
    parents,
    properties,
    search_cloud,
    search_datacenter,
)
from connectors.jira.read.changelog import calls_for
from connectors.jira.read.lookup import ProjectParts
from connectors.jira.read.page_order import stable
from connectors.jira.sign_in.scopes import MANAGE_WEBHOOK, READ_USER, READ_WORK, WRITE_WORK
from connectors.jira.sign_in.scopes import scope_of as scope_for
from connectors.jira.webhooks import hints
from connectors.jira.webhooks.registration import RegisteredWebhook, resource
from connectors.jira.webhooks.signature import event_identifier, fallback_identifier, identifier, is_signature
from connectors.jira.write import create
from connectors.jira.write.create import CreatedIssue, CreateField
from connectors.jira.write.transition import WorkflowTransition
from mappings.facts.catalogue import Version
from mappings.facts.comment import Comment
from mappings.facts.gap import Gap
from mappings.facts.issue import JiraValue, Reading, Status, User
from mappings.write_back.target import Request

API = "/rest/api/3"
ISSUE = f"{API}/issue/10001"
BULK = f"{API}/issue/bulkfetch"
SEARCH = f"{API}/search/jql"
DC_SEARCH = "/rest/api/2/search"
NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
ERA = "2026-11-03T09:00:00.000+0000"
DATACENTER_FREE = Rates({}, spaced=False)
REFUSED = {"errorMessages": ["No."], "errors": {}}


# -- comments


def comment(number, **more):
    return {"id": str(number), "created": ERA, "body": f"line {number}", **more}


def test_comments_are_read_page_by_page_and_sorted_by_time(stub, answer, cloud):
    late = comment(1, created="2026-11-03T10:00:00.000+0000", updated="2026-11-04T09:00:00.000+0000")
    pages = {"0": [late, comment(3)], "2": [comment(20), comment(3)]}

    def serve(asked):
        (at,) = asked.query["startAt"]
        return answer(json={"comments": pages[at], "total": 3})

    stub.on("GET", f"{ISSUE}/comment", serve)
    found = cloud.comments("10001")
    assert [(one.id, one.created, one.updated, one.lines) for one in found] == [
        ("3", NOW, NOW, ("line 3",)),
        ("20", NOW, NOW, ("line 20",)),
        ("1", NOW + timedelta(hours=1), NOW + timedelta(days=1), ("line 1",)),
    ]
    assert stub.asked[0].query == {"startAt": ["0"], "maxResults": ["100"], "expand": ["properties"]}
    assert len(stub.asked) == 2


@pytest.mark.parametrize(
    "said",
    [
        [],
        {"comments": {}, "total": 0},
        {"comments": []},
        {"comments": [], "total": "0"},
        {"comments": [], "total": 1},
        {"comments": [comment(1), comment(2)], "total": 1},
        {"comments": ["none"], "total": 1},
        {"comments": [comment("x")], "total": 1},
        {"comments": [comment("١")], "total": 1},
        {"comments": [comment(1, created="yesterday")], "total": 1},
        {"comments": [comment(1, created=None)], "total": 1},
    ],
    ids=str,
)
def test_comments_that_do_not_add_up_are_an_incomplete_read(stub, answer, cloud, said):
    stub.on("GET", f"{ISSUE}/comment", answer(json=said))
    with pytest.raises(IncompleteRead):
        cloud.comments("10001")
    assert len(stub.asked) == 1


def test_an_issue_without_comments_has_none(stub, answer, cloud):
    stub.on("GET", f"{ISSUE}/comment", answer(json={"comments": [], "total": 0}))
    assert cloud.comments("10001") == ()


PARAGRAPH = {
    "type": "doc",
    "content": [{"type": "paragraph", "content": [{"type": "text", "text": "OKR 5"}]}],
}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            {"author": {"accountId": "a", "displayName": "Ada", "emailAddress": "ada@x"}},
            User("a", "Ada", "ada@x"),
        ),
        ({"author": {"name": "ada", "key": "k"}}, User("ada", "ada", None)),
        ({"author": {"key": "k", "displayName": 5, "emailAddress": 5}}, User("k", "k", None)),
        ({"author": {"accountId": 5}}, None),
        ({"author": {}}, None),
        ({"author": "ada"}, None),
        ({}, None),
    ],
)
def test_who_said_it(stub, answer, cloud, more, expected):
    stub.on("GET", f"{ISSUE}/comment", answer(json={"comments": [comment(1, **more)], "total": 1}))
    assert cloud.comments("10001") == (Comment("1", expected, NOW, NOW, ("line 1",)),)


@pytest.mark.parametrize(
    ("more", "lines", "hidden"),
    [
        ({"body": PARAGRAPH}, ("OKR 5",), False),
        ({"body": None}, (), False),
        ({"body": "one\ntwo"}, ("one", "two"), False),
        ({"visibility": {"type": "role", "value": "Administrators"}}, ("line 1",), True),
        ({"jsdPublic": False}, ("line 1",), True),
        ({"jsdPublic": True}, ("line 1",), False),
        ({"properties": [{"key": "sd.public.comment", "value": {"internal": True}}]}, ("line 1",), True),
        ({"properties": [{"key": "sd.public.comment", "value": {"internal": "true"}}]}, ("line 1",), True),
        ({"properties": [{"key": "sd.public.comment", "value": {"internal": False}}]}, ("line 1",), False),
        ({"properties": [{"key": "another", "value": {"internal": True}}]}, ("line 1",), False),
        ({"properties": ["none", {"key": "sd.public.comment", "value": True}]}, ("line 1",), False),
        ({"properties": "none"}, ("line 1",), False),
    ],
)
def test_what_was_said_and_whether_everybody_may_read_it(stub, answer, cloud, more, lines, hidden):
    stub.on("GET", f"{ISSUE}/comment", answer(json={"comments": [comment(1, **more)], "total": 1}))
    (found,) = cloud.comments("10001")
    assert (found.lines, found.hidden) == (lines, hidden)


# -- making and moving

TYPES = f"{API}/issue/createmeta/10000/issuetypes"


@pytest.mark.parametrize("name", ["issueTypes", "values"])
def test_the_types_that_can_be_made(stub, answer, cloud, name):
    pages = {"0": [{"id": "1"}, {"id": 2}, "none"], "2": [{"name": "without"}, {"id": "3"}]}

    def serve(asked):
        (at,) = asked.query["startAt"]
        return answer(json={name: pages[at], "total": 4})

    stub.on("GET", TYPES, serve)
    assert cloud.create_types("10000") == ("1", "2", "3")
    assert stub.asked[0].query == {"startAt": ["0"], "maxResults": ["100"]}


@pytest.mark.parametrize("end", [{"isLast": True}, {"total": 1}])
def test_a_list_of_what_can_be_made_ends_where_jira_says_so(stub, answer, cloud, end):
    stub.on("GET", TYPES, answer(json={"issueTypes": [{"id": "1"}], **end}))
    assert cloud.create_types("10000") == ("1",)
    assert len(stub.asked) == 1


def test_a_list_of_what_can_be_made_ends_with_an_empty_page(stub, answer, cloud):
    stub.on("GET", TYPES, answer(json={"issueTypes": [{"id": "1"}]}), answer(json={"issueTypes": []}))
    assert cloud.create_types("10000") == ("1",)


@pytest.mark.parametrize("said", [{}, [], {"issueTypes": "none"}])
def test_what_can_be_made_is_believed_only_where_it_is_listed(stub, answer, cloud, said):
    stub.on("GET", TYPES, answer(json=said))
    with pytest.raises(IncompleteRead, match="what can be made in a project is not whole"):
        cloud.create_types("10000")


def test_a_create_screen(stub, answer, cloud):
    fields = [
        {"fieldId": "summary", "name": "Summary", "required": True, "hasDefaultValue": False},
        {"key": "customfield_1", "required": False, "hasDefaultValue": True, "schema": {"custom": "a:b"}},
        {"name": "without an id"},
    ]
    stub.on("GET", f"{TYPES}/3", answer(json={"fields": fields, "isLast": True}))
    assert cloud.create_fields("10000", "3") == {
        "summary": CreateField("summary", "Summary", True, False, ""),
        "customfield_1": CreateField("customfield_1", "", False, True, "a:b"),
    }


def test_an_issue_is_made_with_its_fields_and_properties(stub, answer, cloud):
    stub.on("POST", f"{API}/issue", answer(201, {"id": "10009", "key": "PLAT-9"}))
    assert cloud.create({"summary": "A"}, {"okr": 1}) == CreatedIssue("10009", "PLAT-9")
    cloud.create({"summary": "A"}, {})
    assert [asked.body for asked in stub.asked] == [
        {"fields": {"summary": "A"}, "properties": [{"key": "okr", "value": 1}]},
        {"fields": {"summary": "A"}},
    ]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (200, {"id": "1", "key": "A-1"}),
        (201, {"key": "A-1"}),
        (201, {"id": "1"}),
        (201, []),
        (201, {"id": 1, "key": "A-1"}),
    ],
)
def test_an_answer_to_the_making_of_an_issue_that_is_not_jiras_may_have_made_it(
    stub, answer, cloud, status, said
):
    stub.on("POST", f"{API}/issue", answer(status, said))
    with pytest.raises(JiraOutage, match="not one of Jira's") as caught:
        cloud.create({"summary": "A"}, {})
    assert caught.value.status == status
    assert len(stub.asked) == 1


def test_the_ways_on_and_taking_one(stub, answer, cloud):
    listed = [
        {
            "id": 11,
            "name": "Start",
            "hasScreen": True,
            "to": {"id": "3", "name": "Doing", "statusCategory": {"key": "new"}},
        },
        {"id": "21", "to": {"statusCategory": {}}},
        {"id": "31", "to": "none"},
        {"name": "without an id"},
        "none",
    ]
    stub.on("GET", f"{ISSUE}/transitions", answer(json={"transitions": listed}))
    ways = cloud.ways_on("10001")
    assert ways == (
        WorkflowTransition("11", "Start", Status("3", "Doing", "new"), True),
        WorkflowTransition("21", "", Status("", "", ""), False),
        WorkflowTransition("31", "", Status("", "", None), False),
    )
    stub.on("POST", f"{ISSUE}/transitions", answer(204))
    cloud.take("10001", ways[0])
    assert stub.asked[-1].body == {"transition": {"id": "11"}}


def test_an_empty_answer_about_a_place_is_no_word_that_nothing_stands_there(stub, answer, cloud):
    stub.on("GET", "/rest/api/3/issue/10001/remotelink", answer(body=b""))
    with pytest.raises(IncompleteRead, match="remotelink"):
        cloud.ask(Request("GET", "/issue/10001/remotelink"))


def test_a_write_target_removes_and_is_asked_in_its_own_words(stub, answer, cloud):
    stub.on("DELETE", f"{ISSUE}/remotelink", answer(204))
    cloud.tell(Request("DELETE", "/issue/10001/remotelink", params={"globalId": "okr"}, notifies=True))
    assert stub.asked[0].query == {"globalId": ["okr"]}
    stub.on("GET", f"{ISSUE}/remotelink", answer(403, REFUSED))
    with pytest.raises(JiraRefusal):
        cloud.ask(Request("GET", "/issue/10001/remotelink"))
    stub.on("GET", f"{ISSUE}/remotelink", answer(404, REFUSED))
    assert cloud.ask(Request("GET", "/issue/10001/remotelink")) is None


@pytest.mark.parametrize(
    ("answered", "status", "said", "believed"),
    [
        ("nothing", 204, None, True),
        ("made", 201, None, True),
        ("made", 201, {}, True),
        ("made", 201, {"id": "1"}, True),
        ("made", 201, {"ok": True}, False),
        ("made", 200, None, False),
        ("made", 204, None, False),
        ("nothing", 200, None, False),
        ("nothing", 201, {"id": "1"}, False),
        ("nothing", 200, {}, False),
        ("nothing", 202, None, False),
        ("nothing", 200, {"id": "10001"}, False),
        ("edit", 204, None, True),
        ("edit", 200, {"id": "10001", "fields": {}}, True),
        ("edit", 200, {"id": "gw-1", "status": "ok"}, False),
        ("edit", 200, {"status": "ok"}, False),
        ("edit", 200, None, False),
        ("edit", 202, {"id": "10001"}, False),
        ("link", 200, {"id": 5}, True),
        ("link", 201, {"id": 5, "self": "https://acme.example"}, True),
        ("link", 202, {"id": 5}, False),
        ("link", 204, None, False),
        ("link", 200, {"status": "ok"}, False),
        ("link", 200, ["id"], False),
        ("property", 200, None, True),
        ("property", 201, None, True),
        ("property", 202, None, False),
        ("property", 204, None, False),
    ],
)
def test_a_write_was_made_where_jira_says_so_in_its_own_way(
    stub, answer, cloud, answered, status, said, believed
):
    stub.on("PUT", ISSUE, answer(status, said))
    request = Request("PUT", "/issue/10001", {"fields": {}}, answer=answered)
    if believed:
        cloud.tell(request)
    else:
        with pytest.raises(JiraOutage, match="not one of Jira's") as caught:
            cloud.tell(request)
        assert caught.value.status == status
    assert stub.paths() == [f"PUT {ISSUE}"]


@pytest.mark.parametrize(
    ("said", "asked_back", "held", "believed"),
    [
        ({"key": "okr"}, False, (200, {}), True),
        ({"key": "another"}, True, (200, {"key": "okr", "value": {"percent": 62}}), True),
        ({"status": "ok"}, True, (200, {"key": "okr", "value": {"percent": 62}}), True),
        ({"status": "ok"}, True, (200, {"key": "okr", "value": {"percent": 61}}), False),
        ({"status": "ok"}, True, (200, {"status": "ok"}), False),
        ([], True, (200, []), False),
        ({"status": "ok"}, True, (401, REFUSED), False),
        ({"status": "ok"}, True, (404, REFUSED), False),
    ],
)
def test_a_body_after_the_write_of_a_property_has_it_read_back(
    stub, answer, cloud, said, asked_back, held, believed
):
    stub.on("PUT", f"{ISSUE}/properties/okr", answer(200, said))
    stub.on("GET", f"{ISSUE}/properties/okr", answer(*held))
    request = Request("PUT", "/issue/10001/properties/okr", {"percent": 62}, answer="property")
    if believed:
        cloud.tell(request)
    else:
        with pytest.raises(JiraOutage, match="not one of Jira's"):
            cloud.tell(request)
    assert len(stub.asked) == 1 + asked_back


@pytest.mark.parametrize(("status", "said"), [(200, None), (200, {"status": "ok"}), (201, None)])
def test_an_issue_moved_along_where_jira_says_so(stub, answer, cloud, status, said):
    stub.on("POST", f"{ISSUE}/transitions", answer(status, said))
    with pytest.raises(JiraOutage, match="not one of Jira's"):
        cloud.take("10001", WorkflowTransition("11", "Start", Status("3", "Doing", "new"), screen=False))


# -- look-ups


def test_an_issue_by_its_key(stub, answer, cloud):
    path = f"{API}/issue/PLAT-1"
    for said, found in [
        (answer(json={"id": "10001"}), JiraValue("10001", "PLAT-1")),
        (answer(json={"id": 10001}), JiraValue("10001", "PLAT-1")),
        (answer(json={"id": None}), None),
        (answer(json=[]), None),
        (answer(404, REFUSED), None),
        (answer(400, REFUSED), None),
    ]:
        stub.on("GET", path, said)
        assert cloud.issue_of("PLAT-1") == found
    assert stub.asked[0].query == {"fields": ["summary"]}


def test_what_a_project_is_parted_into(stub, answer, cloud):
    said = {
        "components": [{"id": 1, "name": "Web"}, {"id": 2}, "none"],
        "versions": [{"id": "3", "name": "1.0"}],
    }
    stub.on("GET", f"{API}/project/10000", answer(json=said))
    parts = (JiraValue("1", "Web"),), (JiraValue("3", "1.0"),), (Version("3", "1.0"),)
    assert cloud.project_parts("10000") == ProjectParts(*parts)
    stub.on("GET", f"{API}/project/10000", answer(json={"components": "none"}))
    assert cloud.project_parts("10000") == ProjectParts()
    stub.on("GET", f"{API}/project/10000", answer(json=[]))
    assert cloud.project_parts("10000") == ProjectParts()


@pytest.mark.parametrize(
    ("place", "named", "asked_by"), [("cloud", "accountId", "query"), ("datacenter", "name", "username")]
)
def test_people_are_found_by_a_word(stub, answer, request, place, named, asked_by):
    jira = request.getfixturevalue(place)
    said = [
        {named: "a", "displayName": "Ada", "emailAddress": "ada@acme.example"},
        {named: "b", "displayName": "Bob", "emailAddress": None},
        {named: 5, "displayName": "Number"},
        {named: "nameless"},
        "none",
    ]
    stub.on("GET", f"{jira.api}/user/search", answer(json=said))
    assert jira.people("a") == (User("a", "Ada", "ada@acme.example"), User("b", "Bob"))
    assert stub.asked[-1].query == {asked_by: ["a"], "maxResults": ["50"]}
    stub.on("GET", f"{jira.api}/user/search", answer(403, REFUSED))
    assert jira.people("a") == ()


@pytest.mark.parametrize(
    ("said", "end"),
    [
        ([{"expiringAt": "2027-01-31T23:30:00.000-0200"}], date(2027, 2, 1)),
        ([{"expiringAt": "2027-01-31T23:30:00"}], date(2027, 1, 31)),
        ([{"expiringAt": 1801440000000}], date(2027, 2, 1)),
        ([{"expiringAt": "2027-01-31T01:00:00Z"}, {"expiringAt": "2027-01-31T02:00:00Z"}], date(2027, 1, 31)),
        ([{"expiringAt": "2027-01-31T01:00:00Z"}, {"expiringAt": "2027-02-01T02:00:00Z"}], None),
        ([{"expiringAt": "2027-01-31T01:00:00Z"}, {}], None),
        ([{"expiringAt": True}], None),
        ([{"expiringAt": "soon"}], None),
        ([{"expiringAt": 10**30}], None),
        (["none"], None),
        ([], None),
        ({}, None),
    ],
    ids=str,
)
def test_the_day_on_which_a_token_ends(stub, answer, said, end):
    address = JiraAddress("dc", stub.url, BearerCredentials("t"), deployment="datacenter")
    made = Transport(address, timeout=(2, 2))
    stub.on("GET", "/rest/pat/latest/tokens", answer(json=said))
    assert token_end(made) == end
    assert Jira(made).token_end() == end
    made.close()


def test_only_data_center_is_asked_when_a_token_ends_and_a_refusal_says_nothing(stub, answer, cloud):
    address = JiraAddress("dc", stub.url, BearerCredentials("t"), deployment="datacenter")
    made = Transport(address, timeout=(2, 2))
    stub.on("GET", "/rest/pat/latest/tokens", answer(404, REFUSED))
    assert token_end(made) is None
    assert len(stub.asked) == 1
    named = Transport(JiraAddress("dc", stub.url, BasicCredentials("a", "b"), deployment="datacenter"))
    assert (token_end(named), cloud.token_end(), len(stub.asked)) == (None, None, 1)
    assert cloud.missing_scopes() == ()


@pytest.mark.parametrize(
    ("said", "time"),
    [
        ((200, {"serverTime": "2026-11-03T10:00:00.000+0100"}), NOW),
        ((200, {}), None),
        ((200, []), None),
        ((200, {"serverTime": 5}), None),
        ((200, {"serverTime": "noon"}), None),
        ((404, REFUSED), None),
        ((403, REFUSED), None),
    ],
    ids=str,
)
def test_the_time_by_jiras_clock(stub, answer, cloud, said, time):
    stub.on("GET", f"{API}/serverInfo", answer(*said))
    assert cloud.time() == time


# -- ids that are refused


def refusing(answer, issue_json, *guilty):
    def serve(asked):
        wanted = asked.body["issueIdsOrKeys"]
        if set(wanted) & set(guilty):
            return answer(400, REFUSED)
        return answer(json={"issues": [issue_json(int(found)) for found in wanted], "issueErrors": []})

    return serve


def test_the_first_of_a_batch_may_be_the_guilty_one(stub, answer, cloud, issue_json):
    stub.on("POST", BULK, refusing(answer, issue_json, "10001"))
    found = cloud.read(["10001", "10002", "10003", "10004"])
    assert [issue.id for issue in found.issues] == ["10002", "10003", "10004"]
    assert [gap.issue_id for gap in found.gaps] == ["10001"]


def test_many_may_be_guilty_once_one_has_passed(stub, answer, cloud, issue_json):
    guilty = [str(number) for number in range(10002, 10033)]
    stub.on("POST", BULK, refusing(answer, issue_json, *guilty))
    found = cloud.read(["10001", *guilty])
    assert [issue.id for issue in found.issues] == ["10001"]
    assert [gap.issue_id for gap in found.gaps] == guilty


def test_sixteen_refused_one_by_one_are_enough_where_none_passes(stub, answer, cloud, issue_json):
    ids = [str(number) for number in range(10001, 10065)]
    stub.on("POST", BULK, refusing(answer, issue_json, *ids))
    with pytest.raises(JiraRefusal):
        cloud.read(ids)
    alone = [asked.body["issueIdsOrKeys"] for asked in stub.asked if len(asked.body["issueIdsOrKeys"]) == 1]
    assert len(alone) == 16
    stub.asked.clear()
    with pytest.raises(JiraRefusal):
        cloud.read(ids[:2])
    assert len(stub.asked) == 3


def test_one_that_is_refused_alone_is_a_gap(stub, answer, cloud, issue_json):
    stub.on("POST", BULK, refusing(answer, issue_json, "10001"))
    found = cloud.read(["10001"])
    assert (found.issues, found.missing, [gap.reason for gap in found.gaps]) == (
        (),
        frozenset(),
        ["Jira refuses to return it: No."],
    )


@pytest.mark.parametrize("status", [403, 413])
def test_another_refusal_of_a_batch_is_not_for_its_ids(stub, answer, cloud, datacenter, status):
    stub.on("POST", BULK, answer(status, REFUSED))
    with pytest.raises(JiraRefusal):
        cloud.read(["10001", "10002"])
    stub.on("POST", DC_SEARCH, answer(status, REFUSED))
    with pytest.raises(JiraRefusal):
        datacenter.read(["10001", "10002"], edited={"10001": NOW, "10002": NOW})
    assert len(stub.asked) == 2


def test_where_jira_could_return_none_of_a_batch_the_read_is_incomplete(stub, answer, cloud):
    errors = [{"id": id_, "errorMessage": "timeout"} for id_ in ("10001", "10002")]
    stub.on("POST", BULK, answer(json={"issues": [], "issueErrors": errors}))
    with pytest.raises(IncompleteRead, match="timeout"):
        cloud.read(["10001", "10002"])
    with pytest.raises(IncompleteRead):
        cloud.read(["10001"])  # it speaks of another one too
    stub.on("POST", BULK, answer(json={"issues": [], "issueErrors": errors[:1]}))
    assert cloud.read(["10001"]).gaps == (
        Gap(
            "10001",
            "",
            "Jira could not return it: timeout",
            "It is asked for again with every sync and every event on it; look at it in Jira, or accept the gap.",
        ),
    )


def test_data_center_halves_a_search_by_id_that_is_refused_and_reads_the_guilty_one_alone(
    stub, answer, datacenter, issue_json
):
    stub.on("GET", "/rest/api/2/field", answer(json=[]))

    def serve(asked):
        if "10001" in asked.body["jql"]:
            return answer(400, REFUSED)
        found = [issue_json(number) for number in (10002, 10003) if str(number) in asked.body["jql"]]
        return answer(json={"issues": found, "total": len(found)})

    stub.on("POST", DC_SEARCH, serve)
    stub.on("GET", "/rest/api/2/issue/10001", answer(404, REFUSED))
    edited = dict.fromkeys(["10001", "10002", "10003"], datetime(2026, 10, 2, tzinfo=UTC))
    found = datacenter.read(edited, edited=edited)
    assert ([issue.id for issue in found.issues], found.missing) == (["10002", "10003"], {"10001"})
    assert [path for path in stub.paths() if path.startswith("GET /rest/api/2/issue")] == [
        "GET /rest/api/2/issue/10001"
    ]


@pytest.mark.parametrize(("ids", "searches", "reads"), [(["10002"], 0, 1), (["10002", "10003"], 1, 0)])
def test_data_center_searches_for_two_edits_and_reads_one_alone(
    stub, answer, datacenter, issue_json, ids, searches, reads
):
    stub.on("GET", "/rest/api/2/field", answer(json=[]))
    found = [issue_json(int(one)) for one in ids]
    stub.on("POST", DC_SEARCH, answer(json={"issues": found, "total": len(found)}))
    stub.on("GET", f"/rest/api/2/issue/{ids[0]}", answer(json=found[0]))
    edited = dict.fromkeys(ids, datetime(2026, 10, 2, tzinfo=UTC))
    assert [one.id for one in datacenter.read(ids, edited=edited).issues] == ids
    asked = stub.paths()
    assert asked.count(f"POST {DC_SEARCH}") == searches
    assert sum(path.startswith("GET /rest/api/2/issue/") for path in asked) == reads


@pytest.mark.parametrize(("ids", "searches", "reads"), [(["10002"], 0, 1), (["10002", "10003"], 1, 0)])
def test_data_center_searches_for_two_histories_and_reads_one_alone(
    stub, answer, datacenter, ids, searches, reads
):
    stub.on("GET", "/rest/api/2/field", answer(json=[{"id": "f", "name": "F"}]))
    log = {"total": 1, "histories": [{"id": "1", "created": ERA, "items": [{"field": "F", "toString": "5"}]}]}
    found = [{"id": one, "fields": {"updated": ERA}, "changelog": log} for one in ids]
    stub.on("POST", DC_SEARCH, answer(json={"issues": found, "total": len(found)}))
    stub.on("GET", f"/rest/api/2/issue/{ids[0]}", answer(json=found[0]))
    readings = datacenter.readings(ids, ["f"], edited=dict.fromkeys(ids, NOW))
    assert readings == {one: {"f": (Reading(NOW, Fraction(5)),)} for one in ids}
    asked = stub.paths()
    assert asked.count(f"POST {DC_SEARCH}") == searches
    assert sum(path.startswith("GET /rest/api/2/issue/") for path in asked) == reads


# -- what says less than it should


@pytest.mark.parametrize(
    ("method", "path", "said", "ask"),
    [
        ("POST", f"{API}/search/approximate-count", {}, lambda jira: jira.count("a = b")),
        ("POST", f"{API}/search/approximate-count", {"count": "5"}, lambda jira: jira.count("a = b")),
        ("POST", f"{API}/jql/parse", {"queries": []}, lambda jira: jira.jql_errors("a = b")),
        ("POST", f"{API}/jql/parse", [], lambda jira: jira.jql_errors("a = b")),
        ("GET", f"{API}/mypermissions", {}, lambda jira: jira.permissions(None, ["X"])),
        ("GET", f"{API}/mypermissions", [], lambda jira: jira.permissions(None, ["X"])),
        ("GET", f"{ISSUE}/editmeta", {}, lambda jira: jira.edit_fields("10001")),
        ("GET", f"{ISSUE}/transitions", {}, lambda jira: jira.ways_on("10001")),
        ("GET", f"{ISSUE}/properties/okr", {}, lambda jira: jira.get_property("10001", "okr")),
        ("POST", SEARCH, {"issues": [], "isLast": True, "total": 1}, lambda jira: list(jira.search("a = b"))),
        (
            "POST",
            SEARCH,
            {"issues": [], "isLast": True, "total": 1},
            lambda jira: list(jira.search_ids("a = b")),
        ),
        (
            "POST",
            SEARCH,
            {"issues": [], "isLast": True, "nextPageToken": "a"},
            lambda jira: list(jira.search("a = b")),
        ),
        ("POST", SEARCH, {"issues": [], "isLast": False}, lambda jira: list(jira.search("a = b"))),
        (
            "POST",
            SEARCH,
            {"issues": [], "isLast": True, "warnings": ["cut"]},
            lambda jira: list(jira.search("a = b")),
        ),
    ],
)
def test_an_answer_that_lacks_what_was_asked_is_an_incomplete_read(
    stub, answer, cloud, method, path, said, ask
):
    stub.on(method, path, answer(json=said))
    with pytest.raises(IncompleteRead):
        ask(cloud)


@pytest.mark.parametrize(
    "said",
    [
        {"issues": []},
        {"issues": [], "total": 0, "warningMessages": ["cut"]},
        {"issues": [], "total": 1},
    ],
)
def test_a_search_of_data_center_needs_a_total_without_a_warning(stub, answer, datacenter, said):
    stub.on("POST", DC_SEARCH, answer(json=said))
    with pytest.raises(IncompleteRead):
        list(datacenter.search_ids("a = b"))


def test_a_count_of_data_center_is_its_total_and_only_400_is_about_the_query(stub, answer, datacenter):
    stub.on("POST", DC_SEARCH, answer(json={"issues": [], "total": 7}))
    assert (datacenter.count("a = b"), datacenter.jql_errors("a = b")) == (7, ())
    stub.on("POST", DC_SEARCH, answer(json={"issues": []}))
    with pytest.raises(IncompleteRead):
        datacenter.count("a = b")
    stub.on("POST", DC_SEARCH, answer(400, {"errorMessages": [], "errors": {"jql": "?"}}))
    assert datacenter.jql_errors("a = b") == ("Jira refused the query.",)
    stub.on("POST", DC_SEARCH, answer(403, REFUSED))
    with pytest.raises(JiraRefusal):
        datacenter.jql_errors("a = b")


def test_a_property_that_is_not_there_is_none_and_one_that_is_forbidden_is_a_refusal(stub, answer, cloud):
    stub.on("GET", f"{ISSUE}/properties/okr", answer(404, REFUSED))
    assert cloud.get_property("10001", "okr") is None
    stub.on("GET", f"{ISSUE}/properties/okr", answer(403, REFUSED))
    with pytest.raises(JiraRefusal):
        cloud.get_property("10001", "okr")


# -- pure tables


@pytest.mark.parametrize(
    ("issues", "fields", "cloud", "calls"),
    [
        (0, 1, True, 0), (1, 0, True, 1), (1, 10, True, 1), (1, 11, True, 2), (1000, 1, True, 1), (1001, 1, True, 2),
        (1001, 11, True, 4), (0, 5, False, 0), (50, 50, False, 1), (51, 1, False, 2),
    ],
)  # fmt: skip
def test_what_histories_cost(issues, fields, cloud, calls):
    assert calls_for(issues, fields, cloud=cloud) == calls


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (409, "Someone changed the issue at the same time (409)."),
        (408, "Jira cannot answer now (408)."),
        (503, "Jira cannot answer now (503)."),
    ],
)
def test_what_passes_is_said(status, said):
    error = classify(status, {"Retry-After": "7"}, b"", NOW)
    assert isinstance(error, JiraOutage)
    assert (error.message, error.status, error.retry_after) == (said, status, 7.0)


@pytest.mark.parametrize(
    ("status", "begins"),
    [
        (400, "Correct the named field or query"),
        (403, "Give the connector's account the permission"),
        (404, "Check that it exists"),
        (410, "This address of Jira's API was removed"),
        (413, "Send less at once."),
        (402, ""),
        (405, ""),
    ],
)
def test_what_to_do_about_a_refusal(status, begins):
    error = classify(status, {}, b'{"errorMessages": ["No."], "errors": {}}', NOW)
    assert isinstance(error, JiraRefusal)
    assert (error.status, error.remedy.startswith(begins), bool(error.remedy)) == (status, True, bool(begins))


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"5", b"\xff"])
def test_what_is_no_refusal_of_jiras_says_nothing(body):
    assert read_messages(body) == ((), {})


def test_messages_are_cut_to_a_length():
    body = (
        b'{"errorMessages": ["'
        + b"a" * 600
        + b'", 5], "errors": {"'
        + b"f" * 200
        + b'": "'
        + b"b" * 600
        + b'"}}'
    )
    assert read_messages(body) == (("a" * 500,), {"f" * 100: "b" * 500})
    assert read_messages(b'{"message": "one", "error": "two"}') == (("one",), {})
    assert read_messages(b'{"error": "two"}') == (("two",), {})


LATER = NOW + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        (
            {"RateLimit": '"jira";r=11000;t=600', "RateLimit-Policy": '"jira";q=65000;w=3600'},
            RemainingCalls(11000, 65000, LATER, NOW),
        ),
        (
            {"Beta-RateLimit": '"jira";r=5', "Beta-RateLimit-Policy": '"jira";q=9'},
            RemainingCalls(5, 9, None, NOW),
        ),
        ({"ratelimit": '"a";r=1;t=600, "b";r=2;t=1'}, RemainingCalls(1, None, LATER, NOW)),
        ({"RateLimit": '"a";r=1;t=999999'}, RemainingCalls(1, None, NOW + timedelta(days=1), NOW)),
        ({"X-RateLimit-Remaining": "3", "X-RateLimit-Limit": "10"}, RemainingCalls(3, 10, None, NOW)),
        (
            {"X-RateLimit-Remaining": "3", "X-RateLimit-Reset": "2026-11-03T09:10Z"},
            RemainingCalls(3, None, LATER, NOW),
        ),
        ({"RateLimit": "nonsense", "X-RateLimit-Remaining": "3"}, RemainingCalls(3, None, None, NOW)),
        ({"X-RateLimit-Limit": "10"}, None),
        ({}, None),
    ],
)
def test_what_is_left(headers, left):
    assert read_left(headers, NOW) == left


MINUTE = NOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("headers", "limit"),
    [
        (
            {"RateLimit-Reason": "jira-burst-based", "Retry-After": "60"},
            Limit("jira-burst-based", 60.0, MINUTE),
        ),
        ({"RateLimit-Reason": "r", "Retry-After": "0"}, Limit("r", 0.0, None)),
        ({"RateLimit-Reason": "r", "Retry-After": "1.5"}, Limit("r", 1.5, NOW + timedelta(seconds=1.5))),
        ({"RateLimit-Reason": "r", "Retry-After": "Tue, 03 Nov 2026 09:01:00 GMT"}, Limit("r", 60.0, MINUTE)),
        ({"RateLimit-Reason": "r", "Retry-After": "Tue, 03 Nov 2026 08:00:00 GMT"}, Limit("r", 0.0, None)),
        ({"RateLimit-Reason": "r", "Retry-After": "soon"}, Limit("r", None, None)),
        ({"X-RateLimit-Reset": "2026-11-03T09:01:00Z"}, Limit("gateway", 60.0, MINUTE)),
        ({"X-RateLimit-Reset": "2026-11-03T09:00:00Z"}, Limit("gateway", None, None)),
        ({"X-RateLimit-Reset": "2026-11-04T09:00:00Z"}, Limit("gateway", None, None)),
        (
            {"X-RateLimit-FillRate": "5", "X-RateLimit-Interval-Seconds": "60"},
            Limit("user-rate", 60.0, MINUTE),
        ),
        (
            {"X-RateLimit-FillRate": "5", "X-RateLimit-Interval-Seconds": "60", "Retry-After": "0"},
            Limit("user-rate", 60.0, MINUTE),
        ),
        ({}, Limit("gateway", None, None)),
    ],
)
def test_how_long_jira_asks_to_wait(headers, limit):
    assert read_limit(headers, NOW) == limit


@pytest.mark.parametrize(
    ("reason", "scope"),
    [
        ("jira-per-issue-on-write", "issue"),
        ("jira-burst-based", "endpoint"),
        ("another-burst", "endpoint"),
        ("concurrent-calls", "endpoint"),
        ("jira-quota-tenant-based", "site"),
        ("local-pacing", "site"),
        ("", "site"),
    ],
)
def test_what_has_to_wait(reason, scope):
    assert scope_of(reason) == scope


@pytest.mark.parametrize(
    ("said", "seconds"), [("1", 1.0), ("86400", 86400.0), ("86401", None), ("0", None), ("x", None)]
)
def test_the_interval_of_data_center(said, seconds):
    assert interval_of({"X-RateLimit-Interval-Seconds": said}) == seconds


@pytest.mark.parametrize(
    ("method", "path", "call"),
    [
        ("GET", "/rest/api/3/issue/10001", Call("GET", "issue/*")),
        ("PUT", "/jira/rest/api/2/issue/PLAT-7", Call("PUT", "issue/*", "PLAT-7")),
        ("PUT", "/rest/api/3/issue/10001/properties/my.key", Call("PUT", "issue/*/properties/*", "10001")),
        ("DELETE", "/rest/api/3/issue/10001/remotelink", Call("DELETE", "issue/*/remotelink", "10001")),
        ("POST", "/rest/api/3/issue/10001/remotelink", Call("POST", "issue/*/remotelink", "10001")),
        ("POST", "/rest/api/3/issue/bulkfetch", Call("POST", "issue/bulkfetch")),
        ("POST", "/rest/api/3/issue", Call("POST", "issue")),
        ("PUT", "/rest/webhooks/1.0/webhook/5", Call("PUT", "webhooks/1.0/webhook/*")),
        ("PUT", "/rest/api/3/comment/5/properties/my.key", Call("PUT", "comment/*/properties/my.key")),
        ("GET", "/rest/api/3/issue/10001/properties", Call("GET", "issue/*/properties")),
        ("POST", "/rest/api/3/issue/createmeta/x", Call("POST", "issue/createmeta/x")),
        ("GET", "/elsewhere", Call("GET", "elsewhere")),
    ],
)
def test_a_call_is_known_by_its_kind_and_by_the_issue_it_writes_to(method, path, call):
    assert call_of(method, path) == call
    assert call_of(method, path, True).background is True
    assert call.bucket == f"{method} {call.endpoint}"


@pytest.mark.parametrize(
    ("method", "endpoint", "scope"),
    [
        ("GET", "webhooks/1.0/webhook", None),
        ("POST", "jira-webhook/1.0/webhooks", None),
        ("GET", "webhook", MANAGE_WEBHOOK),
        ("PUT", "webhook/refresh", MANAGE_WEBHOOK),
        ("GET", "myself", READ_USER),
        ("GET", "user/search", READ_USER),
        ("GET", "issue/*", READ_WORK),
        ("POST", "search/jql", READ_WORK),
        ("POST", "issue/bulkfetch", READ_WORK),
        ("POST", "issue", WRITE_WORK),
        ("PUT", "issue/*", WRITE_WORK),
        ("DELETE", "issue/*/properties/*", WRITE_WORK),
    ],
)
def test_the_scope_that_a_call_takes(method, endpoint, scope):
    assert scope_for(Call(method, endpoint)) is scope


@pytest.mark.parametrize(
    ("jql", "ordered"),
    [
        ("a = b", "a = b ORDER BY created ASC, key ASC"),
        ("a = b order BY rank DESC", "a = b ORDER BY created ASC, key ASC"),
        ("a = 'it''s order by x' ORDER  BY y", "a = 'it''s order by x' ORDER BY created ASC, key ASC"),
        (r'a = "say \"order by\" it"', r'a = "say \"order by\" it" ORDER BY created ASC, key ASC'),
        ("", "ORDER BY created ASC, key ASC"),
        ("reorder by", "reorder by ORDER BY created ASC, key ASC"),
    ],
)
def test_pages_are_ordered_by_what_does_not_change(jql, ordered):
    assert stable(jql) == ordered


@pytest.mark.parametrize(
    ("deployment", "version", "path"),
    [
        ("cloud", (1001,), "/rest/webhooks/1.0/webhook"),
        ("datacenter", (9, 12), "/rest/webhooks/1.0/webhook"),
        ("datacenter", (10, 0), "/rest/jira-webhook/1.0/webhooks"),
        ("datacenter", (), "/rest/webhooks/1.0/webhook"),
    ],
)
def test_where_webhooks_are(deployment, version, path):
    assert resource(ServerInfo(deployment, version, "", "")) == path


def test_webhooks_as_jira_has_them(stub, answer, cloud):
    listed = [
        {
            "id": 5,
            "name": "Ours",
            "url": "https://okr",
            "events": ["a"],
            "filters": {"issue-related-events-section": "x = y"},
            "isSigned": True,
        },
        {"self": "https://jira/rest/webhooks/1.0/webhook/7/", "enabled": False, "isSigned": "yes"},
        "none",
    ]
    stub.on("GET", "/rest/api/2/serverInfo", answer(json={"version": "1", "deploymentType": "Cloud"}))
    stub.on("GET", "/rest/webhooks/1.0/webhook", answer(json=listed))
    assert cloud.webhooks() == (
        RegisteredWebhook("5", "Ours", "https://okr", ("a",), "x = y", True, True),
        RegisteredWebhook("7", "", "", (), "", False, None),
    )
    stub.on("GET", "/rest/webhooks/1.0/webhook", answer(json={}))
    with pytest.raises(IncompleteRead):
        cloud.webhooks()


# -- what tells deliveries apart

TOLD = b'{"webhookEvent": "e", "timestamp": 1, "issue": {"id": "7"}, "changelog": {"id": "9"}}'


def test_a_delivery_without_an_identifier_is_known_by_what_it_tells_of():
    known = fallback_identifier(TOLD)
    assert known.startswith("hash-")
    assert len(known) == 69
    assert fallback_identifier(TOLD.replace(b'{"id": "7"}', b'{"id": "7", "more": 1}')) == known
    others = [
        TOLD.replace(b'"e"', b'"f"'),
        TOLD.replace(b": 1,", b": 2,"),
        TOLD.replace(b'"7"', b'"8"'),
        TOLD.replace(b'"9"', b'"10"'),
    ]
    assert len({known, *map(fallback_identifier, others)}) == 5
    assert all(fallback_identifier(one).startswith("hash-") for one in others)
    for lacking in (
        b'{"timestamp": 1}',
        b'{"issue": {"id": "7"}}',
        b"[]",
        b"",
        TOLD.replace(b'"issue"', b'"other"'),
    ):
        assert fallback_identifier(lacking).startswith("body-"), lacking
    assert fallback_identifier(b'{"timestamp": 1}') != fallback_identifier(b'{"timestamp": 2}')


def test_an_identifier_of_jiras_own_is_cut_to_a_length():
    assert identifier({"X-Atlassian-Webhook-Identifier": f" {'a' * 250} "}, TOLD) == "a" * 200
    assert identifier({"X-Atlassian-Webhook-Identifier": " "}, TOLD) == fallback_identifier(TOLD)
    assert identifier({}, TOLD) == fallback_identifier(TOLD)


SENT = b'{"eventType": "e", "timestamp": 1, "issue": {"id": "7"}, "retryContext": {"retryCount": 1}}'


def test_an_event_of_forge_is_the_same_however_often_it_is_tried():
    known = event_identifier(SENT)
    assert known.startswith("forge-")
    assert not known.startswith("forge-body-")
    assert event_identifier(SENT.replace(b'"retryCount": 1', b'"retryCount": 2')) == known
    assert event_identifier(b'{"payload": ' + SENT + b"}") == known
    for other in (SENT.replace(b'"e"', b'"f"'), SENT.replace(b": 1,", b": 2,"), SENT.replace(b'"7"', b'"8"')):
        assert event_identifier(other) != known
    for name in (b"sprint", b"version"):
        assert not event_identifier(SENT.replace(b"issue", name)).startswith("forge-body-")
    link = b'{"eventType": "e", "timestamp": 1, "id": "7"}'
    assert not event_identifier(link).startswith("forge-body-")
    for lacking in (
        b'{"eventType": "e", "timestamp": 1}',
        b'{"eventType": "e", "id": "7"}',
        b'{"timestamp": 1, "id": "7"}',
        b"x",
    ):
        assert event_identifier(lacking).startswith("forge-body-"), lacking
    untimed = b'{"eventType": "e", "id": "7", "retryContext": 1}'
    assert event_identifier(untimed) == event_identifier(untimed.replace(b": 1", b": 2"))
    assert event_identifier(b"x") != event_identifier(b"y")


@pytest.mark.parametrize(
    ("header", "shape"),
    [
        ("sha256=" + "0" * 64, True),
        (" SHA256 = ".replace(" = ", "=") + "A" * 64, True),
        ("sha256=" + "0" * 63, False),
        ("sha256=" + "0" * 65, False),
        ("sha256=" + "g" * 64, False),
        ("sha1=" + "0" * 40, False),
        ("0" * 64, False),
        ("", False),
        (None, False),
    ],
)
def test_what_has_the_shape_of_a_signature(header, shape):
    assert is_signature(header) is shape


# -- what Jira documents, and what we allow ourselves


@pytest.mark.parametrize(
    ("works", "rates", "workers", "expected"),
    [
        ([CallEstimate("GET field", 1)], DATACENTER_FREE, 1, Estimate(1, 1, 0.1)),
        ([CallEstimate("GET field", 100)], DATACENTER_FREE, 1, Estimate(100, 100, 15.0)),
        ([CallEstimate("GET field", 100)], DATACENTER_FREE, 10, Estimate(100, 100, 1.5)),
        ([CallEstimate("GET field", 100)], DATACENTER_FREE, 0, Estimate(100, 100, 15.0)),
        ([CallEstimate("GET field", 100)], replace(DATACENTER_FREE, total=2.0), 1, Estimate(100, 100, 50.0)),
        ([CallEstimate("GET field", 100, 7)], Rates({"GET": 4.0}), 1, Estimate(100, 107, 25.0)),
    ],
)
def test_time_is_what_the_slower_of_round_trips_and_limits_makes_it(works, rates, workers, expected):
    assert estimate(*works, rates=rates, workers=workers) == expected


@pytest.mark.parametrize(
    ("work", "calls", "objects"),
    [
        (estimate_searching(0), 1, 0),
        (estimate_searching(100), 1, 100),
        (estimate_searching(101), 2, 101),
        (estimate_single_reads(3), 3, 3),
    ],
)
def test_what_each_work_costs(work, calls, objects):
    assert (work.calls, work.objects) == (calls, objects)


def test_sizes_and_limits():
    assert (search_cloud.ID_PAGE, search_cloud.MOST_RECONCILED, search_datacenter.ID_PAGE) == (5000, 50, 1000)
    assert (bulk.CHUNK, bulk.LARGE_CHUNK, bulk.MOST_FIELDS, bulk.MOST_IN_VAIN) == (100, 1000, 100, 16)
    assert (changelog.MOST_ISSUES, changelog.MOST_FIELDS, changelog.MOST_SEARCHED) == (1000, 10, 50)
    assert (parents.CHUNK, comments.PAGE, create.PAGE, paged_lists.PAGE) == (100, 100, 100, 50)
    assert (lookup.MOST_PEOPLE, properties.LARGEST) == (50, 32_768)
    assert (errors.BODY_READ, transport.BODY_LIMIT) == (100_000, 67_108_864)
    assert (transport.PATIENCE, transport.BACKGROUND_PATIENCE) == (5.0, 120.0)
    assert (search_datacenter.REWIND, search_datacenter.MOST_REWINDS) == (100, 50)
    assert (allowance.KEPT_FOR_EVENTS, allowance.LONGEST_INTERVAL) == (0.25, 86_400.0)
    assert (search_cloud.MOST_PAGES, changelog.MOST_PAGES, comments.MOST_PAGES) == (100_000, 10_000, 50)
    assert (create.MOST_PAGES, paged_lists.MOST_PAGES, hints.MOST_NAMED, hints.MOST_ITEMS) == (
        40,
        400,
        100,
        10_000,
    )


def test_a_delivery_of_32_mebibytes_is_read_and_a_larger_one_is_not():
    most = b" " * (32 << 20)
    assert read_hints(most) == IgnoredBody("the body is not JSON")
    assert read_hints(most + b" ") == IgnoredBody("the body is larger than 32 MiB")


@pytest.mark.parametrize(
    ("given", "epoch"),
    [
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        ("1000", datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),
        (32_503_679_999_000, datetime(2999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (32_503_680_000_000, None),
        (-1, None),
        (True, None),
        (1.5, None),
        ("9" * 20, None),
        (None, None),
    ],
)
def test_the_time_of_a_delivery(given, epoch):
    assert hints._epoch(given) == epoch


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (7, "7"),
        ("7", "7"),
        ("9" * 18, "9" * 18),
        ("9" * 19, None),
        (True, None),
        (1.0, None),
        ("", None),
        ("x", None),
        ("١", None),
        (-1, None),
    ],
)
def test_an_id_is_digits(given, found):
    assert hints._id(given) == found


@pytest.mark.parametrize(
    ("item", "sides"),
    [
        ({"from": "1", "to": "2"}, ["1", "2"]),
        ({"from": None, "to": 2}, ["2"]),
        ({"from": "PLAT-1", "to": "PLAT-2", "toString": "PLAT-3"}, ["PLAT-1", "PLAT-2"]),
        ({"from": None, "fromString": "PLAT-1", "to": "", "toString": "PLAT-2"}, ["PLAT-1", "PLAT-2"]),
        ({"fromString": "no key", "toString": 5}, []),
        ({"from": "1", "fromString": "PLAT-1"}, ["1"]),
    ],
)
def test_both_sides_of_a_change_by_id_else_by_key(item, sides):
    assert list(hints._sides(item)) == sides


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"id": 7, "key": "PLAT-1"}, "7"),
        ({"key": "PLAT-1"}, "PLAT-1"),
        ({"id": {"key": "PLAT-2"}}, "PLAT-2"),
        (" PLAT-1 ", "PLAT-1"),
        ("plat-1", None),
        ("PLAT-0", None),
        ("PLAT-1" + "0" * 17, "PLAT-1" + "0" * 17),
        ("PLAT-1" + "0" * 18, None),
        ("P" * 100 + "-1", "P" * 100 + "-1"),
        ("P" * 102 + "-1", None),
        (None, None),
    ],
)
def test_an_issue_is_named_by_its_id_else_by_its_key(given, named):
    assert hints._named(given) == named


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://acme.example/rest/api/2/issue/10001/comment/5", "10001"),
        ("https://acme.example/rest/api/2/issue/10001", "10001"),
        ("https://acme.example/rest/api/2/issue/PLAT-1/comment/5", None),
        ("x" * 1983 + "/issue/10001/c/5", "10001"),
        ("x" * 1984 + "/issue/10001/c/5", None),
        (5, None),
    ],
)
def test_the_issue_in_the_address_of_a_comment(url, found):
    assert hints._id_in_path(url) == found


@pytest.mark.parametrize(
    ("address", "todo"),
    [
        (
            JiraAddress("main", "https://acme.atlassian.net", BasicCredentials("a@b.example", "x")),
            "Check e-mail and token",
        ),
        (
            JiraAddress("main", "https://jira.acme.example/jira", BearerCredentials("x")),
            "Check the personal access token",
        ),
        (
            JiraAddress(
                "main",
                "https://acme.atlassian.net",
                BearerCredentials("x"),
                gateway="https://api.atlassian.com",
            ),
            "Check the token of the site (tokens expire) and enter a new one: a service account's goes without an e-mail",
        ),
    ],
    ids=["site", "PAT", "gateway"],
)
def test_what_is_done_about_credentials_is_said_of_the_kind_that_was_sent(
    address: JiraAddress, todo: str
) -> None:
    refused = classify(401, {}, b"", NOW, address.again)
    assert isinstance(refused, AuthFailure)
    assert refused.remedy.startswith(todo)
