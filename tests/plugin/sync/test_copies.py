"""What a copy of an issue is made of, where it stands, and which KPIs follow it: each step by itself, of more issues than one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connectors.jira import CreatedIssue, CreateField, Jira
from connectors.jira.http.errors import JiraRefusal
from connectors.jira.wire.changed_field import EPIC_LINK
from connectors.store import Store
from connectors.store.cycles.carries import KeptCarry, MadeCopy
from connectors.store.mirror import mirror
from mappings.document.binder import bind
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.issue import IssueType, Project
from mappings.kpi.episode import EpisodeStep, KpiState
from mappings.rollup.cycles.carry_steps import CopiedLink, FieldWrite, IssueCopy, RowMove
from plugin.sync.context import Context
from plugin.sync.reconcile import copies
from plugin.sync.reconcile.copies import Copies
from tests.mappings.rollup.conftest import build_issue
from tests.plugin.sync.conftest import kpis_led

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
PLAT, CORE = Project("1", "PLAT", "Platform"), Project("2", "CORE", "Core")
EPIC, STORY = IssueType("10", "Epic", 1), IssueType("11", "Story", 0)


@pytest.fixture
def bare(sqlite_store: Store, document: dict[str, Any]) -> Context:
    mapping = bind(Document.model_validate(document), Catalogue())
    nobody = cast("Jira", SimpleNamespace(deployment="cloud"))
    return Context("main", nobody, sqlite_store, mapping, Catalogue(), lambda: NOW)


def a_copy(source_id: str, kind: IssueType = STORY, project: Project = PLAT, **more: Any) -> IssueCopy:
    return IssueCopy(
        source_id, f"PLAT-{source_id}", f"Copy of {source_id}", project, kind, f"okr-{source_id}", **more
    )


def a_write(field_id: str, value: str, *, adds: bool = False) -> FieldWrite:
    return FieldWrite("1", "PLAT-1", field_id, field_id, "", "", value, adds=adds)


def a_carry(*planned: IssueCopy, made: tuple[MadeCopy, ...] = (), **more: Any) -> KeptCarry:
    plan = SimpleNamespace(
        **{
            "objective_id": "1",
            "from_cycle": "2026-Q3",
            "copies": planned,
            "moves": (),
            "continues": None,
            **more,
        }
    )
    return cast("KeptCarry", SimpleNamespace(plan=plan, made=made))


def a_screen(*ids: str) -> dict[str, CreateField]:
    return {id_: CreateField(id_, id_) for id_ in ids}


MADE = (MadeCopy("1", id="101", key="PLAT-101"), MadeCopy("2", id="102", key="PLAT-102"))


def test_what_stands_already_is_passed_by_and_what_each_lacks_is_told_of_all(bare: Context) -> None:
    """Jira is asked for each create screen once. None of those that stand is looked for or made."""
    asked: list[tuple[str, str]] = []
    screens = {("1", "10"): a_screen("labels"), ("1", "11"): a_screen("labels", "team"), ("2", "11"): {}}

    def create_fields(project: str, kind: str) -> dict[str, CreateField]:
        asked.append((project, kind))
        return screens[project, kind]

    jira = SimpleNamespace(deployment="datacenter", create_fields=create_fields)
    team, rank = a_write("team", "1"), a_write("rank", "2")
    planned = (
        a_copy("1", EPIC, sets=(team, rank), parent_id="9"),
        a_copy("2", sets=(team, rank), below=True),
        a_copy("3", sets=(team,)),
        a_copy("4", project=CORE, sets=(team,)),
    )
    made = (*MADE, MadeCopy("3", id="103"), MadeCopy("4", id="104"))
    kept_alive: list[None] = []
    context = replace(bare, jira=cast("Jira", jira), keep=lambda: kept_alive.append(None))

    found = copies.make_copies(context, a_carry(*planned, made=made))

    assert found is not None
    assert found.made == {one.source_id: one for one in made}
    assert found.left == {"1": (team, rank), "2": (rank,), "3": (), "4": (team,)}
    assert found.unplaced == {"1", "2"}, "which hang below something, and on Data Center no screen says it"
    assert asked == [("1", "10"), ("1", "11"), ("2", "11")]
    assert len(kept_alive) == 4
    assert [found.id_of(one) for one in ("1", "4", "7")] == ["101", "104", "7"]


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        (CreateField("description", "Description"), True),
        (CreateField("team", "Team", required=True), True),
        (CreateField("team", "Team"), False),
        (CreateField("given", "Given", required=True), False),
        (CreateField("parent", "Parent", required=True), False),
        (CreateField("reporter", "Reporter", required=True), False),
    ],
)
def test_besides_what_is_set_a_copy_has_the_description_and_what_its_screen_requires(
    bare: Context, field: CreateField, wanted: bool
) -> None:
    asked: list[tuple[list[str], list[str]]] = []

    def read(ids: list[str], fields: list[str]) -> Any:
        asked.append((ids, fields))
        held = {field.id: "as it was", "empty": None, "other": "not asked for"}
        return SimpleNamespace(issues=[SimpleNamespace(fields=held)])

    context = replace(bare, jira=cast("Jira", SimpleNamespace(deployment="cloud", read=read)))
    found = copies._besides(context, a_copy("2"), {"given"}, {field.id: field})
    assert found == ({field.id: "as it was"} if wanted else {})
    assert asked == ([(["2"], [field.id])] if wanted else [])


def test_a_required_field_that_is_empty_is_not_sent(bare: Context) -> None:
    def read(_ids: list[str], _fields: list[str]) -> Any:
        return SimpleNamespace(issues=[SimpleNamespace(fields={"team": None, "rank": 0})])

    context = replace(bare, jira=cast("Jira", SimpleNamespace(deployment="cloud", read=read)))
    screen = {id_: CreateField(id_, id_, required=True) for id_ in ("team", "rank")}
    assert copies._besides(context, a_copy("2"), (), screen) == {"rank": 0}


@pytest.mark.parametrize(
    ("copy", "objective", "above"),
    [
        (a_copy("2", below=True), MADE[0], ("101", "PLAT-101")),
        (a_copy("2", below=True, parent_id="30"), MADE[0], ("101", "PLAT-101")),
        (a_copy("2", below=True, parent_id="30"), None, ("30", "PLAT-30")),
        (a_copy("2", below=True), None, None),
        (a_copy("2", parent_id="30"), MADE[0], ("30", "PLAT-30")),
        (a_copy("2", parent_id="31"), MADE[0], ("31", "31")),  # of which we know no key
        (a_copy("2"), MADE[0], None),
    ],
)
def test_a_copy_stands_below_that_of_its_objective_or_where_its_source_does(
    bare: Context, copy: IssueCopy, objective: MadeCopy | None, above: tuple[str, str] | None
) -> None:
    with bare.store.write() as conn:
        mirror.put(conn, "main", [build_issue(30)])
        mirror.put(conn, "other", [build_issue(31)])
    assert copies._above(bare, copy, objective) == above


def test_a_copy_is_made_of_its_title_its_fields_of_the_screen_and_what_it_stands_below(bare: Context) -> None:
    def read(_ids: list[str], _fields: list[str]) -> Any:
        return SimpleNamespace(issues=[SimpleNamespace(fields={"description": "Why"})])

    jira = cast("Jira", SimpleNamespace(deployment="datacenter", read=read))
    screen = a_screen("labels", "description", "team") | {
        "cf7": CreateField("cf7", "Epic Link", custom=EPIC_LINK)
    }
    sets = (a_write("team", '{"id": "5"}'), a_write("rank", "2"), a_write("labels", '["okr-2"]'))
    copy, carry = a_copy("2", below=True, sets=sets), a_carry()
    expected = {
        "project": {"id": "1"},
        "issuetype": {"id": "11"},
        "summary": "Copy of 2",
        "team": {"id": "5"},
        "labels": ["okr-2"],
        "description": "Why",
    }
    content = copies._content(replace(bare, jira=jira), carry, copy, {"1": MADE[0]}, screen)
    assert content == (expected, [("cf7", "PLAT-101")])
    alone = copies._content(
        replace(bare, jira=jira), carry, replace(copy, below=False), {"1": MADE[0]}, screen
    )
    assert alone == (expected, [])


class Told:
    """What Jira was told, in its order, by issue; it refuses what `refuses` names."""

    def __init__(self, bare: Context, refuses: Mapping[str, tuple[str, ...]] = {}) -> None:
        self.said: list[tuple[str, Any]] = []
        self.refuses = refuses
        jira = SimpleNamespace(deployment="datacenter", tell=self._tell)
        catalogue = Catalogue(fields=(Field("cf7", "Epic Link", "any", custom=EPIC_LINK),))
        self.context = replace(bare, jira=cast("Jira", jira), catalogue=catalogue)

    def _tell(self, request: Any, *, notify: bool) -> None:
        assert notify is False
        assert request.notifies is (request.path != "/issueLink"), (
            "people are told of edits where Jira insists"
        )
        named = self.refuses.get(request.path)
        if named is not None and set(named) & request.body.get("fields", {}).keys():
            raise JiraRefusal(400, ("no",), dict.fromkeys(named, "no"))
        self.said.append((request.path, request.body))


TEAM, PRIORITY = a_write("team", "1"), a_write("priority", '{"id": "3"}')
LABEL = a_write("labels", '"okr"', adds=True)


@pytest.mark.parametrize(
    ("writes", "body"),
    [
        ((), None),
        ((TEAM,), {"fields": {"team": 1}}),
        ((LABEL,), {"update": {"labels": [{"add": "okr"}]}}),
        (
            (TEAM, LABEL, PRIORITY),
            {"fields": {"team": 1, "priority": {"id": "3"}}, "update": {"labels": [{"add": "okr"}]}},
        ),
    ],
)
def test_what_is_set_and_what_is_added_go_in_one_edit_and_nothing_in_none(
    bare: Context, writes: tuple[FieldWrite, ...], body: Any
) -> None:
    told = Told(bare)
    copies._edit(told.context, MADE[0], writes)
    assert told.said == ([] if body is None else [("/issue/101", body)])


def test_a_priority_that_jira_refuses_is_left_out_and_nothing_else_is(bare: Context) -> None:
    path = "/issue/101"
    told = Told(bare, {path: ("priority",)})
    copies._complete(told.context, MADE[0], (PRIORITY, TEAM))
    assert told.said == [(path, {"fields": {"team": 1}})]
    told = Told(bare, {path: ("priority",)})
    copies._complete(told.context, MADE[0], (PRIORITY,))
    assert told.said == []
    told = Told(bare, {path: ("team",)})
    with pytest.raises(JiraRefusal):
        copies._complete(told.context, MADE[0], (PRIORITY, TEAM))
    assert told.said == []


def test_copies_are_completed_placed_and_linked_then_rows_move_and_the_next_cycle_counts_last(
    bare: Context,
) -> None:
    with bare.store.write() as conn:
        mirror.put(conn, "main", [build_issue(30)])
    told = Told(bare)
    mark = a_write("quarter", '"2026-Q4"')
    planned = (
        a_copy("1", EPIC, mark=(mark,), parent_id="30", links=(CopiedLink("6", False, "40"),)),
        a_copy("2", mark=(mark,), below=True, links=(CopiedLink("6", True, "1"),)),
    )
    moves = (
        RowMove("50", "PLAT-50", "Row", STORY),
        RowMove("51", "PLAT-51", "Row", STORY, CopiedLink("8", True, "nobody's")),
    )
    carry = a_carry(*planned, moves=moves, continues="9", made=MADE)
    standing = Copies({one.source_id: one for one in MADE}, {"1": (TEAM,), "2": ()}, frozenset({"2"}))

    touched = copies.join_copies(told.context, carry, standing)

    def link(kind: str, inward: str, outward: str) -> tuple[str, Any]:
        ends = {"inwardIssue": {"id": inward}, "outwardIssue": {"id": outward}}
        return "/issueLink", {"type": {"id": kind}, **ends}

    assert told.said == [
        ("/issue/101", {"fields": {"team": 1}}),
        link("6", "40", "101"),
        link("9", "101", "1"),
        ("/issue/102", {"fields": {"cf7": "PLAT-101"}}),
        link("6", "102", "101"),
        link("9", "102", "2"),
        ("/issue/50", {"fields": {"cf7": "PLAT-101"}}),
        link("8", "101", "51"),
        ("/issue/101", {"fields": {"quarter": "2026-Q4"}}),
        ("/issue/102", {"fields": {"quarter": "2026-Q4"}}),
    ]
    assert touched == {"1", "2", "101", "102", "50", "51"}


def test_where_no_link_says_so_nothing_says_that_a_copy_continues_its_source(bare: Context) -> None:
    told = Told(bare)
    standing = Copies({"1": MADE[0]}, {"1": ()})
    assert copies.join_copies(told.context, a_carry(a_copy("1", EPIC)), standing) == {"1", "101"}
    assert told.said == []


@pytest.mark.parametrize("late", [timedelta(hours=1) - timedelta(milliseconds=1), timedelta(hours=1)])
def test_a_copy_whose_answer_never_came_is_looked_for_for_an_hour(bare: Context, late: timedelta) -> None:
    carry = a_carry(a_copy("2"))
    if late == timedelta(hours=1):
        with pytest.raises(copies.CopyFailure, match="Jira was asked to copy PLAT-2"):
            copies._wait(bare, carry, a_copy("2"), NOW - late)
        return
    announced: list[Any] = []
    announcer = SimpleNamespace(marked=lambda _conn, *about: announced.append(about))
    copies._wait(replace(bare, announcer=cast("Any", announcer)), carry, a_copy("2"), NOW - late)
    assert announced == [("main", {"1"}, NOW + timedelta(seconds=60))]


@pytest.mark.parametrize("found", [None, CreatedIssue("101", "PLAT-101")])
def test_a_copy_is_found_by_its_label(
    bare: Context, monkeypatch: pytest.MonkeyPatch, found: CreatedIssue | None
) -> None:
    monkeypatch.setattr(copies, "found_by_label", lambda _context, label: found if label == "okr-1" else 1)
    assert copies._found(bare, a_copy("1")) == (None if found is None else MADE[0])


BEFORE = {
    "another": KpiState(key_result="x", former="y"),
    "of the objective": KpiState(key_result="1"),
    "never made": KpiState(),
    "open": KpiState(key_result="2", outside=2),
    "open for the second time": KpiState(key_result="2", former="z", carried="2026-Q2"),
    "ended": KpiState(former="2", outside=1),
    "not promoted": KpiState(key_result="2"),
}


def test_kpis_follow_the_copies_of_their_key_results_and_count_on(bare: Context) -> None:
    standing = Copies({one.source_id: one for one in MADE}, {})
    found = kpis_led(bare, BEFORE, lambda context: copies.lead_kpis_on(context, a_carry(), standing))
    carried = KpiState(key_result="102", carried="2026-Q3", transition=EpisodeStep.CARRIED)
    assert found == BEFORE | {
        "open": replace(carried, outside=2),
        "open for the second time": replace(carried, former="z"),
        "ended": KpiState(former="102", outside=1),
    }
