"""What lives as long as the process of tests does is no work for the garbage collector."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.architecture.conftest import Source


def test_what_is_made_for_the_whole_run_is_walked_no_more(sources: list[Source]) -> None:
    walked = {id(one) for one in gc.get_objects()}
    assert not walked & {id(sources), id(sources[0].tree), id(sys.modules[__name__].__dict__)}


def test_what_a_test_makes_is() -> None:
    assert gc.isenabled()
    made: list[object] = [[]]
    assert id(made) in {id(one) for one in gc.get_objects()}
