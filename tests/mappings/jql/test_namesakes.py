"""Several of one name: the options of each context of a field, the components and versions of each project. A name means all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.issue import Issue, JiraValue
from mappings.facts.moment import Moment
from mappings.jql import compile_selector

Build = Callable[..., Issue]
TIER, TIERS = "customfield_10020", "customfield_10021"
OPTIONS = (JiraValue("901", "Gold"), JiraValue("902", "Silver"), JiraValue("903", "Gold"))


@pytest.fixture
def known(site: Catalogue) -> Catalogue:
    """Two contexts are known; a third has a Gold of its own, 904, that nobody has seen yet."""
    tier = Field(TIER, "Tier", "option", clause_names=("Tier",), options=OPTIONS)
    tiers = Field(TIERS, "Tiers", "array", "option", clause_names=("Tiers",), options=OPTIONS)
    return replace(
        site,
        fields=(*site.fields, tier, tiers),
        components=(JiraValue("41", "Shop"), JiraValue("42", "Till")),
        versions=(JiraValue("51", "1.0"),),
    )


def option(id_: str, name: str) -> dict[str, Any]:
    return {"id": id_, "value": name}


@pytest.mark.parametrize(
    ("jql", "raw", "matches"),
    [
        ("Tier = Gold", option("901", "Gold"), True),
        ("Tier = gold", option("903", "Gold"), True),
        ("Tier = Gold", option("904", "Gold"), True),
        ("Tier = gold", option("904", "GOLD"), True),
        ("Tier in (Silver, Gold)", option("904", "Gold"), True),
        ("Tier = Gold", option("904", "Silver"), False),
        ("Tier != Gold", option("904", "Gold"), False),
        ("Tier != Gold", option("902", "Silver"), True),
        # Of what is known the id decides: 901 was called Gold when the names were bound, 902 was not.
        ("Tier = Gold", option("901", "Platinum"), True),
        ("Tier = Gold", option("902", "Gold"), False),
        ("Tier = 901", option("901", "Gold"), True),
        ("Tier = 901", option("904", "Gold"), False),
        ('Tier = "901"', option("904", "901"), False),
        ("Tier = Gold", None, False),
    ],
)
def test_an_option_by_its_name_is_that_of_every_context(
    jql: str, raw: object, matches: bool, known: Catalogue, an_issue: Build, moment: Moment
) -> None:
    assert compile_selector(jql, known).matches(an_issue(fields={TIER: raw}), moment) is matches


@pytest.mark.parametrize(
    ("raw", "matches"),
    [
        ([option("902", "Silver"), option("904", "Gold")], True),
        ([option("902", "Gold"), option("905", "Silver")], False),
        ([], False),
    ],
)
def test_so_it_is_among_several(
    raw: object, matches: bool, known: Catalogue, an_issue: Build, moment: Moment
) -> None:
    assert compile_selector("Tiers = Gold", known).matches(an_issue(fields={TIERS: raw}), moment) is matches


@pytest.mark.parametrize(
    ("jql", "facts", "matches"),
    [
        ("component = Shop", {"components": (JiraValue("41", "Shop"),)}, True),
        ("component = shop", {"components": (JiraValue("47", "Shop"),)}, True),
        ("component = Shop", {"components": (JiraValue("41", "Store"),)}, True),
        ("component = Shop", {"components": (JiraValue("42", "Shop"),)}, False),
        ("component = 41", {"components": (JiraValue("47", "Shop"),)}, False),
        ("fixVersion = 1.0", {"fix_versions": (JiraValue("57", "1.0"),)}, True),
        ("fixVersion = 1.0", {"fix_versions": (JiraValue("57", "1.1"),)}, False),
    ],
)
def test_components_and_versions_are_those_of_every_project(
    jql: str, facts: dict[str, object], matches: bool, known: Catalogue, an_issue: Build, moment: Moment
) -> None:
    assert compile_selector(jql, known).matches(an_issue(**facts), moment) is matches


def test_of_what_is_listed_in_full_an_unknown_id_is_something_else(
    site: Catalogue, an_issue: Build, moment: Moment
) -> None:
    closed = replace(an_issue(), resolution=JiraValue("79", "Fixed"))
    assert not compile_selector("resolution = Fixed", site).matches(closed, moment)
