"""Reading ahead changes neither what comes, nor its order, nor what goes wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from plugin.sync.resync.read_ahead import read_ahead


def test_the_same_items_come_in_the_same_order() -> None:
    assert list(read_ahead(range(100))) == list(range(100))


def test_an_error_of_the_source_comes_after_the_items_before_it() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise ValueError("torn page")

    items = read_ahead(source())

    assert next(items) == 1
    with pytest.raises(ValueError, match="torn page"):
        next(items)


def test_whoever_stops_early_leaves_no_thread_behind() -> None:
    read: list[int] = []

    def source() -> Iterator[int]:
        for number in range(1000):
            read.append(number)
            yield number

    items = read_ahead(source())
    next(items)
    items.close()

    assert len(read) < 10
    assert "okr-read-ahead" not in {thread.name for thread in threading.enumerate()}
