"""Sources are asked once a period has ended: for the state of its last millisecond, once, again where they gave nothing, and now."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from connectors.sandbox import CONNECTOR, PEOPLE, SandboxServer
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.edits import delete, move
from connectors.sandbox.site_state.state import person
from connectors.sandbox.site_state.transitions import to_status
from connectors.sandbox.traffic.faults import Fault
from connectors.store.absence import gaps
from connectors.store.kpis import kpi_failures, kpis
from connectors.store.mirror import issue_histories
from connectors.store.numbers import objectives
from mappings.facts.gap import Gap
from plugin.jobs.schedules import Schedules
from plugin.runtime.composition import build_connector
from plugin.runtime.settings import MetricSettings, read_settings
from plugin.use_cases.kpis import board, readings
from plugin.use_cases.kpis.kpi_words import told_words
from plugin.use_cases.kpis.readings import PushedReading
from plugin.use_cases.kpis.settled_periods import count_settled
from plugin.use_cases.kpis.sources.pulls import read_due, read_now
from tests.actors import TESTER
from tests.connectors.metrics.test_connections import Server, server
from tests.plugin.sync.conftest import Clock, Hand
from tests.plugin.use_cases.conftest import opened
from tests.statements import listen_to

MAPPING = """
version: 1
name: watched
site: main
scope: project = PLAT
time_zone: UTC
cycles:
  - {id: 2026-Q4, start: 2026-10-01, end: 2026-12-31}
objectives:
  - {id: well, title: What we watch stays healthy, owner: Ada, cycle: 2026-Q4}
"""
OPEN_BUGS = """
kpis:
  - id: open-bugs
    name: Open bugs
    source: {kind: jql_count, jql: type = Bug AND statusCategory != Done}
    unit: bugs
    healthy: {at_most: 1}
"""


__all__ = ["server"]


class Watch(Hand):
    """A Jira of bugs, and a connector that watches them."""

    def readings(self, id_: str = "open-bugs") -> list[tuple[str, str]]:
        found = board.list_readings(self.connector, TESTER, "main", id_, None, 100)
        return [(f"{one.at:%m-%d %H:%M:%S.%f}"[:-3], str(one.value)) for one in reversed(found)]

    def at(self, text: str) -> None:
        self.clock.now = datetime.fromisoformat(text).replace(tzinfo=UTC)

    def read(self) -> None:
        read_due(self.connector, "main")

    def failures(self) -> list[tuple[str, str, int]]:
        with self.connector.store.read() as conn:
            found = kpi_failures.load_failures(conn, "main")
        return [(f"{one.last:%m-%d}", one.kind, one.attempts) for one in found]

    def calls(self) -> dict[str, int]:
        counted = dict(self.sandbox.site.calls.by_endpoint)
        self.sandbox.site.calls.clear()
        return counted


@pytest.fixture
def watch(
    tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Watch]:
    """On Cloud unless the test says otherwise."""
    deployment = getattr(request, "param", "cloud")
    monkeypatch.chdir(tmp_path)
    path, clock = tmp_path / "okr.sqlite3", Clock()
    shutil.copyfile(sqlite_template, path)
    with SandboxServer(seed=None, clock=clock, deployment=deployment) as sandbox:
        access = {"email": CONNECTOR.email, "token": CONNECTOR.token}
        jira = {"url": sandbox.url, **(access if deployment == "cloud" else {"pat": CONNECTOR.token})}
        settings = read_settings(
            env_file=None,
            database_url=f"sqlite:///{path}",
            jira={**jira, "webhook_secret": "a secret"},
            secret_key="an invented key that is long enough to sign",
            quiet_seconds=0,
        )
        connector = build_connector(settings, clock)
        for name, value in {
            "DATABASE_URL": settings.database_url,
            "SECRET_KEY": "an invented key that is long enough to sign",
            **{f"JIRA__{one.upper()}": said for one, said in jira.items()},
        }.items():
            monkeypatch.setenv(f"JIRA_OKR_{name}", value)
        yield Watch(sandbox, connector, clock)
        connector.store.close()


@pytest.fixture
def bugs(watch: Watch) -> tuple[str, str, str]:
    """Three bugs of Monday the 9th, one of them done, that a connector has read on that day."""
    first, second = watch.issue("Bug"), watch.issue("Bug", status="In Progress")
    third = watch.issue("Bug", status="Done")
    watch.activate(MAPPING + OPEN_BUGS)
    watch.sync()
    return first, second, third


def test_a_period_is_read_as_it_stood_when_it_ended_and_once(watch: Watch, bugs: tuple[str, ...]) -> None:
    watch.at("2026-11-10T00:01")
    watch.status(bugs[0], "Done")
    watch.status(bugs[2], "To Do")
    watch.status(bugs[2], "In Progress")
    watch.land(bugs[0], bugs[2])
    watch.calls()
    watch.read()
    # The days before the bugs were made have none of them: that is a count, and 0.
    # What happened just before midnight may still be on its way.
    assert watch.readings() == [("11-07 23:59:59.999", "0"), ("11-08 23:59:59.999", "0")]
    assert watch.calls() == {}
    watch.at("2026-11-10T00:02")
    watch.read()
    assert watch.readings()[2:] == [("11-09 23:59:59.999", "2")]
    asked = {name: number for name, number in watch.calls().items() if "changelog" in name}
    assert list(asked.values()) == [1]  # one call for the history of all that was touched
    watch.read()
    watch.at("2026-11-11T00:02")
    watch.read()
    assert watch.readings()[3:] == [("11-10 23:59:59.999", "2")]
    assert watch.calls() == {}
    [one] = board.list_kpis(watch.connector, TESTER, "main")
    assert (one.latest_value, one.standing.level.value, one.state.outside) == (2, "unhealthy", 1)


def test_days_that_are_read_together_after_an_outage_are_counted_each_in_their_order(
    watch: Watch, bugs: tuple[str, ...]
) -> None:
    """Two open bugs are one too many on three days of which nobody heard: three periods out of the band, and not one."""
    watch.at("2026-11-12T06:00")
    watch.read()
    assert watch.readings() == [(f"11-{day:02} 23:59:59.999", "2") for day in (9, 10, 11)]
    with watch.connector.store.read() as conn:
        state = kpis.get(conn, "main", "open-bugs")
    assert (state.outside, state.latest) == (3, datetime(2026, 11, 11, 23, 59, 59, 999000, tzinfo=UTC))


def test_what_leaves_the_scope_or_comes_into_it_counts_where_it_was(
    watch: Watch, bugs: tuple[str, ...]
) -> None:
    stranger = watch.issue("Bug", project={"key": "CORE"})
    watch.at("2026-11-10T10:00")
    move(watch.sandbox.sandbox, watch.sandbox.sandbox.records[stranger], "PLAT", person(PEOPLE[0]))
    watch.land(stranger)
    watch.at("2026-11-11T00:02")
    watch.read()
    assert watch.readings()[1:] == [("11-09 23:59:59.999", "2"), ("11-10 23:59:59.999", "3")]


def test_no_reading_is_none_with_its_reason_at_every_door_until_there_is_one(
    watch: Watch, bugs: tuple[str, ...]
) -> None:
    watch.at("2026-11-10T00:01")
    watch.status(bugs[0], "Done")
    watch.land(bugs[0])
    watch.at("2026-11-10T00:02")
    watch.sandbox.faults.add(Fault("status", "POST", "changelog", times=100, status=502))
    watch.read()
    assert [at[:5] for at, _ in watch.readings()] == ["11-07", "11-08"]  # nothing of these was touched since
    assert watch.failures() == [("11-09", "outage", 1)]
    doors = opened(watch.connector, {}, "editor")
    monday = doors.api("GET", "/kpis/open-bugs").json["periods"][-2]
    assert (monday["value"], monday["level"], monday["readings"]) == (None, "no_data", 0)
    assert monday["reason"].startswith("the history of issues could not be read from Jira")
    assert "the history of issues could not be read" in doors.command("kpi", "show", "open-bugs").output
    assert "the history of issues could not be read" in doors.look("/kpis/open-bugs")
    watch.read()
    assert watch.failures()[-1] == ("11-09", "outage", 1)  # not sooner than a minute later
    watch.at("2026-11-10T00:03")
    watch.read()
    assert watch.failures()[-1] == ("11-09", "outage", 2)
    watch.sandbox.faults.clear()
    watch.at("2026-11-10T00:05")
    watch.read()
    assert (watch.readings()[-1], watch.failures()) == (("11-09 23:59:59.999", "2"), [])


def test_the_running_period_is_read_when_somebody_asks(watch: Watch, bugs: tuple[str, ...]) -> None:
    doors = opened(watch.connector, {}, "editor")
    watch.at("2026-11-09T12:00")
    asked = doors.api("POST", "/kpis/open-bugs/read")
    assert (asked.status_code, asked.json["reading"]["value"], asked.json["failure"]) == (200, 2, None)
    watch.status(bugs[0], "Done")
    watch.land(bugs[0])
    watch.at("2026-11-09T13:00")
    assert doors.page("/kpis/open-bugs/read").status_code == 302
    assert watch.readings() == [("11-09 12:00:00.000", "2"), ("11-09 13:00:00.000", "1")]
    found = doors.api("GET", "/kpis/open-bugs").json
    assert (found["so_far"]["value"], found["value"]) == (1, None)
    assert "Read now" in doors.look("/kpis/open-bugs")
    told = doors.command("kpi", "read", "open-bugs", "--json")
    assert json.loads(told.output)["reading"]["value"] == 1
    assert ("KPI read", {"kpi": "open-bugs"}, "main") in doors.audited()
    viewer = opened(watch.connector, {}, "viewer")
    assert viewer.api("POST", "/kpis/open-bugs/read").status_code == 403
    assert "Read now" not in viewer.look("/kpis/open-bugs")


def test_a_gap_silences_the_source_and_is_named(watch: Watch, bugs: tuple[str, ...]) -> None:
    watch.at("2026-11-09T12:00")
    watch.sandbox.sandbox.spoil(bugs[1], created="sometime")
    watch.sync()
    pull = read_now(watch.connector, TESTER, "main", "open-bugs")
    assert pull.reading is None
    assert pull.failure is not None
    assert pull.failure.kind.value == "incomplete"
    assert "PLAT-2" in pull.failure.reason
    command = opened(watch.connector, {}, "editor").command("kpi", "read", "open-bugs")
    assert (command.exit_code, command.output.split(": ")[:2]) == (1, ["open-bugs", "no reading"])


def test_a_gap_silences_only_what_may_hold_it(watch: Watch) -> None:
    """PLAT-2 was CORE-1 in the period: it may be missing in both, and in no other project."""
    watch.issue("Story", **{scheme.POINTS: 3})
    moved = watch.issue("Bug", project={"key": "CORE"})
    jira = watch.sandbox.sandbox
    watch.activate(
        MAPPING.replace("project = PLAT", "project in (PLAT, CORE, GROW)")
        + """
fields:
  points: {id: customfield_10016}
kpis:
  - {id: plat, name: Plat, source: {kind: jql_count, jql: project = PLAT}, healthy: {at_most: 1}}
  - {id: core, name: Core, source: {kind: jql_count, jql: project = CORE AND type = Bug}, healthy: {at_most: 1}}
  - {id: grow, name: Grow, source: {kind: jql_count, jql: project = GROW}, healthy: {at_most: 1}}
  - {id: either, name: Either, source: {kind: jql_count, jql: project = GROW OR type = Epic}, healthy: {at_most: 1}}
  - {id: sure, name: Sure, source: {kind: jira_field, issue: PLAT-1, field: points}, healthy: {at_most: 1}}
  - {id: lost, name: Lost, source: {kind: jira_field, issue: CORE-1, field: points}, healthy: {at_most: 1}}
"""
    )
    watch.sync()
    move(jira, jira.records[moved], "PLAT", person(PEOPLE[0]))
    watch.sync()
    watch.at("2026-11-09T12:00")
    jira.spoil(moved, created="sometime")
    watch.sync()

    pulls = {
        id_: read_now(watch.connector, TESTER, "main", id_)
        for id_ in ("plat", "core", "grow", "either", "sure", "lost")
    }

    read = {id_: pull.reading.value if pull.reading is not None else None for id_, pull in pulls.items()}
    assert read == {"plat": None, "core": None, "grow": 0, "either": None, "sure": 3, "lost": None}
    assert all("PLAT-2" in pull.failure.reason for pull in pulls.values() if pull.failure is not None)


def test_a_field_that_was_left_out_silences_what_asks_for_it(watch: Watch) -> None:
    first = watch.issue("Story", labels=["blue"], **{scheme.POINTS: 3})
    watch.issue("Story", **{scheme.POINTS: 5})
    sources = {
        "stories": "kind: jql_count, jql: type = Story",
        "blue": "kind: jql_count, jql: labels = blue",
        "large": "kind: jql_count, jql: 'cf[10016] > 2'",
        "sum": "kind: jql_sum, jql: type = Story, field: points",
        "others": "kind: jql_sum, jql: 'type = Story AND labels is EMPTY', field: points",
        "done": "kind: throughput, select: type = Story",
        "one": "kind: jira_field, issue: PLAT-1, field: points",
        "two": "kind: jira_field, issue: PLAT-2, field: points",
    }
    kpis_written = [
        f"  - {{id: {id_}, name: {id_}, source: {{{source}}}, healthy: {{at_most: 1}}}}"
        for id_, source in sources.items()
    ]
    watch.activate(
        "\n".join([MAPPING, "fields:", "  points: {id: customfield_10016}", "kpis:", *kpis_written])
    )
    watch.sync()
    watch.at("2026-11-09T12:00")

    def read_without(*omitted: str) -> dict[str, int | None]:
        with watch.connector.store.write() as conn:
            gaps.put(conn, "main", [Gap(first, "PLAT-1", "It was left out.", omitted=omitted)], watch.clock())
        pulls = {id_: read_now(watch.connector, TESTER, "main", id_) for id_ in sources}
        assert all("PLAT-1" in pull.failure.reason for pull in pulls.values() if pull.failure is not None)
        return {id_: pull.reading and pull.reading.value for id_, pull in pulls.items()}

    whole = {"stories": 2, "blue": 1, "large": 2, "sum": 8, "others": 5, "done": 0, "one": 3, "two": 5}
    assert read_without(scheme.POINTS) == {**whole, "large": None, "sum": None, "one": None}
    assert read_without("labels") == {**whole, "blue": None, "others": None}
    assert read_without("resolution") == {**whole, "done": None}
    assert read_without("statusCategory") == {**dict.fromkeys(whole), "two": 5}


def test_nothing_is_asked_of_the_database_where_no_source_is(watch: Watch, bugs: tuple[str, ...]) -> None:
    schedules = Schedules(watch.connector)
    (task,) = (one for one in schedules.all if one.name == "kpi sources")
    watch.activate(MAPPING)
    watch.connector.context("main")
    asked = listen_to(watch.connector.store.engine)
    schedules.run(task)
    assert asked == []
    with watch.connector.store.read() as conn:
        assert issue_histories.load_known(conn, "main", {}, ()) == {}


FLOW = """
fields:
  points: {id: customfield_10016}
kpis:
  - {id: lead, name: Lead, source: {kind: lead_time, select: issuetype = Story, statistic: median, unit: hours}, healthy: {at_most: 1}}
  - {id: cycle, name: Cycle, source: {kind: cycle_time, select: issuetype = Story, statistic: mean}, healthy: {at_most: 1}}
  - {id: age, name: Age, source: {kind: work_item_age, select: issuetype = Story, statistic: max}, healthy: {at_most: 1}}
  - {id: through, name: Through, source: {kind: throughput, select: issuetype = Story}, healthy: {at_least: 1}}
  - {id: efficiency, name: Efficiency, source: {kind: flow_efficiency, select: issuetype = Story, active: [in progress]}, healthy: {at_least: 1}}
  - {id: repair, name: Repair, source: {kind: mttr, select: issuetype = Story}, healthy: {at_most: 1}}
  - {id: between, name: Between, source: {kind: mtbf, select: issuetype = Story}, healthy: {at_least: 1}}
  - {id: sum, name: Sum, source: {kind: jql_sum, jql: statusCategory = Done, field: points}, healthy: {at_least: 1}}
  - {id: mean, name: Mean, source: {kind: jql_avg, jql: statusCategory = Done, field: points}, healthy: {at_least: 1}}
  - {id: whole, name: Whole, source: {kind: jql_avg, jql: statusCategory = Done, field: points, missing: unknown}, healthy: {at_least: 1}}
  - {id: one, name: One, source: {kind: jira_field, issue: PLAT-1, field: points}, healthy: {at_least: 1}}
  - {id: none, name: None, source: {kind: jira_field, issue: PLAT-99, field: points}, healthy: {at_least: 1}}
"""


@pytest.mark.parametrize("watch", ["cloud", "datacenter"], indirect=True)
def test_every_source_of_jira_against_changelogs_worked_out_by_hand(watch: Watch) -> None:
    """By the end of the 9th, whatever came after it. In days: lead 3.5, 6.25, 2, 2; cycle 2, 5.25, 1 (one never started)."""
    jira = watch.sandbox.sandbox
    watch.at("2026-11-02T00:00")
    plain, reopened, straight, open_, wont, gone = (watch.issue("Story") for _ in range(6))
    moved = watch.issue("Story", project={"key": "CORE"})
    for when, which, status in (
        ("03T00:00", reopened, "In Progress"), ("03T00:00", moved, "In Progress"), ("03T12:00", plain, "In Progress"),
        ("04T00:00", reopened, "Done"), ("04T00:00", straight, "Done"), ("04T00:00", moved, "Done"),
        ("05T00:00", gone, "Done"), ("05T12:00", plain, "Done"), ("06T00:00", reopened, "In Progress"),
        ("07T00:00", open_, "In Progress"), ("08T06:00", reopened, "Done"),
    ):  # fmt: skip
        watch.at(f"2026-11-{when}")
        watch.status(which, status)
    wont_do = next(one for one in jira.resolutions if one.name == "Won't Do")
    to_status(jira, jira.records[wont], scheme.DONE, person(PEOPLE[0]), resolution=wont_do)
    delete(jira, jira.records[gone], person(PEOPLE[0]))
    watch.edit(plain, customfield_10016=3)
    watch.edit(reopened, customfield_10016=5.5)
    watch.at("2026-11-09T00:00")
    move(jira, jira.records[moved], "PLAT", person(PEOPLE[0]))
    watch.activate(MAPPING + FLOW)
    watch.sync()
    watch.at("2026-11-10T00:01")
    watch.status(open_, "Done")
    watch.status(plain, "To Do")
    watch.edit(plain, customfield_10016=13)
    watch.land(open_, plain)
    watch.at("2026-11-10T00:02")
    watch.read()
    found = {id_: watch.readings(id_)[-1:] for id_ in ("lead", "cycle", "age", "through", "efficiency", "repair",
                                                     "between", "sum", "mean", "whole", "one", "none")}  # fmt: skip
    said = {id_: value for id_, each in found.items() for at, value in each if at == "11-09 23:59:59.999"}
    assert said == {
        "lead": "66", "cycle": "11/4", "age": "3", "through": "4", "efficiency": "25/33", "repair": "141/2",
        "between": "528", "sum": "17/2", "mean": "17/4", "one": "3",
    }  # fmt: skip
    reasons = {
        one.part.id: told_words(one.periods[-2]) for one in board.list_kpis(watch.connector, TESTER, "main")
    }
    assert (
        reasons["whole"]
        == "not settled yet; PLAT-3, PLAT-5, PLAT-7 without a value in points. Fill the field, or write `missing: skip`."
    )
    assert reasons["none"].startswith("not settled yet; PLAT-99 is not there")
    notes = {
        id_: board.list_readings(watch.connector, TESTER, "main", id_, None, 1)[0].note
        for id_ in ("cycle", "sum")
    }
    assert notes == {
        "cycle": "3 items; never started: PLAT-3",
        "sum": "PLAT-3, PLAT-5, PLAT-7 without a value, left out",
    }
    watch.calls()
    watch.at("2026-11-11T00:02")
    watch.read()
    assert watch.readings("through")[-1] == ("11-10 23:59:59.999", "4")
    assert watch.calls() == {}


FIGURE = """
kpis:
  - {id: figure, name: Figure, source: {kind: http_json, url: "URL/figures", pointer: /n}, healthy: {at_most: 5}}
"""


def test_tuesdays_figure_is_not_mondays(watch: Watch, server: Server) -> None:
    watch.activate(MAPPING + FIGURE.replace("URL", server.url))
    watch.at("2026-11-10T00:00")
    watch.read()
    assert watch.failures() == [("11-09", "refused", 1)]
    doors = opened(watch.connector, {}, "editor")
    monday = doors.api("GET", "/kpis/figure").json["periods"][-2]
    assert "is none of the hosts that may be asked" in monday["reason"]
    settings, allowed = watch.connector.settings, MetricSettings(http_hosts=(server.url,))
    watch.connector.settings = settings.model_copy(update={"metrics": allowed})
    server.tells("/figures", {"n": 7})
    watch.at("2026-11-10T01:00")
    watch.read()
    assert (watch.readings("figure"), watch.failures()) == ([("11-09 23:59:59.999", "7")], [])
    watch.at("2026-11-12T01:01")
    watch.read()
    watch.read()
    assert watch.readings("figure") == [("11-09 23:59:59.999", "7")]
    assert watch.failures() == [("11-11", "too_late", 1)]
    assert len(server.asked) == 1


CURRENT = """
version: 1
name: evidence
site: main
scope: project = PLAT
time_zone: UTC
cycles:
  - {id: 2026-Q4, start: 2026-10-01, end: 2026-12-31}
objectives:
  - id: epics
    select: issuetype = Epic
    cycle: 2026-Q4
    key_results:
      - id: fewer-bugs
        relation: child
        progress: {kind: transition, start: 10, current: {kpi: bugs}, target: 0}
kpis:
  - {id: bugs, name: Bugs, source: {kind: push}, healthy: {at_most: 5}}
"""


def test_a_key_result_stands_at_the_last_settled_value_of_a_kpi(watch: Watch) -> None:
    epic = watch.issue("Epic")
    watch.issue("Story", epic)
    watch.activate(CURRENT)
    watch.sync()

    def stands() -> tuple[Fraction | None, str, str]:
        watch.work_off()
        with watch.connector.store.read() as conn:
            saved = objectives.load(conn, "main", epic)
        assert saved is not None
        (one,) = saved.state.key_results
        return one.measurement.progress, one.measurement.cause.value, one.measurement.reason

    def push(at: str, value: int) -> None:
        readings.push(
            watch.connector,
            TESTER,
            "main",
            "bugs",
            [PushedReading(datetime.fromisoformat(at), Fraction(value))],
        )

    assert stands() == (None, "never_measured", 'current is missing: the KPI "bugs" has no settled value yet')
    push("2026-11-09T08:00:00Z", 4)
    assert stands()[1] == "never_measured"  # the day has not settled
    watch.at("2026-11-10T01:00")
    count_settled(watch.connector, "main")
    said = '4 on the way from 10 to 0; of the KPI "bugs", settled for 2026-11-09 23:59'
    assert stands() == (Fraction(3, 5), "measured", said)
    push("2026-11-09T09:00:00Z", 7)  # a correction of a settled day restates it
    assert stands()[0] == Fraction(3, 10)
    push("2026-11-10T00:30:00Z", 0)
    assert stands()[0] == Fraction(3, 10)
    watch.at("2026-11-13T01:00")
    count_settled(watch.connector, "main")
    assert stands()[0] == 1  # what settled last stands, days without data or not
