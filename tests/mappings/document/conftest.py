"""A complete document, and ways to break it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mappings.diagnostic import Diagnostic
from mappings.document.text.source import read_document

COMPLETE = """\
version: 1
name: platform-okrs
scope: project in (PLAT, CORE, GROW)

fields:
  points:       {id: customfield_10016, name: Story point estimate}
  kr_start:     {id: customfield_10051}
  kr_current:   {id: customfield_10052}
  kr_target:    {id: customfield_10053}
  weight:       {id: customfield_10054}
  okr_progress: {id: customfield_10060}
  okr_health:   {id: customfield_10061}

statuses:
  by_category: {new: 0, indeterminate: 0.5, done: 1}
  overrides:
    - when: project = CORE
      by_status: {"10012": 0.8}
  not_achieved: resolution = "Not Achieved"

cycles:
  - {id: 2026-Q4, start: 2026-10-01, end: 2026-12-31}

objectives:
  - id: epics
    select: issuetype = Epic AND labels = okr
    cycle: 2026-Q4
    commitment: aspirational
    aligned_to: {link: "contributes to", contributes: true}
    key_results:
      - id: metric
        select: issuetype = "Key Result"
        relation: child
        weight: {field: weight, missing: siblings_mean}
        progress: {kind: transition, start: kr_start, current: kr_current, target: kr_target}
      - id: delivery
        select: issuetype in (Story, Task, Bug)
        relation: descendant
        progress: {kind: delivery, weight: points}

kpis:
  - id: open-p1-bugs
    name: Open P1 bugs
    owner: Head of platform
    source: {kind: jql_count, jql: "type = Bug AND priority = Highest AND statusCategory != Done"}
    healthy: {at_most: 5}
    promote: {after: 3, objective: CORE-12}

write_back:
  - target: objective
    set:
      okr_progress: {value: progress_percent}
      okr_health:
        value: health
        options: {achieved: A, on_track: B, at_risk: C, off_track: D, pending: E, unknown: F}
  - target: key_result
    set: {okr_progress: {value: progress_percent}}
"""


@pytest.fixture
def complete() -> str:
    """A document that uses most of the schema and has no finding."""
    return COMPLETE


@pytest.fixture
def broken() -> Callable[..., tuple[Diagnostic, ...]]:
    """Reads the complete document with some of its texts replaced; gives the findings."""

    def read(*replacements: tuple[str, str]) -> tuple[Diagnostic, ...]:
        text = COMPLETE
        for old, new in replacements:
            assert old in text, f"{old!r} is not in the complete document"
            text = text.replace(old, new, 1)
        return read_document(text, "okr.yaml").diagnostics

    return read
