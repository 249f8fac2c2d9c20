"""At which sites a use case is looked at with whose eyes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from connectors.store.lists.list_rows import RowSelection
from connectors.store.lists.records import RecordSearch
from plugin.use_cases.forecasts.forecast_record import calibration_of
from plugin.use_cases.health.status import installation, status
from plugin.use_cases.objectives.objectives import list_some
from plugin.use_cases.viewer import sites_asked
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
