"""The invented company's KPIs: readings as they came in, counted as the connector counts them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from mappings.document.schema import KpiPart
from mappings.kpi.episode import KpiState
from mappings.kpi.reading import FormerReading, KpiReading
from mappings.kpi.series import WatchedKpis
from mappings.kpi.state import standing_of_kpi
from mappings.kpi.steps import Judgement, count
from plugin.use_cases.kpis.board import ON_PAGE, ShownKpi

BUGS = (3, 4, 4, 3, 5, 4, 4, 6, 5, 4, 4, 3, 3, 4, 5, 5, 6, 7, 7, 8, 9, None, 9, 8, 7, 9)
UPTIME = (99.2, 99.4, 99.1, 98.2, 97.6, 99.0, 99.3, 99.5)


def parts() -> tuple[KpiPart, ...]:
    """Four KPIs: out of its band, healthy by the week, worked out from others, and one of which nothing came in."""
    plain: tuple[dict[str, object], ...] = (
        {
            "id": "p1-bugs", "name": "Open P1 bugs", "owner": "Head of platform", "unit": "bugs", "source": {"kind": "push"},
            "healthy": {"at_most": 5}, "watch": {"at_most": 8}, "perspective": "process", "indicator": "leading",
            "promote": {"after": 3, "objective": "PLAT-1"}, "revert": {"after": 5},
        },
        {
            "id": "uptime", "name": "Registration uptime", "owner": "Head of operations", "unit": "percent", "cadence": "weekly",
            "source": {"kind": "csv"}, "healthy": {"at_least": 99}, "watch": {"at_least": 97}, "perspective": "customer", "indicator": "lagging",
            "targets": {"shape": "linear", "points": [{"from": "2026-10-01", "at_least": 97}, {"from": "2026-12-31", "at_least": 99}]},
        },
        {
            "id": "bugs-per-point", "name": "Bugs per point of uptime", "cadence": "weekly", "healthy": {"at_most": 1},
            "source": {"kind": "formula", "expr": "bugs / uptime * 10", "of": {"bugs": "p1-bugs", "uptime": "uptime"}},
        },
        {"id": "load", "name": "Utilisation", "unit": "percent", "source": {"kind": "push"}, "healthy": {"at_least": 70, "at_most": 80}},
    )  # fmt: skip
    return tuple(KpiPart.model_validate(one) for one in plain)


def readings(now: datetime) -> dict[str, Sequence[KpiReading]]:
    """One a day, received at once; one came late, one was corrected."""
    noon = now.replace(hour=9, minute=0, second=0, microsecond=0)
    bugs = []
    for index, value in enumerate(BUGS):
        at = noon - timedelta(days=len(BUGS) - 1 - index)
        if value is None:
            continue
        received = at + timedelta(days=2) if index == 4 else at
        former = (FormerReading(Fraction(6), at),) if index == 12 else ()
        bugs.append(KpiReading(at, Fraction(value), received, former=former))
    weeks = [
        KpiReading(at, Fraction(str(value)), at, "csv")
        for index, value in enumerate(UPTIME)
        for at in (noon - timedelta(weeks=len(UPTIME) - index),)
    ]
    return {"p1-bugs": bugs, "uptime": weeks}


def watched_kpi(id_: str, now: datetime, zone: ZoneInfo) -> ShownKpi:
    """Where one of them stands."""
    watched = WatchedKpis({part.id: part for part in parts()}, zone, readings(now))
    instants = [
        at
        for leaf in watched.leaves(id_)
        for one in watched.readings.get(leaf, ())
        for at in watched.felt(id_, leaf, one.at)
    ]
    state, judged = count(watched, id_, KpiState(), {}, instants, now)
    kept: dict[datetime, Judgement] = {one.period.last: one for one in judged}
    return ShownKpi(
        "main",
        watched.parts[id_],
        zone,
        standing_of_kpi(watched, id_, kept, now.astimezone(UTC), ON_PAGE),
        state,
    )
