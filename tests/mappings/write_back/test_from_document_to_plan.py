"""The whole way of the domain: a document, a forest, states, desired values, a plan, and nothing left to plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mappings.document.binder import bind
from mappings.document.mapping import Mapping
from mappings.document.text.source import read_document
from mappings.explain.cause import cause
from mappings.explain.movement import objective_moved
from mappings.facts.catalogue import Catalogue
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue, IssueType, Status
from mappings.facts.moment import Moment
from mappings.rollup.measurement import assess
from mappings.write_back.desired_values import desired_values, owners
from mappings.write_back.plan import Plan, plan
from mappings.write_back.preview import preview
from tests.examples import examples

DOCUMENT = """
version: 1
name: platform-okrs
scope: labels is EMPTY OR labels is not EMPTY
fields:
  okr_progress: {id: customfield_10060}
  okr_health: {id: customfield_10061}
  okr_summary: {id: customfield_10062}
  okr_notes: {id: customfield_10063}
cycles:
  - {id: 2026-Q4, start: 2026-10-01, end: 2026-12-31}
objectives:
  - id: epics
    select: issuetype = Epic
    cycle: 2026-Q4
    rollup: {headline: all}
    key_results:
      - id: delivery
        select: issuetype = Story
        relation: child
        progress: {kind: delivery}
      - id: milestones
        select: issuetype = Milestone
        relation: {link: "is measured by"}
        progress: {kind: milestone}
write_back:
  - target: objective
    set:
      okr_progress: {value: progress_percent}
      okr_health: {value: health, options: {on_track: On track, at_risk: At risk, off_track: Off track}}
      okr_summary: {value: summary}
      okr_notes: {value: summary}
  - target: key_result
    set: {okr_progress: {value: progress_percent, unknown: leave}, okr_notes: {value: expected_percent}}
"""

EPIC, STORY, MILESTONE = IssueType("1", "Epic", 1), IssueType("2", "Story"), IssueType("3", "Milestone")
STATUSES = (
    Status("1", "To do", "new"),
    Status("3", "In progress", "indeterminate"),
    Status("5", "Done", "done"),
)
MOMENT = Moment(datetime(2026, 11, 22, tzinfo=UTC))


@pytest.fixture(scope="module")
def mapping(make: SimpleNamespace) -> Mapping:
    catalogue = Catalogue(
        fields=tuple(make.fields.values()), statuses=STATUSES, issue_types=(EPIC, STORY, MILESTONE)
    )
    document = read_document(DOCUMENT).document
    assert document is not None
    return bind(document, catalogue)


def planned(mapping: Mapping, forest: Forest, causes: dict[str, str] | None = None) -> list[Plan]:
    states = assess(mapping, forest, MOMENT)
    owned = owners(mapping, states.values())
    return [
        plan(
            id_,
            desired_values(mapping, state, forest.issue, owned=owned),
            forest.issue,
            (causes or {}).get(id_, ""),
        )
        for id_, state in states.items()
    ]


def applied(forest: Forest, plans: list[Plan]) -> Forest:
    """The forest once Jira holds what the plans say."""
    issues = dict(forest.by_id)
    for change in (change for made in plans for change in made.changes):
        issue = issues[change.issue_id]
        issues[issue.id] = replace(issue, fields={**issue.fields, change.field_id: change.after})
    return Forest.of(issues.values())


def measured_by(*ids: str) -> list[object]:
    from mappings.facts.issue import Link

    return [Link("10", "Measure", "is measured by", id_) for id_ in ids]


@st.composite
def forests(draw: st.DrawFn) -> list[tuple[str, IssueType, int, str | None, list[str], object]]:
    """Shapes of two epics, some stories below them, and milestones that either may be measured by."""
    statuses = st.integers(0, 2)
    held = st.sampled_from([None, 0, 50, 63.0, "", "x"])
    stories = draw(st.lists(st.tuples(statuses, st.sampled_from(["9", "10"])), max_size=5))
    milestones = draw(st.lists(statuses, max_size=3))
    ids = [str(200 + number) for number in range(len(milestones))]
    linked = st.lists(st.sampled_from(ids), unique=True) if ids else st.just([])
    shapes = [(id_, EPIC, draw(statuses), None, draw(linked), draw(held)) for id_ in ("9", "10")]
    shapes += [
        (str(100 + place), STORY, status, parent, [], None) for place, (status, parent) in enumerate(stories)
    ]
    shapes += [
        (id_, MILESTONE, status, None, [], draw(held)) for id_, status in zip(ids, milestones, strict=True)
    ]
    return shapes


def grown(
    make: SimpleNamespace, shapes: list[tuple[str, IssueType, int, str | None, list[str], object]]
) -> Forest:
    def issue(
        id_: str, type_: IssueType, status: int, parent: str | None, linked: list[str], held: object
    ) -> Issue:
        made: Issue = make.issue(
            id_,
            type=type_,
            status=STATUSES[status],
            parent_id=parent,
            links=tuple(measured_by(*linked)),
            fields={} if held is None else {"customfield_10060": held},
        )
        return made

    return Forest.of(issue(*shape) for shape in shapes)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=examples(60),
    deadline=None,
)
@given(shapes=forests())
def test_one_round_of_writing_is_enough(mapping: Mapping, make: SimpleNamespace, shapes: list) -> None:
    forest = grown(make, shapes)
    plans = planned(mapping, forest)
    assert not any(planned(mapping, applied(forest, plans)))
    written = [(change.issue_id, change.field_id) for made in plans for change in made.changes]
    assert len(written) == len(set(written))


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=examples(40),
    deadline=None,
)
@given(before=forests(), after=forests())
def test_every_movement_of_every_objective_sums(
    mapping: Mapping, make: SimpleNamespace, before: list, after: list
) -> None:
    old, new = (assess(mapping, grown(make, shapes), MOMENT) for shapes in (before, after))
    for id_, state in new.items():
        movement = objective_moved(old[id_], state, ("r1", "r1"))
        if old[id_].progress is not None and state.progress is not None:
            assert sum(movement.parts.values()) == movement.total == state.progress - old[id_].progress


def test_a_story_that_is_done_is_written_with_its_cause(mapping: Mapping, make: SimpleNamespace) -> None:
    def world(status: int) -> Forest:
        return grown(make, [("9", EPIC, 1, None, [], 50), ("100", STORY, status, "9", [], None)])

    before, after = (assess(mapping, world(status), MOMENT) for status in (1, 2))
    why = cause(objective_moved(before["9"], after["9"], ("r1", "r1")))
    [made] = planned(mapping, world(2), {"9": why})
    assert made.changes[0].reason == "progress 50 → 100: PLAT-100 moved to Done"
    shown = preview(mapping.revision, before, after, [made])
    assert [row.reason for row in shown.objectives[0].key_results[0].rows] == ["progress 50 % → 100 %"]
