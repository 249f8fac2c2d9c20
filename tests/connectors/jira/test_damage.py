"""One bad issue of an answer costs a value, or that issue; never the answer. Over real HTTP."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from connectors.jira import IncompleteRead, Jira, JiraAddress, Transport
from mappings.facts.issue import Reading

SEARCH = "/rest/api/3/search/jql"
BULK = "/rest/api/3/issue/bulkfetch"
LOGS = "/rest/api/3/changelog/bulkfetch"
DC_SEARCH = "/rest/api/2/search"
EPIC_LINK = "customfield_10014"
FORBIDDEN = {"errorMessages": ["You do not have the permission to see the specified issue."], "errors": {}}
DC_FIELDS = [
    {
        "id": EPIC_LINK,
        "name": "Epic Link",
        "schema": {"type": "any", "custom": "com.pyxis.greenhopper.jira:gh-epic-link"},
    },
    {"id": "customfield_10052", "name": "Score", "schema": {"type": "number"}},
]


def page(cloud, stub, answer, *issues, fields=()):
    stub.on("POST", SEARCH, answer(json={"issues": list(issues), "isLast": True}))
    [found] = cloud.search("project = PLAT", fields)
    return found


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("duedate", "20260-01-01", "Its duedate '20260-01-01' cannot be used"),
        ("duedate", 20260101, "Its duedate '20260101' cannot be used"),
        ("resolutiondate", "0001-01-01T00:00:00.000+1400", "lies at the edge of the calendar"),
        ("resolutiondate", "2026-13-01T00:00:00.000+0000", "Its resolutiondate"),
        ("resolutiondate", "9999-12-31T23:59:59.999+0000", "lies at the edge of the calendar"),
        ("statuscategorychangedate", "2026-10-01T00:00:00", "has no time zone"),
        ("summary", 7, "Its summary '7' cannot be used"),
        ("assignee", "ada", "Its assignee 'ada' cannot be used"),
        ("creator", {"accountId": 7}, "Its creator cannot be read"),
    ],
)
def test_a_value_that_cannot_be_used_is_unknown_with_the_reason(
    stub, answer, cloud, issue_json, field, value, reason
):
    found = page(cloud, stub, answer, issue_json(10001, **{field: value}), issue_json(10002))
    assert found.gaps == ()
    bad, good = found.issues
    assert (bad.id, good.id) == ("10001", "10002")
    assert list(bad.unknowns) == [field]
    assert reason in bad.unknowns[field]
    assert (bad.due, bad.resolved, bad.status_changed, bad.assignee, bad.creator) == (None,) * 5
    assert good.unknowns == {}
    assert good.summary == "Story 10002"


def test_of_a_long_value_its_beginning_is_told(stub, answer, cloud, issue_json):
    said = [page(cloud, stub, answer, issue_json(10001, duedate="9" * size)).issues[0] for size in (60, 61)]
    whole, cut = (one.unknowns["duedate"].partition(" cannot be used: ") for one in said)
    assert whole[0] == f"Its duedate '{'9' * 60}'"
    assert cut[0] == f"Its duedate '{'9' * 60}…'"


@pytest.mark.parametrize("said", ["left out", None, [], "okr"])
def test_what_is_said_of_no_property_is_absent_and_not_empty(stub, answer, cloud, issue_json, said):
    asked = ["property:okr.a", "customfield_10060"]
    told = {} if said == "left out" else {"properties": said}
    issues = [issue_json(10001) | told, issue_json(10002) | {"properties": {}}]
    bad, good = page(cloud, stub, answer, *issues, fields=asked).issues
    assert "property:okr.a" in bad.absent
    assert "property:okr.a" not in good.absent
    assert bad.fields == good.fields == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", None),
        ("status", {"name": "Done"}),
        ("project", []),
        ("issuetype", {"id": 10001}),
        ("created", "yesterday"),
        ("created", "0001-01-01T00:00:00.000+1400"),
        ("updated", None),
        ("labels", "okr"),
        ("labels", [7]),
        ("parent", "PLAT-1"),
        ("parent", {}),
        ("resolution", "Won't Do"),
        ("components", {"id": "1"}),
        ("fixVersions", [{}]),
        ("issuelinks", [{"id": "1"}]),
    ],
)
def test_an_issue_that_cannot_be_counted_right_is_a_gap_that_names_the_field(
    stub, answer, cloud, issue_json, field, value
):
    found = page(cloud, stub, answer, issue_json(10001, **{field: value}), issue_json(10002))
    assert [issue.id for issue in found.issues] == ["10002"]
    [gap] = found.gaps
    assert (gap.issue_id, gap.issue_key, gap.field) == ("10001", "PLAT-1", field)
    assert gap.reason.startswith(f"Its {field} ")
    assert "accept the gap" in gap.remedy


@pytest.mark.parametrize(
    ("issue", "named"),
    [
        ({"id": "10001", "key": "PLAT-1"}, ("10001", "PLAT-1", "")),
        ({"id": "10001", "fields": {}}, ("10001", "", "key")),
        ({"key": "PLAT-1", "fields": {}}, ("", "PLAT-1", "id")),
        ({"id": 10001, "key": "PLAT-1", "fields": {}}, ("", "PLAT-1", "id")),
        ({"id": "٣", "key": "PLAT-1", "fields": {}}, ("٣", "PLAT-1", "id")),
        (None, ("", "", "id")),
        ("10001", ("", "", "id")),
    ],
)
def test_what_is_no_issue_is_a_gap(stub, answer, cloud, issue_json, issue, named):
    found = page(cloud, stub, answer, issue, issue_json(10002))
    assert [one.id for one in found.issues] == ["10002"]
    assert [(gap.issue_id, gap.issue_key, gap.field) for gap in found.gaps] == [named]


def test_a_gap_tells_what_its_issue_hangs_under(stub, answer, cloud, issue_json):
    bad = issue_json(10002, created="never", parent={"id": "10001", "key": "PLAT-1"})
    assert page(cloud, stub, answer, bad).gaps[0].parent == "10001"


def test_json_that_is_none_costs_what_is_broken_in_it(stub, answer, cloud, issue_json):
    whole = [
        issue_json(10001, summary="x\ud83d"),
        issue_json(10002, customfield_10016=float("nan"), customfield_10017=float("-inf")),
        issue_json(10003, customfield_10016=2.5, customfield_10017=[{"value": "a\udc00"}]),
    ]
    body = json.dumps({"issues": whole, "isLast": True}).encode()
    assert b"NaN" in body
    assert b"\\ud83d" in body
    stub.on("POST", SEARCH, answer(body=body))
    [found] = cloud.search("project = PLAT", ["customfield_10016", "customfield_10017"])
    assert found.gaps == ()
    assert [issue.summary for issue in found.issues] == ["x\ufffd", "Story 10002", "Story 10003"]
    assert [issue.fields for issue in found.issues] == [
        {},
        {"customfield_10016": "nan", "customfield_10017": "-inf"},
        {"customfield_10016": 2.5, "customfield_10017": [{"value": "a\ufffd"}]},
    ]


@pytest.mark.parametrize("broken", [b"\xff", b"\x01"])
def test_bytes_that_are_no_text_cost_one_character(stub, answer, cloud, issue_json, broken):
    body = json.dumps({"issues": [issue_json(10001, summary="@"), issue_json(10002)], "isLast": True})
    stub.on("POST", SEARCH, answer(body=body.encode().replace(b'"@"', b'"' + broken + b'"')))
    [found] = cloud.search("project = PLAT")
    assert [issue.id for issue in found.issues] == ["10001", "10002"]


def test_a_torn_answer_is_no_list_of_gaps(stub, answer, cloud, issue_json):
    body = json.dumps({"issues": [issue_json(10001, duedate="never")], "isLast": True}).encode()
    for torn in (body[:-5], b'{"isLast":true}', b'{"issues":{}}', b"[]"):
        stub.on("POST", SEARCH, answer(body=torn))
        with pytest.raises(IncompleteRead, match="cannot be read"):
            list(cloud.search("project = PLAT"))


def test_a_damaged_page_still_says_where_the_next_one_is(stub, answer, cloud, issue_json):
    stub.on(
        "POST",
        SEARCH,
        answer(json={"issues": [issue_json(10001, status=None)], "nextPageToken": "a", "isLast": False}),
        answer(json={"issues": [issue_json(10002)], "isLast": True}),
    )
    pages = list(cloud.search("project = PLAT"))
    assert [[issue.id for issue in one.issues] for one in pages] == [[], ["10002"]]
    assert [len(one.gaps) for one in pages] == [1, 0]
    assert pages[-1].last


def test_offsets_count_what_cannot_be_read(stub, answer, datacenter, issue_json):
    bad, nameless = issue_json(10001, status=None), {"fields": {}}
    stub.on("GET", "/rest/api/2/field", answer(json=DC_FIELDS))
    there = [issue_json(10000), bad, nameless, issue_json(10003), issue_json(10004)]

    def serve(asked):
        start = asked.body["startAt"]
        return answer(json={"total": 5, "issues": there[start : start + 3]})

    stub.on("POST", DC_SEARCH, serve)
    pages = list(datacenter.search("project = PLAT"))
    assert [asked.body["startAt"] for asked in stub.asked if asked.path == DC_SEARCH] == [0, 2]
    assert [issue.id for one in pages for issue in one.issues] == ["10000", "10003", "10004"]
    assert len(pages[0].gaps) == 2


def test_a_read_by_id_tells_gaps_from_what_is_missing(stub, answer, cloud, issue_json):
    stub.on("POST", BULK, answer(json={"issues": [issue_json(10001, updated=""), issue_json(10002)]}))
    result = cloud.read(["10001", "10002", "10003"])
    assert [issue.id for issue in result.issues] == ["10002"]
    assert result.missing == {"10003"}
    assert [(gap.issue_id, gap.field) for gap in result.gaps] == [("10001", "updated")]


def test_what_jira_cannot_return_is_asked_for_once_more_and_is_a_gap_then(stub, answer, cloud, issue_json):
    errors = [{"id": "10001", "errorMessage": "payload too large"}]
    stub.on(
        "POST",
        BULK,
        answer(json={"issues": [issue_json(10002)], "issueErrors": [*errors, {"id": "10003"}]}),
        answer(json={"issues": [issue_json(10003)], "issueErrors": errors}),
    )
    result = cloud.read(["10001", "10002", "10003"])
    assert [asked.body["issueIdsOrKeys"] for asked in stub.asked] == [
        ["10001", "10002", "10003"],
        ["10001", "10003"],
    ]
    assert [issue.id for issue in result.issues] == ["10002", "10003"]
    assert result.missing == frozenset()
    assert [gap.reason for gap in result.gaps] == ["Jira could not return it: payload too large"]


def test_what_is_forbidden_on_data_center_is_a_gap(stub, answer, datacenter, issue_json):
    stub.on("GET", "/rest/api/2/field", answer(json=DC_FIELDS))
    stub.on("GET", "/rest/api/2/issue/10001", answer(403, json=FORBIDDEN))
    stub.on("GET", "/rest/api/2/issue/10002", answer(json=issue_json(10002)))
    result = datacenter.read(["10001", "10002"])
    assert [issue.id for issue in result.issues] == ["10002"]
    assert result.missing == frozenset()
    assert [(gap.issue_id, gap.reason) for gap in result.gaps] == [
        (
            "10001",
            "Jira forbids to read it: You do not have the permission to see the specified issue.",
        )
    ]


class Memory:
    """What is out of sight, in a test."""

    def __init__(self, **parents):
        self.keys, self.parents = set(), parents

    def hidden(self, keys):
        return frozenset(keys) & self.keys

    def hide(self, keys):
        self.keys.update(keys)

    def standing(self, named):
        return {id_: self.parents[key] for id_, key in named.items() if key in self.parents}


def test_a_parent_out_of_sight_costs_that_parent_and_is_asked_for_once(stub, answer, address, issue_json):
    issues = [issue_json(10002, **{EPIC_LINK: "SEC-1"}), issue_json(10003, **{EPIC_LINK: "PLAT-3"})]

    def serve(asked):
        if asked.body["jql"].startswith("key in"):
            return answer(json={"total": 0, "issues": []})
        return answer(json={"total": 2, "issues": issues})

    stub.on("GET", "/rest/api/2/field", answer(json=DC_FIELDS))
    stub.on("GET", "/rest/api/2/issue/SEC-1", answer(403, json=FORBIDDEN))
    stub.on("POST", DC_SEARCH, serve)
    there = JiraAddress("dc", stub.url, address.credentials, deployment="datacenter")
    memory = Memory()
    jira = Jira(Transport(there, timeout=(2, 2)), memory)
    for _ in range(2):
        [found] = jira.search("project = PLAT")
        assert [(issue.id, issue.parent_id) for issue in found.issues] == [
            ("10002", None),
            ("10003", "10003"),
        ]
    assert memory.keys == {"SEC-1"}
    assert stub.paths().count("GET /rest/api/2/issue/SEC-1") == 1
    assert sum(1 for asked in stub.asked if asked.body and asked.body["jql"].startswith("key in")) == 1
    jira.close()


def history(at, after):
    item = {"field": "Score", "fieldId": "customfield_10052", "fromString": None, "toString": after}
    return {"created": at, "items": [item]}


def test_a_history_that_cannot_be_read_costs_its_own_issue_alone(stub, answer, cloud):
    good = history("2026-10-01T10:00:00.000+0000", "4")
    stub.on(
        "POST",
        LOGS,
        answer(
            json={
                "issueChangeLogs": [
                    {"issueId": "10001", "changeHistories": [good]},
                    {"issueId": "10002", "changeHistories": [history("sometime", "5")]},
                    {"issueId": "10003", "changeHistories": "none"},
                ]
            }
        ),
    )
    found = cloud.readings(["10001", "10002", "10003", "10004"], ["customfield_10052"])
    assert found == {
        "10001": {"customfield_10052": (Reading(datetime(2026, 10, 1, 10, tzinfo=UTC), 4),)},
        "10004": {},
    }


def test_on_data_center_too(stub, answer, datacenter):
    whole = {"total": 1, "histories": [history("2026-10-01T10:00:00.000+0000", "4")]}
    stub.on("GET", "/rest/api/2/field", answer(json=DC_FIELDS))
    stub.on("GET", "/rest/api/2/issue/10001", answer(json={"id": "10001", "changelog": whole}))
    stub.on(
        "GET", "/rest/api/2/issue/10002", answer(json={"id": "10002", "changelog": {**whole, "total": 500}})
    )
    stub.on("GET", "/rest/api/2/issue/10003", answer(403, json=FORBIDDEN))
    stub.on("GET", "/rest/api/2/issue/10004", answer(json={"id": "10004"}))
    stub.on("GET", "/rest/api/2/issue/10005", answer(404, json={"errorMessages": ["gone"]}))
    found = datacenter.readings(["10001", "10002", "10003", "10004", "10005"], ["customfield_10052"])
    assert {id_: [reading.value for reading in of["customfield_10052"]] for id_, of in found.items()} == {
        "10001": [4]
    }


def test_a_good_answer_is_decoded_as_before(stub, answer, cloud, issue_json):
    found = page(cloud, stub, answer, issue_json(10001, duedate="2026-12-31"))
    assert (found.issues[0].due, found.issues[0].unknowns, found.gaps) == (date(2026, 12, 31), {}, ())


def test_two_changes_of_one_millisecond_are_both_kept_in_the_order_of_their_entries(stub, answer, cloud):
    """The entry of the greater number comes later, whatever the order of the answer, and the same entry twice counts once."""

    def moved(number, before, after):
        item = {
            "field": "status",
            "fieldId": "status",
            "from": before,
            "fromString": f"Zustand {before}",
            "to": after,
            "toString": "",
        }
        return {"id": number, "created": "2026-10-01T10:00:00.000+0000", "items": [item]}

    entries = [moved("100", "3", "4"), moved("99", "1", "3"), moved("100", "3", "4")]
    body = {"issueChangeLogs": [{"issueId": "10001", "changeHistories": entries}]}
    stub.on("POST", LOGS, answer(json=body))
    stub.on("GET", "/rest/api/2/field", answer(json=[{"id": "status", "name": "Status"}]))
    found = cloud.steps(["10001"], ["status"])
    assert [(step.before_id, step.after_id) for step in found["10001"]] == [("1", "3"), ("3", "4")]
