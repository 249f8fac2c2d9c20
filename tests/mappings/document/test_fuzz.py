"""Whatever stands in a text: diagnostics, never an exception, never a hang."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings import presets
from mappings.diagnostic import Severity
from mappings.document.binder import bind_leniently
from mappings.document.mapping import Mapping
from mappings.document.text.canonical import to_json
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Catalogue
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue, IssueType, JiraValue, Link, Project, Status
from mappings.facts.moment import Moment
from mappings.rollup.measurement import assess
from tests.examples import examples

PIECES = [
    ":", "- ", "\n", "\n  ", "\n    ", "{", "}", "[", "]", ",", "'", '"', "#", "&a", "*a", "!!str", "|", ">-", "---", "...", "%", "@", "`", "\t",
    "?", "<<", "~", "null", "true", "on", "0x1f", "1e9", "2026-10-01", "\ufeff", "\u2028", "\x00", "\\", "é", "version", "1", "name", "scope",
    "objectives", "key_results", "progress", "kind", "transition", "select", "project = X", "fields", "id", "cycles", "start", "end", "write_back",
    "set", "value", "health", "relation", "weight", "by", "kpis", "source", "statuses", "overrides", "brake",
]  # fmt: skip


NOW = Moment(datetime(2026, 11, 20, 12, tzinfo=UTC))
PLAT = Project("1", "PLAT", "Platform")
KINDS = {
    name: IssueType(name, name, level)
    for name, level in [
        ("Epic", 1),
        ("Key Result", 0),
        ("Story", 0),
        ("Bug", 0),
        ("Initiative", 2),
        ("Objective", 1),
    ]
}
STATUSES = [
    Status("1", "To Do", "new"),
    Status("2", "In Progress", "indeterminate"),
    Status("3", "Done", "done"),
    Status("4", "Odd", None),
]
ODD_VALUES = [None, 3, -1.5, 0, "7", "x", {"value": "3"}, [1], True, "project = PLAT", "a = ", 1e300]
NAMES = [
    "KR start",
    "KR current",
    "KR target",
    "KR weight",
    "KR query",
    "Story point estimate",
    "OKR progress",
    "OKR health",
]


def odd_issue(number: int, kind: str, parent: int | None) -> Issue:
    chance = random.Random(number)
    born = NOW.now - timedelta(days=number)
    return Issue(
        str(number), f"PLAT-{number}", PLAT, KINDS[kind], chance.choice(STATUSES), born, born,
        parent_id=None if parent is None else str(parent), labels=("okr", "2026-Q4") if chance.random() < 0.8 else (),
        resolution=chance.choice([None, JiraValue("1", "Won't Do"), JiraValue("2", "Not Achieved")]),
        links=(Link("1", "Contributes", "contributes to", str(chance.randint(1, 12))), Link("2", "Measures", "is measured by", str(chance.randint(1, 12)))),
        fields={name: chance.choice(ODD_VALUES) for name in NAMES},
    )  # fmt: skip


FOREST = Forest.of(
    [
        odd_issue(1, "Initiative", None),
        odd_issue(2, "Epic", 1),
        odd_issue(3, "Epic", 4),
        odd_issue(4, "Epic", 3),
        odd_issue(5, "Objective", 1),
    ]
    + [
        odd_issue(number, ["Key Result", "Story", "Bug"][number % 3], 2 + number % 4)
        for number in range(6, 26)
    ]
)


def nothing_raised(text: str, file: str = "") -> None:
    result = read_document(text, file)
    for one in result.diagnostics:
        assert one.code
        assert one.message
        assert one.line >= 1
        assert one.column >= 1
        assert str(one)
    if result.document is None:
        assert any(one.severity is Severity.ERROR for one in result.diagnostics)
    else:
        computes(bind_leniently(result.document, Catalogue()).mapping)


def computes(mapping: Mapping | None) -> None:
    """A mapping that was accepted measures anything without an exception, with ledgers that sum."""
    if mapping is not None:
        for state in assess(mapping, FOREST, NOW).values():
            assert state.ledger.exact


@given(st.text(max_size=200))
@settings(max_examples=examples(120), deadline=None)
def test_any_text(text):
    nothing_raised(text)


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
@settings(max_examples=examples(120), deadline=None)
def test_texts_of_yaml_pieces(text):
    nothing_raised(text)
    nothing_raised("{" + text, "a.json")


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(PIECES), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(PIECES) | st.text(max_size=5), inner, max_size=4)),
    max_leaves=12,
)  # fmt: skip


def replaced(plain: object, chance: random.Random, value: object) -> object:
    """The tree with one of its places, somewhere, replaced."""
    if isinstance(plain, dict) and plain and chance.random() < 0.85:
        key = chance.choice(sorted(plain))
        if chance.random() < 0.1:
            return {name: inner for name, inner in plain.items() if name != key} | {"unknown": value}
        return {**plain, key: replaced(plain[key], chance, value)}
    if isinstance(plain, list) and plain and chance.random() < 0.85:
        at = chance.randrange(len(plain))
        return [*plain[:at], replaced(plain[at], chance, value), *plain[at + 1 :]]
    return value


@given(st.sampled_from(presets.names()), st.lists(json_values, min_size=1, max_size=2), st.integers(0, 2**32))
@settings(max_examples=examples(100), deadline=None)
def test_presets_with_places_replaced(name, values, seed):
    plain = json.loads(to_json(read_document(presets.text(name)).require()))
    chance = random.Random(seed)
    for value in values:
        plain = replaced(plain, chance, value)
    nothing_raised(json.dumps(plain))


@given(st.sampled_from(presets.names()), st.integers(0, 4000), st.integers(0, 40), st.sampled_from(PIECES))
@settings(max_examples=examples(80), deadline=None)
def test_presets_with_characters_replaced(name, at, length, piece):
    text = presets.text(name)
    at %= len(text)
    nothing_raised(text[:at] + piece + text[at + length :])


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 2000,
        "a: " + "{a: " * 2000,
        "a: " + "'" * 20001,
        "? " * 3000,
        "a: &a [*a]",
        "&a a: *a",
        "a: &x {b: *x}",
        "version: 1\nname: x\nscope: " + "(" * 3000 + "\nobjectives: []",
        "version: 1\nname: x\nscope: " + "a = 1 AND " * 3000 + "\nobjectives: []",
        '{"a":' * 3000,
        "1" * 100_000,
        "a: " + "1" * 100_000,
        "a: 1e" + "9" * 5000,
        "version: 1\n" * 500,
        "!!binary x",
        "!!timestamp 2026-01-01",
        "a: !!set {x, y}",
        "<<: {version: 1}",
        "{[a]: b}",
        "{{a: b}: c}",
        "%YAML 9.9\n---\na: 1",
        "a: 'x\x01y'",
        "\ud800",
    ],
)
def test_hostile_texts(text):
    nothing_raised(text)


@pytest.mark.parametrize("name", presets.names())
def test_presets_compute_over_odd_issues(name):
    mapping = bind_leniently(read_document(presets.text(name)).require(), Catalogue()).mapping
    assert mapping is not None
    assert assess(mapping, FOREST, NOW)
    computes(mapping)


WORDS = st.sampled_from(
    ["child", "descendant", "each_issue", "one_key_result", "mean", "minimum", "done_ratio", "all", "weighted", "split", "both", "through_parent",
     "aspirational", "zero", "one", "error", "kr_start", "points", "equal", "time_estimate", "2026-Q4", "issuetype = Story", "labels = okr",
     0, 1, -1, 2.5, True, "leave", "progress", "pace", "summary", "raw_percent", {"jql": "issuetype = Bug"}, {"link": "is measured by"},
     {"jql_field": "kr_query"}, {"kind": "milestone"}, {"kind": "delivery", "count_to": 3}, {"kind": "baseline", "current": "kr_current"},
     {"kind": "threshold", "current": "kr_current", "at_most": 3}, {"kind": "increase", "start": 1, "current": "kr_current", "by": {"percent": 10}}]
)  # fmt: skip


@given(st.sampled_from(presets.names()), st.lists(WORDS, min_size=1, max_size=4), st.integers(0, 2**32))
@settings(max_examples=examples(70), deadline=None)
def test_what_is_accepted_computes(name, values, seed):
    document = read_document(presets.text(name)).require()
    chance = random.Random(seed)
    plain = json.loads(to_json(document))
    for value in values:
        changed = replaced(plain, chance, value)
        if read_document(json.dumps(changed)).document is not None:
            plain = changed
    nothing_raised(json.dumps(plain))
