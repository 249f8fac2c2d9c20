"""The collector rests in a block, in blocks within blocks and in blocks beside others, and wakes after the last, where it was awake before."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest

from plugin.runtime.processes.garbage_collector import collector_resting


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    awake = gc.isenabled()
    yield
    (gc.enable if awake else gc.disable)()


@pytest.mark.parametrize("awake", [True, False])
def test_it_rests_until_the_last_block_ends_and_is_then_as_it_was(awake: bool) -> None:
    (gc.enable if awake else gc.disable)()
    for _ in range(2):
        with collector_resting():
            assert not gc.isenabled()
            with collector_resting():
                assert not gc.isenabled()
            assert not gc.isenabled()
        assert gc.isenabled() is awake


def test_a_block_that_breaks_wakes_it_and_one_that_goes_on_beside_it_does_not_lose_its_rest() -> None:
    gc.enable()
    with pytest.raises(ValueError, match="invented"), collector_resting():
        raise ValueError("invented")
    assert gc.isenabled()
    inside, end = threading.Event(), threading.Event()

    def beside() -> None:
        with collector_resting():
            inside.set()
            end.wait(20)

    thread = threading.Thread(target=beside)
    thread.start()
    assert inside.wait(20)
    with collector_resting():
        pass
    assert not gc.isenabled()
    end.set()
    thread.join(20)
    assert gc.isenabled()
