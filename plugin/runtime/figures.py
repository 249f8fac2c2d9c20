"""The figures of the demo: KPIs of the presets of departments, and their readings, day by day, as analytics and time sheets push them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

from connectors.store.kpis import kpis as kept
from mappings import presets
from mappings.document.text.canonical import plain
from mappings.document.text.source import read_document
from mappings.kpi.reading import KpiReading
from plugin.access.authorization.actor import DEMONSTRATION
from plugin.runtime.connector import Connector
from plugin.use_cases.kpis.readings import receive

SITE = "main"
DAYS = 120
"""So far back the figures go: more than a quarter."""
AT = time(12, tzinfo=UTC)
ALONE = ("promote", "revert")
"""What a KPI of a preset has that names an objective of that preset."""

FIGURES: dict[str, dict[str, Callable[[date], Fraction]]] = {
    "engineering": {
        "registration-uptime": lambda day: min(Fraction(996, 10), 50 + Fraction(3, 4) * _into(day))
    },
    "marketing": {
        "site-visits": lambda day: Fraction(600 + 5 * _into(day) + _wobble(day, 61)),
        "sign-ups": lambda day: Fraction(25 + _wobble(day, 7)),
    },
    "people": {
        "utilisation": lambda day: Fraction(70 + _wobble(day, 12)),
        "enps": lambda day: Fraction(15 + _into(day) // 9),
    },
    "sales": {"new-revenue": lambda day: Fraction(6_500 + 20 * _into(day) + _wobble(day, 900))},
}
"""By preset and KPI what is pushed on a day."""
WORKED_OUT = {"marketing": ("conversion",), "engineering": ("cycle-time",)}
"""KPIs of the presets to which nobody pushes."""


def kpis() -> str:
    """The KPIs of the presets as lines of a mapping, below `kpis`."""
    return "".join(f"  - {json.dumps(one)}\n" for one in _parts())


def come_in(connector: Connector) -> None:
    """The figures of every day until now that are not there yet, each received at its noon: none is late."""
    now = connector.clock()
    for figures in FIGURES.values():
        for id_, figure in figures.items():
            with connector.store.read() as conn:
                last = kept.latest_known(conn, SITE, id_, now)
            days = [at for at in _days(now) if last is None or at > last]
            if days:
                news = [KpiReading(at, figure(at.date()), received=at, source="push") for at in days]
                receive(connector, DEMONSTRATION, SITE, id_, news)


def _parts() -> Iterator[dict[str, object]]:
    for preset, figures in FIGURES.items():
        wanted = (*figures, *WORKED_OUT.get(preset, ()))
        for part in read_document(presets.text(preset)).require().kpis:
            if part.id in wanted:
                yield {key: value for key, value in plain(part).items() if key not in ALONE}


def _days(now: datetime) -> Iterator[datetime]:
    for number in range(DAYS, -1, -1):
        at = datetime.combine((now - timedelta(days=number)).date(), AT)
        if at <= now:
            yield at


def _into(day: date) -> int:
    """How many days the quarter of a day has had."""
    return (day - date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)).days


def _wobble(day: date, most: int) -> int:
    """Something below that many, another one each day, the same whenever it is asked for."""
    return day.toordinal() * 37 % most
