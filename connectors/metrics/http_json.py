"""`http_json`: a number in a JSON document of another server, as it is when it is asked. It tells nothing of the past."""

from __future__ import annotations

import re
from fractions import Fraction
from http import HTTPStatus
from typing import ClassVar

from connectors.metrics.basis.connections import ConnectionFailure, get_json
from connectors.metrics.basis.source import Answer, Clock, FailureKind, MetricSource, Reach, SourceFailure
from mappings.kpi.cadence import Period
from mappings.kpi.reading import KpiReading
from mappings.kpi.sources import HttpJsonOptions, SourceOptions
from mappings.numbers import exact

PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")
INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


class HttpJson(MetricSource[HttpJsonOptions]):
    """Reads one number by HTTP."""

    kind: ClassVar[str] = "http_json"
    options: ClassVar[type[SourceOptions]] = HttpJsonOptions
    past: ClassVar[bool] = False

    def read(self, options: HttpJsonOptions, period: Period, reach: Reach, clock: Clock) -> Answer:
        try:
            status, document = get_json(
                reach.outside, options.url, int(options.timeout[:-1]), options.connection
            )
        except ConnectionFailure as error:
            return unreachable(error)
        if status != HTTPStatus.OK:
            return SourceFailure(refusal_of(status), f"the server answers {status}")
        try:
            value = number_of(resolve_pointer(document, options.pointer))
        except LookupError as error:
            return SourceFailure(FailureKind.NO_DATA, f"{options.pointer or 'the document'} {error.args[0]}")
        return (KpiReading(period.last, value * Fraction(options.scale), clock(), self.kind),)


def unreachable(error: ConnectionFailure) -> SourceFailure:
    """Why there is no reading."""
    kind = FailureKind.REFUSED if error.refused else FailureKind.OUTAGE
    return SourceFailure(kind, error.reason, error.remedy)


def refusal_of(status: int) -> FailureKind:
    """A server that is not well is an outage; one that says no refuses."""
    busy = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
    return FailureKind.OUTAGE if busy else FailureKind.REFUSED


def resolve_pointer(document: object, pointer: str) -> object:
    """What a JSON pointer (RFC 6901) leads to. Raises LookupError."""
    found = document
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and INDEX.fullmatch(name) and int(name) < len(found):
            found = found[int(name)]
        else:
            raise LookupError(f"leads nowhere: there is no “{name}”")
    return found


def number_of(value: object) -> Fraction:
    """The number a value is, or that stands in a text as a plain decimal. Raises LookupError."""
    if isinstance(value, str) and not PLAIN.fullmatch(value):
        raise LookupError("is a text that is no plain decimal number")
    number = exact(value)
    if number is None:
        word = {bool: "true or false", type(None): "null", dict: "an object", list: "a list"}.get(type(value))
        raise LookupError(f"is {word or 'no finite number'}")
    return number
