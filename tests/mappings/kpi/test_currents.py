"""A key result that stands at the last settled value of a KPI: by every rule, at every moment, and with what people said instead."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from mappings.explain.check_in import CheckIn, Measure
from mappings.facts.catalogue import Catalogue
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue, IssueType, Project, Reading, Status
from mappings.facts.moment import Moment
from mappings.rollup.measurement import assess
from tests.binding import bind_text

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)


def day(number: int) -> datetime:
    return datetime(2026, 11, number, 23, 59, 59, 999000, tzinfo=UTC)


BUGS = (Reading(day(6), Fraction(9)), Reading(day(8), Fraction(4)), Reading(day(9), Fraction(6)))
EPIC, KEY_RESULT = (
    Issue(
        id=str(number), key=f"SHOP-{number}", project=Project("1", "SHOP", "Shop"), type=IssueType(str(level), name, level),
        status=Status("1", "To Do", "new"), created=day(1), updated=day(1), parent_id=parent,
    )
    for number, name, level, parent in ((1, "Epic", 1, None), (2, "Story", 0, "1"))
)  # fmt: skip


def text(progress: dict[str, Any]) -> str:
    return json.dumps(
        {
            "version": 1, "name": "shop", "scope": "project = SHOP", "time_zone": "UTC",
            "cycles": [{"id": "2026-Q4", "start": "2026-10-01", "end": "2026-12-31"}],
            "objectives": [{"id": "epics", "select": "issuetype = Epic", "cycle": "2026-Q4",
                            "key_results": [{"id": "kr", "relation": "child", "progress": progress}]}],
            "kpis": [{"id": "open-bugs", "name": "Bugs", "source": {"kind": "push"}, "healthy": {"at_most": 5}}],
        }
    )  # fmt: skip


def measured(progress: dict[str, Any], now: datetime = NOW, said: dict[Any, CheckIn] | None = None) -> Any:
    mapping = bind_text(text(progress), Catalogue()).mapping
    assert mapping is not None
    found = assess(mapping, Forest.of([EPIC, KEY_RESULT]), Moment(now), said or {}, kpis={"open-bugs": BUGS})
    return found["1"].key_results[0].measurement


OF_BUGS = {"kpi": "open-bugs"}


@pytest.mark.parametrize(
    ("progress", "now", "value"),
    [
        ({"kind": "transition", "start": 10, "current": OF_BUGS, "target": 0}, NOW, Fraction(2, 5)),
        ({"kind": "transition", "start": 10, "current": OF_BUGS, "target": 0}, day(8), Fraction(3, 5)),
        ({"kind": "transition", "start": 10, "current": OF_BUGS, "target": 0}, day(5), None),
        ({"kind": "decrease", "start": 8, "current": OF_BUGS, "by": {"percent": 50}}, NOW, Fraction(1, 2)),
        ({"kind": "increase", "start": 0, "current": OF_BUGS, "target": 24}, NOW, Fraction(1, 4)),
        ({"kind": "baseline", "start": 10, "current": OF_BUGS, "target": 0}, NOW, Fraction(2, 5)),
        ({"kind": "threshold", "current": OF_BUGS, "at_most": 5, "tolerance": 4}, NOW, Fraction(3, 4)),
        # Out of the band from the 6th to the 8th, in it until the 9th, out of it for the 12 hours and a millisecond since.
        ({"kind": "threshold", "current": OF_BUGS, "at_most": 5, "score": "time_in_band"}, NOW, Fraction(86_400_000, 302_400_001)),
    ],
)  # fmt: skip
def test_every_rule_reads_it_as_of_the_moment(
    progress: dict[str, Any], now: datetime, value: Fraction | None
) -> None:
    assert measured(progress, now).progress == value


def test_the_reading_is_named_and_tells_since_when() -> None:
    found = measured({"kind": "transition", "start": 10, "current": OF_BUGS, "target": 0})
    assert found.measured_at == day(9)
    assert found.reason == '6 on the way from 10 to 0; of the KPI "open-bugs", settled for 2026-11-09 23:59'
    assert [row.reason for row in found.ledger.rows] == [found.reason]


def test_a_check_in_stands_in_for_it() -> None:
    check_in = CheckIn(
        objective_id="1", key_result_id="2", measure=Measure.CURRENT, value=Fraction(1), at=NOW, by="Ada", note=""
    )  # fmt: skip
    progress = {"kind": "transition", "start": 10, "current": OF_BUGS, "target": 0}
    plain = measured(progress, said={("1", "2"): check_in})
    assert plain.progress == Fraction(9, 10)
    assert "instead of the derived 6" in plain.reason
    assert "settled for" not in plain.reason


def test_an_unknown_kpi_is_refused_with_the_nearest() -> None:
    progress = {"kind": "transition", "start": 10, "current": {"kpi": "open-bgs"}, "target": 0}
    (found,) = bind_text(text(progress), Catalogue()).diagnostics
    assert (found.code, found.path) == ("unknown-kpi", "objectives[0].key_results[0].progress.current.kpi")
    assert 'did you mean "open-bugs"' in found.message
    wrong = {"kind": "transition", "start": 10, "current": {"kpis": "open-bugs"}, "target": 0}
    assert [one.severity for one in bind_text(text(wrong), Catalogue()).diagnostics][:1] == ["error"]
