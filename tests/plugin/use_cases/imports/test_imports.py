"""An export of another tool becomes Jira issues over real HTTP: planned, made once, found again after a kill, and refused with what to do."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from connectors.jira.http.errors import JiraOutage, JiraRefusal
from connectors.jira.write import create
from connectors.sandbox.site_state import scheme
from connectors.store.imports import imports as kept_imports
from connectors.store.numbers import check_ins, objectives
from mappings.imports.column_map import ColumnMapPart
from mappings.imports.people import JiraPerson
from mappings.write_back.target import Request
from plugin.runtime.connector import Refusal
from plugin.sync.context import Context
from plugin.use_cases.imports.imports import ImportPlace, ShownImport, apply, import_values, plan
from tests.actors import TESTER
from tests.plugin.use_cases.conftest import Doors, opened
from tests.plugin.use_cases.kpis.test_kpi_sources import Watch, watch

__all__ = ["watch"]

MAPPING = """
version: 1
name: imported
site: main
scope: project = PLAT
time_zone: UTC
fields:
  kr_start: {name: KR start}
  kr_current: {name: KR current}
  kr_target: {name: KR target}
  kr_weight: {name: KR weight}
cycles: {every: quarter}
objectives:
  - id: epics
    select: issuetype = Epic AND labels = okr
    cycle: {label: ""}
    key_results:
      - id: metric
        select: issuetype = "Key Result"
        relation: child
        weight: {field: kr_weight, missing: one}
        progress: {kind: transition, start: kr_start, current: kr_current, target: kr_target}
"""
FERRY = (
    'Id,Title,Owner,Period,Start Date,End Date,"Aligned To (weight, Objective ID)",Unit,Target,Object Type,Start,Actual Progress,Status,Checkins\n'
    "7001,Ferries run on time again,{owner},Q4 2026,2026-10-01,2026-12-31,,%,100,Objective,0,40,Behind,\n"
    '7002,Departures within five minutes,Zed Nobody,Q4 2026,2026-10-01,2026-12-31,"Ferries run on time again(weight: 60%, Id: 7001)",%,95,Key result,80,40,Behind,'
    "Checkin Date: 2026-10-20; User: Bo; Note: Fog; for a week; Status: Behind; Current Value: 86%; Activity Date: 2026-10-20 09:00:00 UTC;\n"
    '7003,Spare engine in the yard,{owner},Q4 2026,2026-10-01,2026-12-31,"Ferries run on time again(weight: 40%, Id: 7001)",%,100,Key result,0,25,Not Started,\n'
)
PLACE = ImportPlace(project="PLAT", labels=("okr",))
VIVA = ColumnMapPart(preset="viva-csv", people={"Ana": "ana@harbor.example"})
ANA = JiraPerson("somebody", "Ana", "ana@harbor.example")


def ferry(owner: str = "") -> bytes:
    return FERRY.format(owner=owner).encode()


@pytest.fixture
def harbor(watch: Watch) -> Watch:
    watch.activate(MAPPING)
    watch.sync()
    return watch


def planned(watch: Watch, data: bytes = b"", **more: Any) -> ShownImport:
    return plan(watch.connector, TESTER, "main", data or ferry(), "ferries.csv", VIVA, PLACE, **more)


def records(watch: Watch) -> list[Any]:
    return sorted(watch.sandbox.sandbox.records.values(), key=lambda one: int(one.id))


@pytest.mark.parametrize("watch", ["cloud", "datacenter"], indirect=True)
def test_an_export_becomes_issues_that_the_mapping_reads_and_check_ins_that_are_history(
    harbor: Watch,
) -> None:
    one = planned(harbor)
    assert (records(harbor), one.kept.content.plan.refused) == ([], False)
    assert [problem.code for problem in one.kept.content.plan.problems] == ["owner_unknown"]
    done = apply(harbor.connector, TESTER, "main", one.kept.id)
    assert (done.kept.state, done.kept.note) == ("done", "")
    objective, departures, engine = records(harbor)
    assert (objective.summary, objective.type.name, set(objective.labels) >= {"okr", "2026-Q4"}) == (
        "Ferries run on time again",
        "Epic",
        True,
    )
    assert [each.parent_id for each in (departures, engine)] == [objective.id] * 2
    numbers = (scheme.KR_START, scheme.KR_CURRENT, scheme.KR_TARGET, scheme.KR_WEIGHT)
    assert [departures.customs.get(each) for each in numbers] == [80, 86, 95, 60]
    assert [engine.customs.get(each) for each in numbers] == [0, 25, 100, 40]
    assert (objective.assignee, departures.assignee) == (None, None)
    harbor.work_off()
    with harbor.connector.store.read() as conn:
        saved = objectives.load(conn, "main", objective.id)
        (said,) = check_ins.load_all(conn, "main", objective.id)
        standing = check_ins.load_standing(conn, "main", objective.id)
    assert saved is not None
    assert (saved.state.cycle_id, saved.state.progress) == (
        "2026-Q4",
        Fraction(6, 15) * Fraction(60, 100) + Fraction(1, 4) * Fraction(40, 100),
    )
    assert (said.check_in.value, said.check_in.note, said.ended_how, said.check_in.key_result_id) == (
        86,
        "Fog; for a week Status: at risk.",
        "imported",
        departures.id,
    )
    assert standing == {}
    assert apply(harbor.connector, TESTER, "main", one.kept.id).kept.state == "done"
    again = planned(harbor)
    assert (again.kept.content.plan.create, len(again.kept.content.plan.known)) == ((), 3)
    apply(harbor.connector, TESTER, "main", again.kept.id)
    assert len(records(harbor)) == 3


@pytest.mark.parametrize("asked", [0, 1, 2])
@pytest.mark.parametrize("made", [True, False])
def test_a_call_whose_answer_never_came_makes_nothing_twice(
    harbor: Watch, monkeypatch: pytest.MonkeyPatch, asked: int, made: bool
) -> None:
    """Cut off at each of the three calls, before Jira made the issue or after."""
    true, calls = create.create, []

    def cut(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == asked + 1:
            if made:
                true(*args)
            raise JiraOutage("The connection broke.", "")
        return true(*args)

    monkeypatch.setattr(create, "create", cut)
    one = planned(harbor)
    first = apply(harbor.connector, TESTER, "main", one.kept.id)
    assert (first.kept.state, "never came" in first.kept.note) == ("applying", True)
    assert len(records(harbor)) == asked + made
    second = apply(harbor.connector, TESTER, "main", one.kept.id)
    if not made:
        assert (second.kept.state, len(records(harbor))) == ("applying", asked)
        harbor.clock.now += timedelta(hours=1)
        second = apply(harbor.connector, TESTER, "main", one.kept.id)
    assert second.kept.state == "done"
    assert [each.summary.split()[0] for each in records(harbor)] == ["Ferries", "Departures", "Spare"]
    with harbor.connector.store.read() as conn:
        assert len(check_ins.load_all(conn, "main", records(harbor)[0].id)) == 1


def test_a_killed_process_is_followed_by_another_once_its_lease_is_over(
    harbor: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = kept_imports.let_go
    one = planned(harbor)
    with monkeypatch.context() as patched:
        patched.setattr(kept_imports, "let_go", lambda *_args: None)
        apply(harbor.connector, TESTER, "main", one.kept.id)
    assert kept_imports.let_go is true
    with pytest.raises(Refusal, match="being applied just now"):
        apply(harbor.connector, TESTER, "main", one.kept.id)
    other = planned(harbor, ferry().replace(b"7001", b"8001"))
    with pytest.raises(Refusal, match="half applied"):
        apply(harbor.connector, TESTER, "main", other.kept.id)
    harbor.clock.now += timedelta(minutes=6)
    assert apply(harbor.connector, TESTER, "main", one.kept.id).kept.state == "done"
    assert len(records(harbor)) == 3


def test_whoever_lost_an_import_to_another_makes_no_more_and_leaves_the_others_claim(
    harbor: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that outlives the lease: the other is at it by then, and stays the only one."""
    true = create.create
    one = planned(harbor)

    def taken_over(*args: Any) -> Any:
        found = true(*args)
        harbor.clock.now += timedelta(minutes=6)
        now = harbor.clock.now
        with harbor.connector.store.write() as conn:
            assert kept_imports.claim(conn, "main", one.kept.id, "another", now, now + timedelta(minutes=5))
        return found

    monkeypatch.setattr(create, "create", taken_over)
    apply(harbor.connector, TESTER, "main", one.kept.id)
    assert len(records(harbor)) == 1
    with pytest.raises(Refusal, match="being applied just now"):
        apply(harbor.connector, TESTER, "main", one.kept.id)


def test_what_jira_declines_stops_it_with_the_row_and_is_gone_on_with(harbor: Watch) -> None:
    one = planned(harbor, ferry("Ana"), people=[ANA])
    first = apply(harbor.connector, TESTER, "main", one.kept.id)
    assert first.kept.note.startswith("Row 2 (“Ferries run on time again”): ")
    assert "apply this import again" in first.kept.note
    assert (first.kept.state, records(harbor)) == ("applying", [])


def test_one_that_cannot_become_whole_is_given_up_and_the_next_makes_its_rest_whole(harbor: Watch) -> None:
    """Jira declines the third row's owner: two issues stand, hung and checked in by nobody yet."""
    doors: Doors = opened(harbor.connector, {}, "editor")
    theirs = ferry().replace(b"in the yard,,", b"in the yard,Ana,")
    one = planned(harbor, theirs, people=[ANA])
    mended = planned(harbor)
    assert doors.api("POST", f"/imports/{mended.kept.id}/give-up").status_code == 409
    assert apply(harbor.connector, TESTER, "main", one.kept.id).kept.note.startswith("Row 4 ")
    with pytest.raises(Refusal, match=f"import {one.kept.id} is half applied: .* give it up"):
        apply(harbor.connector, TESTER, "main", mended.kept.id)
    told = doors.command("import", "--give-up", str(one.kept.id))
    assert (told.exit_code, "Given up" in told.output) == (0, True), told.output
    with pytest.raises(Refusal, match="was given up"):
        apply(harbor.connector, TESTER, "main", one.kept.id)
    again = planned(harbor)
    assert [row.row for row in again.kept.content.plan.create] == [2, 3, 4]
    assert apply(harbor.connector, TESTER, "main", again.kept.id).kept.state == "done"
    objective, departures, engine = records(harbor)
    assert [each.parent_id for each in (departures, engine)] == [objective.id] * 2
    with harbor.connector.store.read() as conn:
        assert len(check_ins.load_all(conn, "main", objective.id)) == 1
    assert [row.row for row, _ in planned(harbor).kept.content.plan.known] == [2, 3, 4]


def test_rows_that_are_wrong_refuse_all_of_it_unless_they_are_left_out(harbor: Watch) -> None:
    wrong = ferry().replace(
        b"7003,Spare engine in the yard,,Q4 2026", b"7003,Spare engine in the yard,,FY27 Q1"
    )
    one = planned(harbor, wrong)
    problem = next(each for each in one.kept.content.plan.problems if each.severity == "error")
    assert (problem.row, problem.column, problem.code, problem.value) == (
        4,
        "Period",
        "cycle_fiscal",
        "FY27 Q1",
    )
    with pytest.raises(Refusal, match="1 problem refuses"):
        apply(harbor.connector, TESTER, "main", one.kept.id)
    assert records(harbor) == []
    assert apply(harbor.connector, TESTER, "main", one.kept.id, without_blocked=True).kept.state == "done"
    assert len(records(harbor)) == 2


def test_what_the_mapping_would_not_read_is_said_before_anything_is_made(harbor: Watch) -> None:
    one = plan(harbor.connector, TESTER, "main", ferry(), "ferries.csv", VIVA, ImportPlace(project="PLAT"))
    found = next(each for each in one.kept.content.plan.problems if each.code == "not_read")
    assert (found.row, "labels = okr" in found.message) == (2, True)
    assert one.kept.content.plan.blocked == (2, 3, 4)
    with pytest.raises(Refusal, match="Name one of: PLAT"):
        plan(harbor.connector, TESTER, "main", ferry(), "f.csv", VIVA, ImportPlace(project="NONE"))


def test_what_is_exported_is_known_again_on_its_site_and_made_on_another(
    harbor: Watch, tmp_path: Path
) -> None:
    one = planned(harbor)
    apply(harbor.connector, TESTER, "main", one.kept.id)
    harbor.work_off()
    doors: Doors = opened(harbor.connector, {}, "editor")
    file = tmp_path / "okrs.json"
    assert doors.command("export", "okrs", "--output", str(file)).exit_code == 0
    told = doors.command("import", str(file), "--from", "jira-okr", "--label", "okr", "--json")
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)["plan"]
    assert (found["create"], found["left_as_in_jira"], found["problems"]) == ([], [], [])
    assert [each["issue"] for each in found["unchanged"]] == [each.key for each in records(harbor)]
    written = json.loads(file.read_text())["okrs"]
    assert [(each["title"], each["weight"], (each["metric"] or {}).get("current")) for each in written] == [
        ("Ferries run on time again", None, None),
        ("Departures within five minutes", 60, 86),
        ("Spare engine in the yard", 40, 25),
    ]
    assert [said["value"] for said in written[1]["check_ins"]] == [86]


def test_the_same_by_command_and_by_api(harbor: Watch, tmp_path: Path) -> None:
    doors: Doors = opened(harbor.connector, {}, "editor")
    file = tmp_path / "ferries.csv"
    file.write_bytes(ferry())
    told = doors.command(
        "import", str(file), "--from", "viva-csv", "--project", "PLAT", "--label", "okr", "--json"
    )
    assert told.exit_code == 0, told.output
    by_command = json.loads(told.stdout)
    body = {
        "file": "ferries.csv",
        "content": b64encode(ferry()).decode(),
        "map": {"preset": "viva-csv"},
        "project": "PLAT",
        "labels": ["okr"],
    }
    made = doors.api("POST", "/imports", body)
    assert made.status_code == 201, made.json
    assert made.json["plan"] == by_command["plan"]
    assert records(harbor) == []
    number = made.json["import"]
    assert doors.api("POST", f"/imports/{number}/apply", {}).status_code == 202
    done = doors.command("import", "--show", str(number))
    for _ in range(100):
        if "Done: every issue stands" in done.stdout:
            break
        done = doors.command("import", "--show", str(number))
    assert "Done: every issue stands in Jira." in done.stdout
    assert len(doors.api("GET", f"/imports/{number}").json["made"]) == 3
    assert {one["state"] for one in doors.api("GET", "/imports").json["items"]} == {"done", "planned"}
    assert doors.api("GET", "/imports/99").status_code == 404
    assert "There is no import 99" in str(doors.command("import", "--apply", "99").exception)
    assert import_values(planned(harbor))["state"] == "planned"


def changed(data: bytes) -> bytes:
    """The file a week later: another title, another current value, a new check-in, and no unit of the engine's any more."""
    return (
        data.replace(b"Spare engine in the yard", b"Two spare engines")
        .replace(b"Current Value: 86%; Activity Date: 2026-10-20 09:00:00 UTC;", WEEK_LATER)
        .replace(b"Q4 2026,2026-10-01,2026-12-31,,%,100", b"Q4 2026,2026-10-01,2026-12-15,,%,100")
    )


WEEK_LATER = (
    b"Current Value: 86%; Activity Date: 2026-10-20 09:00:00 UTC;,"
    b"Checkin Date: 2026-10-27; User: Bo; Note: Clear; Status: On Track; Current Value: 90%; Activity Date: 2026-10-27 09:00:00 UTC;"
)


@pytest.mark.parametrize("watch", ["cloud", "datacenter"], indirect=True)
def test_rows_that_changed_change_their_issues_but_for_what_a_person_edited_since(harbor: Watch) -> None:
    apply(harbor.connector, TESTER, "main", planned(harbor).kept.id)
    objective, departures, engine = records(harbor)
    harbor.sandbox.sandbox.records[engine.id] = replace(engine, summary="An engine, by Bo")
    one = planned(harbor, changed(ferry()))
    found = one.kept.content.plan
    assert import_values(one)["plan"]["update"] == [
        {
            "row": 2,
            "issue": objective.key,
            "set": [{"name": "end_date", "old": "2026-12-31", "new": "2026-12-15"}],
        },
        {"row": 3, "issue": departures.key, "set": [{"name": "metric.current", "old": "86", "new": "90"}]},
    ]
    assert [(each.row.row, [(v.word, v.file, v.jira) for v in each.values]) for each in found.left] == [
        (4, [("title", "Two spare engines", "An engine, by Bo")])
    ]
    done = apply(harbor.connector, TESTER, "main", one.kept.id)
    assert (done.kept.state, done.kept.note) == ("done", "")
    objective, departures, engine = records(harbor)
    assert (str(objective.due), departures.customs[scheme.KR_CURRENT], engine.summary) == (
        "2026-12-15",
        90,
        "An engine, by Bo",
    )
    assert {"okr", "2026-Q4"} <= set(objective.labels)
    with harbor.connector.store.read() as conn:
        assert [each.check_in.value for each in check_ins.load_all(conn, "main", objective.id)] == [90, 86]
    again = planned(harbor, changed(ferry()))
    assert (again.kept.content.plan.update, [each.row.row for each in again.kept.content.plan.left]) == (
        (),
        [4],
    )
    assert [each["row"] for each in import_values(done)["updated"]] == [2, 3]


def test_an_edit_between_plan_and_apply_is_left_and_a_lost_answer_writes_once(
    harbor: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(harbor.connector, TESTER, "main", planned(harbor).kept.id)
    one = planned(harbor, changed(ferry()))
    objective, departures, _engine = records(harbor)
    harbor.sandbox.sandbox.records[objective.id] = replace(objective, due=date(2027, 1, 5))
    sent: list[Request] = []
    true = Context.tell

    def cut(context: Context, request: Request, *args: Any) -> None:
        true(context, request, *args)
        sent.append(request)
        if len(sent) == 1:
            raise JiraOutage("The connection broke.", "")

    monkeypatch.setattr(Context, "tell", cut)
    first = apply(harbor.connector, TESTER, "main", one.kept.id)
    assert (first.kept.state, first.kept.note[:21]) == ("applying", "The connection broke.")
    done = apply(harbor.connector, TESTER, "main", one.kept.id)
    assert (done.kept.state, len(sent)) == ("done", 2)
    objective, departures, engine = records(harbor)
    assert (str(objective.due), departures.customs[scheme.KR_CURRENT], engine.summary) == (
        "2027-01-05",
        90,
        "Two spare engines",
    )
    notes = {each["row"]: each["note"] for each in import_values(done)["updated"]}
    assert notes == {2: "end_date is left: it was changed in Jira since", 3: "", 4: ""}
    with harbor.connector.store.read() as conn:
        assert len(check_ins.load_all(conn, "main", objective.id)) == 2


def test_a_description_with_a_picture_of_a_persons_is_left_and_another_unit_is_a_change(
    harbor: Watch,
) -> None:
    file = ferry().replace(b"%,95", b"knots,95")
    apply(harbor.connector, TESTER, "main", planned(harbor, file).kept.id)
    departures = records(harbor)[1]
    held = departures.description
    assert held is not None
    picture = {"type": "mediaSingle", "content": [{"type": "media", "attrs": {"id": "9", "type": "file"}}]}
    drawn = {**held, "content": [*held["content"], picture]}
    harbor.sandbox.sandbox.records[departures.id] = replace(departures, description=drawn, cache={})
    faster = file.replace(b"knots", b"miles an hour")
    found = planned(harbor, faster).kept.content.plan
    assert found.update == ()
    [(word, why)] = [(one.word, one.why) for each in found.left for one in each.values]
    assert (word, why) == ("description", "it was changed in Jira since")
    harbor.sandbox.sandbox.records[departures.id] = replace(departures, description=held, cache={})
    [update] = planned(harbor, faster).kept.content.plan.update
    assert [(each.old, each.new) for each in update.changes] == [
        ("Measured in: knots", "Measured in: miles an hour")
    ]


def test_two_plans_of_the_same_file_keep_a_check_in_once(harbor: Watch) -> None:
    apply(harbor.connector, TESTER, "main", planned(harbor).kept.id)
    first, second = planned(harbor, changed(ferry())), planned(harbor, changed(ferry()))
    for one in (first, second):
        assert apply(harbor.connector, TESTER, "main", one.kept.id).kept.state == "done"
    with harbor.connector.store.read() as conn:
        told = check_ins.load_all(conn, "main", records(harbor)[0].id)
    assert [each.check_in.value for each in told] == [90, 86]


def test_what_jira_declines_to_change_is_told_and_blocks_no_other_row_nor_import(
    harbor: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(harbor.connector, TESTER, "main", planned(harbor).kept.id)
    objective = records(harbor)[0]
    true = Context.tell

    def declined(context: Context, request: Request, key: str, *args: Any) -> None:
        if key == objective.key:
            raise JiraRefusal(400, ("The due date lies in no sprint.",))
        true(context, request, key, *args)

    monkeypatch.setattr(Context, "tell", declined)
    one = planned(harbor, changed(ferry()))
    done = apply(harbor.connector, TESTER, "main", one.kept.id)
    assert done.kept.state == "done"
    assert import_values(done)["updated"][0]["note"] == (
        "end_date is left: Jira declined it: Jira refused the call (400): The due date lies in no sprint."
    )
    again = planned(harbor, changed(ferry()))
    assert [each.row.row for each in again.kept.content.plan.update] == [2]


def test_the_brake_holds_a_file_that_changes_more_than_the_mapping_lets_pass(harbor: Watch) -> None:
    harbor.activate(MAPPING + "brake: {share: 0.1, floor: 1}\n")
    apply(harbor.connector, TESTER, "main", planned(harbor).kept.id)
    one = planned(harbor, changed(ferry()))
    assert one.kept.content.plan.braked.startswith("3 of 3 imported issues would change")
    with pytest.raises(Refusal, match="release it"):
        apply(harbor.connector, TESTER, "main", one.kept.id)
    assert apply(harbor.connector, TESTER, "main", one.kept.id, release=True).kept.state == "done"


def test_the_columns_of_a_file_are_listed_with_samples_and_a_map_to_copy(
    harbor: Watch, tmp_path: Path
) -> None:
    doors: Doors = opened(harbor.connector, {}, "editor")
    file = tmp_path / "goals.csv"
    file.write_text("Title;Wer;Target value\nRun;Ana;5\nWalk;;6\n")
    told = doors.command("import", str(file), "--columns", "--json")
    assert json.loads(told.stdout) == [
        {"column": "Title", "word": "title", "samples": ["Run", "Walk"]},
        {"column": "Wer", "word": None, "samples": ["Ana"]},
        {"column": "Target value", "word": "target", "samples": ["5", "6"]},
    ]
    assert 'title: "Title"' in doors.command("import", str(file), "--columns").stdout
    body = {"content": b64encode(file.read_bytes()).decode()}
    assert doors.api("POST", "/imports/columns", body).json["items"] == json.loads(told.stdout)
    refused = doors.api("POST", "/imports/columns", {**body, "map": {"preset": "jira-okr"}})
    assert (refused.status_code, "has no columns" in refused.json["detail"]) == (409, True)
