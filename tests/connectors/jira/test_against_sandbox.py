"""The client against the sandbox Jira: the same things over both deployments, with Jira's strictness."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.jira import (
    AuthFailure,
    BasicCredentials,
    BearerCredentials,
    IncompleteRead,
    JiraAddress,
    JiraOutage,
    JiraRefusal,
    RateLimitError,
    connect,
    core_fields,
    read_hints,
    verify,
)
from mappings.write_back.targets import entity_property

sandbox = pytest.importorskip("connectors.sandbox")


@pytest.fixture(scope="module", params=["cloud", "datacenter"])
def server(request):
    with sandbox.SandboxServer(deployment=request.param) as running:
        yield running


@pytest.fixture
def jira(server):
    if server.sandbox.deployment == "cloud":
        credentials = BasicCredentials(sandbox.CONNECTOR.email, sandbox.CONNECTOR.token)
    else:
        credentials = BearerCredentials(sandbox.CONNECTOR.token)
    made = connect(JiraAddress("main", server.url, credentials), timeout=(2, 10))
    yield made
    made.close()


def everything(jira, jql="project is not EMPTY", fields=()):
    return {issue.id: issue for page in jira.search(jql, fields) for issue in page.issues}


def test_it_knows_where_and_who_it_is(server, jira):
    assert jira.deployment == server.sandbox.deployment
    assert jira.myself().id
    assert jira.time_zone


def test_a_search_returns_every_issue_once_and_ends(server, jira):
    pages = list(jira.search("project is not EMPTY"))
    found = [issue.id for page in pages for issue in page.issues]
    assert pages[-1].last
    assert not any(page.last for page in pages[:-1])
    assert len(found) == len(set(found)) > 100
    assert set(jira.search_ids("project is not EMPTY")) == set(found)
    assert jira.count("project is not EMPTY") == len(found)


def test_a_search_goes_on_where_another_one_stopped(jira):
    jql = "project is not EMPTY"
    whole = list(jira.search(jql))
    assert [page.after is None for page in whole] == [page.last for page in whole]
    rest = list(jira.search(jql, after=whole[1].after))
    assert [page.issues for page in rest] == [page.issues for page in whole[2:]]
    assert rest[-1].last


def test_a_place_that_leads_nowhere_is_refused_or_is_the_end(server, jira):
    if server.sandbox.deployment == "datacenter":
        (page,) = jira.search("project is not EMPTY", after="99999/99999")
        assert (page.issues, page.last) == ((), True)
        return
    with pytest.raises(JiraRefusal) as refused:
        list(jira.search("project is not EMPTY", after="invented"))
    assert refused.value.status == 400


def test_jira_tells_the_time(server, jira):
    assert abs(jira.time() - server.sandbox.clock()) < timedelta(seconds=30)


def test_search_and_read_by_id_agree(jira):
    searched = everything(jira)
    result = jira.read([*searched, "999999"])
    assert {issue.id: issue for issue in result.issues} == searched
    assert result.missing == {"999999"}


def test_what_is_read_is_what_the_site_holds(server, jira):
    searched = everything(jira)
    assert set(searched) == set(server.sandbox.records)
    for issue_id, record in server.sandbox.records.items():
        issue = searched[issue_id]
        assert (issue.key, issue.summary, issue.parent_id) == (
            record.key,
            record.summary,
            record.parent_id or None,
        )
        assert (issue.status.id, issue.status.category) == (record.status.id, record.status.category)
        assert set(issue.labels) == set(record.labels)


def test_the_catalogue_names_what_issues_use(jira):
    catalogue = jira.catalogue()
    assert {status.category for status in catalogue.statuses} >= {"new", "indeterminate", "done"}
    assert {"summary", "status"} <= {field.id for field in catalogue.fields}
    assert catalogue.projects
    assert catalogue.issue_types
    assert catalogue.link_types
    assert catalogue.resolutions
    assert catalogue.priorities
    assert catalogue.account_id == jira.myself().id


def number_field(jira, issue_id):
    screen = jira.edit_fields(issue_id)
    return next(field for field in screen.values() if field.type == "number" and field.custom)


def test_a_written_field_is_read_back_with_its_history(jira):
    issue_id = (
        next(iter(everything(jira, 'issuetype = "Key Result"')))
        if jira.deployment == "cloud"
        else next(iter(everything(jira)))
    )
    field = number_field(jira, issue_id)
    jira.edit(issue_id, {field.id: 62.5})
    jira.edit(issue_id, {field.id: 63})
    [issue] = jira.read([issue_id], [field.id]).issues
    assert issue.fields == {field.id: 63}
    readings = jira.readings([issue_id], [field.id])[issue_id][field.id]
    assert [reading.value for reading in readings][-2:] == [62.5, 63]


def test_a_field_that_is_not_on_the_screen_is_named(jira):
    issue_id = next(iter(everything(jira)))
    with pytest.raises(JiraRefusal) as caught:
        jira.edit(issue_id, {"customfield_99999": 1})
    assert caught.value.status == 400
    assert set(caught.value.fields) == {"customfield_99999"}


def test_an_issue_that_is_not_there(jira):
    with pytest.raises(JiraRefusal) as caught:
        jira.edit("999999", {"summary": "x"})
    assert caught.value.gone


def test_permissions_of_the_connector(jira):
    key = next(iter(everything(jira).values())).project.key
    assert jira.permissions(key, ["EDIT_ISSUES", "BROWSE_PROJECTS"]) == {
        "EDIT_ISSUES": True,
        "BROWSE_PROJECTS": True,
    }


def test_properties(jira):
    issue_id = next(iter(everything(jira)))
    jira.put_property(issue_id, "okr.sync", {"hash": "abc"})
    assert jira.get_property(issue_id, "okr.sync") == {"hash": "abc"}
    jira.delete_property(issue_id, "okr.sync")
    assert jira.get_property(issue_id, "okr.sync") is None


PROPERTIES = ("property:okr.a", "property:okr.b", "customfield_10060")
VALUE = {"progress_percent": 62.5, "health": "at_risk", "pace": None}


def test_properties_come_with_issues_or_one_by_one(server, jira):
    first, second, *_ = everything(jira)
    jira.put_property(first, "okr.a", VALUE)
    jira.put_property(first, "okr.other", {"mine": True})

    found = everything(jira, fields=PROPERTIES)
    read = {issue.id: issue for issue in jira.read([first, second], PROPERTIES).issues}

    expected = {"property:okr.a": VALUE} if server.sandbox.deployment == "cloud" else {}
    for issue in (found[first], read[first]):
        assert {
            name: value for name, value in issue.fields.items() if name.startswith("property:")
        } == expected
    assert not any(name.startswith("property:") for name in found[second].fields)

    def never(_issue: str, _place: str) -> None:
        return None

    wanted = {first: PROPERTIES[:2], second: PROPERTIES[:1]}
    asked = [(one, jira.ask(one)) for one in entity_property.TARGET.readings(wanted, never)]
    assert [entity_property.TARGET.found(*one) for one in asked] == [
        {first: {"property:okr.a": VALUE}},
        {second: {}},
    ]
    [gone] = entity_property.TARGET.readings({"999999": PROPERTIES[:1]}, never)
    assert entity_property.TARGET.found(gone, jira.ask(gone)) == {}


def test_more_properties_than_jira_shows_are_not_asked_for(jira):
    with pytest.raises(ValueError, match="at most 5 entity properties"):
        everything(jira, fields=[f"property:okr.{number}" for number in range(6)])


def test_the_webhook_tells_of_properties_where_they_are_written(jira, stub):
    without = jira.register_webhook("OKR properties", f"{stub.url}/properties", "a long secret")
    told = jira.register_webhook(
        "OKR properties", f"{stub.url}/properties", "a long secret", besides=entity_property.TARGET.events
    )
    assert set(told.events) - set(without.events) == {"issue_property_set", "issue_property_deleted"}
    jira.delete_webhook(told.id)


def test_a_wrong_token_is_said_to_be_wrong(server):
    jira = connect(JiraAddress("main", server.url, BasicCredentials(sandbox.CONNECTOR.email, "wrong")))
    with pytest.raises(AuthFailure):
        jira.myself()
    jira.close()


def test_a_query_with_an_unknown_field_is_refused(jira):
    assert jira.jql_errors("nonsense = 1")
    assert jira.jql_errors("project is not EMPTY") == ()


FAULTS = [
    ("rate_limit", {"reason": "jira-burst-based"}, RateLimitError),
    (
        "rate_limit",
        {"reason": "jira-quota-tenant-based", "retry_after": "date", "seconds": 90},
        RateLimitError,
    ),
    ("rate_limit", {"reason": None, "retry_after": "absent"}, RateLimitError),
    ("status", {"status": 503}, JiraOutage),
    ("status", {"status": 502}, JiraOutage),
    ("torn", {"times": 2}, JiraOutage),
    ("unauthorized", {}, AuthFailure),
]


@pytest.mark.parametrize(("kind", "details", "error"), FAULTS)
def test_bad_days(server, jira, kind, details, error):
    jira.search("project is not EMPTY")
    server.faults.add(sandbox.Fault(kind, path="/search", **details))
    try:
        with pytest.raises(error):
            everything(jira)
    finally:
        server.faults.clear()
    assert everything(jira)


def test_an_answer_cut_short_once_is_read_again(server, jira):
    expected = everything(jira)
    server.faults.add(sandbox.Fault("torn", path="/search"))
    assert everything(jira) == expected
    assert server.faults.waiting() == []


@pytest.mark.parametrize("server", ["cloud"], indirect=True)
@pytest.mark.parametrize(
    ("kind", "error"), [("duplicate_token", IncompleteRead), ("expired_token", JiraRefusal)]
)
def test_pages_that_lead_nowhere(server, jira, kind, error):
    server.faults.add(sandbox.Fault(kind, path="/search", times=2, skip=1))
    try:
        with pytest.raises(error):
            everything(jira)
    finally:
        server.faults.clear()


def test_only_what_was_asked_for_is_sent(server, jira):
    [page, *_] = jira.search("project is not EMPTY", page_size=1)
    assert len(page.issues) == 1
    assert len(core_fields()) == 21


def test_a_webhook_is_registered_once_signed_and_read(server, jira, stub, answer):
    stub.on("POST", "/hook", answer(204))
    first = jira.register_webhook("OKR", f"{stub.url}/hook", "a long secret", "project is not EMPTY")
    again = jira.register_webhook("OKR", f"{stub.url}/hook", "a long secret", "project is not EMPTY")
    assert first.id == again.id
    assert [found.id for found in jira.webhooks()] == [first.id]

    issue = next(issue for issue in everything(jira).values() if issue.parent_id)
    jira.edit(issue.id, {"summary": "Another summary"})
    assert server.settle()
    delivered = stub.asked[-1]

    assert verify("a long secret", delivered.raw, delivered.headers["X-Hub-Signature"])
    assert not verify("another", delivered.raw, delivered.headers["X-Hub-Signature"])
    hints = read_hints(delivered.raw)
    assert hints.issue_ids == {issue.id}
    assert hints.keys[issue.id] == issue.key
    assert hints.changed_fields == {"summary"}
    assert hints.status == issue.status.id
    jira.delete_webhook(first.id)
    assert jira.webhooks() == ()


def test_registering_ours_leaves_every_webhook_of_others_alone(jira, stub):
    """Another name at our address, and our name at another address, are somebody else's."""
    named = jira.register_webhook("Their reports", f"{stub.url}/hook", "their secret", "project = PLAT")
    elsewhere = jira.register_webhook("OKR", f"{stub.url}/other", "their secret")
    foreign = {named, elsewhere}
    assert set(jira.webhooks()) == foreign

    ours = jira.register_webhook("OKR", f"{stub.url}/hook", "a long secret")
    again = jira.register_webhook(
        "OKR", f"{stub.url}/hook", "a long secret", besides=entity_property.TARGET.events
    )

    assert ours.id == again.id
    assert set(jira.webhooks()) == {*foreign, again}
    jira.delete_webhook(ours.id)
    assert set(jira.webhooks()) == foreign
    for one in foreign:
        jira.delete_webhook(one.id)


@pytest.mark.parametrize("server", ["cloud"], indirect=True)
def test_what_the_index_does_not_know_yet_is_read_by_id(server, jira):
    issue_id = next(iter(everything(jira)))
    server.sandbox.search_lag = timedelta(hours=1)
    try:
        jira.edit(issue_id, {"summary": "Written just now"})
        stale = everything(jira)[issue_id]
        [fresh] = jira.read([issue_id]).issues
    finally:
        server.sandbox.search_lag = timedelta(0)
    assert stale.summary != "Written just now"
    assert fresh.summary == "Written just now"
