"""The own file of a site names days as its mapping's zone has them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from plugin.use_cases.check_ins.check_ins import Statement, check_in
from plugin.use_cases.imports.okr_export import export_okrs
from tests.actors import TESTER
from tests.quarter import MAPPING


def test_a_check_in_late_in_the_evening_is_of_the_day_that_people_had(hand: Any) -> None:
    """In Berlin it is half past midnight already."""
    epic = hand.issue("Epic", labels=["okr", "2026-Q4"])
    metric = hand.issue("Key Result", epic)
    hand.activate(MAPPING)
    hand.sync()
    hand.clock.now = datetime(2026, 12, 9, 23, 30, tzinfo=UTC)
    check_in(hand.connector, TESTER, "main", epic, Statement(metric, None, "We look at it."))
    found = json.dumps(export_okrs(hand.connector, TESTER, "main"), default=str)
    assert "2026-12-10" in found
    assert "2026-12-09" not in found
