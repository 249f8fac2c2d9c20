"""A small company made by hand, as the tests of the sync have it."""

from tests.plugin.sync.conftest import begin, hand

__all__ = ["begin", "hand"]
