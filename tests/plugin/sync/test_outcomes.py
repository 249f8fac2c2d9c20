"""Tables of what one step of a sync comes to in the rare case: what is made due, kept and left alone, beside what the common case leaves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import select

from connectors.jira import CreatedIssue, Jira
from connectors.jira.http.errors import IncompleteRead, JiraError, JiraOutage, JiraRefusal, RateLimitError
from connectors.jira.wire.changed_field import EPIC_LINK, PARENT_LINK
from connectors.store import Store
from connectors.store.absence import gaps
from connectors.store.cycles.carries import MadeCopy
from connectors.store.cycles.cycle_ends import CycleEnd
from connectors.store.jobs import schedules
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.numbers.objectives import SavedObjective
from connectors.store.schema import due as due_table
from connectors.store.work import due, inbox, last_reconcile
from connectors.store.writes import writes
from mappings.document.binder import bind
from mappings.document.names import Absence
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.forest import Forest
from mappings.facts.gap import Gap
from mappings.facts.issue import Issue, IssueType, JiraValue
from mappings.kpi.episode import EpisodeStep, KpiState
from mappings.rollup.cycles.carry_steps import FieldWrite
from mappings.rollup.cycles.carry_undo import StandingCopy
from mappings.rollup.health import Health, HealthLevel
from mappings.rollup.rows.ledger import Ledger
from mappings.rollup.state import ObjectiveState
from mappings.write_back.plan import Change, Plan
from mappings.write_back.target import WriteRequest
from plugin.sync.context import Context
from plugin.sync.reconcile import absences, carries, copies, creation, measurement, reconcile, survey
from plugin.sync.reconcile.absences import Standstill
from plugin.sync.reconcile.lease import LostLease
from plugin.sync.refresh import comments, omissions
from plugin.sync.resync import checkpoint, full_read, mirror_update, resync_end
from plugin.sync.resync.mirror_update import ResyncResult
from plugin.sync.write_back import application, foreign_values, leftovers
from plugin.sync.write_back.application import OpenedPlan, WriteRefusal, WriteResult
from plugin.sync.write_back.clearing_look import ShownIssues
from plugin.sync.write_back.hold import SiftedPlan
from plugin.sync.write_back.shared_writes import SharedWrites
from tests.mappings.rollup.conftest import build_issue
from tests.plugin.sync.conftest import kpis_led

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
    found = kpis_led(bare, FOLLOWING, lambda context: copies.lead_kpis_back(context, kept()))
    assert found == FOLLOWING | {
        "open": KpiState(key_result="s1", outside=2),
        "ended": KpiState(former="s1"),
        "open too": KpiState(key_result="s1"),
    }


TO_FOLLOW = {
    "another": KpiState(key_result="x", former="s1"),
    "ended elsewhere": KpiState(former="y"),
    "watched": KpiState(),
    "of the objective itself": KpiState(key_result="o"),
    "not promoted": KpiState(key_result="s1"),
    "open": KpiState(key_result="s1", outside=2, inside=0),
    "carried before": KpiState(key_result="s2", carried="2026-Q3", former="z"),
    "ended": KpiState(former="s1", outside=1),
}
"""What a copy is followed by stands last: those before it that follow nothing end nothing."""


def test_kpis_whose_key_result_went_on_as_a_copy_follow_the_copy(bare: Context) -> None:
    """That it was carried is told once for each cycle; of one that had ended the copy is only what may be opened again."""
    made = {of: MadeCopy(of, id=id_, key=id_) for of, id_ in (("s1", "c1"), ("s2", "c2"), ("o", "co"))}
    standing = copies.Copies(made, {})
    found = kpis_led(bare, TO_FOLLOW, lambda context: copies.lead_kpis_on(context, kept(), standing))
    carried = EpisodeStep.CARRIED
    assert found == TO_FOLLOW | {
        "open": KpiState(key_result="c1", outside=2, carried="2026-Q3", transition=carried),
        "carried before": KpiState(key_result="c2", carried="2026-Q3", former="z"),
        "ended": KpiState(former="c1", outside=1),
    }


def test_where_no_kpi_becomes_a_key_result_the_store_is_not_asked(bare: Context) -> None:
    parts = [SimpleNamespace(id="bugs", promote=None)]
    mapping = cast("Any", SimpleNamespace(document=SimpleNamespace(kpis=parts)))
    nothing = replace(bare, mapping=mapping, store=cast("Store", None))
    copies.lead_kpis_on(nothing, kept(), copies.Copies({}, {}))
    copies.lead_kpis_back(nothing, kept())


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


# -- whom a reconcile wakes, and what is left for others


@pytest.mark.parametrize("bulk", [True, False])
def test_whom_a_reconcile_concerns_is_due_as_it_was_itself_and_what_is_probed_at_once(
    bare: Context, monkeypatch: pytest.MonkeyPatch, bulk: bool
) -> None:
    monkeypatch.setattr(reconcile, "_heirs", lambda *_: frozenset({"6"}))
    before, after = an_objective("9", aligned_to=("1",)), an_objective("9", aligned_to=("2",))
    with bare.store.write() as conn:
        reconcile._wake(bare, conn, "9", before, after, frozenset({"7"}), bulk=bulk)
    assert due_now(bare) == {"1": bulk, "2": bulk, "6": bulk, "7": False}


@pytest.mark.parametrize(
    ("begun", "written", "refused", "fresh", "probed"),
    [
        (False, True, False, True, set()),
        (True, False, False, True, set()),
        (False, False, True, False, {"7"}),
        (True, True, True, True, {"7"}),
    ],
)
def test_an_objective_whose_changes_were_sent_with_others_is_done_once(
    bare: Context,
    monkeypatch: pytest.MonkeyPatch,
    begun: bool,
    written: bool,
    refused: bool,
    fresh: bool,
    probed: set[str],
) -> None:
    told: list[object] = []
    change = Change("9", "", "customfield_1", "F", 1, 2, "")
    monkeypatch.setattr(reconcile, "tell_freshness", lambda _context, tenure: told.append(tenure))
    monkeypatch.setattr(
        reconcile, "_keep_end", lambda _context, _conn, end, *, written: told.append((end, written))
    )
    monkeypatch.setattr(reconcile.refusals, "keep", lambda *_: frozenset({"7"}))
    end = cast("CycleEnd", SimpleNamespace())
    found = measurement.MeasuredObjective(None, None, Forest.of(()), end=end)
    applied = WriteResult((change,) * written, (WriteRefusal(change, "", ""),) * refused)
    reconcile._served(bare, found, Plan("9", (change,)), None, applied, done=True, begun=begun)
    assert told == [*([None] if fresh else []), (end, True)]
    assert due_now(bare) == dict.fromkeys(probed, False)
    told.clear()
    reconcile._served(bare, replace(found, end=None), Plan("9"), None, WriteResult(), done=False, begun=False)
    assert told == []


@pytest.mark.parametrize("later", [NOW + HOUR, None])
def test_a_paced_objective_is_due_and_announced_for_when_it_may_be_written(
    bare: Context, later: datetime | None
) -> None:
    announced: list[tuple[str, set[str], datetime]] = []
    announcer = cast(
        "Any", SimpleNamespace(marked=lambda _conn, site, ids, at: announced.append((site, set(ids), at)))
    )
    found = measurement.MeasuredObjective(an_objective("9"), None, Forest.of(()))
    reconcile._save(
        replace(bare, announcer=announcer), "9", found, Plan("9"), None, SiftedPlan(Plan("9"), later=later),
        done=False, refused=False, in_bulk=False,
    )  # fmt: skip
    with bare.store.read() as conn:
        at = conn.execute(select(due_table.c.objective_id, due_table.c.run_after)).all()
        assert objectives.ids(conn, "main") == ["9"]
        assert last_reconcile.load_instant(conn, "main") == NOW
    assert at == ([] if later is None else [("9", int(later.timestamp() * 1000))])
    assert announced == ([] if later is None else [("main", {"9"}, later)])


# -- one call for many issues


class Sending:
    """A target that writes several issues together, the calls that are made of it, and what is wrong with some of them."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, fault: Callable[[set[str]], Exception | None]
    ) -> None:
        self.calls: list[list[str]] = []
        self.fault = fault
        monkeypatch.setattr(application, "_send", self.send)

    def send(self, _context: Context, writing: WriteRequest, _keep: object) -> None:
        ids = [one.issue_id for one in writing.changes]
        self.calls.append(ids)
        error = self.fault(set(ids))
        if error is not None:
            raise error

    def writings(self, changes: Iterable[Change]) -> list[WriteRequest]:
        some = tuple(changes)
        return [WriteRequest(cast("Any", None), some)] if some else []

    def words(self, _change: Change, said: Any) -> str:
        return str(said.status)

    def remedy(self, _change: Change, _said: Any) -> str:
        return ""


def plans_of(context: Context, *ids: str, lost: str = "") -> list[tuple[OpenedPlan, tuple[Change, ...]]]:
    """A plan for each of these, with as many changes as it has letters; those named as `lost` are somebody else's by now."""

    def keep() -> None:
        raise LostLease

    found = []
    for id_ in ids:
        changes = tuple(Change(letter, "", "customfield_1", "F", 1, 2, "") for letter in id_)
        with context.store.write() as conn:
            plan_id = writes.intend(conn, "main", Plan(id_, changes), "r", "a test", NOW)
        tenure = cast("Any", SimpleNamespace(keep=keep if id_ in lost.split() else lambda: None))
        found.append((OpenedPlan(plan_id, id_, {}, tenure), changes))
    return found


def outcomes(context: Context, letters: str) -> dict[str, str | None]:
    with context.store.read() as conn:
        latest = {one: writes.load_latest(conn, "main", one, "customfield_1") for one in letters}
    return {
        one: None if it is None or it.outcome is None else str(it.outcome.value) for one, it in latest.items()
    }


@pytest.mark.parametrize(
    ("error", "raised", "calls", "left"),
    [
        (None, False, ["abcde"], dict.fromkeys("abcde", "written")),
        (JiraRefusal(400), False, ["abcde", "ab", "cde", "c", "de"], {**dict.fromkeys("abde", "written"), "c": "refused"}),
        (JiraRefusal(403), False, ["abcde"], dict.fromkeys("abcde", "refused")),
        (RateLimitError("burst"), True, ["abcde"], dict.fromkeys("abcde", "failed")),
        (JiraOutage("busy", status=503), True, ["abcde"], dict.fromkeys("abcde")),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_wrong_with_one_issue_of_many_is_found_by_halves_and_what_is_not_known_stays_open(
    bare: Context,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception | None,
    raised: bool,
    calls: list[str],
    left: dict[str, str | None],
) -> None:
    """Two plans, of two changes and of three, go out together; Jira objects to c."""
    parts = plans_of(bare, "ab", "cde")
    sending = Sending(monkeypatch, lambda ids: error if "c" in ids else None)
    common = application._CommonCalls(bare, parts)
    (writing,) = sending.writings([one for _, changes in parts for one in changes])
    with pytest.raises(JiraError) if raised else nullcontext():
        common._send(cast("Any", sending), writing)
    assert ["".join(one) for one in sending.calls] == calls
    assert outcomes(bare, "abcde") == left
    for plan, changes in parts:
        became = common.of(plan)
        assert [one.issue_id for one in became.written] == [
            one.issue_id for one in changes if left[one.issue_id] == "written"
        ]
        assert [one.change.issue_id for one in became.refused] == [
            one.issue_id for one in changes if left[one.issue_id] == "refused"
        ]


def test_of_plans_whose_claims_are_lost_nothing_is_sent_and_of_the_others_everything(
    bare: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = plans_of(bare, "a", "b", "c", "d", lost="a c")
    sending = Sending(monkeypatch, lambda _ids: None)
    common = application._CommonCalls(bare, parts)
    (writing,) = sending.writings([one for _, changes in parts for one in changes])
    for _ in range(2):
        common._send(cast("Any", sending), writing)
    assert sending.calls == [["b", "d"], ["b", "d"]]
    assert set(common.lost) == {parts[0][0].id, parts[2][0].id}
    assert outcomes(bare, "abcd") == {"a": None, "b": "written", "c": None, "d": "written"}
    alone = application._CommonCalls(bare, parts[:1])
    with pytest.raises(LostLease):
        alone._send(cast("Any", sending), sending.writings(parts[0][1])[0])


@pytest.mark.parametrize(
    ("error", "left"),
    [(JiraOutage("busy", status=503), None), (RateLimitError("burst"), "failed"), (None, "written")],
    ids=str,
)
def test_what_jira_refused_before_it_fell_silent_is_settled_all_the_same(
    bare: Context, monkeypatch: pytest.MonkeyPatch, error: Exception | None, left: str | None
) -> None:
    """The first of three is refused, the two that are left meet an outage, a limit, or nothing."""
    [(plan, changes)] = plans_of(bare, "abc")
    sending = Sending(monkeypatch, lambda ids: JiraRefusal(403) if "a" in ids else error)
    (writing,) = sending.writings(changes)
    with pytest.raises(JiraError) if error else nullcontext():
        written, refused = application._write(bare, plan, cast("Any", sending), writing)
        application._settle_refused(bare, plan, refused)
        application._settle(bare, plan, written, "written", "")
    assert sending.calls == [["a", "b", "c"], ["b", "c"]]
    assert outcomes(bare, "abc") == {"a": "refused", "b": left, "c": left}


@pytest.mark.parametrize(
    ("issue_id", "there", "wanted", "rival"),
    [
        ("9", (), "3 9 10", None),
        ("9", ("9",), "3 9 10", None),
        ("9", ("3",), "3 9 10", "3"),
        ("9", ("10",), "3 9 10", "10"),  # it was there first
        ("9", ("10", "9"), "3 9 10", None),  # both are there: the older issue goes before
        ("9", ("10", "3", "9"), "3 9 10", "3"),
        ("9", ("3", "9"), "9 10", None),  # it wants it no more
        ("10", ("9", "10"), "3 9 10", "9"),  # by number, not by letter
    ],
)
def test_of_two_that_feed_one_goal_the_first_goes_before(
    bare: Context, issue_id: str, there: tuple[str, ...], wanted: str, rival: str | None
) -> None:
    def feeding(one: str, goal: str = "g1") -> Change:
        return Change(one, f"PLAT-{one}", "goal:okr", "Goal", None, {"id": goal}, "")

    with bare.store.write() as conn:
        for site, goal in (("main", "g1"), ("other", "g1"), ("main", "g11")):
            for one in there if (site, goal) == ("main", "g1") else ("1", "2"):
                change = feeding(one, goal)
                plan_id = writes.intend(conn, site, Plan(one, (change,)), "r", "a test", NOW)
                writes.settle(conn, plan_id, one, change.field_id, "written", "", NOW)
    found = foreign_values._rival(bare, feeding(issue_id), lambda one: one.issue_id in wanted.split())
    assert (None if found is None else found.issue_id) == rival


# -- what was carried is set back


def test_a_carry_of_which_no_issue_is_known_lacks_itself(bare: Context) -> None:
    """Carried by an earlier version, which did not keep how it stood: nothing tells it now."""
    for key, lacking in (("PLAT-7", ("PLAT-7",)), ("", ("7",))):
        plan = SimpleNamespace(stood={}, copies=(), objective_id="7", key=key)
        old = cast("Any", SimpleNamespace(plan=plan, at=NOW))
        with bare.store.read() as conn:
            assert carries.recalled_carry(bare, conn, old) == (old, lacking)
            plan.stood = {"7": {}}
            assert carries.recalled_carry(bare, conn, old) == (old, ())


NUMBER, DUE = "customfield_2", "duedate"


def a_step(
    field: str, value: str, *, former: str | None = None, adds: bool = False, before: str = ""
) -> FieldWrite:
    return FieldWrite("9", "PLAT-9", field, "F", before, "", value, adds=adds, former=former)


@pytest.mark.parametrize(
    ("step", "holds", "body", "said"),
    [
        (a_step(NUMBER, "1", former="5"), 5, {"fields": {NUMBER: 1}}, False),
        (a_step(NUMBER, "1", former="5"), 1, None, False),
        (a_step(NUMBER, "1", former="5"), 7, None, True),
        (a_step(NUMBER, "1"), None, {"fields": {NUMBER: 1}}, False),
        (a_step("customfield_3", "1", former="5"), 5, None, False),  # Jira has no such field any more
        (a_step(NUMBER, '"Q4"', adds=True), 7, {"update": {NUMBER: [{"remove": "Q4"}]}}, False),
    ],
)
def test_a_field_is_set_back_where_it_still_holds_what_was_set(
    step: FieldWrite, holds: object, body: dict[str, object] | None, said: bool
) -> None:
    sent: list[tuple[str, str, object, bool]] = []
    by_hand: list[str] = []

    def tell(request: Any, key: str) -> None:
        sent.append((request.path, key, request.body, request.notifies))

    fields = {NUMBER: Field(NUMBER, "F", "number")}
    context = cast("Context", SimpleNamespace(tell=tell, field=fields.get))
    issue = build_issue(9, fields={step.field_id: holds})
    carries._set_back(context, issue, step, by_hand)
    assert sent == ([] if body is None else [("/issue/9", "PLAT-9", body, True)])
    assert by_hand == (["PLAT-9 F holds 7 by now: see whether it shall"] if said else [])
    carries._set_back(context, None, step, by_hand)
    assert len(sent) == (0 if body is None else 1)


@pytest.mark.parametrize(
    ("step", "holds", "back"),
    [
        (a_step(NUMBER, "1"), 1, True),
        (a_step(NUMBER, "1"), 5, False),
        (a_step("customfield_3", "1"), 1, False),
        (a_step(NUMBER, '"x"', adds=True, before="Q4"), ["Q3"], True),
        (a_step(NUMBER, '"x"', adds=True, before="Q4"), ["Q3", "Q4"], False),
        (a_step("customfield_3", '"x"', adds=True, before="Q4"), None, True),
    ],
)
def test_a_field_is_back_where_it_holds_what_it_held_or_no_longer_what_was_added(
    step: FieldWrite, holds: object, back: bool
) -> None:
    fields = {NUMBER: Field(NUMBER, "F", "number")}
    context = cast("Context", SimpleNamespace(field=fields.get))
    assert carries._is_back(context, build_issue(9, fields={step.field_id: holds}), step) is back


def test_what_a_field_holds_is_where_the_mirror_has_it() -> None:
    issue = build_issue(
        9,
        due=date(2026, 12, 31),
        labels=("a", "b"),
        fix_versions=(JiraValue("1", "1.0"), JiraValue("2", "2.0")),
        fields={NUMBER: 4, DUE: "2027-01-01"},
    )
    held = {
        one: carries._held(issue, a_step(one, "1")) for one in (NUMBER, DUE, "labels", "fixVersions", "f")
    }
    assert held == {
        NUMBER: 4,
        DUE: "2026-12-31",
        "labels": ["a", "b"],
        "fixVersions": ["1.0", "2.0"],
        "f": None,
    }
    assert carries._held(replace(issue, due=None), a_step(DUE, "1")) == "2027-01-01"


@pytest.mark.parametrize(("status", "passes"), [(404, True), (403, False), (400, False)])
def test_a_copy_that_is_gone_already_is_deleted(status: int, passes: bool) -> None:
    def tell(_request: object, _key: str) -> None:
        raise JiraRefusal(status)

    context = cast("Context", SimpleNamespace(tell=tell))
    with nullcontext() if passes else pytest.raises(JiraRefusal):
        carries._delete(context, StandingCopy("5", "PLAT-5", "PLAT-1"))


# -- what went out of sight


def test_what_left_the_scope_unedited_is_silent_and_what_was_never_in_it_is_none_of_ours(
    bare: Context,
) -> None:
    """1 was edited, 2 was not, 3 was outside before, and 4 is not known."""
    known = {str(one): build_issue(one, updated=NOW) for one in (1, 2)}
    known["3"] = build_issue(3, project="OUT", updated=NOW)
    later = {"1": NOW + HOUR, "2": NOW, "3": NOW, "4": NOW + HOUR}
    left = [build_issue(id_, project="OUT", updated=at) for id_, at in later.items()]
    silent, edited = mirror_update.departures(bare, known, left)
    assert (silent, set(edited)) == ({"2"}, {"1", "2"})
    assert all(one.came and (one.known, one.updated) == (NOW, later[id_]) for id_, one in edited.items())


@pytest.mark.parametrize(
    ("name", "former", "issue", "missed"),
    [
        ("summary", {"summary": "A"}, {}, True),
        ("summary", {"summary": ""}, {}, False),
        ("parent", {"parent_id": "7"}, {"parent_id": None}, True),
        ("parent", {"parent_id": "7"}, {"parent_id": "8"}, False),
        ("archiveddate", {"archived": True}, {}, True),
        ("archiveddate", {"archived": True}, {"archived": True}, False),
        ("customfield_1", {"fields": {"customfield_1": None}}, {}, True),
        ("customfield_1", {"fields": {}}, {}, False),
    ],
)
def test_an_answer_lacks_what_was_known(
    name: str, former: dict[str, Any], issue: dict[str, Any], missed: bool
) -> None:
    assert omissions._known(build_issue(1, **former), build_issue(1, **issue), name) is missed


@pytest.mark.parametrize(
    ("told", "at", "newer", "written", "most", "overtaken"),
    [
        ({}, NOW, False, False, 100, False),
        ({"issue": {"id": "1"}}, NOW, False, False, 100, True),
        ({"issue": {"id": "1"}}, NOW - HOUR, False, False, 100, False),
        ({"issue": {"id": "2"}}, NOW, False, False, 100, False),
        ({"issue": {"id": "2"}}, NOW, False, False, 1, True),
        ({}, NOW, True, False, 100, True),
        ({}, NOW, False, True, 100, True),
    ],
)
def test_what_was_seen_is_overtaken_by_whatever_tells_of_an_edit_since(
    bare: Context,
    monkeypatch: pytest.MonkeyPatch,
    told: dict[str, Any],
    at: datetime,
    newer: bool,
    written: bool,
    most: int,
    overtaken: bool,
) -> None:
    monkeypatch.setattr(leftovers, "MOST_TOLD", most)
    issue = build_issue(1, updated=NOW)
    change = Change("1", "PLAT-1", "customfield_1", "F", 1, None, "")
    with bare.store.write() as conn:
        mirror.put(conn, "main", [replace(issue, updated=NOW + HOUR) if newer else issue])
        if told:
            body = json.dumps({"webhookEvent": "jira:issue_updated", **told}).encode()
            inbox.store(conn, "main", "one", body, at)
            inbox.store(conn, "other", "two", body.replace(b'"2"', b'"1"'), NOW)
        if written:
            plan_id = writes.intend(conn, "main", Plan("1", (change,)), "r", "a test", NOW)
            writes.settle(conn, plan_id, "1", "customfield_1", "written", "", NOW + HOUR)
    shown = ShownIssues({"1": issue}, frozenset(), frozenset(), NOW)
    assert leftovers._is_overtaken(bare, [change], shown) is overtaken


# -- comments that cannot be read


def test_comments_that_may_not_be_read_wait_behind_the_others_and_any_other_trouble_is_told(
    bare: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults: dict[str, Exception] = {
        "2": JiraRefusal(403, ("You may not see it.",)),
        "3": JiraRefusal(404),
        "4": IncompleteRead("cut"),
        "6": JiraRefusal(400),
    }
    asked: list[str] = []

    def read(issue_id: str) -> list[object]:
        asked.append(issue_id)
        if issue_id in faults:
            raise faults[issue_id]
        return []

    behind: list[str] = []
    kept: list[str] = []
    monkeypatch.setattr(comments.comments, "put_back", lambda _conn, _site, id_, _at: behind.append(id_))
    monkeypatch.setattr(comments.comments, "note_read", lambda *_: True)
    monkeypatch.setattr(comments, "_take", lambda _context, _conn, issue, *_: kept.append(issue.id))
    context = replace(bare, jira=cast("Jira", SimpleNamespace(comments=read)))
    with bare.store.write() as conn:
        mirror.put(conn, "main", [build_issue(one) for one in (2, 3, 4, 5, 6, 7)])
    comments.follow(context, ["1", "2", "3", "4", "5"])
    assert (asked, behind, kept) == (["2", "3", "4", "5"], ["2", "3", "4"], ["5"])
    with pytest.raises(JiraRefusal):
        comments.follow(context, ["6", "7"])
    assert (asked[4:], behind[3:]) == (["6"], [])
    comments.follow(context, ["9"], [build_issue(9)])
    assert kept == ["5", "9"], "as Jira has it, where the mirror has not"


# -- where an issue hangs, and by which rule it stands still


@pytest.mark.parametrize(
    ("declined", "asked", "made"),
    [
        ({}, ["e"], True),
        ({"e": "e"}, ["e", "p"], True),
        ({"e": "e", "p": "p"}, ["e", "p"], False),
        ({"e": "ex"}, ["e"], False),  # something else is wrong with it too
        ({"e": "p"}, ["e"], False),
        ({"e": ""}, ["e"], False),
    ],
)
def test_an_issue_hangs_below_another_by_the_first_field_that_jira_takes_it_in(
    declined: dict[str, str], asked: list[str], made: bool
) -> None:
    tried: list[str] = []

    def tell(request: Any, key: str) -> None:
        ((place, value),) = request.body["fields"].items()
        assert (request.path, key, value, request.notifies) == ("/issue/9", "PLAT-9", "PLAT-1", True)
        tried.append(place)
        if place in declined:
            raise JiraRefusal(400, fields=dict.fromkeys(declined[place], "not here"))

    fields = (Field("e", "Epic Link", custom=EPIC_LINK), Field("p", "Parent Link", custom=PARENT_LINK))
    context = cast("Context", SimpleNamespace(api=2, catalogue=Catalogue(fields=fields), tell=tell))
    with nullcontext() if made else pytest.raises(JiraRefusal):
        creation.place_issue(context, CreatedIssue("9", "PLAT-9"), IssueType("3", "Story"), "1", "PLAT-1")
    assert tried == asked


def test_an_objective_stands_still_by_the_rule_that_it_had(
    bare: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it is by what is left may be decided by the very thing that is gone."""
    rules: list[tuple[str | None, list[str]]] = []

    def standing_still(_mapping: object, _absences: object, rule: str | None, issues: list[Issue]) -> None:
        rules.append((rule, [one.id for one in issues]))

    monkeypatch.setattr(absences, "standing_still", standing_still)
    context = replace(bare, absences=(GONE,))
    now, former = an_objective("9", "30"), replace(an_objective("9", "31"), rule_id="sagas")
    before = SavedObjective(former, "r", NOW, NOW)
    forest = Forest.of([build_issue(30)])
    with bare.store.write() as conn:
        mirror.put(conn, "main", [build_issue(one) for one in (9, 31, 40)])
        for state, saved in ((now, before), (now, None), (None, before), (None, None)):
            measured = measurement.MeasuredObjective(state, saved, forest)
            assert absences.standing_for(context, conn, measured) is None
    assert rules == [("sagas", ["30", "31", "9"]), ("epics", ["30", "9"]), ("sagas", ["31", "9"]), (None, [])]
