"""What people see never says that something is reached which is not: rounding is cut at 1 and at what a commitment asks for."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.numbers import beside_bound, percent, rounded, rounded_share
from mappings.rollup.health import ACHIEVED_AT
from mappings.rollup.state import HealthLevel
from mappings.write_back.desired_values import objective_figures
from mappings.write_back.values import Figures, ValuePart
from plugin.use_cases.objectives.objective_values import number

F = Fraction
COMMITTED, ASPIRATIONAL = ACHIEVED_AT["committed"], ACHIEVED_AT["aspirational"]


@pytest.mark.parametrize(
    ("value", "digits", "achieved_at", "shown"),
    [
        (F(199, 200), 0, COMMITTED, "99"),
        (F(199, 200), 1, COMMITTED, "99.5"),
        (F(1), 0, COMMITTED, "100"),
        (F(99999, 100000), 2, COMMITTED, "99.99"),
        (F(199, 200), 0, ASPIRATIONAL, "99"),
        (F(6996, 10000), 0, ASPIRATIONAL, "69"),
        (F(6996, 10000), 0, COMMITTED, "70"),
        (F(69999, 100000), 2, ASPIRATIONAL, "69.99"),
        (F(7, 10), 0, ASPIRATIONAL, "70"),
        (F(5, 8), 0, COMMITTED, "63"),
        (F(201, 200), 0, COMMITTED, "101"),
        (F(-1, 200), 0, COMMITTED, "-1"),
    ],
)
def test_a_percentage(value: Fraction, digits: int, achieved_at: Fraction, shown: str) -> None:
    assert str(percent(value, digits, achieved_at)) == shown


def written(part: dict[str, str], figures: Figures) -> Decimal | None:
    said = ValuePart.model_validate(part)
    return said.what.number(said, figures)


SHARES = st.fractions(0, 2, max_denominator=10**9)


@given(SHARES, st.integers(0, 10), st.sampled_from([COMMITTED, ASPIRATIONAL]))
def test_no_number_of_decimals_carries_a_share_over_what_it_has_not_reached(
    value: Fraction, digits: int, achieved_at: Fraction
) -> None:
    in_percent, plain = percent(value, digits, achieved_at), rounded_share(value, digits, achieved_at)
    assert in_percent is not None
    for bound in (F(1), achieved_at):
        assert (value < bound) <= (F(in_percent) / 100 < bound)
        assert (value < bound) <= (F(plain) < bound)
    assert abs(F(in_percent) / 100 - value) <= F(1, 10 ** (digits + 2))


@pytest.mark.parametrize("value", ["progress_percent", "raw_percent", "delivery_percent", "outcome_percent"])
@pytest.mark.parametrize(("achieved_at", "shown"), [(COMMITTED, 70), (ASPIRATIONAL, 69)])
def test_what_is_written_is_cut_at_what_its_commitment_asks_for(
    value: str, achieved_at: Fraction, shown: int
) -> None:
    share = F(6996, 10000)
    figures = Figures(share, share, share, share, None, None, HealthLevel.ON_TRACK, "", achieved_at)
    assert written({"value": value}, figures) == shown


def test_an_objective_of_199_done_of_200_writes_99(stand, a_mapping, objective, key_result, an_issue) -> None:
    mapping = a_mapping(objective(key_result("delivery", select="type = Story")))
    stories = [an_issue(id_, parent=1, status="Done" if id_ > 2 else "To Do") for id_ in range(2, 202)]
    state = stand(mapping, [an_issue(1, type="Epic"), *stories])["1"]
    figures = objective_figures(state)
    assert state.progress == F(199, 200)
    assert written({"value": "progress_percent"}, figures) == 99
    assert written({"value": "progress"}, figures) == Decimal("0.99")
    assert figures.summary.startswith("99 % · on track")
    assert "progress 99 %" in state.health.sentence


def test_an_aspiration_just_short_of_it_does_not_look_met(
    stand, a_mapping, objective, key_result, an_issue
) -> None:
    metric = {"kind": "transition", "start": 0, "current": "current", "target": 10000}
    mapping = a_mapping(
        objective(key_result(metric, select="type = Key Result"), commitment="aspirational"),
        fields=("current",),
    )
    issues = [an_issue(1, type="Epic"), an_issue(2, type="Key Result", parent=1, current=6996)]
    figures = objective_figures(stand(mapping, issues)["1"])
    assert written({"value": "progress_percent"}, figures) == 69
    assert figures.summary.startswith("69 % ·")


def test_sentences_and_floats_keep_to_it_too() -> None:
    assert beside_bound(F(998, 10), (F(70), F(100)), 0) == "99.8"
    assert beside_bound(F(10**12 - 1, 10**12), (F(1),)) == "0.99999999"
    assert number(F(10**20 - 1, 10**20)) < 1
    assert number(F(10**20 - 1, 10**18)) < 100
    assert number(F(1)) == 1


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [(F(-1, 2), 0, "-1"), (F(-1, 4), 0, "0"), (F(-1, 10), 1, "-0.1"), (F(1, 2), 0, "1"), (F(0), 0, "0")],
)
def test_half_goes_away_from_zero_on_either_side(value: Fraction, digits: int, shown: str) -> None:
    assert rounded(value, digits) == Decimal(shown)
