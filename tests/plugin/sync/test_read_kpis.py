"""What key results read of KPIs: settled periods alone, of the last 120, up to this very moment; and by what open key results of KPIs are measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, cast

import pytest
from sqlalchemy import Connection

from connectors.store import Store
from connectors.store.kpis import kpis
from mappings.document.binder import bind
from mappings.document.mapping import Mapping
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue
from mappings.kpi.band import Band
from mappings.kpi.episode import KpiState, KpiStatus, Proposal
from mappings.kpi.reading import KpiReading
from mappings.progress.options import KpiCurrent
from mappings.progress.threshold import ThresholdOptions
from mappings.progress.transition import TransitionOptions
from plugin.sync.reconcile.kpi_readings import episode_aims, kpi_readings

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
NOBODY = cast("Connection", None)
"""Whoever asks the store by it fails."""
CREATED = {"promote": {"mode": "create", "create": {"type": "Story", "project": "PLAT"}}}


def kpi(id_: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "name": id_, "source": {"kind": "push"}, "healthy": {"at_most": 5}, **more}


SUM = {"kind": "formula", "expr": "a + b", "of": {"a": "bugs", "b": "calls"}}


def mapped(document: dict[str, Any], read: str | None, **kpi_of: Any) -> Mapping:
    """One key result reads a KPI; `kpi_of` are those that there are, each with what is said of it."""
    document["time_zone"] = "UTC"
    document["kpis"] = [kpi(id_, **more) for id_, more in kpi_of.items()]
    if read is not None:
        progress = {"kind": "transition", "start": 10, "current": {"kpi": read}, "target": 0}
        document["objectives"][0]["key_results"] = [{"id": "k", "relation": "child", "progress": progress}]
    return bind(Document.model_validate(document), Catalogue())


def fed(store: Store, id_: str, *read: tuple[datetime, int | None]) -> None:
    """Readings of a KPI, each received a second after its instant; another site has some of its own."""
    with store.write() as conn:
        news = [
            KpiReading(at, None if n is None else Fraction(n), at + timedelta(seconds=1)) for at, n in read
        ]
        kpis.record(conn, "main", id_, news)
        kpis.record(conn, "other", id_, [KpiReading(NOW - timedelta(days=1), Fraction(77), NOW)])


def of(day: int, *, hour: int = 12) -> datetime:
    """A day of November."""
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def told(store: Store, mapping: Mapping, now: datetime = NOW) -> dict[str, list[tuple[str, str]]]:
    with store.read() as conn:
        found = kpi_readings(conn, "main", mapping, now)
    return {
        id_: [(f"{one.at:%m-%d %H:%M:%S.%f}"[:-3], str(one.value)) for one in read]
        for id_, read in found.items()
    }


FIRST, SECOND = ("11-01 23:59:59.999", "4"), ("11-02 23:59:59.999", "6")


@pytest.mark.parametrize(
    ("now", "days"),
    [
        (of(2, hour=1) - MILLISECOND, []),
        (of(2, hour=1), [FIRST]),
        (of(3, hour=1) - MILLISECOND, [FIRST]),
        (of(3, hour=1), [FIRST, SECOND]),
        (NOW, [FIRST, SECOND]),
    ],
    ids=str,
)
def test_a_day_counts_from_the_moment_on_at_which_it_is_settled(
    sqlite_store: Store, document: dict[str, Any], now: datetime, days: list[tuple[str, str]]
) -> None:
    """An hour after its end. A day without a reading, or whose reading has no value, is none; the day that runs never is."""
    fed(sqlite_store, "bugs", (of(1), 4), (of(2, hour=8), 5), (of(2), 6), (of(3, hour=8), 9))
    fed(sqlite_store, "calls", (of(1), 50))
    assert told(sqlite_store, mapped(document, "bugs", bugs={}, calls={}), now) == {"bugs": days}


def test_of_days_the_last_120_are_looked_at_the_running_one_among_them(
    sqlite_store: Store, document: dict[str, Any]
) -> None:
    days = [(of(3, hour=0) - timedelta(days=ago), ago) for ago in (121, 120, 119, 118, 1, 0)]
    fed(sqlite_store, "bugs", *days)
    mapping = mapped(document, "bugs", bugs={})
    assert [value for _, value in told(sqlite_store, mapping)["bugs"]] == ["119", "118", "1"]


def test_where_every_reading_is_a_period_those_up_to_this_moment_count_and_of_them_the_last_120(
    sqlite_store: Store, document: dict[str, Any]
) -> None:
    read: list[tuple[datetime, int | None]] = [(NOW - timedelta(minutes=ago), ago) for ago in range(2, 125)]
    fed(sqlite_store, "bugs", *read, (NOW - MILLISECOND, None), (NOW, 1), (NOW + MILLISECOND, 0))
    found = told(sqlite_store, mapped(document, "bugs", bugs={"cadence": "each"}))["bugs"]
    assert [value for _, value in found] == [str(ago) for ago in range(119, 0, -1)]
    assert found[-2:] == [("11-03 08:58:00.000", "2"), ("11-03 09:00:00.000", "1")]


def test_a_formula_is_worked_out_from_all_that_it_comes_down_to(
    sqlite_store: Store, document: dict[str, Any]
) -> None:
    """It has no readings of its own, and is settled when the last of its parts is: here three hours after the day."""
    fed(sqlite_store, "bugs", (of(1), 4), (of(2), 6))
    fed(sqlite_store, "calls", (of(1), 50), (of(2), 60))
    mapping = mapped(document, "both", bugs={}, calls={"grace": "3h"}, both={"source": SUM})
    first, second = ("11-01 23:59:59.999", "54"), ("11-02 23:59:59.999", "66")
    assert told(sqlite_store, mapping) == {"both": [first, second]}
    assert told(sqlite_store, mapping, of(3, hour=3) - MILLISECOND) == {"both": [first]}
    assert told(sqlite_store, mapping, of(3, hour=3)) == {"both": [first, second]}


def test_where_no_key_result_reads_a_kpi_the_store_is_not_asked(document: dict[str, Any]) -> None:
    mapping = mapped(document, None, bugs={})
    assert kpi_readings(NOBODY, "main", mapping, NOW) == {}
    assert episode_aims(NOBODY, "main", mapping) == {}


PROPOSAL = Proposal(Fraction(9), Fraction(5))
STANDS = KpiState(KpiStatus.KR_OPEN, proposal=PROPOSAL, key_result="12")
WITHIN = Proposal(Fraction(9), Fraction(5), band=Band(Fraction(2), Fraction(5)))


def aimed(store: Store, document: dict[str, Any], states: Iterable[tuple[str, str, KpiState]]) -> Any:
    with store.write() as conn:
        for site, id_, state in states:
            kpis.put(conn, site, id_, state, NOW)
    mapping = mapped(document, None, bugs=CREATED, calls={})
    with store.read() as conn:
        aims = episode_aims(conn, "main", mapping)
        return aims, kpi_readings(conn, "main", mapping, NOW, aims)


def test_the_open_key_result_of_a_kpi_is_measured_by_what_was_proposed_and_reads_that_kpi(
    sqlite_store: Store, document: dict[str, Any]
) -> None:
    fed(sqlite_store, "bugs", (of(2), 6))
    aims, read = aimed(sqlite_store, document, [("main", "bugs", STANDS)])
    (aim,) = aims.values()
    assert aims.keys() == {"12"}
    assert isinstance(aim, TransitionOptions)
    assert (aim.start, aim.current, aim.target) == (Fraction(9), KpiCurrent(kpi="bugs"), Fraction(5))
    assert {id_: [one.value for one in found] for id_, found in read.items()} == {"bugs": [6]}


def test_between_two_bounds_it_is_measured_by_how_far_it_is_from_them(
    sqlite_store: Store, document: dict[str, Any]
) -> None:
    aims, read = aimed(sqlite_store, document, [("main", "bugs", replace(STANDS, proposal=WITHIN))])
    aim = aims["12"]
    assert isinstance(aim, ThresholdOptions)
    assert (aim.at_least, aim.at_most, aim.tolerance) == (2, 5, 4)
    assert read == {"bugs": ()}


@pytest.mark.parametrize(
    ("site", "id_", "state"),
    [
        ("main", "bugs", replace(STANDS, key_result=None)),
        ("main", "bugs", replace(STANDS, proposal=None)),
        ("main", "gone", STANDS),
        ("other", "bugs", STANDS),
    ],
    ids=["not made yet", "nothing proposed", "not in the mapping", "of another site"],
)
def test_what_is_no_open_key_result_of_a_kpi_that_there_is_is_measured_by_nothing(
    sqlite_store: Store, document: dict[str, Any], site: str, id_: str, state: KpiState
) -> None:
    assert aimed(sqlite_store, document, [(site, id_, state)]) == ({}, {})
