"""The address of a database as people are shown it: without a password, wherever that stands."""

from __future__ import annotations

import pytest

from connectors.store import StoreError, open_store


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://okr:hidden-word@127.0.0.1:1/okr",
        "postgresql://okr@127.0.0.1:1/okr?password=hidden-word",
        "postgresql://okr@127.0.0.1:1/okr?sslpassword=hidden-word",
        "postgresql://okr:first@hidden-word@127.0.0.1:1/okr",
        "postgresql://okr:hidden-word@127.0.0.1:port/okr",
        "mysql://okr:hidden-word@127.0.0.1/okr?password=hidden-word",
        "hidden-word",
    ],
)
def test_no_error_shows_a_password(url: str) -> None:
    with pytest.raises(StoreError) as told:
        open_store(url)
    assert "hidden-word" not in str(told.value)
