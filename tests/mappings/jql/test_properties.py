"""Whatever the text, the answer is a tree or findings; and closures say what a slow interpreter says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.diagnostic import Severity
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.issue import Issue, IssueType, JiraValue, Project, Status, User
from mappings.facts.moment import Moment
from mappings.jql import JqlError, JqlFinding, JqlQuery, check, compile_selector, parse, sort_key
from mappings.jql.text.tree import conditions
from tests.examples import examples

NOW = Moment(datetime(2026, 11, 22, 17, 30, tzinfo=UTC), account_id="u1")
STATUSES = (
    Status("1", "To Do", "new"),
    Status("2", "Doing", "indeterminate"),
    Status("3", "Done", "done"),
    Status("4", "done", "done"),
)
TYPES = (IssueType("1", "Story"), IssueType("2", "Bug"), IssueType("3", "Epic", 1))
PROJECTS = (Project("1", "PLAT", "Platform"), Project("2", "CORE", "plat"))
RESOLUTIONS = (JiraValue("1", "Fixed"), JiraValue("2", "Won't Do"))
SITE = Catalogue(
    statuses=STATUSES,
    issue_types=TYPES,
    projects=PROJECTS,
    resolutions=RESOLUTIONS,
    fields=(Field("customfield_1", "Points", "number"), Field("customfield_2", "Colour", "option")),
)

_PIECES = """status x cf cf[1] cf[10010] [ ] ( ) , = != ! ~ !~ < > <= >= in not is was changed EMPTY and or && || order by
asc desc before from 1 -2 "q" 's' " ' \\ \\u0041 now() currentUser() startOfDay( -1d 2026-10-01 select summary created due
labels project key parent priority text # ; - * ? é"""
PIECES = _PIECES.split()
TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join),
    st.lists(st.sampled_from(PIECES), max_size=14).map("".join),
)


@given(text=TEXTS)
@settings(max_examples=examples(400), deadline=None)
def test_no_text_raises_anything_but_jql_errors(text: str) -> None:
    findings = check(text, SITE)
    for finding in findings:
        assert 0 <= finding.position <= finding.end <= len(text)
        assert finding.message
    query, refused = _read(text)
    assert set(refused) <= set(findings)
    if query is None or any(finding.severity is Severity.ERROR for finding in findings):
        with pytest.raises(JqlError):
            compile_selector(text, SITE)
        return
    for condition in conditions(query.where):
        assert text[condition.operand.start : condition.operand.end].strip()
    selector = compile_selector(text, SITE)
    issue = Issue("1", "PLAT-1", PROJECTS[0], TYPES[0], STATUSES[0], NOW.now, NOW.now, summary="a text")
    assert selector.matches(issue, NOW) in (True, False)
    sort_key(query, SITE)(issue)


def _read(text: str) -> tuple[JqlQuery | None, tuple[JqlFinding, ...]]:
    try:
        return parse(text), ()
    except JqlError as error:
        return None, error.findings


RAW = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["id", "value", "name", "child", "text", "content", "attrs"]), inner),
    ),
    max_leaves=8,
)


@given(raw=RAW)
@settings(max_examples=examples(150), deadline=None)
def test_no_raw_value_breaks_a_condition(raw: object) -> None:
    issue = Issue("1", "PLAT-1", PROJECTS[0], TYPES[0], STATUSES[0], NOW.now, NOW.now)
    issue = replace(issue, fields={"customfield_1": raw, "parent": raw, "description": raw})
    for types in ("number", "string", "option", "array", "date", "datetime", ""):
        site = Catalogue(fields=(Field("customfield_1", "Points", types, custom="x:textarea"),))
        operators = {
            "date": ("> -1d", "= now()"),
            "datetime": ("> -1d", "= now()"),
            "number": ("> 1", "= 2"),
            "string": ("~ word",),
        }
        for asked in (*operators.get(types, ("= word", "in (1, 'a')")), "is EMPTY"):
            jql = f"cf[1] {asked} OR parent = PLAT-9 OR description ~ word"
            assert compile_selector(jql, site).matches(issue, NOW) in (True, False)


# -- the slow interpreter: each clause is a text with the sets of what it says and what its NOT says


@dataclass(frozen=True)
class Said:
    text: str
    holds: Callable[[Issue], bool]
    fails: Callable[[Issue], bool]


Values = Callable[[Issue], set[str]]


def _quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _among(name: str, words: list[str], values: Values, *, empty: bool) -> Said:
    wanted = {word.casefold() for word in words}

    def holds(issue: Issue) -> bool:
        return bool(values(issue) & wanted) or (empty and not values(issue))

    def fails(issue: Issue) -> bool:
        return bool(values(issue)) and not values(issue) & wanted

    listed = ", ".join([*map(_quoted, words), *(["EMPTY"] if empty else [])])
    return Said(f"{name} in ({listed})", holds, fails)


def _folded(*words: str | None) -> set[str]:
    return {word.casefold() for word in words if word is not None}


NAMES: dict[str, tuple[tuple[str, ...], Values]] = {
    "project": (
        ("plat", "CORE", "Platform"),
        lambda issue: _folded(issue.project.key, issue.project.name),
    ),
    "type": (("story", "BUG", "Epic"), lambda issue: _folded(issue.type.name)),
    "status": (("to do", "Done", "doing"), lambda issue: _folded(issue.status.name)),
    "statusCategory": (("new", "done"), lambda issue: _folded(issue.status.category)),
    "resolution": (
        ("fixed", "Won't Do"),
        lambda issue: _folded(issue.resolution.name) if issue.resolution else set(),
    ),
    "labels": (("okr", "Growth", "other"), lambda issue: _folded(*issue.labels)),
    "component": (("web", "API"), lambda issue: _folded(*(one.name for one in issue.components))),
    "assignee": (
        ("u1", "Ada", "b@example.org"),
        lambda issue: (
            _folded(issue.assignee.id, issue.assignee.name, issue.assignee.email) if issue.assignee else set()
        ),
    ),
    "Colour": (
        ("red", "Blue"),
        lambda issue: (
            _folded(raw["value"]) if isinstance(raw := issue.fields.get("customfield_2"), dict) else set()
        ),
    ),
}


@st.composite
def memberships(draw: st.DrawFn) -> Said:
    name = draw(st.sampled_from(sorted(NAMES)))
    known, values = NAMES[name]
    words = draw(st.lists(st.sampled_from(known), min_size=1, max_size=3))
    return _among(name, words, values, empty=draw(st.booleans()))


@st.composite
def comparisons(draw: st.DrawFn) -> Said:
    sign = draw(st.sampled_from(["<", "<=", ">", ">="]))
    test = {
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
    }[sign]
    kind = draw(st.sampled_from(["due", "created", "Points"]))
    days = draw(st.integers(-9, 9))
    instant = NOW.now + timedelta(days=days)
    read: Callable[[Issue], object]
    if kind == "due":
        read, bound, text = lambda issue: issue.due, instant.date(), f"{days}d"
    elif kind == "created":
        read, bound, text = lambda issue: issue.created, instant, f"{days}d"
    else:
        read, bound, text = lambda issue: issue.fields.get("customfield_1"), days, str(days)

    def holds(issue: Issue) -> bool:
        return read(issue) is not None and test(read(issue), bound)

    def fails(issue: Issue) -> bool:
        return read(issue) is not None and not test(read(issue), bound)

    return Said(f"{kind} {sign} {text}", holds, fails)


def _not(inner: Said) -> Said:
    return Said(f"NOT ({inner.text})", inner.fails, inner.holds)


def _and(parts: list[Said]) -> Said:
    return Said(
        " AND ".join(f"({part.text})" for part in parts),
        lambda issue: all(part.holds(issue) for part in parts),
        lambda issue: any(part.fails(issue) for part in parts),
    )


def _or(parts: list[Said]) -> Said:
    return Said(
        " OR ".join(f"({part.text})" for part in parts),
        lambda issue: any(part.holds(issue) for part in parts),
        lambda issue: all(part.fails(issue) for part in parts),
    )


CLAUSES = st.recursive(
    st.one_of(memberships(), comparisons()),
    lambda inner: st.one_of(
        inner.map(_not),
        st.lists(inner, min_size=2, max_size=6).map(_and),
        st.lists(inner, min_size=2, max_size=5).map(_or),
    ),
    max_leaves=12,
)
ISSUES = st.builds(
    Issue,
    id=st.just("1"),
    key=st.just("PLAT-1"),
    project=st.sampled_from(PROJECTS),
    type=st.sampled_from(TYPES),
    status=st.sampled_from(STATUSES),
    created=st.integers(-9, 9).map(lambda days: NOW.now + timedelta(days=days)),
    updated=st.just(NOW.now),
    resolution=st.sampled_from([None, *RESOLUTIONS]),
    labels=st.lists(st.sampled_from(["okr", "OKR", "growth", "x"]), max_size=3).map(tuple),
    components=st.lists(st.sampled_from([JiraValue("7", "Web"), JiraValue("8", "Api")]), max_size=2).map(
        tuple
    ),
    assignee=st.sampled_from([None, User("u1", "Bo"), User("u2", "ada"), User("u3", "Cy", "B@example.org")]),
    due=st.one_of(st.none(), st.integers(-9, 9).map(lambda days: date(2026, 11, 22) + timedelta(days=days))),
    fields=st.fixed_dictionaries(
        {},
        optional={
            "customfield_1": st.sampled_from([None, -3, 0, 2.5, 7]),
            "customfield_2": st.sampled_from(
                [None, {"id": "1", "value": "Red"}, {"id": "2", "value": "blue"}]
            ),
        },
    ),
)


@given(said=CLAUSES, issues=st.lists(ISSUES, min_size=1, max_size=8))
@settings(max_examples=examples(200), deadline=None)
def test_closures_agree_with_the_slow_interpreter(said: Said, issues: list[Issue]) -> None:
    for site in (SITE, Catalogue(fields=SITE.fields)):
        matches = compile_selector(said.text, site).matches
        assert [matches(issue, NOW) for issue in issues] == [said.holds(issue) for issue in issues]
