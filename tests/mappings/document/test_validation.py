"""Cross-references and contradictions: one table of slips, each with its code, its place and its severity."""

from __future__ import annotations

import pytest

from mappings.diagnostic import Severity
from mappings.document.checks.report import show_value
from mappings.document.checks.validation import validate
from mappings.document.text.source import read_document

TRANSITION = "{kind: transition, start: kr_start, current: kr_current, target: kr_target}"
EPICS = "  - id: epics\n    select: issuetype = Epic AND labels = okr"


@pytest.mark.parametrize(
    ("old", "new", "code", "path"),
    [
        ("version: 1", "version: 1\ntime_zone: Mars/Olympus", "unknown-time-zone", "time_zone"),
        ("version: 1", "version: 1\ntime_zone: America", "unknown-time-zone", "time_zone"),
        ("{id: customfield_10051}", "{}", "field-without-id", "fields.kr_start"),
        ("{id: customfield_10051}", "{id: customfield_10052}", "duplicate-field", "fields.kr_current"),
        ("      by_status: {\"10012\": 0.8}\n", "", "option-without-effect", "statuses.overrides[0]"),
        ("end: 2026-12-31", "end: 2026-09-30", "inverted-cycle", "cycles[0].end"),
        ("end: 2026-12-31}", "end: 2026-12-31, health: {on_track: 0.3, at_risk: 0.4}}", "inverted-thresholds", "cycles[0].health"),
        ("end: 2026-12-31}", "end: 2026-12-31, working_days: []}", "too-few", "cycles[0].working_days"),
        ("end: 2026-12-31}", "end: 2026-12-31}\n  - {id: 2026-Q4, start: 2027-01-01, end: 2027-02-01}", "duplicate-id", "cycles[1].id"),
        ("end: 2026-12-31}", "end: 2026-12-31}\n  - {id: x, start: 2026-12-31, end: 2027-02-01}", "overlapping-cycles", "cycles[1]"),
        ("start: 2026-10-01", "start: 20261001", "not-a-date", "cycles[0].start"),
        ("cycle: 2026-Q4", "cycle: 2026-Q3", "unknown-cycle", "objectives[0].cycle"),
        ("cycle: 2026-Q4", "cycle: {field: quarter}", "unknown-alias", "objectives[0].cycle.field"),
        ("cycle: 2026-Q4", "cycle: {lable: q}", "unknown-key", "objectives[0].cycle.lable"),
        ("cycle: 2026-Q4", "cycle: [a]", "wrong-value", "objectives[0].cycle"),
        ("    select: issuetype = Epic AND labels = okr\n", "", "objective-without-select", "objectives[0]"),
        ("cycle: 2026-Q4", "cycle: 2026-Q4\n    title: Both", "objective-with-both", "objectives[0].title"),
        ("cycle: 2026-Q4", "cycle: 2026-Q4\n    owner: Ada", "option-without-effect", "objectives[0].owner"),
        ("{link: \"contributes to\", contributes: true}", "epics", "aligned-to-itself", "objectives[0].aligned_to"),
        ("link: \"contributes to\", ", "", "link-or-objective", "objectives[0].aligned_to"),
        ("link: \"contributes to\"", "link: serves, objective: growth", "link-or-objective", "objectives[0].aligned_to"),
        ("link: \"contributes to\"", "objective: growth", "unknown-objective", "objectives[0].aligned_to.objective"),
        ("link: \"contributes to\"", "objective: epics", "aligned-to-itself", "objectives[0].aligned_to.objective"),
        ("contributes: true", "contributes: false, weight: 2", "option-without-effect", "objectives[0].aligned_to.weight"),
        ("contributes: true", "contributes: true, weight: -2", "negative-weight", "objectives[0].aligned_to.weight"),
        ("id: delivery", "id: metric", "duplicate-id", "objectives[0].key_results[1].id"),
        ("weight: points", "weight: story", "unknown-alias", "objectives[0].key_results[1].progress.weight"),
        ("weight: points", "weight: [points, story]", "unknown-alias", "objectives[0].key_results[1].progress.weight[1]"),
        ("weight: points", "weight: [points, equal]", "unknown-alias", "objectives[0].key_results[1].progress.weight[1]"),
        ("weight: points", "weight: []", "too-few", "objectives[0].key_results[1].progress.weight"),
        ("weight: points", "weight: points, count_to: 3", "weight-not-used", "objectives[0].key_results[1].progress.weight"),
        ("weight: points", "count_to: 0", "out-of-range", "objectives[0].key_results[1].progress.count_to"),
        ("{field: weight, missing: siblings_mean}", "-1", "negative-weight", "objectives[0].key_results[0].weight"),
        ("{field: weight, missing: siblings_mean}", "{field: heavy}", "unknown-alias", "objectives[0].key_results[0].weight.field"),
        ("{field: weight, missing: siblings_mean}", "[weight, heavy]", "unknown-alias", "objectives[0].key_results[0].weight[1]"),
        ("{field: weight, missing: siblings_mean}", "{field: [heavy, weight]}", "unknown-alias", "objectives[0].key_results[0].weight.field[0]"),
        ("{field: weight, missing: siblings_mean}", "[]", "too-few", "objectives[0].key_results[0].weight"),
        ("contributes: true", "contributes: true, weight: [weight, heavy]", "unknown-alias", "objectives[0].aligned_to.weight[1]"),
        ("relation: child", "relation: children", "wrong-value", "objectives[0].key_results[0].relation"),
        ("relation: child", "relation: {jql_field: query}", "unknown-alias", "objectives[0].key_results[0].relation.jql_field"),
        ("relation: child", "relation: {jql: 'a = '}", "jql-unexpected", "objectives[0].key_results[0].relation.jql"),
        ("relation: child", "relation: child\n        as: one_key_result", "as-unsupported", "objectives[0].key_results[0].as"),
        ("relation: child", "subtasks: through_parent", "option-without-effect", "objectives[0].key_results[0].subtasks"),
        (TRANSITION, "{kind: transition, start: 3, current: kr_current, target: 3}", "start-is-target", "objectives[0].key_results[0].progress.target"),
        (TRANSITION, "{kind: increase, start: 3, current: kr_current, target: 2}", "wrong-direction", "objectives[0].key_results[0].progress.target"),
        (TRANSITION, "{kind: decrease, start: 3, current: kr_current, target: 4}", "wrong-direction", "objectives[0].key_results[0].progress.target"),
        (TRANSITION, "{kind: increase, start: 3, current: kr_current}", "target-or-by", "objectives[0].key_results[0].progress"),
        (TRANSITION, "{kind: increase, start: 3, current: kr_current, target: 4, by: {amount: 1}}", "target-or-by", "objectives[0].key_results[0].progress"),
        (TRANSITION, "{kind: increase, start: 3, current: kr_current, by: {}}", "amount-or-percent", "objectives[0].key_results[0].progress.by"),
        (TRANSITION, "{kind: increase, start: 3, current: kr_current, by: {amount: -1}}", "wrong-direction", "objectives[0].key_results[0].progress.by.amount"),
        (TRANSITION, "{kind: threshold, current: kr_current}", "no-bound", "objectives[0].key_results[0].progress"),
        (TRANSITION, "{kind: threshold, current: kr_current, at_least: 80, at_most: 70}", "empty-band", "objectives[0].key_results[0].progress"),
        (TRANSITION, "{kind: threshold, current: kr_current, at_most: 0}", "tolerance-zero", "objectives[0].key_results[0].progress"),
        (TRANSITION, "{kind: threshold, current: kr_current, at_most: 5, tolerance: 0}", "tolerance-zero", "objectives[0].key_results[0].progress.tolerance"),
        (TRANSITION, "{kind: baseline, current: kr_current, start: 1}", "start-and-target", "objectives[0].key_results[0].progress.start"),
        (TRANSITION, "{kind: milestone, done_when: ''}", "empty-done-when", "objectives[0].key_results[0].progress.done_when"),
        (TRANSITION, "{kind: milestone, due: soon}", "unknown-alias", "objectives[0].key_results[0].progress.due"),
        (TRANSITION, "{kind: milestone, done_when: 'status was Done'}", "jql-unsupported-operator", "objectives[0].key_results[0].progress.done_when"),
        (TRANSITION, "{start: kr_start}", "missing-key", "objectives[0].key_results[0].progress"),
        ("{at_most: 5}", "{at_least: 6, at_most: 5}", "empty-band", "kpis[0].healthy"),
        ("objective: CORE-12", "objective: core", "unknown-objective", "kpis[0].promote.objective"),
        ("kind: jql_count, ", "", "missing-key", "kpis[0].source"),
        ("statusCategory != Done\"", "statusCategory !! Done\"", "jql-no-operator", "kpis[0].source.jql"),
        ("set: {okr_progress: {value: progress_percent}}", "set: {}", "nothing-written", "write_back[1]"),
        ("set: {okr_progress: {value: progress_percent}}", "set: {okr_done: {value: progress_percent}}", "unknown-alias", "write_back[1].set.okr_done"),
        ("set: {okr_progress: {value: progress_percent}}", "set: {kr_start: {value: progress_percent}}", "target-is-source", "write_back[1].set.kr_start"),
        ("target: key_result\n    set: {okr_progress", "target: objective\n    set: {okr_progress", "two-writers", "write_back[1].set.okr_progress"),
        ("okr_progress: {value: progress_percent}", "okr_progress: {value: progress_percent, options: {achieved: A}}", "options-without-health", "write_back[0].set.okr_progress.options"),
        (", pending: E, unknown: F", "", "health-level-without-option", "write_back[0].set.okr_health.options"),
        ("target: key_result\n    set: {okr_progress: {value: progress_percent}}", "target: key_result", "nothing-written", "write_back[1]"),
        ("write_back:\n", "write_back:\n  - {target: objective, property: okr.a}\n  - {target: objective, property: {key: okr.a}}\n", "two-writers", "write_back[1].property"),
        ("write_back:\n", "write_back:\n  - {target: objective, property: a}\n  - {target: objective, property: b}\n  - {target: key_result, property: c}\n", "too-many", "write_back[2].property"),
        ("write_back:\n", "write_back:\n  - {target: objective, property: {key: a, values: [health], round: 1}}\n", "option-without-effect", "write_back[0].property.round"),
        ("write_back:\n", "write_back:\n  - {target: objective, property: okr rollup}\n", "wrong-value", "write_back[0].property"),
        ("write_back:\n", "write_back:\n  - {target: objective, property: .okr}\n", "wrong-value", "write_back[0].property"),
        ("write_back:\n", "write_back:\n  - {target: objective, property: " + "x" * 256 + "}\n", "wrong-value", "write_back[0].property"),
        ("write_back:\n", "write_back:\n  - {target: objective, property: 5}\n", "wrong-value", "write_back[0].property"),
        ("write_back:\n", "write_back:\n  - {target: objective, property: {key: okr/x}}\n", "bad-form", "write_back[0].property.key"),
        ("write_back:\n", "write_back:\n  - {target: objective, property: {values: [pace]}}\n", "missing-key", "write_back[0].property"),
        ("write_back:\n", "write_back:\n  - {target: objective, property: {key: a, values: [speed]}}\n", "unknown-value", "write_back[0].property.values[0]"),
        ("write_back:\n", "write_back:\n  - {target: objective, property: {key: a, colour: red}}\n", "unknown-key", "write_back[0].property.colour"),
        ("value: health", "value: health\n        round: 2", "option-without-effect", "write_back[0].set.okr_health.round"),
        ("name: platform-okrs", "name: Platform OKRs", "bad-form", "name"),
        ("name: platform-okrs", "name: 7", "not-a-text", "name"),
        ("name: platform-okrs", "name: x\nbrake: {share: 2}", "out-of-range", "brake.share"),
        ("name: platform-okrs", "name: x\nbrake: {floor: many}", "not-a-number", "brake.floor"),
        ("name: platform-okrs", "name: x\nbrake: 3", "not-a-mapping", "brake"),
        ("name: platform-okrs", "name: x\ntell: [{id: a, every: change, at: '10:00', to: ['slack:okr']}]", "option-without-effect", "tell[0].at"),
        ("name: platform-okrs", "name: x\ntell: [{id: a, about: [kpis], to: ['slack:okr']}]", "option-without-effect", "tell[0].about"),
        ("name: platform-okrs", "name: x\ntell: [{id: a, to: ['slack:okr'], quiet: {from: '18:00'}}]", "missing-key", "tell[0].quiet"),
        ("name: platform-okrs", "name: x\ntell: [{id: a, to: ['slack:okr'], quiet: {days: [sun, mon, tue, wed, thu, fri, sat]}}]", "too-many", "tell[0].quiet.days"),
        ("name: platform-okrs", "name: x\ntell: [{id: a, to: [owners]}]", "wrong-value", "tell[0].to"),
        ("name: platform-okrs", "name: x\ntell: [{id: a, every: due, to: [owners]}]", "option-without-effect", "tell[0].every"),
        ("name: platform-okrs", "name: x\ncheck_ins: {}\ntell: [{id: a, every: due, on: fri, to: [owners]}]", "option-without-effect", "tell[0].on"),
        ("name: platform-okrs", "name: x\ntell: [{id: a, to: ['irc:okr']}]", "bad-form", "tell[0].to[0]"),
        ("name: platform-okrs", "name: x\ntell: [{id: a, to: ['slack:okr']}, {id: a, to: ['teams:okr']}]", "duplicate-id", "tell[1].id"),
        ("name: platform-okrs", "name: x\ntell: [{id: a, at: '9', to: ['slack:okr']}]", "bad-form", "tell[0].at"),
        ("cycles:\n", "cycles: nothing\nunused:\n", "wrong-value", "cycles"),
    ],
)  # fmt: skip
def test_a_slip_is_named_at_its_place(broken, old, new, code, path):
    found = {(one.code, one.path): one for one in broken((old, new))}
    assert (code, path) in found, [str(one) for one in found.values()]
    one = found[code, path]
    assert one.line > 1
    assert one.remedy or one.valid


def test_warnings_do_not_refuse(broken):
    (found,) = broken((", pending: E, unknown: F", ""))
    assert found.severity is Severity.WARNING


def test_written_objectives_relate_by_jql_only(complete):
    text = complete.replace("    select: issuetype = Epic AND labels = okr\n", "    title: All of us\n")
    codes = {(one.code, one.path) for one in read_document(text).diagnostics}
    assert ("nothing-to-relate", "objectives[0].key_results[0].relation") in codes
    assert ("nothing-written", "write_back[0]") in codes


def test_a_circle_of_alignment_is_named(complete):
    written = "\n".join(
        f"  - {{id: {one}, title: {one}, aligned_to: {above}}}" for one, above in ("ab", "bc", "ca")
    )
    found = read_document(complete.replace("objectives:\n", f"objectives:\n{written}\n", 1)).diagnostics
    circles = [one.message for one in found if one.code == "aligned-in-a-circle"]
    assert circles[0] == "the objectives are aligned in a circle: a → b → c → a"
    assert len(circles) == 3


def test_a_bare_alignment_may_be_a_link_phrase(broken):
    assert broken(('{link: "contributes to", contributes: true}', "contributes to")) == ()
    (found,) = broken(
        (EPICS, "  - {id: growth, title: Growth}\n" + EPICS),
        ('{link: "contributes to", contributes: true}', "grwth"),
    )
    assert (found.code, found.severity) == ("unknown-objective", Severity.WARNING)


def test_a_quarter_inside_a_year_does_not_overlap(broken):
    assert broken(("cycles:\n", 'cycles:\n  - {id: "2026", start: 2026-01-01, end: 2026-12-31}\n')) == ()


def test_a_comma_in_braces_is_explained(broken):
    found = broken(("relation: child", "relation: {jql: priority in (Highest, High)}"))
    assert any("comma" in one.remedy for one in found)


def test_a_document_made_in_code_is_validated_without_places(complete):
    document = read_document(complete).require()
    twice = document.model_copy(update={"objectives": document.objectives * 2})
    (found,) = validate(twice)
    assert (found.code, found.line) == ("duplicate-id", 0)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("x" * 78, f'"{"x" * 78}"'),
        ("x" * 79, f'"{"x" * 76}…'),
        (int("9" * 80), "9" * 80),
        (int("9" * 81), "9" * 77 + "…"),
        ("two\nlines  ", '"two lines "'),
        ("", '""'),
        ((), "()"),
    ],
)
def test_a_value_in_a_message_is_short_and_on_one_line(value: object, said: str) -> None:
    assert show_value(value) == said
