"""What a bound mapping and its document say of themselves: which fields count by their history, which KPIs are read, whose versions are asked for."""

from __future__ import annotations

import pytest

from mappings.document.binder import bind
from mappings.document.text.source import read_document
from mappings.document.version_orders import compares_versions, projects_of
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.issue import IssueType, Project

CATALOGUE = Catalogue(
    issue_types=(IssueType("1", "Epic", 1),),
    projects=(Project("10", "PLAT", "Platform"), Project("11", "CORE", "Core")),
    fields=(Field("customfield_3", "Begin", "number"), Field("customfield_4", "Now", "number")),
)
TEXT = """
version: 1
name: read
scope: project = PLAT
fields: {begin: {id: customfield_3}, now: {id: customfield_4}}
cycles: {every: quarter}
kpis:
  - {id: latency, name: Latency, cadence: monthly, source: {kind: push}, healthy: {at_most: 5}}
  - {id: unread, name: Unread, cadence: monthly, source: {kind: push}, healthy: {at_most: 5}}
objectives:
  - id: epics
    select: issuetype = Epic
    cycle: current
    key_results:
      - {id: metric, relation: child, progress: {kind: transition, start: begin, current: now, target: 5}}
      - {id: kpi, relation: child, progress: {kind: transition, start: 1, current: {kpi: latency}, target: 5}}
      - {id: done, relation: child, progress: {kind: milestone}}
"""


def test_fields_that_count_by_their_history_and_kpis_that_are_read() -> None:
    mapping = bind(read_document(TEXT).require(), CATALOGUE)
    assert mapping.reading_ids() == {"customfield_4"}
    assert mapping.current_kpis() == {"latency"}


@pytest.mark.parametrize(
    ("scope", "projects"),
    [
        ("project = PLAT", {"10"}),
        ("project in (PLAT, CORE)", {"10", "11"}),
        ("issuetype = Epic", {"10", "11"}),
        ("project != PLAT", {"10", "11"}),
        ("project = (", {"10", "11"}),
    ],
)
def test_versions_are_asked_for_of_the_projects_that_the_scope_reads(scope: str, projects: set[str]) -> None:
    document = read_document(TEXT).require().model_copy(update={"scope": scope})
    assert projects_of(document, CATALOGUE) == projects


@pytest.mark.parametrize(
    ("select", "compares"),
    [("issuetype = Epic", False), ("fixVersion >= 2", True), ("fixVersion = 2", False)],
)
def test_whether_the_order_of_versions_matters(select: str, compares: bool) -> None:
    document = read_document(TEXT.replace("issuetype = Epic", select)).require()
    assert compares_versions(document) is compares
