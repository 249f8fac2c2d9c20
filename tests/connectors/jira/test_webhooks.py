"""Signatures, identifiers, and what webhook bodies hint at."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jira import Hints, IgnoredBody, fallback_identifier, read_hints, verify
from connectors.jira.webhooks.signature import identifier, is_said, sign, static_secret

SECRET = "It's a Secret to Everybody"
BODY = b"Hello World!"
SIGNATURE = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"


def test_the_published_signature_holds():
    assert verify(SECRET, BODY, SIGNATURE)
    assert sign(SECRET, BODY) == SIGNATURE


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        SIGNATURE[:-1],
        SIGNATURE.removeprefix("sha256="),
        SIGNATURE.replace("sha256", "sha1"),
        "sha256=ä",
        "=",
        "sha256=" + "0" * 64,
    ],
)
def test_any_other_signature_does_not(header):
    assert not verify(SECRET, BODY, header)


def test_another_body_or_secret_does_not():
    assert not verify(SECRET, BODY + b" ", SIGNATURE)
    assert not verify("other", BODY, SIGNATURE)
    assert not verify("", BODY, sign("x", BODY))


EXPECTED = {
    "webhook-cloud-comment-created.json": (
        "comment_created",
        "10040",
        "TES-41",
        "10001",
        set(),
    ),
    "webhook-cloud-issue-created-many-fields.json": (
        "jira:issue_created",
        "10509",
        "KT-22",
        "10004",
        None,
    ),
    "webhook-cloud-issue-updated-custom-field.json": (
        "jira:issue_updated",
        "10368",
        "TES-14",
        "10004",
        {"customfield_10072"},
    ),
    "webhook-issue-assigned-empty-changelog.json": (
        "jira:issue_updated",
        "10001",
        "TEST-123",
        "10000",
        set(),
    ),
    "webhook-issue-created.json": (
        "jira:issue_created",
        "10040",
        "TES-41",
        "10001",
        {"description", "priority", "reporter", "status", "summary"},
    ),
    "webhook-issue-deleted.json": (
        "jira:issue_deleted",
        "10303",
        "IDT-19",
        "10004",
        set(),
    ),
    "webhook-issue-updated-labels.json": (
        "jira:issue_updated",
        "10040",
        "TES-41",
        "10001",
        {"labels"},
    ),
    "webhook-issue-updated-multiple-values.json": (
        "jira:issue_updated",
        "10040",
        "TES-41",
        "10001",
        {"fixVersions", "assignee", "customfield_10072"},
    ),
    "webhook-issue-updated-reopened.json": (
        "jira:issue_updated",
        "10040",
        "TES-41",
        "10001",
        {"resolution", "status"},
    ),
    "webhook-issue-updated-resolved.json": (
        "jira:issue_updated",
        "10040",
        "TES-41",
        "10002",
        {"resolution", "status"},
    ),
    "webhook-issue-updated-started-working.json": (
        "jira:issue_updated",
        "10040",
        "TES-41",
        "3",
        {"status"},
    ),
    "webhook-server-issue-updated-in-progress.json": (
        "jira:issue_updated",
        "10300",
        "TES-4",
        "3",
        {"status"},
    ),
    "webhook-server-updated-custom-field.json": (
        "jira:issue_updated",
        "10106",
        "TES-8",
        "10000",
        {"numfield"},
    ),
}


def test_every_captured_body_is_expected(payloads):
    assert set(payloads) == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_captured_bodies_are_read_rightly(payloads, name):
    event, issue_id, key, status, changed = EXPECTED[name]
    hints = read_hints(payloads[name])
    assert isinstance(hints, Hints)
    assert hints.event == event
    assert hints.touched == {issue_id}
    assert (hints.deleted_ids == {issue_id}) == event.endswith("deleted")
    assert hints.keys == {issue_id: key}
    assert hints.status == status
    assert changed is None or hints.changed_fields == changed
    assert hints.timestamp is not None


def body(event="jira:issue_updated", items=(), **more):
    issue = {"id": "10001", "key": "PLAT-1", "fields": more.pop("fields", {})}
    said = {
        "timestamp": 1606480436302,
        "webhookEvent": event,
        "issue": issue,
        "changelog": {"id": "1", "items": list(items)},
    }
    return json.dumps({**said, **more}).encode()


PARENT_ITEMS = {
    "cloud parent": (
        {
            "field": "parent",
            "fieldId": "parent",
            "from": "10010",
            "fromString": "A-1",
            "to": "10020",
            "toString": "A-2",
        },
        {"10010", "10020"},
        set(),
    ),
    "association": (
        {"field": "IssueParentAssociation", "fieldtype": "jira", "from": "10010", "to": "10020"},
        {"10010", "10020"},
        set(),
    ),
    "epic link": (
        {
            "field": "Epic Link",
            "fieldtype": "custom",
            "from": "10010",
            "fromString": "A-1",
            "to": None,
            "toString": "",
        },
        {"10010"},
        set(),
    ),
    "epic link by key": (
        {
            "field": "Epic Link",
            "fieldtype": "custom",
            "from": None,
            "fromString": "A-1",
            "to": "A-2",
            "toString": "A-2",
        },
        set(),
        {"A-1", "A-2"},
    ),
    "parent link": (
        {
            "field": "Parent Link",
            "fieldtype": "custom",
            "from": "",
            "fromString": "",
            "to": "10020",
            "toString": "A-2",
        },
        {"10020"},
        set(),
    ),
}


@pytest.mark.parametrize("name", sorted(PARENT_ITEMS))
def test_old_and_new_parents(name):
    item, ids, keys = PARENT_ITEMS[name]
    hints = read_hints(body(items=[item]))
    assert (hints.parent_ids, hints.parent_keys) == (ids, keys)


def test_the_parent_in_the_snapshot():
    hints = read_hints(body(fields={"parent": {"id": "10010", "key": "PLAT-10"}}))
    assert hints.parent_ids == {"10010"}
    assert hints.keys == {"10001": "PLAT-1", "10010": "PLAT-10"}


def test_a_move_keeps_the_id_and_tells_the_former_key():
    items = [
        {"field": "project", "fieldId": "project", "from": "1", "to": "2"},
        {
            "field": "Key",
            "fieldtype": "jira",
            "from": None,
            "fromString": "TCP-2",
            "to": None,
            "toString": "PLAT-1",
        },
    ]
    hints = read_hints(body(items=items, issue_event_type_name="issue_moved"))
    assert hints.moved
    assert hints.former_keys == {"TCP-2"}
    assert hints.keys == {"10001": "PLAT-1"}
    assert hints.changed_fields == {"project", "issuekey"}


def test_issue_links_carry_numbers_alone():
    link = {
        "id": 10656,
        "sourceIssueId": 11442,
        "destinationIssueId": 11961,
        "issueLinkType": {"id": 10000, "name": "Blocks"},
    }
    said = {
        "timestamp": 1606480436302,
        "webhookEvent": "issuelink_created",
        "issueLink": link,
        "systemLink": False,
    }
    hints = read_hints(json.dumps(said).encode())
    assert hints.link_issue_ids == {"11442", "11961"}
    assert hints.touched == {"11442", "11961"}


def test_a_deleted_issue_names_the_issues_it_was_linked_to():
    links = [
        {"id": "1", "type": {}, "outwardIssue": {"id": "10005"}},
        {"id": "2", "inwardIssue": {"id": "10006"}},
    ]
    hints = read_hints(body("jira:issue_deleted", fields={"issuelinks": links}))
    assert hints.link_issue_ids == {"10005", "10006"}


@pytest.mark.parametrize(
    ("ends", "touched"),
    [
        ({}, set()),
        ({"sourceIssueId": None, "destinationIssueId": 11961}, {"11961"}),
        ({"sourceIssueId": 0, "destinationIssueId": ""}, {"0"}),
        ({"sourceIssueId": [1], "destinationIssueId": {"id": 1}}, set()),
    ],
)
def test_a_link_without_ids_touches_only_what_it_names(ends, touched):
    link = {"id": 10656, "issueLinkType": {"id": 10000, "name": "Blocks"}, **ends}
    hints = read_hints(json.dumps({"webhookEvent": "issuelink_created", "issueLink": link}).encode())
    assert getattr(hints, "touched", set()) == touched


def test_linked_issues_without_ids_are_left_out():
    links = [{"id": "1"}, {"outwardIssue": {}}, {"inwardIssue": {"id": ""}}, {"inwardIssue": {"id": "10006"}}]
    hints = read_hints(body("jira:issue_deleted", fields={"issuelinks": links}))
    assert hints.link_issue_ids == {"10006"}


def test_an_update_does_not_touch_what_the_issue_is_linked_with():
    """Only an issue that appears or goes changes anything for those that it is linked with."""
    links = [{"id": "1", "type": {}, "outwardIssue": {"id": "10005"}}]
    hints = read_hints(body("jira:issue_updated", fields={"issuelinks": links}))
    assert hints.touched == hints.issue_ids


OTHERS = {
    "comment without issue": (
        {
            "webhookEvent": "comment_deleted",
            "comment": {"id": "1", "self": "https://acme.example/rest/api/2/issue/10040/comment/1"},
        },
        {"10040"},
    ),
    "worklog": (
        {
            "webhookEvent": "worklog_updated",
            "worklog": {"id": "1", "issueId": "10041", "author": {"name": "ada"}},
        },
        {"10041"},
    ),
    "property": (
        {
            "webhookEvent": "issue_property_set",
            "issue": {"id": "10042", "key": "PLAT-2"},
            "property": {"key": "okr.sync"},
        },
        {"10042"},
    ),
}


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_other_events_name_their_issue(name):
    said, ids = OTHERS[name]
    assert read_hints(json.dumps(said).encode()).issue_ids == ids


def test_sprints_and_versions():
    sprint = read_hints(b'{"webhookEvent": "sprint_closed", "sprint": {"id": 7}, "timestamp": 1606480436302}')
    merged = read_hints(
        b'{"webhookEvent": "jira:version_deleted", "version": {"id": "8"}, "mergedTo": {"id": "9"}}'
    )
    assert (sprint.sprint_ids, merged.version_ids) == ({"7"}, {"8", "9"})
    assert sprint.timestamp == datetime.fromtimestamp(1606480436.302, UTC)


IGNORED = [
    b"",
    b"not json",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"7",
    b"{}",
    b'{"webhookEvent": 7}',
    b'{"webhookEvent": ""}',
    b'{"webhookEvent": "jira:issue_updated"}',
    b'{"webhookEvent": "jira:issue_updated", "issue": []}',
    b'{"webhookEvent": "jira:issue_updated", "issue": {"id": true}}',
    b'{"webhookEvent": "jira:issue_updated", "issue": {"id": "PLAT-1"}}',
    b'{"webhookEvent": "issuelink_created", "issueLink": 3}',
    b'{"webhookEvent": "comment_created"}',
    b'{"webhookEvent": "comment_created", "comment": {"self": 3}}',
    b'{"webhookEvent": "sprint_created", "sprint": {"id": 1.5}}',
    b'{"webhookEvent": "jira:version_released"}',
    b'{"webhookEvent": "issue_property_set"}',
    b'{"webhookEvent": "board_created"}',
    b'{"webhookEvent": "user_created", "user": {}}',
    b"[" * 100_000,
    b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
]


@pytest.mark.parametrize("said", IGNORED)
def test_what_is_no_hint_is_ignored_with_a_reason(said):
    ignored = read_hints(said)
    assert isinstance(ignored, IgnoredBody)
    assert ignored.reason


def test_a_huge_body_is_ignored():
    assert isinstance(read_hints(b" " * (33 << 20)), IgnoredBody)


@pytest.mark.parametrize(
    ("event", "remark", "commented"),
    [
        ("comment_created", {"comment": {"id": "9", "body": "OKR 47.5 conf 7"}}, True),
        ("comment_updated", {"comment": {"id": "9", "body": "{quote}x{quote}\n\\#okr 5"}}, True),
        ("comment_deleted", {"comment": {"id": "9"}}, True),  # not told: worth a look
        ("comment_created", {"comment": {"id": "9", "body": "Added a comment"}}, False),
        ("worklog_created", {"worklog": {"id": "9", "comment": "okr"}}, None),
        ("jira:issue_updated", {}, None),
        (
            "jira:issue_updated",
            {"issue_event_type_name": "issue_comment_edited", "comment": {"body": "okr 5"}},
            True,
        ),
        ("jira:issue_updated", {"issue_event_type_name": "issue_comment_deleted"}, True),
        ("jira:issue_updated", {"comment": {"id": "9", "body": "done"}}, False),
        ("issue_commented", {}, True),  # as Forge has it
    ],
)
def test_a_comment_is_worth_a_look_where_it_may_be_a_check_in(event, remark, commented):
    said = {"webhookEvent": event, "issue": {"id": "10040", "key": "TES-41"}, **remark}
    assert read_hints(json.dumps(said).encode()).commented is commented


def test_the_captured_comment_is_no_check_in(payloads):
    assert read_hints(payloads["webhook-cloud-comment-created.json"]).commented is False


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["10001", "PLAT-1", "parent", "Epic Link", "Key"])
)
NAMES = st.sampled_from(
    [
        "eventType",
        "payload",
        "issue",
        "id",
        "key",
        "fields",
        "changelog",
        "items",
        "field",
        "fieldId",
        "from",
        "to",
        "fromString",
        "user",
        "accountId",
        "timestamp",
        "parent",
        "issuelinks",
        "updated",
        "status",
        "comment",
        "self",
        "sprint",
        "version",
        "issueLink",
        "property",
    ]
)
EVENTS = st.sampled_from(
    [
        "jira:issue_updated",
        "jira:issue_deleted",
        "issuelink_created",
        "comment_created",
        "worklog_deleted",
        "sprint_closed",
        "jira:version_merged",
        "issue_property_set",
        "other",
    ]
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=8)
    ),
    max_leaves=25,
)


@given(st.dictionaries(NAMES, JSON, max_size=8), EVENTS)
def test_no_json_makes_it_raise(said, event):
    assert isinstance(read_hints(json.dumps({**said, "webhookEvent": event}).encode()), Hints | IgnoredBody)


@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise(said):
    assert isinstance(read_hints(said), IgnoredBody)
    assert fallback_identifier(said)


def test_the_identifier_is_jiras_own_where_there_is_one():
    assert identifier({"x-atlassian-webhook-identifier": "abc"}, b"{}") == "abc"
    assert identifier({}, b"{}") == fallback_identifier(b"{}")


def test_the_fallback_tells_events_apart_and_knows_them_again(payloads):
    found = {fallback_identifier(said) for said in payloads.values()}
    assert len(found) == len(payloads)
    assert found == {fallback_identifier(said) for said in payloads.values()}
    padded = json.dumps(json.loads(payloads["webhook-issue-created.json"]), indent=3).encode()
    assert fallback_identifier(padded) == fallback_identifier(payloads["webhook-issue-created.json"])


FORGE = {
    "eventType": "avi:jira:updated:issue",
    "timestamp": "1791038284541",
    "atlassianId": "5b10",
    "issue": {
        "id": "10010",
        "key": "PLAT-1",
        "fields": {"status": {"id": "3"}, "updated": "2026-10-02T12:30:00.500+0200"},
    },
    "changelog": {
        "id": "1",
        "items": [{"field": "IssueParentAssociation", "fieldtype": "jira", "from": "10001", "to": "10002"}],
    },
}


@pytest.mark.parametrize("said", [FORGE, {"payload": FORGE}])
def test_forge_events_are_read_like_webhooks(said):
    hints = read_hints(json.dumps(said).encode())
    assert (hints.event, hints.status) == ("issue_updated", "3")
    assert hints.touched == {"10010", "10001", "10002"}
    assert hints.changed_fields == {"parent"}
    assert hints.timestamp is not None
    assert hints.updated == datetime(2026, 10, 2, 10, 30, 0, 500_000, tzinfo=UTC)


def test_forge_links_and_deletions():
    link = {
        "eventType": "avi:jira:created:issuelink",
        "id": "1",
        "sourceIssueId": "10001",
        "destinationIssueId": "10002",
    }
    gone = {"eventType": "avi:jira:deleted:issue", "issue": {"id": "10003"}}
    assert read_hints(json.dumps(link).encode()).link_issue_ids == {"10001", "10002"}
    assert read_hints(json.dumps(gone).encode()).deleted_ids == {"10003"}


@pytest.mark.parametrize(
    "said",
    [
        {"eventType": "avi:jira:created:project"},
        {"eventType": 3},
        {"payload": {"eventType": "x"}},
        {"payload": 3},
    ],
)
def test_other_forge_events_are_ignored(said):
    assert isinstance(read_hints(json.dumps(said).encode()), IgnoredBody)


@pytest.mark.parametrize(
    ("said", "ids", "keys"),
    [
        ({"issue": {"id": "10012", "key": "PLAT-12"}}, {"10012"}, set()),
        ({"issue": {"id": 10012}, "user": {"accountId": "5b10"}}, {"10012"}, set()),
        ({"issue": {"key": "PLAT-12"}}, set(), {"PLAT-12"}),
        ({"issue": " PLAT-12\n"}, set(), {"PLAT-12"}),
        ({"issue": 10012}, {"10012"}, set()),
        ({"issueKey": "PLAT-12"}, set(), {"PLAT-12"}),
        ({"key": "PLAT-12", "summary": "A story"}, set(), {"PLAT-12"}),
        ({"id": "10012", "key": "PLAT-12", "fields": {"summary": "A story"}}, {"10012"}, set()),
        ({"issues": [{"id": "10012"}, {"key": "PLAT-13"}, "PLAT-14", 10015, None]}, {"10012", "10015"}, {"PLAT-13", "PLAT-14"}),
        ({"transition": {"id": 31}, "issue": {"id": "10012"}}, {"10012"}, set()),
    ],
)  # fmt: skip
def test_rules_and_workflows_name_issues_without_an_event(said, ids, keys):
    hints = read_hints(json.dumps(said).encode())
    assert (hints.issue_ids, hints.issue_keys) == (ids, keys)
    assert hints.event == (
        "workflow post function" if "transition" in said else "request of an automation rule"
    )


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"issue": {}},
        {"issue": "plat 12"},
        {"issues": []},
        {"issues": "PLAT-12"},
        {"key": 7.5},
        {"issue": {"key": "PLAT-12; drop"}},
        {"issue": "P" * 300 + "-1"},
    ],
)
def test_a_request_that_names_no_issue_is_no_webhook(said):
    found = read_hints(json.dumps(said).encode())
    assert isinstance(found, IgnoredBody)
    assert found.reason == "the body is JSON but no webhook: it has no webhookEvent, and names no issue"


def test_a_post_function_tells_what_a_webhook_tells():
    said = {
        "transition": {"id": 31, "name": "Done"},
        "timestamp": 1_606_480_436_302,
        "user": {"name": "ada"},
        "issue": {
            "id": "10012",
            "key": "PLAT-12",
            "fields": {"status": {"id": "3"}, "parent": {"id": "10010"}},
        },
    }
    hints = read_hints(json.dumps(said).encode())
    assert (hints.issue_ids, hints.parent_ids) == ({"10012"}, {"10010"})
    assert hints.status == "3"


def test_the_static_secret_is_of_one_site_and_gives_the_signing_one_away_to_nobody():
    said = static_secret("a long secret", "main")
    assert said == static_secret("a long secret", "main")
    assert (
        len({said, static_secret("a long secret", "acme"), static_secret("another", "main"), "a long secret"})
        == 4
    )
    assert is_said("a long secret", "main", f" {said}\n")
    for wrong in (None, "", "a long secret", said[:-1], static_secret("a long secret", "acme"), "\u00e9"):
        assert not is_said("a long secret", "main", wrong)
