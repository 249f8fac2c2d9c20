"""The laws of looking back, on made-up lives of issues: a world is lived forwards, and the past is worked out from its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.document.binder import bind
from mappings.document.mapping import Mapping
from mappings.document.text.source import read_document
from mappings.explain.as_of import (
    PastStanding,
    Records,
    Retrospect,
    measure_as_of,
    missing_histories,
    own_doubts,
)
from mappings.explain.certainty import NamedDoubt, Uncertainty, certainty, sentences
from mappings.explain.movement import objective_moved
from mappings.explain.past import FieldChange, PastIssues, ToldLinks
from mappings.facts.catalogue import Catalogue, Field, LinkType
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue, IssueType, JiraValue, Link, Project, Status
from mappings.facts.moment import Moment
from mappings.rollup.cycles.cycle_end import PastFacts
from mappings.rollup.measurement import assess
from tests.examples import examples

TODO, DOING, DONE = (
    Status("1", "To Do", "new"),
    Status("2", "In Progress", "indeterminate"),
    Status("3", "Done", "done"),
)
EPIC, STORY, METRIC = IssueType("1", "Epic", 1), IssueType("2", "Story"), IssueType("3", "Key Result")
PLAT = Project("1", "PLAT", "Platform")
WONT = JiraValue("7", "Won't Do")
POINTS, CURRENT = "customfield_1", "customfield_2"
CATALOGUE = Catalogue(
    fields=(
        Field(POINTS, "Points", "number"),
        Field(CURRENT, "Current", "number"),
    ),
    statuses=(TODO, DOING, DONE),
    issue_types=(EPIC, STORY, METRIC),
    projects=(PLAT,),
    resolutions=(WONT,),
    link_types=(LinkType("1", "Contribution", "is contributed to by", "contributes to"),),
)
TEXT = """
version: 1
name: laws
scope: project = PLAT
fields:
  points: {id: customfield_1}
  current: {id: customfield_2}
cycles: {every: quarter}
objectives:
  - id: epics
    select: issuetype = Epic AND labels = okr
    cycle: current
    rollup: {headline: all}
    key_results:
      - {id: metric, select: 'issuetype = "Key Result"', relation: child, progress: {kind: transition, start: 0, current: current, target: 10}}
      - {id: delivery, select: issuetype = Story, relation: descendant, progress: {kind: delivery, weight: points}}
"""
BEGAN = datetime(2026, 10, 5, 9, tzinfo=UTC)


def mapping(text: str = TEXT) -> Mapping:
    return bind(read_document(text).require(), CATALOGUE)


MAPPING = mapping()


def made(id_: int, type_: IssueType, at: datetime, parent: str | None = None, **facts: Any) -> Issue:
    empty = {POINTS: None, CURRENT: None}
    plain = Issue(str(id_), f"PLAT-{id_}", PLAT, type_, TODO, at, at, f"Issue {id_}", fields=empty)
    return replace(plain, parent_id=parent, **facts)


@dataclass
class World:
    """Issues as they are, what changed of them, and what they were after each change."""

    now: datetime = BEGAN
    issues: dict[str, Issue] = field(default_factory=dict)
    steps: dict[str, list[FieldChange]] = field(default_factory=dict)
    seen: list[tuple[datetime, dict[str, Issue]]] = field(default_factory=list)

    def add(self, issue: Issue) -> None:
        self.issues[issue.id] = issue
        self.steps[issue.id] = []

    def change(self, id_: str, step: tuple[str | None, ...], **facts: Any) -> None:
        self.steps[id_].append(FieldChange(self.now, step[0] or "", *step[1:]))
        self.issues[id_] = replace(self.issues[id_], updated=self.now, **facts)

    @property
    def retrospect(self) -> Retrospect:
        return Retrospect(PastFacts(tuple(self.issues.values()), self.steps, CATALOGUE), self.now)


def number(raw: object) -> str | None:
    return None if raw is None else str(raw)


EVENT = st.tuples(
    st.integers(1, 60 * 24 * 4),
    st.sampled_from(["status", "status", "points", "current", "parent", "labels", "resolution", "new"]),
    st.integers(0, 50),
    st.integers(0, 12),
)


def happen(world: World, what: str, which: int, value: int) -> None:
    """One event; what cannot happen to the issue that was drawn does not."""
    ids = list(world.issues)
    issue = world.issues[ids[which % len(ids)]]
    if what == "new":
        world.add(made(len(ids) + 1, STORY, world.now, str(1 + value % 2)))
    elif what == "status":
        status = (TODO, DOING, DONE)[value % 3]
        if status != issue.status:
            before = ("status", issue.status.id, issue.status.name)
            world.change(issue.id, before, status=status)
    elif what in ("points", "current"):
        id_ = POINTS if what == "points" else CURRENT
        before = (id_, None, number(issue.fields.get(id_)))
        world.change(issue.id, before, fields={**issue.fields, id_: value})
    elif what == "parent" and issue.type != EPIC:
        parent = (None, "1", "2")[value % 3]
        world.change(issue.id, ("parent", issue.parent_id, None), parent_id=parent)
    elif what == "labels" and issue.type == EPIC:
        before = ("labels", None, " ".join(issue.labels))
        world.change(issue.id, before, labels=("okr",) if value % 4 else ())
    elif what == "resolution":
        former, now = issue.resolution, WONT if value % 2 else None
        if former != now:
            known = (former.id, former.name) if former is not None else (None, None)
            world.change(
                issue.id, ("resolution", *known), resolution=now, resolved=world.now if now else None
            )


@st.composite
def worlds(draw: Any) -> World:
    world = World()
    for issue in (
        made(1, EPIC, BEGAN, labels=("okr",)),
        made(2, EPIC, BEGAN, labels=("okr",)),
        made(3, METRIC, BEGAN, "1"),
        made(4, STORY, BEGAN, "1"),
        made(5, STORY, BEGAN, "2"),
    ):
        world.add(issue)
    for minutes, what, which, value in draw(st.lists(EVENT, max_size=14)):
        world.now += timedelta(minutes=minutes)
        happen(world, what, which, value)
        world.seen.append((world.now, dict(world.issues)))
    world.now += timedelta(minutes=draw(st.integers(1, 60)))
    return world


def without_touch(issues: Iterator[Issue] | Forest) -> dict[str, Issue]:
    """When an issue was touched last before, no history tells."""
    return {issue.id: replace(issue, updated=issue.created) for issue in issues}


def states(world: World, at: datetime) -> Any:
    return measure_as_of(MAPPING, world.retrospect, Moment(at), Records())


QUICK = settings(max_examples=examples(25), deadline=None)


@QUICK
@given(worlds())
def test_now_is_what_is(world: World) -> None:
    """Law 1."""
    now = assess(MAPPING, Forest.of(world.issues.values()), Moment(world.now))
    assert states(world, world.now) == now


@QUICK
@given(worlds())
def test_every_moment_is_what_it_was(world: World) -> None:
    """Law 2: what the facts came to on the way is what undoing comes to; asked twice, it is the same."""
    past = PastIssues(world.issues.values(), world.steps, CATALOGUE)
    for at, was in reversed(world.seen):
        expected = without_touch(iter(was.values()))
        assert without_touch(past.at(at)) == expected
        assert without_touch(past.at(at)) == expected


@QUICK
@given(worlds(), st.integers(0, 13), st.integers(1, 10**6))
def test_nothing_moves_between_two_facts(world: World, which: int, share: int) -> None:
    """Law 3, within a day: with the day what is expected of an objective moves."""
    instants = [BEGAN, *(at for at, _ in world.seen), world.now]
    begin, end = sorted({*instants})[which % (len({*instants}) - 1) :][:2]
    between = begin + (end - begin) * share / (10**6 + 1)
    if Moment(between).today == Moment(begin).today:
        assert states(world, between) == states(world, begin)


@QUICK
@given(worlds(), st.integers(0, 13), st.integers(0, 13))
def test_going_back_in_two_steps_is_going_back_in_one(world: World, one: int, other: int) -> None:
    """Law 5."""
    instants = [BEGAN, *(at for at, _ in world.seen)]
    early, late = sorted((instants[one % len(instants)], instants[other % len(instants)]))
    past = PastIssues(world.issues.values(), world.steps, CATALOGUE)
    list(past.at(late))
    fresh = PastIssues(world.issues.values(), world.steps, CATALOGUE)
    assert {one.id: one for one in past.at(early)} == {one.id: one for one in fresh.at(early)}


@QUICK
@given(worlds(), st.integers(0, 13), st.integers(0, 13))
def test_the_parts_of_why_it_moved_sum_to_the_difference(world: World, one: int, other: int) -> None:
    """Law 6."""
    instants = [BEGAN, *(at for at, _ in world.seen), world.now]
    early, late = sorted((instants[one % len(instants)], instants[other % len(instants)]))
    before, after = states(world, early), states(world, late)
    for id_ in before.keys() & after.keys():
        moved = objective_moved(before[id_], after[id_], ("r", "r"))
        if moved.total is not None:
            assert sum(moved.parts.values(), Fraction(0)) == after[id_].progress - before[id_].progress


def test_a_life_told_by_hand() -> None:
    """Two stories of weight 1 and 3, the second done on the second day; a third comes on the fourth."""
    world = World()
    world.add(made(1, EPIC, BEGAN, labels=("okr",)))
    world.add(made(2, STORY, BEGAN, "1", fields={POINTS: 1}))
    world.add(made(3, STORY, BEGAN, "1", fields={POINTS: 1}))
    day = timedelta(days=1)
    world.now = BEGAN + day
    world.change("3", (POINTS, None, "1"), fields={POINTS: 3})
    world.now = BEGAN + 2 * day
    world.change("3", ("status", "1", "To Do"), status=DONE)
    world.now = BEGAN + 4 * day
    world.add(made(4, STORY, world.now, "1", fields={POINTS: 4}))
    seen = [states(world, BEGAN + back * day)["1"] for back in range(5)]
    assert [one.progress for one in seen] == [0, 0, Fraction(3, 4), Fraction(3, 4), Fraction(3, 8)]
    assert [[row.key for row in one.key_results[0].measurement.ledger.rows] for one in seen][3:] == [
        ["PLAT-2", "PLAT-3"],
        ["PLAT-2", "PLAT-3", "PLAT-4"],
    ]


def doubted(world: World, text: str = TEXT, **histories: Any) -> list[tuple[str, str]]:
    told = {id_: steps for id_, steps in world.steps.items() if histories.get("without") != id_}
    retrospect = Retrospect(PastFacts(tuple(world.issues.values()), told, CATALOGUE), world.now)
    rules = mapping(text)
    state = measure_as_of(rules, retrospect, Moment(BEGAN), Records())["1"]
    found = {*own_doubts(rules, retrospect, BEGAN, state), *missing_histories(retrospect, BEGAN)}
    return [(one.doubt.value, one.about) for one in sorted(found)]


def test_what_is_not_certain_is_said_with_what_it_touches() -> None:
    world = World()
    world.add(made(1, EPIC, BEGAN, labels=("okr",)))
    world.add(made(2, STORY, BEGAN, "1", links=(Link("1", "Contribution", "contributes to", "1"),)))
    assert doubted(world) == []
    world.now += timedelta(days=1)
    world.change("2", ("status", "99", "Gone"), status=DONE)
    assert doubted(world, without="2") == [("history-missing", "PLAT-2")]
    assert doubted(world) == [("status-gone", "PLAT-2")]
    linked = TEXT.replace("relation: descendant", 'relation: {link: "is contributed to by"}')
    assert doubted(world, linked) == []  # neither the objective nor what it links to was touched
    world.change("1", ("labels", None, "okr"))
    for jql in (
        "issueLinkType = Contribution",
        "issueLinkType is not EMPTY",
        "issue in linkedIssues(PLAT-1)",
    ):
        asked = TEXT.replace("select: issuetype = Story", f"select: issuetype = Story AND {jql}")
        assert asked != TEXT
        assert ("links-as-now", "PLAT-1") in doubted(world, asked), jql
    assert ("links-as-now", "PLAT-1") not in doubted(world)
    world.change(
        "1", ("labels", None, "okr"), links=(Link("1", "Contribution", "is contributed to by", "2"),)
    )
    assert ("links-as-now", "PLAT-1") in doubted(world, linked)


def link(told: str | None, *, gone: bool = False) -> tuple[str, str | None, str | None, str | None]:
    """A change of the links of an issue, as histories tell it."""
    return ("issuelinks", told if gone else None, None, None if gone else told)


LINKED = TEXT.replace("relation: descendant", 'relation: {link: "is contributed to by"}')
GIVES = Link("1", "Contribution", "is contributed to by", "2", False)


def rows(world: World, at: datetime) -> list[str]:
    found = measure_as_of(mapping(LINKED), world.retrospect, Moment(at), Records())["1"].key_results
    return [row.key for one in found for row in one.measurement.ledger.rows]


def test_links_are_undone_as_their_histories_tell_them() -> None:
    """Linked on the second day, taken off on the third, linked to PLAT-3 on the fourth; the site words it in its own language."""
    world, day = World(), timedelta(days=1)
    world.add(made(1, EPIC, BEGAN, labels=("okr",)))
    world.add(made(2, STORY, BEGAN))
    world.add(made(3, STORY, BEGAN))
    told = "Dieser Vorgang is contributed to by PLAT-"
    for number, (step, links) in enumerate(
        ((link(f"{told}2"), (GIVES,)), (link(f"{told}2", gone=True), ()), (link(f"{told}3"), (replace(GIVES, issue_id="3"),)))
    ):  # fmt: skip
        world.now = BEGAN + (number + 1) * day
        world.change("1", step, links=links)
    assert [rows(world, BEGAN + back * day) for back in range(4)] == [[], ["PLAT-2"], [], ["PLAT-3"]]
    assert doubted(world, LINKED) == []


@pytest.mark.parametrize(
    ("told", "doubts"),
    [
        ("This issue is contributed to by PLAT-2", []),
        ("This issue was contributed to by PLAT-2", [("links-as-now", "PLAT-1")]),  # another name of the type
        ("This issue is contributed to by OPS-77", [("links-as-now", "PLAT-1")]),  # of which nothing is known
        ("PLAT-2", [("links-as-now", "PLAT-1")]),
    ],
)
def test_a_link_that_nobody_can_tell_is_left_and_said(told: str, doubts: list[tuple[str, str]]) -> None:
    world = World()
    world.add(made(1, EPIC, BEGAN, labels=("okr",)))
    world.add(made(2, STORY, BEGAN))
    world.now = BEGAN + timedelta(days=1)
    world.change("1", link(told), links=(GIVES,))
    assert doubted(world, LINKED) == doubts
    assert rows(world, BEGAN) == ([] if not doubts else ["PLAT-2"])


def test_a_silent_history_tells_only_where_jira_tells_of_links_at_all() -> None:
    world = World()
    world.add(made(1, EPIC, BEGAN, labels=("okr",)))
    world.add(made(2, STORY, BEGAN))
    world.now = BEGAN + timedelta(days=1)
    world.change("1", ("labels", None, "okr"))
    assert doubted(world, LINKED) == [("links-as-now", "PLAT-1")]
    world.change("2", link("This issue contributes to PLAT-9"))
    assert doubted(world, LINKED) == []


def test_what_links_are_called_both_ways_and_by_two_types() -> None:
    types = (
        LinkType("1", "Blocks", "is blocked by", "blocks"),
        LinkType("2", "Relates", "relates to", "relates to"),
        LinkType("3", "Cause", "follows", "is blocked by now"),
        LinkType("4", "Order", "follows", "precedes"),
    )
    links = ToldLinks(types, {"PLAT-2": "2", "OLD-1": "2"})
    assert links.link("This issue is blocked by OLD-1") == Link("1", "Blocks", "is blocked by", "2", False)
    assert links.link("blocks PLAT-2") == Link("1", "Blocks", "blocks", "2", True)
    assert links.link("This issue relates to PLAT-2") == Link("2", "Relates", "relates to", "2", None)
    assert [links.link(told) for told in ("This issue follows PLAT-2", "unblocks PLAT-2", "PLAT-2", "")] == [
        None
    ] * 4


def test_a_doubt_without_a_number_is_unknown_and_one_with_it_approximate() -> None:
    some = (NamedDoubt(Uncertainty.LINKS_AS_NOW, "PLAT-2"),)
    found = [certainty(doubts, value).value for doubts in ((), some) for value in (None, Fraction(1, 2))]
    assert found == ["exact", "exact", "unknown", "approximate"]
    named = [NamedDoubt(Uncertainty.GONE_SINCE, f"PLAT-{place}") for place in range(7)]
    assert sentences(named) == (
        "PLAT-0, PLAT-1, PLAT-2, PLAT-3, PLAT-4 and 2 more: counted then, and has been deleted since or has left what is mirrored.",
    )
    world = World()
    world.add(made(1, EPIC, BEGAN, labels=("okr",)))
    state = states(world, BEGAN)["1"]
    assert PastStanding(state, some).certainty.value == "unknown"


def test_a_cycle_that_was_over_stands_as_it_ended_at_every_later_moment() -> None:
    """Of two equal stories the first is done within the cycle, the second on the day after it."""
    rules = mapping(
        TEXT.replace("cycle: current", "cycle: sprint").replace(
            "{every: quarter}", "[{id: sprint, start: 2026-10-05, end: 2026-10-06}]"
        )
    )
    world = World()
    world.add(made(1, EPIC, BEGAN, labels=("okr",)))
    world.add(made(2, STORY, BEGAN, "1", fields={POINTS: 1}))
    world.add(made(3, STORY, BEGAN, "1", fields={POINTS: 1}))
    for days, done in ((1, "2"), (2, "3")):
        world.now = BEGAN + timedelta(days=days)
        world.change(done, ("status", "1", "To Do"), status=DONE)
    world.now = BEGAN + timedelta(days=4)

    def progress(days: int) -> Fraction | None:
        at = Moment(BEGAN + timedelta(days=days))
        return measure_as_of(rules, world.retrospect, at, Records())["1"].progress

    assert [progress(days) for days in range(5)] == [0, *[Fraction(1, 2)] * 4]
