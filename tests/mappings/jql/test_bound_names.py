"""Which names a JQL uses and what each stands for, and the same JQL by ids: a rename in Jira is known by it."""

from __future__ import annotations

import pytest

from mappings.facts.catalogue import Catalogue
from mappings.jql import compile_selector


@pytest.mark.parametrize(
    ("jql", "names", "by_id"),
    [
        ("project = PLAT", {("project", "PLAT", ("100",))}, "project = 100"),
        ("project = 'Core Services'", {("project", "Core Services", ("200",))}, "project = 200"),
        ("issuetype in (Story, bug)", {("issue type", "Story", ("1",)), ("issue type", "bug", ("2",))}, "issuetype in (1, 2)"),
        ("status != 'To Do'", {("status", "To Do", ("11",))}, "status != 11"),
        ("resolution = Fixed", {("resolution", "Fixed", ("71",))}, "resolution = 71"),
        ("priority = High", {("priority", "High", ("82",))}, "priority = 82"),
        ("priority > Medium", {("priority", "Medium", ("83",))}, "priority > 83"),
        ("priority <= Low", {("priority", "Low", ("84",))}, "priority <= 84"),
        ("labels = okr", set(), "labels = okr"),
    ],
)  # fmt: skip
def test_each_name_is_noted_with_what_it_stands_for(
    site: Catalogue, jql: str, names: set[tuple[str, str, tuple[str, ...]]], by_id: str
) -> None:
    found = compile_selector(jql, site)
    assert {(str(one.kind), one.word, one.ids) for one in found.names} == names
    assert found.by_id == by_id
