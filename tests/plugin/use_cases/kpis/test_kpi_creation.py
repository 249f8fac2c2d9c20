"""The issue of a key result that a KPI became: planned, refused with what to do, made once in a real Jira over HTTP, found again after a kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox import CONNECTOR, Fault
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.edits import delete
from connectors.sandbox.site_state.state import person
from connectors.sandbox.site_state.transitions import to_status
from connectors.store.kpis import kpis
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.people import audit
from mappings.kpi.episode import EpisodeStep, KpiStatus
from mappings.rollup.cycles.carry_plan import CarryChoice
from plugin.runtime.connector import Refusal
from plugin.use_cases.cycles.carry import carry_forward
from plugin.use_cases.cycles.carry_undo import undo_carry
from plugin.use_cases.cycles.closure import close_cycle
from plugin.use_cases.kpis import board
from plugin.use_cases.kpis.creation import creation_plan, make_wanted
from plugin.use_cases.kpis.current_values import write_current_values
from plugin.use_cases.kpis.episodes import accept, dismiss, follow_key_results
from plugin.use_cases.kpis.kpi_values import state_values
from plugin.use_cases.kpis.readings import PushedReading, push
from plugin.use_cases.kpis.settled_periods import count_settled
from tests.actors import TESTER
from tests.plugin.use_cases.conftest import Doors, opened
from tests.plugin.use_cases.kpis.test_kpi_sources import Watch, watch

__all__ = ["watch"]

ROOT = Path(__file__).parents[3]
MAPPING = """
version: 1
name: watched
site: main
scope: project = PLAT
time_zone: UTC
fields:
  kr_start: {name: KR start}
  kr_current: {name: KR current}
  kr_target: {name: KR target}
cycles: {every: quarter}
objectives:
  - id: epics
    select: issuetype = Epic
    cycle: 2026-Q4
    key_results:
      - id: metric
        select: issuetype = "Key Result"
        relation: child
        progress: {kind: transition, start: kr_start, current: kr_current, target: kr_target}
  - {id: well, title: What we watch stays healthy, owner: Ada, cycle: 2026-Q4}
"""
MADE = "{type: Key Result, fields: {start: kr_start, current: kr_current, target: kr_target}}"


def kpi(id_: str, objective: str, create: str = MADE, more: str = "", band: str = "{at_most: 5}") -> str:
    promote = f"after: 2, objective: {objective}, create: {create}{more}"
    return (
        f"  - {{id: {id_}, name: Open {id_}, source: {{kind: push}}, healthy: {band}, "
        f"promote: {{{promote}}}, revert: {{after: 2}}}}\n"
    )


class Scene:
    """KPIs that left their bands on two days, below an epic of the sandbox."""

    def __init__(self, watch: Watch, *parts: str, brake: str = "") -> None:
        self.watch = watch
        self.epic = watch.issue("Epic")
        self.key = watch.sandbox.sandbox.records[self.epic].key
        watch.activate(MAPPING + "kpis:\n" + "".join(parts).replace("EPIC", self.key) + brake)
        watch.sync()
        watch.at("2026-11-15T08:00")
        self.ids = [one.split("id: ")[1].split(",")[0] for one in parts]
        for id_ in self.ids:
            self.push(id_, "2026-11-10", 9)
            self.push(id_, "2026-11-11", 7)

    @cached_property
    def doors(self) -> Doors:
        return opened(self.watch.connector, {}, "editor")

    def push(self, id_: str, day: str, value: int) -> None:
        at = datetime.fromisoformat(f"{day}T10:00:00Z")
        push(self.watch.connector, TESTER, "main", id_, [PushedReading(at, Fraction(value))])

    def state(self, id_: str) -> dict[str, Any]:
        found = board.kpi(self.watch.connector, TESTER, "main", id_)
        assert found is not None
        return state_values(found)

    def standing(self, id_: str) -> tuple[KpiStatus, EpisodeStep]:
        with self.watch.connector.store.read() as conn:
            state = kpis.get(conn, "main", id_)
        return state.status, state.transition

    def kept(self, id_: str) -> str | None:
        """The id of the issue that is the key result, known here or not."""
        with self.watch.connector.store.read() as conn:
            return kpis.get(conn, "main", id_).key_result

    def accept(self, id_: str) -> dict[str, Any]:
        return state_values(accept(self.watch.connector, TESTER, "main", id_))

    def refused(self, id_: str) -> str:
        """What is said against accepting."""
        with pytest.raises(Refusal) as caught:
            accept(self.watch.connector, TESTER, "main", id_)
        return str(caught.value)

    def progress(self) -> dict[str, Fraction | None]:
        """Of the key results of the epic, by issue."""
        with self.watch.connector.store.read() as conn:
            saved = objectives.load(conn, "main", self.epic)
        assert saved is not None
        return {str(one.issue_id): one.measurement.progress for one in saved.state.key_results}

    def audited(self) -> list[str]:
        with self.watch.connector.store.read() as conn:
            return [one.what for one in reversed(audit.recent(conn, 100))]

    def made(self) -> list[Any]:
        """The key results that stand in Jira, in the order in which they were made."""
        records = self.watch.sandbox.sandbox.records.values()
        return sorted(
            (one for one in records if one.type.name in ("Key Result", "Task")), key=lambda one: int(one.id)
        )

    def minutes(self, number: float) -> None:
        """Time passes, and the schedule of KPIs runs once."""
        self.watch.clock.now += timedelta(minutes=number)
        make_wanted(self.watch.connector, "main")


@pytest.mark.parametrize("watch", ["cloud", "datacenter"], indirect=True)
def test_accepting_makes_the_issue_below_its_objective_with_its_fields(watch: Watch) -> None:
    scene = Scene(watch, kpi("bugs", "EPIC"))
    planned = {
        "project": "PLAT",
        "type": "Key Result",
        "parent": scene.key,
        "summary": "Open bugs: from 7 to 5",
        "labels": ["okr-kpi-main/bugs-1"],
        "fields": {scheme.KR_START: 7, scheme.KR_CURRENT: 7, scheme.KR_TARGET: 5},
    }
    assert scene.doors.api("GET", "/kpis/bugs/creation").json == {"issue": planned, "hindrances": []}
    told = scene.doors.command("kpi", "accept", "bugs", "--dry-run")
    assert told.stdout == f"bugs: Key Result in PLAT below {scene.key}: Open bugs: from 7 to 5\n"
    assert f"To be created in PLAT below {scene.key}: “Open bugs: from 7 to 5”." in scene.doors.look(
        "/kpis/bugs"
    )
    assert (scene.made(), scene.state("bugs")["status"]) == ([], "kr_proposed")

    taken = scene.doors.api("POST", "/kpis/bugs/accept", {})
    (record,) = scene.made()
    assert (taken.status_code, taken.json["state"]["status"]) == (200, "kr_open")
    assert taken.json["state"]["key_result"] == record.key
    assert (record.summary, record.parent_id, record.labels) == (
        "Open bugs: from 7 to 5", scene.epic, ("okr-kpi-main/bugs-1",),
    )  # fmt: skip
    numbers = (scheme.KR_START, scheme.KR_CURRENT, scheme.KR_TARGET)
    assert [record.customs[one] for one in numbers] == [7, 7, 5]
    kept = watch.sandbox.sandbox.properties[record.id]
    assert kept == {"jira-okr.kpi": {"site": "main", "kpi": "bugs", "episode": 1}}
    detail = {"kpi": "bugs", "episode": 1}
    assert [one for one in scene.doors.audited() if "key result" in one[0]] == [
        ("key result of a KPI accepted", detail, "main"),
        ("key result of a KPI created", {**detail, "issue": record.key}, "main"),
    ]
    follow_key_results(watch.connector, "main")
    scene.minutes(2)
    assert (scene.state("bugs")["status"], len(scene.made())) == ("kr_open", 1)
    assert "key result that is open" in scene.refused("bugs")


def test_it_is_measured_by_its_episode_and_follows_what_the_kpi_is_worth(watch: Watch) -> None:
    none = "{type: Key Result}"
    scene = Scene(watch, kpi("bugs", "EPIC"), kpi("load", "EPIC", none, band="{at_least: 2, at_most: 3}"))
    for id_ in scene.ids:
        assert scene.accept(id_)["status"] == "kr_open"
    bugs, load = scene.made()
    watch.work_off()
    assert scene.progress() == {bugs.id: 0, load.id: 0}
    scene.push("bugs", "2026-11-12", 6)
    scene.push(
        "load", "2026-11-12", 1
    )  # beyond the other bound: from 7 to 3 that would be more than all of the way
    write_current_values(watch.connector, "main")
    write_current_values(watch.connector, "main")
    watch.work_off()
    assert scene.progress() == {bugs.id: Fraction(1, 2), load.id: Fraction(3, 4)}
    assert watch.writes(scheme.KR_CURRENT) == [(bugs.id, "6")]
    assert [watch.field(bugs.id, one) for one in (scheme.KR_START, scheme.KR_TARGET)] == [7, 5]


def test_a_period_is_written_once_and_what_somebody_wrote_since_stays(watch: Watch) -> None:
    scene = Scene(watch, kpi("bugs", "EPIC"))
    scene.accept("bugs")
    (bugs,) = scene.made()
    scene.push("bugs", "2026-11-12", 6)
    write_current_values(watch.connector, "main")
    watch.edit(bugs.id, **{scheme.KR_CURRENT: 3})
    watch.sync()
    write_current_values(watch.connector, "main")
    assert (watch.field(bugs.id, scheme.KR_CURRENT), watch.writes(scheme.KR_CURRENT)) == (3, [(bugs.id, "6")])


@pytest.mark.parametrize("lack", ["archived", "unread"])
def test_a_period_waits_until_its_issue_can_take_it(watch: Watch, lack: str) -> None:
    scene = Scene(watch, kpi("bugs", "EPIC"))
    scene.accept("bugs")
    (bugs,) = scene.made()
    scene.push("bugs", "2026-11-12", 6)
    with watch.connector.store.write() as conn:
        known = mirror.get(conn, "main", [bugs.id])[bugs.id]
        if lack == "archived":
            mirror.put(conn, "main", [replace(known, archived=True)])
        else:
            mirror.delete(conn, "main", [bugs.id])
    write_current_values(watch.connector, "main")
    assert (watch.field(bugs.id, scheme.KR_CURRENT), watch.writes(scheme.KR_CURRENT)) == (7, [])
    with watch.connector.store.write() as conn:
        mirror.put(conn, "main", [known])
    write_current_values(watch.connector, "main")
    assert watch.writes(scheme.KR_CURRENT) == [(bugs.id, "6")]


def test_a_key_result_whose_kpi_left_the_mapping_is_measured_like_any_other(watch: Watch) -> None:
    scene = Scene(watch, kpi("bugs", "EPIC"), kpi("load", "EPIC", "{type: Key Result}"))
    for id_ in scene.ids:
        scene.accept(id_)
    bugs, load = scene.made()
    for id_ in scene.ids:
        scene.push(id_, "2026-11-12", 6)
    write_current_values(watch.connector, "main")
    watch.work_off()
    assert scene.progress() == {bugs.id: Fraction(1, 2), load.id: Fraction(1, 2)}
    watch.activate(MAPPING + "kpis:\n" + kpi("load", scene.key, "{type: Key Result}"))
    watch.work_off()
    assert scene.progress() == {bugs.id: Fraction(1, 2), load.id: Fraction(1, 2)}, "bugs by its fields"


def test_a_deleted_issue_is_lost_at_once_and_a_refused_one_rests_until_the_kpi_was_in_its_band(
    watch: Watch,
) -> None:
    scene = Scene(watch, kpi("gone", "EPIC"), kpi("no", "EPIC"))
    for id_ in scene.ids:
        scene.accept(id_)
    gone, no = scene.made()
    delete(watch.sandbox.sandbox, gone, person(CONNECTOR))
    watch.sync()
    wont = next(one for one in scheme.RESOLUTIONS if one.name == "Won't Do")
    record = watch.sandbox.sandbox.records[no.id]
    to_status(watch.sandbox.sandbox, record, scheme.DONE, person(CONNECTOR), resolution=wont)
    watch.land(no.id)
    follow_key_results(watch.connector, "main")
    assert [scene.state(one)["status"] for one in scene.ids] == ["watching", "watching"]
    assert scene.audited()[-2:] == [
        "key result of a KPI lost",
        "key result of a KPI closed",
    ]
    for day in ("2026-11-12", "2026-11-13"):
        for id_ in scene.ids:
            scene.push(id_, day, 9)
    assert [scene.state(one)["status"] for one in scene.ids] == ["kr_proposed", "watching"]


def test_what_is_achieved_is_never_closed_as_what_is_left_out(watch: Watch) -> None:
    """The only status that is done is one that the mapping leaves out: the number of the objective would lose what was achieved."""
    scene = Scene(watch, kpi("bugs", "EPIC"), brake="statuses: {excluded: status = Done}\n")
    scene.accept("bugs")
    for day in ("2026-11-12", "2026-11-13"):
        scene.push("bugs", day, 4)
    assert scene.state("bugs")["status"] == "close_proposed"
    assert "leads to one that `statuses.excluded` leaves out" in scene.refused("bugs")
    (record,) = scene.made()
    assert (record.status, scene.state("bugs")["status"]) == (scheme.TO_DO, "close_proposed")
    watch.activate(MAPPING + "kpis:\n" + kpi("bugs", scene.key))
    scene.accept("bugs")
    (record,) = scene.made()
    assert (record.status, scene.state("bugs")["status"]) == (scheme.DONE, "watching")


def test_its_episode_ends_when_its_cycle_is_closed(watch: Watch) -> None:
    scene = Scene(watch, kpi("bugs", "EPIC"))
    scene.accept("bugs")
    watch.work_off()
    follow_key_results(watch.connector, "main")
    assert scene.standing("bugs") == (KpiStatus.KR_OPEN, EpisodeStep.ACCEPTED)
    watch.at("2027-01-02T09:00")
    watch.sync()
    close_cycle(watch.connector, TESTER, "main", "2026-Q4", reason="the last mile was long")
    follow_key_results(watch.connector, "main")
    assert scene.standing("bugs") == (KpiStatus.WATCHING, EpisodeStep.CYCLE_ENDED)


def test_it_is_carried_with_its_objective_and_counts_on(watch: Watch) -> None:
    scene = Scene(watch, kpi("bugs", "EPIC"))
    scene.accept("bugs")
    watch.work_off()
    watch.at("2027-01-02T09:00")
    watch.sync()
    close_cycle(watch.connector, TESTER, "main", "2026-Q4", reason="the last mile was long")
    later = MAPPING.replace("cycle: 2026-Q4", "cycle: 2027-Q1")
    watch.activate(later + "kpis:\n" + kpi("bugs", scene.key))
    watch.work_off()
    watch.at("2027-01-03T09:00")
    scene.push("bugs", "2027-01-02", 4)
    for _ in range(2):
        follow_key_results(watch.connector, "main")
    assert scene.standing("bugs")[0] is KpiStatus.KR_OPEN
    assert scene.audited().count("key result of a KPI carried into a later cycle") == 1
    watch.at("2027-01-04T09:00")
    scene.push("bugs", "2027-01-03", 4)
    count_settled(watch.connector, "main")
    assert scene.standing("bugs") == (KpiStatus.CLOSE_PROPOSED, EpisodeStep.CLOSE_PROPOSED)


def carry_as_copy(watch: Watch, scene: Scene, *ids: str) -> None:
    """The cycle ends and is closed, and the objective of these KPIs goes on as a copy."""
    watch.at("2027-01-02T09:00")
    watch.sync()
    close_cycle(watch.connector, TESTER, "main", "2026-Q4", reason="the last mile was long")
    later = MAPPING.replace("cycle: 2026-Q4", "cycle: 2027-Q1")
    watch.activate(later + "kpis:\n" + "".join(kpi(id_, scene.key) for id_ in ids))
    watch.work_off()
    carry_forward(watch.connector, TESTER, "main", "2026-Q4", [scene.key], choice=CarryChoice(as_copy=True))
    watch.work_off()


@pytest.fixture
def copied(watch: Watch) -> tuple[Scene, str, str]:
    """The objective of an open key result goes on as a copy; the key result and its copy."""
    scene = Scene(watch, kpi("bugs", "EPIC"))
    scene.accept("bugs")
    watch.work_off()
    old = scene.kept("bugs")
    assert old is not None
    carry_as_copy(watch, scene, "bugs")
    new = next(one.id for one in scene.made() if one.id != old)
    return scene, old, new


def test_a_key_result_that_is_an_objective_itself_is_not_left_for_the_copy_of_that(watch: Watch) -> None:
    """The copy stands under nothing: only what the key result stands under takes it along."""
    scene = Scene(watch, kpi("above", "EPIC"), kpi("bugs", "EPIC"))
    scene.accept("bugs")
    watch.work_off()
    old = scene.kept("bugs")
    with watch.connector.store.write() as conn:
        known = kpis.get(conn, "main", "bugs")
        kpis.put(conn, "main", "above", replace(known, key_result=scene.epic), watch.clock.now)
    carry_as_copy(watch, scene, "above", "bugs")
    assert scene.kept("above") == scene.epic
    assert scene.kept("bugs") not in (old, None)


def test_it_follows_the_copy_of_its_key_result_and_counts_on(
    watch: Watch, copied: tuple[Scene, str, str]
) -> None:
    scene, old, new = copied
    assert (scene.kept("bugs"), scene.standing("bugs")) == (new, (KpiStatus.KR_OPEN, EpisodeStep.CARRIED))
    for _ in range(2):
        follow_key_results(watch.connector, "main")
    assert scene.standing("bugs")[0] is KpiStatus.KR_OPEN
    watch.at("2027-01-04T09:00")
    scene.push("bugs", "2027-01-02", 6)
    count_settled(watch.connector, "main")
    write_current_values(watch.connector, "main")
    fields = watch.sandbox.sandbox.records
    current = "customfield_10052"
    assert (fields[new].customs[current], fields[old].customs[current]) == (6, 7)
    scene.push("bugs", "2027-01-03", 4)
    watch.at("2027-01-05T09:00")
    count_settled(watch.connector, "main")
    scene.push("bugs", "2027-01-04", 4)
    watch.at("2027-01-06T09:00")
    count_settled(watch.connector, "main")
    assert scene.standing("bugs") == (KpiStatus.CLOSE_PROPOSED, EpisodeStep.CLOSE_PROPOSED)


def test_it_comes_back_to_its_key_result_where_the_carry_is_taken_back(
    watch: Watch, copied: tuple[Scene, str, str]
) -> None:
    scene, old, _ = copied
    undo_carry(watch.connector, TESTER, "main", "2026-Q4", [scene.key], delete_copies=True)
    watch.work_off()
    assert scene.kept("bugs") == old
    assert [one.id for one in scene.made()] == [old]


@pytest.mark.parametrize("how", ["closed", "deleted"])
def test_a_proposal_whose_objective_is_over_or_gone_waits_without_one(watch: Watch, how: str) -> None:
    scene = Scene(
        watch, kpi("bugs", "EPIC"), kpi("slip", "PLAT-99"), kpi("made", "EPIC", more=", mode: create")
    )
    follow_key_results(watch.connector, "main")
    proposal = scene.state("bugs")["proposal"]
    assert (proposal["objective"], scene.state("made")["status"]) == (scene.key, "kr_open")
    if how == "closed":
        watch.at("2027-01-02T09:00")
        watch.sync()
        watch.work_off()
        close_cycle(watch.connector, TESTER, "main", "2026-Q4", reason="the last mile was long")
    else:
        delete(watch.sandbox.sandbox, watch.sandbox.sandbox.records[scene.epic], person(CONNECTOR))
        watch.sync()
    for _ in range(2):
        follow_key_results(watch.connector, "main")
    found = {id_: scene.state(id_) for id_ in scene.ids}
    assert {id_: (one["status"], one["proposal"]["objective"]) for id_, one in found.items()} == {
        "bugs": ("kr_proposed", None),
        "slip": ("kr_proposed", "PLAT-99"),
        "made": ("kr_proposed", None),
    }
    assert scene.audited().count("objective of the proposal of a KPI closed or gone") == 2
    assert "names no objective" in scene.refused("bugs")


def test_below_an_objective_of_a_closed_cycle_nothing_is_made(watch: Watch) -> None:
    """It would never count: the objective stands as it was closed."""
    scene = Scene(watch, kpi("bugs", "EPIC"))
    watch.at("2027-01-02T09:00")
    watch.sync()
    watch.work_off()
    assert creation_plan(watch.connector, TESTER, "main", "bugs").hindrances == ()
    close_cycle(watch.connector, TESTER, "main", "2026-Q4", reason="the last mile was long")
    assert f"The objective {scene.key} ran in 2026-Q4, which is closed" in scene.refused("bugs")
    assert (scene.made(), scene.state("bugs")["status"]) == ([], "kr_proposed")
    epic = watch.issue("Epic")
    watch.land(epic)
    other = watch.sandbox.sandbox.records[epic].key
    plan = creation_plan(watch.connector, TESTER, "main", "bugs", other)
    assert (plan.hindrances, plan.planned.parent.key) == ((), other)


def test_what_cannot_be_made_is_refused_with_what_to_do_and_stays_proposed(watch: Watch) -> None:
    above, elsewhere = kpi("above", "EPIC", "{type: Initiative}"), kpi("elsewhere", "PLAT-99")
    scene = Scene(watch, kpi("bugs", "EPIC"), above, elsewhere)
    jira, plat = watch.sandbox.sandbox, watch.sandbox.sandbox.projects["PLAT"]
    barely = replace(CONNECTOR, administrator=False, grants={"*": frozenset({"BROWSE_PROJECTS"})})
    for id_, project, account, said in (
        ("bugs", plat, barely, "The connector's account may not create issues in PLAT. Give it the permission Create issues in that project."),
        ("bugs", replace(plat, without=frozenset({"Key Result"})), CONNECTOR, "Key Result is no issue type that can be created in PLAT. Add it to the issue type scheme of that project, or write another `promote.create.type`."),
        ("bugs", replace(plat, off_screen={"*": frozenset({scheme.KR_TARGET})}), CONNECTOR, "The field “KR target” is not on the create screen in PLAT. Add it to that screen, or leave it out of `promote.create.fields`."),
        ("bugs", replace(plat, required={"Key Result": frozenset({"components"})}), CONNECTOR, "The create screen in PLAT requires the field “Components”. Make it optional or give it a default in Jira; or make the issue there and name it."),
        ("above", plat, CONNECTOR, "The type Initiative cannot stand below PLAT-1, which is of the type Epic. Write a type of the level below it as `promote.create.type`, or `relation: {label: …}`."),
        ("elsewhere", plat, CONNECTOR, "The objective PLAT-99 is not known here. Correct `promote.objective`, or bring that issue within the scope of the mapping; or make the issue in Jira and name it."),
    ):  # fmt: skip
        jira.projects["PLAT"], jira.accounts[CONNECTOR.id] = project, account
        assert scene.refused(id_) == said
        foreseen = creation_plan(watch.connector, TESTER, "main", id_).hindrances
        assert [f"{one.message} {one.remedy}" for one in foreseen] == [said]
        assert scene.state(id_)["status"] == "kr_proposed"
    assert scene.made() == []


def test_what_jira_itself_declines_is_told_and_tried_again_by_itself_and_at_once_by_a_person(
    watch: Watch,
) -> None:
    scene = Scene(watch, kpi("bugs", "EPIC"))
    no = Fault("status", "POST", "/rest/api/3/issue", status=400, shape="jira", message="No.")
    watch.sandbox.site.faults.add(no)
    state = scene.accept("bugs")
    assert (state["status"], state["key_result"]) == ("kr_open", None)
    assert state["creation"]["said"] == "Jira refused the call (400): No."
    assert (state["creation"]["tried"], state["creation"]["asks"]) == (None, False)
    scene.minutes(59)
    assert scene.made() == []
    assert scene.accept("bugs")["key_result"] == "PLAT-2"


def test_an_answer_that_is_lost_is_looked_for_however_long_the_index_lags_and_never_made_twice(
    watch: Watch,
) -> None:
    scene = Scene(watch, kpi("bugs", "EPIC"))
    watch.sandbox.sandbox.search_lag = timedelta(minutes=30)
    watch.sandbox.site.faults.add(Fault("torn", "POST", "/rest/api/3/issue"))
    state = scene.accept("bugs")
    assert (state["status"], state["key_result"], len(scene.made())) == ("kr_open", None, 1)
    assert state["creation"]["said"].startswith(
        "Jira was asked to make the issue, and its answer never came."
    )
    assert "its answer never came" in scene.refused("bugs")
    for _ in range(20):
        scene.minutes(1)
    assert (scene.state("bugs")["key_result"], len(scene.made())) == (None, 1)
    scene.minutes(11)
    (record,) = scene.made()
    assert (scene.state("bugs")["status"], scene.state("bugs")["key_result"]) == ("kr_open", record.key)


def test_what_is_in_the_band_again_while_the_issue_may_exist_waits_until_that_is_known(watch: Watch) -> None:
    scene = Scene(watch, kpi("bugs", "EPIC"))
    watch.sandbox.sandbox.search_lag = timedelta(days=30)
    watch.sandbox.site.faults.add(Fault("torn", "POST", "/rest/api/3/issue"))
    scene.accept("bugs")
    for day, value in (("2026-11-12", 4), ("2026-11-13", 4), ("2026-11-14", 4)):
        scene.push("bugs", day, value)
    count_settled(watch.connector, "main")
    assert (scene.state("bugs")["status"], scene.state("bugs")["inside"]) == ("kr_open", 3)
    scene.minutes(61)
    asking = scene.state("bugs")["creation"]
    assert asking["asks"] is True
    assert "okr-kpi-main/bugs-1" in asking["remedy"]
    text = scene.doors.look("/kpis/bugs")
    assert "Create it again" in text
    assert dismiss(watch.connector, TESTER, "main", "bugs").state.status is KpiStatus.WATCHING
    assert len(scene.made()) == 1


KILLED = """
import json, os, signal, sys
from datetime import datetime
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.runtime.composition import build_connector
from plugin.runtime.settings import read_settings
from plugin.use_cases.kpis import creation
from plugin.use_cases.kpis.current_values import write_current_values
from plugin.use_cases.kpis.episodes import accept

def die(*_args, **_more):
    os.kill(os.getpid(), signal.SIGKILL)

def and_die(function):
    def run(*args, **more):
        function(*args, **more)
        die()
    return run

POINTS = {
    "decided": ("_go_on", die),
    "asked": ("_make", die),
    "made": ("_make", and_die(creation._make)),
    "answered": ("_record", die),
    "recorded": ("bring_in", die),
}
now, ends = datetime.fromisoformat(sys.argv[1]), {}
build_connector(read_settings(env_file=None)).store.close()  # whatever is imported for that is there for all of them
for point, (name, instead) in POINTS.items():
    child = os.fork()
    if not child:
        setattr(creation, name, instead)
        accept(build_connector(read_settings(env_file=None), lambda: now), COMMAND_LINE, "main", point)
        os._exit(0)
    ends[point] = os.waitpid(child, 0)[1]
print(json.dumps(ends))
"""


def test_a_kill_at_any_step_makes_nothing_twice_and_loses_nothing(watch: Watch) -> None:
    points = ("decided", "asked", "made", "answered", "recorded")
    scene = Scene(watch, *(kpi(one, "EPIC") for one in points))
    run = subprocess.run(
        [sys.executable, "-c", KILLED, watch.clock().isoformat()],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert json.loads(run.stdout) == dict.fromkeys(points, 9)
    labels = [label for one in scene.made() for label in one.labels]
    assert labels == ["okr-kpi-main/made-1", "okr-kpi-main/answered-1", "okr-kpi-main/recorded-1"]
    assert [scene.kept(one) is not None for one in points] == [
        False,
        False,
        False,
        False,
        True,
    ]
    scene.minutes(0.5)
    assert scene.state("decided")["key_result"] is not None  # nothing had been asked of Jira
    assert [scene.state(one)["key_result"] for one in ("asked", "made", "answered")] == [None, None, None]
    scene.minutes(1)
    assert None not in [scene.state(one)["key_result"] for one in ("made", "answered")]
    for _ in range(3):
        scene.minutes(30)
    assert scene.state("asked")["creation"]["asks"] is True
    assert len(scene.made()) == 4
    assert scene.accept("asked")["key_result"] is not None
    scene.minutes(2)
    labels = sorted(label for one in scene.made() for label in one.labels)
    assert labels == sorted(f"okr-kpi-main/{one}-1" for one in points)


def test_without_asking_it_is_made_in_the_order_of_the_episodes_and_without_an_issue_above_by_a_label(
    watch: Watch,
) -> None:
    label = "{type: Task, project: PLAT, relation: {label: okr-well}}"
    few = [kpi(one, "EPIC", more=", mode: create") for one in ("b", "a")]
    scene = Scene(
        watch, *few, kpi("load", "well", label, more=", mode: create", band="{at_least: 2, at_most: 3}")
    )
    scene.minutes(1)
    assert [one.labels for one in scene.made()] == [
        ("okr-kpi-main/a-1",), ("okr-kpi-main/b-1",), ("okr-kpi-main/load-1", "okr-well"),
    ]  # fmt: skip
    assert [scene.state(one)["status"] for one in scene.ids] == ["kr_open", "kr_open", "kr_open"]
    last = scene.made()[-1]
    assert (last.summary, last.parent_id) == ("Open load: from 7 to between 2 and 3", None)


def test_where_the_mapping_names_no_objective_a_person_chooses_one(watch: Watch) -> None:
    scene = Scene(watch, kpi("bugs", "null", more=", mode: create"))
    scene.minutes(1)
    assert (
        scene.state("bugs")["creation"]["said"]
        == "The mapping names no objective under which it would be made."
    )
    assert "Objective under which it is created" in scene.doors.look("/kpis/bugs")
    told = scene.doors.command("kpi", "accept", "bugs", "--objective", scene.key.lower(), "--dry-run")
    assert told.stdout == f"bugs: Key Result in PLAT below {scene.key}: Open bugs: from 7 to 5\n"
    planned = scene.doors.api("GET", f"/kpis/bugs/creation?objective={scene.key}").json
    assert (planned["issue"]["parent"], planned["hindrances"], scene.made()) == (scene.key, [], [])
    body = {"objective": scene.key.lower()}
    assert scene.doors.api("POST", "/kpis/bugs/accept", body).json["state"]["status"] == "kr_open"
    assert [one.parent_id for one in scene.made()] == [scene.epic]


def test_the_brake_holds_what_nobody_accepted(watch: Watch) -> None:
    many = [kpi(f"k{number}", "EPIC", more=", mode: create") for number in range(3)]
    scene = Scene(watch, *many, brake="brake: {floor: 2}")
    scene.minutes(1)
    assert scene.made() == []
    assert scene.state("k0")["creation"]["said"].startswith("3 key results at once want to be made")
    assert scene.accept("k1")["key_result"] == "PLAT-2"
    scene.minutes(1)
    assert len(scene.made()) == 1
