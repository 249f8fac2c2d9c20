"""Check-ins by API: said once, listed, withdrawn; what is wrong is named at its place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from connectors.clock import system_clock
from plugin.sync.drain import drain


@pytest.fixture(scope="module")
def one(api: Any) -> tuple[str, str]:
    """The key of an objective that is made of deliveries, and the id of such a key result."""
    for found in api.all("/objectives"):
        for key_result in found["key_results"]:
            if key_result["kind"] == "delivery" and key_result["contributing"]:
                return found["key"], key_result["id"]
    raise LookupError("no delivery in the demo")


def standing(api: Any, one: tuple[str, str]) -> Any:
    found = api.get(f"/objectives/{one[0]}")
    return next(kr for kr in found["key_results"] if kr["id"] == one[1])


def test_what_is_said_once_is_shown_listed_and_withdrawn(api: Any, one: tuple[str, str]) -> None:
    path, before = f"/objectives/{one[0]}/check-ins", standing(api, one)
    assert before["check_in"] is None
    until = (system_clock().date() + timedelta(days=30)).isoformat()
    body = {"key_result": one[1], "value": 0.97, "note": "nearly there", "until": until}
    key = {"Idempotency-Key": "say-it-once"}
    said = api.call("POST", path, body, role="editor", headers=key)
    assert said.status_code == 201, said.text
    made = said.json
    assert (made["value"], made["value_exact"], made["delta"], made["until"]) == (0.97, "97/100", 0.1, until)
    assert (made["by"], made["derived_exact"]) == (
        "editor@acme.example (token tests)",
        before["progress_exact"],
    )
    again = api.call("POST", path, body, role="editor", headers=key)
    assert (again.json["id"], again.headers["Idempotency-Replayed"]) == (made["id"], "true")
    assert [row["id"] for row in api.all(path, limit=1)] == [made["id"]]
    drain(lambda: api.connector.context("main"))
    now = standing(api, one)
    assert (now["progress_exact"], now["check_in"]["rule"], now["check_in"]["asks"]) == (
        "97/100",
        "standing",
        False,
    )
    ledger = api.get(f"/objectives/{one[0]}/ledger")
    rows = next(kr for kr in ledger["key_results"] if kr["id"] == one[1])
    assert rows["exact"]
    assert rows["rows"][-1]["disposition"] == "checked_in"
    assert [row["what"] for row in api.get("/audit", text="checked in")["items"]] == ["key result checked in"]

    later = api.call("POST", path, {**body, "value": 0.5}, role="editor").json
    assert api.call("DELETE", f"{path}/{made['id']}", role="editor").status_code == 404
    assert api.call("DELETE", f"{path}/{later['id']}", role="editor").status_code == 200
    assert api.call("DELETE", f"{path}/{later['id']}", role="editor").status_code == 404
    drain(lambda: api.connector.context("main"))
    assert standing(api, one)["progress_exact"] == before["progress_exact"]
    assert [row["ended_how"] for row in api.all(path, limit=1)] == ["withdrawn", "replaced"]
    marked = [one for one in api.get(f"/objectives/{one[0]}/marks")["items"] if one["kind"] == "check-in"]
    assert [" ".join(one["text"].split()[3:5]) for one in marked] == [
        "checked in",
        "checked in",
        "withdrew the",
    ]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"value": 1.5}, "/value"),
        ({"value": "much"}, "/value"),
        ({"value": 1e300}, "/value"),
        ({"value": float("inf")}, "/value"),
        ({"value": 0.5, "delta": float("inf")}, "/delta"),
        ({"value": 0.5, "delta": 2}, "/delta"),
        ({"value": 0.5, "delta": None}, "/until"),
        ({"value": 0.5, "until": date(2020, 1, 1).isoformat()}, "/until"),
        ({"value": 0.5, "until": "soon"}, "/until"),
        ({"value": 0.5, "key_result": "nowhere"}, "/key_result"),
        ({"value": 0.5, "note": "x" * 2001}, "/note"),
        ({"value": 0.5, "why": "x"}, "/why"),
    ],
)
def test_what_cannot_be_kept_is_named(
    api: Any, one: tuple[str, str], problem_of: Callable[..., Any], body: dict[str, Any], pointer: str
) -> None:
    answer = api.call("POST", f"/objectives/{one[0]}/check-ins", {"key_result": one[1], **body})
    found = problem_of(answer)
    assert found["status"] == 422
    assert [error["pointer"] for error in found["errors"]] == [pointer]
    assert found["remedy"]


def test_who_only_reads_says_nothing(api: Any, one: tuple[str, str]) -> None:
    body = {"key_result": one[1], "value": 0.5}
    path = f"/objectives/{one[0]}/check-ins"
    assert api.call("POST", path, body, role="viewer").status_code == 403
    assert api.call("POST", "/objectives/NOPE-1/check-ins", body).status_code == 404
    assert api.call("GET", path, role="viewer").status_code == 200
