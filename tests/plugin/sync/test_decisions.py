"""The small decisions of a sync, each outcome by its value: what counts, what is news, what is blamed, what is asked first."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connectors.jira import Jira, SearchPage
from connectors.jira.http.errors import AuthFailure, JiraOutage, JiraRefusal, RateLimitError
from connectors.sandbox import CONNECTOR, Fault
from connectors.store import Store
from connectors.store.absence import gaps, tombstones
from connectors.store.mappings import coming_mappings
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.people import accounts
from connectors.store.reads import failures, read_requests
from connectors.store.work import due
from mappings.document.binder import bind
from mappings.document.mapping import Mapping
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.gap import Gap
from mappings.facts.issue import HISTORY, Issue, JiraValue, Project, Reading, User
from mappings.fields import CUSTOM
from mappings.fields.request_type import KEY as REQUEST_TYPE
from mappings.rollup.cycles.carry_plan import CarryPlan
from mappings.rollup.cycles.carry_steps import FieldWrite
from mappings.rollup.health import Health, HealthLevel
from mappings.rollup.rows.ledger import Ledger
from mappings.rollup.state import Cause, KeyResultState, Measurement, ObjectiveState
from mappings.write_back.evidence import Rows
from mappings.write_back.plan import Change, Plan
from mappings.write_back.targets import target_of
from mappings.write_back.targets.field import field_place
from plugin.sync import outage, work
from plugin.sync.context import Context
from plugin.sync.reconcile import carries, creation, reconcile
from plugin.sync.reconcile.failures import UNEXPECTED
from plugin.sync.reconcile.lease import LostLease, ObjectiveLease
from plugin.sync.refresh import comments, issue_steps, names, own_writes, reread, written_options
from plugin.sync.refresh import tombstones as left
from plugin.sync.refresh.project_access import ProjectSight, may_browse
from plugin.sync.resync import (
    activation_read,
    checkpoint,
    completeness,
    double_check,
    full_read,
    mirror_update,
    search_pages,
    watermark,
)
from plugin.sync.resync.mirror_update import MirrorUpdate, ResyncResult
from plugin.sync.work import WorkTurn
from plugin.sync.write_back import application, edits, foreign_values, hold
from tests.mappings.rollup.conftest import build_issue
from tests.plugin.sync.conftest import Clock

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
"""By which Jira's `updated` is moved in the tables."""
FINE = Health(HealthLevel.ON_TRACK, "", "")
FIELD = "customfield_10060"


@pytest.mark.parametrize(
    ("turn", "idle"),
    [
        (WorkTurn(), True),
        (WorkTurn(deliveries=1), False),
        (WorkTurn(reconciled=1), False),
        (WorkTurn(failed=1), False),
        (WorkTurn(written=1), True),
    ],
)
def test_a_turn_that_did_anything_is_not_idle(turn: WorkTurn, idle: bool) -> None:
    assert turn.idle is idle


# -- what a read comes to

ONE = MirrorUpdate(3, 2, 1, frozenset({"a"}), frozenset({"a", "b"}), {"a": 2}, False, frozenset({"1"}))
TWO = MirrorUpdate(4, 3, 2, frozenset({"c"}), frozenset({"c"}), {"a": 1, "c": 1}, True, frozenset({"2"}))


def test_pages_are_added_up() -> None:
    report = ResyncResult(kind="recent")
    report.add(ONE)
    assert report.occupied is False
    report.add(TWO)
    report.add(replace(ONE, occupied=False))
    assert (report.read, report.changed, report.on_their_way, report.occupied) == (10, 7, 4, True)
    assert (report.objectives, report.marked) == ({"a", "b", "c"}, {"a", "c"})
    assert (report.drifted, report.silent) == (Counter(a=5, c=1), {"1", "2"})
    assert report.drift == 3


def test_what_changed_unheard_is_drift_unless_it_was_on_its_way() -> None:
    report = ResyncResult()
    report.add(ONE)
    report.removed = 4
    assert report.changed == 2
    assert report.drift == 2 - ONE.on_their_way + 4
    assert replace(report, first=True).drift == 0


def test_what_was_asked_otherwise_is_no_drift_of_an_objective() -> None:
    report = ResyncResult(asked_otherwise=True)
    report.add(ONE)
    assert (report.drifted, report.drift, report.changed) == (Counter(), 0, 2)


EDITED = build_issue(1, updated=NOW)


@pytest.mark.parametrize(
    ("before", "read_at", "edited"),
    [
        (NOW - SECOND, None, True),
        (NOW, None, False),
        (NOW + SECOND, None, False),
        (NOW, NOW - HOUR, False),
        (None, NOW - SECOND, True),
        (None, NOW, False),
        (None, None, False),
    ],
    ids=str,
)
def test_an_issue_was_edited_where_it_is_newer_than_known_or_than_the_last_read(
    before: datetime | None, read_at: datetime | None, edited: bool
) -> None:
    known = None if before is None else replace(EDITED, updated=before)
    assert mirror_update._is_edited(known, EDITED, read_at) is edited


CONTRIBUTES = [("contributes to", 30)]


@pytest.mark.parametrize(
    ("before", "after", "near"),
    [
        (build_issue(1, parent_id="9"), build_issue(1, parent_id="9"), {"1"}),
        (build_issue(1, parent_id="9"), build_issue(1, parent_id="8"), {"1", "8", "9"}),
        (build_issue(1, parent_id="9"), build_issue(1), {"1", "9"}),
        (None, build_issue(1, parent_id="8"), {"1", "8"}),
        (None, build_issue(1, links=CONTRIBUTES), {"1", "30"}),
        (build_issue(1), build_issue(1, links=CONTRIBUTES), {"1"}),
    ],
)
def test_drift_counts_where_an_issue_came_from_and_where_it_went(
    before: Issue | None, after: Issue, near: set[str]
) -> None:
    assert mirror_update._near(before, after) == near


KNOWN = build_issue(1, updated=NOW, fields={"f": 1, FIELD: 50, "besides": 1})


@pytest.mark.parametrize(
    ("after", "news"),
    [
        (KNOWN, False),
        (replace(KNOWN, updated=NOW + MINUTE), False),
        (replace(KNOWN, fields={**KNOWN.fields, FIELD: 60}), False),
        (replace(KNOWN, fields={**KNOWN.fields, "besides": 2}), False),
        (replace(KNOWN, fields={**KNOWN.fields, "f": 2}), True),
        (replace(KNOWN, fields={FIELD: 50}), True),
        (replace(KNOWN, summary="Another"), True),
        (replace(KNOWN, parent_id="7"), True),
    ],
)
def test_what_differs_beside_our_own_fields_and_the_time_is_news(after: Issue, news: bool) -> None:
    assert mirror_update._is_news(KNOWN, after, frozenset({"f"}), frozenset()) is news
    assert mirror_update._is_news(None, after, frozenset({"f"}), frozenset()) is True


READ = (Reading(NOW, Fraction(45)),)


@pytest.mark.parametrize(
    ("before", "after", "metrics", "news"),
    [
        ({FIELD: READ}, {}, set(), False),
        ({FIELD: READ}, {}, {FIELD}, True),
        ({FIELD: READ, "f": READ}, {FIELD: READ}, {FIELD}, False),
        ({FIELD: READ}, {FIELD: (Reading(NOW, Fraction(46)),)}, {FIELD}, True),
        ({}, {FIELD: READ}, {FIELD}, True),
    ],
)
def test_a_history_that_only_a_former_mapping_measured_is_no_news_where_it_is_gone(
    before: dict[str, tuple[Reading, ...]],
    after: dict[str, tuple[Reading, ...]],
    metrics: set[str],
    news: bool,
) -> None:
    was, now = replace(KNOWN, readings=before), replace(KNOWN, readings=after)
    assert mirror_update._is_news(was, now, frozenset({"f"}), frozenset(metrics)) is news
    lost = replace(was, unknowns={HISTORY: "Jira tells 100 of 500 entries"})
    assert mirror_update._is_news(lost, now, frozenset({"f"}), frozenset(metrics)) is (news or bool(metrics))


@pytest.mark.parametrize(
    ("older", "back"), [(timedelta(0), False), (MINUTE, False), (MINUTE + SECOND, True), (-HOUR, False)]
)
def test_an_issue_more_than_a_minute_older_than_known_went_back(older: timedelta, back: bool) -> None:
    shown = replace(EDITED, updated=NOW - older)
    assert double_check.gone_back({"1": EDITED}, [shown]) == ({"1"} if back else set())
    assert double_check.gone_back({}, [shown]) == set()


# -- what is asked of a search


@pytest.mark.parametrize(
    ("scope", "condition"),
    [
        ("project = PLAT", "project = PLAT"),
        ("  project = PLAT ", "project = PLAT"),
        ("project = PLAT ORDER BY created DESC", "project = PLAT"),
        ('summary ~ "order by me" order by  key', 'summary ~ "order by me"'),
    ],
)
def test_queries_are_made_of_the_scope_without_its_order(scope: str, condition: str) -> None:
    assert search_pages.condition(scope) == condition
    assert search_pages.in_order(scope) == f"({condition}) ORDER BY id ASC"
    assert search_pages.changed_since(scope, NOW) == f"({condition}) AND updated >= 1793696400000"
    assert search_pages.changed_of_late(scope, 7) == f'({condition}) AND updated >= "-7m"'


# -- a world without Jira


@pytest.fixture
def bare(sqlite_store: Store, document: dict[str, Any]) -> Context:
    mapping: Mapping = bind(Document.model_validate(document), Catalogue())
    nobody = cast("Jira", SimpleNamespace(deployment="cloud"))
    return Context("main", nobody, sqlite_store, mapping, Catalogue(), lambda: NOW)


@pytest.mark.parametrize(
    ("ago", "read_ago", "doubted"),
    [
        (MINUTE, None, True),
        (MINUTE, 2 * MINUTE, True),
        (MINUTE, MINUTE, False),
        (2 * MINUTE, MINUTE, False),
        (HOUR - SECOND, None, True),
        (HOUR + SECOND, None, False),
    ],
)
def test_what_left_after_it_was_read_is_in_doubt_for_an_hour(
    bare: Context, ago: timedelta, read_ago: timedelta | None, doubted: bool
) -> None:
    with bare.store.write() as conn:
        tombstones.put(conn, "main", ["1"], NOW - ago)
        tombstones.put(conn, "other", ["2"], NOW)
    with bare.store.read() as conn:
        read_at = None if read_ago is None else NOW - read_ago
        assert left.doubtful(bare, conn, ["1", "2"], read_at) == ({"1"} if doubted else set())
        assert left.doubtful(bare, conn, [], read_at) == set()


def test_what_is_marked_without_a_word_comes_before_what_is_marked_in_bulk(bare: Context) -> None:
    with bare.store.write() as conn:
        bare.mark(conn, {"1"}, "everything was read again", bulk=True)
    with bare.store.write() as conn:
        bare.mark(conn, {"2"}, "somebody did something")
        claimed = due.claim(conn, "worker", NOW + HOUR, MINUTE, 1, "main")
    assert [(one.objective_id, one.bulk) for one in claimed] == [("2", False)]


def test_only_a_newer_issue_that_says_otherwise_contradicts_what_we_wrote() -> None:
    ours = [field_place(Field(FIELD, "OKR progress", "number"))]
    for updated, value, contradicts in [
        (NOW + SECOND, 60, True),
        (NOW + SECOND, 50, False),
        (NOW, 60, False),
        (NOW - SECOND, 60, False),
    ]:
        shown = replace(KNOWN, updated=updated, fields={FIELD: value})
        assert own_writes._contradicts(ours, KNOWN, shown) is contradicts, (updated, value)
        assert own_writes._contradicts(ours, None, shown) is False


def test_what_was_read_for_the_coming_mapping_stays_where_a_read_did_not_ask_for_it() -> None:
    former = replace(KNOWN, fields={"besides": 1, "f": 1})
    unasked = frozenset({"besides"})
    assert activation_read._with(former, replace(KNOWN, fields={"f": 2}), unasked).fields == {
        "besides": 1,
        "f": 2,
    }
    assert activation_read._with(former, replace(KNOWN, fields={"besides": 3}), unasked).fields == {
        "besides": 3
    }
    assert activation_read._with(None, replace(KNOWN, fields={"f": 2}), unasked).fields == {"f": 2}


METRIC = frozenset({"m"})
READ = (Reading(NOW - HOUR, Fraction(1)),)
HELD = replace(build_issue(1, updated=NOW, m=1, history_at=NOW), readings={"m": READ})


@pytest.mark.parametrize(
    ("issue", "known", "told", "stale"),
    [
        (HELD, HELD, None, False),
        (HELD, None, None, True),
        (replace(HELD, fields={}), None, None, False),
        (replace(HELD, updated=NOW + SECOND), HELD, None, True),
        (replace(HELD, updated=NOW + SECOND), HELD, frozenset({"summary"}), False),
        (replace(HELD, updated=NOW + SECOND), HELD, METRIC, True),
        (HELD, replace(HELD, history_at=None), None, True),
        (HELD, replace(HELD, history_at=None), frozenset[str](), False),
        (replace(HELD, fields={"m": 2}), HELD, frozenset[str](), True),
        (replace(HELD, fields={}), HELD, frozenset[str](), True),
        (replace(HELD, fields={}, absent=METRIC), HELD, frozenset[str](), False),
        (HELD, replace(HELD, readings={}), frozenset[str](), True),
        (replace(HELD, fields={}, updated=NOW + SECOND), replace(HELD, fields={}, readings={}), None, False),
    ],
)
def test_a_history_is_read_where_a_metric_may_have_moved_since(
    issue: Issue, known: Issue | None, told: frozenset[str] | None, stale: bool
) -> None:
    changed = {} if told is None else {"1": told}
    assert reread._history_is_stale(issue, known, METRIC, changed) is stale


LATER = replace(HELD, fields={"m": 2}, updated=NOW + SECOND)
ROSE = (*READ, Reading(NOW + SECOND, Fraction(2)))
NEVER = replace(HELD, readings={"m": ()})
UNASKED = replace(HELD, fields={}, readings={}, history_at=None)


@pytest.mark.parametrize(
    ("issue", "known", "found", "torn"),
    [
        (LATER, HELD, ROSE, False),
        (LATER, HELD, READ, True),  # it holds 2, and nothing says since when
        (LATER, HELD, (*READ, Reading(NOW, Fraction(3))), True),
        (LATER, HELD, (*ROSE, Reading(NOW + HOUR, Fraction(3))), False),  # edited once more since it was read
        (LATER, HELD, (), True),
        (LATER, NEVER, (), True),
        (replace(LATER, updated=NOW), NEVER, (), True),
        (LATER, replace(NEVER, readings={}), (), True),
        (LATER, NEVER, ROSE[1:], False),
        (replace(LATER, fields={"m": 1.0}), NEVER, (), False),
        (LATER, None, (), False),
        (LATER, replace(NEVER, fields={}), (), False),  # it may not have been asked for
        (LATER, replace(NEVER, unknowns={"m": "not a number"}), (), False),
        (replace(LATER, fields={"m": 1}), HELD, READ, False),
    ],
)
def test_a_history_that_does_not_tell_of_what_moved_since_is_not_believed(
    issue: Issue, known: Issue | None, found: tuple[Reading, ...], torn: bool
) -> None:
    """200 and no changes is what Jira says of a value that never moved, and what an answer says that was lost on its way."""
    assert reread._is_torn(issue, known, {"m": found}) is torn


@pytest.mark.parametrize(
    ("issue", "known", "found", "again"),
    [
        (LATER, HELD, ROSE, False),
        (LATER, HELD, READ, True),  # torn
        (LATER, UNASKED, (), True),  # asked for the first time, of an issue that was edited since
        (LATER, UNASKED, ROSE, False),
        (LATER, UNASKED, None, False),
        (replace(LATER, updated=NOW), UNASKED, (), False),
        (LATER, replace(UNASKED, history_at=NOW), (), False),
        (LATER, None, (), False),
    ],
)
def test_a_history_is_asked_for_once_more_before_it_is_believed_or_lost(
    issue: Issue, known: Issue | None, found: tuple[Reading, ...] | None, again: bool
) -> None:
    before = {} if known is None else {known.id: known}
    assert reread._proves_nothing(issue, before, None if found is None else {"m": found}) is again
    if known is UNASKED and found is not None:
        assert not reread._is_torn(issue, known, {"m": found}), "said twice, it is believed"


# -- who wakes whom


def objective(progress: Fraction | None = Fraction(1, 2), *aligned_to: str, **more: Any) -> ObjectiveState:
    return ObjectiveState(
        "9", "r", "", progress, FINE, Ledger(()), issue_id="9", aligned_to=aligned_to, **more
    )


STANDS = objective(Fraction(1, 2), "20", "21")


@pytest.mark.parametrize(
    ("before", "after", "woken"),
    [
        (STANDS, STANDS, set()),
        (STANDS, replace(STANDS, title="Another", team="web"), set()),
        (STANDS, replace(STANDS, progress=Fraction(1)), {"20", "21"}),
        (STANDS, replace(STANDS, progress=None), {"20", "21"}),
        (STANDS, replace(STANDS, health=Health(HealthLevel.AT_RISK, "", "")), {"20", "21"}),
        (STANDS, replace(STANDS, health=Health(HealthLevel.ON_TRACK, "another", "words")), set()),
        (STANDS, replace(STANDS, aligned_to=("21", "22")), {"20", "21", "22"}),
        (None, STANDS, {"20", "21"}),
        (STANDS, None, {"20", "21"}),
        (None, None, set()),
        (None, objective(None), set()),
    ],
)
def test_a_number_a_health_or_an_alignment_that_changes_wakes_those_above(
    before: ObjectiveState | None, after: ObjectiveState | None, woken: set[str]
) -> None:
    assert reconcile._moved_by(before, after) == woken


def test_an_objective_speaks_for_itself_and_its_key_results() -> None:
    measured = Measurement(Fraction(0), Fraction(0), Cause.MEASURED, "")
    own = KeyResultState("7", "k", "metric", "outcome", "", measured, FINE, None, True, issue_id="7")
    together = replace(own, id="9/k", issue_id=None)
    assert reconcile._spoken_for(replace(STANDS, key_results=(own, together)), with_rows=False) == {"9", "7"}
    assert reconcile._spoken_for(replace(STANDS, issue_id=None), with_rows=False) == set()
    assert reconcile._spoken_for(None, with_rows=True) == set()


# -- what the brake takes along


def a_change(issue_id: str = "9", before: object = 50, after: object = 60, field: str = FIELD) -> Change:
    return Change(issue_id, f"PLAT-{issue_id}", field, "OKR progress", before, after, "")


def an_outcome(objective_id: str, *changes: Change) -> hold.ObjectiveOutcome:
    return hold.ObjectiveOutcome(Plan(objective_id, changes or (a_change(objective_id),)))


def test_a_doubt_climbs_from_objective_to_objective() -> None:
    doubts = {"1": hold.UnexplainedChanges(Plan("1", (a_change("1"),)), {"1": frozenset({"s", "t"})})}
    two = an_outcome("2", a_change("2"), a_change("20", None))
    three, apart = an_outcome("3"), an_outcome("4")
    above = [
        (three, Rows(aligned=frozenset({"2"}))),
        (two, Rows(aligned=frozenset({"1", "unknown"}))),
        (apart, Rows(aligned=frozenset({"5"}))),
    ]
    hold._climb(doubts, above)
    assert {id_: [one.issue_id for one in found.plan.changes] for id_, found in doubts.items()} == {
        "1": ["1"],
        "2": ["2"],
        "3": ["3"],
    }
    behind = frozenset({"s", "t"})
    assert [doubts[id_].rows for id_ in "123"] == [{id_: behind} for id_ in "123"]


def test_a_doubt_without_rows_brings_none() -> None:
    doubts = {"1": hold.UnexplainedChanges(Plan("1", (a_change("1"),)), {})}
    hold._climb(doubts, [(an_outcome("2"), Rows(aligned=frozenset({"1"})))])
    assert doubts["2"].rows == {}


# -- what Jira says against an edit


@pytest.mark.parametrize(
    ("places", "declined", "asked", "made"),
    [
        ("", {}, [""], True),
        ("a", {}, ["a"], True),
        ("a", {"a": "a"}, ["a"], False),
        ("abc", {}, ["a"], True),
        ("abc", {"a": "a"}, ["a", "b"], True),
        ("abc", {"a": "a", "b": "b"}, ["a", "b", "c"], True),
        ("abc", {"a": "a", "b": "b", "c": "c"}, ["a", "b", "c"], False),
        ("abc", {"a": "ax"}, ["a"], False),  # something else is wrong with it too
        ("abc", {"a": "b"}, ["a"], False),
        ("abc", {"a": ""}, ["a"], False),
    ],
)
def test_a_field_of_the_parent_that_jira_declines_gives_way_to_the_next(
    places: str, declined: dict[str, str], asked: list[str], made: bool
) -> None:
    tried: list[dict[str, object]] = []

    def create(fields: dict[str, object], properties: dict[str, object]) -> str:
        assert properties == {"okr": 1}
        tried.append(fields)
        place = next((one for one in fields if one != "summary"), "")
        if place in declined:
            raise JiraRefusal(400, fields=dict.fromkeys(declined[place], "not here"))
        return "made"

    context = cast("Context", SimpleNamespace(jira=SimpleNamespace(create=create)))
    given = [(one, one.upper()) for one in places]
    make = partial(creation.make_issue, context, {"summary": "s"}, given, {"okr": 1})
    if made:
        assert make() == "made"
    else:
        with pytest.raises(JiraRefusal):
            make()
    assert tried == [{"summary": "s", **({one: one.upper()} if one else {})} for one in asked]


@pytest.mark.parametrize(
    ("fields", "issues", "blamed", "left_over"),
    [
        ({"f": "no"}, ["f", "g"], ["f"], ["g"]),
        ({"g": "no"}, ["f", "g", "h"], ["g"], ["f", "h"]),
        ({"f": "no", "g": "no"}, ["f", "g"], ["f", "g"], []),
        ({}, ["f", "g", "h"], ["f"], ["g", "h"]),
        ({"other": "no"}, ["f", "g"], ["f"], ["g"]),
        ({}, ["f"], ["f"], []),
    ],
)
def test_the_named_fields_are_blamed_or_one_at_a_time(
    fields: dict[str, str], issues: list[str], blamed: list[str], left_over: list[str]
) -> None:
    changes = [a_change(field=name) for name in issues]
    refused, rest = application._part(target_of("f"), JiraRefusal(400, (), fields), changes)
    assert [one.change.field_id for one in refused] == blamed
    assert [one.field_id for one in rest] == left_over


def a_write(issue_id: str, field: str, value: object, *, adds: bool = False) -> FieldWrite:
    return FieldWrite(issue_id, f"PLAT-{issue_id}", field, field, "", "", json.dumps(value), adds)


def test_carrying_edits_each_issue_once_and_the_objective_last() -> None:
    writes = (
        a_write("2", "labels", "2027-Q1", adds=True),
        a_write("2", "start", 5),
        a_write("30", "start", 7),
        a_write("4", "start", 1),
    )
    plan = cast("CarryPlan", SimpleNamespace(objective_id="2", writes=writes))
    found = carries._requests(plan)
    assert [(key, request.method, request.path) for request, key in found] == [
        ("PLAT-30", "PUT", "/issue/30"),
        ("PLAT-4", "PUT", "/issue/4"),
        ("PLAT-2", "PUT", "/issue/2"),
    ]
    assert [request.body for request, _ in found] == [
        {"fields": {"start": 7}},
        {"fields": {"start": 1}},
        {"update": {"labels": [{"add": "2027-Q1"}]}, "fields": {"start": 5}},
    ]
    assert all(request.notifies and request.answer == "edit" and not request.removes for request, _ in found)


# -- names


def test_what_was_looked_up_is_joined_to_a_catalogue() -> None:
    a, b, c = (JiraValue(id_, f"Name {id_}") for id_ in "abc")
    listed = Catalogue(fields=(Field("f", "F", options=(a,)), Field("g", "G", options=(b,))), components=(a,))
    seen = Catalogue(
        fields=(Field("f", "f", options=(c,)), Field("g", "g")),
        components=(b,),
        versions=(c,),
        people=(User("u", "Ada"),),
        issues=(JiraValue("1", "PLAT-1"),),
    )
    found = names.join_catalogues(listed, seen)
    assert found.fields == (Field("f", "F", options=(c,)), Field("g", "G", options=(b,)))
    assert (found.components, found.versions) == ((a, b), (c,))
    assert (found.people, found.issues) == ((User("u", "Ada"),), (JiraValue("1", "PLAT-1"),))


# -- with a Jira


@pytest.fixture
def asking(hand: Any) -> Callable[[], int]:
    """How often Jira was asked for permissions since the last time somebody asked for it."""

    def asked() -> int:
        counted = hand.sandbox.site.calls.by_endpoint
        found = sum(number for name, number in counted.items() if name.endswith("mypermissions"))
        hand.sandbox.site.calls.clear()
        return found

    asked()
    return asked


def test_the_sight_of_a_project_is_remembered_for_a_minute(hand: Any, asking: Callable[[], int]) -> None:
    sight = ProjectSight(hand.connector.sites["main"].jira, hand.clock)
    assert (sight.may_browse("PLAT"), sight.may_browse("CORE"), asking()) == (True, True, 2)
    hand.sandbox.sandbox.accounts[CONNECTOR.id] = replace(CONNECTOR, administrator=False, grants={})
    hand.clock.pass_by(seconds=59)
    assert (sight.may_browse("PLAT"), asking()) == (True, 0)
    hand.clock.pass_by(seconds=1)
    assert (sight.may_browse("PLAT"), sight.may_browse("PLAT"), asking()) == (False, False, 1)
    hand.clock.pass_by(minutes=2)
    assert (sight.may_browse("PLAT"), asking()) == (False, 1)


def test_what_jira_declines_to_say_of_a_project_is_that_it_cannot_be_browsed(hand: Any) -> None:
    jira = hand.connector.sites["main"].jira
    for status, browsed in [(400, False), (403, False), (404, False)]:
        hand.sandbox.faults.add(Fault("status", "GET", "mypermissions", status=status, shape="jira"))
        assert may_browse(jira, "PLAT") is browsed, status
    hand.sandbox.faults.add(Fault("status", "GET", "mypermissions", status=410, shape="jira"))
    with pytest.raises(JiraRefusal):
        may_browse(jira, "PLAT")


def test_a_claim_is_renewed_from_the_half_of_its_lease_on_and_given_up_once_another_has_it(
    bare: Context,
) -> None:
    clock = Clock()
    context = replace(bare, clock=clock)
    with context.store.write() as conn:
        due.mark(conn, "main", ["1"], clock(), "a test")
        (claim,) = due.claim(conn, "worker", clock(), context.lease, 1)
    tenure = ObjectiveLease(context, claim)
    clock.pass_by(seconds=60)
    tenure.keep()
    assert tenure.claim == claim
    clock.pass_by(milliseconds=1)
    tenure.keep()
    assert tenure.claim.lease_until == clock() + timedelta(seconds=120)
    clock.pass_by(seconds=121)
    with context.store.write() as conn:
        assert len(due.claim(conn, "thief", clock(), context.lease, 1)) == 1
    with pytest.raises(LostLease, match="the lease on 1 ran out or was taken"):
        tenure.keep()


def test_a_read_by_the_clock_that_is_refused_for_the_sign_in_is_an_outage_of_everything(hand: Any) -> None:
    store = hand.connector.store
    for error in (JiraOutage("busy", status=503), JiraRefusal(400), RateLimitError("jira-burst-based")):
        outage.note_refusal(store, "main", hand.clock(), error)
    with store.read() as conn:
        assert outage.load_standing(conn, "main") is None
    outage.note_refusal(store, "main", hand.clock(), AuthFailure("no", status=401))
    with store.read() as conn:
        found = outage.load_standing(conn, "main")
    assert found is not None
    assert (found.kind, found.whole, found.tries, found.since) == ("sign_in", True, 1, hand.clock())


@pytest.mark.parametrize(
    ("error", "trial", "struck", "whole"),
    [
        (RateLimitError("local-pacing", 1.0), False, False, False),
        (RateLimitError("local-pacing", 1.0), True, False, False),
        (RateLimitError("jira-burst-based", 1.0), False, True, False),
        (RateLimitError("jira-quota-tenant-based", 1.0), False, True, True),
        (JiraOutage("busy", status=503), False, True, False),
        (AuthFailure("no"), False, True, True),
    ],
    ids=str,
)
def test_our_own_pacing_is_no_failure_of_jira(
    bare: Context, error: Any, trial: bool, struck: bool, whole: bool
) -> None:
    work._note_failure(bare, error, whole=False, trial=trial)
    with bare.store.read() as conn:
        found = outage.load_standing(conn, "main")
    assert (found is not None, found is not None and found.whole) == (struck, whole)


@pytest.mark.parametrize(
    ("field", "raw", "refused"),
    [
        ("quarter", {"name": ""}, True),
        ("quarter", [{"value": ""}], True),
        ("quarter", {"id": "7"}, False),
        ("quarter", "2026-Q4", False),
        ("quarter", None, False),
        ("points", {"name": ""}, False),
        ("health", {"name": ""}, False),
    ],
)
def test_a_choice_that_names_nothing_is_not_taken_for_empty_wherever_the_mapping_reads_it(
    bare: Context, document: dict[str, Any], field: str, raw: object, refused: bool
) -> None:
    """An objective by whose quarter nothing could be told fell out of its cycle. A number says so in its row; what is only written is ours."""
    ids = {"points": "customfield_10016", "quarter": "customfield_10070", "health": "customfield_10061"}
    catalogue = Catalogue(
        fields=(
            Field(ids["points"], "Points", "number", custom=f"{CUSTOM}float"),
            Field(ids["quarter"], "Quarter", "option", custom=f"{CUSTOM}select"),
            Field(ids["health"], "Health", "option", custom=f"{CUSTOM}select"),
        )
    )
    document["fields"] = {name: {"id": id_} for name, id_ in ids.items()}
    document["objectives"][0]["cycle"] = {"field": "quarter"}
    document["write_back"] = [
        {"target": "objective", "set": {"health": {"value": "health", "options": {"achieved": "Achieved"}}}}
    ]
    mapping: Mapping = bind(Document.model_validate(document), catalogue)
    told = dict(replace(bare, mapping=mapping, catalogue=catalogue).refusals)
    assert bool(ids[field] in told and told[ids[field]](raw)) is refused


def test_a_trial_that_our_own_pacing_put_off_is_still_to_come_and_makes_the_outage_no_larger(
    bare: Context,
) -> None:
    """The trial was taken, and nobody was asked: it was told as an outage of Jira as a whole, and waited longer with each."""
    now = bare.clock()
    with bare.store.write() as conn:
        outage.strike(conn, "main", now - timedelta(minutes=5), JiraOutage("busy", status=503), whole=False)
    way = outage.way(bare)
    assert way.trial is not None
    soon = now + timedelta(seconds=2)
    work._note_failure(bare, RateLimitError("local-pacing", 2.0, soon), whole=False, trial=True)
    with bare.store.read() as conn:
        assert outage.load_standing(conn, "main") == replace(way.trial, next_try=soon)


def test_a_screen_that_jira_refuses_keeps_no_other_from_being_asked_and_an_outage_does() -> None:
    said = {"1": JiraRefusal(403), "2": {}, "3": JiraOutage("busy", status=503), "4": {}}

    def edit_fields(issue_id: str) -> object:
        answer = said[issue_id]
        if isinstance(answer, Exception):
            raise answer
        return answer

    context = cast("Context", SimpleNamespace(jira=SimpleNamespace(edit_fields=edit_fields), site="main"))
    asked = [build_issue(int(number)) for number in said]
    assert [issue.id for issue, _ in written_options._screens(context, asked)] == ["2"]


def test_of_each_project_and_type_the_first_issue_that_options_are_written_to_is_asked() -> None:
    """What is archived, or not written to, stands for no other and keeps none from being found."""

    def one(number: int, project: str, *, archived: bool = False) -> Issue:
        return replace(build_issue(number), project=Project(project, project, project), archived=archived)

    issues = [
        one(1, "A"),
        one(2, "A", archived=True),
        one(3, "A"),
        one(4, "A"),
        one(5, "B"),
        one(6, "C"),
        one(7, "B"),
    ]
    written = {"2", "3", "4", "5", "7"}
    found = written_options._one_each(issues, lambda issue: issue.id in written)
    assert [issue.id for issue in found] == ["3", "5"]


def test_of_two_workers_that_ask_at_once_one_tries_an_outage(
    bare: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both saw that the wait was over; the other one took the trial in between."""
    now = bare.clock()
    with bare.store.write() as conn:
        seen = outage.strike(conn, "main", now - HOUR, JiraOutage("busy", status=503), whole=True)
    assert outage.way(bare).trial is not None
    monkeypatch.setattr(outage, "load_standing", lambda _conn, _site: seen)
    assert outage.way(bare) == outage.CallPermission(False)


def test_a_full_read_is_wanted_once_however_often_it_is_asked_for(bare: Context) -> None:
    for _ in range(2):
        watermark.want_full_read(bare)
    with bare.store.write() as conn:
        assert (read_requests.count_requests(conn, "main"), read_requests.is_open(conn, "other")) == (
            1,
            False,
        )
        read_requests.serve(conn, "main", 1)
    watermark.want_full_read(bare)
    with bare.store.read() as conn:
        assert (read_requests.count_requests(conn, "main"), read_requests.is_open(conn, "main")) == (2, True)


@pytest.mark.parametrize("over", [True, False])
def test_a_gap_that_was_closed_while_its_objective_was_measured_makes_it_due_anew(
    bare: Context, over: bool
) -> None:
    gap = Gap("30", "PLAT-30", "It could not be read.")
    with bare.store.write() as conn:
        gaps.put(conn, "main", [gap], NOW)
        (kept,) = gaps.open_gaps(conn, "main")
        if over:
            gaps.clear(conn, "main", ["30"], [])
    standing = reconcile.ObjectiveWithGaps(STANDS, STANDS, (kept,))
    reconcile._keep_standing(bare, standing, None)
    with bare.store.read() as conn:
        saved = objectives.load(conn, "main", "9")
        assert saved is not None
        assert (saved.state.progress, saved.computed_at, due.ids(conn, "main")) == (
            Fraction(1, 2),
            NOW,
            {"9"} if over else set(),
        )
        assert objectives.depending_on(conn, "main", ["30"]) == {"9"}


class Answering:
    """Says who we are, or raises what it is told to."""

    deployment = "cloud"

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    def myself(self) -> None:
        if self.error is not None:
            raise self.error


OUT = JiraOutage("busy", status=503)


@pytest.mark.parametrize(
    ("failed", "then", "behind"),
    [
        (OUT, OUT, True),
        (OUT, AuthFailure("no"), True),
        (OUT, JiraRefusal(403), False),
        (OUT, None, False),
        (JiraOutage("changed", status=409), OUT, False),
        (JiraRefusal(400), OUT, False),
        (ValueError("a fault of ours"), OUT, False),
    ],
    ids=str,
)
def test_jira_as_a_whole_is_out_where_it_does_not_say_who_we_are(
    bare: Context, failed: Exception, then: Exception | None, behind: bool
) -> None:
    context = replace(bare, jira=cast("Jira", Answering(then)))
    assert outage.behind(context, failed) is (then if behind else None)


def test_a_sign_in_that_is_refused_is_behind_everything_unasked(bare: Context) -> None:
    refused = AuthFailure("no")
    assert outage.behind(replace(bare, jira=cast("Jira", Answering(OUT))), refused) is refused


@pytest.fixture
def claimed(bare: Context) -> due.DueObjective:
    with bare.store.write() as conn:
        due.mark(conn, "main", ["1"], NOW, "a test")
        (claim,) = due.claim(conn, "worker", NOW, bare.lease, 1)
    return claim


def test_a_fault_of_the_connector_is_a_dead_letter_at_once(bare: Context, claimed: due.DueObjective) -> None:
    work._put_back(bare, claimed, ValueError("nonsense"))
    with bare.store.read() as conn:
        (dead,) = due.dead(conn, "main")
        assert due.pending_count(conn, "main") == 0
    assert (dead.error, dead.remedy, dead.buried_at) == ("ValueError: nonsense", UNEXPECTED, NOW)


def test_while_jira_is_out_an_objective_waits_for_its_next_try_and_uses_up_no_attempt(
    bare: Context, claimed: due.DueObjective
) -> None:
    context = replace(bare, jira=cast("Jira", Answering(OUT)))
    work._put_back(context, claimed, OUT)
    with bare.store.write() as conn:
        found = outage.load_standing(conn, "main")
        assert found is not None
        assert (found.whole, found.tries) == (True, 1)
        assert due.next_due(conn, "main") == found.next_try
        (again,) = due.claim(conn, "worker", found.next_try, bare.lease, 1)
        assert again.attempts == 1
        assert due.dead(conn, "main") == []


def test_where_jira_answers_otherwise_a_failure_is_an_attempt(
    bare: Context, claimed: due.DueObjective
) -> None:
    context = replace(bare, jira=cast("Jira", Answering(None)))
    work._put_back(context, claimed, OUT)
    with bare.store.write() as conn:
        assert outage.load_standing(conn, "main") is None
        (again,) = due.claim(conn, "worker", NOW + MINUTE, bare.lease, 1)
        assert again.attempts == 2


# -- what was read for another mapping


@pytest.mark.parametrize(
    ("name", "read_along", "kept"),
    [("history", False, True), ("another", False, False), ("another", True, True)],
    ids=["it rules by now", "it was not read for", "it was read for as well"],
)
def test_a_read_for_the_old_mapping_alone_undoes_what_was_read_for_the_coming_one(
    bare: Context, document: dict[str, Any], name: str, read_along: bool, kept: bool
) -> None:
    coming: Mapping = bind(Document.model_validate({**document, "name": name}), Catalogue())
    assert (coming.revision == bare.mapping.revision) is (name == "history")
    context = replace(bare, coming=coming if read_along else None)
    with bare.store.write() as conn:
        activation_read.begin(conn, "main", "text", coming, NOW)
        activation_read.dropped_by(conn, context)
        assert (coming_mappings.get(conn, "main") is not None) is kept


def test_a_mapping_is_read_for_where_its_scope_is_the_same_and_its_fields_were_among_those(
    bare: Context, document: dict[str, Any]
) -> None:
    with bare.store.write() as conn:
        begun = activation_read.begin(conn, "main", "text", bare.mapping, NOW)
    whole = replace(begun, complete=True)
    assert activation_read.holds(whole, bare.mapping) is True
    assert activation_read.holds(replace(whole, fields=whole.fields | {"more"}), bare.mapping) is True
    for lacking in (None, begun, replace(whole, fields=frozenset()), replace(whole, scope="project = CORE")):
        assert activation_read.holds(lacking, bare.mapping) is False, lacking
    assert begun.fields == {"customfield_10016"}


# -- who may check in by a comment


@pytest.mark.parametrize(
    ("who", "author", "role", "disabled", "fault"),
    [
        ("anyone", None, None, False, ""),
        ("owners", None, None, False, comments.NOT_ALLOWED),
        ("editors", None, None, False, comments.EDITORS_ONLY),
        ("owners", "of the key result", None, False, ""),
        ("owners", "of the objective", None, False, ""),
        ("owners", "another", None, False, comments.NOT_ALLOWED),
        ("editors", "of the objective", None, False, comments.EDITORS_ONLY),
        ("owners", "another", "viewer", False, comments.NOT_ALLOWED),
        ("owners", "another", "editor", False, ""),
        ("editors", "another", "editor", False, ""),
        ("editors", "another", "admin", False, ""),
        ("owners", "another", "editor", True, comments.NOT_ALLOWED),
        ("editors", "another", "editor", True, comments.EDITORS_ONLY),
    ],
)
def test_who_may_check_in_by_a_comment(
    bare: Context,
    document: dict[str, Any],
    who: str,
    author: str | None,
    role: str | None,
    disabled: bool,
    fault: str,
) -> None:
    mapping: Mapping = bind(Document.model_validate({**document, "check_ins": {"who": who}}), Catalogue())
    context = replace(bare, mapping=mapping)
    people = {name: User(name, name) for name in ("of the key result", "of the objective")}
    said_by = None if author is None else User(author, author, "Ada@acme.example")
    key_result = build_issue(7, assignee=people["of the key result"])
    place = comments.CommentedKeyResult(STANDS, cast("Any", None), None)
    with bare.store.write() as conn:
        mirror.put(conn, "main", [build_issue(9, assignee=people["of the objective"])])
        if role is not None:
            id_ = accounts.add(conn, "ada@acme.example", "Ada", role, None, NOW)
            assert id_ is not None
            if disabled:
                accounts.disable(conn, id_, NOW)
        assert comments._forbidden(context, conn, key_result, [place], said_by) == fault


# -- places beside Jira


def test_trouble_beside_jira_is_noted_once_in_five_minutes_until_the_place_is_reached(bare: Context) -> None:
    clock = Clock()
    context = replace(bare, clock=clock)
    begun = clock()

    def stands() -> list[tuple[str, datetime, int]]:
        with bare.store.read() as conn:
            return [(one.kind, one.at, one.tries) for one in failures.load_standing(conn, "main")]

    for minutes, at, tries in [(0, 0, 1), (4, 0, 1), (5, 5, 2), (9, 5, 2), (10, 10, 3)]:
        clock.now = begun + timedelta(minutes=minutes)
        foreign_values._note_trouble(context, OUT)
        assert stands() == [("goals", begun + timedelta(minutes=at), tries)], minutes
    foreign_values._reached(context)
    assert stands() == []


def test_two_objectives_on_one_goal_are_told_from_another_by_their_keys() -> None:
    rival = cast("Any", SimpleNamespace(issue_key="PLAT-2"))
    named = foreign_values._both(a_change(after={"goal": "Grow"}), rival)
    assert named.startswith(
        "PLAT-2 and PLAT-9 both feed Grow. PLAT-2 goes on; name another for PLAT-9 or none"
    )
    assert foreign_values._both(a_change(), rival).startswith("PLAT-2 and PLAT-9 both feed OKR progress.")


# -- with a company


def test_histories_that_are_kept_are_not_asked_for_again(firm: Any) -> None:
    context = firm.context
    wanted = {one.id: one.updated for one in list(firm.mirror().values())[:3]}
    told: list[tuple[int, int | None]] = []
    first = issue_steps.brought(context, wanted, lambda done, total: told.append((done, total)))
    assert (set(first), told, firm.calls("changelog/bulkfetch")) == (set(wanted), [(3, 3)], 1)
    later = dict(wanted)
    (moved, *_) = sorted(later)
    later[moved] += MINUTE
    told.clear()
    again = issue_steps.brought(context, later, lambda done, total: told.append((done, total)))
    assert (again, told, firm.calls("changelog/bulkfetch")) == (first, [(1, 1)], 1)
    assert issue_steps.brought(context, {}) == {}
    assert firm.calls("changelog/bulkfetch") == 0


def test_a_change_in_the_second_of_a_read_is_found_by_reading_once_more(firm: Any) -> None:
    """Jira dates both alike, so nothing told of the second one until the next edit."""
    context, sandbox = firm.context, firm.sandbox.sandbox
    story = next(one for one in firm.records() if one.status.category == "new")
    firm.clock.pass_by(minutes=5)
    firm.move(story, "In Progress")
    full_read.resync(context)
    wanted = {story.id: firm.mirror()[story.id].updated}
    first = issue_steps.brought(context, wanted)[story.id]
    firm.move(story, "Done")
    sandbox.hold(replace(sandbox.records[story.id], updated=wanted[story.id]))
    firm.calls("changelog/bulkfetch")
    assert issue_steps.brought(context, wanted) == {story.id: first}  # nobody can know better yet
    firm.clock.pass_by(seconds=3)
    issue_steps.keep_up(context)
    found = issue_steps.brought(context, wanted)[story.id]
    assert [step.field_id for step in found[len(first) :]].count("status") == 1
    assert firm.calls("changelog/bulkfetch") == 1
    issue_steps.keep_up(context)
    assert (issue_steps.brought(context, wanted), firm.calls("changelog/bulkfetch")) == ({story.id: found}, 0)


def test_a_history_that_lost_every_change_is_not_kept_in_the_place_of_the_one_that_is_known(
    firm: Any,
) -> None:
    context = firm.context
    story = firm.records()[0]
    for status in ("In Progress", "Done"):
        firm.clock.pass_by(minutes=5)
        firm.move(story, status)
    full_read.resync(context)
    known = issue_steps.brought(context, {story.id: firm.mirror()[story.id].updated})
    assert known[story.id]
    later = firm.clock() + timedelta(days=1)
    firm.sandbox.faults.add(Fault("empty_page", "POST", "changelog/bulkfetch"))
    assert issue_steps.brought(context, {story.id: later}) == {}
    assert issue_steps.brought(context, {story.id: firm.mirror()[story.id].updated}) == known
    assert issue_steps.brought(context, {story.id: later}) == known


def test_an_issue_that_no_page_showed_though_it_was_counted_is_read_by_id(firm: Any) -> None:
    context, (slipped, *_) = firm.context, firm.records()
    whole = set(firm.mirror())

    def read(lacking: int, *, accept: bool = False) -> set[str]:
        with context.store.write() as conn:
            mirror.delete(conn, "main", [slipped.id])
        reading = checkpoint.start(context, anew=True)
        reading.report.read = reading.reached.total - lacking
        completeness.prove_complete(context, reading, accept)
        found: set[str] = reading.seen
        return found

    assert read(1) == {slipped.id}
    assert set(firm.mirror()) == whole
    assert read(0) == set()
    assert read(1, accept=True) == set()
    assert set(firm.mirror()) == whole - {slipped.id}


def test_a_read_that_was_begun_is_shown_and_gone_on_with_once_it_has_a_page(firm: Any) -> None:
    context = firm.context
    reading = checkpoint.start(context, 66)
    with context.store.read() as conn:
        shown = checkpoint.progress(conn, "main")
        assert shown is not None
        assert (shown.read, shown.total, shown.at) == (0, 66, firm.clock())
        assert checkpoint.progress(conn, "other") is None
        assert checkpoint.is_half_read(conn, "main") is False
    assert checkpoint.load_place(context) is None, "it had not read a page"
    story = firm.mirror()[firm.records()[0].id]
    with context.store.write() as conn:
        page = SearchPage((story,), last=False, after="token")
        checkpoint.keep(
            context, conn, reading, page, MirrorUpdate(1, marked=frozenset({"9"}), drifted={"9": 1})
        )
    assert (reading.landed, reading.seen) == (1, {story.id})
    firm.clock.pass_by(days=1)
    again = checkpoint.start(context)
    assert (again.reached.pages, again.reached.after, again.report.resumed) == (1, "token", True)
    assert (again.seen, again.report.marked, again.report.drifted) == ({story.id}, {"9"}, Counter({"9": 1}))
    firm.clock.pass_by(milliseconds=1)
    assert checkpoint.load_place(context) is None, "it rested too long"


@pytest.mark.parametrize(
    ("time_of_jira", "minutes"), [(NOW, 12), (NOW + timedelta(seconds=31), 13), (None, 72)]
)
def test_where_milliseconds_are_refused_a_minute_more_is_asked_for_than_has_passed(
    bare: Context, monkeypatch: pytest.MonkeyPatch, time_of_jira: datetime | None, minutes: int
) -> None:
    """By Jira's clock, of which it counts whole minutes. Where it tells none by ours and an hour, for ours may be behind."""
    asked: list[str] = []

    def answered(_context: Context, jql: str) -> Any:
        asked.append(jql)
        if len(asked) == 1:
            raise JiraRefusal(400)
        return iter(())

    monkeypatch.setattr(search_pages, "pages", answered)
    jira = cast("Any", SimpleNamespace(time=lambda: time_of_jira))
    context = replace(bare, jira=jira, clock=lambda: NOW)
    jql, _ = search_pages.changed_pages(context, NOW - timedelta(minutes=10, seconds=30))
    assert asked[1:] == [jql]
    assert jql.endswith(f'updated >= "-{minutes}m"')


@pytest.mark.parametrize(
    ("field_id", "old", "new", "moved"),
    [
        # of what is Jira's own the id decides, and the category of a project
        ("priority", {"id": "2", "name": "High"}, {"id": "2", "name": "Hoch"}, False),
        ("priority", {"id": "2", "name": "High"}, {"id": "3", "name": "High"}, True),
        ("project", {"id": "1", "projectCategory": {"id": "7"}}, {"id": "1", "projectCategory": {"id": "8"}}, True),
        ("project", {"id": "1", "name": "A"}, {"id": "1", "name": "B"}, False),
        ("duedate", "2026-11-01", "2026-11-02", True),
        ("duedate", "2026-11-01", "2026-11-01", False),
        ("timeestimate", None, 3600, True),
        ("votes", {"votes": 1}, {"votes": 2}, True),  # it has no id
        # of a choice its options, whatever they are called; of a number its value, however it is written
        ("customfield_1", {"id": "4", "value": "Big"}, {"id": "4", "value": "Large"}, False),
        ("customfield_1", {"id": "4", "value": "Big"}, {"id": "5", "value": "Big"}, True),
        ("customfield_1", {"id": "4", "value": "Big"}, None, True),
        ("customfield_2", 3, 3.0, False),
        ("customfield_2", 3, 4, True),
        # of what a reference points at its ids
        ("customfield_4", {"id": "4", "name": "Get help"}, {"id": "4", "name": "Help"}, False),
        ("customfield_4", {"id": "4", "name": "Get help"}, {"id": "5", "name": "Get help"}, True),
        ("customfield_4", {"id": "4", "name": "Get help"}, None, True),
        ("customfield_4", None, {"id": "4", "name": "Get help"}, True),
        # what nobody knows how to read has moved where it reads otherwise
        ("customfield_3", {"id": "4", "value": "Big"}, {"id": "4", "value": "Large"}, True),
    ],
)  # fmt: skip
def test_what_an_edit_moved_is_told_from_what_is_only_called_otherwise(
    field_id: str, old: object, new: object, moved: bool
) -> None:
    fields = {
        "customfield_1": Field("customfield_1", "Size", "option", custom=CUSTOM + "select"),
        "customfield_2": Field("customfield_2", "Points", "number", custom=CUSTOM + "float"),
        "customfield_4": Field("customfield_4", "Request type", custom=REQUEST_TYPE),
    }
    context = cast(
        "Context",
        SimpleNamespace(
            mapping=SimpleNamespace(field_ids=lambda: frozenset({field_id, "customfield_9"})),
            written_places=frozenset({"customfield_9"}),
            field=fields.get,
            stating_fields={},
        ),
    )
    before = build_issue(1, fields={field_id: old, "customfield_9": 1}, updated=NOW)
    after = build_issue(1, fields={field_id: new, "customfield_9": 2}, updated=NOW + HOUR)
    found = edits.unheard_edit(context, before, after)
    assert found.moved == (frozenset({field_id}) if moved else frozenset())
