"""The readings that stand, as `receive` says of each in turn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from mappings.facts.local_time import whole_ms
from mappings.kpi.reading import KpiReading, receive


def fold_readings(readings: Iterable[KpiReading]) -> Mapping[datetime, KpiReading]:
    """The readings that stand after these came in, in this order, by instant."""
    standing: dict[datetime, KpiReading] = {}
    for one in readings:
        at = whole_ms(one.at)
        standing[at] = receive(standing.get(at), replace(one, at=at))[1]
    return standing
