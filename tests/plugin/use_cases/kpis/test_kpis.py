"""A KPI is the same thing at every door: readings taken in once, all or none, counted when they settle, shown with why."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from prometheus_client.parser import text_string_to_metric_families

from connectors.store.database.instant import to_ms
from connectors.store.mappings import revisions
from connectors.store.mirror import mirror
from connectors.store.sites import catalogues
from mappings.document.text.canonical import revision
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Catalogue
from plugin.jobs.schedules import Schedules
from plugin.use_cases.kpis.episodes import follow_key_results
from plugin.use_cases.kpis.settled_periods import count_settled
from tests.statements import listen_to

MAPPING = """
version: 1
name: watched
site: main
scope: labels = okr
time_zone: Europe/Berlin
cycles:
  - {id: 2020-Q4, start: 2020-10-01, end: 2020-12-31}
objectives:
  - {id: well, title: What we watch stays healthy, owner: Ada, cycle: 2020-Q4}
"""
KPIS = """
kpis:
  - id: bugs
    name: Open bugs
    source: {kind: push}
    unit: bugs
    healthy: {at_most: 5}
    watch: {at_most: 8}
    promote: {after: 2, objective: well}
    revert: {after: 2}
  - id: sales
    name: Sales
    source: {kind: csv}
    cadence: each
    healthy: {at_least: 10}
  - id: double
    name: Twice the bugs
    source: {kind: formula, expr: "bugs * 2", of: {bugs: bugs}}
    healthy: {at_most: 10}
  - id: counted
    name: Counted by JQL
    source: {kind: jql_count, jql: "labels = bug"}
    healthy: {at_most: 5}
"""


def activate(doors: Any, text: str) -> None:
    found = read_document(text)
    name = revision(found.require())
    with doors.connector.store.write() as conn:
        catalogues.put(conn, "main", Catalogue(), doors.connector.clock())
        revisions.add(conn, "main", text, name, "tests", doors.connector.clock())
        revisions.activate(conn, "main", name, "tests", doors.connector.clock(), "")


@pytest.fixture
def open_doors(doors_of: Callable[[str], Any]) -> Callable[..., Any]:
    """The doors for somebody of a role, at an instant."""

    def opened(role: str = "editor", now: str = "2020-10-05T12:00") -> Any:
        doors = doors_of(role)
        activate(doors, MAPPING + KPIS)
        at(doors, now)
        return doors

    return opened


def at(doors: Any, now: str) -> None:
    """The clock of page and API, where the session is as young as before; a command has its own process and its own clock."""
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    doors.connector.clock = lambda: moment
    with doors.browser.session_transaction() as kept:
        kept["begun"] = kept["seen"] = to_ms(moment)


def push(doors: Any, *readings: tuple[str, object], kpi: str = "bugs") -> Any:
    body = {"readings": [{"at": f"{when}:00Z", "value": value} for when, value in readings]}
    return doors.api("POST", f"/kpis/{kpi}/readings", body)


def shown(doors: Any, kpi: str = "bugs") -> dict[str, Any]:
    found: dict[str, Any] = doors.api("GET", f"/kpis/{kpi}").json
    return found


def test_readings_are_taken_once_and_corrections_keep_what_was_said(open_doors: Callable[..., Any]) -> None:
    doors = open_doors()
    first = push(doors, ("2020-10-01T10:00", 7), ("2020-10-02T10:00", 0.1))
    assert (first.status_code, [one["receipt"] for one in first.json["readings"]]) == (200, ["new", "new"])
    again = push(doors, ("2020-10-01T10:00", 7), ("2020-10-02T10:00", 4), ("2020-10-03T10:00", None))
    assert [one["receipt"] for one in again.json["readings"]] == ["unchanged", "corrected", "new"]
    same = push(doors, ("2020-10-02T10:00", 4))
    assert [one["receipt"] for one in same.json["readings"]] == ["unchanged"]
    listed = doors.api("GET", "/kpis/bugs/readings?limit=2").json
    assert [(one["at"][:10], one["value"]) for one in listed["items"]] == [
        ("2020-10-03", None),
        ("2020-10-02", 4),
    ]
    assert [one["value_exact"] for one in listed["items"][1]["former"]] == ["1/10"]
    rest = doors.api("GET", f"/kpis/bugs/readings?limit=2&cursor={listed['next']}").json
    assert ([one["value"] for one in rest["items"]], rest["next"]) == ([7], None)
    assert doors.audited() == [
        ("KPI readings taken in", {"kpi": "bugs", "new": 2, "unchanged": 0, "corrected": 0}, "main"),
        ("KPI readings taken in", {"kpi": "bugs", "new": 1, "unchanged": 1, "corrected": 1}, "main"),
    ]


def test_all_of_a_push_or_none_and_every_fault_at_once(open_doors: Callable[..., Any]) -> None:
    doors = open_doors(now="2020-10-01T12:00")
    refused = push(
        doors,
        ("2020-10-01T10:00", 7),
        ("2020-10-01T12:06", 7),
        ("2020-10-01T10:00", 8),
        ("2020-10-01T12:05", 1e16),
    )
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json["errors"]] == [
        "/readings/1/at", "/readings/2/value", "/readings/3/value",
    ]  # fmt: skip
    assert doors.api("GET", "/kpis/bugs/readings").json["items"] == []
    for value, when in (
        (1e300, "2020-10-01T10:00"),
        (1e-300, "2020-10-01T10:00"),
        (1, "0001-01-01T00:00"),
        (1, "9999-12-31T23:59"),
    ):
        assert push(doors, (when, value)).status_code == 422
    assert doors.api("GET", "/kpis/bugs/readings").json["items"] == []
    many = doors.api(
        "POST", "/kpis/bugs/readings", {"readings": [{"at": "2020-10-01T10:00:00Z", "value": 1}] * 1001}
    )
    assert many.status_code in (400, 422)
    assert doors.audited() == []
    assert push(doors, ("2020-10-01T12:05", 7)).status_code == 200


@pytest.mark.parametrize("kpi", ["double", "counted"])
def test_a_kpi_with_a_source_of_its_own_takes_none(open_doors: Callable[..., Any], kpi: str) -> None:
    refused = push(open_doors(), ("2020-10-01T10:00", 7), kpi=kpi)
    assert refused.status_code == 422
    assert "those that take readings: bugs, sales" in refused.json["detail"]


def test_a_viewer_reads_and_pushes_nothing(open_doors: Callable[..., Any]) -> None:
    doors = open_doors("viewer")
    assert push(doors, ("2020-10-01T10:00", 7)).status_code == 403
    assert [one["id"] for one in doors.api("GET", "/kpis").json["items"]] == [
        "bugs",
        "sales",
        "double",
        "counted",
    ]
    assert doors.api("GET", "/kpis/nothing").status_code == 404


def test_settled_periods_are_counted_and_a_proposal_follows_with_its_reasons(
    open_doors: Callable[..., Any],
) -> None:
    doors = open_doors(now="2020-10-02T21:00")
    push(doors, ("2020-10-01T10:00", 9), ("2020-10-02T10:00", 7))
    assert (shown(doors)["state"]["outside"], shown(doors)["level"]) == (1, "unhealthy")
    assert (shown(doors)["so_far"]["value"], shown(doors)["settled"]["counted"]) == (7, 9)
    at(doors, "2020-10-02T22:59")
    count_settled(doors.connector, "main")
    assert shown(doors)["state"]["outside"] == 1
    at(doors, "2020-10-02T23:00")
    count_settled(doors.connector, "main")
    state = shown(doors)["state"]
    assert (state["status"], state["proposal"]) == (
        "kr_proposed", {"start": 7, "target": 5, "objective": "well"},
    )  # fmt: skip
    assert [one["told"] for one in shown(doors)["periods"] if one["readings"]] == ["counted", "counted"]
    text = " ".join(BeautifulSoup(doors.look("/kpis/bugs"), "html.parser").text.split())
    assert "Proposed under well: from 7 to 5." in text
    assert "counted: out of the band 2 running; a key result is proposed" in text


def test_late_and_corrected_are_shown_beside_what_was_counted(open_doors: Callable[..., Any]) -> None:
    doors = open_doors()
    push(doors, ("2020-10-01T10:00", 7), ("2020-10-03T10:00", 4))
    before = shown(doors)["state"]
    push(doors, ("2020-10-01T10:00", 4), ("2020-10-02T10:00", 9))
    found = {one["start"][:10]: one for one in shown(doors)["periods"] if one["readings"]}
    assert shown(doors)["state"] == before
    first, second = found["2020-09-30"], found["2020-10-01"]
    assert (first["told"], first["counted"], first["value"], first["corrected"]) == (
        "counted_otherwise",
        7,
        4,
        True,
    )
    assert (second["told"], second["counted"], second["value"], second["late"]) == (
        "late_not_counted",
        None,
        9,
        True,
    )
    text = " ".join(BeautifulSoup(doors.look("/kpis/bugs"), "html.parser").text.split())
    assert "counted as 7, now 4" in text
    assert "late, not counted: a later period had been counted" in text


def test_a_formula_is_counted_with_the_push_of_its_operand(open_doors: Callable[..., Any]) -> None:
    doors = open_doors()
    push(doors, ("2020-10-04T10:00", 7))
    found = shown(doors, "double")
    assert (found["value"], found["level"], found["state"]["outside"]) == (14, "unhealthy", 1)


def test_the_last_known_value_stands_beside_no_data_however_old(open_doors: Callable[..., Any]) -> None:
    doors = open_doors(now="2021-10-05T12:00")
    push(doors, ("2020-10-01T10:00", 7))
    found = shown(doors)
    assert (found["level"], found["value"], found["last_known"]["value"]) == ("no_data", None, 7)
    row = BeautifulSoup(doors.look("/kpis"), "html.parser").select("tbody tr")[0]
    said = " ".join(row.text.split())
    assert ("No data" in said, said.endswith("4 Oct 2021")) == (True, True)
    assert "last known: 7 bugs, 1 Oct 2020" in said


def test_a_file_is_taken_whole_or_refused_whole(open_doors: Callable[..., Any], tmp_path: Path) -> None:
    doors, file = open_doors(), tmp_path / "readings.csv"
    file.write_text("kpi,at,value\nsales,2020-10-01,12\nbugs,2020-10-01T10:00,x\nother,2020-10-01,1\n")
    refused = doors.command("kpi", "import", str(file))
    assert refused.exit_code == 1
    assert str(refused.exception).splitlines() == [
        "Nothing was taken, for 2 lines cannot be:",
        "  line 3: “x” is no number: write one like 1234.5, without separators of thousands",
        "  line 4: “other” is no KPI that takes readings; those that do: bugs, sales",
    ]
    assert json.loads(doors.command("kpi", "readings", "sales", "--json").output) == []
    file.write_text("at,value\n2020-10-01,12\n2020-10-02,9\n")
    taken = doors.command("kpi", "import", str(file), "--kpi", "sales", "--json")
    assert json.loads(taken.output) == {"sales": {"new": 2}}
    again = doors.command("kpi", "import", str(file), "--kpi", "sales", "--json")
    assert json.loads(again.output) == {"sales": {"unchanged": 2}}


def test_every_door_says_the_same(open_doors: Callable[..., Any], tmp_path: Path) -> None:
    doors, file = open_doors(), tmp_path / "readings.csv"
    file.write_text("at,value\n2020-10-01T12:00,12\n2020-10-02T12:00,9\n")
    assert doors.command("kpi", "import", str(file), "--kpi", "sales").exit_code == 0
    given = shown(doors, "sales")
    told = json.loads(doors.command("kpi", "show", "sales", "--json").output)
    assert (given["level"], given["value"], given["trend"]) == ("unhealthy", 9, "worse")
    assert (told["level"], told["value"], told["trend"]) == ("unhealthy", 9, "worse")
    assert (
        [one["counted"] for one in told["periods"]] == [one["counted"] for one in given["periods"]] == [12, 9]
    )
    listed = {one["id"]: one["value"] for one in json.loads(doors.command("kpi", "list", "--json").output)}
    assert listed == {"bugs": None, "sales": 9, "double": None, "counted": None}
    assert "Unhealthy" in doors.command("kpi", "show", "sales").output
    text = " ".join(BeautifulSoup(doors.look("/kpis/sales"), "html.parser").get_text(" ").split())
    assert "2 Oct 2020, 12:00:00 9 Unhealthy at least 10 1" in text


def test_a_person_enters_a_reading_and_is_told_what_is_wrong(open_doors: Callable[..., Any]) -> None:
    doors = open_doors(now="2020-10-05T12:00")
    assert (
        doors.page("/kpis/bugs/readings", value="7", at="2020-10-04 10:00", note="by hand").status_code == 302
    )
    assert doors.page("/kpis/bugs/readings", value="", at="2020-10-04 10:00").status_code == 302
    assert doors.page("/kpis/bugs/readings", value="9").status_code == 302
    wrong = doors.page("/kpis/bugs/readings", value="1,234")
    assert wrong.status_code == 422
    page = BeautifulSoup(wrong.get_data(as_text=True), "html.parser")
    assert "is no number" in page.select_one("#mistake-value").get_text()
    assert page.select_one("[role=alert] a[href='#value']") is not None
    assert page.select_one("#value")["value"] == "1,234"
    ahead = BeautifulSoup(doors.page("/kpis/bugs/readings", value="1", at="2020-10-06").text, "html.parser")
    assert "ahead" in ahead.select_one("#mistake-at").get_text()
    assert doors.page("/kpis/double/readings", value="1").status_code == 404
    found = doors.api("GET", "/kpis/bugs/readings").json["items"]
    assert [(one["at"], one["value"]) for one in found] == [
        ("2020-10-05T12:00:00Z", 9),
        ("2020-10-04T08:00:00Z", None),
    ]
    assert [(one["value"], one["received"]) for one in found[1]["former"]] == [(7, "2020-10-05T12:00:00Z")]


def test_nothing_is_asked_of_the_database_where_no_kpi_is_watched(open_doors: Callable[..., Any]) -> None:
    doors = open_doors()
    schedules = Schedules(doors.connector)
    (task,) = (one for one in schedules.all if one.name == "kpis")
    activate(doors, MAPPING)
    doors.connector.context("main")
    asked = listen_to(doors.connector.store.engine)
    schedules.run(task)
    assert asked == []
    activate(doors, MAPPING + KPIS)
    doors.connector.context("main")
    push(doors, ("2020-10-05T10:00", 9))
    later = doors.connector.clock() + timedelta(days=2)
    doors.connector.clock = lambda: later
    schedules.run(task)
    assert shown(doors)["state"]["outside"] == 1


def keep(doors: Any, issue: Any) -> None:
    with doors.connector.store.write() as conn:
        mirror.put(conn, "main", [issue])


def proposed(open_doors: Callable[..., Any]) -> Any:
    doors = open_doors(now="2020-10-05T12:00")
    push(doors, ("2020-10-01T10:00", 9), ("2020-10-02T10:00", 7))
    assert shown(doors)["state"]["status"] == "kr_proposed"
    return doors


def test_a_proposal_is_accepted_with_an_issue_and_the_kpi_is_watched_again_once_that_is_done(
    open_doors: Callable[..., Any], an_issue: Callable[..., Any]
) -> None:
    doors = proposed(open_doors)
    keep(doors, an_issue(7))
    taken = doors.api("POST", "/kpis/bugs/accept", {"issue": "plat-7"})
    assert taken.status_code == 200
    assert (taken.json["state"]["status"], taken.json["state"]["key_result"]) == ("kr_open", "PLAT-7")
    assert taken.json["state"]["episode"] == 1
    text = " ".join(BeautifulSoup(doors.look("/kpis/bugs"), "html.parser").text.split())
    assert "PLAT-7 is its key result. Once it is done in Jira, the KPI is watched again." in text
    follow_key_results(doors.connector, "main")
    assert shown(doors)["state"]["status"] == "kr_open"
    keep(doors, replace(an_issue(7, "done"), updated=datetime(2026, 10, 2, tzinfo=UTC)))
    follow_key_results(doors.connector, "main")
    assert (shown(doors)["state"]["status"], shown(doors)["state"]["key_result"]) == ("watching", None)
    keep(doors, replace(an_issue(7), updated=datetime(2026, 10, 3, tzinfo=UTC)))
    follow_key_results(doors.connector, "main")
    assert shown(doors)["state"]["key_result"] == "PLAT-7"
    detail = {"kpi": "bugs", "episode": 1, "issue": "PLAT-7"}
    assert [one for one in doors.audited() if "key result" in one[0]] == [
        ("key result of a KPI accepted", detail, "main"),
        ("key result of a KPI closed", detail, "main"),
        ("key result of a KPI opened again", detail, "main"),
    ]


def test_every_door_accepts_and_dismisses_alike(
    open_doors: Callable[..., Any], an_issue: Callable[..., Any]
) -> None:
    doors = proposed(open_doors)
    keep(doors, an_issue(7))
    keep(doors, an_issue(8, "done"))
    assert "No issue “PLAT-99” is known here" in doors.page("/kpis/bugs/accept", issue="PLAT-99").text
    assert "PLAT-8 is Done already" in doors.page("/kpis/bugs/accept", issue="PLAT-8").text
    refused = doors.api("POST", "/kpis/sales/dismiss")
    assert refused.status_code == 409
    assert "Nothing is proposed for “sales”: it is watched." in refused.json["detail"]
    assert doors.page("/kpis/bugs/dismiss").status_code == 302
    assert shown(doors)["state"]["status"] == "watching"
    push(doors, ("2020-10-03T10:00", 9), ("2020-10-04T10:00", 7))
    assert shown(doors)["state"]["status"] == "kr_proposed"
    done = doors.command("kpi", "accept", "bugs", "--issue", "PLAT-7")
    assert (done.exit_code, done.stdout) == (0, "bugs: PLAT-7 is its key result.\n")
    assert shown(doors)["state"]["key_result"] == "PLAT-7"
    assert "it is a key result that is open" in str(doors.command("kpi", "dismiss", "bugs").exception)


def test_a_viewer_decides_nothing_about_a_proposal(open_doors: Callable[..., Any]) -> None:
    doors = open_doors("viewer")
    assert doors.api("POST", "/kpis/bugs/accept", {"issue": "PLAT-7"}).status_code == 403
    assert doors.api("POST", "/kpis/bugs/dismiss").status_code == 403


def test_the_metrics_tell_kpis_as_the_board_does_and_only_where_the_operator_says_so(
    open_doors: Callable[..., Any],
) -> None:
    doors = open_doors(now="2020-10-02T21:00")
    push(doors, ("2020-10-01T10:00", 9), ("2020-10-02T10:00", 11))
    at(doors, "2020-10-02T23:00")
    count_settled(doors.connector, "main")

    def told() -> dict[str, dict[str, Any]]:
        text = doors.browser.get("/metrics").get_data(as_text=True)
        found: dict[str, dict[str, Any]] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name.startswith("jira_okr_kpi_"):
                    name = sample.name.removeprefix("jira_okr_kpi_")
                    found.setdefault(name, {})[sample.labels["kpi"]] = sample.labels.get(
                        "level", sample.value
                    )
        return found

    assert told() == {}
    doors.connector.settings = doors.connector.settings.model_copy(update={"kpi_metrics": True})
    board = {one["id"]: one for one in doors.api("GET", "/kpis").json["items"]}
    found = told()
    assert (
        found["value"]
        == {"bugs": board["bugs"]["value"], "double": board["double"]["value"]}
        == {"bugs": 11, "double": 22}
    )
    assert found["level"] == {"bugs": "unhealthy", "double": "unhealthy"}
    assert board["bugs"]["level"] == "unhealthy"
    assert found["reading_age_seconds"] == {"bugs": timedelta(hours=13).total_seconds()}
