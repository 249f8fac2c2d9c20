"""What a document may not say although it has the right shape: JQL that means everything, percentages for shares, days without end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mappings.diagnostic import Diagnostic, MappingError
from mappings.document.binder import bind_leniently
from mappings.document.schema import JqlFieldRelation
from mappings.document.text.source import decode_text, read_document
from mappings.facts.catalogue import Catalogue
from mappings.rollup.assessment import Assessment
from mappings.rollup.structure.relation import held_by
from tests.mappings.document.conftest import COMPLETE
from tests.mappings.document.test_fuzz import FOREST, NOW


def findings(text: str) -> list[Diagnostic]:
    return list(read_document(text).diagnostics)


def only(text: str) -> Diagnostic:
    found = [one for one in findings(text) if one.severity == "error"]
    assert len(found) == 1, found
    return found[0]


PLACES = {
    "scope": ("scope: project in (PLAT, CORE, GROW)", "scope: {}"),
    "objectives[0].select": ("    select: issuetype = Epic AND labels = okr", "    select: {}"),
    "statuses.not_achieved": ('  not_achieved: resolution = "Not Achieved"', "  not_achieved: {}"),
    "statuses.excluded": ('  not_achieved: resolution = "Not Achieved"', "  excluded: {}"),
    "statuses.overrides[0].when": ("    - when: project = CORE", "    - when: {}"),
}


WHICH = "write which issues are meant, like project = PLAT or issuetype = Story"
LEAVE_OUT = "write a condition, or leave the key out"
REMEDIES = {
    "scope": WHICH,
    "objectives[0].select": WHICH,
    "statuses.not_achieved": LEAVE_OUT,
    "statuses.excluded": "write which issues are excluded, or `excluded: none` where none is",
    "statuses.overrides[0].when": LEAVE_OUT,
}


@pytest.mark.parametrize("jql", ['""', '"  "', "ORDER BY created", '"ORDER BY created DESC, key"'])
@pytest.mark.parametrize("path", PLACES)
def test_jql_that_would_mean_everything_is_refused_at_every_place(path: str, jql: str) -> None:
    old, new = PLACES[path]
    assert old in COMPLETE
    found = only(COMPLETE.replace(old, new.format(jql)))
    assert (found.code, found.path) == ("unrestricted", path)
    assert "every issue" in found.message
    assert found.remedy == REMEDIES[path]


def test_a_condition_that_would_mean_everything_is_left_out_instead() -> None:
    progress = "progress: {kind: delivery, weight: points}"
    assert progress in COMPLETE
    found = only(COMPLETE.replace(progress, "progress: {kind: milestone, done_when: ORDER BY created}"))
    assert (found.code, found.remedy) == ("unrestricted", LEAVE_OUT)


def test_nothing_is_excluded_by_a_word_of_its_own() -> None:
    text = COMPLETE.replace('  not_achieved: resolution = "Not Achieved"', "  excluded: none")
    mapping = bind_leniently(read_document(text).require(), Catalogue()).mapping
    assert mapping is not None
    assert not any(mapping.statuses.excluded.matches(issue, NOW) for issue in FOREST)


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("end: 2026-12-31", "end: 2026-12-31, health: {on_track: 70}", "out-of-range", "0.7 for 70 %"),
        ("end: 2026-12-31", "end: 2026-12-31, health: {at_risk: 40}", "out-of-range", "0.4 for 40 %"),
        ("indeterminate: 0.5", "indeterminate: 50", "out-of-range", "0.5 for 50 %"),
        ("end: 2026-12-31", "end: 2026-12-31, stale_after: 999999d", "bad-form", "stale_after"),
        ("end: 2026-12-31", "end: 2026-12-31, stale_after: 3661d", "out-of-range", "stale_after"),
        ("end: 2026-12-31", "end: 2026-12-31, stale_after: 523w", "out-of-range", "stale_after"),
        ("end: 2026-12-31", "end: 2026-12-31, stale_after: 0d", "out-of-range", "stale_after"),
        ("end: 2026-12-31", "end: 9999-12-31", "out-of-range", "end"),
        ("start: 2026-10-01", "start: 0001-01-01", "out-of-range", "start"),
    ],
)
def test_what_no_mapping_can_mean_is_out_of_range(old: str, new: str, code: str, says: str) -> None:
    found = only(COMPLETE.replace(old, new))
    assert found.code == code
    assert says in f"{found.message} {found.remedy}"


@pytest.mark.parametrize("number", ["10000000000000001", "-10000000000000001", "0." + "0" * 30 + "1"])
def test_numbers_beyond_reckoning_are_refused(number: str) -> None:
    old = "progress: {kind: transition, start: kr_start, current: kr_current, target: kr_target}"
    assert old in COMPLETE
    found = only(COMPLETE.replace(old, old.replace("kr_target", number)))
    assert found.code == "out-of-range"


def test_a_small_percentage_is_asked_about() -> None:
    old = "progress: {kind: transition, start: kr_start, current: kr_current, target: kr_target}"
    new = "progress: {kind: increase, start: kr_start, current: kr_current, by: {percent: 0.1}}"
    (found,) = [one for one in findings(COMPLETE.replace(old, new)) if one.code == "share-for-percent"]
    assert found.severity == "warning"
    assert "write 10" in found.remedy


@pytest.mark.parametrize(
    ("jql", "code"),
    [
        ("assignee in membersOf(staff)", "jql-unsupported-function"),
        ("Team in nosuch()", "jql-unknown-function"),
        ('"Target start" > startOfWeek("x")', "jql-bad-increment"),
        ("sprint was EMPTY", "jql-unsupported-operator"),
    ],
)
def test_what_lies_outside_the_subset_is_refused_without_a_catalogue(jql: str, code: str) -> None:
    text = COMPLETE.replace("select: issuetype = Epic AND labels = okr", f"select: '{jql}'")
    assert code in [one.code for one in findings(text) if one.severity == "error"]


def kpi(source: str) -> str:
    old = '{kind: jql_count, jql: "type = Bug AND priority = Highest AND statusCategory != Done"}'
    assert old in COMPLETE
    return COMPLETE.replace(old, source)


@pytest.mark.parametrize(
    "source", ["{kind: nosuch}", "{kind: jql_count}", "{}", "{kind: jql_count, jql: type = Bug, more: 1}"]
)
def test_a_source_that_nothing_reads_is_refused(source: str) -> None:
    assert {
        one.path.split(".kind")[0].split(".jql")[0].split(".more")[0]
        for one in findings(kpi(source))
        if one.severity == "error"
    } == {"kpis[0].source"}


@pytest.mark.parametrize(
    ("data", "line", "column", "says"),
    [
        (COMPLETE.encode("utf-16"), 1, 1, "UTF-16"),
        (b"version: 1\nname: caf\xe9\n", 2, 10, "no UTF-8"),
    ],
)
def test_a_file_of_another_encoding_is_a_diagnostic(data: bytes, line: int, column: int, says: str) -> None:
    with pytest.raises(MappingError) as refused:
        decode_text(data, "m.yaml")
    (found,) = refused.value.diagnostics
    assert (found.code, found.line, found.column, found.file) == ("encoding", line, column, "m.yaml")
    assert says in found.message
    assert "UTF-8" in found.remedy


def test_a_byte_order_mark_is_no_text() -> None:
    assert decode_text(b"\xef\xbb\xbfversion: 1") == "version: 1"


def test_a_field_that_holds_only_an_order_selects_nothing() -> None:
    text = COMPLETE.replace("fields:", "fields:\n  query: {id: KR query}")
    old = "relation: descendant"
    assert old in text
    mapping = bind_leniently(
        read_document(text.replace(old, "relation: {jql_field: query}")).require(), Catalogue()
    ).mapping
    assert mapping is not None
    rule = next(
        one for one in mapping.objectives[0].key_results if isinstance(one.part.relation, JqlFieldRelation)
    )
    assert isinstance(rule.part.relation, JqlFieldRelation)
    assessment = Assessment(mapping, FOREST, NOW)
    for jql, finds in (("ORDER BY created", 0), ("issuetype = Bug", 6)):
        holder = replace(next(iter(FOREST)), fields={"KR query": jql})
        held = held_by(assessment, rule.part.relation, holder)
        assert len(held.issues(assessment, holder)) == finds
        assert bool(held.problem) is (finds == 0)
