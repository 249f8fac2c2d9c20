"""From key result to KPI: which are proposed, what is written of them, and where that stands in a text."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from mappings.document.text.canonical import list_text
from mappings.document.text.source import read_document
from mappings.kpi.creation import Hindrance
from mappings.kpi.promotion import ClosedCycle, in_chains, kpi_of, upkeep, watched_as, with_kpi
from mappings.rollup.rows.ledger import Ledger
from mappings.rollup.state import Cause, Health, HealthLevel, KeyResultState, Measurement, ObjectiveState

TEXT = """version: 1
name: shop
scope: project = SHOP
fields: {nps: {id: customfield_1}}
cycles: {every: quarter}   # calendar quarters
objectives:
  - id: epics
    select: issuetype = Epic
    cycle: current
    key_results:
      - {id: score, progress: {kind: transition, start: 0, current: nps, target: 40}}
      - {id: work, progress: {kind: delivery}}
"""
BUGS = "      - {id: bugs, progress: {kind: decrease, start: 9, current: {kpi: open-bugs}, target: 5}}\n"
KPIS = """
# What is watched.
kpis:
  - id: open-bugs
    name: Open bugs   # by hand
    source: {kind: push}
    healthy: {at_most: 5}

# What is written.
write_back: []
"""
WATCHED = TEXT + BUGS + KPIS
DOCUMENT = read_document(WATCHED).require()
PARTS = {one.id: one for one in DOCUMENT.objectives[0].key_results}
LEVELS = {
    "a": HealthLevel.ACHIEVED,
    "n": HealthLevel.AT_RISK,
    "?": HealthLevel.UNKNOWN,
    "p": HealthLevel.PENDING,
}
MEASURED = Measurement(Fraction(1), Fraction(1), Cause.MEASURED, "m", start=Fraction(0), target=Fraction(40))


def key_result(rule: str = "score", level: str = "a", **more: Any) -> KeyResultState:
    health = Health(LEVELS[level], "x", "x")
    made = KeyResultState(
        "7", rule, "transition", "outcome", "Net promoter score", MEASURED, health, None, True, "7", "SHOP-7",
        owner="Ada",
    )  # fmt: skip
    return replace(made, **more)


def cycles(levels: str) -> list[ClosedCycle]:
    """Closed quarters in which it ended so; `-` where it was not there."""
    health, ledger = Health(HealthLevel.ACHIEVED, "x", "x"), Ledger()
    return [
        ClosedCycle(
            date(2026 + number // 4, number % 4 * 3 + 3, 28),
            (ObjectiveState("1", "epics", "Aim", None, health, ledger, () if level == "-" else (key_result(level=level),)),),
        )
        for number, level in enumerate(levels)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("levels", "dismissed", "running"),
    [
        ("aaa", None, 3),
        ("naa-a?p", None, 3),
        ("aaan", None, None),
        ("aa", None, None),
        ("aaa", date(2026, 9, 28), None),  # a no to three
        ("aaaaa", date(2026, 9, 28), None),  # two further ones
        ("aaaaaa", date(2026, 9, 28), 3),  # the third further one
        ("aaaana", date(2026, 9, 28), None),
    ],
)
def test_what_is_achieved_running_is_proposed_and_after_a_no_counts_anew(levels, dismissed, running):
    said = {} if dismissed is None else {"7": dismissed}
    found = upkeep(cycles(levels), 3, said)
    assert [(one.key_result.id, one.objective.id, one.cycles) for one in found] == (
        [] if running is None else [("7", "1", running)]
    )
    if found:
        last = max(index for index, level in enumerate(levels) if level != "-")
        assert found[0].until == cycles(levels)[last].end


@pytest.mark.parametrize(
    ("measured", "healthy"),
    [
        ({"start": 0, "target": 40}, "at_least: 40"),
        ({"start": 90, "target": Fraction(805, 10)}, "at_most: 80.5"),
        ({"start": 0, "target": Fraction(10, 3)}, "at_least: 3.3333333333"),
        ({"at_least": 70, "at_most": 80, "start": 90, "target": 80}, "at_least: 70\n      at_most: 80"),
        ({"at_most": 5, "start": None, "target": None}, "at_most: 5"),
    ],
)
def test_the_kpi_is_healthy_where_the_key_result_is_achieved(measured, healthy):
    numbers = {name: None if value is None else Fraction(value) for name, value in measured.items()}
    made = kpi_of(DOCUMENT, PARTS["score"], key_result(measurement=replace(MEASURED, **numbers)))
    assert list_text("kpis", [made]) == (
        "kpis:\n  - id: net-promoter-score\n    name: Net promoter score\n    source:\n      kind: jira_field\n"
        f"      issue: SHOP-7\n      field: nps\n    owner: Ada\n    healthy:\n      {healthy}\n"
    )


@pytest.mark.parametrize(
    ("part", "more", "said"),
    [
        (None, {}, "No rule of the mapping makes SHOP-7 a key result any more."),
        ("work", {}, "SHOP-7 stands at no field of one issue that could be read."),
        ("score", {"key": ""}, "7 stands at no field of one issue that could be read."),
        ("score", {"measurement": replace(MEASURED, target=None)}, "What SHOP-7 aimed at is not known, so no band follows from it."),
        ("score", {"measurement": replace(MEASURED, target=Fraction(0))}, "What SHOP-7 aimed at is not known, so no band follows from it."),
    ],
)  # fmt: skip
def test_what_cannot_be_written_of_itself_says_why(part, more, said):
    made = kpi_of(DOCUMENT, PARTS.get(part), key_result(**more))
    assert made == Hindrance(said, "Add a KPI under `kpis:` of the mapping by hand, or dismiss this.")


def test_what_is_watched_already_is_known():
    again = with_kpi(WATCHED, DOCUMENT, kpi_of(DOCUMENT, PARTS["score"], key_result()))
    watching = read_document(again).require()
    assert watched_as(DOCUMENT, PARTS["score"], key_result()) is None
    assert watched_as(watching, PARTS["score"], key_result()) == "net-promoter-score"
    for other in ("SHOP-8", "SHOP-6", "", "ZZZ-1"):
        assert watched_as(watching, PARTS["score"], key_result(key=other)) is None
    assert watched_as(DOCUMENT, PARTS["bugs"], key_result("bugs")) == "open-bugs"
    assert watched_as(DOCUMENT, PARTS["work"], key_result("work")) is None
    assert kpi_of(watching, PARTS["score"], key_result(key="SHOP-8")).id == "net-promoter-score-2"
    assert kpi_of(DOCUMENT, PARTS["score"], key_result(title="顧客")).id == "shop-7"


ADDED = """  - id: net-promoter-score
    name: Net promoter score
    source:
      kind: jira_field
      issue: SHOP-7
      field: nps
    owner: Ada
    healthy:
      at_least: 40
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (TEXT, f"{TEXT}kpis:\n{ADDED}"),
        (TEXT.rstrip(), f"{TEXT}kpis:\n{ADDED}"),
        (
            WATCHED,
            WATCHED.replace("    healthy: {at_most: 5}\n", f"    healthy: {{at_most: 5}}\n{ADDED}"),
        ),
        (
            f"{TEXT}kpis:\n# one\n- {{id: b, name: B, source: {{kind: push}}, healthy: {{at_most: 5}}}}\n",
            f"{TEXT}kpis:\n# one\n- {{id: b, name: B, source: {{kind: push}}, healthy: {{at_most: 5}}}}\n"
            + "".join(f"{line[2:]}\n" for line in ADDED.splitlines()),
        ),
    ],
)
def test_it_stands_behind_the_others_and_comments_stay(before, after):
    document = read_document(before).require()
    assert with_kpi(before, document, kpi_of(document, PARTS["score"], key_result())) == after


def test_a_form_that_nothing_can_be_put_into_is_written_anew():
    flow = f"{TEXT}kpis: [{{id: open-bugs, name: B, source: {{kind: push}}, healthy: {{at_most: 5}}}}]\n"
    document = read_document(flow).require()
    made = with_kpi(flow, document, kpi_of(document, PARTS["score"], key_result()))
    assert [one.id for one in read_document(made).require().kpis] == ["open-bugs", "net-promoter-score"]
    assert "# calendar quarters" not in made


@pytest.mark.parametrize(
    ("ids", "copies", "running"),
    [
        (("7", "8", "9"), {"7": "8", "8": "9"}, [("9", "SHOP-9", 3)]),
        (("7", "8", "8"), {"7": "8", "8": "9"}, [("9", "SHOP-9", 3)]),
        (("1/work", "2/work", "2/work"), {"1": "2"}, [("2/work", "", 3)]),
        (("7", "8", "9"), {"7": "8"}, []),
        (("7", "7", "7"), {}, [("7", "SHOP-7", 3)]),
    ],
)
def test_a_copy_is_the_same_key_result_as_what_it_continues(ids: Any, copies: Any, running: Any) -> None:
    keys = {"8": "SHOP-8", "9": "SHOP-9", "2/work": ""}
    closed = [
        replace(
            one,
            objectives=(
                replace(one.objectives[0], key_results=(key_result(id=id_, key=keys.get(id_, "SHOP-7")),)),
            ),
        )
        for one, id_ in zip(cycles("aaa"), ids, strict=True)
    ]
    found = upkeep(in_chains(closed, copies, keys), 3)
    assert [(one.key_result.id, one.key_result.key, one.cycles) for one in found] == running
