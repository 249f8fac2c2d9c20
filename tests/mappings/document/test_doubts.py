"""What a mapping takes at its word and people may not mean is told with the issues concerned."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mappings.document.binder import bind
from mappings.document.checks.live.doubts import IssueSample, doubts
from mappings.document.checks.live.writes import LiveFacts, check_live
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.issue import Issue, IssueType, JiraValue, Project, Status
from mappings.facts.moment import Moment

NOW = Moment(datetime(2026, 11, 15, tzinfo=UTC))
POINTS, OTHER, ESTIMATE = "customfield_10016", "customfield_10026", "timeoriginalestimate"
CANCELLED = Status("7", "Cancelled", "done")
SITE = Catalogue(
    fields=(Field(POINTS, "Story point estimate", "number"), Field(OTHER, "Story Points", "number"))
)


def story(
    id_: int, status: Status = CANCELLED, kind: str = "Story", resolution: str = "", **fields: Any
) -> Issue:
    made = datetime(2026, 10, 1, tzinfo=UTC)
    named = JiraValue("1", resolution) if resolution else None
    return Issue(
        str(id_),
        f"PLAT-{id_}",
        Project("1", "PLAT", "Platform"),
        IssueType("2", kind),
        status,
        made,
        made,
        f"Issue {id_}",
        named,
        fields=fields,
    )


def document(progress: dict[str, Any], **parts: Any) -> Document:
    rule = {"id": "delivery", "select": "issuetype = Story", "relation": "descendant"}
    return Document.model_validate(
        {
            "version": 1,
            "name": "doubts",
            "scope": "project = PLAT",
            "fields": {"points": {"id": POINTS}, "story_points": {"id": OTHER}},
            "objectives": [
                {
                    "id": "epics",
                    "select": "issuetype = Epic",
                    "key_results": [{**rule, "progress": {"kind": "delivery", **progress}}],
                }
            ],
            **parts,
        }
    )


def told(text: Document, issues: list[Issue], *points: str) -> list[tuple[str, str, str]]:
    mapping = bind(text, Catalogue())
    found = doubts(mapping, issues, NOW, points)
    return [(one.code, one.path, one.message) for one in check_live(mapping, SITE, LiveFacts(doubts=found))]


@pytest.mark.parametrize("name", ["Cancelled", "canceled", "Won't do", "Abgebrochen"])
def test_a_status_named_as_cancelled_that_counts_as_done(name: str) -> None:
    status = Status("7", name, "done")
    issues = [story(id_, status) for id_ in range(1, 8)] + [story(9, status, kind="Bug")]
    assert told(document({}), issues) == [
        (
            "cancelled-counts",
            "statuses.excluded",
            f'what is "{name}" counts as done: 7 issues (PLAT-1, PLAT-2, PLAT-3, PLAT-4, PLAT-5 and 2 more)',
        )
    ]


def test_nobody_is_warned_of_what_the_rules_leave_out_or_do_not_count() -> None:
    left_out = document({}, statuses={"excluded": "status = Cancelled"})
    worth_nothing = document({}, statuses={"overrides": [{"by_status": {"7": 0}}]})
    assert told(left_out, [story(1)]) == []
    assert told(worth_nothing, [story(1)]) == []
    assert told(document({}), [story(1, resolution="Won't Do")]) == []
    assert told(document({}), [story(1, Status("7", "Cancelled", "new"))]) == []
    assert told(document({}), [story(1, Status("5", "Done", "done"))]) == []


def test_a_weight_of_1_beside_seconds() -> None:
    issues = [
        story(1, Status("1", "To Do", "new"), **{ESTIMATE: 28800}),
        story(2, Status("1", "To Do", "new")),
    ]
    place = "objectives[0].key_results[0].progress.missing"
    message = "no estimate, so a weight of 1 beside seconds: 1 issue (PLAT-2)"
    seconds = {"weight": "time_estimate", "missing": "one"}
    assert told(document(seconds), issues) == [("one-beside-seconds", place, message)]
    assert told(document({**seconds, "missing": "siblings_mean"}), issues) == []
    assert told(document({"weight": "points", "missing": "one"}), issues) == []


def test_two_fields_for_story_points_that_differ() -> None:
    issues = [
        story(1, **{POINTS: 3, OTHER: 5}),
        story(2, **{POINTS: 3, OTHER: 3.0}),
        story(3, **{POINTS: 3}),
    ]
    found = doubts(bind(document({"weight": "points"}), Catalogue()), issues, NOW, (POINTS, OTHER))
    assert found.points == {(POINTS, OTHER): IssueSample(("PLAT-1",), 1)}
    [cancelled, differing] = told(document({"weight": "points"}), issues, POINTS, OTHER)
    assert cancelled[0] == "cancelled-counts"
    assert differing[:2] == ("story-points-differ", "fields.points")
    assert differing[2] == (
        f'different numbers in "Story point estimate" ({POINTS}) and "Story Points" ({OTHER}): 1 issue (PLAT-1)'
    )


def test_a_cycle_that_objectives_name_and_nothing_gives_is_offered() -> None:
    def epic(id_: int, *labels: str) -> Issue:
        return replace(story(id_, kind="Epic"), labels=labels)

    rule = {"id": "epics", "select": "issuetype = Epic", "cycle": {"label": ""}}
    listed = [{"id": "2026-Q4", "start": "2026-10-01", "end": "2026-12-31"}]
    issues = [epic(1, "okr", "2027-Q1"), epic(2, "2027-Q1"), epic(3, "2026-Q4", "2027-Q2"), epic(4, "team")]
    said = told(document({}, objectives=[rule], cycles=listed), issues)
    assert said == [
        (
            "unlisted-cycle",
            "objectives[0].cycle",
            'no cycle is called "2027-Q1", which 2 issues (PLAT-1, PLAT-2) name: they run in no cycle',
        )
    ]
    assert told(document({}, objectives=[rule], cycles={"every": "quarter"}), issues) == []
