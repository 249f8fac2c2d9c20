"""The issue that a KPI's key result is made as, word by word: what it is, where it hangs, what hinders it, and what it is measured by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from mappings.document.mapping import Mapping
from mappings.document.names import MappingName, NameKind
from mappings.document.schema import KpiPart
from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import Issue, IssueType, Project
from mappings.kpi.band import Band
from mappings.kpi.creation import (
    Hindrance,
    PlannedIssue,
    aim_of,
    episode_label,
    misfit,
    planned_issue,
    summary_of,
)
from mappings.kpi.episode import KpiState, Proposal
from mappings.progress.options import KpiCurrent
from tests.mappings.rollup.conftest import build_issue, build_mapping, build_objective

KPI = Callable[..., KpiPart]
OBJECTIVE = build_issue(12, type="Epic")
TYPES = (IssueType("10", "Key Result", 0), IssueType("11", "Key Result", 0), IssueType("12", "Task", 0))
CATALOGUE = Catalogue(issue_types=TYPES, projects=(Project("7", "OPS", "Operations"),))
PROPOSAL = Proposal(Fraction(9), Fraction(5), "PLAT-12")
STATE = KpiState(proposal=PROPOSAL, episode=3)
NAMES = (MappingName(NameKind.TYPE, "Key Result", ("10", "11")), MappingName(NameKind.PROJECT, "OPS", ("7",)))


@pytest.fixture
def mapping() -> Mapping:
    return replace(build_mapping(build_objective(), fields=("from", "now", "to")), names=NAMES)


def made_as(a_kpi: KPI, **create: Any) -> KpiPart:
    return a_kpi(promote={"mode": "create", "create": {"type": "Key Result", **create}})


def test_a_child_of_its_objective_with_the_numbers_it_starts_from(mapping: Mapping, a_kpi: KPI) -> None:
    part = made_as(a_kpi, fields={"start": "from", "current": "now", "target": "to"})
    found = planned_issue(mapping, CATALOGUE, part, STATE, OBJECTIVE, "acme")
    assert found == PlannedIssue(
        project=OBJECTIVE.project,
        types=TYPES[:2],
        summary="Bugs: from 9 to 5",
        labels=("okr-kpi-acme/bugs-3",),
        parent=OBJECTIVE,
        numbers={"from": 9.0, "now": 9.0, "to": 5.0},
        property={"site": "acme", "kpi": "bugs", "episode": 3},
    )
    assert episode_label("acme", "bugs", 3) == "okr-kpi-acme/bugs-3"


def test_by_a_label_it_hangs_under_nothing_and_needs_no_objective(mapping: Mapping, a_kpi: KPI) -> None:
    part = made_as(a_kpi, relation={"label": "okr"}, project="OPS", fields={"current": "now"})
    found = planned_issue(mapping, CATALOGUE, part, STATE, None, "acme")
    assert isinstance(found, PlannedIssue)
    assert (found.project, found.parent, found.labels) == (
        CATALOGUE.projects[0],
        None,
        ("okr-kpi-acme/bugs-3", "okr"),
    )
    assert found.numbers == {"now": 9.0}


NO_PART = Hindrance("The mapping does not say as what the issue would be made.", "Make the issue in Jira and name it, or write `promote.create` for this KPI.")  # fmt: skip
UNKNOWN = Hindrance("The objective PLAT-12 is not known here.", "Correct `promote.objective`, or bring that issue within the scope of the mapping; or make the issue in Jira and name it.")  # fmt: skip
UNNAMED = Hindrance("The mapping names no objective under which it would be made.", "Name one when you accept, write `promote.objective` for this KPI, or make the issue in Jira and name it.")  # fmt: skip
NO_PROJECT = Hindrance("The project LOST is not among those that the account sees.", "Correct `promote.create.project`, or let the account browse it.")  # fmt: skip


@pytest.mark.parametrize(
    ("create", "state", "objective", "hindrance"),
    [
        (None, STATE, OBJECTIVE, NO_PART),
        ({}, replace(STATE, proposal=None), OBJECTIVE, NO_PART),
        ({}, STATE, None, UNKNOWN),
        ({}, replace(STATE, proposal=replace(PROPOSAL, objective=None)), None, UNNAMED),
        ({"project": "OPS"}, STATE, None, UNKNOWN),
        ({"relation": {"label": "okr"}}, STATE, None, UNKNOWN),
        ({"project": "LOST"}, STATE, OBJECTIVE, NO_PROJECT),
        ({"relation": {"label": "okr"}, "project": "LOST"}, STATE, None, NO_PROJECT),
    ],
)
def test_what_hinders_it(
    mapping: Mapping, a_kpi: KPI, create: Any, state: KpiState, objective: Issue | None, hindrance: Hindrance
) -> None:
    part = a_kpi(promote={}) if create is None else made_as(a_kpi, **create)
    assert planned_issue(mapping, CATALOGUE, part, state, objective, "acme") == hindrance
    assert planned_issue(mapping, CATALOGUE, a_kpi(), state, objective, "acme") == NO_PART


def test_the_summary_says_from_where_to_where_and_is_cut_at_the_name(a_kpi: KPI) -> None:
    both = Band(Fraction(70), Fraction(80))
    assert summary_of(a_kpi(name="Load"), Proposal(Fraction(90), Fraction(80), band=both)) == (
        "Load: from 90 to between 70 and 80"
    )
    one_bound = Proposal(Fraction(1, 3), Fraction(2, 3), band=Band(Fraction(2, 3), None))
    assert summary_of(a_kpi(name="Load"), one_bound) == "Load: from 0.3333 to 0.6667"
    long = summary_of(a_kpi(name="x" * 300), PROPOSAL)
    assert (len(long), long[-14:]) == (255, ": from 9 to 5"[-14:].rjust(14, "x"))


def test_by_what_an_episode_is_measured() -> None:
    way, band = (
        aim_of("bugs", PROPOSAL),
        aim_of("load", Proposal(Fraction(60), Fraction(70), band=Band(Fraction(70), Fraction(80)))),
    )
    assert [getattr(way, name) for name in ("kind", "start", "current", "target")] == [
        *("transition", 9, KpiCurrent(kpi="bugs"), 5)
    ]
    told = {name: getattr(band, name) for name in ("kind", "current", "at_least", "at_most", "tolerance")}
    assert told == {
        "kind": "threshold",
        "current": KpiCurrent(kpi="load"),
        "at_least": 70,
        "at_most": 80,
        "tolerance": 10,
    }


def test_a_type_stands_one_level_below_its_parent() -> None:
    planned = PlannedIssue(OBJECTIVE.project, TYPES, "x", (), parent=OBJECTIVE)
    assert [misfit(planned, IssueType("1", "Story", level)) for level in (-1, 0, 1)] == [
        "The type Story cannot stand below PLAT-12, which is of the type Epic.",
        "",
        "The type Story cannot stand below PLAT-12, which is of the type Epic.",
    ]
    assert misfit(replace(planned, parent=None), IssueType("1", "Story", 5)) == ""
