"""Keeps the garbage collector of a process of tests to what the tests make.

Eight thousand tests, the modules they import and what is made once for the whole run are two million objects that all live on: to walk
them took a second and a half, again and again, a sixth of the run.
"""

from __future__ import annotations

import gc
from collections.abc import Generator
from typing import Any

import pytest


class Garbage:
    """A plugin of pytest. Not hooks of a `conftest.py`: those are not asked about what is made for the whole run."""

    def __init__(self) -> None:
        gc.disable()

    def pytest_collection_finish(self) -> None:
        """All tests are known: from now on there is garbage."""
        self.look_past_what_is()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
        """Trees of a thousand modules, a company that was read: what lives as long as the process is no garbage while it is made, nor later."""
        if fixturedef.scope != "session":
            return (yield)
        gc.disable()
        try:
            return (yield)
        finally:
            self.look_past_what_is()

    def look_past_what_is(self) -> None:
        """What is there now is walked no more."""
        gc.freeze()
        gc.enable()
