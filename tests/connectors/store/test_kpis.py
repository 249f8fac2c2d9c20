"""Readings of KPIs with what they said before, how periods were judged, and what a former release left."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

from connectors.store import Store, open_store, upgrade
from connectors.store.database import schema_upgrade
from connectors.store.database.kept_rows import kept_rows
from connectors.store.kpis import kpi_failures, kpis
from connectors.store.kpis.kpi_failures import KpiFailure
from mappings.kpi.band import Band, Bands, KpiLevel
from mappings.kpi.cadence import Period
from mappings.kpi.episode import EpisodeStep, KpiState, KpiStatus, Proposal
from mappings.kpi.reading import FormerReading, KpiReading
from mappings.kpi.steps import Judgement
from plugin.use_cases.health.kept_data import size_text

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def read(at: datetime, value: int | None, received: datetime | None = None, note: str = "") -> KpiReading:
    return KpiReading(at, None if value is None else Fraction(value, 3), received or at, "push", note)


def test_readings_are_kept_once_and_corrections_keep_what_was_said(store: Store, now: datetime) -> None:
    with store.write() as conn:
        kpis.lock_site(conn, "main")
        assert kpis.record(conn, "main", "bugs", [read(now, 1), read(now + HOUR, 9)]) == ("new", "new")
        assert kpis.record(conn, "main", "bugs", [read(now, 1, now + DAY), read(now + HOUR, 4, now + DAY, "recounted")]) == (
            "unchanged", "corrected",
        )  # fmt: skip
        assert kpis.record(conn, "main", "bugs", [read(now + HOUR, None, now + 2 * DAY), read(now + HOUR, 5, now + 3 * DAY)]) == (
            "corrected", "corrected",
        )  # fmt: skip
        assert kpis.record(conn, "main", "bugs", []) == ()
        kpis.record(conn, "main", "other", [read(now, 8)])
        kpis.record(conn, "else", "bugs", [read(now, 8)])
    with store.read() as conn:
        first, second = kpis.readings(conn, "main", "bugs")
    assert first == KpiReading(now, Fraction(1, 3), now)
    assert (second.value, second.received, second.note) == (Fraction(5, 3), now + 3 * DAY, "")
    assert second.former == (
        FormerReading(Fraction(3), now + HOUR),
        FormerReading(Fraction(4, 3), now + DAY),
        FormerReading(None, now + 2 * DAY),
    )


def test_a_span_and_the_latest_of_it(store: Store, now: datetime) -> None:
    with store.write() as conn:
        kpis.record(conn, "main", "bugs", [read(now + n * HOUR, None if n == 4 else n) for n in range(5)])

        def hours(*asked: object, **more: object) -> list[int]:
            found = kpis.readings(conn, "main", "bugs", *asked, **more)  # type: ignore[arg-type]
            return [(one.at - now) // HOUR for one in found]

        assert hours() == [0, 1, 2, 3, 4]
        assert hours(now + HOUR, now + 3 * HOUR) == [1, 2]
        assert hours(limit=2) == [3, 4]
        assert hours(before=now + 3 * HOUR, limit=2) == [1, 2]
        assert kpis.latest_known(conn, "main", "bugs", now + 9 * HOUR) == now + 3 * HOUR
        assert kpis.latest_known(conn, "main", "bugs", now) is None


def judgement(start: datetime, value: int | None) -> Judgement:
    band = Band(None, Fraction(5))
    counted = None if value is None else Fraction(value)
    return Judgement(
        Period(start, start + DAY), Bands(band, band), counted, KpiLevel.HEALTHY, KpiStatus.WATCHING, 0, 1
    )


def test_a_judgement_stays_as_it_was(store: Store, now: datetime) -> None:
    with store.write() as conn:
        kpis.judge(conn, "main", "bugs", [judgement(now, 1), judgement(now + DAY, None)])
        kpis.judge(conn, "main", "bugs", [judgement(now, 2)])
        found = kpis.judgements(conn, "main", "bugs")
        assert [one.counted for one in found.values()] == [None, 1]
        assert found[now + DAY - timedelta(milliseconds=1)] == judgement(now, 1)
        assert list(kpis.judgements(conn, "main", "bugs", now + DAY)) == [
            now + 2 * DAY - timedelta(milliseconds=1)
        ]


def test_the_periods_that_changed_something_are_found_with_when_they_were_counted(
    store: Store, now: datetime
) -> None:
    turned = replace(judgement(now + DAY, 9), transition=EpisodeStep.PROPOSED, at=now + 3 * DAY)
    with store.write() as conn:
        kpis.judge(conn, "main", "bugs", [judgement(now, 1), turned, judgement(now + 2 * DAY, 2)])
        kpis.judge(conn, "other", "bugs", [turned])
        found = kpis.turns(conn, "main", now)
        assert [(id_, one.counted, one.transition, one.at) for id_, one in found] == [
            ("bugs", 9, EpisodeStep.PROPOSED, now + 3 * DAY)
        ]
        assert kpis.turns(conn, "main", now + 3 * DAY) == []


def test_the_state_is_read_as_it_was_put(store: Store, now: datetime) -> None:
    state = KpiState(
        KpiStatus.KR_PROPOSED,
        3,
        0,
        now,
        Fraction(1, 3),
        Proposal(Fraction(9), Fraction(5), "CORE-12"),
        band="b",
    )
    with store.write() as conn:
        assert kpis.get(conn, "main", "bugs") == KpiState()
        kpis.put(conn, "main", "bugs", KpiState(), now)
        kpis.put(conn, "main", "bugs", state, now)
        assert kpis.get(conn, "main", "bugs") == state


def test_what_the_release_before_had_read_is_taken_for_timely(tmp_path: Path, now: datetime) -> None:
    store = open_store(f"sqlite:///{tmp_path}/okr.sqlite3")
    with store.write() as conn:
        schema_upgrade.to_head(conn, "0021")
        conn.exec_driver_sql(
            "INSERT INTO kpi_reading (site, kpi_id, at, value) VALUES ('main', 'bugs', 1790000000000, '7/2')"
        )
        conn.exec_driver_sql(
            "INSERT INTO kpi_reading (site, kpi_id, at, value) VALUES ('main', 'bugs', 1790000000001, NULL)"
        )
        conn.exec_driver_sql(
            "INSERT INTO kpi_state (site, kpi_id, content, updated_at) VALUES ('main', 'bugs', '{\"status\":\"watching\",\"outside\":2}', 1)"
        )
    upgrade(store)
    with store.read() as conn:
        first, second = kpis.readings(conn, "main", "bugs")
        assert (first.value, first.received, first.source, first.former) == (
            Fraction(7, 2),
            first.at,
            "push",
            (),
        )
        assert second.value is None
        assert kpis.get(conn, "main", "bugs") == KpiState(outside=2)
    store.close()


def test_what_is_kept_is_counted_in_rows_and_bytes(store: Store, now: datetime) -> None:
    """Of each reading: main, bugs, an instant (8), its value, when it came (8), push, its note; an ö is two bytes."""
    with store.write() as conn:
        kpis.record(conn, "main", "bugs", [read(now, 1, note="nötig"), read(now + HOUR, None)])
        kpis.record(conn, "else", "bugs", [read(now, 8)])
    with store.read() as conn:
        found = {one.what: (one.rows, one.bytes) for one in kept_rows(conn, "main")}
    assert found["readings of KPIs"] == (2, (4 + 4 + 8 + 3 + 8 + 4 + 6) + (4 + 4 + 8 + 0 + 8 + 4 + 0))
    assert found["histories of issues"] == (0, 0)
    assert [size_text(size) for size in (0, 999, 1_000, 14_249, 2_500_000_000)] == [
        "0 B", "999 B", "1.0 KB", "14.2 KB", "2.5 GB",
    ]  # fmt: skip


def test_failures_of_periods_that_ended_long_ago_are_forgotten_of_their_site_alone(
    store: Store, now: datetime
) -> None:
    failures = [KpiFailure("bugs", now + days * DAY, "outage", "away", "", now) for days in (-1, 0, 1)]
    with store.write() as conn:
        for site in ("main", "other"):
            kpi_failures.put(conn, site, failures)
        kpi_failures.prune(conn, "main", now)
        assert kpi_failures.load_failures(conn, "main") == tuple(failures[1:])
        assert kpi_failures.load_failures(conn, "other") == tuple(failures)
