"""KPIs that leave the mapping: kept for 90 days, shown by every door, back as they were, then forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from sqlalchemy import func, select

from connectors.store.kpis import kpis
from connectors.store.people import audit
from connectors.store.schema import kpi_period, kpi_reading, kpi_state
from mappings.kpi.episode import KpiStatus
from plugin.jobs.schedules import prune
from plugin.use_cases.kpis.departures import departed_kpis, follow_departures
from plugin.use_cases.kpis.readings import PushedReading, push
from plugin.use_cases.kpis.settled_periods import count_settled
from tests.actors import TESTER
from tests.plugin.use_cases.conftest import opened
from tests.plugin.use_cases.kpis.test_kpi_creation import MAPPING, kpi
from tests.plugin.use_cases.kpis.test_kpi_sources import Watch, watch
from tests.statements import listen_to

__all__ = ["watch"]

BOTH = MAPPING + "kpis:\n" + kpi("bugs", "PLAT-1") + kpi("load", "PLAT-1")
ONE = MAPPING + "kpis:\n" + kpi("load", "PLAT-1")


def kept(watch: Watch) -> list[int]:
    """How many rows there are of states, readings and periods."""
    with watch.connector.store.read() as conn:
        return [
            conn.execute(select(func.count()).select_from(one)).scalar_one()
            for one in (kpi_state, kpi_reading, kpi_period)
        ]


def test_it_is_kept_shown_taken_back_and_forgotten(watch: Watch) -> None:
    watch.activate(BOTH)
    watch.at("2026-11-15T08:00")
    for id_ in ("bugs", "load"):
        for day in ("2026-11-10", "2026-11-11"):
            at = datetime.fromisoformat(f"{day}T10:00:00Z")
            push(watch.connector, TESTER, "main", id_, [PushedReading(at, Fraction(7))])
    count_settled(watch.connector, "main")
    follow_departures(watch.connector, "main")
    assert (departed_kpis(watch.connector, TESTER, "main"), kept(watch)) == ((), [2, 4, 4])

    watch.at("2026-11-16T08:00")
    watch.activate(ONE)  # from the moment that it rules
    (one,) = departed_kpis(watch.connector, TESTER, "main")
    assert (one.id, one.left, one.kept_until, one.value) == (
        "bugs",
        datetime(2026, 11, 16, 8, tzinfo=UTC),
        datetime(2027, 2, 14, 8, tzinfo=UTC),
        Fraction(7),
    )
    doors = opened(watch.connector, {}, "viewer")
    (given,) = doors.api("GET", "/kpi-departures").json["items"]
    assert (given["id"], given["value_exact"], given["kept_until"][:10]) == ("bugs", "7", "2027-02-14")
    said = doors.look("/kpis").split("Left the mapping")[1]
    assert (
        "<b>bugs</b>: left on 16 Nov 2026, kept until 14 Feb 2027; counted last: 7 at the end of 11 Nov 2026."
        in said
    )

    watch.at("2026-11-19T08:00")
    follow_departures(watch.connector, "main")
    watch.activate(BOTH)  # for an hour, unseen by what runs each six hours: the 90 days begin anew
    assert departed_kpis(watch.connector, TESTER, "main") == ()
    with watch.connector.store.read() as conn:
        assert kpis.get(conn, "main", "bugs").status is KpiStatus.KR_PROPOSED

    watch.at("2026-11-20T08:00")
    watch.activate(ONE)
    watch.at("2027-02-18T07:59")
    follow_departures(watch.connector, "main")
    assert kept(watch) == [2, 4, 4]
    watch.at("2027-02-18T08:00")
    follow_departures(watch.connector, "main")
    assert kept(watch) == [1, 2, 2]
    with watch.connector.store.read() as conn:
        entry = audit.recent(conn, 1)[0]
    assert (entry.what, entry.detail) == ("KPI forgotten", {"kpi": "bugs"})


def test_a_site_without_kpis_pays_one_look_when_what_is_old_is_forgotten_and_nothing_else(
    watch: Watch,
) -> None:
    watch.activate(MAPPING)
    said = listen_to(watch.connector.store.engine)
    assert not watch.connector.watches_kpis("main")
    assert not watch.connector.reads_kpis("main")
    watch.connector.clock.now += timedelta(days=200)
    prune(watch.connector, "main", lambda: None)
    asked = [one for one in said if "kpi_" in one]
    assert ([one.split()[0] for one in asked], asked[0].count("UNION")) == (["SELECT"], 2)


def test_one_that_left_when_nobody_noted_it_is_noted_by_the_next_look(watch: Watch) -> None:
    """Readings may come in of what an activation has just taken away, and of a release before departures were noted."""
    watch.activate(BOTH)
    watch.at("2026-11-15T08:00")
    push(watch.connector, TESTER, "main", "bugs", [PushedReading(watch.connector.clock(), Fraction(7))])
    watch.activate(ONE)
    with watch.connector.store.write() as conn:
        state = kpis.get(conn, "main", "bugs")
        kpis.put(conn, "main", "bugs", replace(state, left=None), watch.connector.clock())
    assert departed_kpis(watch.connector, TESTER, "main") == ()
    watch.at("2026-11-16T08:00")
    follow_departures(watch.connector, "main")
    (one,) = departed_kpis(watch.connector, TESTER, "main")
    assert (one.id, one.left) == ("bugs", datetime(2026, 11, 16, 8, tzinfo=UTC))
