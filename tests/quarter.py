"""A quarter with one objective, made by hand: what several files of tests look at after its end."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from connectors.store.cycles import cycle_ends
from connectors.store.numbers import objectives
from plugin.sync.reconcile.reconcile import reconcile

MAPPING = """
version: 1
name: hand-made
scope: project = PLAT
time_zone: Europe/Berlin
fields:
  okr_progress: {id: customfield_10060}
  start: {id: customfield_10051}
  current: {id: customfield_10052}
  target: {id: customfield_10053}
cycles: {every: quarter}
objectives:
  - id: epics
    select: issuetype = Epic AND labels = okr
    cycle: {label: ""}
    rollup: {headline: all}
    key_results:
      - {id: metric, select: 'issuetype = "Key Result"', progress: {kind: transition, start: start, current: current, target: target}}
      - {id: delivery, select: issuetype = Story, relation: descendant, progress: {kind: delivery}}
write_back:
  - target: objective
    set: {okr_progress: {value: progress_percent}}
"""


def state(hand: Any, objective_id: str) -> Any:
    with hand.connector.store.read() as conn:
        saved = objectives.load(conn, "main", objective_id)
    return None if saved is None else saved.state


def noted(hand: Any, objective_id: str) -> Any:
    with hand.connector.store.read() as conn:
        return cycle_ends.load_latest(conn, "main", [objective_id]).get(objective_id)


def told(hand: Any, objective_id: str, *issue_ids: str) -> Any:
    """Webhooks on these issues come, and the objective is looked at."""
    hand.land(*issue_ids)
    reconcile(hand.context, objective_id)
    hand.work_off()
    return state(hand, objective_id)


def begun(hand: Any, mapping: str = MAPPING) -> tuple[Any, str, str, list[str]]:
    """An objective of 2026-Q4: a metric at 40 %, read on 27 December, and two stories of which one is done. It is 2 January in Berlin."""
    epic = hand.issue("Epic", labels=["okr", "2026-Q4"])
    stories = [hand.issue("Story", epic, "Done"), hand.issue("Story", epic)]
    metric = hand.issue("Key Result", epic)
    hand.activate(mapping)
    hand.clock.now = datetime(2026, 12, 27, 12, tzinfo=UTC)
    hand.edit(metric, customfield_10051=0, customfield_10052=4, customfield_10053=10)
    hand.sync()
    assert state(hand, epic).progress == Fraction(9, 20)
    hand.clock.now = datetime(2026, 12, 31, 23, 0, 30, tzinfo=UTC)
    told(hand, epic, epic)
    hand.clock.now = datetime(2027, 1, 2, 9, tzinfo=UTC)
    return hand, epic, metric, stories
