"""Sums for plain parents in the document: what is refused and told, what is bound, and what becomes of it as text."""

from __future__ import annotations

import pytest

from mappings.document.binder import bind
from mappings.document.editor_schema import json_schema
from mappings.document.plain_parents import subjects
from mappings.document.text.canonical import export, revision
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Catalogue
from mappings.write_back.values import WRITTEN_VALUES

OBJECTIVES = """
objectives:
  - {id: epics, select: issuetype = Epic, key_results: [{id: all, select: issuetype = Story, progress: {kind: delivery}}]}
"""
HEAD = """
version: 1
name: sums
scope: project = PLAT
fields:
  points: {id: customfield_10016}
  done: {id: customfield_10064}
  total: {id: customfield_10065}
"""
RULE = (
    "{rows: issuetype = Story, parents: issuetype = Epic, weight: points, set: {done: {value: weight_done}}}"
)
SUMMED = (
    "progress_percent", "progress", "delivery_percent", "issues_total", "issues_done", "issues_remaining",
    "weight_total", "weight_done", "weight_remaining", "gap_count",
)  # fmt: skip


def document(*rules: str, objectives: str = "") -> str:
    return HEAD + objectives + "write_back:\n" + "".join(f"  - {rule}\n" for rule in rules)


def found(text: str) -> list[tuple[str, str, str]]:
    return [(one.code, str(one.severity), one.path) for one in read_document(text).diagnostics]


SLIPS = [
        ("{set: {done: {value: weight_done}}}", "target-or-rows", "error", "write_back[0]"),
        ("{target: null, set: {done: {value: weight_done}}}", "target-or-rows", "error", "write_back[0]"),
        ("{rows: issuetype = Story, set: {done: {value: weight_done}}}", "target-or-rows", "error", "write_back[0].rows"),
        ("{parents: issuetype = Epic, set: {done: {value: weight_done}}}", "target-or-rows", "error", "write_back[0].parents"),
        ("{target: objective, rows: issuetype = Story, parents: issuetype = Epic, set: {done: {value: weight_done}}}", "target-or-rows", "error", "write_back[0].rows"),
        ("{target: objective, weight: points, set: {done: {value: weight_done}}}", "option-without-effect", "warning", "write_back[0].weight"),
        (RULE.replace("issuetype = Epic", '""'), "unrestricted", "error", "write_back[0].parents"),
        (RULE.replace("issuetype = Epic", "ORDER BY key"), "unrestricted", "error", "write_back[0].parents"),
        (RULE.replace("issuetype = Story", "ORDER BY key"), "unrestricted", "error", "write_back[0].rows"),
        (RULE.replace("issuetype = Story", "issuetype ="), "jql-unexpected", "error", "write_back[0].rows"),
        (RULE.replace("weight: points", "weight: story"), "unknown-alias", "error", "write_back[0].weight"),
        (RULE.replace("weight: points", "weight: [points, story]"), "unknown-alias", "error", "write_back[0].weight[1]"),
        (RULE.replace("weight: points", "weight: done"), "target-is-source", "error", "write_back[0].set.done"),
        (RULE.replace("weight: points", "relation: link"), "unknown-value", "error", "write_back[0].relation"),
        (RULE.replace("value: weight_done", "value: health"), "no-cycle-here", "error", "write_back[0].set.done.value"),
        (RULE.replace("set: {done: {value: weight_done}}", "property: jira-okr.sums"), "no-cycle-here", "error", "write_back[0].property"),
        (RULE.replace("set: {done: {value: weight_done}}", "property: {key: jira-okr.sums, values: [issues_done, pace]}"), "no-cycle-here", "error", "write_back[0].property.values[1]"),
        (RULE.replace("set: {done: {value: weight_done}}", "remote_link: plain"), "wrong-subject", "error", "write_back[0].remote_link"),
        (RULE.replace(", set: {done: {value: weight_done}}", ""), "nothing-written", "warning", "write_back[0]"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "code", "severity", "path"), SLIPS)
def test_a_slip_is_told_at_its_place(rule: str, code: str, severity: str, path: str) -> None:
    assert (code, severity, path) in found(document(rule, objectives=OBJECTIVES))


@pytest.mark.parametrize(
    "rule",
    [
        RULE,
        RULE.replace("weight: points", "weight: [points, total], relation: descendant, missing: zero"),
        RULE.replace("weight: points", "weight: time_estimate"),
        RULE.replace("issuetype = Story", '""'),
        RULE.replace("set: {done: {value: weight_done}}", f"property: {{key: jira-okr.sums, values: [{', '.join(SUMMED)}]}}"),
        RULE.replace("}}}", "}}, property: jira-okr.sums}"),
    ],
)  # fmt: skip
def test_a_mapping_may_have_sums_and_no_objectives(rule: str) -> None:
    assert found(document(rule)) == []


def test_a_mapping_with_neither_is_told_what_to_write() -> None:
    for text in (
        HEAD,
        f"{HEAD}objectives: []\n",
        document("{target: objective, set: {done: {value: score}}}"),
    ):
        (told,) = [one for one in read_document(text).diagnostics if one.code == "too-few"]
        assert told.path == "objectives"
        assert "`rows:` and `parents:`" in told.remedy


def test_only_what_rows_say_is_written_and_the_message_names_it() -> None:
    assert tuple(value.name for value in WRITTEN_VALUES if value.of_rows) == SUMMED
    for value in WRITTEN_VALUES:
        told = read_document(document(RULE.replace("weight_done", value.name))).diagnostics
        assert [one.code for one in told] == ([] if value.of_rows else ["no-cycle-here"]), value.name
        assert all(one.valid == SUMMED for one in told)


def test_two_rules_may_write_one_field_for_an_issue_is_a_plain_parent_by_one_of_them() -> None:
    text = document(
        RULE,
        RULE.replace("Epic", "Initiative"),
        "{target: objective, set: {done: {value: weight_done}}}",
        objectives=OBJECTIVES,
    )
    assert found(text) == []


def test_the_bound_form_has_the_rules_after_the_objectives_and_selects_by_ids() -> None:
    read = read_document(
        document(
            RULE,
            '{rows: "", parents: project = PLAT, set: {total: {value: issues_total}}}',
            objectives=OBJECTIVES,
        )
    )
    mapping = bind(read.require(), Catalogue())
    assert [(rule.part.id, rule.plain, rule.path) for rule in mapping.objectives] == [
        ("epics", False, ("objectives", 0)),
        ("write_back[0]", True, ("write_back", 0)),
        ("write_back[1]", True, ("write_back", 1)),
    ]
    first, second = mapping.objectives[1:]
    assert [one.select.jql if one.select else None for one in (*first.key_results, *second.key_results)] == [
        "issuetype = Story",
        None,
    ]
    assert {"issuetype = Story", "issuetype = Epic", "project = PLAT"} <= {
        one.jql for one in mapping.selectors()
    }
    assert mapping.field_ids() == {"customfield_10016", "customfield_10064", "customfield_10065"}


def test_text_and_document_are_one() -> None:
    document_ = read_document(
        document(RULE, RULE.replace("weight: points", "missing: zero, relation: descendant"))
    ).require()
    again = read_document(export(document_)).require()
    assert again == document_
    assert revision(again) == revision(document_)
    assert "objectives" not in export(document_)


def test_editors_know_the_keys() -> None:
    keys = json_schema()["$defs"]["WriteBackPart"]["properties"]
    assert list(keys)[:6] == ["target", "rows", "parents", "relation", "weight", "missing"]
    assert all(one["description"] for one in keys.values())


@pytest.mark.parametrize(
    ("rules", "objectives", "said"),
    [
        ((RULE,), "", "parents"),
        ((RULE,), OBJECTIVES, "objectives and parents"),
        (("{target: objective, set: {done: {value: issues_done}}}",), OBJECTIVES, "objectives"),
    ],
)
def test_what_is_computed_is_counted_by_its_name(rules: tuple[str, ...], objectives: str, said: str) -> None:
    assert subjects(read_document(document(*rules, objectives=objectives)).require()) == said
