"""Edits, edit screens, properties, remote links and permissions."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.jira import EditField, JiraOutage, JiraRefusal
from mappings.facts.issue import JiraValue

ISSUE = "/rest/api/3/issue/10001"


def test_an_edit_sends_all_fields_at_once_and_quietly(stub, answer, cloud):
    stub.on("PUT", ISSUE, answer(204))
    cloud.edit("10001", {"customfield_10060": 62, "customfield_10061": None})
    [asked] = stub.asked
    assert asked.body == {"fields": {"customfield_10060": 62, "customfield_10061": None}}
    assert asked.query == {"notifyUsers": ["false"]}


def test_an_edit_may_notify(stub, answer, cloud):
    stub.on("PUT", ISSUE, answer(204))
    cloud.edit("10001", {"customfield_10060": 62}, notify=True)
    assert stub.asked[0].query == {}


def test_an_edit_of_nothing_makes_no_call(stub, cloud):
    cloud.edit("10001", {})
    assert stub.asked == []


def test_a_refused_edit_names_the_fields(stub, answer, cloud):
    said = "Field 'customfield_10060' cannot be set. It is not on the appropriate screen, or unknown."
    stub.on("PUT", ISSUE, answer(400, {"errorMessages": [], "errors": {"customfield_10060": said}}))
    with pytest.raises(JiraRefusal) as caught:
        cloud.edit("10001", {"customfield_10060": 62})
    assert caught.value.fields == {"customfield_10060": said}


def test_data_center_is_written_by_its_own_api(stub, answer, datacenter):
    stub.on("PUT", "/rest/api/2/issue/10001", answer(204))
    datacenter.edit("10001", {"customfield_10060": 62})
    assert stub.paths() == ["PUT /rest/api/2/issue/10001"]


def test_the_edit_screen(stub, answer, cloud):
    meta = {
        "required": False,
        "schema": {"type": "option", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:select"},
        "name": "OKR health",
        "operations": ["set"],
        "allowedValues": [{"id": "1", "value": "On track"}, {"id": "2", "name": "Named"}],
    }
    stub.on("GET", f"{ISSUE}/editmeta", answer(json={"fields": {"customfield_10061": meta}}))
    assert cloud.edit_fields("10001") == {
        "customfield_10061": EditField(
            "customfield_10061",
            "OKR health",
            "option",
            "",
            "com.atlassian.jira.plugin.system.customfieldtypes:select",
            (JiraValue("1", "On track"), JiraValue("2", "Named")),
            ("set",),
        )
    }


def test_properties(stub, answer, cloud):
    path = f"{ISSUE}/properties/okr.sync"
    gone = answer(404, {"errorMessages": ["no"], "errors": {}})
    stub.on("GET", path, gone, answer(json={"key": "okr.sync", "value": {"a": 1}}), gone)
    stub.on("PUT", path, answer(201))
    stub.on("DELETE", path, answer(204), gone)
    assert cloud.get_property("10001", "okr.sync") is None
    cloud.put_property("10001", "okr.sync", {"a": 1})
    assert cloud.get_property("10001", "okr.sync") == {"a": 1}
    cloud.delete_property("10001", "okr.sync")
    cloud.delete_property("10001", "okr.sync")
    assert stub.asked[1].body == {"a": 1}


def test_a_property_that_may_not_be_removed_is_refused(stub, answer, cloud):
    path = f"{ISSUE}/properties/okr.sync"
    stub.on("DELETE", path, answer(404, {"errorMessages": ["no"], "errors": {}}))
    stub.on("GET", path, answer(json={"key": "okr.sync", "value": {"a": 1}}))
    with pytest.raises(JiraRefusal):
        cloud.delete_property("10001", "okr.sync")


def test_permissions(stub, answer, cloud):
    said = {
        "permissions": {
            "EDIT_ISSUES": {"havePermission": True},
            "ADMINISTER_PROJECTS": {"havePermission": False},
        }
    }
    stub.on("GET", "/rest/api/3/mypermissions", answer(json=said))
    found = cloud.permissions("PLAT", ["EDIT_ISSUES", "ADMINISTER_PROJECTS", "UNKNOWN"])
    assert found == {"EDIT_ISSUES": True, "ADMINISTER_PROJECTS": False, "UNKNOWN": False}
    assert stub.asked[0].query == {
        "permissions": ["EDIT_ISSUES,ADMINISTER_PROJECTS,UNKNOWN"],
        "projectKey": ["PLAT"],
    }


def test_exact_decimals_are_sent_as_numbers(stub, answer, cloud):
    stub.on("PUT", ISSUE, answer(204))
    cloud.edit("10001", {"customfield_10060": Decimal("62.5")})
    assert stub.asked[0].raw == b'{"fields":{"customfield_10060":62.5}}'


def test_a_property_may_be_null(stub, answer, cloud):
    stub.on("PUT", f"{ISSUE}/properties/okr.sync", answer(200))
    cloud.put_property("10001", "okr.sync", None)
    assert stub.asked[0].raw == b"null"


@pytest.mark.parametrize(
    "said",
    [
        (200, b"[]", "application/json"),
        (200, b"", "text/plain"),
        (200, b"Welcome", "text/plain"),
        (200, b"<html>Sign in</html>", "text/html"),
        (201, b"", "text/plain"),
        (302, b"", "text/html"),
        *((status, b"<html>no</html>", "text/html") for status in (400, 403, 404, 405, 410, 413)),
        *((status, b"", "text/plain") for status in (400, 403, 404)),
        (403, b"[]", "application/json"),
    ],
)
def test_an_answer_to_an_edit_that_is_not_jiras_is_an_outage_of_that_call(stub, answer, cloud, said):
    status, body, kind = said
    stub.on("PUT", ISSUE, answer(status, body=body, headers={"Content-Type": kind}))
    with pytest.raises(JiraOutage):
        cloud.edit("10001", {"customfield_10060": 62})


def test_an_edit_that_gives_the_issue_back_is_a_good_one(stub, answer, cloud):
    stub.on("PUT", ISSUE, answer(200, {"id": "10001"}), answer(204))
    cloud.edit("10001", {"customfield_10060": 62})
    cloud.edit("10001", {"customfield_10060": 62})
    assert len(stub.asked) == 2
