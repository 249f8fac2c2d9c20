"""Whether a person may see an issue, as Jira said within minutes. Where Jira has not said it, they may not."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import timedelta

import structlog

from connectors.jira.http.errors import JiraError
from connectors.store import StoreError
from connectors.store.visibility import issue_sights
from plugin.runtime.connector import Connector, NotReady

YES, NO = timedelta(minutes=10), timedelta(minutes=1)
"""So long Jira's answer is believed without asking again."""
PATIENCE_S = 2.0
"""So long a page waits; what is not answered by then is hidden, and comes with the next look."""

log = structlog.get_logger("jira_okr.visibility")


def visible(connector: Connector, site: str, person: str, keys: Mapping[str, str]) -> frozenset[str]:
    """Which of these issues (key by id) the person may see; "" is whoever has not signed in at Jira.

    An answer that is older than ten minutes is asked for anew; while Jira says nothing, an old yes serves for an hour, and nothing else does.
    """
    deadline = time.monotonic() + PATIENCE_S
    asked: set[str] = set()
    while True:
        may, stale = _known(connector, site, person, keys)
        wanted = stale - asked
        if not wanted or time.monotonic() >= deadline:
            return may
        if _turn(connector, site, person, {one: keys[one] for one in wanted}, deadline):
            asked |= wanted


def _known(
    connector: Connector, site: str, person: str, keys: Mapping[str, str]
) -> tuple[frozenset[str], frozenset[str]]:
    """What they may see by what is known, and of which issues it has to be asked for."""
    now = connector.clock()
    with connector.store.read() as conn:
        found = issue_sights.get(conn, site, person, keys)
    ages = {one: now - sight.asked_at for one, sight in found.items()}
    fresh = {one for one, sight in found.items() if ages[one] <= (YES if sight.may else NO)}
    may = {one for one, sight in found.items() if sight.may and ages[one] <= issue_sights.KEPT}
    return frozenset(may), frozenset(keys) - fresh


def _turn(connector: Connector, site: str, person: str, keys: Mapping[str, str], deadline: float) -> bool:
    """Wait for whoever asks already for this person, else ask; whether it was these issues that were asked for."""
    name = (site, person)
    with connector.asking_lock:
        running = connector.asking.get(name)
        mine = running is None or not running.is_alive()
        if running is None or mine:
            running = threading.Thread(
                target=_ask, args=(connector, site, person, keys), name="okr-sights", daemon=True
            )
            connector.asking[name] = running
            running.start()
    running.join(max(0.0, deadline - time.monotonic()))
    return mine


def _ask(connector: Connector, site: str, person: str, keys: Mapping[str, str]) -> None:
    try:
        for answers in connector.site(site).jira.seen_by(person, keys):
            with connector.store.write() as conn:
                issue_sights.put(conn, site, person, answers, connector.clock())
    except (JiraError, NotReady, StoreError) as error:
        log.warning("Jira did not say who may see what; it stays hidden", site=site, error=str(error))
