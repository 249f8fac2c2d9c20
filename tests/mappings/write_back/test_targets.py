"""Write targets: the registry, the docs and the tests name the same; and what a place compares, says and clears."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest

from mappings.document.checks.live.writes import LiveFacts
from mappings.document.checks.report import Report
from mappings.document.text.source import read_document
from mappings.facts.app_field import owner_of
from mappings.facts.catalogue import Field
from mappings.fields import CUSTOM, FieldPurpose
from mappings.write_back.echo import EventValue
from mappings.write_back.plan import Change
from mappings.write_back.target import Objection, Place
from mappings.write_back.targets import (
    WRITE_TARGETS,
    apart_and_together,
    entity_property,
    goal,
    place_of,
    remote_link,
    target_of,
    writings_of,
)
from mappings.write_back.targets.app_field import MOST_TOGETHER, app_field_place
from mappings.write_back.targets.entity_property import property_place
from mappings.write_back.targets.field import field_place
from mappings.write_back.values import WRITTEN_VALUES, Form

DOCS = Path(__file__).parents[3] / "docs"
NUMBER = Field("customfield_10060", "OKR progress", "number", custom=f"{CUSTOM}float")
LABELS = Field("customfield_10064", "OKR labels", "array", "string", f"{CUSTOM}labels")
KEY = "jira-okr.rollup"
PROPERTY = property_place(KEY)
OWNER = "ari:cloud:ecosystem::extension/8db33309-0000-4000-8000-00000000000a/prod/static/okr-progress"
BY_APP = Field("customfield_10200", "OKR progress (app)", "number", custom=OWNER)


def rows(heading: str) -> list[str]:
    """The first column of the table under a heading of the docs of the mapping."""
    text = (DOCS / "mapping.md").read_text(encoding="utf-8").partition(f"\n{heading}\n")[2]
    return re.findall(r"^\| `(\w+)` \|", text.partition("\n#")[0], re.MULTILINE)


def test_registered_documented_and_tested_are_the_same_targets() -> None:
    registered = [target.option for target in WRITE_TARGETS]
    assert rows("### What can be written to") == registered, "docs/mapping.md has a row for each target"
    assert list(PLACES) == registered, "PLACES, below, has a place of each target"


def test_registered_and_documented_are_the_same_values() -> None:
    assert rows("### What can be written") == [value.name for value in WRITTEN_VALUES]


HOLDERS = (FieldPurpose.NUMBER, FieldPurpose.WORDS, FieldPurpose.CHOICE, FieldPurpose.DAY)
"""What the columns of the table of docs/fields.md are made for."""


def test_documented_fields_hold_the_values_that_they_can_hold() -> None:
    _, _, text = (DOCS / "fields.md").read_text(encoding="utf-8").partition("\n## What is written where\n")
    lines = [
        line.split("|")[1:-1] for line in text.partition("\n## ")[0].splitlines() if line.startswith("| `")
    ]
    told = {
        name: {holder for holder, cell in zip(HOLDERS, cells, strict=True) if cell.strip() != "–"}
        for names, *cells in lines
        for name in re.findall(r"`(\w+)`", names)
    }
    assert told == {value.name: set(value.held_by) for value in WRITTEN_VALUES}


PLACES: dict[str, tuple[Place | None, object]] = {
    "set": (field_place(NUMBER), 62),
    "app_set": (app_field_place(BY_APP), 62),
    "property": (PROPERTY, {"a": 62}),
    "remote_link": (
        remote_link.PLACES["okr"],
        {"title": "OKR: 62 % — why?", "url": "https://okr.acme.example/why/1"},
    ),
    "goal": (goal.PLACE, {"goal": "HELLO-1", "id": "ari:1", "status": "at_risk", "summary": "45 %"}),
}
"""A place of each target, and a value there."""


@pytest.mark.parametrize("option", PLACES)
def test_a_place_is_known_again_by_its_id_and_equal_to_itself(option: str) -> None:
    place, value = PLACES[option]
    assert place is not None
    assert place_of(place.id, {NUMBER.id: NUMBER, BY_APP.id: BY_APP}.get) == place
    assert target_of(place.id) is place.target
    assert place.target.option == option
    assert place.equal(value, value)
    assert not place.equal(value, place.cleared(3))


def test_a_field_that_is_gone_is_no_place_any_more_and_a_property_always_is() -> None:
    assert place_of(NUMBER.id, {}.get) is None
    assert place_of("property:x", {}.get) == property_place("x")
    assert place_of(LABELS.id, {LABELS.id: LABELS}.get).cleared(3) == []  # type: ignore[union-attr]


def a_change(id_: str, after: object, issue: str = "100") -> Change:
    return Change(issue, f"PLAT-{issue}", id_, "It", None, after, "")


def test_what_is_written_to_an_issue_is_one_edit_and_a_call_for_each_property() -> None:
    changes = [
        a_change("property:a b", {"x": 1}),
        a_change("customfield_10060", 62),
        a_change("property:gone", None),
        a_change("customfield_10062", "62 %"),
    ]
    found = [(one.request.method, one.request.path, one.request.body) for _, one in writings_of(changes)]
    assert found == [
        ("PUT", "/issue/100", {"fields": {"customfield_10060": 62, "customfield_10062": "62 %"}}),
        ("PUT", "/issue/100/properties/a b", {"x": 1}),
        ("DELETE", "/issue/100/properties/gone", None),
    ]


def test_watchers_are_told_of_edits_of_fields_alone() -> None:
    changes = [a_change(id_, 1) for id_ in ("customfield_10060", "property:a", "app:customfield_10200")]
    link = a_change("link:okr", {"title": "OKR", "summary": "", "url": "https://okr.acme.example/why/1"})
    told = {target.option: one.request.notifies for target, one in writings_of([*changes, link])}
    assert told == {"set": True, "property": False, "app_set": False, "remote_link": False}


def test_what_the_app_writes_goes_together_issues_of_the_same_value_in_one_line() -> None:
    changes = [
        a_change("app:customfield_10200", 62),
        a_change("customfield_10060", 62),
        a_change("app:customfield_10200", 62, "101"),
        a_change("app:customfield_10201", "At risk", "101"),
        a_change("app:customfield_10200", None, "102"),
    ]
    apart, together = apart_and_together(changes)
    assert [change.field_id for change in apart] == ["customfield_10060"]
    [(target, one)] = writings_of(together)
    assert (target.option, one.request.path, one.request.to) == ("app_set", "/app/field/value", "app")
    assert one.request.body == {
        "updates": [
            {"customField": "customfield_10200", "issueIds": [100, 101], "value": 62},
            {"customField": "customfield_10201", "issueIds": [101], "value": "At risk"},
            {"customField": "customfield_10200", "issueIds": [102], "value": None},
        ]
    }
    many = [a_change("app:customfield_10200", number, str(number)) for number in range(2 * MOST_TOGETHER + 1)]
    assert [len(one.changes) for _, one in writings_of(many)] == [MOST_TOGETHER, MOST_TOGETHER, 1]


def test_a_field_that_no_app_brought_along_is_none_of_its_places() -> None:
    assert app_field_place(NUMBER) is None
    assert place_of("app:customfield_10200", {}.get) is None


def test_what_a_search_does_not_show_is_asked_for_and_read() -> None:
    target = PROPERTY.target
    [asked] = target.readings({"100": ["property:b", "property:a"]}, lambda _issue, _place: None)
    assert (asked.method, asked.path, asked.params) == (
        "GET",
        "/issue/100",
        {"fields": "id", "properties": "a,b"},
    )
    answer = {"id": "100", "properties": {"a": {"x": 1}, "foreign": 2}}
    assert target.found(asked, answer) == {"100": {"property:a": {"x": 1}}}
    assert target.found(asked, {"id": "100"}) == {"100": {}}
    assert target.found(asked, {"id": "gw-1", "status": "ok"}) is None
    assert target.found(asked, None) == {}, "Jira shows no such issue"
    assert target.found(asked, []) is None, "that is no answer of Jira's"


NO_PROPERTY = (
    "Check that PLAT-100 still exists, and give the connector's account Browse projects and Edit issues in its project; "
    "a scoped token needs write:jira-work or write:issue.property:jira."
)
NO_LINK = (
    "Check that PLAT-100 still exists and that issue linking is switched on in Jira, and give the connector's account "
    "Browse projects and Link issues in its project; a scoped token needs write:jira-work."
)
NO_GOAL = "Give the connector's account access to HELLO-1 in Atlassian Goals, and see that the goal is not archived (jira-okr goals list)."
LINK = remote_link.PLACES["okr"].id
BY_APP_ID = "app:customfield_10200"
NO_APP_FIELD = (
    "Check that PLAT-100 still exists and that the app may see it (Jira settings, Apps, the app's access), "
    "and what It accepts; then retry."
)


@pytest.mark.parametrize(
    ("id_", "status", "words", "remedy"),
    [
        (BY_APP_ID, 400, "No.", NO_APP_FIELD),
        (BY_APP_ID, 401, "No.", "the general remedy"),
        (BY_APP_ID, 403, "No.", "It is of another Forge app, or of another environment of it, than the one that is paired. Map the field of that one."),
        (BY_APP_ID, 404, "No.", "The app no longer brings It along: check the mapping."),
        (PROPERTY.id, 400, "No.", f"Use another key than {KEY} in write_back, or see what Jira says against it, then retry."),
        (PROPERTY.id, 403, "No.", NO_PROPERTY),
        (PROPERTY.id, 404, "No.", NO_PROPERTY),
        (PROPERTY.id, 413, "No.", f"Write fewer values to the property {KEY}."),
        (LINK, 400, "No.", "See what Jira says against it, then retry; or take remote_link out of write_back."),
        (LINK, 401, "No.", NO_LINK),
        (LINK, 403, "No.", NO_LINK),
        (LINK, 404, "No.", NO_LINK),
        (goal.PLACE.id, 400, "No.", "See what Atlassian says against the update of HELLO-1, then retry; or take goal out of write_back."),
        (goal.PLACE.id, 401, "No.", NO_GOAL),
        (goal.PLACE.id, 403, "No.", NO_GOAL),
        (goal.PLACE.id, 404, "No.", NO_GOAL),
    ],
)  # fmt: skip
def test_each_target_says_what_to_do_about_a_refusal(id_: str, status: int, words: str, remedy: str) -> None:
    objection, change = (
        Objection(status, "No.", "No. Really.", "the general remedy"),
        a_change(id_, {"goal": "HELLO-1"}),
    )
    assert (target_of(id_).words(change, objection), target_of(id_).remedy(change, objection)) == (
        words,
        remedy,
    )


EVERYWHERE = {"objective", "key_result", "parent"}
LINKED = ({"objective", "key_result", "row"}, {"RemoteIssueLink", "RemoteWorkItemLink"})
PROPERTY_EVENTS = ("issue_property_set", "issue_property_deleted")
TRAITS: dict[str, tuple[object, ...]] = {
    "set": ("", EVERYWHERE, "EDIT_ISSUES", True, False, False, False, True, True, True, (), set()),
    "app_set": ("app:", EVERYWHERE, "BROWSE_PROJECTS", False, False, False, False, True, True, True, (), set()),
    "property": ("property:", EVERYWHERE, "EDIT_ISSUES", False, False, False, False, False, False, True, PROPERTY_EVENTS, set()),
    "remote_link": ("link:", LINKED[0], "LINK_ISSUES", False, True, False, False, False, False, False, (), LINKED[1]),
    "goal": ("goal:", {"objective"}, "BROWSE_PROJECTS", False, True, True, True, False, False, False, (), set()),
}  # fmt: skip
"""What each target is and asks for, in the order of the test below."""


def test_what_each_target_is_and_asks_for() -> None:
    assert {
        one.option: (
            *(one.prefix, one.subjects, one.permission, one.ages, one.recalled, one.consults, one.needs_goals, one.several),
            *(one.shown(2), one.shown(3), one.events, one.history),
        )
        for one in WRITE_TARGETS
    } == TRAITS  # fmt: skip


@pytest.mark.parametrize(
    ("event", "body", "told"),
    [
        ("issue_property_set", {"property": {"key": "k", "value": 5}}, {"property:k": EventValue(True, 5)}),
        ("issue_property_set", {"property": {"key": "k", "value": None}}, {"property:k": EventValue(True)}),
        ("issue_property_set", {"property": {"key": "k"}}, {"property:k": None}),
        ("issue_property_deleted", {"property": {"key": "k", "value": 5}}, {"property:k": EventValue(True)}),
        ("issue_property_set", {"property": {"key": "k" * 300}}, {f"property:{'k' * 255}": None}),
        ("issue_property_set", {"property": {"key": 5}}, {}),
        ("issue_property_set", {"property": "k"}, {}),
        ("issue_property_set", {}, {}),
    ],
)
def test_what_an_event_tells_of_a_property(event: str, body: dict[str, object], told: object) -> None:
    assert PROPERTY.target.told(event, body) == told
    assert PROPERTY.says(EventValue(True, {"a": 1.0}), {"a": 1})
    assert not PROPERTY.says(EventValue(False, {"a": 1}), {"a": 1})


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ({"a": 62, "b": "x"}, {"b": "x", "a": 62.0000001}, True),
        ({"a": None}, {"a": None}, True),
        ({"a": [1, {"b": True}]}, {"a": [1.0, {"b": True}]}, True),
        ({}, None, True),
        ({"a": 62}, {"a": 63}, False),
        ({"a": 62}, {"a": "62"}, False),
        ({"a": 62}, {"a": 62, "b": 1}, False),
        ({"a": None}, {"a": 0}, False),
        ({"a": None}, {}, False),
        ({"a": 1}, {"a": True}, False),
        ({"a": 62}, None, False),
        ({"a": [1, 2]}, {"a": [1, 3]}, False),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ({"a": []}, {"a": {}}, False),
    ],
)
def test_properties_are_compared_name_by_name(left: object, right: object, same: bool) -> None:
    assert PROPERTY.equal(left, right) is same
    assert PROPERTY.equal(right, left) is same


@pytest.mark.parametrize(
    ("before", "after", "step"),
    [
        ({"a": 50, "b": "x"}, {"a": 62, "b": "x"}, "a 50 → 62"),
        ({"a": 50, "b": "x"}, {"a": None, "b": "y"}, "a 50 → unknown, b x → y"),
        ({"a": 50}, {"b": 50}, "a 50 → b 50"),
        (None, {"a": 62, "b": "x"}, "empty → a 62, b x"),
        ({"a": 62}, None, "a 62 → empty"),
        ("mine", {"a": 62}, "mine → a 62"),
        ([1, {"a": True}], None, '[1, {"a": true}] → empty'),
    ],
)
def test_of_a_property_only_what_differs_is_said(before: object, after: object, step: str) -> None:
    assert PROPERTY.step(before, after) == step


def test_every_number_that_can_be_written_is_rounded_and_every_form_is_held(make: SimpleNamespace) -> None:
    """Text holds everything; a value that is no number takes no `round`."""
    state = make.whole_objective()
    for value in (one for one in WRITTEN_VALUES if not one.name.startswith("forecast_")):
        mapping = make.mapping(
            {"target": "objective", "property": {"key": KEY, "values": [value.name], "round": 1}}
        )
        [found] = make.desired(mapping, state)
        [(name, held)] = found.raw.items()
        assert name == value.name
        assert value.is_number == isinstance(held, int | float)
        assert value.is_number == (value.form in (Form.PERCENT, Form.SHARE, Form.COUNT))
        assert not value.is_number or Decimal(str(held)) == round(Decimal(str(held)), 1)


def test_sizes_that_jira_and_atlassian_keep_to(make: SimpleNamespace) -> None:
    assert (remote_link.LONGEST_TITLE, entity_property.LONGEST_KEY, entity_property.LARGEST) == (
        255,
        255,
        32_768,
    )
    assert (entity_property.MOST_PROPERTIES, goal.POSTS_A_DAY, goal.BEST_SCORE) == (2, 2, 100)
    assert (goal.LONGEST_SUMMARY, goal.LONGEST_NAME) == (280, 200)
    ledger = make.ledger(make.row("300", progress=1))
    long = make.objective(
        "100",
        key="",
        title="x" * 300,
        key_results=(make.key_result("100/x", nature="delivery", ledger=ledger),),
    )
    [link] = make.desired(make.mapping({"target": "row", "remote_link": "plain"}), long)
    assert link.raw["title"] == f"counts for {'x' * 244}"
    large = make.objective("100", title="y", cycle_id="é" * 16_384)
    rule = {"target": "objective", "property": {"key": KEY, "values": ["progress_percent", "cycle"]}}
    [found] = make.desired(make.mapping(rule), large)
    assert found.raw is None, "what Jira would refuse is cleared"
    [fits] = make.desired(make.mapping(rule), replace(large, cycle_id="é" * 16_360))
    assert fits.raw == {"progress_percent": 63, "cycle": "é" * 16_360}


RULES: dict[str, tuple[dict[str, object], ...]] = {
    "set": ({"target": "objective", "set": {"okr_progress": {"value": "progress_percent"}}},),
    "app_set": ({"target": "objective", "app_set": {"by_app": {"value": "progress_percent"}}},),
    "property": ({"target": "objective", "property": {"key": KEY, "values": ["progress_percent"]}},),
    "remote_link": (
        {"target": "objective", "remote_link": "numbers"},
        {"target": "key_result", "remote_link": "plain"},
        {"target": "row", "remote_link": "plain"},
    ),
    "goal": (
        {"target": "objective", "goal": {"field": "okr_summary"}},
        {"target": "objective", "goal": "okr_summary"},
    ),
}
"""Rules that write to each target."""


@pytest.mark.parametrize("target", WRITE_TARGETS, ids=lambda one: one.option)
def test_a_rule_names_the_places_that_it_writes_to_and_no_others(make: SimpleNamespace, target) -> None:
    fields = make.fields | {"by_app": BY_APP}
    for option, rules in RULES.items():
        for rule in rules:
            (part,) = make.mapping(rule, fields=fields).document.write_back
            named = [place.id for place in target.places(part, fields)]
            assert named == [aim.place.id for aim in target.aims(part, fields)]
            assert bool(named) is (option == target.option)


@pytest.mark.parametrize(
    ("apps", "found"),
    [
        ((), ["write_back[0].app_set.by_app"]),
        ((("8db33309-0000-4000-8000-00000000000b", "prod"),), ["write_back[0].app_set.by_app"]),
    ],
)
def test_a_field_of_an_app_that_is_not_paired_is_told(make: SimpleNamespace, apps, found) -> None:
    fields = make.fields | {"by_app": BY_APP}
    rule = {"target": "objective", "app_set": {"by_app": {"value": "progress_percent"}}}
    mapping = make.mapping(rule, RULES["set"][0], fields=fields)
    text = "write_back:\n  - target: objective\n    app_set: {by_app: {value: progress_percent}}\n"
    positions = read_document(text).positions
    owner = owner_of(OWNER)
    assert owner is not None
    for paired, told in ((apps, found), ((*apps, (owner.app, owner.environment)), [])):
        report = Report(positions)
        target_of(f"app:{BY_APP.id}").check_live(mapping, LiveFacts(apps=paired), report)
        assert [one.path for _, one in report.found] == told, paired
        assert all((one.line, one.column) == (3, 15) for _, one in report.found), "at its key"
    named = make.mapping(RULES["set"][0], fields=fields | {"okr_progress": BY_APP})
    report = Report()
    target_of(f"app:{BY_APP.id}").check_live(named, LiveFacts(), report)
    assert report.found == []


def test_numbers_of_a_goal_differ_where_only_one_side_has_any() -> None:
    place = goal.METRICS
    held = {"goal": "HELLO-1", "id": "ari:1", "metrics": {"7": {"name": "A", "type": "NUMERIC", "value": 1}}}
    bare = {"goal": "HELLO-2", "id": "ari:2", "metrics": {}}
    assert not place.equal(held, bare)
    assert not place.equal(bare, held)
    assert not place.equal(held, None)
    assert place.equal(bare, None)
    assert not place.equal(held, {**held, "id": "ari:2"})
