"""Whether a person may see an issue, as Jira said within minutes. Where Jira has not said it, they may not."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

import structlog

from connectors.jira.http.errors import JiraError
from connectors.store import StoreError
from connectors.store.reads import failures
from connectors.store.visibility import issue_sights
from plugin.runtime.connector import Connector, Refusal

YES, NO = timedelta(minutes=10), timedelta(minutes=1)
"""So long Jira's answer is believed without asking again."""
PATIENCE_S = 2.0
"""So long after Jira was asked somebody waits for it; what is not answered by then is hidden, and comes with a later look."""
PAUSE_S = 10.0
"""So long Jira is not asked again for somebody whom it refused: a page looks many times, and would wait each time."""

REMEDY = (
    "Until Jira says it, people see less: the check of the site says whether the connector's account may ask."
)

log = structlog.get_logger("jira_okr.visibility")


def visible(connector: Connector, site: str, person: str, keys: Mapping[str, str]) -> frozenset[str]:
    """Which of these issues (key by id) the person may see; "" is whoever has not signed in at Jira.

    An answer that is older than ten minutes is asked for anew; while Jira says nothing, an old yes serves for an hour, and nothing else does.
    """
    deadline = connector.monotonic() + PATIENCE_S
    asked: set[str] = set()
    while True:
        may, stale = _known(connector, site, person, keys)
        wanted = stale - asked
        if not wanted or connector.monotonic() >= deadline:
            return may
        mine = _turn(connector, site, person, {one: keys[one] for one in wanted}, deadline)
        if mine is None:
            return may
        asked |= wanted if mine else set()


def _known(
    connector: Connector, site: str, person: str, keys: Mapping[str, str]
) -> tuple[frozenset[str], frozenset[str]]:
    """What they may see by what is known, and of which issues it has to be asked for."""
    now = connector.clock()
    with connector.store.read() as conn:
        found = issue_sights.get(conn, site, person, keys)
    ages = {one: abs(now - sight.asked_at) for one, sight in found.items()}  # one of the future is no younger
    fresh = {one for one, sight in found.items() if ages[one] <= (YES if sight.may else NO)}
    may = {one for one, sight in found.items() if sight.may and ages[one] <= issue_sights.KEPT}
    return frozenset(may), frozenset(keys) - fresh


def _turn(
    connector: Connector, site: str, person: str, keys: Mapping[str, str], deadline: float
) -> bool | None:
    """Wait for whoever asks already for this person, else ask; whether it was these issues. None: Jira does not answer now."""
    name = (site, person)
    with connector.asking_lock:
        now = connector.monotonic()
        if now < connector.unanswered.get(name, now):
            return None
        running, began = connector.asking.get(name, (None, now))
        mine = running is None or not running.is_alive()
        if running is None or mine:
            began = now
            running = threading.Thread(
                target=_ask, args=(connector, site, person, keys), name="okr-sights", daemon=True
            )
            connector.asking[name] = (running, began)
            running.start()
    running.join(max(0.0, min(deadline, began + PATIENCE_S) - connector.monotonic()))
    return None if running.is_alive() else mine


def _ask(connector: Connector, site: str, person: str, keys: Mapping[str, str]) -> None:
    try:
        for answers in connector.site(site).jira.seen_by(person, keys):
            with connector.store.write() as conn:
                issue_sights.put(conn, site, person, answers, connector.clock())
                failures.clear(conn, site, "sights")
    except (JiraError, Refusal, StoreError) as error:
        connector.unanswered[site, person] = connector.monotonic() + PAUSE_S
        log.warning("Jira did not say who may see what; it stays hidden", site=site, error=str(error))
        _note(connector, site, error)


def _note(connector: Connector, site: str, error: Exception) -> None:
    """Keep that Jira was asked in vain, for status and metrics; where the store itself is out of order, that is told elsewhere."""
    with suppress(StoreError), connector.store.write() as conn:
        remedy = getattr(error, "remedy", "") or REMEDY
        failures.note(conn, site, "sights", connector.clock(), str(error), remedy)
