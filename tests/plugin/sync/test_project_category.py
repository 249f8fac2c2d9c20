"""A condition on the category of the project: what is read for it, and what moves when the project gets another one."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sandbox.site_state import scheme
from mappings.facts.issue import JiraValue
from plugin.sync.resync.full_read import resync

SHOP, OTHER = JiraValue("950", "Shop teams"), JiraValue("951", "Infrastructure")
TEXT = f"""
version: 1
name: by-category
scope: project in (PLAT, CORE)
fields:
  okr_progress: {{id: {scheme.OKR_PROGRESS}}}
objectives:
  - id: epics
    select: issuetype = Epic AND category = "shop teams"
    key_results:
      - {{id: work, select: issuetype = Story, relation: child, progress: {{kind: delivery}}}}
write_back:
  - {{target: objective, set: {{okr_progress: {{value: progress_percent}}}}}}
"""


@pytest.mark.parametrize("hand", ["cloud", "datacenter"], indirect=True)
def test_another_category_is_found_by_a_full_read(hand: Any) -> None:
    jira = hand.sandbox.sandbox
    jira.categorise("PLAT", SHOP)
    jira.categorise("CORE", OTHER)
    epics = {key: hand.issue("Epic", project={"key": key}) for key in ("PLAT", "CORE")}
    for key, epic in epics.items():
        hand.issue("Story", epic, "Done", project={"key": key})
    hand.activate(TEXT, large=True)
    hand.sync()
    hand.work_off()
    assert {key: hand.field(epic) for key, epic in epics.items()} == {"PLAT": 100, "CORE": None}

    jira.categorise("CORE", SHOP)
    hand.clock.pass_by(minutes=5)
    resync(hand.context)
    hand.work_off()
    assert hand.field(epics["CORE"]) == 100
