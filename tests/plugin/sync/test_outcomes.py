"""Tables of what one step of a sync comes to in the rare case: what is made due, kept and left alone, beside what the common case leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import select

from connectors.jira import Jira
from connectors.store import Store
from connectors.store.absence import gaps
from connectors.store.jobs import schedules
from connectors.store.kpis import kpis
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.numbers.objectives import SavedObjective
from connectors.store.schema import due as due_table
from connectors.store.work import due
from mappings.document.binder import bind
from mappings.document.names import Absence
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue
from mappings.facts.gap import Gap
from mappings.kpi.episode import KpiState
from mappings.rollup.health import Health, HealthLevel
from mappings.rollup.rows.ledger import Ledger
from mappings.rollup.state import ObjectiveState
from mappings.write_back.plan import Change
from plugin.sync.context import Context
from plugin.sync.reconcile import copies, measurement, reconcile, survey
from plugin.sync.reconcile.absences import Standstill
from plugin.sync.resync import checkpoint, full_read, resync_end
from plugin.sync.resync.mirror_update import ResyncResult
from plugin.sync.write_back import application, leftovers
from plugin.sync.write_back.application import OpenedPlan, WriteRefusal, WriteResult
from plugin.sync.write_back.shared_writes import SharedWrites
from tests.mappings.rollup.conftest import build_issue

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FINE = Health(HealthLevel.ON_TRACK, "", "")


@pytest.fixture
def bare(sqlite_store: Store, document: dict[str, Any]) -> Context:
    mapping = bind(Document.model_validate(document), Catalogue())
    nobody = cast("Jira", SimpleNamespace(deployment="cloud"))
    return Context("main", nobody, sqlite_store, mapping, Catalogue(), lambda: NOW)


def due_now(context: Context) -> dict[str, bool]:
    """Who is due, and whether in bulk: behind what people did."""
    with context.store.read() as conn:
        rows = conn.execute(
            select(due_table.c.objective_id, due_table.c.bulk).where(due_table.c.site == "main")
        )
        return {id_: bool(bulk) for id_, bulk in rows}


def an_objective(id_: str, *touched: str, **more: Any) -> ObjectiveState:
    half = Fraction(1, 2)
    return ObjectiveState(id_, "epics", "", half, FINE, Ledger((), half), touched=frozenset(touched), **more)


# -- the last day of a cycle, and who may have an issue


def test_the_end_of_a_cycle_is_that_of_the_mapping(bare: Context) -> None:
    for cycle, end in (("2026-Q4", date(2026, 12, 31)), ("2026-Q3", None), (None, None)):
        assert leftovers.end_of_cycle(bare.mapping, an_objective("1", cycle_id=cycle)) == end
    assert leftovers.end_of_cycle(bare.mapping, None) is None


JQL, FIELD = {"jql": "labels = growth"}, {"jql_field": "query"}


@pytest.mark.parametrize(
    ("part", "rows", "waiting"),
    [
        ({"relation": JQL, "as": "each_issue"}, False, True),
        ({"relation": JQL}, True, True),
        ({"relation": JQL}, False, False),
        ({"relation": FIELD}, False, True),
        ({"relation": "descendant", "as": "each_issue"}, True, False),
    ],
    ids=str,
)
def test_who_is_due_may_ask_for_an_issue_of_its_own_or_a_row_that_is_written(
    bare: Context, document: dict[str, Any], part: dict[str, Any], rows: bool, waiting: bool
) -> None:
    """What is above the issue, and linked with it, may always; what is due where a query says what is written to."""
    document["objectives"][0]["key_results"][0] |= part
    document["fields"] |= {"query": {"id": "customfield_9"}}
    if rows:
        document["write_back"] = [{"target": "row", "remote_link": "plain"}]
    context = replace(bare, mapping=bind(Document.model_validate(document), Catalogue()))
    with bare.store.write() as conn:
        issues = (build_issue(3, parent_id="1"), build_issue(4, links=[("blocks", 3)]), build_issue(5))
        mirror.put(conn, "main", issues)
        due.mark(conn, "main", ["7"], NOW, "a test")
        due.mark(conn, "other", ["8"], NOW, "a test")
        found = measurement._near(context, conn, {"3"})
    assert found == {"1", "4"} | ({"7"} if waiting else set())


# -- what stands still, and what turns with a mapping

GONE = cast("Absence", SimpleNamespace())


@pytest.mark.parametrize("moved", [True, False])
def test_what_was_read_anew_while_an_objective_was_found_to_stand_still_makes_it_due(
    bare: Context, moved: bool
) -> None:
    with bare.store.write() as conn:
        for id_ in ("9", "10"):
            objectives.save(conn, "main", an_objective(id_), "r", NOW - HOUR)
    reconcile._keep_still(bare, "9", Standstill(GONE, frozenset({"30"} if moved else ())), None)
    with bare.store.read() as conn:
        assert due.ids(conn, "main") == ({"9"} if moved else set())
        assert objectives.depending_on(conn, "main", ["30"]) == ({"9"} if moved else set())
        saved = objectives.load(conn, "main", "9")
        assert saved is not None
        assert saved.computed_at == NOW - HOUR, "nothing is stored"


def test_a_preview_is_believed_of_what_is_neither_due_nor_behind_a_gap_nor_of_another_mapping(
    bare: Context,
) -> None:
    def turning(id_: str, revision: str = bare.mapping.revision, **more: Any) -> survey.TurningObjective:
        state = an_objective(id_, f"{id_}0", **more)
        return survey.TurningObjective(SavedObjective(state, revision, NOW, NOW), state, None)

    good = turning("1")
    previewed = [good, turning("2"), turning("3"), turning("4", "another"), turning("5", plain=True)]
    with bare.store.write() as conn:
        due.mark(conn, "main", ["3"], NOW, "a test")
        due.mark(conn, "other", ["1"], NOW, "a test")
    assert survey.find_turning(bare, bare, previewed) == [good, previewed[1]]
    with bare.store.write() as conn:
        gaps.put(conn, "main", [Gap("20", "PLAT-20", "It is garbage.")], NOW)
    assert survey.find_turning(bare, bare, previewed) == [good]
    assert survey.find_turning(replace(bare, absences=(GONE,)), bare, previewed) == []


@pytest.mark.parametrize(("rules", "differing"), [(True, {"2"}), (False, {"1", "2"})])
def test_where_another_mapping_rules_by_now_everything_that_was_looked_at_is_due(
    bare: Context, monkeypatch: pytest.MonkeyPatch, rules: bool, differing: set[str]
) -> None:
    found = [survey.Look("1", an_objective("1")), survey.Look("2")]
    monkeypatch.setattr(survey, "_looks", lambda *_: found)
    monkeypatch.setattr(survey, "rules", lambda *_: rules)
    assert survey.mark_differing(bare, ["1", "2"], "a test") == len(differing)
    assert due_now(bare) == dict.fromkeys(differing, True)


# -- the end of a read


@pytest.mark.parametrize(
    ("kind", "confirmed", "ids", "others", "marked"),
    [
        ("recent", True, {"1", "2"}, set(), {"2"}),
        ("recent", False, {"1", "2"}, set(), {"1", "2"}),
        ("recent", True, {"1"}, {"3"}, {"3"}),
        ("full", True, {"1", "2"}, {"3"}, {"2", "3", "7"}),
        ("full", False, {"1"}, set(), {"1", "7"}),
        ("full", True, set(), set(), set()),
    ],
)
def test_after_a_read_everything_is_due_that_was_not_seen_to_stand(
    bare: Context,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    confirmed: bool,
    ids: set[str],
    others: set[str],
    marked: set[str],
) -> None:
    """1 stands as it should, and 7 has something that Jira refused."""
    monkeypatch.setattr(resync_end, "_apply_brake", lambda *_: {"1": survey.Look("1")})
    monkeypatch.setattr(survey, "confirm", lambda *_: confirmed)
    monkeypatch.setattr(resync_end, "try_again", lambda *_: frozenset({"7"}))
    report = ResyncResult(kind=kind)
    resync_end.settle(bare, report, ids, others)
    assert due_now(bare) == dict.fromkeys(marked, True)
    assert report.standing == (1 if confirmed and (ids or others) else 0)


def test_a_full_read_has_served_the_look_at_what_changed_too(bare: Context) -> None:
    timeless = cast("Jira", SimpleNamespace(deployment="cloud", time=lambda: None))
    reading = checkpoint.start(replace(bare, jira=timeless), 0)
    full_read._remember(bare, reading)
    with bare.store.read() as conn:
        assert [schedules.last(conn, "main", one) for one in ("resync", "recent")] == [NOW, NOW]
        assert schedules.last(conn, "other", "recent") is None


# -- KPIs whose key results went on as copies


def kept(**more: Any) -> Any:
    made = (SimpleNamespace(id="c1", source_id="s1"), SimpleNamespace(id="", source_id="s2"))
    return SimpleNamespace(made=made, plan=SimpleNamespace(objective_id="o", from_cycle="2026-Q3"), **more)


FOLLOWING = {
    "open": KpiState(key_result="c1", outside=2, carried="2026-Q3"),
    "ended": KpiState(former="c1"),
    "another": KpiState(key_result="x", former="y"),
    "never made": KpiState(),
    "open too": KpiState(key_result="c1", former="z"),
    "not promoted": KpiState(key_result="c1"),
}


def test_kpis_that_followed_a_copy_follow_its_source_again(bare: Context) -> None:
    parts = [SimpleNamespace(id=id_, promote=None if id_ == "not promoted" else 1) for id_ in FOLLOWING]
    mapping = cast("Any", SimpleNamespace(document=SimpleNamespace(kpis=parts)))
    with bare.store.write() as conn:
        for id_, state in FOLLOWING.items():
            kpis.put(conn, "main", id_, state, NOW)
            kpis.put(conn, "other", id_, state, NOW)
    copies.lead_kpis_back(replace(bare, mapping=mapping), kept())
    with bare.store.read() as conn:
        found = {id_: kpis.get(conn, "main", id_) for id_ in FOLLOWING}
        assert {id_: kpis.get(conn, "other", id_) for id_ in FOLLOWING} == FOLLOWING
    assert found == FOLLOWING | {
        "open": KpiState(key_result="s1", outside=2),
        "ended": KpiState(former="s1"),
        "open too": KpiState(key_result="s1"),
    }


# -- what is sent for several objectives at once


def waiting_for(
    shared: SharedWrites, number: int, changes: int, settled: Callable[[WriteResult], None]
) -> OpenedPlan:
    opened = OpenedPlan(number, f"{number}", {})
    some = tuple(Change(f"{number}{one}", "", "customfield_1", "F", 1, 2, "") for one in range(changes))
    shared.add(opened, some, settled)
    return opened


def test_each_objective_learns_what_became_of_its_own_changes_and_one_that_fails_over_it_is_put_back(
    bare: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_back: list[tuple[int, str]] = []
    told: list[int] = []
    shared = SharedWrites(lambda plan, error: put_back.append((plan.id, str(error))))

    def fails(_result: WriteResult) -> None:
        raise ValueError("no place to keep it")

    change = Change("9", "", "customfield_1", "F", 1, 2, "")
    refusal = WriteRefusal(change, "", "")
    results = {
        1: WriteResult((change, change)),
        2: WriteResult((change,)),
        3: WriteResult((change,)),
        4: WriteResult((), (refusal,)),
        5: WriteResult(),
    }
    for number, of in ((1, 2), (2, 1), (3, 2), (4, 1), (5, 1)):
        settle = fails if number == 2 else (lambda _result, number=number: told.append(number))
        waiting_for(shared, number, of, settle)

    class Calls:
        def __init__(self, *_: Any) -> None:
            self.lost = {5: ValueError("the claim is lost")}

        def sent(self) -> None:
            raise ValueError("Jira is out")

        def of(self, plan: OpenedPlan) -> WriteResult:
            return results[plan.id]

    monkeypatch.setattr(application, "_CommonCalls", Calls)
    application.write_waiting(replace(bare, shared_writes=shared))
    assert told == [1, 4]
    assert put_back == [(2, "no place to keep it"), (3, "Jira is out"), (5, "the claim is lost")]
    assert (shared.written, shared.take()) == (4, [])
