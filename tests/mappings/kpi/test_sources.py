"""What a mapping may write under `source`, and what is refused with the nearest name or the way out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.issue import Status
from tests.binding import bind_text

SITE = Catalogue(
    fields=(Field("customfield_1", "Points", "number"), Field("customfield_2", "Team", "string")),
    statuses=(Status("3", "In Progress", "indeterminate"), Status("7", "In Arbeit", "indeterminate"), Status("9", "In Arbeit", None)),
)  # fmt: skip
WORKING = {"days": ["mon"], "from": "09:00", "to": "17:00"}


def text(**source: Any) -> str:
    return json.dumps(
        {
            "version": 1, "name": "shop", "scope": "labels = okr", "time_zone": "UTC",
            "fields": {"points": {"id": "customfield_1"}, "team": {"id": "customfield_2"}},
            "objectives": [{"id": "epics", "select": "labels = epic"}],
            "kpis": [{"id": "sea", "name": "Sea", "source": source, "healthy": {"at_most": 3}}],
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ({"kind": "lead_tme", "select": "labels = a"}, "unknown-kind@kpis[0].source.kind lead_time"),
        ({"kind": "cycle_time", "select": "labels = a", "start": {"status": ["In Progres"]}}, "unknown-status@kpis[0].source.start.status[0] In Progress"),
        ({"kind": "flow_efficiency", "select": "labels = a", "active": ["Doing"]}, "unknown-status@kpis[0].source.active[0]"),
        ({"kind": "flow_efficiency", "select": "labels = a", "active": []}, "too-few@kpis[0].source.active"),
        ({"kind": "throughput", "select": "labels = a", "end": {"status": []}}, "too-few@kpis[0].source.end.status"),
        ({"kind": "mttr", "select": "labels = a", "start": {"status": []}}, "too-few@kpis[0].source.start.status"),
        ({"kind": "lead_time", "select": "labels = a", "clock": "working_hours"}, "missing-key@kpis[0].source working:"),
        ({"kind": "lead_time", "select": "labels = a", "clock": "working_hours", "working": {**WORKING, "to": "08:00"}}, "empty-band@kpis[0].source.working.to"),
        ({"kind": "lead_time", "select": "labels = a", "working": WORKING}, "option-without-effect@kpis[0].source.working"),
        ({"kind": "lead_time", "select": "labels = a", "end": {"category": "done", "status": ["3"]}}, "option-without-effect@kpis[0].source.end.category"),
        ({"kind": "lead_time", "select": "labels = a", "window": "30"}, "bad-form@kpis[0].source.window `period`"),
        ({"kind": "lead_time", "select": "labels = a", "statistic": "p100"}, "bad-form@kpis[0].source.statistic p85"),
        ({"kind": "jira_field", "issue": "core-1", "field": "points"}, "bad-form@kpis[0].source.issue CORE-12"),
        ({"kind": "jql_sum", "jql": "labels = a", "field": "pionts"}, "unknown-alias@kpis[0].source.field points"),
        ({"kind": "jql_sum", "jql": "labels = a", "field": "team"}, "@kpis[0].source.field"),
        ({"kind": "throughput", "select": "labels ="}, "jql-unexpected@kpis[0].source.select"),
        ({"kind": "sql", "connection": "shop", "query": "delete from sale"}, "bad-form@kpis[0].source.query wanted is a single SELECT"),
        ({"kind": "sql", "connection": "shop", "query": "select 1; select 2"}, "bad-form@kpis[0].source.query wanted is a single SELECT"),
        ({"kind": "push", "url": "https://acme.example"}, "unknown-key@kpis[0].source.url `url` stands in `kpis[].source` of kind http_json, prometheus"),
        ({"kind": "throughput", "select": "labels = a", "start": {}}, "unknown-key@kpis[0].source.start"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_source_is_told_with_its_place(source: dict[str, Any], told: str) -> None:
    found = [f"{one.code}@{one.path} {one.message} {one.remedy}" for one in bind_text(text(**source), SITE).diagnostics]  # fmt: skip
    place, _, words = told.partition(" ")
    assert [one for one in found if place in one and words in one], found


def test_names_of_statuses_are_bound_to_every_id_that_has_them() -> None:
    source = {"kind": "cycle_time", "select": "labels = a", "start": {"status": ["in arbeit", "3"]}}
    mapping = bind_text(text(**source), SITE).mapping
    assert mapping is not None
    assert mapping.kpi_statuses == {"in arbeit": frozenset({"7", "9"}), "3": frozenset({"3"})}
    assert mapping.kpis["sea"]["select"].jql == "labels = a"
