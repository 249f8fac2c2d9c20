"""Builders for states, issues and bound mappings, by keyword; everything not named is plain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from mappings.document.calendar import Calendar
from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.mapping import StatusRules
from mappings.document.schema import Document
from mappings.explain.check_in import CheckIn, Measure, Ruling, ShownSource
from mappings.explain.confidence import Confidence, ConfidenceLevel
from mappings.facts.catalogue import Field
from mappings.facts.issue import Issue, IssueType, JiraValue, Project, Status
from mappings.facts.selector import Selector
from mappings.fields import CUSTOM, Api
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.state import Cause, Health, HealthLevel, KeyResultState, Measurement, ObjectiveState
from mappings.write_back.desired_values import DesiredValue, Owners, desired_values
from mappings.write_back.target import WriteBasis

PAGES = "https://okr.acme.example"
LONG_AGO = datetime(2026, 10, 1, tzinfo=UTC)
HEALTH_OPTIONS = (JiraValue("1", "On track"), JiraValue("2", "At risk"), JiraValue("3", "Off track"))

FIELDS = {
    "okr_progress": Field("customfield_10060", "OKR progress", "number", custom=f"{CUSTOM}float"),
    "okr_health": Field(
        "customfield_10061", "OKR health", "option", custom=f"{CUSTOM}select", options=HEALTH_OPTIONS
    ),
    "okr_summary": Field("customfield_10062", "OKR summary", "string", custom=f"{CUSTOM}textfield"),
    "okr_notes": Field("customfield_10063", "OKR notes", "string", custom=f"{CUSTOM}textarea"),
    "okr_labels": Field("customfield_10064", "OKR labels", "array", "string", f"{CUSTOM}labels"),
    "okr_day": Field("customfield_10066", "OKR day", "date", custom=f"{CUSTOM}datepicker"),
    "lead": Field("customfield_10065", "Lead", "user", custom=f"{CUSTOM}userpicker"),
}


def an_issue(id_: str = "100", **facts: Any) -> Issue:
    plain: dict[str, Any] = {
        "key": f"PLAT-{id_}",
        "project": Project("1", "PLAT", "Platform"),
        "type": IssueType("1", "Epic", 1),
        "status": Status("3", "In progress", "indeterminate"),
        "created": LONG_AGO,
        "updated": LONG_AGO,
    }
    return Issue(id=id_, **{**plain, **facts})


def a_row(id_: str, weight: object = 1, progress: object = 0, **facts: Any) -> Contribution:
    plain: dict[str, Any] = {
        "key": f"PLAT-{id_}",
        "title": f"Issue {id_}",
        "disposition": Disposition.COUNTED,
        "reason": "in progress",
    }
    exact = {
        name: None if value is None else Fraction(str(value))
        for name, value in (("weight", weight), ("progress", progress))
    }
    return Contribution(id=id_, **{**plain, **exact, **facts})


def a_ledger(*rows: Contribution) -> Ledger:
    """A weighted mean with its shares."""
    from dataclasses import replace

    counted = [row for row in rows if row.disposition in (Disposition.COUNTED, Disposition.NOT_ACHIEVED)]
    whole = sum((row.weight or Fraction(0) for row in counted), Fraction(0))
    if not whole:
        return Ledger(rows, None)
    shared = tuple(
        replace(row, share=(row.weight or Fraction(0)) * (row.progress or Fraction(0)) / whole)
        if row in counted
        else row
        for row in rows
    )
    return Ledger(shared, sum((row.share for row in shared), Fraction(0)))


def some_health(level: str = "on_track") -> Health:
    return Health(HealthLevel(level), "pace", f"Its pace says {level}.")


def a_key_result(
    id_: str = "200", progress: object = "0.5", level: str = "on_track", **facts: Any
) -> KeyResultState:
    value = None if progress is None else Fraction(str(progress))
    measured = Measurement(
        progress=None if value is None else min(max(value, Fraction(0)), Fraction(1)),
        raw=value,
        cause=Cause.UNKNOWN if value is None else Cause.MEASURED,
        reason="from its fields",
        ledger=facts.pop("ledger", Ledger()),
    )
    plain: dict[str, Any] = {
        "rule_id": "metric",
        "kind": "transition",
        "nature": "outcome",
        "title": f"Key result {id_}",
        "weight": Fraction(1),
        "contributing": True,
        "issue_id": id_ if id_.isdigit() else None,
        "key": f"PLAT-{id_}" if id_.isdigit() else "",
    }
    return KeyResultState(id=id_, measurement=measured, health=some_health(level), **{**plain, **facts})


def an_objective(
    id_: str = "100", progress: object = "0.625", level: str = "at_risk", **facts: Any
) -> ObjectiveState:
    plain: dict[str, Any] = {
        "rule_id": "epics",
        "title": f"Objective {id_}",
        "ledger": Ledger(),
        "issue_id": id_ if id_.isdigit() else None,
        "key": f"PLAT-{id_}" if id_.isdigit() else "",
        "expected": Fraction(71, 100),
    }
    value = None if progress is None else Fraction(str(progress))
    return ObjectiveState(id=id_, progress=value, health=some_health(level), **{**plain, **facts})


def a_whole_objective() -> ObjectiveState:
    """One about which everything can be said that can be written."""
    half = Fraction(1, 2)
    rows = a_ledger(
        a_row("300", weight=3, progress=1),
        a_row("301", weight=5, progress="0.5"),
        a_row("302", weight=2, progress=0, disposition=Disposition.NOT_ACHIEVED),
        a_row("303", weight=8, progress=None, disposition=Disposition.EXCLUDED),
        a_row("304", weight=None, progress=None, disposition=Disposition.UNKNOWN),
        a_row("305", weight=None, progress=None, disposition=Disposition.BY_CHILDREN),
    )
    said = CheckIn("100", "200", Measure.PROGRESS, half, "Kim", datetime(2026, 11, 22, 23, 30, tzinfo=UTC))
    checked = Ruling(ShownSource.CHECK_IN, "standing", "It stands.", said)
    results = (
        a_key_result("200", check_in=checked),
        a_key_result("100/delivery", nature="delivery", ledger=rows),
    )
    return an_objective(
        delivery=half,
        outcome=half,
        pace=half,
        cycle_id="2026-Q4",
        key_results=results,
        confidence=Confidence(ConfidenceLevel.ON, 7),
    )


def a_mapping(*write_back: Mapping[str, object], fields: Mapping[str, Field] | None = None) -> BoundMapping:
    everything = Selector("", lambda issue, moment: True)
    document = Document.model_validate(
        {
            "version": 1,
            "name": "platform-okrs",
            "scope": "project = PLAT",
            "objectives": [{"id": "epics", "select": "issuetype = Epic"}],
            "write_back": list(write_back),
        }
    )
    return BoundMapping(
        document=document,
        revision="r1",
        scope=everything,
        fields=FIELDS if fields is None else fields,
        statuses=StatusRules({}, (), everything, None),
        cycles=Calendar(),
        objectives=(),
        zone=UTC,
        compile_jql=lambda jql: everything,
    )


def all_desired(
    mapping: BoundMapping, state: ObjectiveState, owned: Owners | None = None, api: Api = 3
) -> tuple[DesiredValue, ...]:
    """The desired values where the mirror holds every issue."""
    return desired_values(mapping, state, an_issue, WriteBasis(api, PAGES), owned)


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """All the builders: `make.issue(…)`, `make.objective(…)`."""
    builders: dict[str, Callable[..., Any]] = {
        "issue": an_issue,
        "row": a_row,
        "ledger": a_ledger,
        "key_result": a_key_result,
        "objective": an_objective,
        "whole_objective": a_whole_objective,
        "mapping": a_mapping,
        "desired": all_desired,
    }
    return SimpleNamespace(**builders, fields=FIELDS)
