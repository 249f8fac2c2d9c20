"""Versions by the order of their project: what is greater, what is the last released one, and what is said where nobody knows the order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from mappings.facts.catalogue import Catalogue, ProjectVersions, Version
from mappings.facts.issue import Issue, JiraValue, Project
from mappings.facts.moment import Moment
from mappings.jql import check, compares_versions, compile_selector

PLAT = ProjectVersions(
    "1",
    (
        Version("11", "10.0", released=True, archived=True),
        Version("12", "2.0", released=True, archived=False),
        Version("13", "1.9", released=False, archived=True),
        Version("14", "3.0", released=False, archived=False),
        Version("15", "4.0", released=False, archived=False),
    ),
)
CORE = ProjectVersions("2", (Version("21", "2.0", released=False), Version("22", "9.9", released=False)))
SITE = Catalogue(
    projects=(Project("1", "PLAT", "Platform"), Project("2", "CORE", "Core")), version_orders=(PLAT, CORE)
)
ALL = {one.id: one.name for order in (PLAT, CORE) for one in order.versions}


@pytest.mark.parametrize(
    ("jql", "found"),
    [
        ('fixVersion > "2.0"', {"13", "14", "15", "22"}),
        ('fixVersion >= "2.0"', {"12", "13", "14", "15", "21", "22"}),
        ('fixVersion < "2.0"', {"11"}),
        ('fixVersion <= "10.0"', {"11"}),
        ("fixVersion > 13", {"14", "15"}),
        ("fixVersion = earliestUnreleasedVersion(PLAT)", {"14"}),
        ("fixVersion = earliestUnreleasedVersion(CORE)", {"21"}),
        ("fixVersion = latestReleasedVersion(PLAT)", {"12"}),
        ("fixVersion = latestReleasedVersion(CORE)", set()),
        ("fixVersion != latestReleasedVersion(PLAT)", ALL.keys() - {"12"}),
        ('fixVersion in (latestReleasedVersion(PLAT), "9.9")', {"12", "22"}),
    ],
)
def test_the_order_of_the_project_decides(jql: str, found: set[str], an_issue: Callable[[], Issue]) -> None:
    matches = compile_selector(jql, replace(SITE, versions=(JiraValue("22", "9.9"),))).matches
    there = {id_: replace(an_issue(), fix_versions=(JiraValue(id_, name),)) for id_, name in ALL.items()}
    moment = Moment(an_issue().updated)
    assert {id_ for id_, one in there.items() if matches(one, moment)} == found
    assert not matches(replace(an_issue(), fix_versions=()), moment)


@pytest.mark.parametrize(
    ("jql", "codes"),
    [
        ('fixVersion > "2.0"', ["order-unknown"]),
        ("affectedVersion = latestReleasedVersion(PLAT)", ["order-unknown"]),
        ("fixVersion = latestReleasedVersion()", ["wrong-arguments"]),
        ("fixVersion > now()", ["function-not-allowed"]),
    ],
)
def test_an_order_that_nobody_knows_is_refused_and_never_guessed(jql: str, codes: list[str]) -> None:
    assert [one.code for one in check(jql, replace(SITE, version_orders=()))] == codes
    assert compares_versions(jql)
    assert not compares_versions('fixVersion = "2.0" AND priority > High')


def test_a_version_that_no_project_has_is_named() -> None:
    assert [one.code for one in check('fixVersion > "7.7"', SITE)] == ["unknown-value"]
