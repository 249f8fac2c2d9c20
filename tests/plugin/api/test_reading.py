"""Objectives, ledgers, history, movement, changes and exports of a synced world."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from typing import Any

import pytest
import requests

from connectors.sandbox import CONNECTOR
from plugin.use_cases.objectives.objective_values import exact_text, number


def test_pages_hold_every_objective_once_in_a_stable_order(api: Any) -> None:
    whole = api.all("/objectives", limit=200)
    assert len(whole) > 10
    assert [one["id"] for one in api.all("/objectives", limit=4)] == [one["id"] for one in whole]


def test_filters_all_have_to_hold(api: Any) -> None:
    whole = api.all("/objectives")
    one = next(found for found in whole if found["owner"] and found["cycle"])
    for name, value in {
        "cycle": one["cycle"],
        "project": one["project"],
        "owner": one["owner"].upper(),
        "text": one["title"][2:9].upper(),
        "health": one["health"]["level"],
    }.items():
        found = api.all("/objectives", **{name: value})
        assert one["id"] in {row["id"] for row in found}
        assert api.all("/objectives", **{name: value, "text": "no such words"}) == []
    levels = {row["health"]["level"] for row in whole}
    both = sorted(levels)[:2]
    found = api.all("/objectives", health=both)
    assert {row["health"]["level"] for row in found} == set(both)


def test_a_cursor_of_another_list_is_refused(api: Any, problem_of: Callable[..., Any]) -> None:
    page = api.get("/objectives", limit=2)
    for wrong in (
        {"cursor": page["next"], "text": "a"},
        {"cursor": "nonsense"},
        {"cursor": "e30"},
        {"cursor": "é"},
    ):
        found = problem_of(api.call("GET", "/objectives", query_string=wrong))
        assert [one["pointer"] for one in found["errors"]] == ["?cursor"]
    assert api.call("GET", "/writes", query_string={"cursor": page["next"]}).status_code == 422


def test_an_objective_is_found_by_key_in_any_case_and_by_id(api: Any, problem_of: Callable[..., Any]) -> None:
    one = api.get("/objectives")["items"][0]
    assert api.get(f"/objectives/{one['key'].lower()}") == api.get(f"/objectives/{one['id']}") == one
    assert one["url"].endswith(f"/browse/{one['key']}")
    assert problem_of(api.call("GET", "/objectives/NONE-1"))["status"] == 404
    assert problem_of(api.call("GET", "/objectives", query_string={"site": "other"}))["status"] == 404


def test_exact_numbers_stand_beside_floats(api: Any) -> None:
    for one in api.all("/objectives"):
        for name in ("progress", "delivery", "outcome", "expected"):
            exact = one[f"{name}_exact"]
            assert one[name] == (None if exact is None else float(Fraction(exact)))


def test_a_number_that_no_float_can_hold_is_no_fault() -> None:
    assert number(Fraction(10**400)) is None
    assert exact_text(Fraction(10**400)) == str(10**400)


def test_the_ledger_of_now_and_of_a_past_moment_are_told_alike(api: Any) -> None:
    for one in api.all("/objectives")[:3]:
        now = api.get(f"/objectives/{one['key']}/ledger")
        today = api.connector.clock().isoformat()
        past = api.get(f"/objectives/{one['key']}/ledger", at=today, mapping=one["mapping_revision"])
        assert now.pop("as_of") is None
        told = past.pop("as_of")
        assert past == now
        assert told["mapping_revision"] == one["mapping_revision"]
        assert {one["doubt"] for one in told["doubts"]} <= {"as-first-seen"}  # cycles that ended before
        assert told["certainty"] == ("approximate" if told["doubts"] else "exact")
    for at, status in (("soon", 422), ("2199-01-01", 409), ("1999-12-31", 409)):
        assert api.call("GET", f"/objectives/{one['key']}/ledger?at={at}").status_code == status


def test_any_issue_is_explained_by_the_numbers_that_it_is_part_of(
    api: Any, problem_of: Callable[..., Any]
) -> None:
    one, row = next(
        (one, row)
        for one in api.all("/objectives")
        for ledger in api.get(f"/objectives/{one['key']}/ledger")["key_results"]
        for row in ledger["rows"]
        if row["disposition"] == "counted" and row["id"].isdigit()
    )
    found = api.get(f"/issues/{row['key'].lower()}/feeds")
    part = next(part for part in found["feeds"] if part["objective"]["id"] == one["id"])
    assert part["progress"] == one["progress_exact"]
    told = [{name: value for name, value in each.items() if name != "key_result"} for each in part["rows"]]
    assert row in told
    assert api.get(f"/issues/{row['id']}/feeds")["feeds"] == found["feeds"]
    assert problem_of(api.call("GET", "/issues/PLAT-99999/feeds"))["status"] == 404


def test_shares_of_every_ledger_sum_to_its_number(api: Any) -> None:
    for one in api.all("/objectives"):
        ledgers = api.get(f"/objectives/{one['key']}/ledger")
        assert ledgers["headline"]["total"] == one["progress_exact"]
        for ledger in (ledgers["headline"], ledgers["beside"], *ledgers["key_results"]):
            shares = sum((Fraction(row["share"]) for row in ledger["rows"]), Fraction(0))
            assert shares == Fraction(ledger["total"] or 0)
            assert ledger["exact"]


def open_row(api: Any) -> tuple[str, str]:
    """An objective, and an issue of it that counts and is not done."""
    for one in api.all("/objectives"):
        for found in api.get(f"/objectives/{one['key']}")["key_results"]:
            if found["kind"] != "delivery" or not found["contributing"]:
                continue
            ledgers = api.get(f"/objectives/{one['key']}/ledger")["key_results"]
            rows = next(ledger["rows"] for ledger in ledgers if ledger["id"] == found["id"])
            for row in rows:
                if row["disposition"] == "counted" and row["progress"] == "0":
                    return one["key"], row["key"]
    raise AssertionError("the company has no open issue that counts")


def test_what_changed_since_is_explained_issue_by_issue_and_sums_exactly(
    own_api: Any, finish: Callable[[Any, str], None], problem_of: Callable[..., Any]
) -> None:
    key, issue = open_row(own_api)
    before = own_api.get(f"/objectives/{key}")
    fed = own_api.get("/changes", limit=200)
    assert not fed["more"]
    finish(own_api, issue)
    after = own_api.get(f"/objectives/{key}")
    assert after["progress"] > before["progress"]

    moved = own_api.get(f"/objectives/{key}/movement", since="first")
    assert (moved["before_exact"], moved["after_exact"]) == (
        before["progress_exact"],
        after["progress_exact"],
    )
    delta = Fraction(after["progress_exact"]) - Fraction(before["progress_exact"])
    assert Fraction(moved["change_exact"]) == delta
    assert sum(Fraction(part["effect_exact"]) for part in moved["parts"]) == delta
    assert sum(Fraction(row["effect_exact"]) for row in moved["rows"]) == delta
    assert issue in moved["said"]

    points = own_api.all(f"/objectives/{key}/history", limit=1)
    assert [one["progress_exact"] for one in points][-1] == after["progress_exact"]
    assert len(points) >= 2
    assert points == own_api.all(f"/objectives/{key}/history")

    news = own_api.get("/changes", since=fed["next"])
    mine = [one for one in news["items"] if one["key"] == key]
    assert [one["progress_exact"] for one in mine][-1] == after["progress_exact"]
    assert mine[0]["progress_before"] == before["progress"]
    assert own_api.get("/changes", since=news["next"]) == {"items": [], "next": news["next"], "more": False}

    early = own_api.call("GET", f"/objectives/{key}/movement", query_string={"since": "2020-01-01"})
    assert "begins" in problem_of(early)["detail"]
    for wrong in ("sometimes", "cycle-1", "2026-13-01"):
        refused = own_api.call("GET", f"/objectives/{key}/movement", query_string={"since": wrong})
        assert problem_of(refused)["errors"][0]["pointer"] == "?since"


@pytest.fixture(scope="module")
def finish() -> Callable[[Any, str], None]:
    """Moves an issue to Done in Jira, and syncs."""

    def move(api: Any, key: str) -> None:
        base, auth = api.sandbox.url, (CONNECTOR.email, CONNECTOR.token)
        address = f"{base}/rest/api/3/issue/{key}/transitions"
        for _ in range(4):
            offered = requests.get(address, auth=auth, timeout=10).json()["transitions"]
            done = [one for one in offered if one["to"]["statusCategory"]["key"] == "done"]
            chosen = (done or offered)[0]["id"]
            requests.post(address, json={"transition": {"id": chosen}}, auth=auth, timeout=10)
            if done:
                break
        api.sync()

    return move


def test_changes_come_in_order_and_page_by_page(api: Any) -> None:
    whole = api.get("/changes", limit=200)["items"]
    some, since = [], None
    while True:
        page = api.get("/changes", limit=3, **({"since": since} if since else {}))
        some += page["items"]
        since = page["next"]
        if not page["more"]:
            break
    assert some == whole
    moments = [datetime.fromisoformat(one["at"]) for one in whole]
    assert moments == sorted(moments)


@pytest.mark.parametrize("name", ["objectives", "ledgers", "history", "audit"])
def test_exports_say_the_same_as_csv_and_as_json(api: Any, name: str) -> None:
    text = api.call("GET", f"/exports/{name}")
    assert text.mimetype == "text/csv"
    assert text.headers["Content-Disposition"] == f'attachment; filename="{name}.csv"'
    lines = list(csv.DictReader(io.StringIO(text.text)))
    rows = json.loads(api.call("GET", f"/exports/{name}", query_string={"format": "json"}).text)
    if name == "audit":
        noted, *rows = rows
        assert noted["what"] == "record exported"
    assert len(lines) == len(rows) > 3
    for line, row in zip(lines, rows, strict=True):
        assert set(line) == set(row)
        if "id" in row:
            assert line["id"] == str(row["id"])


def test_exported_ledgers_sum_to_the_exported_objectives(api: Any) -> None:
    objectives = {
        one["id"]: one for one in json.loads(api.call("GET", "/exports/objectives?format=json").text)
    }
    shares: dict[str, Fraction] = dict.fromkeys(objectives, Fraction(0))
    for row in json.loads(api.call("GET", "/exports/ledgers?format=json").text):
        if row["ledger"] == "headline":
            shares[row["objective"]] += Fraction(row["share"])
    assert shares == {id_: Fraction(one["progress_exact"] or 0) for id_, one in objectives.items()}


def test_an_export_takes_the_filters_of_the_list(api: Any) -> None:
    project = api.get("/objectives")["items"][0]["project"]
    rows = json.loads(api.call("GET", f"/exports/objectives?format=json&project={project}").text)
    assert {row["id"] for row in rows} == {one["id"] for one in api.all("/objectives", project=project)}
