"""Searching and reading by id, over real HTTP."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from connectors.jira import IncompleteRead, JiraRefusal, core_fields
from connectors.jira.wire.instant import instant
from mappings.facts.issue import IssueType, JiraValue, Link, Project, Status, User

SEARCH = "/rest/api/3/search/jql"
BULK = "/rest/api/3/issue/bulkfetch"
DC_SEARCH = "/rest/api/2/search"
EPIC_LINK = "customfield_10014"


def ids(pages):
    return [issue.id for page in pages for issue in page.issues]


def test_an_issue_is_decoded_with_the_mapped_fields_and_no_others(stub, answer, cloud, issue_json):
    full = issue_json(
        10007,
        resolution={"id": "1", "name": "Done"},
        priority={"id": "2", "name": "High"},
        parent={"id": "10001", "key": "PLAT-1", "fields": {"summary": "Epic"}},
        labels=["okr"],
        components=[{"id": "5", "name": "API"}],
        fixVersions=[{"id": "6", "name": "1.0"}],
        versions=[{"id": "7", "name": "0.9"}],
        assignee={"accountId": "a1", "displayName": "Ada", "emailAddress": "ada@acme.example"},
        reporter={"name": "grace", "displayName": "Grace"},
        duedate="2026-12-31",
        resolutiondate="2026-10-03T00:00:00.000+0000",
        statuscategorychangedate="2026-10-03T00:00:00.000+0000",
        issuelinks=[
            {
                "id": "1",
                "type": {"id": "9", "name": "Aligns", "inward": "is aligned by", "outward": "aligns"},
                "outwardIssue": {"id": "10002", "key": "PLAT-2"},
            },
            {
                "id": "2",
                "type": {"id": "9", "name": "Aligns", "inward": "is aligned by", "outward": "aligns"},
                "inwardIssue": {"id": "10003", "key": "PLAT-3"},
            },
        ],
        customfield_10016=3.5,
        customfield_10017={"id": "1", "value": "x"},
        customfield_10099="not mapped",
    )
    stub.on("POST", SEARCH, answer(json={"issues": [full], "isLast": True}))

    [page] = cloud.search("project = PLAT", ["customfield_10016", "customfield_10017", "customfield_10018"])

    [issue] = page.issues
    assert page.last
    assert (issue.id, issue.key, issue.summary, issue.parent_id) == (
        "10007",
        "PLAT-7",
        "Story 10007",
        "10001",
    )
    assert issue.project == Project("10000", "PLAT", "Platform")
    assert issue.type == IssueType("10001", "Story", 0)
    assert issue.status == Status("3", "In Progress", "indeterminate")
    assert issue.created == datetime(2026, 10, 1, 10, tzinfo=UTC)
    assert issue.updated == datetime(2026, 10, 2, 10, 30, 0, 500_000, tzinfo=UTC)
    assert issue.resolution == JiraValue("1", "Done")
    assert issue.labels == ("okr",)
    assert issue.components == (JiraValue("5", "API"),)
    assert issue.fix_versions == (JiraValue("6", "1.0"),)
    assert issue.affects_versions == (JiraValue("7", "0.9"),)
    assert issue.assignee == User("a1", "Ada", "ada@acme.example")
    assert issue.reporter == User("grace", "Grace")
    assert issue.due == date(2026, 12, 31)
    assert issue.links == (
        Link("9", "Aligns", "aligns", "10002", outward=True),
        Link("9", "Aligns", "is aligned by", "10003", outward=False),
    )
    assert issue.fields == {"customfield_10016": 3.5, "customfield_10017": {"id": "1", "value": "x"}}
    assert set(stub.asked[0].body["fields"]) == {
        *core_fields(),
        "customfield_10016",
        "customfield_10017",
        "customfield_10018",
    }


@pytest.mark.parametrize(
    ("key", "expected"), [("new", "new"), ("done", "done"), ("undefined", None), ("strange", None)]
)
def test_a_status_in_no_known_category_is_unknown(stub, answer, cloud, issue_json, key, expected):
    status = {"id": "1", "name": "Odd", "statusCategory": {"key": key}}
    stub.on("POST", SEARCH, answer(json={"issues": [issue_json(10001, status=status)], "isLast": True}))
    [page] = cloud.search("project = PLAT")
    assert page.issues[0].status.category == expected


def test_repeated_parts_of_issues_are_the_same_objects(stub, answer, cloud, issue_json):
    stub.on("POST", SEARCH, answer(json={"issues": [issue_json(10001), issue_json(10002)], "isLast": True}))
    [page] = cloud.search("project = PLAT")
    one, two = page.issues
    assert one.status is two.status
    assert one.project is two.project
    assert one.type is two.type


def test_pages_follow_tokens_and_show_each_issue_once(stub, answer, cloud, issue_json):
    pages = {
        None: {"issues": [issue_json(10001), issue_json(10002)], "nextPageToken": "a", "isLast": False},
        "a": {"issues": [issue_json(10002), issue_json(10003)], "nextPageToken": "b"},
        "b": {"issues": [], "isLast": True},
    }
    stub.on("POST", SEARCH, lambda asked: answer(json=pages[asked.body.get("nextPageToken")]))

    found = list(cloud.search("labels = 'order by' order by rank", page_size=50))

    assert ids(found) == ["10001", "10002", "10003"]
    assert [page.last for page in found] == [False, False, True]
    assert stub.asked[0].body["jql"] == "labels = 'order by' ORDER BY created ASC, key ASC"
    assert stub.asked[0].body["maxResults"] == 50


@pytest.mark.parametrize(
    "second",
    [
        {"issues": [], "nextPageToken": "a", "isLast": False},
        {"issues": [], "isLast": False},
        {"issues": [], "isLast": True, "warnings": ["truncated"]},
        {"isLast": True},
    ],
)
def test_a_search_that_may_lack_issues_is_incomplete(stub, answer, cloud, issue_json, second):
    first = {"issues": [issue_json(10001)], "nextPageToken": "a", "isLast": False}
    stub.on("POST", SEARCH, answer(json=first), answer(json=second))
    pages = cloud.search("project = PLAT")
    assert not next(pages).last
    with pytest.raises(IncompleteRead):
        list(pages)


def test_torn_json_is_incomplete(stub, answer, cloud):
    stub.on("POST", SEARCH, answer(body=b'{"issues": [{"id": "10001", "ke'))
    with pytest.raises(IncompleteRead, match="cannot be read"):
        list(cloud.search("project = PLAT"))


def test_issues_to_be_reconciled_are_sent_as_numbers_on_every_page(stub, answer, cloud, issue_json):
    stub.on(
        "POST",
        SEARCH,
        answer(json={"issues": [issue_json(10001)], "nextPageToken": "a"}),
        answer(json={"issues": [], "isLast": True}),
    )
    list(cloud.search("project = PLAT", reconcile=["10001"]))
    assert [asked.body["reconcileIssues"] for asked in stub.asked] == [[10001], [10001]]


def test_ids_alone_come_in_large_pages(stub, answer, cloud):
    stub.on("POST", SEARCH, answer(json={"issues": [{"id": "1"}, {"id": "2"}, {"id": "1"}], "isLast": True}))
    assert list(cloud.search_ids("project = PLAT")) == ["1", "2"]
    assert (stub.asked[0].body["maxResults"], stub.asked[0].body["fields"]) == (5000, ["id"])


def test_reading_by_id_tells_what_is_missing(stub, answer, cloud, issue_json):
    stub.on("POST", BULK, answer(json={"issues": [issue_json(10002)], "issueErrors": []}))
    result = cloud.read(["10002", "10001"])
    assert [issue.id for issue in result.issues] == ["10002"]
    assert result.missing == {"10001"}
    assert stub.asked[0].body["issueIdsOrKeys"] == ["10001", "10002"]


def test_an_issue_jira_could_not_read_is_not_taken_for_missing(stub, answer, cloud):
    stub.on(
        "POST", BULK, answer(json={"issues": [], "issueErrors": [{"id": "10001", "errorMessage": "oops"}]})
    )
    result = cloud.read(["10001"])
    assert (result.issues, result.missing) == ((), frozenset())
    assert [(gap.issue_id, gap.reason) for gap in result.gaps] == [
        ("10001", "Jira could not return it: oops")
    ]
    stub.on("POST", BULK, answer(json={"issues": [], "issueErrors": [{"errorMessage": "oops"}]}))
    with pytest.raises(IncompleteRead):
        cloud.read(["10001"])


def test_a_site_that_takes_only_100_ids_is_asked_in_hundreds_from_then_on(stub, answer, cloud, issue_json):
    def serve(asked):
        wanted = asked.body["issueIdsOrKeys"]
        if len(wanted) > 100:
            return answer(400, {"errorMessages": ["Too many"], "errors": {}})
        return answer(json={"issues": [issue_json(int(found)) for found in wanted], "issueErrors": []})

    stub.on("POST", BULK, serve)
    wanted = [str(number) for number in range(10001, 10251)]
    assert len(cloud.read(wanted).issues) == 250
    assert len(cloud.read(wanted).issues) == 250
    assert [len(asked.body["issueIdsOrKeys"]) for asked in stub.asked] == [250, 100, 100, 50, 100, 100, 50]


def test_a_refused_batch_is_halved_until_the_guilty_id_stands_alone(stub, answer, cloud, issue_json):
    def serve(asked):
        wanted = asked.body["issueIdsOrKeys"]
        if "10037" in wanted:
            return answer(400, {"errorMessages": ["The issue 10037 no longer exists."], "errors": {}})
        return answer(json={"issues": [issue_json(int(found)) for found in wanted], "issueErrors": []})

    stub.on("POST", BULK, serve)
    result = cloud.read([str(number) for number in range(10001, 10065)])

    assert len(result.issues) == 63
    assert result.missing == frozenset()
    assert [(gap.issue_id, gap.reason) for gap in result.gaps] == [
        ("10037", "Jira refuses to return it: The issue 10037 no longer exists.")
    ]
    assert len(stub.asked) == 13


def test_what_is_refused_for_all_ids_is_not_for_the_ids(stub, answer, cloud):
    stub.on("POST", BULK, answer(400, {"errorMessages": ["No field of that name."], "errors": {}}))
    with pytest.raises(JiraRefusal, match="No field"):
        cloud.read([str(number) for number in range(10001, 10065)])
    assert len(stub.asked) < 40


@pytest.mark.parametrize("wrong", ["PLAT-1", "1 or 1=1", "", "١"])
def test_what_is_no_issue_id_is_refused_before_a_call(stub, cloud, wrong):
    with pytest.raises(ValueError, match="not an issue id"):
        cloud.read([wrong])
    assert stub.asked == []


def dc_fields(answer):
    return answer(
        json=[
            {"id": "summary", "name": "Summary", "schema": {"type": "string"}},
            {
                "id": EPIC_LINK,
                "name": "Epic Link",
                "schema": {"type": "any", "custom": "com.pyxis.greenhopper.jira:gh-epic-link"},
            },
            {
                "id": "customfield_10200",
                "name": "Parent Link",
                "schema": {"custom": "com.atlassian.jpo:jpo-custom-field-parent"},
            },
        ]
    )


def test_data_center_parents_come_from_epic_link_and_parent_link(stub, answer, datacenter, issue_json):
    issues = [
        issue_json(10001),
        issue_json(10002, **{EPIC_LINK: "PLAT-1"}),
        issue_json(10003, **{EPIC_LINK: "CORE-9"}),
        issue_json(10004, customfield_10200={"hasEpicLinkFieldDependency": False, "showField": False}),
        issue_json(10005, parent={"id": "10002", "key": "PLAT-2"}),
    ]

    def serve(asked):
        if asked.body["jql"].startswith("key in"):
            return answer(json={"startAt": 0, "total": 1, "issues": [{"id": "20009", "key": "CORE-9"}]})
        return answer(json={"startAt": 0, "maxResults": 100, "total": 5, "issues": issues})

    stub.on("GET", "/rest/api/2/field", dc_fields(answer))
    stub.on("POST", DC_SEARCH, serve)

    [page] = datacenter.search("project = PLAT")

    assert [issue.parent_id for issue in page.issues] == [None, "10001", "20009", None, "10002"]
    assert all(issue.fields == {} for issue in page.issues)


def test_an_epic_under_its_former_key_is_followed(stub, answer, datacenter, issue_json):
    def serve(asked):
        if asked.body["jql"].startswith("key in"):
            return answer(json={"total": 0, "issues": []})
        return answer(json={"total": 1, "issues": [issue_json(10002, **{EPIC_LINK: "OLD-1"})]})

    stub.on("GET", "/rest/api/2/field", dc_fields(answer))
    stub.on("GET", "/rest/api/2/issue/OLD-1", answer(json={"id": "10001", "key": "NEW-1"}))
    stub.on("POST", DC_SEARCH, serve)
    [page] = datacenter.search("project = PLAT")
    assert page.issues[0].parent_id == "10001"


def test_data_center_pages_by_offset_until_the_total(stub, answer, datacenter, issue_json):
    stub.on("GET", "/rest/api/2/field", dc_fields(answer))

    def serve(asked):
        start, most = asked.body["startAt"], asked.body["maxResults"]
        found = [issue_json(10001 + at) for at in range(start, min(start + most, 3))]
        return answer(json={"startAt": start, "total": 3, "issues": found})

    stub.on("POST", DC_SEARCH, serve)
    assert ids(datacenter.search("project = PLAT", page_size=1)) == ["10001", "10002", "10003"]


@pytest.mark.parametrize("comes", [False, True], ids=["one goes", "one goes and one comes"])
def test_data_center_offsets_that_shift_between_pages_lose_no_issue(
    stub, answer, datacenter, issue_json, comes
):
    """An issue of the first page is deleted before the second is asked for; another one may hide that from the total."""
    stub.on("GET", "/rest/api/2/field", dc_fields(answer))
    there = list(range(10001, 10250))
    asked_for = []

    def serve(asked):
        start, most = asked.body["startAt"], asked.body["maxResults"]
        if asked_for == [0]:
            there.remove(10050)
            there.extend([10900] if comes else [])
        asked_for.append(start)
        found = [issue_json(id_) for id_ in there[start : start + most]]
        return answer(json={"startAt": start, "total": len(there), "issues": found})

    stub.on("POST", DC_SEARCH, serve)
    assert sorted(ids(datacenter.search("project = PLAT", page_size=100)), key=int) == [
        str(id_) for id_ in range(10001, 10250)
    ] + (["10900"] if comes else [])
    assert asked_for[:3] == [0, 99, 0]


@pytest.mark.parametrize(
    "second", [{"total": 3, "issues": []}, {"issues": []}, {"total": 3, "issues": "again"}]
)
def test_data_center_pages_that_do_not_add_up_are_incomplete(stub, answer, datacenter, issue_json, second):
    first = {"total": 3, "issues": [issue_json(10001), issue_json(10002)]}
    repeated = {**second, "issues": [issue_json(10002)]} if second["issues"] == "again" else second
    stub.on("GET", "/rest/api/2/field", dc_fields(answer))
    stub.on("POST", DC_SEARCH, answer(json=first), answer(json=repeated))
    with pytest.raises(IncompleteRead):
        list(datacenter.search("project = PLAT"))


def test_data_center_reads_by_id_one_by_one(stub, answer, datacenter, issue_json):
    stub.on("GET", "/rest/api/2/field", dc_fields(answer))
    stub.on("GET", "/rest/api/2/issue/10001", answer(404, json={"errorMessages": ["Issue does not exist"]}))
    stub.on("GET", "/rest/api/2/issue/10002", answer(json=issue_json(10002)))
    result = datacenter.read(["10001", "10002"])
    assert [one.id for one in result.issues] == ["10002"]
    assert result.missing == {"10001"}


@pytest.mark.parametrize("body", [b"", b" \n", "another"], ids=["nothing", "blanks", "another issue"])
def test_a_good_answer_without_the_issue_that_was_asked_for_is_no_word_that_it_is_gone(
    stub, answer, datacenter, issue_json, body
):
    """A proxy that answered 200 with nothing, twice, deleted the issue."""
    found = answer(json=issue_json(10002)) if body == "another" else answer(body=body)
    stub.on("GET", "/rest/api/2/field", dc_fields(answer))
    stub.on("GET", "/rest/api/2/issue/10001", found)
    with pytest.raises(IncompleteRead, match="10001"):
        datacenter.read(["10001"])


def test_data_center_searches_for_edits_and_does_not_believe_an_index_that_lags(
    stub, answer, datacenter, issue_json
):
    """10001 is as new as was told, 10002 is older, 10003 is not there yet: only the last two are asked for one by one."""
    shown = [issue_json(10001), issue_json(10002)]
    stub.on("GET", "/rest/api/2/field", dc_fields(answer))
    stub.on("POST", DC_SEARCH, answer(json={"total": 2, "issues": shown, "warningMessages": ["no 10003"]}))
    for number in (10002, 10003):
        stub.on("GET", f"/rest/api/2/issue/{number}", answer(json=issue_json(number, summary="as it is now")))
    told = instant(shown[0]["fields"]["updated"])
    later = told + timedelta(milliseconds=1)
    result = datacenter.read(
        ["10001", "10002", "10003"], edited={"10001": told, "10002": later, "10003": told}
    )
    assert {one.id: one.summary == "as it is now" for one in result.issues} == {
        "10001": False,
        "10002": True,
        "10003": True,
    }
    [search] = [one for one in stub.asked if one.method == "POST"]
    assert search.body["validateQuery"] is False


def test_counting(stub, answer, cloud, datacenter):
    stub.on("POST", "/rest/api/3/search/approximate-count", answer(json={"count": 7}))
    stub.on("POST", DC_SEARCH, answer(json={"total": 8, "issues": []}))
    assert (cloud.count("project = PLAT"), datacenter.count("project = PLAT")) == (7, 8)


def test_what_jira_finds_wrong_with_a_query(stub, answer, cloud, datacenter):
    stub.on(
        "POST", "/rest/api/3/jql/parse", answer(json={"queries": [{"query": "x", "errors": ["no field x"]}]})
    )
    stub.on("POST", DC_SEARCH, answer(400, {"errorMessages": ["no field x"], "errors": {}}))
    assert cloud.jql_errors("x = 1") == ("no field x",)
    assert datacenter.jql_errors("x = 1") == ("no field x",)


def test_the_removed_search_is_named(stub, answer, cloud):
    stub.on(
        "POST", SEARCH, answer(410, {"errorMessages": ["The requested API has been removed."], "errors": {}})
    )
    with pytest.raises(JiraRefusal) as caught:
        list(cloud.search("project = PLAT"))
    assert caught.value.status == 410
    assert "removed" in str(caught.value)


def test_readings_come_from_the_bulk_changelog(stub, answer, cloud):
    item = {
        "field": "Score",
        "fieldId": "customfield_10052",
        "from": None,
        "fromString": "1",
        "to": None,
        "toString": "12.5",
    }
    cleared = {**item, "fromString": "12.5", "toString": None}
    other = {**item, "fieldId": "status"}
    stub.on(
        "POST",
        "/rest/api/3/changelog/bulkfetch",
        answer(
            json={
                "issueChangeLogs": [
                    {
                        "issueId": "10001",
                        "changeHistories": [{"id": "2", "created": 1791038284541, "items": [cleared]}],
                    }
                ],
                "nextPageToken": "a",
            }
        ),
        answer(
            json={
                "issueChangeLogs": [
                    {
                        "issueId": "10001",
                        "changeHistories": [
                            {"id": "1", "created": "2026-10-01T10:00:00.000+0000", "items": [item, other]}
                        ],
                    }
                ]
            }
        ),
    )
    start = datetime(2026, 9, 1, tzinfo=UTC)
    found = cloud.readings(["10001"], ["customfield_10052"], {"10001": start})
    assert [(reading.at.year, reading.value) for reading in found["10001"]["customfield_10052"]] == [
        (2026, 1),
        (2026, 12.5),
        (2026, None),
    ]
    assert found["10001"]["customfield_10052"][0].at == start


def test_readings_on_data_center_know_fields_by_name(stub, answer, datacenter):
    fields = [{"id": "customfield_10052", "name": "Score", "schema": {"type": "number"}}]
    history = {
        "id": "1",
        "created": "2026-10-01T10:00:00.000+0000",
        "items": [
            {
                "field": "Score",
                "fieldtype": "custom",
                "from": None,
                "fromString": None,
                "to": None,
                "toString": "4",
            }
        ],
    }
    stub.on("GET", "/rest/api/2/field", answer(json=fields))
    stub.on(
        "GET",
        "/rest/api/2/issue/10001",
        answer(json={"id": "10001", "key": "A-1", "changelog": {"total": 1, "histories": [history]}}),
    )
    found = datacenter.readings(["10001", "10002"], ["customfield_10052"])
    assert [reading.value for reading in found["10001"]["customfield_10052"]] == [4]
    assert "10002" not in found


def test_data_center_shows_histories_many_at_once_and_is_believed_as_far_as_they_are_new_and_whole(
    stub, answer, datacenter
):
    """10001 is as new as was told, 10002 older, 10003 cut short, 10004 garbage, 10005 not there: only the first is not asked for again."""
    told = datetime(2026, 10, 2, tzinfo=UTC)

    def log(after, total=1):
        item = {"field": "Score", "from": None, "fromString": None, "to": None, "toString": after}
        return {"total": total, "histories": [{"created": "2026-10-01T10:00:00.000+0000", "items": [item]}]}

    def shown(number, day, changelog):
        when = {"updated": f"2026-10-0{day}T00:00:00.000+0000"}
        return {"id": str(number), "key": f"A-{number}", "fields": when, "changelog": changelog}

    found = [
        shown(10001, 2, log("1")),
        shown(10002, 1, log("2")),
        shown(10003, 2, log("3", total=5)),
        shown(10004, 2, "none"),
    ]
    fields = [{"id": "customfield_10052", "name": "Score", "schema": {"type": "number"}}]
    stub.on("GET", "/rest/api/2/field", answer(json=fields))
    stub.on(
        "POST",
        DC_SEARCH,
        answer(json={"total": 4, "issues": found[:2]}),  # a site with small pages
        answer(json={"total": 4, "issues": found[2:]}),
        answer(json={"total": 4, "issues": []}),
    )
    for number in (10002, 10003, 10004):
        single = {"id": str(number), "changelog": log(f"{number}")}
        stub.on("GET", f"/rest/api/2/issue/{number}", answer(json=single))
    ids = ["10001", "10002", "10003", "10004", "10005"]

    read = datacenter.readings(ids, ["customfield_10052"], edited=dict.fromkeys(ids, told))

    assert {id_: [one.value for one in of["customfield_10052"]] for id_, of in read.items()} == {
        "10001": [1],
        "10002": [10002],
        "10003": [10003],
        "10004": [10004],
    }
    searches = [one.body for one in stub.asked if one.method == "POST"]
    assert [(one["startAt"], one["expand"], one["validateQuery"]) for one in searches] == [
        (0, ["changelog"], False),
        (2, ["changelog"], False),
        (4, ["changelog"], False),
    ]
    assert "GET /rest/api/2/issue/10001" not in stub.paths()


def test_histories_of_data_center_cost_a_call_for_fifty(stub, answer, datacenter):
    ids = [str(number) for number in range(10001, 10121)]
    told = datetime(2026, 10, 2, tzinfo=UTC)
    empty = {"total": 0, "histories": []}

    def found(asked):
        wanted = asked.body["jql"].partition("(")[2].partition(")")[0].split(", ")
        when = {"updated": "2026-10-02T00:00:00.000+0000"}
        issues = [{"id": id_, "fields": when, "changelog": empty} for id_ in wanted]
        return answer(json={"total": len(issues), "issues": issues})

    stub.on("GET", "/rest/api/2/field", answer(json=[]))
    stub.on("POST", DC_SEARCH, found)

    assert datacenter.steps(ids, ["status"], dict.fromkeys(ids, told)) == dict.fromkeys(ids, ())
    assert [path for path in stub.paths() if "field" not in path] == [f"POST {DC_SEARCH}"] * 3
    assert datacenter.step_calls(120) == 3


def test_a_search_of_histories_that_is_refused_leaves_each_to_itself(stub, answer, datacenter):
    log = {"total": 0, "histories": []}
    told = datetime(2026, 10, 2, tzinfo=UTC)
    stub.on("GET", "/rest/api/2/field", answer(json=[]))
    stub.on("POST", DC_SEARCH, answer(400, json={"errorMessages": ["no issue 10002"]}))
    stub.on("GET", "/rest/api/2/issue/10001", answer(json={"id": "10001", "changelog": log}))
    stub.on("GET", "/rest/api/2/issue/10002", answer(404, json={"errorMessages": ["gone"]}))

    ids = dict.fromkeys(["10001", "10002"], told)
    assert datacenter.steps(ids, ["status"], ids) == {"10001": ()}
    stub.on("POST", DC_SEARCH, answer(body=b"<html>"))
    assert datacenter.steps(ids, ["status"], ids) == {"10001": ()}
    stub.on("POST", DC_SEARCH, answer(403, json={"errorMessages": ["no search for you"]}))
    with pytest.raises(JiraRefusal, match="no search for you"):
        datacenter.steps(ids, ["status"], ids)


def test_a_core_field_that_the_mapping_names_is_kept_as_jira_has_it_too(stub, answer, cloud, issue_json):
    full = issue_json(
        10001, labels=["okr"], duedate="2026-12-31", priority={"id": "2", "name": "High", "self": "x"}
    )
    stub.on("POST", SEARCH, answer(json={"issues": [full], "isLast": True}))
    for fields in (["labels", "duedate", "priority"], [*core_fields(), "labels", "duedate", "priority"]):
        [page] = cloud.search("project = PLAT", fields)
        [issue] = page.issues
        assert (issue.labels, issue.due, issue.priority) == (
            ("okr",),
            date(2026, 12, 31),
            JiraValue("2", "High"),
        )
        assert issue.fields == {name: full["fields"][name] for name in ("labels", "duedate", "priority")}
        assert sorted(stub.asked[-1].body["fields"]) == sorted(core_fields())
    [page] = cloud.search("project = PLAT", core_fields())
    assert page.issues[0].fields == {}


def test_a_core_field_of_another_shape_is_a_gap_even_where_the_mapping_names_it(
    stub, answer, cloud, issue_json
):
    stub.on("POST", SEARCH, answer(json={"issues": [issue_json(10001, labels="okr")], "isLast": True}))
    [page] = cloud.search("project = PLAT", ["labels"])
    assert page.issues == ()
    assert [(gap.issue_id, gap.issue_key, gap.field) for gap in page.gaps] == [("10001", "PLAT-1", "labels")]


def test_what_says_nothing_of_a_parent_is_told_from_what_has_none(
    stub, answer, cloud, datacenter, issue_json
):
    """A sub-task has one always, and Epic Link is there if empty; of any other issue Cloud leaves the key out."""
    subtask = {"id": "3", "name": "Sub-task", "subtask": True}
    told = {"id": "10001", "key": "PLAT-1"}
    issues = [
        issue_json(10001),
        issue_json(10002, issuetype=subtask),
        issue_json(10003, issuetype=subtask, parent=told),
        issue_json(10004, **{EPIC_LINK: None}),
    ]
    stub.on("GET", "/rest/api/2/field", dc_fields(answer))
    stub.on("POST", SEARCH, answer(json={"issues": issues, "isLast": True}))
    stub.on("POST", DC_SEARCH, answer(json={"total": 4, "issues": issues}))
    lacking = [
        [one.id for page in jira.search("project = PLAT") for one in page.issues if "parent" in one.absent]
        for jira in (cloud, datacenter)
    ]
    assert lacking == [["10002"], ["10001", "10002"]]
