"""`prometheus`: what a query comes to at the last millisecond of the period, or over the window. One series; NaN and ±Inf are no reading."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from http import HTTPStatus
from typing import ClassVar
from urllib.parse import urlencode

from connectors.metrics.basis.connections import ConnectionFailure, get_json
from connectors.metrics.basis.flow_items import window_of
from connectors.metrics.basis.source import Answer, Clock, FailureKind, MetricSource, Reach, SourceFailure
from connectors.metrics.http_json import refusal_of, unreachable
from mappings.facts.local_time import MILLISECOND
from mappings.flow.stays import Span
from mappings.json_value import Json
from mappings.kpi.cadence import Period
from mappings.kpi.reading import AGGREGATES, KpiReading
from mappings.kpi.sources import PrometheusOptions, SourceOptions
from mappings.numbers import exact

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AGGREGATE = "Aggregate in the query, with sum() for example."
PAIR = 2


class Prometheus(MetricSource[PrometheusOptions]):
    """Asks a Prometheus, or what speaks like one."""

    kind: ClassVar[str] = "prometheus"
    options: ClassVar[type[SourceOptions]] = PrometheusOptions

    def read(self, options: PrometheusOptions, period: Period, reach: Reach, clock: Clock) -> Answer:
        window = window_of(options.window, period, reach)
        if options.range is None:
            address, asked = "/api/v1/query", {"time": seconds(period.last)}
        else:
            address = "/api/v1/query_range"
            asked = {
                "start": seconds(window[0]),
                "end": seconds(window[1] - MILLISECOND),
                "step": options.range.step,
            }
        url = f"{options.url.rstrip('/')}{address}?{urlencode({'query': options.query, **asked})}"
        try:
            status, said = get_json(reach.outside, url, int(options.timeout[:-1]), options.connection)
        except ConnectionFailure as error:
            return unreachable(error)
        if status != HTTPStatus.OK or not isinstance(said, dict) or said.get("status") != "success":
            told = said.get("error") if isinstance(said, dict) else None
            kind = refusal_of(status) if status != HTTPStatus.OK else FailureKind.REFUSED
            return SourceFailure(kind, f"Prometheus answers {status}: {told or 'nothing that can be read'}")
        values = samples(said.get("data"), window)
        if isinstance(values, SourceFailure):
            return values
        value = AGGREGATES[reach.aggregate](values) if options.range is not None else values[-1]
        return (KpiReading(period.last, value, clock(), self.kind),)


def seconds(at: datetime) -> str:
    """Unix time with milliseconds, as the API takes it."""
    milliseconds = (at - EPOCH) // MILLISECOND
    return f"{milliseconds // 1000}.{milliseconds % 1000:03}"


def samples(data: Json, window: Span) -> Sequence[Fraction] | SourceFailure:
    """The values of the one series in an answer; of a range those in [from, to), by time."""
    kind, result = (data.get("resultType"), data.get("result")) if isinstance(data, dict) else (None, None)
    if kind == "scalar":
        return _numbers([result])
    if kind not in ("vector", "matrix") or not isinstance(result, list):
        return SourceFailure(
            FailureKind.NO_DATA, f"the query gives a {kind or 'thing without a type'}, no number"
        )
    if not result:
        return SourceFailure(FailureKind.NO_DATA, "the query gives no series")
    if len(result) > 1:
        return SourceFailure(FailureKind.AMBIGUOUS, f"the query gives {len(result)} series", AGGREGATE)
    series = result[0] if isinstance(result[0], dict) else {}
    pairs = series.get("values", []) if kind == "matrix" else [series.get("value")]
    if kind == "matrix":
        first, last = Decimal(seconds(window[0])), Decimal(seconds(window[1]))
        pairs = [one for one in pairs if isinstance(one, list) and one and first <= one[0] < last]
        if not pairs:
            return SourceFailure(FailureKind.NO_DATA, "the query gives no sample in the window")
    return _numbers(pairs)


def _numbers(pairs: Sequence[Json]) -> Sequence[Fraction] | SourceFailure:
    found = []
    for pair in pairs:
        text = pair[1] if isinstance(pair, list) and len(pair) == PAIR else None
        number = exact(text)
        if number is None:
            return SourceFailure(
                FailureKind.NO_DATA, f"the query gives {text or 'nothing'}, which is no finite number"
            )
        found.append(number)
    return found
