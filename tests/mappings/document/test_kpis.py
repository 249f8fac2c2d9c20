"""KPIs in the document: every contradiction is found, at its place, with what to write instead."""

from __future__ import annotations

import pytest

from mappings.document.text.shape import kinds_at
from mappings.document.text.source import read_document
from mappings.practice.lint import lint_document

HEAD = """
version: 1
name: watched
scope: project = PLAT
objectives:
  - {id: well, title: Well, owner: Ada}
kpis:
"""
PUSHED = "  - {id: %s, name: N, source: {kind: push}, healthy: {at_most: 5}%s}\n"


def findings(kpis: str) -> list[tuple[str, str]]:
    """Code and place of each error and warning."""
    found = read_document(HEAD + kpis).diagnostics
    return [(one.code, one.path) for one in found if one.severity != "advice"]


def pushed(more: str = "", id_: str = "a") -> str:
    return PUSHED % (id_, more and f", {more}")


def formula(expr: str, of: str = "{x: a}", more: str = "", id_: str = "f") -> str:
    return f'  - {{id: {id_}, name: N, source: {{kind: formula, expr: "{expr}", of: {of}}}, healthy: {{at_most: 5}}{more and ", " + more}}}\n'


def test_everything_at_once_is_accepted() -> None:
    whole = (
        "owner: Ada, unit: percent, direction: keep, watch: {at_most: 8}, indicator: leading, perspective: process, cadence: hourly, grace: 90m, "
        "aggregate: mean, min_readings: 3, targets: {shape: linear, points: [{from: 2026-10-01, at_most: 5}, {from: 2026-12-31, at_most: 3}]}, "
        "promote: {after: 2, objective: well}, revert: {after: 4}"
    )
    assert findings(pushed(whole) + formula("min(x, 2) / 3", more="cadence: daily")) == []


CONTRADICTIONS = [
        ("watch: {at_most: 4}", "narrow-watch", "kpis[0].watch.at_most"),
        ("watch: {at_least: 1}", "narrow-watch", "kpis[0].watch.at_least"),
        ("watch: {}", "no-bound", "kpis[0].watch"),
        ("watch: {at_least: 9, at_most: 8}", "empty-band", "kpis[0].watch"),
        ("direction: up", "wrong-direction", "kpis[0].direction"),
        ("direction: sideways", "unknown-value", "kpis[0].direction"),
        ("targets: {points: []}", "too-few", "kpis[0].targets.points"),
        ("targets: {points: [{from: 2026-10-01}]}", "no-bound", "kpis[0].targets.points[0]"),
        ("targets: {points: [{at_most: 3}]}", "missing-key", "kpis[0].targets.points[0]"),
        ("targets: {points: [{from: 2026-10-01, at_most: 3}, {from: 2026-10-01, at_most: 2}]}", "points-out-of-order", "kpis[0].targets.points[1].from"),
        ("targets: {points: [{from: 1 October, at_most: 3}]}", "not-a-date", "kpis[0].targets.points[0].from"),
        ("promote: {objective: well, create: {type: Task, project: PLAT}}", "nothing-to-relate", "kpis[0].promote.create"),
        ("promote: {objective: well, create: {type: Task, relation: {label: x}}}", "missing-key", "kpis[0].promote.create"),
        ("promote: {objective: CORE-12, create: {type: Task, relation: {label: a b}}}", "bad-form", "kpis[0].promote.create.relation.label"),
        ("promote: {objective: CORE-12, create: {type: Task, fields: {start: nowhere}}}", "unknown-alias", "kpis[0].promote.create.fields.start"),
        ("promote: {objective: CORE-12, create: {project: PLAT}}", "missing-key", "kpis[0].promote.create"),
        ("grace: soon", "bad-form", "kpis[0].grace"),
        ("grace: 32d", "out-of-range", "kpis[0].grace"),
        ("grace: 745h", "out-of-range", "kpis[0].grace"),
        ("cadence: yearly", "unknown-value", "kpis[0].cadence"),
        ("aggregate: median", "unknown-value", "kpis[0].aggregate"),
        ("min_readings: 0", "out-of-range", "kpis[0].min_readings"),
        ("cadence: each, min_readings: 2", "out-of-range", "kpis[0].min_readings"),
        ("cadence: each, grace: 1h", "option-without-effect", "kpis[0].grace"),
        ("promote: {objective: nowhere}", "unknown-objective", "kpis[0].promote.objective"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "code", "path"), CONTRADICTIONS)
def test_what_contradicts_itself(more: str, code: str, path: str) -> None:
    assert findings(pushed(more)) == [(code, path)]


@pytest.mark.parametrize(
    ("healthy", "more", "found"),
    [
        ("at_least: 3, at_most: 5", "watch: {at_least: 3, at_most: 5}", []),
        ("at_least: 3, at_most: 5", "watch: {at_least: 2.5, at_most: 5.5}", []),
        ("at_least: 3, at_most: 5", "watch: {at_least: 3.5}", ["narrow-watch"]),
        ("at_least: 3, at_most: 5", "watch: {at_most: 4.5}", ["narrow-watch"]),
        ("at_least: 3", "direction: up", []),
        ("at_least: 3", "direction: keep", []),
        ("at_least: 3", "direction: down", ["wrong-direction"]),
        ("at_most: 3", "direction: down", []),
        ("at_least: 3, at_most: 5", "direction: up", []),
        ("at_least: 3, at_most: 5", "direction: down", []),
    ],
)
def test_a_watch_is_as_wide_and_a_direction_goes_against_no_only_bound(
    healthy: str, more: str, found: list[str]
) -> None:
    kpi = pushed(more).replace("at_most: 5}", f"{healthy}}}", 1)
    assert [code for code, _ in findings(kpi)] == found


@pytest.mark.parametrize(
    ("low", "bound", "valid"), [("at_least", "at_least", "up"), ("at_most", "at_most", "down")]
)
def test_a_wrong_direction_says_its_bound_and_what_is_valid(low: str, bound: str, valid: str) -> None:
    against = {"at_least": "down", "at_most": "up"}[low]
    kpi = pushed(f"direction: {against}").replace("at_most: 5}", f"{low}: 5}}", 1)
    (found,) = [one for one in read_document(HEAD + kpi).diagnostics if one.severity == "error"]
    assert (found.message, found.valid) == (
        f"the direction {against} goes against the only bound, {bound}",
        (valid, "keep"),
    )


@pytest.mark.parametrize(
    "more", ["grace: 31d", "grace: 744h", "grace: 9999m", "promote: {objective: well, after: 1000}"]
)
def test_the_largest_that_is_allowed_is(more: str) -> None:
    assert findings(pushed(more)) == []


def test_the_next_after_it_is_not() -> None:
    assert findings(pushed("grace: 745h")) == [("out-of-range", "kpis[0].grace")]
    assert findings(pushed("promote: {objective: well, after: 1001}")) == [
        ("out-of-range", "kpis[0].promote.after")
    ]


def test_every_circle_is_told_once_whatever_stands_between() -> None:
    circles = [formula("x", f"{{x: {of}}}", id_=id_) for id_, of in ("bc", "cb", "de", "ed")]
    assert findings(circles[0] + pushed() + "".join(circles[1:])) == [
        ("kpis-in-a-circle", "kpis[0].source.of"),
        ("kpis-in-a-circle", "kpis[3].source.of"),
    ]


def test_an_id_stands_in_addresses() -> None:
    assert findings(pushed(id_="'a/b'")) == [("bad-form", "kpis[0].id")]


FORMULAS = [
        (formula("x", "{x: b}"), "unknown-kpi", "kpis[1].source.of.x"),
        (formula("x ** 2"), "bad-formula", "kpis[1].source.expr"),
        (formula("x + y"), "bad-formula", "kpis[1].source.expr"),
        (formula("x", "{x: a, min: a}"), "bad-formula", "kpis[1].source.of.min"),
        (formula("x", "{x: a, y: a}"), "option-without-effect", "kpis[1].source.of.y"),
        (formula("x", more="cadence: hourly"), "coarse-operand", "kpis[1].source.of.x"),
        (formula("x", more="grace: 1h"), "option-without-effect", "kpis[1].grace"),
        (formula("x", "{}"), "too-few", "kpis[1].source.of"),
        (formula("x", "{X: a}"), "unknown-key", "kpis[1].source.of.X"),
        ("  - {id: f, name: N, source: {kind: formula, of: {x: a}}, healthy: {at_most: 5}}\n", "missing-key", "kpis[1].source"),
        ("  - {id: f, name: N, source: {kind: formular}, healthy: {at_most: 5}}\n", "unknown-kind", "kpis[1].source.kind"),
        ("  - {id: f, name: N, source: {kind: push, jql: x}, healthy: {at_most: 5}}\n", "unknown-key", "kpis[1].source.jql"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "path"), FORMULAS)
def test_formulas_and_sources(text: str, code: str, path: str) -> None:
    assert (code, path) in findings(pushed() + text)


def test_the_place_of_a_fault_in_a_formula_is_its_character() -> None:
    (found,) = read_document(HEAD + pushed() + formula("x + 1e5")).diagnostics[-1:]
    assert (found.code, found.line, found.column) == ("bad-formula", 9, 57)


def test_a_kind_of_source_that_is_none_names_those_there_are() -> None:
    found = read_document(
        HEAD + "  - {id: f, name: N, source: {kind: pusch}, healthy: {at_most: 5}}\n"
    ).diagnostics
    (one,) = [each for each in found if each.code == "unknown-kind"]
    assert one.valid == kinds_at(("kpis", 0, "source"))
    assert {"jql_count", "push", "csv", "formula"} <= set(one.valid)
    assert "no kind of KPI source called" in one.message
    assert "push" in one.message


def test_a_circle_is_refused_with_its_path() -> None:
    text = formula("y", "{y: c}", id_="b") + formula("z", "{z: d}", id_="c") + formula("b", "{b: b}", id_="d")
    found = [one for one in read_document(HEAD + text).diagnostics if one.severity == "error"]
    assert [(one.code, one.path) for one in found] == [("kpis-in-a-circle", "kpis[0].source.of")]
    assert "b → c → d → b" in found[0].message
    itself = read_document(HEAD + formula("x", "{x: f}")).diagnostics
    assert "f → f" in next(one.message for one in itself if one.code == "kpis-in-a-circle")


def test_what_is_wrong_elsewhere_is_told_beside_a_broken_source() -> None:
    text = "  - {id: f, name: N, source: {kind: formula}, healthy: {at_most: 5}, direction: up}\n" + pushed(
        "watch: {at_most: 1}"
    )
    codes = [code for code, _ in findings(text)]
    assert sorted(codes) == ["missing-key", "missing-key", "narrow-watch", "wrong-direction"]


@pytest.mark.parametrize(
    ("kpis", "codes"),
    [
        (pushed("owner: Ada"), []),
        (pushed(), ["not-owned"]),
        (pushed("owner: Ada, indicator: lagging"), ["only-lagging"]),
        (pushed("owner: Ada, indicator: lagging") + pushed("owner: Ada", id_="b"), []),
        (pushed("owner: Ada, perspective: our own"), []),
        (pushed("owner: Ada, perspective: finance"), ["empty-perspective"]),
    ],
)
def test_advice(kpis: str, codes: list[str]) -> None:
    document = read_document(HEAD + kpis).require()
    assert [one.code for one in lint_document(document) if one.path.startswith("kpis")] == codes


def test_what_is_asked_or_worked_out_period_by_period_needs_periods() -> None:
    counted = '  - {id: c, name: C, source: {kind: jql_count, jql: "type = Bug"}, healthy: {at_most: 5}, cadence: %s}\n'
    assert findings(counted % "each") == [("no-period", "kpis[0].cadence")]
    assert findings(counted % "weekly") == []
    assert findings(pushed("cadence: each")) == []
    assert ("no-period", "kpis[1].cadence") in findings(pushed() + formula("x * 2", more="cadence: each"))
