"""ORDER BY as the sandbox sorts its answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import Issue, JiraValue, Status
from mappings.jql import parse, sort_key


@pytest.mark.parametrize(
    ("order", "keys"),
    [
        ("key", ["PLAT-2", "PLAT-10", "PLAT-30"]),
        ("key DESC", ["PLAT-30", "PLAT-10", "PLAT-2"]),
        ("due, key", ["PLAT-30", "PLAT-10", "PLAT-2"]),
        ("due DESC, key DESC", ["PLAT-2", "PLAT-10", "PLAT-30"]),
        ("priority DESC, key", ["PLAT-10", "PLAT-30", "PLAT-2"]),
        ("status, key", ["PLAT-10", "PLAT-30", "PLAT-2"]),
        ("cf[10010]", ["PLAT-10", "PLAT-2", "PLAT-30"]),
        ("labels, key", ["PLAT-30", "PLAT-2", "PLAT-10"]),
        ("rank, key", ["PLAT-2", "PLAT-10", "PLAT-30"]),
        ("summary, key DESC", ["PLAT-30", "PLAT-10", "PLAT-2"]),
    ],
)
def test_order(order: str, keys: list[str], an_issue: Callable[..., Issue], site: Catalogue) -> None:
    issues = [
        an_issue(key="PLAT-2", status=Status("13", "Done", "done"), fields={"customfield_10010": 5}),
        an_issue(
            key="PLAT-10",
            due=date(2026, 12, 2),
            priority=JiraValue("81", "Highest"),
            fields={"customfield_10010": 3},
        ),
        an_issue(key="PLAT-30", due=date(2026, 12, 1), priority=JiraValue("84", "Low"), labels=("okr",)),
    ]
    if "priority" in order:  # EMPTY is the greatest value: last ascending, first descending
        issues[0] = an_issue(key="PLAT-2", priority=JiraValue("84", "Low"))
        issues[2] = an_issue(key="PLAT-30", priority=JiraValue("83", "Medium"))
    ordered = sorted(issues, key=sort_key(parse(f"project = PLAT ORDER BY {order}"), site))
    assert [issue.key for issue in ordered] == keys
