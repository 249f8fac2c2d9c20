"""The demo lets days pass: what would happen by the clock happens, day by day, and everything can be looked at after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from functools import partial
from time import sleep

from connectors.store import Store
from connectors.store.work import due, inbox
from mappings.facts.local_time import instant_on
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.sync.refresh.reread import refresh
from plugin.sync.resync.recent_read import resync_recent
from plugin.use_cases.digests.digests import tell_due
from plugin.use_cases.kpis.creation import make_wanted
from plugin.use_cases.kpis.current_values import write_current_values
from plugin.use_cases.kpis.episodes import follow_key_results
from plugin.use_cases.kpis.settled_periods import count_settled
from plugin.use_cases.kpis.sources.pulls import read_due
from plugin.use_cases.permission import EDITOR, act

MOST_DAYS = 7
NIGHT, MORNING = time(0, 5), time(3)
"""By then the sources of the day before may be asked, and that day has settled."""
WORKER = "demo days"
LOOK_SECONDS = 0.05
MOST_LOOKS = 600
"""Half a minute: longer than any objective of the demo takes, on a busy machine too."""


@act(EDITOR)
def let_days_pass(connector: Connector, _actor: Actor, site: str, days: int) -> timedelta:
    """Move the clock of the demo, and that of its Jira, so many days ahead; how much passed. Refusal where it is no demo."""
    if connector.move_clock is None:
        raise Refusal("Time passes by itself here: days are let pass in the demo alone.")
    if not 1 <= days <= MOST_DAYS:
        raise Refusal(f"From 1 to {MOST_DAYS} days can pass at once.")
    before = connector.clock()
    for _ in range(days):
        _keep_up(connector, site)
        night, morning = _moments(connector, site)
        for moment in sorted({night, morning, *_told(connector, site, morning)}):
            move_between_leases(connector.store, partial(connector.move_clock, moment))
            connector.receive_figures()
            if moment in (night, morning):
                read_due(connector, site)
            else:
                count_settled(connector, site)
                tell_due(connector, site)
        count_settled(connector, site)
        follow_key_results(connector, site)
        make_wanted(connector, site)
        write_current_values(connector, site)
        tell_due(connector, site)
    return connector.clock() - before


def move_between_leases(
    store: Store, move: Callable[[], object], pause: Callable[[float], object] = sleep
) -> bool:
    """Move the clock once no worker holds anything: a clock that jumps past the end of a lease takes the work out of its hands. False where that took too long.

    It is moved within the transaction that saw so: whoever takes work waits for that, and reads the clock behind it.
    """
    for _ in range(MOST_LOOKS):
        with store.write() as conn:
            if not due.holders(conn) and not inbox.holders(conn):
                move()
                return True
        pause(LOOK_SECONDS)
    move()
    return False


def _keep_up(connector: Connector, site: str) -> None:
    """What Jira told of this day is read before the next one begins, and so is what it did not tell of."""
    context = connector.context(site)
    with connector.store.read() as conn:
        told = bool(inbox.load_pending(conn, 1, site))
    if told:
        refresh(context, WORKER)
    resync_recent(context)


def _told(connector: Connector, site: str, until: datetime) -> Iterator[datetime]:
    """The moments until then at which the mapping tells digests and reminders."""
    mapping, now = connector.context(site).mapping, connector.clock()
    first = now.astimezone(mapping.zone).date()
    for part in mapping.document.tell:
        for day in (first, first + timedelta(days=1)):
            moment = instant_on(day, time.fromisoformat(part.at), mapping.zone)
            if part.every != "change" and now < moment < until:
                yield moment


def _moments(connector: Connector, site: str) -> tuple[datetime, datetime]:
    """A while after midnight in the mapping's zone, when sources are asked; and the same time as today on the next day, once that night has settled."""
    zone = connector.context(site).mapping.zone
    here = connector.clock().astimezone(zone)
    tomorrow = here.date() + timedelta(days=1)
    return instant_on(tomorrow, NIGHT, zone), instant_on(tomorrow, max(here.time(), MORNING), zone)
