"""The list of a cycle that is over stands still at every door, whatever its objectives do in the next one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from importlib import import_module
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import delete, insert, select

from connectors.store.database.instant import to_ms
from connectors.store.schema import cycle_alignment, cycle_line, cycle_list, history, listing
from connectors.store.schema import objective as running
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.mcp.ledger import ExplainArguments, okr_explain
from plugin.mcp.objectives import GetArguments, ListArguments, okr_get, okr_list
from plugin.mcp.protocol.tool import ToolAsker, UnanswerableQuestion
from plugin.use_cases.cycles.carry import carry_forward
from plugin.use_cases.cycles.closure import close_cycle, reopen_cycle
from plugin.use_cases.kpis.readings import PushedReading, push
from plugin.use_cases.objectives.objective_list import START, RowSelection, list_objectives, list_page
from plugin.use_cases.practice.scorecard import scorecard_values, show_scorecard
from tests.actors import TESTER
from tests.plugin.sync.test_cycle_doors import Door
from tests.plugin.sync.test_neighbour_sites import move_in
from tests.quarter import MAPPING, state, told

ALIGNED = MAPPING.replace(
    'cycle: {label: ""}', 'cycle: {label: ""}\n    aligned_to: {link: contributes to, contributes: true}'
)
CYCLE = "2026-Q4"


class Quarter:
    """Three objectives of a quarter that has ended: one that two more contribute to, of which one is of no cycle."""

    def __init__(self, hand: Any) -> None:
        self.hand = hand
        self.top = hand.issue("Epic", labels=["okr", CYCLE])
        self.below = hand.issue("Epic", labels=["okr", CYCLE])
        self.outside = hand.issue("Epic", labels=["okr"])
        self.stories = [hand.issue("Story", one) for one in (self.top, self.below, self.outside)]
        self.done = [hand.issue("Story", one, "Done") for one in (self.top, self.below)]
        for one in (self.below, self.outside):
            hand.contributes(one, self.top)
        hand.activate(ALIGNED)
        hand.clock.now = datetime(2026, 12, 27, 12, tzinfo=UTC)
        hand.sync()
        hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
        for one in (self.outside, self.below, self.top):
            told(hand, one, one)

    @property
    def key(self) -> str:
        return str(self.hand.sandbox.sandbox.records[self.top].key)

    def close(self) -> None:
        close_cycle(self.hand.connector, TESTER, "main", CYCLE, reason="the last mile was long")
        self.hand.work_off()

    def go_on(self) -> None:
        """All are carried on, and everything about them changes."""
        hand = self.hand
        carry_forward(hand.connector, TESTER, "main", CYCLE)
        hand.work_off()
        hand.clock.now = datetime(2027, 1, 20, 9, tzinfo=UTC)
        for number, one in enumerate((self.top, self.below)):
            hand.edit(one, summary=f"Called anew {number}")
            hand.status(self.stories[number], "Done")
        late = hand.issue("Epic", labels=["okr", CYCLE])
        hand.sync()
        for one in (self.top, self.below, self.outside, late):
            told(hand, one, one, *self.stories)


@pytest.fixture
def quarter_of_three(hand: Any) -> Quarter:
    return Quarter(hand)


class Doors:
    """What each door tells of the list of one cycle."""

    def __init__(self, connector: Any) -> None:
        self.connector = connector
        self.call = Door(connector)
        self.asking = ToolAsker(connector, COMMAND_LINE)

    def told(self, **narrow: str) -> dict[str, Any]:
        query = "&".join(f"{name}={value}" for name, value in {"cycle": CYCLE, **narrow}.items())
        client = self.call.client
        bearer = {"Authorization": f"Bearer {self.call.tokens['viewer']}"}
        export = client.get(f"/api/v1/exports/objectives?{query}", headers=bearer).text
        ledgers = client.get(f"/api/v1/exports/ledgers?{query}", headers=bearer).text
        listed = okr_list(self.asking, ListArguments(cycle=CYCLE, key_results=True, text=narrow.get("text")))
        page = list_objectives(self.connector, TESTER, RowSelection((), (CYCLE,)), START, 50)
        return {
            "api": self.call("GET", f"/objectives?{query}")[1],
            "export": export,
            "ledgers": ledgers,
            "tool": (listed.counted, listed.by_health, listed.objectives),
            "page": [(row.state, row.depth, row.changed_at, row.elsewhere, row.week) for row in page.rows],
            "figures": page.tallies.health,
            "trend": [[(one.at, one.progress) for one in row.history] for row in page.rows],
            "scorecard": [
                one["objectives"]
                for one in scorecard_values(show_scorecard(self.connector, TESTER, "main", CYCLE))[
                    "perspectives"
                ]  # type: ignore[union-attr]
            ],
        }


def test_a_closed_cycle_stands_still_at_every_door(quarter_of_three):
    quarter = quarter_of_three
    doors = Doors(quarter.hand.connector)
    ended = doors.told()
    quarter.close()
    before = doors.told()
    narrow = {"text": quarter.key, "health": before["api"]["items"][0]["health"]["level"]}
    searched = doors.told(**narrow)
    assert [one["id"] for one in before["api"]["items"]] == [quarter.top, quarter.below]
    assert [one["progress_exact"] for one in before["api"]["items"]] == [
        one["progress_exact"] for one in ended["api"]["items"]
    ]
    assert [one["served_by"] for one in before["api"]["items"]] == [2, 0]
    assert [one["served_elsewhere"] for one in before["api"]["items"]] == [1, 0]
    assert [(one[0].id, one[1], one[3]) for one in before["page"]] == [
        (quarter.top, 0, 1),
        (quarter.below, 1, 0),
    ]
    quarter.go_on()
    assert state(quarter.hand, quarter.top).cycle_id == "2027-Q1"
    assert doors.told() == before
    assert doors.told(**narrow) == searched
    assert len(searched["api"]["items"]) == 1


def test_of_several_cycles_that_are_over_each_row_has_the_course_up_to_its_own_end(quarter_of_three):
    quarter = quarter_of_three
    hand = quarter.hand
    quarter.close()
    later = hand.issue("Epic", labels=["okr", "2027-Q1"])
    first, second = (hand.issue("Story", later) for _ in range(2))
    hand.edit(quarter.top, labels=["okr", "2027-Q2"])
    hand.sync()
    for day, objective, story in (
        (10, later, first),
        (20, later, second),
        (21, quarter.top, quarter.stories[0]),
    ):
        hand.clock.now = datetime(2027, 2, day, 9, tzinfo=UTC)
        hand.status(story, "Done")
        told(hand, objective, objective, story)
    hand.clock.now = datetime(2027, 4, 1, 9, tzinfo=UTC)
    told(hand, later, later)
    close_cycle(hand.connector, TESTER, "main", "2027-Q1", reason="all is done")
    hand.work_off()

    def courses(*cycles: str) -> dict[str, list[Fraction | None]]:
        page = list_objectives(hand.connector, TESTER, RowSelection((), cycles), START, 50)
        return {one.state.id: [each.progress for each in one.history] for one in page.rows}

    assert courses(CYCLE, "2027-Q1") == {
        quarter.top: [Fraction(1, 3)],
        quarter.below: [Fraction(1, 2)],
        later: [0, Fraction(1, 2), 1],
    }
    assert courses("2027-Q2") == {quarter.top: [Fraction(1, 3), Fraction(1, 2)]}

    # of a neighbour with the same id that runs no more nothing is kept from before the end of its cycle
    with hand.connector.store.write() as conn:
        move_in(conn)
        for table in (listing, running):
            conn.execute(delete(table).where(table.c.site == "a", table.c.id == quarter.top))
        late = select(history).where(history.c.at > to_ms(datetime(2027, 2, 1, tzinfo=UTC)))
        points = [{**row, "site": "a"} for row in conn.execute(late).mappings()]
        conn.execute(insert(history), [{name: one[name] for name in one if name != "id"} for one in points])
        wanted = RowSelection(("a", "main"), (CYCLE, "2027-Q2"))
        rows = list_page(conn, wanted, START, 50, date(2027, 1, 1)).rows
    found = {
        (one.site, one.state.cycle_id): [each.progress for each in one.history]
        for one in rows
        if one.state.id == quarter.top
    }
    assert found == {("a", CYCLE): [], ("main", "2027-Q2"): [Fraction(1, 3), Fraction(1, 2)]}


def test_what_is_told_of_one_is_what_was_frozen(quarter_of_three):
    quarter = quarter_of_three
    doors = Doors(quarter.hand.connector)
    quarter.close()
    quarter.go_on()
    call, key = doors.call, quarter.key
    (listed, _) = doors.told()["api"]["items"]
    assert call("GET", f"/objectives/{key}?cycle={CYCLE}") == (200, listed)
    assert call("GET", f"/objectives/{key}")[1]["cycle"] == "2027-Q1"
    frozen = call("GET", f"/objectives/{key}/ledger?cycle={CYCLE}")[1]["headline"]["total"]
    assert frozen == listed["progress_exact"]
    assert call("GET", f"/objectives/{key}/ledger?cycle={CYCLE}&at=2026-12-01")[0] == 422
    assert call("GET", f"/objectives/{key}?cycle=2026-Q3")[0] == 404
    got = okr_get(doors.asking, GetArguments(objective_key=key, cycle=CYCLE))
    assert (got.objective.cycle, got.objective.title) == (CYCLE, listed["title"])
    rows = okr_explain(doors.asking, ExplainArguments(objective_key=key, cycle=CYCLE)).ledger
    assert rows.adds_up
    with pytest.raises(UnanswerableQuestion, match="was no objective of"):
        okr_get(doors.asking, GetArguments(objective_key=key, cycle="2026-Q3"))


def test_the_pages_lead_to_how_it_stood(quarter_of_three):
    quarter = quarter_of_three
    quarter.close()
    before = state(quarter.hand, quarter.top)
    quarter.go_on()
    call = Door(quarter.hand.connector)
    client = call.client
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {call.tokens['viewer']}"
    for page in (f"/?cycle={CYCLE}", f"/review?cycle={CYCLE}", f"/scorecard?cycle={CYCLE}"):
        found = BeautifulSoup(client.get(page).text, "html.parser")
        links = [one["href"] for one in found.select("a.title")]
        assert f"/objectives/{quarter.key}?cycle={CYCLE}" in links, page
    stood = BeautifulSoup(client.get(f"/objectives/{quarter.key}?cycle={CYCLE}").text, "html.parser")
    assert stood.h1.text == before.title
    assert "Called anew" not in stood.main.text
    below = [one["href"] for one in stood.select(".choices a")]
    assert f"?cycle={CYCLE}" in below[0]
    assert "cycle" not in below[1]  # it is of no cycle
    assert [one["href"] for one in stood.select(".facts a")][-1] == f"/objectives/{quarter.top}"
    assert client.get(f"/objectives/{quarter.key}?cycle=2026-Q3").status_code == 404


def test_a_cycle_that_is_opened_again_has_the_list_of_its_end(quarter_of_three):
    """It is measured anew then, and closed with what came of that."""
    quarter = quarter_of_three
    doors = Doors(quarter.hand.connector)
    quarter.close()
    quarter.go_on()
    closed = doors.told()["api"]["items"]
    reopen_cycle(quarter.hand.connector, TESTER, "main", CYCLE, "a late bill")
    quarter.hand.work_off()
    again = doors.told()["api"]["items"]
    late = again[2:]
    assert [one["id"] for one in again[:2]] == [one["id"] for one in closed]
    assert [one["progress_exact"] for one in again[:2]] == [one["progress_exact"] for one in closed]
    assert [one["cycle"] for one in late] == [CYCLE]
    quarter.close()
    assert [one["id"] for one in doors.told()["api"]["items"]] == [one["id"] for one in again]


def test_an_upgrade_makes_the_same_lists_of_what_was_closed_and_ended_before(quarter_of_three):
    quarter = quarter_of_three
    upgrade = import_module("connectors.store.migrations.versions.0061_cycle_lines")
    tables = (cycle_list, cycle_line, cycle_alignment)

    def kept(conn: Any) -> list[list[Any]]:
        return [sorted(tuple(row) for row in conn.execute(select(table))) for table in tables]

    for step in (lambda: None, quarter.close, quarter.go_on):
        step()
        with quarter.hand.connector.store.write() as conn:
            before = kept(conn)
            for table in tables:
                conn.execute(delete(table))
            upgrade._fill(conn)
            assert kept(conn) == before
            assert len(before[1]) == 2


KPIS = """
kpis:
  - {id: bugs, name: Bugs, perspective: process, cadence: daily, source: {kind: push}, healthy: {at_most: 5}}
  - {id: deals, name: Deals, cadence: each, source: {kind: push}, healthy: {at_least: 5}}
"""


def test_the_kpis_on_the_scorecard_of_a_cycle_that_is_over_stand(quarter):
    """As of its end, by what had come in until it was closed, and by the mapping of then."""
    hand, today = quarter[0], quarter[0].clock.now
    hand.clock.now = datetime(2026, 12, 30, 9, tzinfo=UTC)
    hand.activate(MAPPING + KPIS)
    hand.clock.now = today

    def read(kpi: str, *said: tuple[datetime, int]) -> None:
        push(hand.connector, TESTER, "main", kpi, [PushedReading(at, Fraction(value)) for at, value in said])

    def card(cycle: str | None = None) -> dict[str, tuple[str, Fraction | None, str]]:
        found = show_scorecard(hand.connector, TESTER, "main", cycle)
        return {
            one.part.id: (one.part.name, one.latest_value, one.standing.level.value)
            for each in found.perspectives
            for one in each.kpis
        }

    end = datetime(2026, 12, 31, 20, tzinfo=UTC)
    read("bugs", (end - timedelta(days=1), 9), (end, 4), (end + timedelta(days=1), 7))
    read("deals", (end, 6), (end + timedelta(hours=12), 2))
    now = {"bugs": ("Bugs", Fraction(7), "unhealthy"), "deals": ("Deals", Fraction(2), "unhealthy")}
    stood = {"bugs": ("Bugs", Fraction(4), "healthy"), "deals": ("Deals", Fraction(6), "healthy")}
    assert (card(), card("2026-Q4")) == (now, stood)
    read("bugs", (end, 5))
    assert card("2026-Q4") == stood | {"bugs": ("Bugs", Fraction(5), "healthy")}  # not closed: it enters
    close_cycle(hand.connector, TESTER, "main", "2026-Q4", reason="the last mile was long")
    hand.clock.now += timedelta(days=1)
    read("bugs", (end, 8), (end + timedelta(minutes=1), 9))
    read("deals", (end, 1))
    hand.activate(MAPPING + KPIS.replace("name: Bugs", "name: Faults").replace("at_most: 5", "at_most: 50"))
    assert card("2026-Q4") == stood | {"bugs": ("Bugs", Fraction(5), "healthy")}
    assert card()["bugs"][0] == "Faults"
