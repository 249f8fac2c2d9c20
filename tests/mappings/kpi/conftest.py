"""KPIs and readings of tests: short to write, literal in what they hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from mappings.document.schema import KpiPart
from mappings.kpi.reading import KpiReading


def a_kpi(**parts: Any) -> KpiPart:
    """A KPI of pushed readings: at most 5 is healthy, one period a day."""
    plain: dict[str, Any] = {
        "id": "bugs",
        "name": "Bugs",
        "source": {"kind": "push"},
        "healthy": {"at_most": 5},
    }
    return KpiPart.model_validate({**plain, **parts})


def utc(text: str) -> datetime:
    """An instant: `2026-10-01` or `2026-10-01T10:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def read(at: str, value: object, received: str | None = None) -> KpiReading:
    """A reading of this value (None: none), received at once unless said otherwise."""
    number = None if value is None else Fraction(str(value))
    return KpiReading(utc(at), number, utc(received or at))


@pytest.fixture(name="a_kpi")
def a_kpi_fixture() -> Callable[..., KpiPart]:
    return a_kpi


@pytest.fixture(name="read")
def read_fixture() -> Callable[..., KpiReading]:
    return read


@pytest.fixture(name="utc")
def utc_fixture() -> Callable[[str], datetime]:
    return utc
