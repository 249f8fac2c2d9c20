"""Every kind of key result, as a table; the docs and the registry know the same kinds."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from mappings.progress import PROGRESS_RULES, RULE_OF_KIND, ProgressOptions
from mappings.progress.options import FieldAlias, Jql, has_reading, list_marks
from mappings.rollup.health_rules import HEALTH_RULES
from mappings.rollup.rows.ledger import Disposition

F = Fraction
DOCS = Path(__file__).parents[3] / "docs" / "numbers.md"
T = {"kind": "transition", "start": "start", "current": "current", "target": "target"}
UP = {"kind": "increase", "start": "start", "current": "current"}
DOWN = {"kind": "decrease", "start": "start", "current": "current"}
BAND = {"kind": "threshold", "current": "current"}
BASE = {"kind": "baseline", "current": "current"}
UNKNOWN, NEVER = "unknown", "never_measured"

CASES = {
    "transition": [
        (T, {"start": 0, "current": 5, "target": 10}, F(1, 2), F(1, 2)),
        (T, {"start": 10, "current": 4, "target": 0}, F(3, 5), F(3, 5)),
        (T, {"start": 0, "current": 12.5, "target": 10}, F(1), F(5, 4)),
        (T, {"start": 0, "current": -5, "target": 10}, F(0), F(-1, 2)),
        (T, {"start": 0, "current": 0.1, "target": 1}, F(1, 10), F(1, 10)),
        (T, {"start": 5, "current": 5, "target": 5}, UNKNOWN, "start and target are both 5"),
        (T, {"current": 5, "target": 10}, UNKNOWN, 'start is missing: field "start" is empty'),
        (T, {"start": 0, "current": 5}, UNKNOWN, 'target is missing: field "target" is empty'),
        (T, {"start": 0, "target": 5}, NEVER, 'current is missing: field "current" is empty'),
        (T, {"target": 5}, UNKNOWN, 'start is missing: field "start" is empty'),
        (
            T,
            {"start": 0, "current": "soon", "target": 5},
            UNKNOWN,
            "current: field \"current\" holds 'soon', not a number",
        ),
        (T | {"start": 0, "target": "20"}, {"current": 5}, F(1, 4), F(1, 4)),
        (T | {"start": "begin"}, {"current": 5}, UNKNOWN, 'start: the mapping has no field "begin"'),
    ],
    "increase": [
        (UP | {"target": 20}, {"start": 10, "current": 15}, F(1, 2), F(1, 2)),
        (UP | {"by": {"amount": 5}}, {"start": 10, "current": 15}, F(1), F(1)),
        (UP | {"by": {"percent": 10}}, {"start": 50, "current": 54}, F(4, 5), F(4, 5)),
        (UP | {"by": {"percent": 10}}, {"start": -50, "current": -46}, F(4, 5), F(4, 5)),
        (
            UP | {"by": {"percent": 10}},
            {"start": 0, "current": 4},
            UNKNOWN,
            "10 % of a start of 0 is no distance",
        ),
        (
            UP | {"target": "target"},
            {"start": 9, "current": 5, "target": 3},
            UNKNOWN,
            "an increase from 9 to 3: the target is below the start",
        ),
        (UP, {"start": 9, "current": 5}, UNKNOWN, "exactly one of target and by has to be written"),
    ],
    "decrease": [
        (DOWN | {"by": {"amount": 5}}, {"start": 20, "current": 17}, F(3, 5), F(3, 5)),
        (DOWN | {"by": {"percent": 50}}, {"start": 20, "current": 15}, F(1, 2), F(1, 2)),
        (
            DOWN | {"target": "target"},
            {"start": 3, "current": 5, "target": 9},
            UNKNOWN,
            "a decrease from 3 to 9: the target is above the start",
        ),
        (
            DOWN | {"by": {"amount": "target"}},
            {"start": 3, "current": 5, "target": -9},
            UNKNOWN,
            "a decrease from 3 to 12: the target is above the start",
        ),
    ],
    "threshold": [
        (BAND | {"at_least": 70, "at_most": 80}, {"current": 70}, F(1), F(1)),
        (BAND | {"at_least": 70, "at_most": 80}, {"current": 80}, F(1), F(1)),
        (BAND | {"at_least": 70, "at_most": 80}, {"current": 65}, F(1, 2), F(1, 2)),
        (BAND | {"at_least": 70, "at_most": 80}, {"current": 95}, F(0), F(-1, 2)),
        (BAND | {"at_least": 70, "at_most": 80, "tolerance": 20}, {"current": 95}, F(1, 4), F(1, 4)),
        (BAND | {"at_most": 5}, {"current": 6}, F(4, 5), F(4, 5)),
        (BAND | {"at_most": 5, "start": 15}, {"current": 10}, F(1, 2), F(1, 2)),
        (BAND | {"at_most": 0}, {"current": 6}, UNKNOWN, "the tolerance is 0: write one above 0"),
        (BAND | {"at_most": 0, "tolerance": 10}, {"current": 6}, F(2, 5), F(2, 5)),
        (
            BAND | {"at_most": 5, "start": "start"},
            {"current": 6},
            UNKNOWN,
            'start is missing: field "start" is empty',
        ),
        (
            BAND | {"at_least": 9, "at_most": 5},
            {"current": 6},
            UNKNOWN,
            "no value is at least 9 and at most 5",
        ),
        (BAND, {"current": 6}, UNKNOWN, "neither at_least nor at_most is written"),
        (BAND | {"at_most": 5}, {}, NEVER, 'current is missing: field "current" is empty'),
    ],
    "baseline": [
        (BASE, {}, F(0), F(0)),
        (BASE, {"current": 12}, F(1), F(1)),
        (BASE | {"start": "start", "target": "target"}, {"current": 12, "start": 12}, F(1), F(1)),
        (
            BASE | {"start": "start", "target": "target"},
            {"current": 12, "start": 12, "target": 10},
            F(0),
            F(0),
        ),
        (BASE, {"current": "later"}, UNKNOWN, "current: field \"current\" holds 'later', not a number"),
    ],
    "milestone": [
        ({"kind": "milestone"}, {}, F(0), F(0)),
        ({"kind": "milestone"}, {"status": "In Review"}, F(0), F(0)),
        ({"kind": "milestone"}, {"status": "Done"}, F(1), F(1)),
        ({"kind": "milestone"}, {"status": "Limbo"}, UNKNOWN, 'status "Limbo" has no category'),
        ({"kind": "milestone", "done_when": "label = live"}, {"labels": ("live",)}, F(1), F(1)),
    ],
    "delivery": [
        ({"kind": "delivery"}, {"status": "Done"}, F(1), F(1)),
        ({"kind": "delivery", "count_to": 2}, {"status": "Done"}, F(1, 2), F(1, 2)),
        ({"kind": "delivery"}, {"status": "Limbo"}, UNKNOWN, "no selected issue can be counted: 1 unknown"),
    ],
}


@pytest.mark.parametrize(
    ("options", "facts", "progress", "raw"),
    [case for cases in CASES.values() for case in cases],
)
def test_measured(a_mapping, objective, key_result, stand, an_issue, options, facts, progress, raw):
    part = key_result(options, select="type = Key Result", **{"as": "each_issue"})
    mapping = a_mapping(objective(part), fields=("start", "current", "target"))
    (found,) = stand(mapping, [an_issue(1, type="Epic"), an_issue(2, type="Key Result", parent=1, **facts)])[
        "1"
    ].key_results
    if isinstance(progress, str):
        assert (found.measurement.progress, found.measurement.cause, found.measurement.reason) == (
            None,
            progress,
            raw,
        )
    else:
        assert (found.measurement.progress, found.measurement.raw) == (progress, raw)


WRITTEN = [
    (T | {"start": 5, "target": 5}, ["start-is-target"]),
    (T | {"start": 5, "target": 6}, []),
    (T, []),
    (UP | {"start": 9, "target": 3}, ["wrong-direction"]),
    (UP | {"start": 9, "target": 9}, ["start-is-target"]),
    (UP | {"target": 3, "by": {"amount": 3}}, ["target-or-by"]),
    (UP, ["target-or-by"]),
    (UP | {"by": {"amount": -3}}, ["wrong-direction"]),
    (UP | {"by": {"percent": 0}}, ["start-is-target"]),
    (UP | {"by": {}}, ["amount-or-percent"]),
    (DOWN | {"start": 3, "target": 9}, ["wrong-direction"]),
    (DOWN | {"start": 9, "target": 3}, []),
    (BAND, ["no-bound"]),
    (BAND | {"at_least": 9, "at_most": 5, "tolerance": 1}, ["empty-band"]),
    (BAND | {"at_most": 0}, ["tolerance-zero"]),
    (BAND | {"at_most": 5, "start": 5}, ["tolerance-zero"]),
    (BAND | {"at_most": 5, "tolerance": 0}, ["tolerance-zero"]),
    (BAND | {"at_most": 0, "score": "time_in_band"}, []),
    (BASE | {"start": 1}, ["start-and-target"]),
    (BASE | {"start": 1, "target": 1}, ["start-is-target"]),
    ({"kind": "milestone", "done_when": " "}, ["empty-done-when"]),
    ({"kind": "delivery", "count_to": 5, "weight": "points"}, ["weight-not-used"]),
]


@pytest.mark.parametrize(("options", "codes"), WRITTEN)
def test_what_is_wrong_with_options_as_written(options, codes):
    part = TypeAdapter(ProgressOptions).validate_python(options)
    assert [finding.code for finding in RULE_OF_KIND[part.kind].check(part)] == codes


def test_time_in_band(a_mapping, objective, key_result, stand, an_issue, on_day):
    part = key_result(BAND | {"at_most": 5, "score": "time_in_band"}, select="type = Key Result")
    mapping = a_mapping(objective(part), fields=("current",))
    days = [datetime(2026, 10, at, 12, tzinfo=UTC) for at in (1, 11, 26)]
    issue = an_issue(
        2, type="Key Result", parent=1, current=3, readings={"current": zip(days, (9, 4, None), strict=True)}
    )
    state = stand(mapping, [an_issue(1, type="Epic"), issue], on_day("2026-10-31"))["1"]
    assert state.progress == F(20, 30)
    assert state.key_results[0].measurement.measured_at == days[-1]


@pytest.mark.parametrize(
    ("facts", "due", "late"),
    [
        ({"due": date(2026, 11, 1), "resolved": datetime(2026, 11, 1, 23, tzinfo=UTC)}, None, False),
        ({"due": date(2026, 11, 1), "resolved": datetime(2026, 11, 2, 1, tzinfo=UTC)}, None, True),
        ({"due": date(2026, 11, 1), "status_changed": datetime(2026, 11, 2, 1, tzinfo=UTC)}, None, True),
        ({"resolved": datetime(2026, 11, 2, 1, tzinfo=UTC)}, "2026-11-01", True),
        (
            {"resolved": datetime(2026, 11, 2, 1, tzinfo=UTC), "current": "2026-11-01T23:30:00.000+0100"},
            "current",
            True,
        ),
        ({"resolved": datetime(2026, 11, 2, 1, tzinfo=UTC)}, "current", False),
        # as it was then: what its fields hold raw is of today
        (
            {
                "due": date(2026, 11, 1),
                "duedate": "2026-12-01",
                "resolved": datetime(2026, 11, 2, 1, tzinfo=UTC),
            },
            "duedate",
            True,
        ),
    ],
)
def test_a_milestone_done_after_its_date_is_done_and_late(
    a_mapping, objective, key_result, stand, an_issue, facts, due, late
):
    mapping = a_mapping(
        objective(key_result({"kind": "milestone", "due": due})), fields=("current", "duedate")
    )
    state = stand(mapping, [an_issue(1, type="Epic"), an_issue(2, parent=1, status="Done", **facts)])["1"]
    assert state.progress == 1
    assert state.key_results[0].measurement.late is late


def table(heading: str) -> set[str]:
    """The first column of the table under a heading of the docs."""
    _, _, rest = DOCS.read_text(encoding="utf-8").partition(f"\n## {heading}\n")
    return set(re.findall(r"^\| `([^`]+)`", rest.partition("\n## ")[0], re.MULTILINE))


def test_registered_documented_and_tested_kinds_are_the_same():
    registered = {rule.kind for rule in PROGRESS_RULES}
    assert registered == table("Kinds of key result"), "docs/numbers.md has a row for each kind"
    assert registered == set(CASES), "CASES, above, has some for each kind"


def test_every_health_rule_and_disposition_is_documented():
    assert table("Health") == set(HEALTH_RULES)
    assert table("What becomes of a row") == {str(disposition) for disposition in Disposition}


BETWEEN = ["current*", "start", "target"]
STEPS = ["amount", "current*", "percent", "start", "target"]
TRAITS = {
    "delivery": ("delivery", "rows timed", ["weight"], []),
    "transition": ("outcome", "timed reading", BETWEEN, []),
    "increase": ("outcome", "timed reading", STEPS, []),
    "decrease": ("outcome", "timed reading", STEPS, []),
    "threshold": ("outcome", "reading", ["at_least", "at_most", "current*", "start", "tolerance"], []),
    "baseline": ("outcome", "reading", BETWEEN, []),
    "milestone": ("delivery", "status", ["due"], ["done_when"]),
}


def test_what_each_kind_is_and_which_of_its_options_are_fields_and_jql():
    """A star: every change of that field is a reading."""
    found = {}
    for rule in PROGRESS_RULES:
        flags = {"rows": rule.by_rows, "status": rule.by_status, "timed": rule.timed}
        flags["reading"] = has_reading(rule.options)
        fields = {
            f"{name}{'*' if mark.history else ''}" for name, mark in list_marks(rule.options, FieldAlias)
        }
        jql = sorted(name for name, _ in list_marks(rule.options, Jql))
        words = " ".join(name for name, given in flags.items() if given)
        found[rule.kind] = (rule.nature, words, sorted(fields), jql)
    assert found == TRAITS
