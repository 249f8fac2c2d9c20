"""Long work of one kind runs once in a site, however many processes begin it, and tells of itself alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier, Thread

from connectors.store import Store
from connectors.store.jobs import background_jobs
from connectors.store.jobs.background_jobs import SILENT_FOR, BackgroundJob
from connectors.store.mappings import activation_runs, coming_mappings, drafts
from connectors.store.mappings.activation_runs import ActivationRun
from connectors.store.mappings.coming_mappings import ComingMapping
from connectors.store.mappings.drafts import Draft

SECOND = timedelta(seconds=1)


def test_of_those_that_begin_together_one_runs(store: Store, now: datetime) -> None:
    start, begun = Barrier(4), []

    def begin(by: str) -> None:
        start.wait()
        with store.write() as conn:
            begun.append(background_jobs.begin(conn, "main", BackgroundJob("sync", by, now, now)))

    threads = [Thread(target=begin, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(begun) == [False, False, False, True]


def test_another_begins_where_the_former_ended_or_fell_silent(store: Store, now: datetime) -> None:
    first = BackgroundJob("sync", "ada", now, now)
    late = now + SILENT_FOR
    second = BackgroundJob("sync", "bo", late, late)
    with store.write() as conn:
        assert background_jobs.begin(conn, "main", first)
        assert not background_jobs.begin(conn, "main", replace(second, seen=late - SECOND))
        assert background_jobs.begin(conn, "main", second)
        background_jobs.tell(conn, "main", replace(first, done=9, state="failed"))
        assert background_jobs.load_latest(conn, "main", "sync") == second
        done = replace(second, state="done", done=3, total=3, said="Read 3 issues.", counting=late)
        background_jobs.tell(conn, "main", done)
        assert background_jobs.load_latest(conn, "main", "sync") == done
        assert background_jobs.begin(conn, "main", replace(second, began=late + SECOND))
        assert background_jobs.load_latest(conn, "main", "other") is None


def test_an_activation_tells_of_itself_until_another_takes_its_place(store: Store, now: datetime) -> None:
    one = ActivationRun("r1", "a", "", "ada", False, now, now)
    other = replace(one, revision="r2", text="b")
    with store.write() as conn:
        activation_runs.begin(conn, "main", one)
        assert activation_runs.tell(conn, "main", replace(one, done=3, total=9, seen=now + SECOND))
        assert activation_runs.get(conn, "main") == replace(one, done=3, total=9, seen=now + SECOND)
        activation_runs.begin(conn, "main", other)
        assert not activation_runs.tell(conn, "main", replace(one, failed="it broke"))
        assert activation_runs.get(conn, "main") == other
        activation_runs.end(conn, "main")
        assert activation_runs.get(conn, "main") is None


def test_what_was_read_for_is_complete_only_while_it_is_still_read_for(store: Store, now: datetime) -> None:
    one = ComingMapping("a", "r1", "project = PLAT", frozenset({"f"}), frozenset(), now)
    again = replace(one, began=now + SECOND)
    with store.write() as conn:
        coming_mappings.begin(conn, "main", one)
        coming_mappings.begin(conn, "main", again)
        assert not coming_mappings.complete(conn, "main", one)
        assert coming_mappings.complete(conn, "main", again)
        assert coming_mappings.get(conn, "main") == replace(again, complete=True)
        coming_mappings.drop(conn, "main", "r2")
        assert coming_mappings.get(conn, "main") is not None
        coming_mappings.drop(conn, "main", "r1")
        assert coming_mappings.get(conn, "main") is None


def test_a_draft_keeps_what_it_was_begun_from_and_is_its_owners_alone(store: Store, now: datetime) -> None:
    with store.write() as conn:
        assert drafts.put(conn, "main", 1, "a", now, "r1") == Draft("a", "r1", now)
        assert drafts.put(conn, "main", 1, "b", now + SECOND) == Draft("b", "r1", now + SECOND)
        assert drafts.put(conn, "main", 2, "c", now) == Draft("c", "", now)
        assert drafts.get(conn, "main", 1) == Draft("b", "r1", now + SECOND)
        assert drafts.remove(conn, "main", 1)
        assert not drafts.remove(conn, "main", 1)
        assert drafts.get(conn, "main", 2) == Draft("c", "", now)
