"""What is done to a cycle is done once, whichever processes do it at the same time."""

from __future__ import annotations

from datetime import datetime
from threading import Barrier, Thread

from connectors.store import Store
from connectors.store.cycles import closings
from connectors.store.cycles.closings import ClosingAct
from mappings.rollup.cycles.closing_record import LinkKind


def test_who_closes_what_another_closes_sees_that_it_is_closed(store: Store, now: datetime) -> None:
    """Looked at before, both would find it open: on PostgreSQL transactions run side by side."""
    together, found = Barrier(4, timeout=30), list[bool]()

    def close() -> None:
        together.wait()
        with store.write() as conn:
            closings.lock_site(conn, "main")
            known = "2026-Q4" in closings.load_closed(conn, "main")
            found.append(known)
            if not known:
                closings.add(conn, "main", ClosingAct("2026-Q4", 1, LinkKind.CLOSED, now, "Ada", "", ""))

    threads = [Thread(target=close) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with store.read() as conn:
        assert [one.version for one in closings.acts(conn, "main")] == [1]
    assert sorted(found) == [False, True, True, True]
