"""Imports and subscriptions, asked by tools: as the API says them, row by row, and planned without making anything."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from mappings.diagnostic import Severity
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.mcp.exchange.imports import _rows
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


def test_every_part_of_a_plan_has_its_rows() -> None:
    def row(number: int, **more: Any) -> Any:
        given = {
            "row": number,
            "title": f"Title {number}",
            "identity": f"i{number}",
            "kind": "key_result",
            "parent_row": None,
        }
        return SimpleNamespace(**{**given, **more})

    def change(word: str, old: str, new: str) -> Any:
        return SimpleNamespace(word=word, old=old, new=new)

    value = SimpleNamespace(word="target", why="Jira holds another", was="", file="9", jira="")
    problem = SimpleNamespace(severity=Severity.ERROR, code="no-owner", message="Nobody.", row=8, value="Ada")
    plan = SimpleNamespace(
        create=[row(1, kind="objective"), row(2, parent_row=1)],
        update=[
            SimpleNamespace(row=row(3), issue_key="A-3", changes=[change("title", "", "b"), change("owner", "c", "")], check_ins=[1, 2]),
            SimpleNamespace(row=row(4), issue_key="A-4", changes=[change("title", "a", "b")], check_ins=[]),
        ],
        left=[SimpleNamespace(row=row(5), issue_key="A-5", values=[value, value])],
        changed=[(row(6), "A-6", ["title", "owner"])],
        known=[(row(7), "A-7")],
        skipped=[(9, "It is empty.")],
        problems=[problem, SimpleNamespace(**{**vars(problem), "severity": Severity.WARNING, "row": 0, "value": None})],
        not_in_file=["A-10"],
    )  # fmt: skip
    made = {"i1": SimpleNamespace(issue_key="A-1"), "i2": SimpleNamespace(issue_key="")}
    one: Any = SimpleNamespace(kept=SimpleNamespace(content=SimpleNamespace(plan=plan)), made=made)
    left = "target: Jira holds another (imported nothing, the file says 9, Jira holds nothing)"
    assert [(each.row, each.what, each.issue, each.title, each.said) for each in _rows(one)] == [
        (1, "make", "A-1", "Title 1", "objective"),
        (2, "make", None, "Title 2", "key result below row 1"),
        (3, "change", "A-3", "Title 3", "title: empty → b; owner: c → empty; 2 new check-ins"),
        (4, "change", "A-4", "Title 4", "title: a → b"),
        (5, "left", "A-5", "Title 5", left),
        (5, "left", "A-5", "Title 5", left),
        (6, "left", "A-6", "Title 6", "differs: title, owner"),
        (7, "unchanged", "A-7", "Title 7", "as imported"),
        (9, "passed over", None, None, "It is empty."),
        (8, "wrong", None, "Ada", "no-owner: Nobody."),
        (None, "warning", None, None, "no-owner: Nobody."),
        (None, "not in file", "A-10", None, "nothing happens to it"),
    ]
    one.made = {}
    assert next(iter(_rows(one))).issue is None, "it is not made yet"
