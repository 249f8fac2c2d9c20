"""What is asked of Jira's search: the scope without its own order, whatever letters stand in it."""

from __future__ import annotations

import pytest

from plugin.sync.resync.search_pages import condition, in_order


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("project = PLAT", "project = PLAT"),
        ("project = PLAT ORDER BY created", "project = PLAT"),
        ("project = PLAT order\n  by created DESC, key", "project = PLAT"),
        ('labels = "Maßnahme" ORDER BY key', 'labels = "Maßnahme"'),
        ('summary ~ "in order by ß" OR labels = ŉ ORDER BY key', 'summary ~ "in order by ß" OR labels = ŉ'),
    ],
)
def test_the_order_of_a_scope_goes_and_nothing_else(scope: str, expected: str) -> None:
    assert condition(scope) == expected
    assert in_order(scope).startswith(f"({expected})")
