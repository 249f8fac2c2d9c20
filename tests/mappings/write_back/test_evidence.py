"""Which rows moved a number."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from mappings.explain.past import FieldChange
from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import Issue, IssueType, JiraValue, Link, Project, Status
from mappings.jql import compile_selector
from mappings.rollup.health import Health, HealthLevel
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.state import Cause, KeyResultState, Measurement, ObjectiveState
from mappings.write_back.evidence import Rows, UnheardEdit, changed_ends, entrances, moved_facts, moved_rows

FINE = Health(HealthLevel.ON_TRACK, "", "")


def row(id_: str, progress: int, weight: int = 1, stand_in: str = "") -> Contribution:
    return Contribution(
        id_, f"A-{id_}", "", Disposition.COUNTED, "", Fraction(weight), Fraction(progress), stand_in=stand_in
    )


def key_result(id_: str, *rows: Contribution, issue: str | None = None, number: int = 1) -> KeyResultState:
    raw = Fraction(number, 2)
    measured = Measurement(raw, raw, Cause.MEASURED, "", ledger=Ledger(rows, raw))
    return KeyResultState(id_, "r", "delivery", "delivery", "", measured, FINE, None, True, issue_id=issue)


def objective(*key_results: KeyResultState, rows: tuple[Contribution, ...] = ()) -> ObjectiveState:
    return ObjectiveState("9", "r", "", None, FINE, Ledger(rows), key_results, issue_id="9")


BEFORE = objective(
    key_result("9/delivery", row("1", 0), row("2", 1), row("3", 0, 5, "siblings_mean")),
    key_result("7", issue="7"),
    rows=(row("9/delivery", 0), row("30", 1)),
)


@pytest.mark.parametrize(
    ("after", "rows", "aligned"),
    [
        (BEFORE, set(), set()),
        (replace(BEFORE, expected=Fraction(1, 2)), set(), set()),
        (
            objective(
                key_result("9/delivery", row("1", 1), row("2", 1), row("3", 0, 6, "siblings_mean")),
                *BEFORE.key_results[1:],
                rows=BEFORE.ledger.rows,
            ),
            {"1"},
            set(),
        ),
        (
            objective(
                key_result("9/delivery", row("1", 0), row("3", 0, 5, "siblings_mean"), row("4", 0)),
                *BEFORE.key_results[1:],
                rows=BEFORE.ledger.rows,
            ),
            {"2", "4"},
            set(),
        ),
        (
            objective(BEFORE.key_results[0], key_result("7", issue="7", number=2), rows=BEFORE.ledger.rows),
            {"7"},
            set(),
        ),
        (
            objective(*BEFORE.key_results, rows=(row("9/delivery", 1), row("30", 0))),
            {"30"},
            {"30"},
        ),
        (None, {"1", "2", "3", "7", "9", "30"}, {"30"}),
    ],
    ids=[
        "nothing",
        "the clock",
        "a row, and a weight that follows",
        "came and went",
        "a metric",
        "aligned",
        "all of it",
    ],
)
def test_the_rows_that_moved(after: ObjectiveState | None, rows: set[str], aligned: set[str]) -> None:
    found = moved_rows(BEFORE, after)
    assert (found.all, found.aligned) == (rows, aligned)


def test_a_key_result_is_moved_by_its_own_rows_and_the_objective_by_all() -> None:
    found = Rows(frozenset({"1", "7"}), {"7": frozenset({"7"}), "8": frozenset()})
    assert found.behind("7", "9") == {"7"}
    assert found.behind("8", "9") == set()
    assert found.behind("9", "9") == {"1", "7"}
    assert found.behind("10", "9") == {"1", "7"}, "what is not known to have rows of its own"


KNOWN = datetime(2026, 11, 2, 9, tzinfo=UTC)
ISSUE = Issue(
    "1",
    "A-1",
    Project("100", "A", "A"),
    IssueType("2", "Story"),
    Status("3", "Doing", "indeterminate"),
    created=KNOWN,
    updated=KNOWN,
    components=(JiraValue("5", "api"), JiraValue("6", "web")),
    fields={"points": 3, "size": {"id": "1", "name": "M"}},
)


@pytest.mark.parametrize(
    ("news", "moved"),
    [
        ({"updated": KNOWN + timedelta(hours=1)}, set()),
        ({"summary": "Another", "key": "B-1"}, set()),
        (
            {"status": Status("4", "Done", "done"), "resolution": JiraValue("1", "Done")},
            {"status", "resolution"},
        ),
        ({"status": Status("3", "In work", "indeterminate")}, set()),
        ({"status": Status("3", "Doing", "done")}, {"statusCategory"}),
        ({"components": (JiraValue("6", "web"), JiraValue("5", "API"))}, set()),
        ({"components": (JiraValue("5", "api"),), "parent_id": "9"}, {"components", "parent"}),
        ({"fields": {"size": {"id": "1", "name": "Medium"}, "other": 1}}, {"points"}),
        ({"fields": {"points": 5, "size": None}}, {"points", "size"}),
    ],
)
def test_what_moved_is_told_by_id(news: dict[str, object], moved: set[str]) -> None:
    def same(_field: str, left: object, right: object) -> bool:
        return isinstance(left, dict) and isinstance(right, dict) and left["id"] == right["id"]

    assert moved_facts(ISSUE, replace(ISSUE, **news), ("points", "size"), same) == moved  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("moved", "told", "explained"),
    [
        ({"status"}, {"status": 1}, True),
        ({"status"}, {"status": 0}, False),
        ({"status"}, {"status": -1}, False),
        ({"status"}, {"summary": 1}, False),
        ({"status", "points"}, {"status": 1}, False),
        ({"status", "points"}, {"status": 1, "points": 2}, True),
        ({"statusCategory"}, {"statusCategory": 1, "status": 1}, False),
        (set(), {}, True),
    ],
)
def test_an_edit_explains_what_its_history_tells_of(
    moved: set[str], told: dict[str, int], explained: bool
) -> None:
    steps = [FieldChange(KNOWN + timedelta(hours=hours), name, None, None) for name, hours in told.items()]
    edit = UnheardEdit(KNOWN, KNOWN + timedelta(days=1), frozenset(moved))
    assert edit.told_by(steps) is explained


@pytest.mark.parametrize(
    ("known", "at", "explained"),
    [(0, 0, False), (0, 226, False), (0, 999, False), (0, 1000, True), (300, 999, False), (300, 1000, True)],
)
def test_what_happened_in_the_second_that_was_known_last_was_seen(
    known: int, at: int, explained: bool
) -> None:
    """It would explain what changed later without an edit, once somebody comments on the issue. In milliseconds."""
    step = FieldChange(KNOWN + timedelta(milliseconds=at), "points", None, None)
    edit = UnheardEdit(
        KNOWN + timedelta(milliseconds=known), KNOWN + timedelta(days=1), frozenset({"points"})
    )
    assert edit.told_by([step]) is explained
    later = FieldChange(KNOWN + timedelta(hours=1), "points", None, None)
    assert edit.told_by([step, later])


def link(to: str, outward: bool | None = True, phrase: str = "blocks", type_id: str = "1") -> Link:
    return Link(type_id, "Blocks", phrase, to, outward)


@pytest.mark.parametrize(
    ("old", "new", "ends"),
    [
        ((link("2"),), (link("2"),), set()),
        ((link("2"), link("3")), (link("3"), link("2", phrase="holds up")), set()),
        ((link("2"),), (), {"2"}),
        ((link("2"),), (link("3"),), {"2", "3"}),
        ((link("2"),), (link("2", type_id="9"),), {"2"}),
        ((link("2"),), (link("2", outward=False),), {"2"}),
        ((link("2", outward=None),), (link("2"),), set()),
    ],
)
def test_the_other_ends_of_links_that_came_or_went(
    old: tuple[Link, ...], new: tuple[Link, ...], ends: set[str]
) -> None:
    before, after = replace(ISSUE, links=old), replace(ISSUE, links=new)
    assert changed_ends(before, after) == ends
    assert moved_facts(before, after, (), lambda *_: False) == ({"issuelinks"} if ends else set())


def test_links_that_went_with_an_issue_need_no_word() -> None:
    edit = UnheardEdit(KNOWN, KNOWN, frozenset({"issuelinks", "status"}), frozenset({"2"}))
    assert edit.without_links() == UnheardEdit(KNOWN, KNOWN, frozenset({"status"}))


@pytest.mark.parametrize(
    ("told", "explained"),
    [({"labels": 1}, True), ({"labels": -1}, False), ({"priority": 1}, False), ({}, False)],
)
def test_one_entry_that_could_bring_it_in_explains_an_issue_that_came(
    told: dict[str, int], explained: bool
) -> None:
    steps = [FieldChange(KNOWN + timedelta(hours=hours), name, None, None) for name, hours in told.items()]
    edit = UnheardEdit(KNOWN, KNOWN + timedelta(days=1), frozenset({"labels", "project"}), came=True)
    assert edit.told_by(steps) is explained


@pytest.mark.parametrize(
    ("jql", "fields"),
    [
        ("project = 100", {"project", "issuekey", "security"}),
        (
            "project = 100 AND component = api AND fixVersion = 2 AND level is not EMPTY",
            {"project", "issuekey", "security", "components", "fixVersions"},
        ),
        (
            "statusCategory = Done OR issueLinkType is not EMPTY OR labels = okr",
            {"project", "issuekey", "security", "status", "issuelinks", "labels"},
        ),
        (
            'project = 100 AND issue in linkedIssues("A-1")',
            {"project", "issuekey", "security", "issuelinks"},
        ),
        ("project = 100 AND updated >= -30d", set()),
    ],
)
def test_what_may_bring_an_issue_into_a_scope(jql: str, fields: set[str]) -> None:
    assert entrances(compile_selector(jql, Catalogue())) == fields
