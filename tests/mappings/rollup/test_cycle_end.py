"""The facts of the end of a cycle: what stood then, what is told of it later, and what stays in doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.store.database import json_text
from mappings.document.schema import CyclePart
from mappings.explain.past import FieldChange
from mappings.facts.catalogue import Catalogue, Field, LinkType
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue, JiraValue, Link, Reading
from mappings.numbers import exact
from mappings.rollup.cycles.cycle_end import EndFacts, PastFacts, Uncertainty, end_of, facts_at_end, has_ended
from mappings.rollup.measurement import assess, assess_among
from tests.mappings.rollup.conftest import build_issue, build_mapping, build_objective, day

CYCLE = CyclePart.model_validate({"id": "2026-Q3", "start": "2026-07-01", "end": "2026-09-30"})
END = end_of(CYCLE, UTC)
BEFORE, AFTER = END - timedelta(days=20), END + timedelta(days=3)
LINKS = (Link("1", "link", "blocks", "9"),)


def issue(updated: datetime = AFTER, status: str = "Done", **facts: Any) -> Issue:
    return build_issue(7, created=BEFORE, updated=updated, status=status, **facts)


OPEN, UNTOUCHED = issue(BEFORE, "To Do"), issue(BEFORE)
WAS_OPEN = {"7": [FieldChange(AFTER, "status", "1", "To Do")]}
NOTHING = EndFacts("2026-Q3", ())
SEEN = EndFacts("2026-Q3", (OPEN,))
DOUBTED = EndFacts("2026-Q3", (OPEN,), doubts=((Uncertainty.AS_FIRST_SEEN, "PLAT-7"),))

CASES: dict[str, tuple[Issue, dict[str, Any], EndFacts | None, str | None, tuple[str, ...]]] = {
    "not touched since": (UNTOUCHED, {}, None, "Done", ()),
    "not touched since, and seen otherwise": (UNTOUCHED, {}, SEEN, "Done", ()),
    "not touched since, and no longer in doubt": (UNTOUCHED, {}, DOUBTED, "Done", ()),
    "touched, at the first look": (issue(), {}, None, "Done", ("as-first-seen",)),
    "touched, and seen before": (issue(), {}, SEEN, "To Do", ()),
    "touched, and still in doubt": (issue(), {}, DOUBTED, "To Do", ("as-first-seen",)),
    "touched, and not there at the first look": (issue(), {}, NOTHING, None, ()),
    "made after the end": (replace(issue(), created=AFTER), {}, None, None, ()),
    "its history tells": (issue(), WAS_OPEN, None, "To Do", ()),
    "its history tells what came late": (issue(), WAS_OPEN, NOTHING, "To Do", ()),
    "its history ends the doubt": (issue(), WAS_OPEN, DOUBTED, "To Do", ()),
    "its history tells, and nothing goes by its links": (issue(links=[("blocks", 9)]), WAS_OPEN, None, "To Do", ()),
}  # fmt: skip


@pytest.mark.parametrize(("now", "histories", "first", "status", "doubts"), CASES.values(), ids=CASES.keys())
def test_how_it_stood(
    now: Issue, histories: dict[str, Any], first: EndFacts | None, status: str | None, doubts: tuple[str, ...]
) -> None:
    found = facts_at_end(CYCLE, END, PastFacts([now], histories), first)
    assert [one.status.name for one in found.issues] == ([] if status is None else [status])
    assert found.doubts == tuple((doubt, "PLAT-7") for doubt in doubts)
    assert found.exact is (not doubts)
    assert found.cycle_id == "2026-Q3"


@pytest.mark.parametrize("links", [[], [("blocks", 9)]])
def test_where_the_mapping_goes_by_links_a_history_does_not_tell_them(links: list[tuple[str, int]]) -> None:
    """One that it has no more may have been taken off since."""
    witness = PastFacts([issue(links=links)], WAS_OPEN, linked=True)
    assert facts_at_end(CYCLE, END, witness).doubts == ((Uncertainty.LINKS_AS_NOW, "PLAT-7"),)
    first = EndFacts("2026-Q3", (replace(OPEN, links=LINKS),))
    assert facts_at_end(CYCLE, END, witness, first).doubts == ()
    assert facts_at_end(CYCLE, END, PastFacts([UNTOUCHED], linked=True)).doubts == ()


def test_links_are_those_that_the_history_tells_at_every_look() -> None:
    blocks = LinkType("1", "Blocks", "is blocked by", "blocks")
    made = FieldChange(AFTER, "issuelinks", None, None, "This issue blocks PLAT-9")
    seen = replace(issue(), links=(Link("1", "Blocks", "blocks", "9", True),))
    histories = {seen.id: [*WAS_OPEN[seen.id], made]}
    other = replace(UNTOUCHED, id="9", key="PLAT-9")
    witness = PastFacts([seen, other], histories, Catalogue(link_types=(blocks,)), linked=True)
    for first in (
        None,
        EndFacts("2026-Q3", (replace(OPEN, links=LINKS),), doubts=((Uncertainty.LINKS_AS_NOW, "PLAT-7"),)),
    ):
        found = facts_at_end(CYCLE, END, witness, first)
        assert ([one.links for one in found.issues if one.key == "PLAT-7"], found.doubts) == ([()], ())


def test_a_link_that_went_with_the_issue_at_its_other_end_stays() -> None:
    """Both issues are newer then, and no history says why."""
    blocks = LinkType("1", "Blocks", "is blocked by", "blocks")
    first = EndFacts("2026-Q3", (replace(UNTOUCHED, links=LINKS),))
    for at, links in ((BEFORE, LINKS), (END, ())):
        made = FieldChange(at, "issuelinks", None, None, "This issue blocks PLAT-9")
        witness = PastFacts([issue()], {"7": [made]}, Catalogue(link_types=(blocks,)), {"PLAT-9": "9"}, True)
        found = facts_at_end(CYCLE, END, witness, first)
        assert ([one.links for one in found.issues], found.doubts) == ([links], ()), (
            "told late, or not at all"
        )


def test_a_later_look_is_no_surer_of_links_than_the_first() -> None:
    witness = PastFacts([issue()], WAS_OPEN, linked=True)
    first = facts_at_end(CYCLE, END, witness)
    assert facts_at_end(CYCLE, END, witness, first).doubts == ((Uncertainty.LINKS_AS_NOW, "PLAT-7"),)


def test_links_are_those_of_the_first_look() -> None:
    first = EndFacts("2026-Q3", (replace(OPEN, links=LINKS),))
    (found,) = facts_at_end(CYCLE, END, PastFacts([issue(links=[("blocks", 3)])], WAS_OPEN), first).issues
    assert found.links == LINKS


def test_what_was_seen_once_stays_and_so_do_the_aligned() -> None:
    found = facts_at_end(CYCLE, END, PastFacts([]), replace(DOUBTED, aligned=()))
    assert (found.issues, found.doubts, found.aligned) == ((OPEN,), DOUBTED.doubts, ())
    assert facts_at_end(CYCLE, END, PastFacts([])).aligned is None


def test_readings_count_until_the_last_millisecond() -> None:
    def read(*readings: Reading) -> Issue:
        now = replace(issue(), readings={"kr": readings}, fields={"kr": 99})
        (found,) = facts_at_end(CYCLE, END, PastFacts([now])).issues
        return found

    early, last, late = (
        Reading(at, Fraction(value))
        for at, value in ((BEFORE, 3), (END, 5), (END + timedelta(milliseconds=1), 8))
    )
    assert (read(early, last, late).readings, read(early, last, late).fields) == (
        {"kr": (early, last)},
        {"kr": 5},
    )
    assert (read(late).readings, read(late).fields) == ({"kr": ()}, {"kr": None})
    assert read(early, last).fields == {"kr": 99}, "nothing was read since"


def test_a_field_of_then_holds_a_number_as_jira_writes_it() -> None:
    """What is noted is kept as text: a fraction would come back as `5/1`, which is no number."""
    for value, written in ((Fraction(5), "5"), (Fraction(-5, 2), "-2.5"), (Fraction(1, 10), "0.1")):
        late = Reading(END + timedelta(days=1), Fraction(8))
        now = replace(issue(), readings={"kr": (Reading(BEFORE, value), late)}, fields={"kr": 8})
        (found,) = facts_at_end(CYCLE, END, PastFacts([now])).issues
        assert json_text.encode(found.fields["kr"]) == written
        back = json_text.decode(json_text.encode(found), Issue)
        assert (exact(back.fields["kr"]), back.readings) == (value, {"kr": (Reading(BEFORE, value),)})


def test_what_changes_without_an_edit_is_as_it_was_first_seen_after_the_end() -> None:
    """None of it makes an issue newer, so nobody knows when it was; it was not so when the end was noted."""
    sprint, version = [{"id": 1, "state": "active"}], [{"id": "8", "released": False}]
    seen = replace(UNTOUCHED, fields={"sprint": sprint, "fixVersions": version})
    done = replace(seen.status, category="indeterminate")
    since = replace(
        seen,
        archived=True,
        status=done,
        fields={
            "sprint": [{"id": 1, "state": "closed"}],
            "fixVersions": [{"id": "8", "released": True}],
            "read_later": 3,
        },
    )
    (found,) = facts_at_end(CYCLE, END, PastFacts([since]), EndFacts("2026-Q3", (seen,))).issues
    assert found == replace(seen, fields={**seen.fields, "read_later": 3})
    (first,) = facts_at_end(CYCLE, END, PastFacts([since])).issues
    assert first == since, "nobody saw it before"


def test_what_changes_without_an_edit_is_as_it_was_first_seen_where_a_history_tells_the_rest() -> None:
    """Somebody edited it after the end, and its history is kept: that says nothing of what leaves no trace there."""
    sprint, version = [{"id": 1, "state": "active"}], JiraValue("8", "1.0")
    seen = replace(UNTOUCHED, fields={"sprint": sprint, "kr": 5}, parent_id="3", fix_versions=(version,))
    since = replace(
        seen,
        archived=True,
        status=replace(seen.status, category="indeterminate"),
        parent_id=None,
        fix_versions=(JiraValue("8", "called otherwise"),),
        updated=AFTER,
        summary="Told anew",
        fields={"sprint": [{"id": 1, "state": "closed"}], "kr": 7},
    )
    catalogue = Catalogue(fields=(Field("kr", "Current", custom=True, type="number"),))

    def found(*steps: FieldChange) -> Issue:
        history = {
            "7": [*steps, FieldChange(AFTER, "summary", None, "Story 7"), FieldChange(AFTER, "kr", None, "5")]
        }
        first = EndFacts("2026-Q3", (seen,))
        (one,) = facts_at_end(CYCLE, END, PastFacts([since], history, catalogue), first).issues
        return one

    assert replace(found(), updated=BEFORE) == seen
    late = found(FieldChange(END, "parent", "3", "PLAT-3"), FieldChange(END, "sprint", "", ""))
    assert (late.parent_id, late.fields["sprint"]) == (None, since.fields["sprint"]), (
        "taken off before the end"
    )
    assert (late.archived, late.status, late.fix_versions) == (False, seen.status, (version,))


def test_what_was_edited_before_the_end_and_told_late_enters_all_the_same() -> None:
    seen = replace(OPEN, fields={"kr": 3}, updated=BEFORE - timedelta(days=1))
    told = replace(UNTOUCHED, fields={"kr": 5})
    (found,) = facts_at_end(CYCLE, END, PastFacts([told]), EndFacts("2026-Q3", (seen,))).issues
    assert found == told
    unread = replace(UNTOUCHED, fields={"kr": None}, unknowns={"kr": "no number"})
    (found,) = facts_at_end(CYCLE, END, PastFacts([told]), EndFacts("2026-Q3", (unread,))).issues
    assert found == told, "it could not be read when the end was noted"
    (found,) = facts_at_end(
        CYCLE, END, PastFacts([replace(told, archived=True)]), EndFacts("2026-Q3", (seen,))
    ).issues
    assert found == told, "it was not archived when the end was noted"


LISTED = {"every": "quarter", "listed": [{"id": "2026-Q3", "start": "2026-07-01", "end": "2026-09-30"}]}
ENDED = {"2026-Q3": ("then", "As it was"), "2026-Q4": ("now", "As it is")}


@pytest.mark.parametrize("cycle", ENDED)
def test_an_objective_of_a_cycle_that_has_ended_is_what_it_was_at_its_end(cycle: str) -> None:
    """Another rule makes it an objective now, and it is called otherwise: of the ended cycle both are as they were."""
    mapping = build_mapping(
        build_objective(id="then", select="label = then", cycle="2026-Q3"),
        build_objective(id="now", select="label = now", cycle=cycle),
        cycles=LISTED,
    )
    now = issue(labels=("now",), summary="As it is")
    was = EndFacts("2026-Q3", (replace(now, labels=("then",), summary="As it was"),))
    for states in (
        assess(mapping, Forest.of([now]), day("2026-11-15"), ended={"7": was}),
        assess_among(mapping, Forest.of([now]), ["7"], day("2026-11-15"), ended={"7": was}),
    ):
        assert (states["7"].rule_id, states["7"].title) == ENDED[cycle]


def test_what_is_no_objective_any_more_was_one_at_the_end_of_its_cycle() -> None:
    mapping = build_mapping(
        build_objective(id="then", select="label = then", cycle="2026-Q3"),
        build_objective(id="now", select="label = now", cycle={"label": ""}),
        cycles=LISTED,
    )
    for labels in ((), ("now",)):  # no objective; and one in no cycle
        now = issue(labels=labels, summary="As it is")
        was = EndFacts("2026-Q3", (replace(now, labels=("then",), summary="As it was"),))
        states = assess(mapping, Forest.of([now]), day("2026-11-15"), ended={"7": was})
        assert (states["7"].rule_id, states["7"].title, states["7"].cycle_id) == (
            "then",
            "As it was",
            "2026-Q3",
        )


def test_a_cycle_ends_with_its_last_day() -> None:
    assert datetime(2026, 9, 30, 23, 59, 59, 999000, tzinfo=UTC) == END
    assert [has_ended(CYCLE, day(text)) for text in ("2026-09-30", "2026-10-01")] == [False, True]
    assert has_ended(None, day("2026-10-01")) is False


OWN_DAYS = {"dates": {"start": "begins", "end": "ends"}}
SPANS: dict[str, tuple[dict[str, Any], str | None, Fraction | None]] = {
    "two months of three, half of them over": ({"begins": "2026-11-01", "ends": "2026-12-30"}, "2026-Q4", Fraction(15, 60)),
    "over two quarters, the last day decides": ({"begins": "2026-09-16", "ends": "2026-11-14"}, "2026-Q4", Fraction(1)),
    "an instant of the last day in Berlin": ({"begins": "2026-11-15", "ends": "2026-12-31T22:30:00+00:00"}, "2026-Q4", Fraction(1, 47)),
    "it begins with its cycle": ({"ends": "2026-11-29"}, "2026-Q4", Fraction(46, 60)),
    "a first day behind the last is none": ({"begins": "2026-12-31", "ends": "2026-11-29"}, "2026-Q4", Fraction(46, 60)),
    "no last day, no cycle": ({"begins": "2026-11-01"}, None, None),
    "text is no day": ({"ends": "soon"}, None, None),
    "a day that no cycle holds": ({"ends": "2029-05-03"}, None, None),
}  # fmt: skip


@pytest.mark.parametrize(("days", "cycle", "expected"), SPANS.values(), ids=SPANS.keys())
def test_days_of_its_own_give_the_expected_share_and_the_last_of_them_the_cycle(
    days: dict[str, str], cycle: str | None, expected: Fraction | None
) -> None:
    mapping = build_mapping(
        build_objective(select="label = okr", cycle=OWN_DAYS),
        fields=("begins", "ends"),
        cycles=[{"id": "2026-Q4", "start": "2026-10-01", "end": "2026-12-31"}],
        zone=ZoneInfo("Europe/Berlin"),
    )
    forest = Forest.of([build_issue(7, labels=("okr",), **days)])
    state = assess(mapping, forest, day("2026-11-15"))["7"]
    assert (state.cycle_id, state.expected) == (cycle, expected)
    assert (state.span is None) is (cycle is None)


def test_days_that_lay_in_another_cycle_are_none_of_the_one_that_it_ended_in() -> None:
    """At the end of the third quarter its last day lay in the fourth; since then it was drawn back into the third."""
    mapping = build_mapping(
        build_objective(select="label = okr", cycle=OWN_DAYS),
        fields=("begins", "ends"),
        cycles={"every": "quarter"},
    )
    now, then = (
        build_issue(7, labels=("okr",), begins=first, ends=last)
        for first, last in (("2026-08-01", "2026-09-20"), ("2026-10-05", "2026-11-14"))
    )
    ended = {"7": EndFacts("2026-Q3", (then,))}
    state = assess(mapping, Forest.of([now]), day("2026-10-20"), ended=ended)["7"]
    assert (state.cycle_id, state.span, state.expected) == ("2026-Q3", None, 1)


def test_the_due_date_of_jira_itself_can_be_the_last_day() -> None:
    mapping = build_mapping(
        build_objective(select="label = okr", cycle={"dates": {"end": "duedate"}}), fields=("duedate",)
    )
    forest = Forest.of([build_issue(7, labels=("okr",), due=date(2026, 11, 29))])
    assert assess(mapping, forest, day("2026-11-15"))["7"].expected == Fraction(46, 60)


@pytest.mark.parametrize(("measured", "progress"), [("end", Fraction(0)), ("close", Fraction(1))])
def test_a_cycle_may_be_measured_by_what_stands_when_it_is_closed_and_is_judged_at_its_end(
    measured: str, progress: Fraction
) -> None:
    """The story was done in January. By the facts of the end it was open; by those of closing it counts, and the year is over in both."""
    listed = {"id": "2026-Q3", "start": "2026-07-01", "end": "2026-09-30", "measured": measured}
    mapping = build_mapping(
        build_objective(
            {"id": "d", "select": "type = Story", "relation": "descendant", "progress": {"kind": "delivery"}},
            select="type = Epic",
            cycle="2026-Q3",
        ),
        cycles=[listed],
    )
    assert mapping.cycles.get("2026-Q3").measured == measured  # type: ignore[union-attr]
    epic, now = build_issue(1, type="Epic"), build_issue(7, status="Done", parent=1, updated=AFTER)
    was = EndFacts("2026-Q3", (epic, build_issue(7, parent=1)))
    ended = {"1": was} if measured == "end" else {}
    state = assess(mapping, Forest.of([epic, now]), day("2026-10-20"), ended=ended)["1"]
    assert (state.progress, state.expected) == (progress, 1)
