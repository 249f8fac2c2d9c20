"""Reads ahead: the next page comes over the network while the last one is being kept. At most a page waits, so memory stays flat."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class _End:
    """The source is exhausted, or failed."""

    error: BaseException | None = None


def read_ahead(source: Iterable[Item]) -> Iterator[Item]:
    """The same items in the same order, fetched by a thread of its own; an error of the source is raised here."""
    waiting: queue.Queue[Item | _End] = queue.Queue(maxsize=1)
    stopped = threading.Event()
    thread = threading.Thread(
        target=_fetch, args=(source, waiting, stopped), name="okr-read-ahead", daemon=True
    )
    thread.start()
    try:
        while not isinstance(item := waiting.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        _empty(waiting)
        thread.join()


def _fetch(source: Iterable[Item], waiting: queue.Queue[Item | _End], stopped: threading.Event) -> None:
    try:
        for item in source:
            waiting.put(item)
            if stopped.is_set():
                return
        waiting.put(_End())
    except BaseException as error:  # handed over to the thread that asked
        waiting.put(_End(error))


def _empty(waiting: queue.Queue[Item | _End]) -> None:
    """Make room, so that the fetching thread does not wait for ever to hand over what nobody wants any more."""
    while True:
        try:
            waiting.get_nowait()
        except queue.Empty:
            return
