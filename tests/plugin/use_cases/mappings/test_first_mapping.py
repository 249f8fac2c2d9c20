"""The first mapping of a site: of the projects that were named, and the first number that somebody is led to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from connectors.store import Store
from connectors.store.numbers import objectives
from docs.screenshots.company import REVISION, seeded
from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import Project
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.runtime.connector import Connector
from plugin.runtime.settings import Settings
from plugin.use_cases.mappings.first_mapping import FirstNumber, UnknownProject, first_number, fit

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("progress", "commitment", "shown"),
    [
        (Fraction(625, 1000), "committed", "63 %"),
        (Fraction(199, 200), "committed", "99 %"),
        (Fraction(6996, 10000), "aspirational", "69 %"),
    ],
)
def test_it_is_an_objective_with_its_number_as_everywhere(
    sqlite_store: Store, progress: Fraction, commitment: str, shown: str
) -> None:
    plain = replace(
        seeded().saved[0].state,
        id="10001",
        issue_id="10001",
        key="PLAT-1",
        title="Payments in one click",
        progress=progress,
        commitment=commitment,
        aligned_to=("10009",),
        touched=frozenset({"10001", "10009", "10011", "10012"}),
    )
    sums = replace(
        plain, id="10002", issue_id="10002", key="PLAT-2", plain=True, touched=frozenset(map(str, range(9)))
    )
    unknown = replace(plain, id="10003", issue_id="10003", key="PLAT-3", progress=None, touched=sums.touched)
    with sqlite_store.write() as conn:
        for state in (plain, sums, unknown):
            objectives.save(conn, "main", state, REVISION, NOW)
    connector = Connector(Settings(_env_file=None), sqlite_store, {}, lambda: NOW)
    found = first_number(connector, COMMAND_LINE, "main")
    assert found == FirstNumber("10001", "PLAT-1", "Payments in one click", shown, issues=2)


def test_a_project_that_is_mistyped_is_told_and_does_not_mean_every_project() -> None:
    seen = Catalogue(projects=(Project("1", "SEA", "Sea"), Project("2", "TIN", "Tin")))
    jira: Any = SimpleNamespace(catalogue_for=lambda *_, **__: seen)
    with pytest.raises(UnknownProject, match=r"no project SAE\. The account sees: SEA, TIN\."):
        fit(jira, COMMAND_LINE, "main", "epics-as-objectives", ["sea", "SAE"])
