"""What a preview says to people and to programs of an issue that would be no objective any more, and gets sums."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mappings.rollup.state import HealthLevel
from mappings.write_back.brake import Hold
from mappings.write_back.preview import ObjectiveDifference, ProgressAndHealth
from plugin.api.mappings.texts import difference_json
from plugin.cli.mappings.mapping_life import standing_text, standing_values, told_what_next
from plugin.runtime.connector import Refusal
from plugin.use_cases.mappings.mapping_life import LargeChange, OutdatedPreview

BEFORE = ProgressAndHealth(Fraction(199, 200), HealthLevel.ON_TRACK)
SUMS = ProgressAndHealth(Fraction(1, 2), HealthLevel.UNKNOWN, plain=True)


def test_sums_alone_are_told_apart_from_an_objective_by_each_door() -> None:
    given = difference_json(ObjectiveDifference("1", "PLAT-1", "Payments", BEFORE, SUMS))
    assert (given.before and given.before.plain, given.after and given.after.plain) == (False, True)
    told = [standing_values(one) for one in (BEFORE, SUMS, None)]
    assert [one and one["plain"] for one in told] == [False, True, None]
    assert [standing_text(one) for one in (BEFORE, SUMS, None)] == [
        "99 %, on track",
        "(no objective, sums only)",
        "(no objective)",
    ]


def test_the_command_names_its_option_where_the_brake_holds_and_nowhere_else() -> None:
    with (
        pytest.raises(Refusal, match=r"^7 writes\. To go on with it: --accept-large-change\.$"),
        told_what_next(),
    ):
        raise LargeChange(Hold("7 writes", Fraction(1), 7))
    with pytest.raises(OutdatedPreview, match=r"^moved$"), told_what_next():
        raise OutdatedPreview("moved")
