"""Tables of what a sync keeps, asks for and leaves alone, and the sizes and spans that it keeps to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connectors.jira import Jira
from connectors.jira.http.errors import JiraOutage
from connectors.store import Store
from connectors.store.absence.gaps import KeptGap
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.work import outages
from connectors.store.writes import brakes, writes
from connectors.store.writes.writes import WriteOutcome
from mappings.document.binder import bind
from mappings.document.mapping import Mapping
from mappings.document.names import MappingName, NameKind
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue, Field, OptionContext
from mappings.facts.gap import Gap
from mappings.rollup.health import Health, HealthLevel
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.state import Cause, KeyResultState, Measurement, ObjectiveState
from mappings.write_back.plan import Change, Plan
from plugin.sync import outage, work
from plugin.sync.context import Context
from plugin.sync.reconcile import kpi_readings, measurement, survey
from plugin.sync.refresh import (
    comments,
    gaps,
    issue_steps,
    losses,
    reread,
    written_options,
)
from plugin.sync.resync import (
    double_check,
    missing_issues,
    search_pages,
)
from plugin.sync.write_back import foreign_values, hold, permits, places
from plugin.sync.write_back.hold import SiftedPlan
from plugin.sync.write_back.places import PlaceValues
from tests.mappings.rollup.conftest import build_issue
from tests.plugin.sync.conftest import Clock

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
FINE = Health(HealthLevel.ON_TRACK, "", "")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def bare(sqlite_store: Store, document: dict[str, Any]) -> Context:
    mapping: Mapping = bind(Document.model_validate(document), Catalogue())
    nobody = cast("Jira", SimpleNamespace(deployment="cloud"))
    return Context("main", nobody, sqlite_store, mapping, Catalogue(), lambda: NOW)


def test_sizes() -> None:
    assert (double_check.SLACK, double_check.SHARE, losses.SHARE, losses.FEW) == (2, 10, 10, 2)
    assert (missing_issues.AT_ONCE, issue_steps.AT_ONCE, work.CLAIM) == (100, 1_000, 20)
    assert (comments.MOST_IN_A_RESYNC, comments.STALE_DAYS, kpi_readings.PERIODS) == (100, 14, 120)
    assert (written_options.MOST_SCREENS, written_options.MOST_REFUSED) == (20, 200)
    assert (foreign_values.MOST_LOOKED_BACK, permits.MOST_PROJECTS) == (400, 20)
    assert (hold.MOST_REWRITES, hold.UNPACED) == (5, 20)


def test_a_context_waits_for_nobody_unless_it_is_told_to(bare: Context) -> None:
    assert (bare.quiet, bare.ceiling, bare.lease) == (timedelta(0), timedelta(seconds=5), 2 * MINUTE)
    assert (bare.gather, bare.reads_ahead, bare.besides, bare.absences) == (
        timedelta(0),
        False,
        frozenset(),
        (),
    )
    assert (bare.coming, bare.binding, bare.pages, bare.api) == (None, None, "", 3)
    assert replace(bare, jira=cast("Jira", SimpleNamespace(deployment="datacenter"))).api == 2


# -- places that no search shows

ISSUE = build_issue(1, updated=NOW, f=1)
OURS = frozenset({"p", "q"})


def shown(*forbidden: str, **values: object) -> PlaceValues:
    found = PlaceValues(forbidden=set(forbidden))
    if values:
        found.values["1"].update(values)
    return found


@pytest.mark.parametrize(
    ("found", "known", "asked", "fields"),
    [
        (shown(p=5), None, OURS, {"f": 1, "p": 5}),
        (shown(p=5), {"p": 4, "q": 3, "f": 9}, OURS, {"f": 1, "p": 5}),
        (shown(p=5), {"p": 4, "q": 3}, frozenset({"p"}), {"f": 1, "p": 5, "q": 3}),
        (shown(), {"p": 4}, OURS, {"f": 1}),
        (shown(), {"p": 4}, frozenset(), {"f": 1, "p": 4}),
        (shown(), {"other": 4}, frozenset(), {"f": 1}),
        (shown(), None, frozenset(), {"f": 1}),
        (shown("1", p=5), {"p": 4, "q": 3}, OURS, {"f": 1, "p": 4, "q": 3}),
        (shown("1", p=5), None, OURS, {"f": 1}),
        (shown("2", p=5), {"p": 4}, OURS, {"f": 1, "p": 5}),
    ],
)
def test_what_a_place_holds_is_what_was_shown_else_what_was_known(
    found: PlaceValues, known: dict[str, object] | None, asked: frozenset[str], fields: dict[str, object]
) -> None:
    before = None if known is None else replace(ISSUE, fields=known)
    assert places._with(ISSUE, found, before, OURS, asked, {}).fields == fields


def test_what_is_recalled_is_said_as_nothing_where_it_is_not_there() -> None:
    assert places._with(ISSUE, shown(), None, OURS, frozenset({"r"}), {"r": None}).fields == {
        "f": 1,
        "r": None,
    }
    assert places._with(ISSUE, shown(r=2), None, OURS, frozenset({"r"}), {"r": None}).fields == {
        "f": 1,
        "r": 2,
    }


GOAL = f"{places.RECALLED[0]}goal"
"""A place that no read of Jira tells of."""


@pytest.mark.parametrize(
    ("known", "read", "fields"),
    [
        ({GOAL: 1}, {"f": 1}, {"f": 1, GOAL: 1}),
        ({GOAL: 1}, {"f": 1, GOAL: 2}, {"f": 1, GOAL: 2}),
        ({GOAL: 1}, {"f": 1, GOAL: None}, {"f": 1}),
        ({}, {"f": None, GOAL: None}, {"f": None}),
        ({}, {"f": 1}, {"f": 1}),
        ({"f": 5}, {"f": 1}, {"f": 1}),
    ],
)
def test_what_is_known_by_our_writes_stays_where_a_read_did_not_ask(
    known: dict[str, object], read: dict[str, object], fields: dict[str, object]
) -> None:
    assert places._recalling(known, replace(ISSUE, fields=read)).fields == fields


# -- gaps


def a_row(id_: str, disposition: Disposition = Disposition.COUNTED) -> Contribution:
    return Contribution(id_, f"A-{id_}", "", disposition, "", Fraction(1), Fraction(1, 2), Fraction(1, 4))


def an_objective(
    id_: str, *rows: Contribution, touched: set[str] = frozenset(), **more: Any
) -> ObjectiveState:  # type: ignore[assignment]
    return ObjectiveState(
        id_, "r", "", Fraction(1, 2), FINE, Ledger(rows, Fraction(1, 2)), touched=frozenset(touched), **more
    )


def test_a_number_needs_its_own_issues_and_those_of_what_counts_for_it() -> None:
    below = {
        "2": an_objective("2", a_row("3"), touched={"2", "21"}),
        "3": an_objective("3", a_row("2"), touched={"31"}),
        "4": an_objective("4", touched={"41"}),
    }
    state = an_objective(
        "1",
        a_row("2"),
        a_row("4", Disposition.BESIDE),
        a_row("5"),
        touched={"1", "11", "9"},
        aligned_to=("9",),
    )
    assert set(gaps._needs(state, below, set())) == {"1", "11", "2", "21", "31"}


def test_an_objective_that_was_never_read_is_unknown_and_says_why() -> None:
    measured = Measurement(
        Fraction(1), Fraction(1), Cause.MEASURED, "", ledger=Ledger((a_row("7"),), Fraction(1))
    )
    key_result = KeyResultState("7", "k", "delivery", "delivery", "", measured, FINE, None, True)
    whole = an_objective(
        "1", a_row("7"), key_results=(key_result,), delivery=Fraction(1), outcome=Fraction(1), pace=Fraction(1),
        flags=("late",), beside=Ledger((a_row("8"),), Fraction(1)),
    )  # fmt: skip
    at = NOW
    waiting = [
        KeptGap("main", Gap("30", "PLAT-30", "It is garbage."), at, at),
        KeptGap("main", Gap("31", "", "It is forbidden."), at, at),
    ]
    said = "PLAT-30 could not be read: It is garbage. issue 31 could not be read: It is forbidden."
    found = gaps.unread(whole, waiting)
    assert (found.progress, found.delivery, found.outcome, found.pace, found.flags) == (
        None,
        None,
        None,
        None,
        (),
    )
    assert found.health == Health(HealthLevel.UNKNOWN, "gap", said)
    for ledger in (found.ledger, found.beside):
        (row,) = ledger.rows
        assert (row.disposition, row.reason, row.progress, row.share) == (Disposition.UNKNOWN, said, None, 0)
        assert (ledger.total, ledger.exact) == (None, True)
    (one,) = found.key_results
    assert (one.measurement, one.health, one.check_in) == (
        Measurement(None, None, Cause.UNKNOWN, said),
        found.health,
        None,
    )


# -- what waits


def a_change(after: object, before: object = 50, issue_id: str = "9") -> Change:
    return Change(issue_id, f"PLAT-{issue_id}", "customfield_10060", "OKR progress", before, after, "")


def keep(context: Context, change: Change, outcome: str, cause: str, at: datetime) -> None:
    with context.store.write() as conn:
        plan_id = writes.intend(conn, "main", Plan("9", (change,)), "r", cause, at)
        writes.settle(conn, plan_id, change.issue_id, change.field_id, outcome, "", at)


@pytest.mark.parametrize(
    ("outcome", "cause", "after", "ago", "kept", "waiting"),
    [
        ("held", hold.RESYNC, 60, 5 * HOUR, 0, 1),
        ("held", hold.RESYNC, 61, timedelta(0), 1, 0),
        ("held", hold.BREAKER, 60, HOUR, 0, 1),
        ("held", hold.BREAKER, 60, HOUR + MINUTE, 1, 0),
        ("dropped", hold.RESYNC, 60, 5 * HOUR, 0, 0),
        ("dropped", hold.RESYNC, 61, 5 * HOUR, 1, 0),
        ("written", "event", 60, timedelta(0), 1, 0),
        ("refused", "event", 60, timedelta(0), 1, 0),
    ],
)
def test_what_is_held_waits_and_what_was_dropped_is_left_alone_until_something_else_is_wanted(
    bare: Context, outcome: str, cause: str, after: object, ago: timedelta, kept: int, waiting: int
) -> None:
    keep(bare, a_change(after), outcome, cause, NOW - ago)
    with bare.store.read() as conn:
        found = hold.sift(bare, conn, Plan("9", (a_change(60),)))
    assert (len(found.plan.changes), len(found.waiting), found.flapping, found.braked) == (
        kept,
        waiting,
        (),
        (),
    )
    assert found.later is None


@pytest.mark.parametrize(
    ("rows", "before", "kept", "waiting", "braked"),
    [
        ({"7"}, 50, 0, 1, 1),
        (set(), 50, 1, 0, 0),
        ({"7"}, None, 1, 0, 0),
    ],
)
def test_the_brake_holds_until_the_rows_behind_a_change_are_explained(
    bare: Context, rows: set[str], before: object, kept: int, waiting: int, braked: int
) -> None:
    with bare.store.write() as conn:
        brakes.put(
            conn,
            "main",
            brakes.Brake("too much", NOW, 1, frozenset({"9"})),
            {"9": {"9": {row: brakes.DoubtedRow(NOW) for row in rows}}},
        )
        found = hold.sift(bare, conn, Plan("9", (a_change(60, before),)))
    assert (len(found.plan.changes), len(found.waiting), len(found.braked)) == (kept, waiting, braked)


def test_the_earliest_of_the_moments_is_waited_for() -> None:
    one, other = NOW + MINUTE, NOW + HOUR
    empty = SiftedPlan(Plan("9"))
    assert empty.with_later(None, ()).later is None
    assert empty.with_later(other, ()).later == other
    assert replace(empty, later=one).with_later(other, ()).later == one
    assert replace(empty, later=other).with_later(one, [a_change(1)]) == SiftedPlan(
        Plan("9"), (a_change(1),), later=one
    )


def test_a_person_ends_what_is_held_of_some_or_of_all(bare: Context) -> None:
    for objective in ("1", "2", "3"):
        with bare.store.write() as conn:
            plan_id = writes.intend(
                conn, "main", Plan(objective, (a_change(60, issue_id=objective),)), "r", "x", NOW
            )
            writes.settle(conn, plan_id, objective, "customfield_10060", "held", "", NOW)
    with bare.store.write() as conn:
        brakes.put(conn, "main", brakes.Brake("too much", NOW, 3, frozenset("123")), {})
    assert hold.release(bare, ["1", "1", "unknown"]) == 1
    with bare.store.read() as conn:
        assert sorted(one.issue_id for one in writes.load_held(conn, "main")) == ["2", "3"]
        standing = brakes.load_standing(conn, "main")
        assert standing is not None
        assert standing.objectives == {"2", "3"}
    with bare.store.write() as conn:
        assert hold.end(conn, "main", writes.drop, NOW) == 2
        assert (writes.load_held(conn, "main"), brakes.load_standing(conn, "main")) == ([], None)
        latest = writes.load_latest(conn, "main", "2", "customfield_10060")
        assert latest is not None
        assert latest.outcome is WriteOutcome.DROPPED


# -- what is measured along


def test_what_is_due_or_of_another_revision_is_measured_along_with_all_that_it_moves(bare: Context) -> None:
    """1 is asked for; 2 and 3 hang below it, 4 below 3, 5 below 4 and 2."""
    revision = bare.mapping.revision
    with bare.store.write() as conn:
        for id_, of in [("2", revision), ("3", revision), ("4", revision), ("5", "another")]:
            objectives.save(conn, "main", an_objective(id_), of, NOW)
        saved = {id_: found for id_ in "2345" if (found := objectives.load(conn, "main", id_)) is not None}
        above = {"2": {"1"}, "3": {"1"}, "4": {"3"}, "5": {"4"}}
        found = measurement._sorted_out(bare, conn, saved, above, {"1"})
        assert (found.stale, set(found.settled)) == ({"3", "4", "5"}, {"2"})
        found = measurement._sorted_out(bare, conn, saved, {"2": {"1"}, "3": {"1"}, "4": {"3"}}, {"1"})
        assert (found.stale, set(found.settled)) == (frozenset(), {"2", "3", "4"})
        bare.mark(conn, ["4"], "a test")
        found = measurement._sorted_out(bare, conn, saved, {"2": {"1"}, "3": {"1"}, "4": {"3"}}, {"1"})
        assert (found.stale, set(found.settled)) == ({"3", "4"}, {"2"})
        found = measurement._sorted_out(bare, conn, {}, {"2": {"1"}}, {"1"})
        assert (found.stale, set(found.settled)) == ({"2"}, set())


def test_who_is_aligned_is_seen_in_the_mirror_whatever_is_stored(
    bare: Context, document: dict[str, Any]
) -> None:
    """By the phrase of its own rule alone, in any case; to a written objective only while it waits itself."""
    [epics] = document["objectives"]
    document["objectives"] = [
        {**epics, "aligned_to": "supports"},
        {**epics, "id": "sagas", "select": "issuetype = Saga", "aligned_to": "growth"},
        {**epics, "id": "tasks", "select": "issuetype = Task"},
        {"id": "board", "title": "Board", "aligned_to": "growth", "key_results": epics["key_results"]},
        {"id": "growth", "title": "Growth", "key_results": epics["key_results"]},
    ]
    for rule in document["objectives"][3:]:
        rule["key_results"] = [{**epics["key_results"][0], "relation": {"jql": "issuetype = Story"}}]
    context = replace(bare, mapping=bind(Document.model_validate(document), Catalogue()))
    issues = [
        build_issue(1, type="Epic"),
        build_issue(2, type="Epic", links=[("Supports", 1), ("supports", 8)]),
        build_issue(3, type="Epic", links=[("blocks", 1)]),
        build_issue(4, type="Story", links=[("supports", 1)]),
        build_issue(5, type="Task", links=[("supports", 1)]),
        *(build_issue(id_, type="Saga", links=[("supports", 1)]) for id_ in (6, 7)),
    ]
    with bare.store.write() as conn:
        mirror.put(conn, "main", issues)
        context.mark(conn, ["7", "2", "@board"], "a test")

        def found(*targets: str) -> set[tuple[str, str]]:
            return set(measurement._newly_aligned(context, conn, frozenset(targets)))

        assert found("1") == {("2", "1")}
        assert found("1", "8") == {("2", "1"), ("2", "8")}
        assert found("9") == set()
        assert found("@growth") == {("@board", "@growth"), ("7", "@growth")}
        assert found("1", "@growth", "@board") == {("2", "1"), ("@board", "@growth"), ("7", "@growth")}


def test_where_an_issue_came_from_is_told_though_nothing_is_kept_of_it_there(bare: Context) -> None:
    """What is kept of an objective names its rows, and this one has not been computed yet."""
    with bare.store.write() as conn:
        mirror.put(conn, "main", [build_issue(1, type="Epic"), build_issue(2, type="Epic")])
        mirror.put(conn, "main", [build_issue(number, parent=1) for number in (3, 4)])
        moved = replace(build_issue(3, parent=2), updated=NOW)
        assert reread.land_issues(bare, conn, [moved], set()) == ({"1", "2"}, {"3"})
        assert reread.land_issues(bare, conn, [moved], set()) == (frozenset(), frozenset())
        assert reread.land_issues(bare, conn, [], {"4"}) == ({"1"}, frozenset())


@pytest.mark.parametrize(
    ("names", "asked"),
    [
        ([], False),
        ([MappingName(NameKind.OPTION, "Blue", ("7",), "f")], True),
        ([MappingName(NameKind.COMPONENT, "Web", ("7",))], True),
        ([MappingName(NameKind.VERSION, "1.0", ("7",))], True),
        ([MappingName(NameKind.OPTION, "Blue", (), "f")], False),
        ([MappingName(NameKind.OPTION, "7", ("7",), "f")], False),
        ([MappingName(NameKind.PERSON, "Ada", ("7",)), MappingName(NameKind.ISSUE, "A-1", ("7",))], False),
        ([MappingName(NameKind.STATUS, "Done", ("7",)), MappingName(NameKind.FIELD, "F", ("7",))], False),
        ([MappingName(NameKind.PERSON, "Ada", ("7",)), MappingName(NameKind.COMPONENT, "Web", ("7",))], True),
    ],
)
def test_words_that_may_stand_for_several_are_asked_for_besides_their_ids(
    names: list[MappingName], asked: bool
) -> None:
    scope = SimpleNamespace(names=tuple(names))
    document = SimpleNamespace(scope="Colour = Blue ORDER BY key")
    mapping = cast("Mapping", SimpleNamespace(scope=scope, document=document, scope_by_id="Colour = 7"))
    wanted = "(Colour = Blue) AND NOT (Colour = 7)" if asked else None
    assert search_pages.namesakes(mapping) == wanted


@pytest.mark.parametrize(
    ("next_try", "free"), [(None, True), (NOW + MINUTE, False), (NOW - MINUTE, True), (NOW, True)]
)
def test_a_trial_that_another_took_or_ended_meanwhile_is_not_taken_twice(
    bare: Context, monkeypatch: pytest.MonkeyPatch, next_try: datetime | None, free: bool
) -> None:
    """Two saw the same wait end: one tries. Where it ended the outage meanwhile, everybody goes."""
    error = JiraOutage("busy", status=503)
    seen = outage.struck(None, error, NOW - HOUR, 0.5, whole=True, trial=False)
    if next_try is not None:
        with bare.store.write() as conn:
            outage.strike(conn, "main", NOW - HOUR, error, whole=True)
            outages.change(conn, "main", lambda one: one and replace(one, next_try=next_try))
    monkeypatch.setattr(outage, "load_standing", lambda _conn, _site: seen)
    way = outage.way(bare)
    assert (way.free, way.trial is not None) == (free, next_try is not None and free)
    if way.trial is not None:
        monkeypatch.undo()
        with bare.store.read() as conn:
            kept = outage.load_standing(conn, "main")
        assert kept == replace(way.trial, next_try=NOW + outage.TRIAL)
        assert way.trial.next_try == next_try


def test_moments_pass_in_the_zone_of_the_mapping(bare: Context) -> None:
    clock = Clock()
    context = replace(bare, clock=clock, catalogue=Catalogue(account_id="us"))
    moment = context.moment()
    assert (moment.now, moment.zone, moment.account_id) == (clock(), bare.mapping.zone, "us")


@pytest.mark.parametrize(
    ("contexts", "again", "asked"),
    [
        (["bcad", "bcad"], "", "b"),
        (["dabc", "bcad"], "", "d"),
        (["bcad", "bcad"], "b", "bc"),
        (["bcad", "bcad"], "bx", "bc"),
        (["bca", "bcad"], "", "bd"),
        (["", "bcad"], "", "abcd"),
        (["bcad", "bcad"], "abcd", "abcd"),
    ],
)
def test_screens_are_asked_where_a_context_is_not_known_and_the_others_in_turn(
    contexts: list[str], again: str, asked: str
) -> None:
    """Each letter is a project; of a field the contexts stand in the order in which they were learnt."""
    fields = [
        Field("f", "F", contexts=tuple(OptionContext(one, "story", ()) for one in known))
        for known in contexts
    ]
    places = {(one, "story") for one in "abcd"}
    wanted = written_options._in_turn(places, {(one, "story") for one in again}, fields)
    assert "".join(sorted(project for project, _ in wanted)) == asked


def test_what_stands_is_looked_at_by_whom_it_was_written_for_and_by_whose_issue_it_is_on(
    bare: Context,
) -> None:
    """Objectives 9 and 10, and 77, which wrote onto issues of theirs and is not looked at."""
    looked_at = cast(
        "Any",
        {
            "9": SimpleNamespace(
                key_results=[SimpleNamespace(issue_id="21"), SimpleNamespace(issue_id=None)]
            ),
            "10": SimpleNamespace(
                key_results=[SimpleNamespace(issue_id="22"), SimpleNamespace(issue_id="21")]
            ),
        },
    )
    with bare.store.write() as conn:
        for objective_id, issue_id in [("9", "9"), ("77", "21"), ("77", "10"), ("10", "40"), ("77", "50")]:
            change = a_change(60, issue_id=issue_id)
            plan_id = writes.intend(conn, "main", Plan(objective_id, (change,)), "r", "event", NOW)
            writes.settle(conn, plan_id, issue_id, change.field_id, "written", "", NOW)
        found = survey._written_for(conn, "main", looked_at)
        assert survey._written_for(conn, "main", {}) == {}
        assert survey._written_for(conn, "other", looked_at) == {}
    assert {id_: sorted(one.issue_id for one in those) for id_, those in found.items()} == {
        "9": ["21", "9"],
        "10": ["10", "21", "40"],
    }
