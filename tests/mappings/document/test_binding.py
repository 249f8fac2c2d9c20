"""Binding: names to ids, types, options, links, and the live check on top."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from mappings.diagnostic import MappingError, Severity
from mappings.document.binder import bind, bind_leniently
from mappings.document.checks.live.writes import (
    EditableField,
    EditScreen,
    LiveFacts,
    PointsSample,
    ProjectAccess,
    check_live,
)
from mappings.document.names import NameKind
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Catalogue, Field, LinkType
from mappings.facts.issue import IssueType, JiraValue, Project, Status
from tests.binding import bind_text

LEVELS = tuple(JiraValue(str(number), name) for number, name in enumerate("ABCDEF"))
CORE, PLAT = Project("1", "CORE", "Core"), Project("2", "PLAT", "Platform")
EPIC, KEY_RESULT = IssueType("10", "Epic", 1), IssueType("11", "Key Result", 0)


def number(id_: str, name: str, *projects: str) -> Field:
    return Field(id_, name, "number", custom="float", clause_names=(name,), project_ids=projects)


FIELDS = (
    number("customfield_10016", "Story point estimate"),
    number("customfield_10051", "KR start"),
    number("customfield_10052", "KR current"),
    number("customfield_10053", "KR target"),
    number("customfield_10054", "KR weight"),
    number("customfield_10060", "OKR progress"),
    Field("customfield_10061", "OKR health", "option", options=LEVELS),
)
SITE = Catalogue(
    fields=FIELDS,
    statuses=(Status("1", "To Do", "new"), Status("10012", "In Review", "indeterminate"), Status("77", "In review", "indeterminate")),
    issue_types=(EPIC, KEY_RESULT, *(IssueType(str(at), name) for at, name in enumerate(("Story", "Task", "Bug"), 12))),
    projects=(CORE, PLAT, Project("3", "GROW", "Growth")),
    resolutions=tuple(JiraValue(str(at), name) for at, name in enumerate(("Done", "Not Achieved", "Won't Do", "Won't Fix", "Duplicate", "Cannot Reproduce", "Incomplete", "Declined"))),
    priorities=(JiraValue("1", "Highest"),),
    link_types=(LinkType("1", "Contributes", "is contributed to by", "contributes to"),),
    time_zone="Europe/Berlin",
)  # fmt: skip


@pytest.fixture
def refused(complete):
    """Binds the complete document with some of its texts replaced; gives the findings."""

    def read(*replacements, site=SITE):
        text = complete
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new, 1)
        result = read_document(text, "okr.yaml")
        assert result.document is not None, result.diagnostics
        return bind_leniently(result.document, site, positions=result.positions).diagnostics

    return read


def test_a_fitting_document_is_bound(complete):
    mapping = bind(read_document(complete).require(), SITE)
    assert mapping.fields["kr_start"].name == "KR start"
    assert mapping.statuses.overrides[0].by_status == {"10012": Fraction(4, 5)}
    assert str(mapping.zone) == "Europe/Berlin"
    assert mapping.field_ids() == {field.id for field in FIELDS}
    assert mapping.compile_jql("project = CORE").jql == "project = CORE"


def test_without_a_catalogue_ids_and_names_are_taken_as_written(complete):
    text = complete.replace("{id: customfield_10051}", "{name: KR start}").replace('"10012"', "In Review")
    mapping = bind(read_document(text).require(), Catalogue())
    assert mapping.fields["kr_start"].id == "KR start"
    assert mapping.statuses.overrides[0].by_status == {"In Review": Fraction(4, 5)}


def test_names_are_resolved_and_one_name_may_mean_several_statuses(complete):
    text = complete.replace("{id: customfield_10051}", "{name: kr START}").replace('"10012"', "in review")
    mapping = bind(read_document(text).require(), SITE)
    assert mapping.fields["kr_start"].id == "customfield_10051"
    assert set(mapping.statuses.overrides[0].by_status) == {"10012", "77"}


def test_categories_that_are_left_out_keep_their_default(complete):
    text = complete.replace("{new: 0, indeterminate: 0.5, done: 1}", "{indeterminate: 0.3}")
    rules = bind(read_document(text).require(), SITE).statuses
    assert rules.by_category == {"new": Fraction(0), "indeterminate": Fraction(3, 10), "done": Fraction(1)}


def test_estimates_are_read_where_they_weigh(complete):
    text = complete.replace("weight: points", "weight: time_estimate")
    assert "timeoriginalestimate" in bind(read_document(text).require(), SITE).field_ids()


UNKNOWN = [
        ("{id: customfield_10051}", "{id: customfield_9}", "unknown-field", "fields.kr_start.id", "account"),
        ("{id: customfield_10051}", "{id: customfield_9, name: KR start}", "unknown-field", "fields.kr_start.id", "customfield_10051"),
        ("{id: customfield_10051}", "{name: KR strat}", "unknown-field", "fields.kr_start.name", 'mean "KR start"'),
        ("{id: customfield_10051}", "{id: customfield_10051, name: KR begin}", "field-name-differs", "fields.kr_start.name", "the id decides"),
        ("{id: customfield_10051}", "{name: KR current}", "duplicate-field", "fields.kr_current", "customfield_10052"),
        ('{"10012": 0.8}', "{In Revue: 0.8}", "unknown-status", "statuses.overrides[0].by_status.In Revue", "In Review"),
        ("weight: points", "weight: okr_health", "field-type", "objectives[0].key_results[1].progress.weight", "option"),
        ("okr_health:\n        value: health\n", "points:\n        value: health\n", "field-type", "write_back[0].set.points", "number"),
        ("achieved: A", "achieved: AA", "unknown-option", "write_back[0].set.okr_health.options.achieved", "OKR health"),
        ("contributes to", "contributs to", "unknown-link", "objectives[0].aligned_to.link", "contributes to"),
        ("scope: project in", "scope: '\"OKR progress\" > 3 AND project in", "target-is-source", "scope", "writes"),
        ("labels = okr", "labels = okr AND \"KR strat\" = 3", "jql-unknown-field", "objectives[0].select", "KR strat"),
        ("project = CORE", "project = CROE", "jql-unknown-value", "statuses.overrides[0].when", "CROE"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "path", "hint"), UNKNOWN)
def test_what_the_site_does_not_know_is_named(refused, old, new, code, path, hint):
    if new.startswith("scope"):
        found = refused((old, new), ("CORE, GROW)\n", "CORE, GROW)'\n"))
    else:
        found = refused((old, new))
    matching = [one for one in found if (one.code, one.path) == (code, path)]
    assert matching, [str(one) for one in found]
    assert hint in str(matching[0])
    assert matching[0].file == "okr.yaml"


def test_one_field_of_two_aliases_is_told_once(refused):
    """By the same word it is told without the site, by a name and an id only with it."""
    twice = refused(("{id: customfield_10051}", "{id: customfield_10052}"))
    found = [one.message for one in twice if one.code == "duplicate-field"]
    assert found == ['"kr_current" and "kr_start" are the same field']
    by_both = refused(("{id: customfield_10051}", "{name: KR current}"))
    found = [one.message for one in by_both if one.code == "duplicate-field"]
    assert found == ['"kr_current" and "kr_start" are the same field customfield_10052']


def test_an_ambiguous_name_lists_ids_and_projects(refused):
    site = replace(SITE, fields=(*FIELDS, number("customfield_20051", "KR start", "1")))
    (found,) = refused(("{id: customfield_10051}", "{name: KR start}"), site=site)
    assert found.valid == ("customfield_10051", "customfield_20051")
    assert "customfield_20051 (CORE)" in found.message


def test_select_options_default_to_the_words_of_health(refused):
    options = (
        "        options: {achieved: A, on_track: B, at_risk: C, off_track: D, pending: E, unknown: F}\n"
    )
    assert len([one for one in refused((options, "")) if one.code == "unknown-option"]) == 6
    labels = ("Achieved", "On track", "At risk", "Off track", "Pending", "Unknown")
    health = replace(FIELDS[-1], options=tuple(JiraValue(str(at), name) for at, name in enumerate(labels)))
    assert refused((options, ""), site=replace(SITE, fields=(*FIELDS[:-1], health))) == ()


def test_two_fields_for_story_points_are_a_warning(refused):
    (found,) = refused(site=replace(SITE, fields=(*FIELDS, number("customfield_10026", "Story Points", "1"))))
    assert (found.code, found.severity) == ("story-points-ambiguous", Severity.WARNING)
    assert "CORE" in found.message


def test_everything_is_refused_at_once(complete):
    text = (
        complete.replace("{id: customfield_10051}", "{name: nowhere}")
        .replace("achieved: A", "achieved: Z")
        .replace("cycle: 2026-Q4", "cycle: x")
    )
    with pytest.raises(MappingError) as caught:
        bind(read_document(text).document, SITE)
    assert {one.code for one in caught.value.diagnostics} == {
        "unknown-field",
        "unknown-option",
        "unknown-cycle",
    }


def screen(
    project: Project, kind: IssueType, target: str, *left_out: str, options: tuple[JiraValue, ...] = LEVELS
) -> EditScreen:
    fields = {
        field.id: EditableField(("set",), options if field.type == "option" else ())
        for field in FIELDS
        if field.id not in left_out
    }
    return EditScreen(project, kind, frozenset({target}), fields, f"{project.key}-1")


def may(*not_: str) -> dict[str, bool]:
    """What the account was found to have, but for these."""
    every = ("BROWSE_PROJECTS", "EDIT_ISSUES", "LINK_ISSUES", "ADMINISTER_PROJECTS")
    return {name: name not in not_ for name in every}


ALL_WELL = (screen(CORE, EPIC, "objective"), screen(CORE, KEY_RESULT, "key_result"))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (LiveFacts(ALL_WELL, (ProjectAccess(CORE, may()),)), []),
        (LiveFacts((*ALL_WELL, screen(PLAT, EPIC, "objective", "customfield_10061"))), [("field-not-on-screen", "warning", "Epic in PLAT")]),
        (LiveFacts((screen(CORE, EPIC, "objective", "customfield_10061"), ALL_WELL[1])), [("field-not-on-screen", "error", "Epic in CORE")]),
        (LiveFacts((screen(CORE, EPIC, "objective", options=LEVELS[1:]), ALL_WELL[1])), [("unknown-option", "error", "Epic in CORE")]),
        (LiveFacts(ALL_WELL[:1]), [("nothing-selected", "warning", "key result")]),
        (LiveFacts(ALL_WELL, (ProjectAccess(CORE, {"BROWSE_PROJECTS": False}),)), [("no-browse-permission", "error", "CORE")]),
        (LiveFacts(ALL_WELL, (ProjectAccess(CORE, {"EDIT_ISSUES": False}),)), [("no-edit-permission", "error", "CORE")]),
        (LiveFacts(ALL_WELL, (ProjectAccess(CORE, may("ADMINISTER_PROJECTS")),)), [("notifications-sent", "warning", "watchers")]),
    ],
)  # fmt: skip
def test_live_facts_are_judged(complete, facts, expected):
    result = read_document(complete)
    found = check_live(bind(result.require(), SITE), SITE, facts, positions=result.positions)
    assert [(one.code, str(one.severity)) for one in found] == [
        (code, severity) for code, severity, _ in expected
    ]
    assert all(
        hint in one.message and one.remedy and one.line
        for one, (_, _, hint) in zip(found, expected, strict=True)
    )
    for one in found:
        if one.code == "field-not-on-screen":
            assert complete.splitlines()[one.line - 1][one.column - 1 :].startswith(one.path.split(".")[-1])


def test_where_nothing_is_selected_the_key_to_correct_is_named(complete):
    result = read_document(complete)
    (found,) = check_live(bind(result.require(), SITE), SITE, LiveFacts(ALL_WELL[:1]))
    assert found.remedy.startswith("check again when there is one, or correct the `select` that")


@pytest.mark.parametrize(
    ("word", "codes"), [("0", []), ("A", []), ("7", ["unknown-option"]), ("Z", ["unknown-option"])]
)
def test_an_option_is_named_by_its_id_as_well_but_only_where_its_context_has_it(complete, word, codes):
    """The epics of PLAT have a context with an option 7 called A; those of CORE have it under 0."""
    both = replace(FIELDS[-1], options=(*LEVELS, JiraValue("7", "A"), JiraValue("8", "Z")))
    text = complete.replace("achieved: A", f'achieved: "{word}"')
    mapping = bind(read_document(text).require(), replace(SITE, fields=(*FIELDS[:-1], both)))
    other = screen(PLAT, EPIC, "objective", options=(JiraValue("7", "A"), *LEVELS[1:]))
    assert [one.code for one in check_live(mapping, SITE, LiveFacts(ALL_WELL))] == codes
    found = check_live(mapping, SITE, LiveFacts((*ALL_WELL, other)))
    wrong = {"0": ["Epic in PLAT"], "A": [], "7": ["Epic in CORE"], "Z": ["Epic in CORE", "Epic in PLAT"]}
    named = [name for name in ("Epic in CORE", "Epic in PLAT") if any(name in one.message for one in found)]
    assert (named, len(found)) == (wrong[word], len(wrong[word]))


def test_a_property_needs_the_permission_to_edit_and_sends_no_mail(complete):
    head, _, _ = complete.partition("write_back:")
    result = read_document(f"{head}write_back:\n  - {{target: objective, property: jira-okr.rollup}}\n")
    mapping = bind(result.require(), SITE, positions=result.positions)
    nowhere = replace(ALL_WELL[0], fields={})
    quiet = LiveFacts((nowhere, ALL_WELL[1]), (ProjectAccess(CORE, may("ADMINISTER_PROJECTS")),))
    assert check_live(mapping, SITE, quiet) == ()
    refused = LiveFacts(
        (nowhere, ALL_WELL[1]), (ProjectAccess(CORE, may("EDIT_ISSUES", "ADMINISTER_PROJECTS")),)
    )
    (found,) = check_live(mapping, SITE, refused)
    assert (found.code, found.severity) == ("no-edit-permission", Severity.ERROR)


def test_a_field_that_can_only_be_added_to_cannot_be_set(complete):
    odd = replace(ALL_WELL[0], fields={**ALL_WELL[0].fields, "customfield_10060": EditableField(("add",))})
    found = check_live(bind(read_document(complete).require(), SITE), SITE, LiveFacts((odd, ALL_WELL[1])))
    assert [one.code for one in found] == ["field-not-settable"]


def test_a_context_that_leaves_a_project_out_is_named(complete):
    site = replace(SITE, fields=(*FIELDS[:-1], replace(FIELDS[-1], project_ids=("1",))))
    facts = LiveFacts((*ALL_WELL, screen(PLAT, EPIC, "objective", "customfield_10061")))
    (found,) = check_live(bind(read_document(complete).require(), site), site, facts)
    assert (found.code, found.severity) == ("field-context", Severity.WARNING)


def test_story_points_are_shown_on_a_real_issue(complete):
    site = replace(SITE, fields=(*FIELDS, number("customfield_10026", "Story Points")))
    sample = PointsSample("CORE-7", {"customfield_10016": None, "customfield_10026": Fraction(5)})
    (found,) = check_live(bind(read_document(complete).require(), site), site, LiveFacts(samples=(sample,)))
    assert (
        found.message
        == 'CORE-7 has nothing in "Story point estimate" (customfield_10016), while "Story Points" (customfield_10026) holds 5'
    )


def test_a_text_is_read_and_bound_in_one_step_with_all_findings(complete):
    assert bind_text(complete, SITE, "okr.yaml").mapping is not None
    text = (
        complete.replace("cycle: 2026-Q4", "cycle: x")
        .replace("achieved: A", "achieved: Z")
        .replace("scope:", "name: twice\nscope:")
    )
    result = bind_text(text, SITE, "okr.yaml")
    assert result.mapping is None
    assert [one.code for one in result.diagnostics] == ["duplicate-key", "unknown-cycle", "unknown-option"]
    assert [one.line for one in result.diagnostics] == sorted(one.line for one in result.diagnostics)
    assert bind_text("a: b: c", SITE).diagnostics[0].code == "syntax"


EVERY_JQL = """\
version: 1
name: every
scope: project = A1
statuses:
  excluded: resolution = A2
  not_achieved: resolution = A3
  overrides:
    - {when: project = A4, by_category: {done: 1}}
cycles: [{id: q, start: 2026-10-01, end: 2026-12-31}]
objectives:
  - id: o
    select: labels = A5
    cycle: q
    key_results:
      - {id: a, select: labels = A6, relation: {jql: labels = A7}, progress: {kind: milestone, done_when: labels = A8}}
      - {id: b, select: labels = A9, progress: {kind: delivery}}
kpis:
  - {id: k, name: K, healthy: {at_most: 5}, source: {kind: jql_count, jql: labels = A10}}
"""


def test_every_jql_of_a_mapping_is_among_its_selectors():
    mapping = bind(read_document(EVERY_JQL).require(), Catalogue())
    assert [one.jql.split()[-1] for one in mapping.selectors()] == [f"A{n}" for n in range(1, 11)]
    assert [one.jql for one in mapping.kpi_selectors()] == ["labels = A10"]


def test_a_field_is_known_by_what_the_mapping_calls_it() -> None:
    head = "version: 1\nname: a\nscope: project = PLAT\nobjectives:\n  - {id: e, select: issuetype = Epic, key_results: [{id: k, progress: {kind: delivery}}]}\n"
    text = head + "fields:\n  a: {id: %s}\n  b: {name: %s}\n"
    first, second = [one for one in SITE.fields if one.id.startswith("customfield_")][:2]
    mapping = bind_text(text % (first.id, second.name), SITE).mapping
    assert mapping is not None
    assert mapping.ids_of(NameKind.FIELD, first.id) == (first.id,)
    assert mapping.ids_of(NameKind.FIELD, second.name) == (second.id,)
    unknown = bind_text(text % (first.id, second.name), Catalogue()).mapping
    assert unknown is not None
    assert {alias: (one.id, one.name) for alias, one in unknown.fields.items()} == {
        "a": (first.id, first.id),
        "b": (second.name, second.name),
    }


def test_what_is_made_of_a_kpi_is_bound_by_the_ids_of_type_and_project() -> None:
    head = "version: 1\nname: a\nscope: project = PLAT\nobjectives:\n  - {id: e, select: issuetype = Epic, key_results: [{id: k, progress: {kind: delivery}}]}\n"
    kpi = "kpis:\n  - {id: b, name: B, source: {kind: push}, healthy: {at_most: 5}, promote: {objective: CORE-1, create: {type: %s, project: %s}}}\n"
    mapping = bind_text(head + kpi % ("key result", "CORE"), SITE).mapping
    assert mapping is not None
    assert mapping.ids_of(NameKind.TYPE, "key result") == ("11",)
    assert mapping.ids_of(NameKind.PROJECT, "CORE") == ("1",)
    by_id = bind_text(head + kpi % ("'11'", "'1'"), SITE).mapping
    assert by_id is not None
    assert (by_id.ids_of(NameKind.TYPE, "11"), by_id.ids_of(NameKind.PROJECT, "1")) == (("11",), ("1",))
    found = bind_text(head + kpi % ("Key Resul", "CROE"), SITE).diagnostics
    wrong = {one.path: (one.code, one.value) for one in found if one.severity is Severity.ERROR}
    assert wrong == {
        "kpis[0].promote.create.type": ("unknown-value", '"Key Resul"'),
        "kpis[0].promote.create.project": ("unknown-value", '"CROE"'),
    }


def test_teams_are_bound_by_the_ids_of_projects_and_options(complete):
    text = complete.replace(
        "objectives:\n", "team: {names: {core: The core, PLAT: Platform}}\nobjectives:\n", 1
    )
    mapping = bind(read_document(text).require(), SITE)
    assert mapping.team is not None
    assert (mapping.team.field, mapping.team.names) == (None, {"1": "The core", "2": "Platform"})
    assert mapping.ids_of(NameKind.PROJECT, "core") == ("1",)
    text = complete.replace(
        "objectives:\n",
        'team: {field: okr_kind, names: {"1": Bees, c: Seas, Other: Others}}\nobjectives:\n',
        1,
    )
    text = text.replace("fields:\n", "fields:\n  okr_kind: {id: customfield_10070}\n", 1)
    kind = Field("customfield_10070", "Kind", "option", options=LEVELS)
    mapping = bind(read_document(text).require(), replace(SITE, fields=(*FIELDS, kind)))
    assert mapping.team is not None
    assert mapping.team.names == {"1": "Bees", "2": "Seas", "c": "Seas", "other": "Others"}
    assert "customfield_10070" in mapping.field_ids()


def test_a_team_that_is_no_project_and_a_field_that_is_written_are_refused(refused):
    found = refused(("objectives:\n", "team: {names: {COER: The core}}\nobjectives:\n"))
    assert [(one.code, one.path, one.value) for one in found] == [
        ("unknown-value", "team.names.COER", '"COER"')
    ]
    found = refused(("objectives:\n", "team: {field: okr_health}\nobjectives:\n"))
    assert ("target-is-source", "write_back[0].set.okr_health") in [(one.code, one.path) for one in found]
    found = refused(("objectives:\n", "team: {field: squad}\nobjectives:\n"))
    assert [(one.code, one.path) for one in found] == [("unknown-alias", "team.field")]
