"""What waits behind the lock of a cycle, looked at once, beside a recomputation of the whole site; and what the lock itself takes.

    python -m benchmarks lock [--quick]

Every objective of the site is in the cycle. Beside what is kept of them all issues are measured once, as if there were no lock.
"""

from __future__ import annotations

from sqlalchemy import func, select

from benchmarks.ratio import Ratio
from benchmarks.recompute import FEW, MANY, SITE, mirrored, recompute
from benchmarks.rollup import NOW, timed
from connectors.store import Store
from connectors.store.cycles import cycle_locks
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.schema import cycle_lock
from mappings.document.lock import CycleLock
from mappings.document.mapping import Mapping
from mappings.facts.forest import Forest
from mappings.rollup.measurement import assess
from plugin.runtime.processes.garbage_collector import collector_resting
from plugin.use_cases.cycles.locks import terms_of, waiting_in

CYCLE = "2026-Q4"
AT_MOST = 2.0
A_PART = 500


def locked(store: Store, mapping: Mapping) -> int:
    """Keep the numbers of all objectives, and the lock of their cycle; how many bytes the lock takes."""
    with collector_resting():
        with store.read() as conn:
            states = list(assess(mapping, Forest.of(mirror.every(conn, SITE)), NOW).values())
        for first in range(0, len(states), A_PART):
            with store.write() as conn:
                for one in states[first : first + A_PART]:
                    objectives.save(conn, SITE, one, "r1", NOW.now)
        with store.write() as conn:
            terms = tuple(terms_of(conn, SITE, mapping, states))
            cycle_locks.add(conn, SITE, CycleLock(CYCLE, NOW.now, "bench", "", terms))
    with store.read() as conn:
        return int(conn.execute(select(func.length(cycle_lock.c.content))).scalar_one())


def look(store: Store, mapping: Mapping) -> int:
    """One look at what waits; how many changes."""
    with collector_resting():
        return len(waiting_in(store, SITE, mapping, NOW, CYCLE))


def main(quick: bool) -> list[Ratio]:
    """The time of a look beside that of a full recomputation."""
    count = FEW if quick else MANY
    with mirrored(count) as (store, mapping):
        size = locked(store, mapping)
        looking, changes = timed(lambda: look(store, mapping), 1)
        bare, found = timed(lambda: recompute(store, mapping, ledgers=False), 1)
    assert changes == 0, "nothing was changed"
    print(f"The lock of {found:,} objectives takes {size:,} bytes: {size / found:,.0f} an objective.")
    name = f"what waits behind a lock of {found:,} objectives over {count:,} issues"
    return [Ratio(name, looking, bare, "s", at_most=AT_MOST, theirs_name="a recomputation without ledgers")]
