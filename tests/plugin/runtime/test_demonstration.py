"""What the demo begins with, whatever the day."""

from __future__ import annotations

from datetime import date

import pytest
import requests

from plugin.runtime.demonstration import Demo, quarter_before, register_webhook


@pytest.mark.parametrize(
    ("day", "quarter"),
    [
        (date(2026, 11, 18), "2026-Q3"),
        (date(2026, 10, 1), "2026-Q3"),
        (date(2026, 12, 31), "2026-Q3"),
        (date(2026, 9, 30), "2026-Q2"),
        (date(2026, 5, 31), "2026-Q1"),
        (date(2026, 3, 31), "2025-Q4"),
        (date(2027, 1, 1), "2026-Q4"),
        (date(2028, 2, 29), "2027-Q4"),
    ],
)
def test_the_quarter_that_is_closed_is_the_one_before_that_of_the_day(day: date, quarter: str) -> None:
    assert quarter_before(day) == quarter


def test_a_sandbox_that_takes_no_webhook_says_so(demo: Demo) -> None:
    with pytest.raises(requests.HTTPError, match="404"):
        register_webhook(f"{demo.sandbox.url}/rest/api/2/nowhere", "http://127.0.0.1:1/webhooks", "s" * 32)


def test_a_demo_that_nobody_watches_has_the_preset_and_no_figures(demo: Demo) -> None:
    document = demo.connector.context("main").mapping.document
    assert [rule.id for rule in document.objectives] == ["epics"]
    assert (document.kpis, document.tell) == ((), ())
