"""What the audit log shows of values: as people call them, and never longer than they can be read."""

from __future__ import annotations

import pytest

from plugin.pages.views.accounts.record import show_value

HASH = "0123456789ab" + "cdef" * 13


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "empty"),
        (HASH, "0123456789ab…"),
        (HASH.upper(), HASH.upper()),
        (HASH + "0", HASH + "0"),
        ({"value": "On track"}, "On track"),
        (["a", "b"], "a, b"),
        (5, "5"),
        ("x" * 300, "x" * 200),
    ],
)
def test_values_are_shown_as_people_call_them(value, text):
    assert show_value(value) == text
