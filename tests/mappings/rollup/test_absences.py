"""Whose numbers stand still when Jira no longer has something that the mapping names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mappings.document.names import Absence, MappingName, NameKind
from mappings.facts.issue import HISTORY, WHOLE, JiraValue, Link
from mappings.rollup.structure.absences import standing_still
from tests.mappings.rollup.conftest import STATUSES, a_key_result, build_issue, build_mapping, build_objective


def gone(kind: NameKind, id_: str) -> Absence:
    return Absence(MappingName(kind, f"the {kind}", (id_,)), id_)


def a_field(id_: str) -> Absence:
    return gone(NameKind.FIELD, id_)


def rules(aligned_to: Any) -> Any:
    """Epics whose weight is read from a field, above which stand initiatives that read nothing."""
    weighed = a_key_result({"kind": "delivery", "weight": "points"}, select="type = Story")
    return build_mapping(
        build_objective(weighed, aligned_to=aligned_to),
        build_objective(a_key_result("delivery"), id="top", select="type = Initiative"),
        fields=("points", "other"),
    )


@pytest.mark.parametrize(
    ("aligned_to", "field", "standing"),
    [
        (None, "points", {"epics": True, "top": False, None: True}),
        ({"link": "contributes to"}, "points", {"epics": True, "top": True, None: True}),
        ({"link": "contributes to"}, "other", {"epics": False, "top": False, None: False}),
    ],
)
def test_a_field_concerns_the_rules_that_read_it_and_whom_they_move(
    aligned_to: Any, field: str, standing: dict[str | None, bool]
) -> None:
    mapping = rules(aligned_to)
    found = {rule: standing_still(mapping, [a_field(field)], rule, []) for rule in standing}
    assert found == {rule: a_field(field) if stands else None for rule, stands in standing.items()}


ISSUE = build_issue(
    7,
    type="Epic",
    status=STATUSES["Done"],
    project="PLAT",
    resolution="Fixed",
    priority=JiraValue("3", "High"),
    links=[("blocks", 8)],
)


@pytest.mark.parametrize(
    ("kind", "id_", "held"),
    [
        (NameKind.TYPE, "Epic", True),
        (NameKind.TYPE, "Story", False),
        (NameKind.STATUS, "5", True),
        (NameKind.STATUS, "1", False),
        (NameKind.PROJECT, "PLAT", True),
        (NameKind.PROJECT, "CORE", False),
        (NameKind.RESOLUTION, "Fixed", True),
        (NameKind.RESOLUTION, "Done", False),
        (NameKind.PRIORITY, "3", True),
        (NameKind.PRIORITY, "4", False),
        (NameKind.LINK, "1", True),
        (NameKind.LINK, "2", False),
        (NameKind.COMPONENT, "1", False),
    ],
)
def test_anything_else_concerns_whose_issues_still_have_it(kind: NameKind, id_: str, held: bool) -> None:
    mapping, bare = rules(None), build_issue(8, type="Task", status="Limbo")
    absence = gone(kind, id_)
    assert ISSUE.links == (Link("1", "link", "blocks", "8"),)
    assert standing_still(mapping, [absence], "top", [bare, ISSUE]) == (absence if held else None)
    assert standing_still(mapping, [absence], "top", []) is None


def test_what_an_issue_had_that_no_number_counts_concerns_nobody() -> None:
    """Its type was made anew after it was archived, or went out of sight and was accepted as a gap: no search tells of that."""
    mapping, absence = rules(None), gone(NameKind.TYPE, "Epic")
    archived, unread = replace(ISSUE, archived=True), replace(ISSUE, unknowns={WHOLE: "nobody may see it"})
    assert standing_still(mapping, [absence], "top", [archived, unread]) is None
    assert standing_still(mapping, [absence], "top", [archived, unread, ISSUE]) == absence
    other = replace(ISSUE, unknowns={HISTORY: "it cannot be had"})
    assert standing_still(mapping, [absence], "top", [other]) == absence, "that is of one fact alone"


def test_the_field_is_named_before_anything_else() -> None:
    mapping, lost = rules(None), [gone(NameKind.TYPE, "Epic"), a_field("other"), a_field("points")]
    assert standing_still(mapping, lost, "epics", [ISSUE]) == a_field("points")
    assert standing_still(mapping, lost, "top", [ISSUE]) == lost[0]
    assert standing_still(mapping, [], "epics", [ISSUE]) is None
