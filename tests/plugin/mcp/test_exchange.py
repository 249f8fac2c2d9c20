"""Imports and subscriptions, asked by tools: as the API says them, row by row, and planned without making anything."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.use_cases.subscriptions.subscriptions import subscribe
from tests.actors import TESTER

if TYPE_CHECKING:
    from tests.plugin.mcp.conftest import Assistant

EDITOR = Actor("editor@acme.example (token tests)", Permission.EDITOR, 7)
FILE = """Goal,Kind,Under,When
Ferries run on time again,Objective,,2026-Q4
Departures within five minutes,Key result,Ferries run on time again,2026-Q4
Lost,Key result,Nothing of that name,2026-Q4
A chore,Project,,2026-Q4
"""
MAP = {"columns": {"title": "Goal", "kind": "Kind", "parent": "Under", "cycle": "When"}}
PLACE = {
    "rule": "epics",
    "project": "PLAT",
    "objective_type": "Epic",
    "key_result_type": "Key Result",
    "labels": ["okr"],
}


def test_an_import_is_planned_and_told_row_by_row_as_the_api_has_it(modern: Assistant) -> None:
    assert "This takes the role editor" in modern.refused(
        "okr_import_plan", file="g.csv", content=FILE, map=MAP
    )
    modern.actor = EDITOR
    planned = modern.ask("okr_import_plan", file="g.csv", content=FILE, map=MAP, limit=1, **PLACE)
    number = planned["import_plan"]["number"]
    api = modern.api(f"/imports/{number}")
    assert (api["state"], planned["import_plan"]["state"]) == ("planned", "planned")
    rows = planned["rows"]
    cursor = planned["counted"]["next"]
    while cursor:
        page = modern.ask("okr_import", number=number, limit=1, cursor=cursor)
        rows, cursor = [*rows, *page["rows"]], page["counted"]["next"]
    plan = api["plan"]
    told = [(one["row"], one["what"]) for one in rows]
    assert len(rows) == planned["counted"]["total"] == len(told)
    assert told == [
        *((one["row"], "make") for one in plan["create"]),
        *((one["row"], "passed over") for one in plan["skipped"]),
        *((one["row"], "wrong" if one["severity"] == "error" else "warning") for one in plan["problems"]),
    ]
    assert {what for _, what in told} == {"make", "passed over", "wrong"}
    (listed,) = modern.ask("okr_imports")["imports"]
    assert listed == planned["import_plan"]
    assert "There is no import 999" in modern.refused("okr_import", number=999)


def test_subscriptions_are_told_without_their_address_and_secret(modern: Assistant) -> None:
    made = subscribe(
        modern.connector, TESTER, "main", "https://hub.acme.example/okr/very-secret", ["cycle.closed"]
    )
    found = modern.ask("okr_subscriptions")
    (mine,) = found["subscriptions"]
    (told,) = modern.api("/subscriptions")["items"]
    assert (mine["id"], mine["host"], mine["events"], mine["state"], mine["waiting"]) == (
        told["subscription"],
        "hub.acme.example",
        ["cycle.closed"],
        "active",
        told["waiting"],
    )
    assert made.secret not in json.dumps(found)
    assert "very-secret" not in json.dumps(found)
