"""At which sites a use case is looked at with whose eyes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from connectors.store.lists.list_rows import RowSelection
from connectors.store.lists.records import RecordSearch
from connectors.store.visibility.hidden_numbers import HiddenNumbers, HiddenTimes
from connectors.store.visibility.mentions import Mention
from plugin.use_cases import viewer
from plugin.use_cases.forecasts.forecast_record import calibration_of
from plugin.use_cases.health.status import installation, status
from plugin.use_cases.objectives.objectives import list_some
from plugin.use_cases.viewer import sites_asked
from plugin.use_cases.visibility import numberless_objectives
from plugin.use_cases.visibility.account_people import untie
from plugin.use_cases.work.plans import list_writes


@pytest.mark.parametrize(
    ("use_case", "args", "named", "sites"),
    [
        (status, ("main",), {}, {"main"}),
        (status, (), {"site": "main"}, {"main"}),
        (untie, ("an account", "main"), {}, {"main"}),
        (calibration_of, ("main",), {}, set()),  # a cycle that is called as a site is
        (installation, (), {}, set()),
        (list_some, (RowSelection(sites=("main",)), 5), {}, {"main"}),
        (list_some, (RowSelection(sites=()), 5), {}, set()),
        (list_writes, (RecordSearch(site="main"), 5), {}, {"main"}),
        (list_writes, (RecordSearch(), 5), {}, set()),
    ],
)
def test_the_sites_that_are_asked_about_are_those_that_a_use_case_is_given_as_such(
    use_case: Callable[..., object], args: tuple[object, ...], named: Mapping[str, object], sites: set[str]
) -> None:
    assert sites_asked(use_case, ("a connector", "an actor", *args), named) == sites


@pytest.mark.parametrize(
    ("asked", "about"),
    [
        (("10001",), "10001"),
        (("PLAT-1",), "10001"),
        ((" plat-1 ",), "10001"),
        (("OLD-7",), "10001"),
        (("main", None, "PLAT-1"), "10001"),
        (("10002",), "10002"),
        (("PLAT-2",), None),
        (("", "OLD-8", None), None),
        ((), None),
    ],
)
def test_an_objective_is_asked_for_by_its_id_its_key_and_those_it_had(
    asked: tuple[object, ...], about: str | None
) -> None:
    """Of the second nobody knows what it is called."""
    called = {"10001": Mention("10001", "PLAT-1", "Grow", former_keys=("OLD-7",))}
    past = HiddenNumbers(times=dict.fromkeys(("10001", "10002"), HiddenTimes(((0, 9),))), names=called)
    assert viewer._asked_about(past, asked) == about


def test_what_lacks_a_number_takes_along_all_that_count_it_however_far_above() -> None:
    """Two that count one another do not go round for ever."""
    above = {"1": {"2"}, "2": {"3", "4"}, "4": {"2", "5"}, "9": {"8"}}
    assert numberless_objectives._with_those_above({"1"}, above) == {"1", "2", "3", "4", "5"}
    assert numberless_objectives._with_those_above({"5", "9"}, above) == {"5", "9", "8"}
    assert numberless_objectives._with_those_above(set(), above) == set()
